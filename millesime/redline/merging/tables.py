"""Merge two versions of one table: rows, columns and cells inserted, deleted or edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from millesime.markup.ast import Block, Inline, attr, text_of
from millesime.markup.normalise import equality_key
from millesime.redline.marks import is_hollow, mark_row
from millesime.redline.merging.inlines import merge_inlines
from millesime.redline.merging.lists import MergeBlocks
from millesime.redline.model import DELETION, INSERTION, MOVED_FROM, MOVED_TO, OLD_ONLY
from millesime.redline.pairing.align import Unit, align_units
from millesime.redline.pairing.units import Comparison, proves, row_unit, steps

MergeNote = Callable[[Inline, Inline], Inline | None]
Columns = Sequence[tuple[int | None, int | None]]  # (old column, new column); None: came or went

_EMPTY_CELL: list = [attr(), {"t": "AlignDefault"}, 1, 1, []]


def merge_table(
    old: Block, new: Block, comparison: Comparison, *, merge: MergeBlocks, merge_note: MergeNote
) -> Block | None:
    """Return one table that holds both versions; None if its build changed (spans, parts, alignments).

    A row or cell that is in one edition only bears the mark in its own Attr.
    Where columns came or went, a row that is in one edition only has marked
    empty cells in the other edition's columns, so that all rows are of one
    length.
    """
    _, (old_short, old_caption), old_columns, old_head, old_bodies, old_foot = old["c"]
    attributes, (short, caption), columns, head, bodies, foot = new["c"]
    parts_old = (old_short, old_head[0], old_foot[0], [body[:2] for body in old_bodies])
    if parts_old != (short, head[0], foot[0], [body[:2] for body in bodies]):
        return None
    in_place = [(place, place) for place in range(len(columns))]
    if len(old_columns) == len(columns) and not _columns_moved(old, new):
        paired: Columns | None = in_place
    else:
        paired = _pair_columns(old, new, comparison) or (in_place if old_columns == columns else None)
        if paired is None:
            return None
        columns = [columns[j] if j is not None else old_columns[i] for i, j in paired]
    merging = _Merging(comparison, merge, merge_note, paired)
    return {
        "t": "Table",
        "c": [
            attributes,
            [short, merge_caption(old_caption, caption, comparison, merge)],
            columns,
            [head[0], merging.rows(old_head[1], head[1])],
            [
                [body[0], body[1], merging.rows(before[2], body[2]), merging.rows(before[3], body[3])]
                for before, body in zip(old_bodies, bodies, strict=True)
            ],
            [foot[0], merging.rows(old_foot[1], foot[1])],
        ],
    }


def merge_caption(old: list[Block], new: list[Block], comparison: Comparison, merge: MergeBlocks) -> list[Block]:
    """Return a caption that holds both versions; the new one if it came or went."""
    return new if caption_came_or_went(old, new) else merge(old, new, comparison)


def caption_came_or_went(old: list[Block], new: list[Block]) -> bool:
    """Whether one of two captions says nothing, and the other is not the same.

    A caption that loses all its blocks would lose its place in the table as
    well, so this is told by a twin of class `caption`.
    """
    return (is_hollow(old) or is_hollow(new)) and old != new


def aligned_anew(old: Block, new: Block) -> bool:
    """Whether two tables have as many columns in one order, some of them with another alignment."""
    same = len(old["c"][2]) == len(new["c"][2])
    return same and old["c"][2] != new["c"][2] and not _columns_moved(old, new)


# ---- columns ---------------------------------------------------------------


def _columns_moved(old: Block, new: Block) -> bool:
    """Whether two tables have as many columns, of which those with the same titles stand in another order."""
    sides = []
    for table in (old, new):
        rows, specs = all_rows(table), table["c"][2]
        if not table["c"][3][1] or not _is_plain(rows, len(specs)):
            return False
        sides.append([(text_of(cell[4]), spec) for cell, spec in zip(table["c"][3][1][-1][1], specs, strict=True)])
    titles = [[title for title, _ in side] for side in sides]
    shared = [[one for one in side if one[0] and all(side.count(one[0]) == 1 for side in titles)] for side in sides]
    return len(titles[0]) == len(titles[1]) and shared[0] != shared[1] and sorted(
        shared[0], key=repr
    ) == sorted(shared[1], key=repr)  # fmt: skip


def _is_plain(rows: list[list], width: int) -> bool:
    return all(len(row[1]) == width and all(cell[2] == cell[3] == 1 for cell in row[1]) for row in rows)


def _pair_columns(old: Block, new: Block, comparison: Comparison) -> Columns | None:
    """Return the columns of both versions in one order, paired by their heads and cells; None if it cannot be told."""
    sides = []
    for table in (old, new):
        rows, specs = all_rows(table), table["c"][2]
        if not rows or not _is_plain(rows, len(specs)):
            return None
        columns = [[row[1][place] for row in rows] for place in range(len(specs))]
        sides.append([
            Unit(column, equality_key([spec, column]), "column", 0.4, text_of(column[0][4]))
            for spec, column in zip(specs, columns, strict=True)
        ])  # fmt: skip
    pairs = align_units(sides[0], sides[1], comparison.vocabulary)
    if not pairs or any(old["c"][2][i] != new["c"][2][j] for i, j in pairs):
        return None
    out: list[tuple[int | None, int | None]] = []
    for row, column in steps(pairs, len(sides[0]), len(sides[1])):
        if isinstance(row, range):
            out += [(i, None) for i in row]
            out += [(None, j) for j in column]
        else:
            out.append((row, column))
    return out


def all_rows(table: Block) -> list[list]:
    """Return the rows of a table's head, bodies and foot, in order."""
    _, _, _, head, bodies, foot = table["c"]
    return [*head[1], *(row for body in bodies for part in body[2:] for row in part), *foot[1]]


# ---- rows ------------------------------------------------------------------


class _Merging:
    """What merging the rows of one table needs."""

    def __init__(self, comparison: Comparison, merge: MergeBlocks, merge_note: MergeNote, columns: Columns) -> None:
        self.comparison, self.merge, self.merge_note, self.columns = comparison, merge, merge_note, columns
        self.same_columns = all(i == j for i, j in columns)

    def rows(self, old: list, new: list) -> list:
        before = [self._unit(row, [i for i, j in self.columns if i is not None and j is not None]) for row in old]
        after = [self._unit(row, [j for i, j in self.columns if i is not None and j is not None]) for row in new]
        pairs = align_units(before, after, self.comparison.vocabulary)
        gone = set(range(len(before))) - {i for i, _ in pairs}
        come = set(range(len(after))) - {j for _, j in pairs}
        moved = {before[i].key for i in gone if before[i].words} & {after[j].key for j in come}
        out: list[Any] = []
        for row, column in steps(pairs, len(before), len(after)):
            if isinstance(row, range):
                out += [self._one_sided(old[i], MOVED_FROM if before[i].key in moved else DELETION) for i in row]
                out += [self._one_sided(new[j], MOVED_TO if after[j].key in moved else INSERTION) for j in column]
                continue
            merged = self._merge_row(old[row], new[column])
            if merged is None:
                out += [self._one_sided(old[row], DELETION), self._one_sided(new[column], INSERTION)]
            else:
                out.append(merged)
        return out

    def _unit(self, row: list, kept: list[int]) -> Unit:
        """A row as its cells in the columns that both versions have."""
        return row_unit(row if self.same_columns else [row[0], [row[1][place] for place in kept]])

    def _one_sided(self, row: list, kind: str) -> list:
        if not self.same_columns:
            side = 0 if kind in OLD_ONLY else 1
            other = INSERTION if kind in OLD_ONLY else DELETION
            cells = [
                row[1][pair[side]] if pair[side] is not None else mark_row(other, _EMPTY_CELL) for pair in self.columns
            ]
            row = [row[0], cells]
        return mark_row(kind, row)

    def _merge_row(self, old: list, new: list) -> list | None:
        if self.same_columns and equality_key(old) == equality_key(new):
            return new
        if old[0] != new[0] or (self.same_columns and len(old[1]) != len(new[1])):
            return None
        cells = []
        for i, j in self.columns if not self.same_columns else [(place, place) for place in range(len(new[1]))]:
            if j is None:
                cells.append(mark_row(DELETION, old[1][i]))
            elif i is None:
                cells.append(mark_row(INSERTION, new[1][j]))
            elif old[1][i][:4] != new[1][j][:4]:
                return None
            else:
                cells.append([*new[1][j][:4], self._merge_cell(old[1][i][4], new[1][j][4])])
        merged = [new[0], cells]
        return merged if proves([merged], [old], [new]) else None

    def _merge_cell(self, old: list[Block], new: list[Block]) -> list[Block]:
        """Mark the words of a cell that is one line, even if none of them stays: it has its place in the row."""
        if [block["t"] for block in old] == ["Plain"] == [block["t"] for block in new] and old[0]["c"] and new[0]["c"]:
            merged = merge_inlines(
                old[0]["c"], new[0]["c"], merge_note=self.merge_note, lexicon=self.comparison.lexicon, min_kept=0
            )
            if merged is not None:
                return [{"t": "Plain", "c": merged}]
        return self.merge(old, new, self.comparison)
