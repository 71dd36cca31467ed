"""Two versions of one chapter, as far as no other chapter has a say in them.

What is here is a matter of the two texts alone, so a later comparison of the
same two takes it over whole (`memory.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from millesime.redline.align import Unit, align_units
from millesime.redline.lists import unpaired_items
from millesime.redline.memory import PAIRING, Memory
from millesime.redline.merge import note_merger
from millesime.redline.model import BlockChange
from millesime.redline.parts import Part
from millesime.redline.splits import Group, find_groups
from millesime.redline.units import Comparison, items_of

Items = dict[tuple[int, int], Unit]  # by (index of the list among the blocks, index of the item)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which blocks of two versions became which, and what is left over."""

    pairs: list[tuple[int, int]]
    groups: dict[tuple[int, int], Group]  # paragraphs that were split or joined, by the pair they begin with
    rows: list[int]  # old blocks that became none
    columns: list[int]  # new blocks that were none
    old_items: Items  # of lists that changed, those without a partner
    new_items: Items
    changes: dict[tuple[int | None, int | None], BlockChange] = field(default_factory=dict)  # as they are asked for


def pairing_of(old: Part, new: Part, memory: Memory) -> Pairing:
    return memory.recall((PAIRING, old.key, new.key), lambda: _pairing(old, new, memory))


def _pairing(old: Part, new: Part, memory: Memory) -> Pairing:
    comparison = Comparison(memory.vocabulary, memory.lexicon)
    pairs = align_units(old.units, new.units, memory.vocabulary)
    groups = find_groups(old.units, new.units, pairs, comparison, note_merger(comparison))
    stayed = {i for i, _ in pairs} | {row for group in groups.values() for row in group.rows}
    stands = {j for _, j in pairs} | {column for group in groups.values() for column in group.columns}
    old_items: Items = {}
    new_items: Items = {}
    for row, column in pairs:
        before, after = old.units[row], new.units[column]
        if before.key != after.key and before.kind == "List":
            left, right = unpaired_items(items_of(before.value), items_of(after.value), comparison)
            old_items |= {(row, item): unit for item, unit in left.items()}
            new_items |= {(column, item): unit for item, unit in right.items()}
    return Pairing(
        pairs=pairs,
        groups=groups,
        rows=[row for row in range(len(old.units)) if row not in stayed],
        columns=[column for column in range(len(new.units)) if column not in stands],
        old_items=old_items,
        new_items=new_items,
    )
