"""Cut chapters that were split or merged into the parts that correspond to each other.

A chapter that is in one piece is one part. Old chapter A that became B and C
is two parts, the first paired with B and the second with C.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from millesime.redline.pairing.align import Unit, Vocabulary, align_units
from millesime.redline.pairing.chapters import Likeness
from millesime.redline.pairing.memory import CUTS, Memory
from millesime.redline.pairing.units import Chapter

_LEAST_CONTAINED = 0.5  # of the phrases of a chapter, to be a part of another
_LEAST_WORDS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive blocks of one chapter."""

    chapter: int  # index of the chapter in its edition
    start: int  # index of the first block in its chapter
    units: Sequence[Unit]
    words: int
    keys: Set[str]  # of its units
    key: tuple[str, int, int]  # equal keys: equal content, at the same place of its chapter
    whole: bool = True  # all of the chapter


Pairs = list[tuple[int, int]]


def part_chapters(
    before: Sequence[Chapter],
    after: Sequence[Chapter],
    pairs: Pairs,
    alike: Mapping[tuple[int, int], Likeness],
    memory: Memory,
) -> tuple[list[Part], list[Part], Pairs]:
    """Return the parts of the old and the new chapters, and pairs of indices into them, by new index.

    `pairs` are pairs of whole chapters, `alike` how alike they are.
    """
    split = _splits(before, after, pairs, alike, memory)
    swapped = _swapped(alike)
    merged = {
        j: cuts
        for j, cuts in _splits(after, before, [(j, i) for i, j in pairs], swapped, memory).items()
        if j not in {new for cuts in split.values() for new, _ in cuts} and not any(i in split for i, _ in cuts)
    }
    olds, old_at = _parts(before, split)
    news, new_at = _parts(after, merged)
    found: Pairs = []
    for i, cuts in split.items():
        found += [(old_at[i] + number, new_at[j]) for number, (j, _) in enumerate(cuts)]
    for j, cuts in merged.items():
        found += [(old_at[i], new_at[j] + number) for number, (i, _) in enumerate(cuts)]
    in_old = set(split) | {i for cuts in merged.values() for i, _ in cuts}
    in_new = set(merged) | {j for cuts in split.values() for j, _ in cuts}
    found += [(old_at[i], new_at[j]) for i, j in pairs if i not in in_old and j not in in_new]
    return olds, news, sorted(found, key=lambda pair: pair[1])


def _splits(
    before: Sequence[Chapter],
    after: Sequence[Chapter],
    pairs: Pairs,
    alike: Mapping[tuple[int, int], Likeness],
    memory: Memory,
) -> dict[int, list[tuple[int, int]]]:
    """Return for each chapter of `before` that became several: (chapter of `after`, its first block in the old one)."""
    partner = dict(pairs)
    paired = set(partner.values())
    contained: dict[int, list[int]] = defaultdict(list)
    for (i, j), likeness in alike.items():
        if j not in paired and likeness.of_new >= _LEAST_CONTAINED:
            contained[i].append(j)
    found: dict[int, list[tuple[int, int]]] = {}
    claimed: set[int] = set()
    for i in sorted(contained, key=lambda i: (-len(contained[i]), i)):
        others = sorted({j for j in contained[i] if j not in claimed} | ({partner[i]} if i in partner else set()))
        if len(others) < 2:
            continue
        cuts = [(others[number], first) for number, first in _cuts(before[i], [after[j] for j in others], memory)]
        if len(cuts) >= 2 and (i not in partner or partner[i] in [j for j, _ in cuts]):
            found[i] = cuts
            claimed.update(j for j, _ in cuts)
    return found


def _cuts(whole: Chapter, parts: Sequence[Chapter], memory: Memory) -> list[tuple[int, int]]:
    """Return (index of a part, index of its first block in the whole), in order; too small parts are left out."""
    key = (CUTS, whole.name, tuple(part.name for part in parts))
    return memory.recall(key, lambda: _find_cuts(whole.units, [part.units for part in parts], memory.vocabulary))


def _find_cuts(whole: Sequence[Unit], parts: Sequence[Sequence[Unit]], vocabulary: Vocabulary) -> list[tuple[int, int]]:
    units = [unit for part in parts for unit in part]
    owner = [index for index, part in enumerate(parts) for _ in part]
    rows: dict[int, list[int]] = defaultdict(list)
    words: dict[int, int] = defaultdict(int)
    for row, column in align_units(whole, units, vocabulary):
        rows[owner[column]].append(row)
        words[owner[column]] += min(len(whole[row].words), len(units[column].words))
    kept = [index for index in sorted(rows) if words[index] >= _LEAST_WORDS]
    cuts: list[tuple[int, int]] = []
    for number, index in enumerate(kept):
        first = rows[index][0] if number else 0
        floor = rows[kept[number - 1]][-1] + 1 if number else 0
        while first > floor and whole[first - 1].kind == "Header":
            first -= 1
        cuts.append((index, first))
    return cuts


def _swapped(alike: Mapping[tuple[int, int], Likeness]) -> dict[tuple[int, int], Likeness]:
    return {(j, i): Likeness(likeness.dice, likeness.of_new, likeness.of_old) for (i, j), likeness in alike.items()}


def _parts(chapters: Sequence[Chapter], cuts: Mapping[int, list[tuple[int, int]]]) -> tuple[list[Part], dict[int, int]]:
    """Return all parts, and for each chapter the index of its first one."""
    parts: list[Part] = []
    at: dict[int, int] = {}
    for index, chapter in enumerate(chapters):
        at[index] = len(parts)
        starts = [start for _, start in cuts.get(index, [(0, 0)])]
        for start, stop in zip(starts, [*starts[1:], len(chapter.units)], strict=True):
            whole = len(starts) == 1
            units = chapter.units if whole else chapter.units[start:stop]
            words = chapter.words if whole else sum(len(unit.words) for unit in units)
            keys = chapter.keys if whole else frozenset(unit.key for unit in units)
            parts.append(Part(index, start, units, words, keys, (chapter.name, start, stop), whole))
    return parts, at
