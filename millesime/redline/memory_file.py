"""Write and read a redline memory as bytes: chapters, their likeness, and results for pairs of chapters.

What old and new text share is written once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from millesime.collector import collector_at_rest
from millesime.markup.ast import Block
from millesime.packing import Unreadable, pack, reader_of
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

_Fields = tuple[Any, str, str, float, str, tuple[str, ...]]  # of a unit
_Paths = dict[int, list[tuple[int, ...]]]  # of what is inside blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A pair of parts of chapters, and what its blocks became."""

    old: tuple[str, int, int]
    new: tuple[str, int, int]
    pairs: list[tuple[int, int]]
    groups: list[tuple[tuple[int, int], Group]]
    rows: list[int]
    columns: list[int]
    gone: _Paths
    come: _Paths
    changes: list[tuple[tuple[int, int], str, tuple[Block, ...], frozenset[str]]]  # pair, kind, merged, aspects


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A memory in values that are written as they are."""

    units: list[_Fields]
    chapters: list[tuple[str, list[int], int, int]]  # name, indices of units, words, number of phrases
    likenesses: list[tuple[tuple[str, ...], str, dict[int, int], dict[int, Likeness]]]
    phrases: list[tuple[tuple[str, ...], dict[int, int | tuple[int, ...]]]]
    cuts: list[tuple[str, tuple[str, ...], list[tuple[int, int]]]]
    pairings: list[_Pair]
    marked: list[tuple[tuple[str, str, str], list[tuple[tuple[int, ...], str, int] | None], Marked]]


def dump_memory(memory: Memory) -> bytes:
    """Return what the last comparison used, as far as it may mean something to another process.

    Raises ValueError for text that is nested too deep.
    """
    used: dict[str, list[tuple[tuple, Any]]] = defaultdict(list)
    for key, value in memory.in_use():
        if all(map(is_lasting, _names(key))):
            used[key[0]].append((key, value))
    units: list[_Fields] = []
    shared: dict[str, int] = {}
    chapters = [
        (one.name, [_place(unit, units, shared) for unit in one.units], one.words, one.phrase_count)
        for _, one in used[CHAPTER]
    ]
    told = {id(change.merged) for _, pairing in used[PAIRING] for change in pairing.changes.values()}
    return pack(
        _Told(
            units=units,
            chapters=chapters,
            likenesses=[(edition, name, *value) for (_, edition, name), value in used[LIKENESS]],
            phrases=[(edition, value) for (_, edition), value in used[PHRASES]],
            cuts=[(whole, parts, value) for (_, whole, parts), value in used[CUTS]],
            pairings=[_pair(key, pairing) for key, pairing in used[PAIRING]],
            marked=[
                (tuple(names), [part or None for part in across], one)
                for (*names, across), one in (*used[MERGED], *used[MARKED])
                if id(one.blocks) not in told
            ],
        )
    )


def load_memory(memory: Memory, content: bytes) -> None:
    """Give a memory what `dump_memory` wrote in a process of the same code. Raises Unreadable for anything else."""
    with collector_at_rest():
        told = _read(content)
        try:
            entries = list(_entries(told))
        except (LookupError, TypeError, AttributeError) as error:  # names and indices of nothing
            raise Unreadable(f"the cache holds a comparison that does not fit together: {error!r}") from error
        for key, value in entries:
            memory.learn(key, value)


_read = reader_of(_Told)


def _entries(told: _Told) -> Iterator[tuple[tuple, Any]]:
    units: dict[str, list[Unit]] = {}
    for name, places, words, phrase_count in told.chapters:
        units[name] = [Unit(*told.units[place]) for place in places]
        keys = frozenset(unit.key for unit in units[name])
        yield (CHAPTER, name), Chapter(name, units[name], words, phrase_count, keys)
    for edition, name, phrases, close in told.likenesses:
        yield (LIKENESS, edition, name), (phrases, close)
    for edition, phrases in told.phrases:
        yield (PHRASES, edition), phrases
    for whole, parts, cuts in told.cuts:
        yield (CUTS, whole, parts), cuts
    for one in told.pairings:
        old, new = units[one.old[0]], units[one.new[0]]
        yield (PAIRING, one.old, one.new), _pairing(one, old, one.old[1], new, one.new[1])
    for (kind, *names), across, marked in told.marked:
        yield (kind, *names, tuple(part or () for part in across)), marked


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


def _place(unit: Unit, units: list[_Fields], shared: dict[str, int]) -> int:
    """Return the index of a unit's fields among `units`; those of a block that was there before stand there once.

    Blocks that hold blocks stay apart: what moves into and out of them is
    noted by their identity.
    """
    fields = (unit.value, unit.key, unit.kind, unit.threshold, unit.label, unit.images)
    known = shared.get(unit.key) if unit.kind in _TEXTS else None
    if known is not None and units[known] == fields:
        return known
    units.append(fields)
    if unit.kind in _TEXTS:
        shared.setdefault(unit.key, len(units) - 1)
    return len(units) - 1


_TEXTS = frozenset({"Para", "Header", "CodeBlock", "RawBlock", "LineBlock"})


def _pair(key: tuple, pairing: Pairing) -> _Pair:
    _, old, new = key
    return _Pair(
        old=old,
        new=new,
        pairs=pairing.pairs,
        groups=list(pairing.groups.items()),
        rows=pairing.rows,
        columns=pairing.columns,
        gone=_inside_told(pairing.gone),
        come=_inside_told(pairing.come),
        changes=[
            (pair, change.kind, change.merged, change.aspects)
            for pair, change in pairing.changes.items()
            if change.kind != KEPT
        ],
    )


def _pairing(told: _Pair, old: list[Unit], start: int, new: list[Unit], other_start: int) -> Pairing:
    return Pairing(
        pairs=told.pairs,
        groups=dict(told.groups),
        rows=told.rows,
        columns=told.columns,
        gone=_inside(told.gone, old, start),
        come=_inside(told.come, new, other_start),
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
            for (row, column), kind, merged, aspects in told.changes
        },
    )


def _inside_told(inside: Mapping[int, Sequence[Inner]]) -> dict[int, list[tuple[int, ...]]]:
    return {block: [inner.path for inner in some] for block, some in inside.items()}


def _inside(told: Mapping[int, Sequence[tuple[int, ...]]], units: Sequence[Unit], start: int) -> dict[int, list[Inner]]:
    return {block: [inside_at(units[start + block], path) for path in paths] for block, paths in told.items()}
