"""Align two sequences of units: which old unit became which new one, in order.

A unit is what a sequence is made of: a block, a list item, a table row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from zlib import crc32

from rapidfuzz import process
from rapidfuzz.distance import Indel

from millesime.redline.text.edit_script import MOST_CELLS, likeness
from millesime.redline.text.words import pieces, text_words

MAX_GAP_CELLS = 60_000  # pairs compared one by one in a gap; above it, only those that share phrases


class Vocabulary:
    """Words as single characters, so that likeness is measured on plain strings."""

    def __init__(self) -> None:
        self._characters: dict[str, str] = {}
        self._spelt: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    def spell(self, words: Iterable[str]) -> str:
        known = self._characters
        out = []
        for word in words:
            character = known.get(word)
            if character is None:
                # From U+E000 on, after the surrogates; beyond 1 million words, two may share a character.
                character = known[word] = chr(0xE000 + len(known) % (0x110000 - 0xE000))
            out.append(character)
        return "".join(out)

    def spell_pieces(self, words: Iterable[str]) -> str:
        """Spell words cut into what `pieces` makes of them; most words of a book stand there many times."""
        known = self._spelt
        out = []
        for word in words:
            spelt = known.get(word)
            if spelt is None:
                spelt = known[word] = self.spell(pieces(word))
            out.append(spelt)
        return "".join(out)

    def numbers(self, words: Iterable[str]) -> list[int]:
        """Return a number for each word, the same in every process."""
        known = self._numbers
        out = []
        for word in words:
            number = known.get(word)
            if number is None:
                number = known[word] = crc32(word.encode("utf-8", "surrogatepass"))
            out.append(number)
        return out


@dataclass(slots=True)
class Unit:
    """One thing to be aligned: its value, its identity, and, when asked for, its words."""

    value: Any
    key: str  # equal keys: equal values
    kind: str  # units of different kinds are not alike
    threshold: float  # the likeness below which two of this kind are not the same thing
    # What names it: a heading's id, a row's first cell, the text of a paragraph without its notes. Equal labels make
    # it likelier.
    label: str = ""
    images: tuple[str, ...] = ()  # ids of the content of its images, where known; in the key as well
    inside: list[Any] | None = field(default=None, repr=False)  # what it holds, where it was asked for: `inside.py`
    _words: list[str] | None = field(default=None, repr=False)
    _spelt: str | None = field(default=None, repr=False)
    _phrases: set[int] | None = field(default=None, repr=False)

    @property
    def words(self) -> list[str]:
        if self._words is None:
            self._words = text_words(self.value)
        return self._words

    @property
    def phrases(self) -> set[int]:
        if self._phrases is None:
            self._phrases = phrases(self.words)
        return self._phrases

    def spelt(self, vocabulary: Vocabulary) -> str:
        if self._spelt is None:
            self._spelt = vocabulary.spell_pieces(self.words)
        return self._spelt


def align_units(old: Sequence[Unit], new: Sequence[Unit], vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Return pairs (old index, new index), increasing on both sides; the rest has no partner.

    Anchors on units that are unique on both sides (patience diff, Bram Cohen),
    so a repeated "The Committee rose." does not pull two hearings together;
    of crossing anchors, the chain with most text wins, and the others may turn
    out to be moves. Inside the gaps, likeness decides. An anchor that more
    alike text crosses is given up: one short paragraph that moved down while
    all others were edited.
    """
    found = _anchored(old, new, [(0, len(old), 0, len(new))], vocabulary)
    rows = sorted(set(range(len(old))) - {i for i, _ in found})
    columns = sorted(set(range(len(new))) - {j for _, j in found})
    crossing = _alike(old, new, rows, columns, vocabulary) if found and rows and columns else []
    if not crossing:
        return found
    known = [(i, j, _weight(old[i], new[j], 1.0)) for i, j in found]
    known = [(i, j, _EQUAL * (_LENGTH + weight) if old[i].key == new[j].key else weight) for i, j, weight in known]
    chain = heaviest_chain([*known, *crossing])
    if chain == found:
        return found
    edges = [(-1, -1), *chain, (len(old), len(new))]
    gaps = [(i + 1, next_i, j + 1, next_j) for (i, j), (next_i, next_j) in pairwise(edges)]
    return sorted({*chain, *_anchored(old, new, gaps, vocabulary)})


_EQUAL, _LENGTH = 3.0, 8  # equal text that alike text crosses counts so many times, and as so many words more


def _anchored(
    old: Sequence[Unit], new: Sequence[Unit], todo: list[tuple[int, int, int, int]], vocabulary: Vocabulary
) -> list[tuple[int, int]]:
    """Return the pairs inside ranges (old from, old to, new from, new to), by anchors and in gaps by likeness."""
    found: list[tuple[int, int]] = []
    while todo:
        old_from, old_to, new_from, new_to = todo.pop()
        while old_from < old_to and new_from < new_to and old[old_from].key == new[new_from].key:
            found.append((old_from, new_from))
            old_from, new_from = old_from + 1, new_from + 1
        while old_from < old_to and new_from < new_to and old[old_to - 1].key == new[new_to - 1].key:
            old_to, new_to = old_to - 1, new_to - 1
            found.append((old_to, new_to))
        if old_from == old_to or new_from == new_to:
            continue
        anchors = _anchors(old, new, old_from, old_to, new_from, new_to)
        if not anchors:
            found += _align_gap(old, new, (old_from, old_to), (new_from, new_to), vocabulary)
            continue
        found += anchors
        edges = [(old_from - 1, new_from - 1), *anchors, (old_to, new_to)]
        for (old_before, new_before), (old_after, new_after) in pairwise(edges):
            todo.append((old_before + 1, old_after, new_before + 1, new_after))
    return sorted(found)


def _anchors(old, new, old_from: int, old_to: int, new_from: int, new_to: int) -> list[tuple[int, int]]:
    places = _unique(old, old_from, old_to)
    others = _unique(new, new_from, new_to)
    pairs = [(i, others[key]) for key, i in places.items() if key in others]
    return heaviest_chain([(i, j, len(old[i].key)) for i, j in pairs])


def _unique(units: Sequence[Unit], start: int, stop: int) -> dict[str, int]:
    counts = Counter(units[i].key for i in range(start, stop))
    return {units[i].key: i for i in range(start, stop) if counts[units[i].key] == 1}


def heaviest_chain(pairs: Iterable[tuple[int, int, float]]) -> list[tuple[int, int]]:
    """Return the pairs (i, j) of the heaviest chain that increases strictly on both sides; weights are above 0."""
    ordered = sorted(pairs, key=lambda pair: (pair[0], -pair[1]))
    if all(i < next_i and j < next_j for (i, j, _), (next_i, next_j, _) in pairwise(ordered)):
        return [(i, j) for i, j, _ in ordered]  # as it mostly is
    columns = sorted({j for _, j, _ in ordered})
    # A Fenwick tree over j keeps the heaviest chain that ends at or before each column.
    tree: list[tuple[float, int]] = [(0.0, -1)] * (len(columns) + 1)
    before: list[int] = []
    best = (0.0, -1)
    for index, (_, j, weight) in enumerate(ordered):
        column = bisect_left(columns, j)
        top = (0.0, -1)
        place = column
        while place > 0:
            top = max(top, tree[place])
            place &= place - 1
        before.append(top[1])
        mine = (top[0] + weight, index)
        place = column + 1
        while place <= len(columns):
            if tree[place][0] < mine[0]:
                tree[place] = mine
            place += place & -place
        if mine[0] > best[0]:
            best = mine
    chain = []
    index = best[1]
    while index >= 0:
        chain.append(ordered[index][:2])
        index = before[index]
    return chain[::-1]


def _align_gap(old, new, old_range, new_range, vocabulary) -> list[tuple[int, int]]:
    rows, columns = range(*old_range), range(*new_range)
    return heaviest_chain(_alike(old, new, rows, columns, vocabulary))


def _alike(old, new, rows: Sequence[int], columns: Sequence[int], vocabulary) -> list[tuple[int, int, float]]:
    """Return all pairs that are alike or of which one grew out of the other, with their weight."""
    alike = like_pairs(old, new, rows, columns, vocabulary)
    alike += _grown_pairs(old, new, set(rows) - {i for i, _, _ in alike}, set(columns) - {j for _, j, _ in alike})
    return [(i, j, _weight(old[i], new[j], likeness)) for i, j, likeness in alike]


def _weight(old: Unit, new: Unit, likeness: float) -> float:
    sizes = len(old.words), len(new.words)
    if old.kind == "Para" and old.label and old.label == new.label:  # whatever came into its notes, or left them
        return likeness * (2 + 2 * max(sizes))
    return likeness * (2 + sum(sizes))


def _grown_pairs(old, new, rows: set[int], columns: set[int]) -> list[tuple[int, int, float]]:
    """Return pairs of which one is mostly contained in the other: a paragraph that grew threefold."""
    found: list[tuple[int, int, float]] = []
    if len(rows) * len(columns) > MAX_GAP_CELLS:
        return found
    others = [(j, new[j].phrases) for j in sorted(columns) if len(new[j].words) >= _LEAST_GROWN]
    for i in sorted(rows):
        if len(old[i].words) < _LEAST_GROWN:
            continue
        mine = old[i].phrases
        for j, theirs in others:
            if old[i].kind == new[j].kind and len(mine & theirs) >= 0.6 * min(len(mine), len(theirs)):
                found.append((i, j, 0.3))
    return found


_LEAST_GROWN = 8  # words


def like_pairs(
    old: Sequence[Unit],
    new: Sequence[Unit],
    rows: Sequence[int],
    columns: Sequence[int],
    vocabulary: Vocabulary,
    *,
    threshold: Callable[[Unit], float] = lambda unit: unit.threshold,
) -> list[tuple[int, int, float]]:
    """Return (old index, new index, likeness 0-1) of all pairs of one kind that are alike enough.

    Likeness is twice the length of the longest common subsequence of words,
    numbers and signs, over the length of both.
    """
    found: list[tuple[int, int, float]] = []
    by_kind: dict[str, list[int]] = defaultdict(list)
    for j in columns:
        by_kind[new[j].kind].append(j)
    if len(rows) * len(columns) > MAX_GAP_CELLS:
        candidates = phrase_candidates(old, new, rows, columns)
    else:
        candidates = None
    spelt = {j: new[j].spelt(vocabulary) for j in columns}
    for i in rows:
        unit = old[i]
        others = by_kind.get(unit.kind, ()) if candidates is None else candidates[i]
        if not others:
            continue
        cutoff = threshold(unit)
        if candidates is None:
            labelled = [j for j in others if unit.label and new[j].label == unit.label]
        else:
            labelled = []
        mine = unit.spelt(vocabulary)
        huge = [j for j in others if len(mine) * len(spelt[j]) > MOST_CELLS]
        scored = [("", likeness(mine, spelt[j]), j) for j in huge]
        for _, score, j in scored + process.extract(
            mine,
            {j: spelt[j] for j in others if j not in huge},
            scorer=Indel.normalized_similarity,
            processor=None,
            limit=None,
            score_cutoff=cutoff,
        ):
            if score >= cutoff:
                found.append((i, j, max(score, _LABELLED.get(unit.kind, 0.5)) if j in labelled else score))
                if j in labelled:
                    labelled.remove(j)
        found += [(i, j, _LABELLED.get(unit.kind, 0.5)) for j in labelled]
    return found


_LABELLED = {"Para": 0.9}  # how alike units of a kind are at least, if their labels are equal


def phrase_candidates(
    old: Sequence[Unit], new: Sequence[Unit], rows: Iterable[int], columns: Iterable[int], *, most: int = 12
) -> dict[int, list[int]]:
    """Return for each old index the new ones, at most `most`, that share rare three-word phrases with it."""
    index: dict[int, list[int]] = defaultdict(list)
    for j in columns:
        for phrase in new[j].phrases:
            index[phrase].append(j)
    found: dict[int, list[int]] = {}
    for i in rows:
        shared: Counter[int] = Counter()
        for phrase in old[i].phrases:
            places = index.get(phrase, ())
            if len(places) <= 40:  # a phrase that stands everywhere says nothing
                shared.update(places)
        best = sorted(shared.items(), key=lambda entry: (-entry[1], entry[0]))[:most]
        found[i] = [j for j, _ in best if new[j].kind == old[i].kind]
    return found


def phrases(words: Sequence[str] | Sequence[int], size: int = 3) -> set[int]:
    """Return the hashes of all runs of `size` words, or of the whole if it is shorter.

    Those of words are of this process; those of `Vocabulary.numbers`, of all.
    """
    if len(words) <= size:
        return {hash(tuple(words))}
    return {hash(run) for run in zip(*(words[start:] for start in range(size)), strict=False)}
