"""What became of each block of two versions of a chapter: kept, edited, moved, come or gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block
from millesime.redline.align import Unit
from millesime.redline.lists import mark_items, unpaired_items
from millesime.redline.marks import COMMENT, IMAGE, aspects_of
from millesime.redline.memory import Memory
from millesime.redline.merge import merge_blocks, merge_pair, with_images
from millesime.redline.model import (
    DELETED,
    DELETION,
    EDITED,
    INSERTED,
    INSERTION,
    JOINED,
    KEPT,
    MOVED_FROM,
    MOVED_TO,
    REPLACED,
    SPLIT,
    BlockChange,
    ChapterText,
    Move,
)
from millesime.redline.moves import Place, find_moves
from millesime.redline.parts import Part
from millesime.redline.splits import Group
from millesime.redline.units import Comparison, Run, item_unit, items_of, proves
from millesime.redline.words import is_comment


@dataclass(slots=True, init=False)
class Moves:
    """What moved, top-level blocks and items of lists, by the place it left and the place it went to.

    A place is (index of the part, index of the block in it).
    """

    olds: Sequence[Part]
    news: Sequence[Part]
    comparison: Comparison
    by_old: dict[Place, tuple[Run, Place]] = field(default_factory=dict)
    by_new: dict[Place, tuple[Run, Place]] = field(default_factory=dict)

    def __init__(self, olds: Sequence[Part], news: Sequence[Part], aligned, groups, comparison: Comparison) -> None:
        self.olds, self.news, self.comparison = olds, news, comparison
        before, after = [part.units for part in olds], [part.units for part in news]
        self.by_old, self.by_new = {}, {}
        stayed = {(i, row) for (i, _), rows in aligned.items() for row, _ in rows}
        stands = {(j, column) for (_, j), rows in aligned.items() for _, column in rows}
        for (i, j), found in groups.items():
            stayed |= {(i, row) for group in found.values() for row in group.rows}
            stands |= {(j, column) for group in found.values() for column in group.columns}
        gone = _unpaired(before, stayed)
        come = _unpaired(after, stands)
        for pairs in find_moves(gone, come, comparison.vocabulary, boilerplate=_boilerplate(before, after)):
            run = Run(pairs, edited=any(gone[source].key != come[target].key for source, target in pairs))
            for source, target in pairs:
                self.by_old[source] = (run, target)
                self.by_new[target] = (run, source)
        self._find_item_moves(before, after, aligned, gone, come)

    def _find_item_moves(self, before, after, aligned, gone, come) -> None:
        """Find the items that changed lists: a list was parted in two, or an item went to another chapter."""
        olds: dict[Any, Unit] = {}  # by ((chapter, block), item)
        news: dict[Any, Unit] = {}
        for (i, j), pairs in aligned.items():
            for row, column in pairs:
                old, new = before[i][row], after[j][column]
                if old.key == new.key or old.kind != "List":
                    continue
                left, right = unpaired_items(items_of(old.value), items_of(new.value), self.comparison)
                olds |= {((i, row), item): unit for item, unit in left.items()}
                news |= {((j, column), item): unit for item, unit in right.items()}
        for units, places, taken in ((olds, gone, self.by_old), (news, come, self.by_new)):
            for place, unit in places.items():
                if unit.value["t"] == "BulletList" and place not in taken:
                    units |= {(place, item): item_unit(value) for item, value in enumerate(unit.value["c"])}
        for pairs in find_moves(olds, news, self.comparison.vocabulary):
            run = Run(pairs)
            for ((i, row), item), ((j, column), other) in pairs:
                source, target = items_of(before[i][row].value), items_of(after[j][column].value)
                self.comparison.items_gone[id(source), item] = run
                self.comparison.items_come[id(target), other] = (run, source[item])

    def listed(self, old: Sequence[ChapterText], new: Sequence[ChapterText]) -> dict[str, Move]:
        """Return the moves of top-level blocks, by their names."""
        runs = {run.name: run for run, _ in self.by_old.values()}
        found = {}
        for name, run in sorted(runs.items(), key=lambda entry: int(entry[0].rsplit("-", 1)[1])):
            source, target = self.olds[run.pairs[0][0][0]], self.news[run.pairs[0][1][0]]
            found[name] = Move(
                id=name,
                old_path=old[source.chapter].path,
                new_path=new[target.chapter].path,
                old_indices=tuple(source.start + place for (_, place), _ in run.pairs),
                new_indices=tuple(target.start + place for _, (_, place) in run.pairs),
                edited=run.edited,
            )
        return found


def _boilerplate(*editions: Sequence[Sequence[Unit]]) -> set[str]:
    """Return the keys of blocks that stand in several chapters of one edition."""
    found: set[str] = set()
    for chapters in editions:
        counts = Counter(key for units in chapters for key in {unit.key for unit in units})
        found |= {key for key, number in counts.items() if number > 1}
    return found


def _unpaired(chapters: Sequence[Sequence[Unit]], paired: set[Place]) -> dict[Place, Unit]:
    return {
        (index, place): unit
        for index, units in enumerate(chapters)
        for place, unit in enumerate(units)
        if (index, place) not in paired
    }


def block_changes(
    p: int | None, q: int | None, pairs, groups: Mapping[tuple[int, int], Group], moves: Moves, memory: Memory
) -> list[BlockChange]:
    """Return the blocks of one pair of parts in reading order; `p` or `q` is None where a side has none."""
    before = moves.olds[p] if p is not None else None
    after = moves.news[q] if q is not None else None
    out: list[BlockChange] = []
    in_rows = {row for group in groups.values() for row in group.rows}
    in_cols = {column for group in groups.values() for column in group.columns}
    row = column = 0
    ends = (len(before.units) if before else 0, len(after.units) if after else 0)
    for next_row, next_column in [*pairs, ends]:
        out += [_gone((p, place), moves) for place in range(row, next_row) if place not in in_rows]
        out += [_come((q, place), moves, memory) for place in range(column, next_column) if place not in in_cols]
        if before and after and next_row < ends[0] and next_column < ends[1]:
            group = groups.get((next_row, next_column))
            if group is None:
                out.append(_stayed(before, after, next_row, next_column, moves.comparison, memory))
            else:
                out += _regrouped(before, after, group)
        row, column = next_row + 1, next_column + 1
    return out


def _gone(place: Place, moves: Moves) -> BlockChange:
    unit, index = _at(moves.olds, place)
    if place not in moves.by_old:
        marked = _marked_items(unit.value, DELETION, moves.comparison)
        return BlockChange(
            kind=DELETED,
            old=unit.value,
            old_index=index,
            merged=(marked,) if marked else (),
            aspects=_comment(unit.value),
        )
    run, target = moves.by_old[place]
    other, other_index = _at(moves.news, target)
    return BlockChange(
        kind=MOVED_FROM,
        old=unit.value,
        new=other.value,
        old_index=index,
        new_index=other_index,
        move=moves.comparison.name(run),
        edited=unit.key != other.key,
    )


def _come(place: Place, moves: Moves, memory: Memory) -> BlockChange:
    unit, index = _at(moves.news, place)
    if place not in moves.by_new:
        marked = _marked_items(unit.value, INSERTION, moves.comparison)
        return BlockChange(
            kind=INSERTED,
            new=unit.value,
            new_index=index,
            merged=(marked,) if marked else (),
            aspects=_comment(unit.value),
        )
    run, source = moves.by_new[place]
    other, other_index = _at(moves.olds, source)
    name = moves.comparison.name(run)
    merged, aspects = [unit.value], frozenset()
    if unit.key != other.key:
        merged, aspects = _merged(other, unit, moves.comparison, memory)
    return BlockChange(
        kind=MOVED_TO,
        old=other.value,
        new=unit.value,
        old_index=other_index,
        new_index=index,
        merged=tuple(merged or [unit.value]),
        aspects=aspects,
        move=name,
        edited=unit.key != other.key,
    )


def _stayed(before: Part, after: Part, row: int, column: int, comparison: Comparison, memory: Memory) -> BlockChange:
    old, new = before.units[row], after.units[column]
    both = {
        "old": old.value,
        "new": new.value,
        "old_index": before.start + row,
        "new_index": after.start + column,
    }
    if old.key == new.key:
        return BlockChange(kind=KEPT, merged=(new.value,), **both)
    merged, aspects = _merged(old, new, comparison, memory)
    kind = EDITED if merged else REPLACED
    return BlockChange(kind=kind, edited=True, merged=tuple(merged), aspects=aspects, **both)


def _merged(old: Unit, new: Unit, comparison: Comparison, memory: Memory) -> tuple[list[Block], frozenset[str]]:
    """Return both versions of a block as one, see `merge_pair`, and what changed about it."""

    def merge() -> tuple[list[Block], frozenset[str]]:
        merged = merge_pair(old.value, new.value, comparison)
        if merged and old.images != new.images and IMAGE not in aspects_of(merged):
            merged = with_images(old.value, new.value, merged)
            return merged, aspects_of(merged) | {IMAGE}
        return merged, aspects_of(merged)

    # Where items moved to other lists, or moves were numbered, it is not a matter of the two blocks alone.
    named = comparison.named
    if comparison.has_item_moves(old.value, new.value):
        return merge()
    return memory.recall(("merged", old.key, new.key), merge, keep=lambda: comparison.named == named)


def _regrouped(before: Part, after: Part, group: Group) -> list[BlockChange]:
    """Return the changes of a paragraph that was split, or of those that were joined."""
    row, column = group.rows[0], group.columns[0]
    first = BlockChange(
        kind=EDITED,
        edited=True,
        old=before.units[row].value,
        new=after.units[column].value,
        old_index=before.start + row,
        new_index=after.start + column,
        merged=group.blocks[:1],
        aspects=aspects_of(group.blocks),
    )
    out = [first]
    for number, block in enumerate(group.blocks[1:], start=1):
        if group.is_split:
            place = group.columns[number]
            unit, index = after.units[place], after.start + place
            out.append(BlockChange(kind=SPLIT, new=unit.value, new_index=index, merged=(block,)))
        else:
            place = group.rows[number]
            unit, index = before.units[place], before.start + place
            out.append(BlockChange(kind=JOINED, old=unit.value, old_index=index, merged=(block,)))
    return out


def _marked_items(block: Block, kind: str, comparison: Comparison) -> Block | None:
    """Return a list of one edition marked item by item, where items moved and the proof holds; else None."""
    marked = mark_items(block, kind, comparison, merge_blocks)
    sides = ([block], []) if kind == DELETION else ([], [block])
    return marked if marked is not None and proves([marked], *sides) else None


def _comment(block: Block) -> frozenset[str]:
    return frozenset({COMMENT}) if is_comment(block) else frozenset()


def _at(parts: Sequence[Part], place: Place) -> tuple[Unit, int]:
    """Return a block, and its index in its chapter."""
    part = parts[place[0]]
    return part.units[place[1]], part.start + place[1]
