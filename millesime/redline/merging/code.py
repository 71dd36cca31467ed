"""Merge two versions of a code block line by line: kept, deleted, inserted, or with words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import Indel

from millesime.markup.ast import Block, Inline, code, div, span, string
from millesime.redline.marks import mark_inlines
from millesime.redline.model import DELETION, INSERTION
from millesime.redline.text.edit_script import edit_script

RESPACED = "respaced"  # the class of a line of which nothing but white space changed
CONTEXT_LINES = 3  # unchanged lines shown on either side of a changed one
_ALIKE = 0.6  # the likeness of two lines whose words are marked
_WORD = re.compile(r"\w")
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)


def code_lines(old: Block, new: Block, *, whole: bool) -> Block:
    """Return a `Div.code-diff` around a line block: one line of `Code` for each line of either version.

    Lines are aligned by a shortest edit script; a gone and a come line that
    are alike become one line with their words marked, in a `Span.respaced` if
    nothing but their indentation or other white space changed. Stretches of unchanged
    lines are cut to three at either end, with "⋮" between, unless `whole`.
    """
    before, after = old["c"][1].split("\n"), new["c"][1].split("\n")
    rows = _rows(before, after)
    lines = [_line(row) for row in rows]
    if not whole:
        lines = _cut(rows, lines)
    return div([{"t": "LineBlock", "c": lines}], classes=["code-diff"])


_Row = tuple[str | None, str | None]  # (old line, new line); None: not there


def _rows(old: Sequence[str], new: Sequence[str]) -> list[_Row]:
    rows: list[_Row] = []
    for old_range, new_range, is_equal in edit_script(*_spelt(old, new)):
        gone = list(old[old_range.start : old_range.stop])
        come = list(new[new_range.start : new_range.stop])
        if is_equal:
            rows += zip(gone, come, strict=True)
        else:
            rows += [*((line, None) for line in gone), *((None, line) for line in come)]
    return _paired(rows)


def _spelt(old: Sequence[str], new: Sequence[str]) -> tuple[str, str]:
    names: dict[str, str] = {}
    spelt = ["".join(names.setdefault(line, chr(0xE000 + len(names))) for line in lines) for lines in (old, new)]
    return spelt[0], spelt[1]


def _paired(rows: list[_Row]) -> list[_Row]:
    """Join lines that went and lines that came in one place, in order, where they are alike."""
    out: list[_Row] = []
    gone: list[str] = []
    come: list[str] = []

    def flush() -> None:
        start = 0
        for line in gone:
            best = next((place for place in range(start, len(come)) if _alike(line, come[place])), None)
            if best is None:
                out.append((line, None))
                continue
            out.extend((None, other) for other in come[start:best])
            out.append((line, come[best]))
            start = best + 1
        out.extend((None, other) for other in come[start:])
        gone.clear()
        come.clear()

    for old, new in rows:
        if old is not None and new is not None:
            flush()
            out.append((old, new))
        elif old is not None:
            gone.append(old)
        elif new is not None:
            come.append(new)
    flush()
    return out


def _alike(old: str, new: str) -> bool:
    return Indel.normalized_similarity(_TOKEN.findall(old.strip()), _TOKEN.findall(new.strip())) >= _ALIKE


def _line(row: _Row) -> list[Inline]:
    old, new = row
    if old is None:
        return [mark_inlines(INSERTION, _code(new or ""))]
    if new is None:
        return [mark_inlines(DELETION, _code(old))]
    if old == new:
        return _code(new)
    marked = _words(old, new)
    return [span(marked, classes=[RESPACED])] if old.split() == new.split() else marked


def _words(old: str, new: str) -> list[Inline]:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    out: list[Inline] = []
    gone = come = ""

    def flush() -> None:
        nonlocal gone, come
        if gone:
            out.append(mark_inlines(DELETION, _code(gone)))
        if come:
            out.append(mark_inlines(INSERTION, _code(come)))
        gone = come = ""

    script = list(edit_script(*_spelt(before, after)))
    for number, (old_range, new_range, is_equal) in enumerate(script):
        kept = "".join(after[new_range.start : new_range.stop])
        if not is_equal:
            gone += "".join(before[old_range.start : old_range.stop])
            come += kept
        elif (gone or come) and number + 1 < len(script) and not _WORD.search(kept):
            # Signs alone between two changes stay with them: `(a, b)` to `(c, d)` is one change.
            gone, come = gone + kept, come + kept
        else:
            flush()
            out += _code(kept)
    flush()
    return out


def _code(text: str) -> list[Inline]:
    return [code(text)] if text else []


def _cut(rows: list[_Row], lines: list[list[Inline]]) -> list[list[Inline]]:
    changed = [place for place, (old, new) in enumerate(rows) if old != new]
    near = {
        place for at in changed for place in range(max(0, at - CONTEXT_LINES), min(len(rows), at + CONTEXT_LINES + 1))
    }
    out: list[list[Inline]] = []
    for place, line in enumerate(lines):
        if place in near:
            out.append(line)
        elif not out or place - 1 in near or place == 0:
            left = next((later for later in range(place, len(lines)) if later in near), len(lines)) - place
            out += [line] if left == 1 else [[string("⋮")]]
    return out
