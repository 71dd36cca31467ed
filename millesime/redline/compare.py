"""The redline of two editions: pair chapters, align blocks, find moves, mark words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block
from millesime.markup.normalise import normalise
from millesime.redline.align import Unit, align_units
from millesime.redline.ast import escape_marks
from millesime.redline.chapters import likenesses, moved_pairs, pair_chapters
from millesime.redline.lists import items_of, mark_items, unpaired_items
from millesime.redline.marks import aspects_of
from millesime.redline.merge import merge_blocks, merge_pair, note_merger
from millesime.redline.model import (
    DELETED,
    DELETION,
    EDITED,
    INSERTED,
    INSERTION,
    JOINED,
    KEPT,
    MARKS,
    MOVED_FROM,
    MOVED_TO,
    REPLACED,
    SPLIT,
    BlockChange,
    ChapterChange,
    ChapterPlace,
    ChapterText,
    Move,
    Redline,
)
from millesime.redline.moves import Place, find_moves
from millesime.redline.parts import Part, part_chapters
from millesime.redline.splits import Group, find_groups
from millesime.redline.units import Comparison, Run, block_unit, item_unit


def compare(
    old: Sequence[ChapterText], new: Sequence[ChapterText], *, renames: Mapping[str, str] | None = None
) -> Redline:
    """Return what changed from the old edition to the new one.

    Both are chapters in their edition's order; `renames` maps old paths to new
    ones where git saw a file renamed. The sources need not be normalised.
    The laws: nothing is lost (`laws.py`), and equal editions give an empty
    redline.
    """
    comparison = Comparison()
    before, after = [_units(chapter) for chapter in old], [_units(chapter) for chapter in new]
    old_words, new_words = _words(before), _words(after)
    alike = likenesses(old_words, new_words)
    pairs = pair_chapters(old, new, old_words, new_words, alike=alike, renames=renames or {})
    olds, news, pairs = part_chapters(before, after, pairs, alike, comparison.vocabulary)
    moved = moved_pairs(pairs, [sum(len(unit.words) for unit in news[q].units) for _, q in pairs])
    aligned = {(p, q): align_units(olds[p].units, news[q].units, comparison.vocabulary) for p, q in pairs}
    groups = {
        (p, q): find_groups(olds[p].units, news[q].units, found, note_merger(comparison))
        for (p, q), found in aligned.items()
    }
    moves = _Moves([part.units for part in olds], [part.units for part in news], aligned, groups, comparison)
    chapters = [
        ChapterChange(
            old=None if p is None else _place(old[olds[p].chapter], olds[p].chapter),
            new=None if q is None else _place(new[news[q].chapter], news[q].chapter),
            blocks=tuple(_changes(p, q, olds, news, aligned.get((p, q), []), groups.get((p, q), {}), moves)),
            moved=(p, q) in moved,
            split=p is not None and not olds[p].whole,
            merged=q is not None and not news[q].whole,
        )
        for p, q in _reading_order(len(olds), dict(pairs), len(news))
    ]
    return Redline(chapters=tuple(chapters), moves=moves.listed(old, new, olds, news))


def _units(chapter: ChapterText) -> list[Unit]:
    return [_unit(block) for block in normalise(chapter.blocks)]


def _unit(block: Block) -> Unit:
    unit = block_unit(block)
    if any(name in unit.key for name in MARKS):  # as a class, perhaps
        return block_unit(escape_marks([block])[0])
    return unit


def _words(chapters: Sequence[Sequence[Unit]]) -> list[list[str]]:
    return [[word for unit in units for word in unit.words] for units in chapters]


def _place(chapter: ChapterText, index: int) -> ChapterPlace:
    return ChapterPlace(path=chapter.path, id=chapter.id, title=chapter.title, index=index)


def _reading_order(old_count: int, new_of: Mapping[int, int], new_count: int) -> list[tuple[int | None, int | None]]:
    """Return all chapters in the order of the new edition; a deleted one follows its old predecessor."""
    old_of = {j: i for i, j in new_of.items()}
    order: list[tuple[int | None, int | None]] = []

    def deleted_after(i: int) -> None:
        while i + 1 < old_count and i + 1 not in new_of:
            i += 1
            order.append((i, None))

    deleted_after(-1)
    for j in range(new_count):
        order.append((old_of.get(j), j))
        if j in old_of:
            deleted_after(old_of[j])
    return order


@dataclass(slots=True, init=False)
class _Moves:
    comparison: Comparison
    by_old: dict[Place, tuple[Run, Place]] = field(default_factory=dict)
    by_new: dict[Place, tuple[Run, Place]] = field(default_factory=dict)

    def __init__(self, before, after, aligned, groups, comparison: Comparison) -> None:
        self.comparison = comparison
        self.by_old, self.by_new = {}, {}
        stayed = {(i, row) for (i, _), rows in aligned.items() for row, _ in rows}
        stands = {(j, column) for (_, j), rows in aligned.items() for _, column in rows}
        for (i, j), found in groups.items():
            stayed |= {(i, row) for group in found.values() for row in group.rows}
            stands |= {(j, column) for group in found.values() for column in group.columns}
        gone = _unpaired(before, stayed)
        come = _unpaired(after, stands)
        for pairs in find_moves(gone, come, comparison.vocabulary):
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
                if old.key == new.key or old.kind not in ("BulletList", "OrderedList"):
                    continue
                left, right = unpaired_items(items_of(old.value), items_of(new.value), self.comparison)
                olds |= {((i, row), item): unit for item, unit in left.items()}
                news |= {((j, column), item): unit for item, unit in right.items()}
        for units, places, taken in ((olds, gone, self.by_old), (news, come, self.by_new)):
            for place, unit in places.items():
                if unit.kind == "BulletList" and place not in taken:
                    units |= {(place, item): item_unit(value) for item, value in enumerate(unit.value["c"])}
        for pairs in find_moves(olds, news, self.comparison.vocabulary):
            run = Run(pairs)
            for ((i, row), item), ((j, column), other) in pairs:
                source, target = items_of(before[i][row].value), items_of(after[j][column].value)
                self.comparison.items_gone[id(source), item] = run
                self.comparison.items_come[id(target), other] = (run, source[item])

    def listed(
        self, old: Sequence[ChapterText], new: Sequence[ChapterText], olds: Sequence[Part], news: Sequence[Part]
    ) -> dict[str, Move]:
        runs = {run.name: run for run, _ in self.by_old.values()}
        found = {}
        for name, run in sorted(runs.items(), key=lambda entry: int(entry[0].rsplit("-", 1)[1])):
            source, target = olds[run.pairs[0][0][0]], news[run.pairs[0][1][0]]
            found[name] = Move(
                id=name,
                old_path=old[source.chapter].path,
                new_path=new[target.chapter].path,
                old_indices=tuple(source.start + place for (_, place), _ in run.pairs),
                new_indices=tuple(target.start + place for _, (_, place) in run.pairs),
                edited=run.edited,
            )
        return found


def _unpaired(chapters: Sequence[Sequence[Unit]], paired: set[Place]) -> dict[Place, Unit]:
    return {
        (index, place): unit
        for index, units in enumerate(chapters)
        for place, unit in enumerate(units)
        if (index, place) not in paired
    }


def _changes(
    p: int | None, q: int | None, olds: Sequence[Part], news: Sequence[Part], pairs, groups, moves: _Moves
) -> list[BlockChange]:
    """Return the blocks of one pair of parts in reading order; `p` or `q` is None where a side has none."""
    before = olds[p] if p is not None else None
    after = news[q] if q is not None else None
    out: list[BlockChange] = []
    in_rows = {row for group in groups.values() for row in group.rows}
    in_columns = {column for group in groups.values() for column in group.columns}
    row = column = 0
    ends = (len(before.units) if before else 0, len(after.units) if after else 0)
    for next_row, next_column in [*pairs, ends]:
        out += [_gone((p, place), olds, news, moves) for place in range(row, next_row) if place not in in_rows]
        out += [_come((q, place), olds, news, moves) for place in range(column, next_column) if place not in in_columns]
        if before and after and next_row < ends[0] and next_column < ends[1]:
            group = groups.get((next_row, next_column))
            if group is None:
                out.append(_stayed(before, after, next_row, next_column, moves.comparison))
            else:
                out += _regrouped(before, after, group)
        row, column = next_row + 1, next_column + 1
    return out


def _gone(place: Place, olds: Sequence[Part], news: Sequence[Part], moves: _Moves) -> BlockChange:
    unit, index = _at(olds, place)
    if place not in moves.by_old:
        marked = mark_items(unit.value, DELETION, moves.comparison, merge_blocks)
        return BlockChange(kind=DELETED, old=unit.value, old_index=index, merged=(marked,) if marked else ())
    run, target = moves.by_old[place]
    other, other_index = _at(news, target)
    return BlockChange(
        kind=MOVED_FROM,
        old=unit.value,
        new=other.value,
        old_index=index,
        new_index=other_index,
        move=moves.comparison.name(run),
        edited=unit.key != other.key,
    )


def _come(place: Place, olds: Sequence[Part], news: Sequence[Part], moves: _Moves) -> BlockChange:
    unit, index = _at(news, place)
    if place not in moves.by_new:
        marked = mark_items(unit.value, INSERTION, moves.comparison, merge_blocks)
        return BlockChange(kind=INSERTED, new=unit.value, new_index=index, merged=(marked,) if marked else ())
    run, source = moves.by_new[place]
    other, other_index = _at(olds, source)
    name = moves.comparison.name(run)
    merged = merge_pair(other.value, unit.value, moves.comparison) if unit.key != other.key else []
    return BlockChange(
        kind=MOVED_TO,
        old=other.value,
        new=unit.value,
        old_index=other_index,
        new_index=index,
        merged=tuple(merged or [unit.value]),
        aspects=aspects_of(merged),
        move=name,
        edited=unit.key != other.key,
    )


def _stayed(before: Part, after: Part, row: int, column: int, comparison: Comparison) -> BlockChange:
    old, new = before.units[row], after.units[column]
    both = {
        "old": old.value,
        "new": new.value,
        "old_index": before.start + row,
        "new_index": after.start + column,
    }
    if old.key == new.key:
        return BlockChange(kind=KEPT, merged=(new.value,), **both)
    merged = merge_pair(old.value, new.value, comparison)
    kind = EDITED if merged else REPLACED
    return BlockChange(kind=kind, edited=True, merged=tuple(merged), aspects=aspects_of(merged), **both)


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


def _at(parts: Sequence[Part], place: Place) -> tuple[Unit, int]:
    """Return a block, and its index in its chapter."""
    part = parts[place[0]]
    return part.units[place[1]], part.start + place[1]
