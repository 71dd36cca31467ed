"""Print a redline as a table for a terminal: one line for each changed chapter, as `git diff --stat` does."""

from __future__ import annotations

import heapq
import posixpath
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from millesime.markup.ast import text_of
from millesime.redline.marks import COMMENT
from millesime.redline.model import MOVED_FROM, MOVED_TO, ChapterChange, Redline
from millesime.redline.reading.passages import passages
from millesime.redline.reading.word_counts import Figures, count_changes, count_chapter, total_figures
from millesime.redline.text.words import count_words

Paint = Callable[[str, str], str]  # (text, what it is) → text; what: "inserted", "deleted", "moved", "note", "total"

_BAR = 24  # characters in a hundred columns
_NARROWEST = 20  # columns of a title
_NARROW = 28  # the same, where notes stand beside it
_SHORT_NOTE = 24  # columns of a note that stands beside its row, whatever titles need
_TITLE = 40  # columns of a title in a note
_SHORT_TITLE = 20  # the same, where there are several


def write_summary(
    redline: Redline, *, width: int = 100, paint: Paint = lambda text, what: text, largest: int = 0
) -> str:
    """Return a line for each changed chapter, and a line of totals.

    A chapter of the new edition has one line, also where it was made from
    several; so has a withdrawn one. Words inserted, deleted and moved, a bar of them (`+`, `-`, `~`), and what
    else happened to the chapter; in a second line where it does not fit into
    `width` columns. `paint` may colour what its second argument names.
    `largest` adds so many of the passages that changed most, where there are
    more.
    """
    figures = [count_chapter(chapter) for chapter in redline.chapters]
    total = total_figures(figures)
    lines_of = _lines_of(redline.chapters)
    notes = _Notes(redline, figures)
    rows = [
        _Row(redline.chapters[parts[0]].title, total_figures([figures[index] for index in parts]), notes.of(parts))
        for parts in lines_of
        if any(redline.chapters[index].changed or _typography(redline.chapters[index]) for index in parts)
    ]
    changed = sum(any(redline.chapters[index].changed for index in parts) for parts in lines_of)
    lines = _table(rows, width, paint) if rows else []
    if not changed:
        said = " no other change" if rows else "no change"
        lines.append(f"{said} in {_plural(len(lines_of), 'chapter')}, {total.words_new} words")
        return "\n".join(lines) + "\n"
    lines.append(paint(
        f" {_plural(changed, 'chapter')} of {len(lines_of)} changed: "
        f"{_plural(total.words_inserted, 'word')} inserted, {total.words_deleted} deleted, "
        f"{total.words_moved} moved; {_share(total)} stayed", "total",
    ))  # fmt: skip
    lines += _largest(redline, largest, width, paint)
    return "\n".join(lines) + "\n"


def _lines_of(chapters: Sequence[ChapterChange]) -> list[list[int]]:
    """Return the changes that share a line, by index: those of one chapter of the new edition, or a withdrawn one."""
    lines: dict[tuple[bool, str], list[int]] = {}
    for index, chapter in enumerate(chapters):
        place = chapter.new or chapter.old
        lines.setdefault((chapter.deleted, place.path), []).append(index)
    return list(lines.values())


def _typography(chapter: ChapterChange) -> int:
    """Return how many blocks differ in typography alone; comments of the source are not said at all."""
    return sum(change.quiet and change.aspects != {COMMENT} for change in chapter.blocks)


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    figures: Figures
    notes: Sequence[str] = ()

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """What the three columns show, and how it is painted."""
        figures = self.figures
        return (
            (f"+{figures.words_inserted}" if figures.words_inserted else "", "inserted"),
            (f"−{figures.words_deleted}" if figures.words_deleted else "", "deleted"),
            (f"~{figures.words_moved}" if figures.words_moved else "", "moved"),
        )


def _table(rows: Sequence[_Row], width: int, paint: Paint) -> list[str]:
    bar_width = max(8, width * _BAR // 100)
    sizes = [max(len(row.numbers[column][0]) for row in rows) for column in range(3)]
    shown = [size for size in sizes if size]
    numbers_width = sum(shown) + 2 * max(0, len(shown) - 1)
    room = width - bar_width - numbers_width - len("  |   ")
    short = [columns("; ".join(row.notes)) for row in rows]
    room -= max((size + 1 for size in short if size <= _SHORT_NOTE and room - size >= _NARROW), default=0)
    room = max(_NARROWEST, room)
    name_width = min(room, max(columns(row.title) for row in rows))
    most = max(row.figures.words_changed for row in rows)
    lines = []
    for row in rows:
        name = cut(row.title, name_width)
        cells = "  ".join(
            " " * (size - len(text)) + paint(text, what)
            for (text, what), size in zip(row.numbers, sizes, strict=True)
            if size
        )
        marks = _bar(row.figures, most, bar_width)
        bar = "".join(paint(sign * length, what) for sign, what, length in marks)
        head = f" {name}{' ' * (name_width - columns(name))} | {cells}  {bar}"
        taken = name_width + numbers_width + len("  |   ") + bar_width
        note = "; ".join(row.notes)
        if note and taken + columns(note) <= width:
            padding = " " * (bar_width - sum(length for _, _, length in marks) + 1)
            lines.append(head + padding + paint(note, "note"))
        else:
            lines.append(head.rstrip())
            lines += [paint(f"     {line}", "note") for line in _wrapped(row.notes, max(_NARROWEST, width - 5))]
    return lines


def _wrapped(notes: Sequence[str], width: int) -> list[str]:
    """Return notes in lines, parted between notes; one that is longer than a line, between words."""
    lines: list[str] = []
    for note in notes:
        if lines and columns(lines[-1]) + 2 + columns(note) <= width:
            lines[-1] += f"; {note}"
            continue
        words = note.split(" ")
        lines.append(cut(words[0], width))
        for word in words[1:]:
            if columns(lines[-1]) + 1 + columns(word) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(cut(f"  {word}", width))
    return lines


def _bar(figures: Figures, most: int, width: int) -> list[tuple[str, str, int]]:
    """Return (sign, what, length) as long together as the chapter's share of the largest change.

    Whatever is there shows at least once.
    """
    parts = [
        (sign, what, words)
        for sign, what, words in (
            ("+", "inserted", figures.words_inserted),
            ("-", "deleted", figures.words_deleted),
            ("~", "moved", figures.words_moved),
        )
        if words
    ]
    lengths = [max(1, words * width // max(1, most)) for _, _, words in parts]
    while sum(lengths) > width:
        lengths[lengths.index(max(lengths))] -= 1
    return [(sign, what, length) for (sign, what, _), length in zip(parts, lengths, strict=True)]


def _share(total: Figures) -> str:
    # 100% is said where every word stayed.
    return f"{min(99, round(100 * total.similarity)) if total.similarity < 1 else 100}%"


# ---- what else happened ----------------------------------------------------


class _Notes:
    """What is said of each chapter besides its figures."""

    def __init__(self, redline: Redline, figures: Sequence[Figures]) -> None:
        self.chapters, self.figures = redline.chapters, figures
        self.old_titles = {chapter.old.path: _old_title(chapter) for chapter in redline.chapters if chapter.old}
        self.new_titles = {chapter.new.path: chapter.title for chapter in redline.chapters if chapter.new}
        self.come: list[Counter[str]] = []  # words moved here, by old path; for each chapter
        self.gone: list[Counter[str]] = []  # words moved away, by new path
        for chapter in redline.chapters:
            come, gone = Counter[str](), Counter[str]()
            for change in chapter.blocks:
                move = redline.moves.get(change.move)
                if move is None:
                    continue
                if change.kind == MOVED_TO and (chapter.old is None or move.old_path != chapter.old.path):
                    come[move.old_path] += count_words(change.new)
                if change.kind == MOVED_FROM and (chapter.new is None or move.new_path != chapter.new.path):
                    gone[move.new_path] += count_words(change.old)
            self.come.append(come)
            self.gone.append(gone)

    def of(self, parts: Sequence[int]) -> list[str]:
        """Return the notes of one line; `parts` are indices of changes."""
        chapters = [self.chapters[index] for index in parts]
        figures = total_figures([self.figures[index] for index in parts])
        come, gone = (sum((words[index] for index in parts), Counter[str]()) for words in (self.come, self.gone))
        first = chapters[0]
        if first.inserted:
            return ["new" + self._origin("split from", come, self.old_titles, figures.words_new)]
        if first.deleted:
            return ["withdrawn" + self._origin("merged into", gone, self.new_titles, figures.words_old)]
        same = next((chapter for chapter in chapters if not chapter.renamed), None)
        notes = [*self._split(parts), *_merged(chapters, same)]
        main = same or (first if not (first.split or first.merged) else None)
        if main and main.renamed:
            notes.append(f"renamed from {_old_path(main)}")
        if main and main.retitled and main.old.title and main.new.title:
            notes.append(f"title was “{cut(main.old.title, _TITLE)}”")
        if main and main.moved:
            places = (main.old.index + 1, main.new.index + 1)
            notes.append("moved" if places[0] == places[1] else f"moved, {places[0]} → {places[1]}")
        notes += [
            f"{_plural(words, 'word')} from “{self._titled(path, self.old_titles)}”" for path, words in _top(come)
        ]
        notes += [f"{_plural(words, 'word')} to “{self._titled(path, self.new_titles)}”" for path, words in _top(gone)]
        edited = any(chapter.edited for chapter in chapters)
        typography = sum(_typography(chapter) for chapter in chapters)
        if typography and not edited:
            notes.append(f"typography only: {_plural(typography, 'block')}")
        elif edited and not figures.words_changed and not gone:
            told = sum(change.told for chapter in chapters for change in chapter.blocks)
            notes.append(f"no word changed: {_plural(told, 'block')}")
        return notes

    def _split(self, parts: Sequence[int]) -> list[str]:
        """Say into what a chapter was split, in the line of the part that kept its path, or else of the first."""
        notes = []
        for index in parts:
            chapter = self.chapters[index]
            if not chapter.split:
                continue
            shares = [at for at, other in enumerate(self.chapters) if other.split and other.old == chapter.old]
            kept = next((at for at in shares if not self.chapters[at].renamed), None)
            if index == (shares[0] if kept is None else kept):
                what = f"“{cut(_old_title(chapter), _TITLE)}” split" if kept is None else "split"
                notes.append(f"{what} into {_names([self.chapters[at].title for at in shares])}")
        return notes

    def _origin(self, verb: str, words: Counter[str], titles: dict[str, str], of_all: int) -> str:
        """Say where more than half of a chapter came from or went to."""
        for path, count in _top(words):
            if 2 * count >= of_all:
                return f", {verb} “{self._titled(path, titles)}”"
        return ""

    def _titled(self, path: str, titles: dict[str, str]) -> str:
        return cut(titles.get(path, path), _TITLE)


def _merged(chapters: Sequence[ChapterChange], same: ChapterChange | None) -> list[str]:
    """Say what a chapter was merged from, or what came to it where it kept its path."""
    others = [chapter for chapter in chapters if chapter.merged and chapter is not same]
    if not others:
        return []
    names = _names([_old_title(chapter) for chapter in others])
    if same is None:
        return [f"merged from {names}"]
    return [f"{'a part of ' if all(chapter.split for chapter in others) else ''}{names} merged into it"]


def _names(titles: Sequence[str]) -> str:
    """Return titles in a row, “One”, “Two” and “Three”; of many, the first three."""
    width = _TITLE if len(titles) < 3 else _SHORT_TITLE
    names = [f"“{cut(title, width)}”" for title in titles]
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _top(words: Counter[str]) -> list[tuple[str, int]]:
    return words.most_common(1)


def _old_title(chapter: ChapterChange) -> str:
    return chapter.old.title or chapter.old.path if chapter.old else ""


def _old_path(chapter: ChapterChange) -> str:
    """The old path, without the folder where that is the same."""
    old, new = chapter.old.path, chapter.new.path
    return posixpath.basename(old) if posixpath.dirname(old) == posixpath.dirname(new) else old


# ---- the largest changes ---------------------------------------------------


def _largest(redline: Redline, number: int, width: int, paint: Paint) -> list[str]:
    if not number:
        return []
    rows = [
        _Row(_section(passage, chapter), count_changes(passage.changes))
        for chapter in redline.chapters
        if chapter.edited
        for passage in passages(chapter, context=0)
    ]
    rows = [row for row in rows if row.figures.words_changed]
    if len(rows) <= number:
        return []
    rows = heapq.nlargest(number, rows, key=lambda row: row.figures.words_changed)
    sizes = [max(len(row.numbers[column][0]) for row in rows) for column in range(3)]
    room = max(_NARROWEST, width - sum(sizes) - 10)
    lines = ["", paint(f" the {number} largest changes:", "total")]
    for row in rows:
        cells = "  ".join(
            " " * (size - len(text)) + paint(text, what)
            for (text, what), size in zip(row.numbers, sizes, strict=True)
            if size
        )
        lines.append(f"   {cells}  {cut(row.title, room)}")
    return lines


def _section(passage, chapter: ChapterChange) -> str:
    titles = [text_of(list(heading.inlines)) for heading in passage.trail_new or passage.trail_old]
    return " › ".join(dict.fromkeys([chapter.title, *titles]))


# ---- columns ---------------------------------------------------------------


def _plural(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def cut(text: str, width: int) -> str:
    """Return text that takes at most `width` columns, "Vers un mod…"; line ends and control characters are spaces."""
    text = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def columns(text: str) -> int:
    """Return how many columns of a terminal text takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )
