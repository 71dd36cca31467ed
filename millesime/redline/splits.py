"""Paragraphs that were split in two, and paragraphs that were joined.

Both are compared as one text with a pilcrow where a paragraph ends. Of a
split, the exact form holds what went to the later paragraphs twice:

    Para [ first part, Span.deletion.split [ the rest as it was ] ]
    Div.insertion.split [ Para [ the rest, its words marked ] … ]

and of a join the reverse, with class `joined`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millesime.markup.ast import Block, Inline
from millesime.redline.align import Unit
from millesime.redline.inlines import NoteMerger, merge_inlines
from millesime.redline.marks import (
    JOINED_TEXT,
    OLD,
    SPLIT_TEXT,
    mark_blocks,
    mark_inlines,
    mark_of,
    take_side,
)
from millesime.redline.model import DELETION, INSERTION
from millesime.redline.units import Comparison, proves

_LEAST_WORDS = 4
_LEAST_CONTAINED = 0.6  # of the phrases of a part, to be found in the whole
_PILCROW: Inline = {"t": "RawInline", "c": ["millesime", "¶"]}


@dataclass(frozen=True, slots=True)
class Group:
    """One old paragraph that became several (`rows` has one, `columns` several), or the reverse."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    blocks: tuple[Block, ...]  # merged: one for each of the several
    moves: int = 0  # in notes of theirs, named by `local_name`

    @property
    def is_split(self) -> bool:
        return len(self.rows) == 1


def find_groups(
    old: Sequence[Unit],
    new: Sequence[Unit],
    pairs: Sequence[tuple[int, int]],
    comparison: Comparison,
    merge_note: NoteMerger,
) -> dict[tuple[int, int], Group]:
    """Return the split and joined paragraphs of two versions of a chapter, by the pair that each begins with."""
    rows, columns = {i for i, _ in pairs}, {j for _, j in pairs}
    found: dict[tuple[int, int], Group] = {}
    for i, j in pairs:
        if old[i].key == new[j].key or not _is_text(old[i]) or not _is_text(new[j]):
            continue
        parts = _neighbours(old[i], new, j, columns)
        wholes = _neighbours(new[j], old, i, rows) if len(parts) == 1 else [i]
        if len(parts) > 1:
            sides = old[i : i + 1], [new[k] for k in parts]
            places = (i,), tuple(parts)
        elif len(wholes) > 1:
            sides = [old[k] for k in wholes], new[j : j + 1]
            places = tuple(wholes), (j,)
        else:
            continue
        blocks, runs = comparison.apart(lambda sides=sides: _merge(*sides, merge_note))
        if blocks:
            group = Group(*places, tuple(blocks), len(runs))
            found[i, j] = group
            rows.update(group.rows)
            columns.update(group.columns)
    return found


def _is_text(unit: Unit) -> bool:
    return unit.value["t"] == "Para" and len(unit.words) >= _LEAST_WORDS


def _neighbours(whole: Unit, units: Sequence[Unit], at: int, paired: set[int]) -> list[int]:
    """Return `at` and the unpaired paragraphs next to it that are parts of the whole."""
    mine = whole.phrases

    def is_part(place: int) -> bool:
        if not 0 <= place < len(units) or place in paired or not _is_text(units[place]):
            return False
        theirs = units[place].phrases
        return len(mine & theirs) >= _LEAST_CONTAINED * len(theirs)

    first = last = at
    while is_part(first - 1):
        first -= 1
    while is_part(last + 1):
        last += 1
    return list(range(first, last + 1))


def _merge(old: Sequence[Unit], new: Sequence[Unit], merge_note: NoteMerger) -> list[Block]:
    """Return the merged blocks, or none if the proof fails."""
    merged = merge_inlines(_joined(old), _joined(new), merge_note=merge_note)
    if merged is None:
        return []
    first, *rest = _cut(merged)
    if len(rest) + 1 != max(len(old), len(new)):
        return []
    after = [inline for part in rest for inline in part]
    if len(old) == 1:
        space = first.pop()["c"][1] if first and _is_space(first[-1]) else []
        first = [*first, mark_inlines(DELETION, [*space, *take_side(after, OLD)], extra=[SPLIT_TEXT])]
        later = [mark_blocks(INSERTION, [_para(part)], extra=[SPLIT_TEXT]) for part in rest]
    else:
        if after and _is_space(after[0]):
            after = [*after[0]["c"][1], *after[1:]]
        first = [*first, mark_inlines(INSERTION, after, extra=[JOINED_TEXT])]
        later = [mark_blocks(DELETION, [unit.value], extra=[JOINED_TEXT]) for unit in old[1:]]
    blocks = [_para(first), *later]
    return blocks if proves(blocks, [unit.value for unit in old], [unit.value for unit in new]) else []


def _is_space(inline: Inline) -> bool:
    """Whether a mark holds nothing but a space."""
    return bool(mark_of(inline)) and [node["t"] for node in inline["c"][1]] == ["Space"]


def _para(inlines: list[Inline]) -> Block:
    return {"t": "Para", "c": inlines}


def _joined(units: Sequence[Unit]) -> list[Inline]:
    out: list[Inline] = []
    for unit in units:
        out += [_PILCROW, *unit.value["c"]] if out else unit.value["c"]
    return out


def _cut(inlines: list[Inline]) -> list[list[Inline]]:
    """Return merged inlines cut at the pilcrows, which stand in marks."""
    parts: list[list[Inline]] = [[]]
    for inline in inlines:
        if not mark_of(inline) or _PILCROW not in inline["c"][1]:
            parts[-1].append(inline)
            continue
        piece: list[Inline] = []
        for child in [*inline["c"][1], None]:
            if child is not None and child != _PILCROW:
                piece.append(child)
                continue
            if piece:
                parts[-1].append({"t": "Span", "c": [inline["c"][0], piece]})
            piece = []
            if child is not None:
                parts.append([])
    return parts
