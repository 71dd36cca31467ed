"""The table of concordance: old numbers and titles, new numbers and titles, and what became of each.

Runs of sections, and of chapters, that nothing happened to are one row:
"2.1 à 2.4".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from millesime.markup.ast import SPACE, Block, Inline, link, string, words
from millesime.redline.annex.sections import SectionChange
from millesime.redline.annex.side import Place, Side
from millesime.redline.annex.wording import fill, joined, numbered, strong, wide_table, word_balance
from millesime.redline.model import DELETED, INSERTED

_MANY = 150  # rows, beyond which sections that were edited share one too: three or four printed pages
_SHARES = (0.24, 0.42, 0.34)


def concordance_table(
    changes: Sequence[Sequence[SectionChange]], *, old: Side, new: Side, labels: Mapping[str, str], language: str
) -> Block:
    """Return the table; chapters stand out, sections follow their chapter."""
    runs = _condensed(changes)
    if len(runs) > _MANY:
        runs = _condensed(changes, is_calm=_keeps_its_title)
    rows = [_row(run, old, labels, language) for run in runs]
    return wide_table(
        [words(fill(labels["annex_edition"], name=side.name)) for side in (old, new)] + [words(labels["annex_change"])],
        rows, classes=["concordance"], shares=_SHARES,
    )  # fmt: skip


def _is_quiet(row: SectionChange) -> bool:
    return row.is_quiet


def _keeps_its_title(row: SectionChange) -> bool:
    """Whether a section may share a row in a long table: it was edited at most."""
    return set(row.kinds) <= {"kept", "renumbered", "edited"}


def _condensed(
    changes: Sequence[Sequence[SectionChange]], *, is_calm: Callable[[SectionChange], bool] = _is_quiet
) -> list[list[SectionChange]]:
    """Return runs of rows: of one row, or of several sections that are calm. Chapters share a row if quiet."""
    out: list[list[SectionChange]] = []
    quiet: list[SectionChange] = []  # chapters that nothing happened to

    def flush() -> None:
        out.extend([quiet[:]] if len(quiet) > 2 else [[row] for row in quiet])
        quiet.clear()

    for chapter, *sections in changes:
        if chapter.is_quiet and all(row.is_quiet for row in sections):
            if quiet and not _follows(quiet[-1], chapter):
                flush()
            quiet.append(chapter)
            continue
        flush()
        out.append([chapter])
        if INSERTED in chapter.kinds:
            continue  # all its sections are new
        shown = [row for row in sections if DELETED not in chapter.kinds or DELETED not in row.kinds]
        for is_shared, run in groupby(shown, key=is_calm):
            rows = list(run)
            if is_shared and len(rows) > 1 and all(row.old and row.new and row.old.number for row in rows):
                out.append(rows)
            else:
                out += [[row] for row in rows]
    flush()
    return out


def _follows(row: SectionChange, other: SectionChange) -> bool:
    """Whether two quiet chapters may stand in one run: their numbers shift by the same step."""
    if not (row.old and row.new and other.old and other.new):
        return False
    numbers = [place.number for place in (row.old, row.new, other.old, other.new)]
    if not all(number.isdigit() for number in numbers):
        return False
    before, after, next_before, next_after = map(int, numbers)
    return next_before == before + 1 and next_after == after + 1


def _row(run: list[SectionChange], old: Side, labels: Mapping[str, str], language: str) -> list[list[Inline]]:
    first, last = run[0], run[-1]
    if len(run) > 1:
        ranges = [_range(first.old, last.old, labels), _range(first.new, last.new, labels)]
        if not all(row.is_quiet for row in run):
            return [*ranges, _edited(run, labels, language)]
        kinds = "annex_kept_run" if all(row.kinds == ("kept",) for row in run) else "annex_renumbered_run"
        if first.new and first.new.level > 1:
            kinds = f"{kinds}_section" if f"{kinds}_section" in labels else kinds
        return [*ranges, words(labels[kinds])]
    before, after = first.old, first.new
    was = _place(before, titled=not after or before is None or before.text != after.text or not before.number)
    now = _place(after, titled=True)
    if before and was and old.link(before):
        was = [link(was, old.link(before))]
    if after:
        now = [link(now, after.target)]
    what = words(what_became(first, labels, language))
    if first.into:
        where = words(first.into.number or first.into.text)
        target = first.into.target if first.new is None else old.link(first.into)
        what += [SPACE, link(where, target) if target else {"t": "Span", "c": [["", [], []], where]}]
    cells = [was or words("—"), now or words("—"), what]
    is_chapter = (after or before).level == 1
    return [[strong(cell)] if is_chapter and index < 2 else cell for index, cell in enumerate(cells)]


def _edited(run: Sequence[SectionChange], labels: Mapping[str, str], language: str) -> list[Inline]:
    """ "Remaniées : 3.1 (+3), 3.4": the edited sections of a run, each linked."""
    out = [*words(labels["annex_edited_run"])]
    for row in run:
        if row.new and not row.is_quiet:
            balance = word_balance(row.figures, language, moved=True)
            out += [*([string(",")] if len(out) > len(words(labels["annex_edited_run"])) else []), SPACE]
            out += [link([string(row.new.number)], row.new.target)]
            out += [SPACE, *words(f"({balance})")] if balance else []
    return out


def what_became(row: SectionChange, labels: Mapping[str, str], language: str) -> str:
    """Return what became of a section in words, "remaniée (+12 −3)"."""
    place = row.new or row.old
    assert place is not None
    told = [kind for kind in row.kinds if kind != "renumbered"] or row.kinds  # the numbers stand beside it
    kinds = [f"{kind}_section" if place.level > 1 and f"annex_{kind}_section" in labels else kind for kind in told]
    text = joined(labels, kinds)
    balance = word_balance(row.figures, language, moved="moved" not in row.kinds)
    return f"{text} ({balance})" if "edited" in row.kinds and balance else text


def _place(place: Place | None, *, titled: bool) -> list[Inline]:
    if place is None:
        return []
    if titled:
        return numbered(place.number, place.short)
    return [string(place.number)]


def _range(first: Place | None, last: Place | None, labels: Mapping[str, str]) -> list[Inline]:
    assert first and last
    return words(fill(labels["annex_range"], first=first.number, last=last.number))
