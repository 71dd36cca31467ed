"""Pair the chapters of two editions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from millesime.redline.model import ChapterText
from millesime.redline.pairing.align import heaviest_chain
from millesime.redline.pairing.memory import LIKENESS, PHRASES, Memory
from millesime.redline.pairing.units import Chapter

# The least likeness at which two chapters are the same one:
_WITH_HINT = 0.08  # where id, path or git say so
_WITHOUT_HINT = 0.4
_MUCH = 0.4  # of the phrases of either one: below, no pair without a hint is looked at, here and in `chapter_parts.py`
_SHORT = 30  # words; shorter chapters are paired by their name


@dataclass(frozen=True, slots=True)
class Likeness:
    """Shared phrases over those of both chapters, over the old one's and over the new one's."""

    dice: float
    of_old: float
    of_new: float

    @property
    def contained(self) -> float:
        return max(self.of_old, self.of_new)


def pair_chapters(
    old: Sequence[Chapter],
    new: Sequence[Chapter],
    *,
    alike: Mapping[tuple[int, int], Likeness],
    hints: Mapping[tuple[int, int], float],
) -> list[tuple[int, int]]:
    """Return pairs (old index, new index), by new index; a chapter in no pair was deleted or inserted.

    The best of all pairs first: likeness (shared phrases of three words, see
    `likenesses`), more for the same id, path, title or a git rename (see
    `name_hints`). A path that was given to other content does not pair it, and
    neither does a bit of shared boilerplate.
    """
    scored: list[tuple[float, int, int]] = []
    for i, j in alike.keys() | hints.keys():
        likeness = alike.get((i, j), Likeness(0.0, 0.0, 0.0))
        hint = hints.get((i, j), 0.0)
        if _may_pair(likeness, hint, old[i].words, new[j].words):
            scored.append((likeness.dice + 0.25 * likeness.contained + hint, i, j))
    pairs: list[tuple[int, int]] = []
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for _, i, j in sorted(scored, key=lambda entry: (-entry[0], abs(entry[1] - entry[2]), entry[1], entry[2])):
        if i not in taken_old and j not in taken_new:
            pairs.append((i, j))
            taken_old.add(i)
            taken_new.add(j)
    return sorted(pairs, key=lambda pair: pair[1])


def moved_pairs(pairs: Sequence[tuple[int, int]], weights: Sequence[int]) -> set[tuple[int, int]]:
    """Return the pairs outside the heaviest chain that keeps its order: the chapters that moved.

    `weights` are the words of each pair's chapter.
    """
    chain = heaviest_chain([(i, j, weight + 1) for (i, j), weight in zip(pairs, weights, strict=True)])
    return set(pairs) - set(chain)


def _may_pair(likeness: Likeness, hint: float, old_length: int, new_length: int) -> bool:
    if not hint:
        return likeness.dice >= _WITHOUT_HINT or (likeness.contained >= 0.7 and likeness.dice >= 0.15)
    if min(old_length, new_length) < _SHORT:
        # Too short to tell by its text: a page of a few words that was filled, or emptied.
        return max(old_length, new_length) < 2 * _SHORT or likeness.contained > 0 or min(old_length, new_length) == 0
    return max(likeness.dice, 0.5 * likeness.contained) >= _WITH_HINT


def name_hints(
    old: Sequence[ChapterText], new: Sequence[ChapterText], renames: Mapping[str, str]
) -> dict[tuple[int, int], float]:
    """Return how much the names of each pair speak for it; pairs whose names say nothing are left out."""
    found: dict[tuple[int, int], float] = defaultdict(float)
    for worth, old_names, new_names in (
        (0.3, [chapter.id for chapter in old], [chapter.id for chapter in new]),
        (0.2, [chapter.path for chapter in old], [chapter.path for chapter in new]),
        (0.2, [renames.get(chapter.path, "") for chapter in old], [chapter.path for chapter in new]),
        (0.1, [chapter.title for chapter in old], [chapter.title for chapter in new]),
    ):
        places = defaultdict(list)
        for j, name in enumerate(new_names):
            places[name].append(j)
        for i, name in enumerate(old_names):
            if name and len(places.get(name, ())) == 1:
                found[i, places[name][0]] += worth
    return dict(found)


def likenesses(
    old: Sequence[Chapter], new: Sequence[Chapter], memory: Memory, *, hinted: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Likeness]:
    """Return the likeness of the pairs of which one shares much with the other, and of those in `hinted`.

    A phrase in more than a quarter of the old chapters is boilerplate, and
    does not count. What a new chapter shares with the old edition is
    remembered, as long as that edition stays what it is.
    """
    edition = tuple(chapter.name for chapter in old)
    common = max(4, len(old) // 4)
    found: dict[tuple[int, int], Likeness] = {}
    shared_by_all = []

    def index() -> dict[int, int | tuple[int, ...]]:
        return memory.recall(
            (PHRASES, edition), lambda: _places_of_phrases([chapter.phrases(memory.vocabulary) for chapter in old])
        )

    def compared(mine: Chapter) -> tuple[dict[int, int], dict[int, Likeness]]:
        shared = _shared_phrases(mine.phrases(memory.vocabulary), index(), common)
        every = {i: _likeness(number, old[i], mine) for i, number in shared.items()}
        return shared, {i: likeness for i, likeness in every.items() if likeness.contained >= _MUCH}

    for j, mine in enumerate(new):
        shared, close = memory.recall((LIKENESS, edition, mine.name), lambda mine=mine: compared(mine))
        shared_by_all.append(shared)
        for i, likeness in close.items():
            found[i, j] = likeness
    for i, j in hinted:
        if (i, j) not in found and i in shared_by_all[j]:
            found[i, j] = _likeness(shared_by_all[j][i], old[i], new[j])
    return found


def _likeness(shared: int, old: Chapter, new: Chapter) -> Likeness:
    sizes = old.phrase_count, new.phrase_count
    return Likeness(2 * shared / sum(sizes), shared / sizes[0], shared / sizes[1])


def _places_of_phrases(chapters: Sequence[Set[int]]) -> dict[int, int | tuple[int, ...]]:
    """Return for each phrase the index of the chapter that has it, or those of several: counting stays in C."""
    index: dict[int, int | tuple[int, ...]] = {}
    for i, mine in enumerate(chapters):
        repeated = [(phrase, index[phrase]) for phrase in mine if phrase in index]
        index.update(dict.fromkeys(mine, i))
        index.update((phrase, (known, i) if isinstance(known, int) else (*known, i)) for phrase, known in repeated)
    return index


def _shared_phrases(mine: Set[int], index: Mapping[int, int | tuple[int, ...]], common: int) -> dict[int, int]:
    """Return how many phrases a chapter shares with each one of the index, boilerplate left out."""
    shared: Counter[int] = Counter()
    for places, number in Counter(map(index.get, mine)).items():
        if isinstance(places, int):
            shared[places] += number
        elif places is not None and len(places) <= common:
            for i in places:
                shared[i] += number
    return dict(shared)
