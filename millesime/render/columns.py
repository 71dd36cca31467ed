"""Compute the widths of a table's columns from its content, and whether it needs a landscape page.

One rule for PDF and Word: each measures the text of a column and its page in
characters of table text, and sets the table as it is told here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TIGHT, TIGHTER = "tight", "tighter"
MIN_SHARE = 4  # characters: no column is narrower
_TURNED_COLUMNS = 11  # a table with as many columns stands in landscape
_TURNED_WORDS = 1.6  # so does one whose longest words need more than this many widths of the page
_TIGHT_COLUMNS = 8
_MAX_WORD = 16  # characters: if the words of all columns do not fit the page, words longer than this are broken
_MIN_PERCENT = 40  # of the page's width: no table is narrower


@dataclass(slots=True)
class Column:
    """What a column holds, in characters, the gap between columns included in words and lines."""

    word: float = MIN_SHARE  # its longest word, or its widest picture
    line: float = MIN_SHARE  # its longest cell, as one line
    total: float = 0  # the text of all its cells

    def add(self, *, word: float, line: float, total: float) -> None:
        """Count a cell that stands in this column alone."""
        self.word, self.line = max(self.word, word), max(self.line, line)
        self.total += total


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """How a table is set."""

    is_turned: bool  # in landscape
    size: str  # of its text: "", `TIGHT` or `TIGHTER`
    has_room: bool  # for each word whole
    percent: int  # of the width that the table has
    shares: tuple[float, ...]  # of each column, with the sum 1


def lay_out_table(
    columns: Sequence[Column],
    *,
    rows: int,
    page: int,
    room: int,
    turned: float | None,
    has_picture: bool,
    spare: float = 0,
) -> TableLayout:
    """Return how a table is set. `page` is the width of a page's text in characters, `room` what of it the table has.

    `turned` is how many times as wide a page in landscape is, None where the
    table cannot stand on one. A column gets what its longest line needs if all
    fit the page; otherwise its longest word, and a share of the rest by its
    amount of text.

    `spare`, 0 to 1, is for text that is not hyphenated and may be shown in
    another font: while there is room, no word counts as shorter than it is,
    and each is wider by this share.
    """
    whole = words = [column.word for column in columns]
    if sum(words) > room:
        words = [min(_MAX_WORD, word) for word in words]
    is_turned = turned is not None and (len(columns) >= _TURNED_COLUMNS or sum(words) > page * _TURNED_WORDS)
    if is_turned:
        room = round(room * turned)
    size = ""
    if sum(words) > room * 1.3:
        size, room = TIGHTER, round(room * 1.35)
    elif sum(words) > room or len(columns) >= _TIGHT_COLUMNS:
        size, room = TIGHT, round(room * 1.15)
    lines = [column.line for column in columns]
    if spare:
        words = _largest(room, words, whole, [word * (1 + spare) for word in whole])
        lines = _largest(room, lines, [line * (1 + spare) for line in lines])
    if sum(lines) <= room and not has_picture:
        shares = [float(line) for line in lines]
        percent = max(_MIN_PERCENT, min(100, math.ceil(100 * sum(lines) / room)))
    else:
        # The square root keeps one long column from taking the room of all others.
        needs = [math.sqrt(column.total / rows * column.line) for column in columns]
        rest = max(0.0, room - sum(words))
        shares = [word + rest * need / (sum(needs) or 1) for word, need in zip(words, needs, strict=True)]
        percent = 100
    return TableLayout(
        is_turned=is_turned,
        size=size,
        has_room=sum(whole) <= room,
        percent=percent,
        shares=tuple(share / sum(shares) for share in shares),
    )


def _largest(room: float, *choices: list[float]) -> list[float]:
    """Return the last of the widths that have room together, the first where none have."""
    return next((widths for widths in reversed(choices) if sum(widths) <= room), choices[0])
