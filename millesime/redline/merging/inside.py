"""Find moved text inside lists, quotes and boxes, among what has no partner in the other version.

A path leads to it from a top-level block: the index of the item, or of the
block in a quote or Div; of the block in that item; and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from millesime.markup.ast import Block
from millesime.redline.merging.splits import candidates
from millesime.redline.pairing.align import Unit, align_units
from millesime.redline.pairing.units import Comparison, block_unit, held_by, item_unit, steps

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Inner:
    """An item of a list, or a block in an item, a quote or a Div."""

    path: Path
    unit: Unit


def all_inside(block: Unit) -> list[Inner]:
    """Return the items and blocks that a top-level block holds, what holds others before them; made once."""
    if block.inside is None:
        block.inside = list(_all(block.value, ()))
    return block.inside


def inside_at(block: Unit, path: Path) -> Inner:
    """Return the item or block that a path leads to; paths into paired items lead to blocks too."""
    one = block.value
    for place in path:
        one = _held(one)[place]
    return Inner(path, _unit(one))


def unpaired_inside(old: Block, new: Block, comparison: Comparison) -> tuple[list[Inner], list[Inner]]:
    """Return what has no partner inside two versions of one block."""
    found: tuple[list[Inner], list[Inner]] = ([], [])
    _collect(held_by(old), held_by(new), ((), ()), found, comparison)
    return found


def _collect(
    old: list, new: list, paths: tuple[Path, Path], found: tuple[list[Inner], list[Inner]], comparison: Comparison
) -> None:
    """Add what has no partner in two versions of a list of items or blocks, and inside those that changed."""
    before, after = [_unit(one) for one in old], [_unit(one) for one in new]
    pairs = align_units(before, after, comparison.vocabulary)
    parted: tuple[set[int], set[int]] = (set(), set())  # paragraphs that were split or joined have their partner
    for _, *sides in candidates(before, after, pairs):
        for places, side in zip(parted, sides, strict=True):
            places.update(side)
    for row, column in steps(pairs, len(before), len(after)):
        if isinstance(row, range):
            sides = zip((before, after), (row, column), paths, found, parted, strict=True)
            for units, places, path, unpaired, known in sides:
                for place in places:
                    unpaired += _whole(units[place], (*path, place)) if place not in known else ()
        elif before[row].key != after[column].key:
            inner = [_held(one) for one in (old[row], new[column])]
            _collect(*inner, ((*paths[0], row), (*paths[1], column)), found, comparison)


def _unit(one: Block | list[Block]) -> Unit:
    return item_unit(one) if isinstance(one, list) else block_unit(one)


def _held(one: Block | list[Block]) -> list:
    return one if isinstance(one, list) else held_by(one)


def _whole(unit: Unit, path: Path) -> Iterator[Inner]:
    yield Inner(path, unit)
    if isinstance(unit.value, list):  # the blocks of an item go where it goes; items of lists in it may not
        for place, block in enumerate(unit.value):
            yield from _all(block, (*path, place))
    else:
        yield from _all(unit.value, path)


def _all(block: Block, path: Path) -> Iterator[Inner]:
    for place, inner in enumerate(held_by(block)):
        yield from _whole(_unit(inner), (*path, place))
