"""The results for two versions of one chapter that no other chapter can change; they can be cached.

What is here is a matter of the two texts alone, so a later comparison of the
same two takes it over whole (`memory.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from millesime.redline.merging.blocks import note_merger
from millesime.redline.merging.inside import Inner, unpaired_inside
from millesime.redline.merging.splits import Group, find_groups
from millesime.redline.model import BlockChange
from millesime.redline.pairing.align import align_units
from millesime.redline.pairing.chapter_parts import Part
from millesime.redline.pairing.memory import PAIRING, Memory
from millesime.redline.pairing.units import Comparison, held_by


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which blocks of two versions became which, and what is left over."""

    pairs: list[tuple[int, int]]
    groups: dict[tuple[int, int], Group]  # paragraphs that were split or joined, by the pair they begin with
    rows: list[int]  # old blocks that became none
    columns: list[int]  # new blocks that were none
    gone: dict[int, list[Inner]]  # what became of none inside lists, quotes and frames that changed, by their index
    come: dict[int, list[Inner]]
    changes: dict[tuple[int | None, int | None], BlockChange] = field(default_factory=dict)  # as they are asked for


def pairing_of(old: Part, new: Part, memory: Memory) -> Pairing:
    return memory.recall((PAIRING, old.key, new.key), lambda: _pairing(old, new, memory))


def _pairing(old: Part, new: Part, memory: Memory) -> Pairing:
    comparison = Comparison(memory.vocabulary, memory.lexicon)
    pairs = align_units(old.units, new.units, memory.vocabulary)
    groups = find_groups(old.units, new.units, pairs, comparison, note_merger(comparison))
    stayed = {i for i, _ in pairs} | {row for group in groups.values() for row in group.rows}
    stands = {j for _, j in pairs} | {column for group in groups.values() for column in group.columns}
    gone: dict[int, list[Inner]] = {}
    come: dict[int, list[Inner]] = {}
    for row, column in pairs:
        before, after = old.units[row], new.units[column]
        if before.key != after.key and held_by(before.value) and held_by(after.value):
            left, reached = unpaired_inside(before.value, after.value, comparison)
            gone |= {row: left} if left else {}
            come |= {column: reached} if reached else {}
    return Pairing(
        pairs=pairs,
        groups=groups,
        rows=[row for row in range(len(old.units)) if row not in stayed],
        columns=[column for column in range(len(new.units)) if column not in stands],
        gone=gone,
        come=come,
    )
