"""Chapters and sections followed through several editions: a column for each, a row for each chapter and section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from millesime.markup.ast import SPACE, Block, Inline, link, para, string, words
from millesime.redline.annex.concordance import what_became
from millesime.redline.annex.sections import SectionChange, section_changes
from millesime.redline.annex.side import Place, Side
from millesime.redline.annex.wording import fill, numbered, small, strong, wide_table
from millesime.redline.model import KEPT, Redline

_Key = tuple[str, int]


@dataclass(slots=True)
class _Thread:
    """One chapter or section through the editions; a place and what became of it for each."""

    places: list[Place | None]
    steps: list[SectionChange | None]  # between one edition and the next

    @property
    def is_quiet(self) -> bool:
        return all(self.places) and all(step is not None and step.is_quiet for step in self.steps)

    @property
    def last(self) -> Place:
        return next(place for place in reversed(self.places) if place)


def write_follow(
    steps: Sequence[Redline], sides: Sequence[Side], *, labels: Mapping[str, str], language: str
) -> list[Block]:
    """Return the blocks of the annex that follows the text through all editions.

    `steps[i]` is the redline from `sides[i]` to `sides[i + 1]`; sides are by date, the last is the annex's own.
    """
    assert len(sides) == len(steps) + 1
    threads = _worth_a_row(_threads(steps, sides))
    rows = [_row(run, sides, labels, language) for run in _condensed(threads)]
    heads = [words(fill(labels["annex_edition"], name=side.name)) for side in sides]
    return [
        para(fill(labels["follow_intro"], first=sides[0].name, last=sides[-1].name)),
        para(labels["follow_reading"]),
        wide_table(heads, rows, classes=["concordance", "follow"], shares=[1 / len(sides)] * len(sides)),
    ]


def _threads(steps: Sequence[Redline], sides: Sequence[Side]) -> list[_Thread]:
    """Return the threads in the order of the last edition; what is gone follows what it followed."""
    size = len(sides)
    threads: list[_Thread] = []
    at: dict[_Key, _Thread] = {}
    for path, places in sides[0].places.items():
        for place in places:
            if place.index < 0 or _is_listed(place, sides[0]):
                at[path, place.index] = _Thread(places=[place, *[None] * (size - 1)], steps=[None] * (size - 1))
                threads.append(at[path, place.index])
    for step, redline in enumerate(steps):
        following: dict[_Key, _Thread] = {}
        ordered: list[_Thread] = []
        for rows in section_changes(redline, old=sides[step], new=sides[step + 1]):
            for row in rows:
                thread = at.get((row.old.path, row.old.index)) if row.old else None
                if thread is not None and thread.steps[step] is None and (row.new is None or _is_home(row, rows)):
                    thread.steps[step] = row
                    thread.places[step + 1] = row.new
                elif row.new is not None and _is_home(row, rows):
                    thread = _Thread(places=[None] * size, steps=[None] * (size - 1))
                    thread.steps[step] = row
                    thread.places[step + 1] = row.new
                else:
                    continue
                ordered.append(thread)
                if row.new is not None:
                    following[row.new.path, row.new.index] = thread
        threads = _woven(threads, ordered)
        at = following
    return threads


def _is_home(row: SectionChange, rows: Sequence[SectionChange]) -> bool:
    """Whether a row stands in the chapter where its section is now: one that moved away has a row in both."""
    head = rows[0].new
    return row.new is None or row is rows[0] or (head is not None and row.new.path == head.path)


def _is_listed(place: Place, side: Side) -> bool:
    bare = not any(held.number for places in side.places.values() for held in places)
    return bool(place.number) or (bare and place.level == 2)


def _woven(before: Sequence[_Thread], ordered: Sequence[_Thread]) -> list[_Thread]:
    """Return `ordered`, and after its old neighbour each thread that had ended before."""
    known = {id(thread) for thread in ordered}
    out = list(ordered)
    for index, thread in enumerate(before):
        if id(thread) in known:
            continue
        follows = next((other for other in reversed(before[:index]) if id(other) in known), None)
        place = 0 if follows is None else next(i for i, other in enumerate(out) if other is follows) + 1
        out.insert(place, thread)
        known.add(id(thread))
    return out


def _worth_a_row(threads: Sequence[_Thread]) -> list[_Thread]:
    """Return the threads without sections that only came, or only went, with their chapter."""
    chapters = {
        (index, place.path): thread
        for thread in threads
        for index, place in enumerate(thread.places)
        if place and place.index < 0
    }
    return [thread for thread in threads if not _goes_with_chapter(thread, chapters)]


def _goes_with_chapter(thread: _Thread, chapters: Mapping[tuple[int, str], _Thread]) -> bool:
    held = [index for index, place in enumerate(thread.places) if place]
    first, last = held[0], held[-1]
    if thread.last.level == 1 or (first == 0 and last == len(thread.places) - 1):
        return False
    own = [chapters.get((index, place.path)) for index in (first, last) if (place := thread.places[index])]
    came = first == 0 or (own[0] is not None and own[0].places[first - 1] is None)
    went = last == len(thread.places) - 1 or (own[-1] is not None and own[-1].places[last + 1] is None)
    return came and went and all(step is None or step.is_quiet for step in thread.steps[first:last])


def _condensed(threads: Sequence[_Thread]) -> list[list[_Thread]]:
    """Return runs: of one thread, or of sections of one chapter that nothing happened to."""
    out: list[list[_Thread]] = []
    for thread in threads:
        last = out[-1][-1] if out else None
        if last and thread.is_quiet and last.is_quiet and _are_neighbours(last, thread):
            out[-1].append(thread)
        else:
            out.append([thread])
    return [part for run in out for part in ([run] if len(run) > 1 and run[0].last.level > 1 else [[t] for t in run])]


def _are_neighbours(one: _Thread, other: _Thread) -> bool:
    if not all(place and place.number and place.level > 1 for thread in (one, other) for place in thread.places):
        return False
    return one.last.path == other.last.path


def _row(run: Sequence[_Thread], sides: Sequence[Side], labels: Mapping[str, str], language: str) -> list[list[Inline]]:
    if len(run) > 1:
        pairs = zip(run[0].places, run[-1].places, strict=True)
        return [words(fill(labels["annex_range"], first=first.number, last=last.number)) for first, last in pairs]
    (thread,) = run
    cells: list[list[Inline]] = []
    told = ""  # the title that the reader has read in this row
    for index, (place, side) in enumerate(zip(thread.places, sides, strict=True)):
        step = thread.steps[index - 1] if index else None
        cell: list[Inline] = []
        if place:
            name = (
                numbered(place.number, place.short)
                if place.text != told or not place.number
                else [string(place.number)]
            )
            told = place.text
            target = place.target if index == len(sides) - 1 else side.link(place)
            cell = [link(name, target)] if target else name
            cell = [strong(cell)] if place.level == 1 else cell
        elif step is None:
            cell = words("—")
        if step is not None and step.kinds != (KEPT,):
            state = words(what_became(step, labels, language))
            if step.into:
                state += [SPACE, *words(step.into.number or step.into.text)]
            cell += [*([SPACE, string("·"), SPACE] if cell else []), small(state)]
        cells.append(cell or words("—"))
    return cells
