"""A memory as bytes, for a later process: chapters, how alike they are, and what pairs of them became.

Values are told in lists, strings and numbers, which `marshal` reads several
times faster than objects can be made again. What old and new text share is
written once.
"""

from __future__ import annotations

import marshal
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from millesime.collector import collector_at_rest
from millesime.redline.merging.block_changes import Marked
from millesime.redline.merging.chapter_pair import Pairing
from millesime.redline.merging.inside import Inner, inside_at
from millesime.redline.merging.splits import Group
from millesime.redline.model import KEPT, BlockChange
from millesime.redline.pairing.align import Unit
from millesime.redline.pairing.chapters import Likeness
from millesime.redline.pairing.memory import (
    CHAPTER,
    CUTS,
    LIKENESS,
    MARKED,
    MERGED,
    PAIRING,
    PHRASES,
    Memory,
    is_lasting,
)
from millesime.redline.pairing.units import Chapter


def dump_memory(memory: Memory) -> bytes:
    """Return what the last comparison used, as far as it may mean something to another process.

    Raises ValueError for text that is nested deeper than `marshal` can say.
    """
    used: dict[str, list[tuple[tuple, Any]]] = defaultdict(list)
    for key, value in memory.in_use():
        if all(map(is_lasting, _names(key))):
            used[key[0]].append((key, value))
    shared: dict[str, tuple] = {}
    chapters = [
        (one.name, [_unit_told(unit, shared) for unit in one.units], one.words, one.phrase_count)
        for _, one in used[CHAPTER]
    ]
    alike = [
        (key, phrases, {at: astuple(likeness) for at, likeness in close.items()})
        for key, (phrases, close) in used[LIKENESS]
    ]
    pairings = [(key, _pairing_told(pairing)) for key, pairing in used[PAIRING]]
    told = {id(change.merged) for _, pairing in used[PAIRING] for change in pairing.changes.values()}
    marked = [
        (key, (one.blocks, one.aspects, one.runs))
        for key, one in (*used[MERGED], *used[MARKED])
        if id(one.blocks) not in told
    ]
    return marshal.dumps((chapters, alike, [*used[PHRASES], *used[CUTS]], pairings, marked))


def load_memory(memory: Memory, content: bytes) -> None:
    """Give a memory what `dump_memory` wrote in a process of the same Python and the same code."""
    with collector_at_rest():
        _load(memory, *marshal.loads(content))


def _load(memory: Memory, chapters: list, alike: list, plain: list, pairings: list, marked: list) -> None:
    units: dict[str, list[Unit]] = {}
    for name, told, words, phrase_count in chapters:
        units[name] = [Unit(*fields) for fields in told]
        keys = frozenset(unit.key for unit in units[name])
        memory.learn((CHAPTER, name), Chapter(name, units[name], words, phrase_count, keys))
    for key, phrases, close in alike:
        memory.learn(key, (phrases, {at: Likeness(*fields) for at, fields in close.items()}))
    for key, value in plain:
        memory.learn(key, value)
    for key, told in pairings:
        (_, (old, start, _), (new, other_start, _)) = key
        memory.learn(key, _pairing(told, units[old], start, units[new], other_start))
    for key, fields in marked:
        memory.learn(key, Marked(*fields))


def _names(key: tuple) -> Iterable[str]:
    """Return the names of the chapters that a key is about; some are about content that they hold themselves."""
    kind, *rest = key
    return _NAMES[kind](*rest) if kind in _NAMES else ()


_NAMES: dict[str, Callable[..., Iterable[str]]] = {
    CHAPTER: lambda name: (name,),
    PHRASES: lambda edition: edition,
    LIKENESS: lambda edition, name: (*edition, name),
    CUTS: lambda whole, parts: (whole, *parts),
    PAIRING: lambda old, new: (old[0], new[0]),
}


def _unit_told(unit: Unit, shared: dict[str, tuple]) -> tuple:
    """Return a unit's fields; those of a block that was there before, once more.

    Blocks that hold blocks stay apart: what moves into and out of them is
    noted by their identity.
    """
    fields = (unit.value, unit.key, unit.kind, unit.threshold, unit.label, unit.images)
    if unit.kind not in _TEXTS:
        return fields
    known = shared.setdefault(unit.key, fields)
    return known if known == fields else fields


_TEXTS = frozenset({"Para", "Header", "CodeBlock", "RawBlock", "LineBlock"})


def _pairing_told(pairing: Pairing) -> tuple:
    return (
        pairing.pairs,
        [(at, group.rows, group.columns, group.blocks, group.moves) for at, group in pairing.groups.items()],
        pairing.rows,
        pairing.columns,
        _inside_told(pairing.gone),
        _inside_told(pairing.come),
        [
            (pair, change.kind, change.merged, change.aspects)
            for pair, change in pairing.changes.items()
            if change.kind != KEPT
        ],
    )


def _pairing(told: tuple, old: list[Unit], start: int, new: list[Unit], other_start: int) -> Pairing:
    pairs, groups, rows, columns, gone, come, changes = told
    return Pairing(
        pairs=pairs,
        groups={at: Group(*fields) for at, *fields in groups},
        rows=rows,
        columns=columns,
        gone=_inside(gone, old, start),
        come=_inside(come, new, other_start),
        changes={
            (row, column): BlockChange(
                kind=kind,
                edited=True,
                old=old[start + row].value,
                new=new[other_start + column].value,
                old_index=start + row,
                new_index=other_start + column,
                merged=merged,
                aspects=aspects,
            )
            for (row, column), kind, merged, aspects in changes
        },
    )


def _inside_told(inside: Mapping[int, Sequence[Inner]]) -> dict[int, list[tuple[int, ...]]]:
    return {block: [inner.path for inner in some] for block, some in inside.items()}


def _inside(told: Mapping[int, Sequence[tuple[int, ...]]], units: Sequence[Unit], start: int) -> dict[int, list[Inner]]:
    return {block: [inside_at(units[start + block], path) for path in paths] for block, paths in told.items()}
