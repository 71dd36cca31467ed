"""The changes of each block between two versions of a chapter: kept, edited, moved, deleted, inserted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from millesime.markup.ast import Block
from millesime.redline.marks import COMMENT, IMAGE, aspects_of, rename_moves
from millesime.redline.merging.blocks import merge_blocks, merge_pair, with_images
from millesime.redline.merging.chapter_pair import Pairing
from millesime.redline.merging.inside import Inner, all_inside
from millesime.redline.merging.lists import mark_inside
from millesime.redline.merging.splits import Group
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
from millesime.redline.pairing.align import Unit
from millesime.redline.pairing.chapter_parts import Part
from millesime.redline.pairing.memory import MARKED, MERGED, Memory
from millesime.redline.pairing.moves import Place, find_moves
from millesime.redline.pairing.units import Across, Comparison, Run, local_name, proves
from millesime.redline.text.words import is_unseen


@dataclass(frozen=True, slots=True)
class End:
    """The other end of a move: what stands there, and the index of its block in its chapter."""

    unit: Unit
    index: int


class Moves:
    """What moved, top-level blocks and what is inside them, by the place it left and the place it went to.

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
        self.by_old: dict[Place, tuple[Run, End]] = {}
        self.by_new: dict[Place, tuple[Run, End]] = {}
        gone = _units_at(olds, {i: pairing.rows for (i, _), pairing in known.items()})
        come = _units_at(news, {j: pairing.columns for (_, j), pairing in known.items()})
        wanted = {unit.key for unit in (*gone.values(), *come.values())}
        boilerplate = _boilerplate(wanted, olds, news)
        for pairs in find_moves(gone, come, comparison.vocabulary, boilerplate=boilerplate):
            run = Run(pairs, edited=any(gone[source].key != come[target].key for source, target in pairs))
            for source, target in pairs:
                self.by_old[source] = (run, End(*_at(news, target)))
                self.by_new[target] = (run, End(*_at(olds, source)))
        self._find_inner_moves(
            _inner_units({i: pairing.gone for (i, _), pairing in known.items()}, gone, self.by_old),
            _inner_units({j: pairing.come for (_, j), pairing in known.items()}, come, self.by_new),
            boilerplate,
        )

    def _find_inner_moves(
        self, olds: dict[InnerPlace, Unit], news: dict[InnerPlace, Unit], boilerplate: Set[str]
    ) -> None:
        """Find what went into a list, a quote or a frame, came out of one, or changed from one to another."""
        found: list[tuple[Run, InnerPlace, InnerPlace]] = []
        for is_item in (False, True):
            old = {place: unit for place, unit in olds.items() if isinstance(unit.value, list) == is_item}
            new = {place: unit for place, unit in news.items() if isinstance(unit.value, list) == is_item}
            if all(_is_top(place) for place in (*old, *new)):
                continue
            for pairs in find_moves(old, new, self.comparison.vocabulary, boilerplate=boilerplate):
                inner = [pair for pair in pairs if not all(map(_is_top, pair))]
                run = Run([(_top(source), _top(target)) for source, target in inner])
                run.edited = any(old[source].key != new[target].key for source, target in inner)
                found += [(run, source, target) for source, target in inner]
        left, reached = {_path(source) for _, source, _ in found}, {_path(target) for _, _, target in found}
        for run, source, target in found:
            if _goes_along(source, left) or _goes_along(target, reached):
                continue
            old, new = _top(source), _top(target)
            (before, row), (after, column) = _at(self.olds, old), _at(self.news, new)
            if _is_top(source):
                self.by_old[old] = (run, End(news[target], column))
            else:
                self.comparison.leave(run, before.value, _path(source)[2:])
            if _is_top(target):
                self.by_new[new] = (run, End(olds[source], row))
            else:
                self.comparison.arrive(run, after.value, _path(target)[2:], olds[source].value)

    def listed(self, old: Sequence[ChapterText], new: Sequence[ChapterText]) -> dict[str, Move]:
        """Return the moves of which one end at least is a top-level block, by their names."""
        runs = {run.name: run for run, _ in (*self.by_old.values(), *self.by_new.values())}
        found = {}
        for name, run in sorted(runs.items(), key=lambda entry: int(entry[0].rsplit("-", 1)[1])):
            source, target = self.olds[run.pairs[0][0][0]], self.news[run.pairs[0][1][0]]
            found[name] = Move(
                id=name,
                old_path=old[source.chapter].path,
                new_path=new[target.chapter].path,
                old_indices=tuple(dict.fromkeys(source.start + place for (_, place), _ in run.pairs)),
                new_indices=tuple(dict.fromkeys(target.start + place for _, (_, place) in run.pairs)),
                edited=run.edited,
            )
        return found


InnerPlace = tuple[tuple[int, ...], int]  # ((part, block, …), index): see `inside.py`; ((part,), index) is top-level


def _inner_units(
    known: Mapping[int, Mapping[int, Sequence[Inner]]], unpaired: Mapping[Place, Unit], moved: Mapping[Place, Any]
) -> dict[InnerPlace, Unit]:
    """Return the top-level blocks of one edition that are still without a partner, and such things inside blocks."""
    found: dict[InnerPlace, Unit] = {}

    def add(part: int, block: int, inside: Sequence[Inner]) -> None:
        for inner in inside:
            found[(part, block, *inner.path[:-1]), inner.path[-1]] = inner.unit

    for part, blocks in known.items():
        for block, inside in blocks.items():
            add(part, block, inside)
    for (part, block), unit in unpaired.items():
        if (part, block) not in moved:
            found[(part,), block] = unit
            add(part, block, all_inside(unit))
    return found


def _is_top(place: InnerPlace) -> bool:
    return len(place[0]) == 1


def _path(place: InnerPlace) -> tuple[int, ...]:
    return (*place[0], place[1])


def _top(place: InnerPlace) -> Place:
    part, block, *_ = _path(place)
    return part, block


def _goes_along(place: InnerPlace, moved: Set[tuple[int, ...]]) -> bool:
    """Whether something that holds it has moved."""
    path = _path(place)
    return any(path[:length] in moved for length in range(2, len(path)))


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
            merged=_marked_inside(unit, DELETION, moves.comparison, memory),
            aspects=_comment(unit.value),
        )
    run, end = moves.by_old[place]
    return BlockChange(
        kind=MOVED_FROM,
        old=unit.value,
        new=end.unit.value,
        old_index=index,
        new_index=end.index,
        move=moves.comparison.name(run),
        edited=unit.key != end.unit.key,
    )


def _come(place: Place, moves: Moves, memory: Memory) -> BlockChange:
    unit, index = _at(moves.news, place)
    if place not in moves.by_new:
        return BlockChange(
            kind=INSERTED,
            new=unit.value,
            new_index=index,
            merged=_marked_inside(unit, INSERTION, moves.comparison, memory),
            aspects=_comment(unit.value),
        )
    run, end = moves.by_new[place]
    name = moves.comparison.name(run)
    merged, aspects = (unit.value,), frozenset()
    if unit.key != end.unit.key:
        merged, aspects = _merged(end.unit, unit, moves.comparison, memory)
    return BlockChange(
        kind=MOVED_TO,
        old=end.unit.value,
        new=unit.value,
        old_index=end.index,
        new_index=index,
        merged=merged or (unit.value,),
        aspects=aspects,
        move=name,
        edited=unit.key != end.unit.key,
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


def _marked_inside(unit: Unit, kind: str, comparison: Comparison, memory: Memory) -> tuple[Block, ...]:
    """Return a list, quote or frame of one edition marked inside, where something in it moved and the proof holds."""
    across = comparison.across(unit.value)
    if not across.runs:
        return ()

    def mark() -> tuple[list[Block], frozenset[str]]:
        marked = mark_inside(unit.value, kind, comparison, merge_blocks)
        sides = ([unit.value], []) if kind == DELETION else ([], [unit.value])
        return marked if proves(marked, *sides) else [], frozenset()

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
