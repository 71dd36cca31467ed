"""What became of each block of two versions of a chapter: kept, edited, moved, come or gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from millesime.markup.ast import Block
from millesime.redline.align import Unit
from millesime.redline.lists import mark_items
from millesime.redline.marks import COMMENT, IMAGE, aspects_of, rename_moves
from millesime.redline.memory import MARKED, MERGED, Memory
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
from millesime.redline.pairing import Pairing
from millesime.redline.parts import Part
from millesime.redline.splits import Group
from millesime.redline.units import Across, Comparison, Run, item_units, local_name, proves
from millesime.redline.words import is_unseen


class Moves:
    """What moved, top-level blocks and items of lists, by the place it left and the place it went to.

    A place is (index of the part, index of the block in it).
    """

    def __init__(
        self,
        olds: Sequence[Part],
        news: Sequence[Part],
        known: Mapping[tuple[int, int], Pairing],
        comparison: Comparison,
    ) -> None:
        self.olds, self.news, self.comparison = olds, news, comparison
        self.by_old: dict[Place, tuple[Run, Place]] = {}
        self.by_new: dict[Place, tuple[Run, Place]] = {}
        gone = _units_at(olds, {i: pairing.rows for (i, _), pairing in known.items()})
        come = _units_at(news, {j: pairing.columns for (_, j), pairing in known.items()})
        wanted = {unit.key for unit in (*gone.values(), *come.values())}
        for pairs in find_moves(gone, come, comparison.vocabulary, boilerplate=_boilerplate(wanted, olds, news)):
            run = Run(pairs, edited=any(gone[source].key != come[target].key for source, target in pairs))
            for source, target in pairs:
                self.by_old[source] = (run, target)
                self.by_new[target] = (run, source)
        self._find_item_moves(known, gone, come)

    def _find_item_moves(
        self, known: Mapping[tuple[int, int], Pairing], gone: Mapping[Place, Unit], come: Mapping[Place, Unit]
    ) -> None:
        """Find the items that changed lists: a list was parted in two, or an item went to another chapter."""
        olds: dict[Any, Unit] = {}  # by ((part, block), item)
        news: dict[Any, Unit] = {}
        for (i, j), pairing in known.items():
            olds |= {((i, row), item): unit for (row, item), unit in pairing.old_items.items()}
            news |= {((j, column), item): unit for (column, item), unit in pairing.new_items.items()}
        for units, places, taken in ((olds, gone, self.by_old), (news, come, self.by_new)):
            for place, unit in places.items():
                if unit.value["t"] == "BulletList" and place not in taken:
                    units |= {(place, number): item for number, item in enumerate(item_units(unit))}
        for pairs in find_moves(olds, news, self.comparison.vocabulary):
            run = Run(pairs)
            for (source, item), (target, other) in pairs:
                lists = _at(self.olds, source)[0].value, _at(self.news, target)[0].value
                self.comparison.move_item(run, (lists[0], item), (lists[1], other))

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


def _boilerplate(wanted: Set[str], *editions: Sequence[Part]) -> set[str]:
    """Return those of some keys that are keys of blocks in several parts of one edition."""
    found: set[str] = set()
    for parts in editions:
        once: set[str] = set()
        for part in parts:
            here = wanted & part.keys
            found |= once & here
            once |= here
    return found


def _units_at(parts: Sequence[Part], places: Mapping[int, Sequence[int]]) -> dict[Place, Unit]:
    """Return the units at some places of each part; of a part that is not named, all."""
    return {
        (index, place): part.units[place]
        for index, part in enumerate(parts)
        for place in places.get(index, range(len(part.units)))
    }


def block_changes(
    p: int | None, q: int | None, known: Pairing | None, moves: Moves, memory: Memory
) -> list[BlockChange]:
    """Return the blocks of one pair of parts in reading order; `p` or `q` is None where a side has none."""
    before = moves.olds[p] if p is not None else None
    after = moves.news[q] if q is not None else None
    pairs, groups = (known.pairs, known.groups) if known else ([], {})
    out: list[BlockChange] = []
    in_rows = {row for group in groups.values() for row in group.rows}
    in_cols = {column for group in groups.values() for column in group.columns}
    row = column = 0
    ends = (len(before.units) if before else 0, len(after.units) if after else 0)
    for next_row, next_column in [*pairs, ends]:
        out += [_gone((p, place), moves, memory) for place in range(row, next_row) if place not in in_rows]
        out += [_come((q, place), moves, memory) for place in range(column, next_column) if place not in in_cols]
        if known and next_row < ends[0] and next_column < ends[1]:
            group = groups.get((next_row, next_column))
            if group is None:
                out.append(_stayed(before, after, (next_row, next_column), known, moves.comparison, memory))
            else:
                out += _regrouped(before, after, group, moves.comparison)
        row, column = next_row + 1, next_column + 1
    return out


def _gone(place: Place, moves: Moves, memory: Memory) -> BlockChange:
    unit, index = _at(moves.olds, place)
    if place not in moves.by_old:
        return BlockChange(
            kind=DELETED,
            old=unit.value,
            old_index=index,
            merged=_marked_items(unit, DELETION, moves.comparison, memory),
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
        return BlockChange(
            kind=INSERTED,
            new=unit.value,
            new_index=index,
            merged=_marked_items(unit, INSERTION, moves.comparison, memory),
            aspects=_comment(unit.value),
        )
    run, source = moves.by_new[place]
    other, other_index = _at(moves.olds, source)
    name = moves.comparison.name(run)
    merged, aspects = (unit.value,), frozenset()
    if unit.key != other.key:
        merged, aspects = _merged(other, unit, moves.comparison, memory)
    return BlockChange(
        kind=MOVED_TO,
        old=other.value,
        new=unit.value,
        old_index=other_index,
        new_index=index,
        merged=merged or (unit.value,),
        aspects=aspects,
        move=name,
        edited=unit.key != other.key,
    )


def _stayed(
    before: Part, after: Part, pair: tuple[int, int], known: Pairing, comparison: Comparison, memory: Memory
) -> BlockChange:
    """Return the change of two blocks that are a pair; kept with the pairing, unless a move has a part in it."""
    old, new = before.units[pair[0]], after.units[pair[1]]
    alone = not comparison.across(old.value, new.value).runs
    if alone and pair in known.changes:
        return known.changes[pair]
    both = {
        "old": old.value,
        "new": new.value,
        "old_index": before.start + pair[0],
        "new_index": after.start + pair[1],
    }
    if old.key == new.key:
        change = BlockChange(kind=KEPT, merged=(new.value,), **both)
    else:
        named = comparison.named
        merged, aspects = _merged(old, new, comparison, memory)
        kind = EDITED if merged else REPLACED
        change = BlockChange(kind=kind, edited=True, merged=merged, aspects=aspects, **both)
        alone = alone and comparison.named == named
    if alone:
        known.changes[pair] = change
    return change


@dataclass(frozen=True, slots=True)
class Marked:
    """Marked blocks, the moves in them named by `local_name`."""

    blocks: tuple[Block, ...]
    aspects: frozenset[str]
    runs: tuple[int | None, ...]  # for each move in order: its place in `Across.runs`, or None for one of its own


def _merged(old: Unit, new: Unit, comparison: Comparison, memory: Memory) -> tuple[tuple[Block, ...], frozenset[str]]:
    """Return both versions of a block as one, see `merge_pair`, and what changed about it."""

    def merge() -> tuple[list[Block], frozenset[str]]:
        merged = merge_pair(old.value, new.value, comparison)
        if merged and old.images != new.images and IMAGE not in aspects_of(merged):
            merged = with_images(old.value, new.value, merged)
            return merged, aspects_of(merged) | {IMAGE}
        return merged, aspects_of(merged)

    return _recalled((MERGED, old.key, new.key), merge, comparison.across(old.value, new.value), comparison, memory)


def _marked_items(unit: Unit, kind: str, comparison: Comparison, memory: Memory) -> tuple[Block, ...]:
    """Return a list of one edition marked item by item, where items moved and the proof holds; else nothing."""
    across = comparison.across(unit.value)
    if not across.runs:
        return ()

    def mark() -> tuple[list[Block], frozenset[str]]:
        marked = mark_items(unit.value, kind, comparison, merge_blocks)
        sides = ([unit.value], []) if kind == DELETION else ([], [unit.value])
        return [marked] if marked is not None and proves([marked], *sides) else [], frozenset()

    return _recalled((MARKED, kind, unit.key), mark, across, comparison, memory)[0]


def _recalled(
    key: tuple,
    make: Callable[[], tuple[list[Block], frozenset[str]]],
    across: Across,
    comparison: Comparison,
    memory: Memory,
) -> tuple[tuple[Block, ...], frozenset[str]]:
    """Return marked blocks and their aspects as `make` makes them of what `key` and `across` say, or as remembered."""

    def apart() -> Marked:
        (blocks, aspects), runs = comparison.apart(make)
        return Marked(tuple(blocks), aspects, tuple(map(across.place, runs)))

    made = memory.recall((*key, across.key), apart)
    names = [comparison.name(Run([]) if place is None else across.runs[place]) for place in made.runs]
    return _renamed(made.blocks, names), made.aspects


def _renamed(blocks: tuple[Block, ...], names: Sequence[str]) -> tuple[Block, ...]:
    """Return blocks with names of the book's moves in place of those from `local_name`."""
    new = {local: name for place, name in enumerate(names) if (local := local_name(place)) != name}
    return tuple(rename_moves(list(blocks), new)) if new else blocks


def _regrouped(before: Part, after: Part, group: Group, comparison: Comparison) -> list[BlockChange]:
    """Return the changes of a paragraph that was split, or of those that were joined."""
    row, column = group.rows[0], group.columns[0]
    blocks = _renamed(group.blocks, [comparison.name(Run([])) for _ in range(group.moves)])
    first = BlockChange(
        kind=EDITED,
        edited=True,
        old=before.units[row].value,
        new=after.units[column].value,
        old_index=before.start + row,
        new_index=after.start + column,
        merged=blocks[:1],
        aspects=aspects_of(group.blocks),
    )
    out = [first]
    for number, block in enumerate(blocks[1:], start=1):
        if group.is_split:
            place = group.columns[number]
            unit, index = after.units[place], after.start + place
            out.append(BlockChange(kind=SPLIT, new=unit.value, new_index=index, merged=(block,)))
        else:
            place = group.rows[number]
            unit, index = before.units[place], before.start + place
            out.append(BlockChange(kind=JOINED, old=unit.value, old_index=index, merged=(block,)))
    return out


def _comment(block: Block) -> frozenset[str]:
    return frozenset({COMMENT}) if is_unseen(block) else frozenset()


def _at(parts: Sequence[Part], place: Place) -> tuple[Unit, int]:
    """Return a block, and its index in its chapter."""
    part = parts[place[0]]
    return part.units[place[1]], part.start + place[1]
