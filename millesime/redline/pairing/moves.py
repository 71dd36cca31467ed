"""Find moves: text deleted in one place and inserted in another, within a chapter or across chapters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from millesime.redline.pairing.align import Unit, Vocabulary, like_pairs, phrase_candidates

Place = tuple[int, int]  # chapter index, block index

_LEAST_WORDS = 5  # shorter blocks ("See below.") move only along with a neighbour,
_LEAST_WORDS_RUN = 6  # or with others as short: so many words together
_LEAST_WORDS_EDITED = 10
_ALIKE = 0.6
_ALIKE_BESIDE = 0.5  # next to a block that moved


def find_moves(
    gone: Mapping[Place, Unit],
    come: Mapping[Place, Unit],
    vocabulary: Vocabulary,
    *,
    boilerplate: Set[str] = frozenset(),
) -> list[list[tuple[Place, Place]]]:
    """Return the moves among deleted and inserted blocks: each a run of (old place, new place).

    `boilerplate` holds the keys of blocks that stand in several chapters of
    one edition: they go along with a neighbour, and are no move by themselves.

    Equal blocks first, then alike ones, the longest first; each move grows
    over its neighbours on both sides, so that a section's heading and its
    short blocks go along. A lone heading, or a few words alone, that are
    gone here and come there are no move. Runs are in the order of the new
    edition.
    """
    pairs = _equal_pairs(
        {place: unit for place, unit in gone.items() if unit.key not in boilerplate},
        {place: unit for place, unit in come.items() if unit.key not in boilerplate},
    )
    pairs = _grown(pairs, gone, come, vocabulary)
    taken = set(pairs.values())
    pairs |= _alike_pairs(
        {place: unit for place, unit in gone.items() if place not in pairs and unit.key not in boilerplate},
        {place: unit for place, unit in come.items() if place not in taken and unit.key not in boilerplate},
        vocabulary,
    )
    return [run for run in _runs(_grown(pairs, gone, come, vocabulary)) if _is_worth_telling(run, come)]


def _is_worth_telling(run: Sequence[tuple[Place, Place]], come: Mapping[Place, Unit]) -> bool:
    moved = [come[target] for _, target in run]
    if any(len(unit.words) >= _LEAST_WORDS for unit in moved if unit.kind != "Header"):
        return True
    return len(run) > 1 and sum(len(unit.words) for unit in moved) >= _LEAST_WORDS_RUN


def _equal_pairs(gone: Mapping[Place, Unit], come: Mapping[Place, Unit]) -> dict[Place, Place]:
    places: dict[str, list[Place]] = defaultdict(list)
    for place, unit in come.items():
        places[unit.key].append(place)
    sources: dict[str, list[Place]] = defaultdict(list)
    for place, unit in gone.items():
        if unit.key in places and unit.words:
            sources[unit.key].append(place)
    found: dict[Place, Place] = {}
    for key, olds in sources.items():
        news = places[key]
        if len(olds) == 1 and len(news) == 1:
            found[olds[0]] = news[0]
        elif len(gone[olds[0]].words) >= 2 * _LEAST_WORDS:  # a repeated block: in order
            found.update(zip(olds, news, strict=False))
    return found


def _alike_pairs(gone: Mapping[Place, Unit], come: Mapping[Place, Unit], vocabulary: Vocabulary) -> dict[Place, Place]:
    def long_enough(units: Mapping[Place, Unit]) -> list[Place]:
        return [
            place for place, unit in units.items() if len(unit.words) >= _LEAST_WORDS_EDITED and unit.kind != "Header"
        ]

    old_places, new_places = long_enough(gone), long_enough(come)
    old, new = [gone[place] for place in old_places], [come[place] for place in new_places]
    candidates = phrase_candidates(old, new, range(len(old)), range(len(new)), most=6)
    alike: list[tuple[float, Place, Place]] = []
    for i, columns in candidates.items():
        for _, j, likeness in like_pairs(old, new, [i], columns, vocabulary, threshold=lambda _: _ALIKE):
            alike.append((likeness * min(len(old[i].words), len(new[j].words)), old_places[i], new_places[j]))
    found: dict[Place, Place] = {}
    taken: set[Place] = set()
    for _, source, target in sorted(alike, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if source not in found and target not in taken:
            found[source] = target
            taken.add(target)
    return found


def _grown(
    pairs: Mapping[Place, Place], gone: Mapping[Place, Unit], come: Mapping[Place, Unit], vocabulary: Vocabulary
) -> dict[Place, Place]:
    """Extend every move over the blocks before and after it that moved along."""
    found = dict(pairs)
    taken = set(found.values())
    todo = list(found.items())
    while todo:
        source, target = todo.pop()
        for step in (-1, 1):
            old, new = (source[0], source[1] + step), (target[0], target[1] + step)
            if old in found or new in taken or old not in gone or new not in come:
                continue
            if _same_or_alike(gone[old], come[new], vocabulary):
                found[old] = new
                taken.add(new)
                todo.append((old, new))
    return found


def _same_or_alike(old: Unit, new: Unit, vocabulary: Vocabulary) -> bool:
    if old.key == new.key:
        return True
    return bool(like_pairs([old], [new], [0], [0], vocabulary, threshold=lambda _: _ALIKE_BESIDE))


def _runs(pairs: Mapping[Place, Place]) -> list[list[tuple[Place, Place]]]:
    runs: list[list[tuple[Place, Place]]] = []
    for source, target in _by_target(pairs.items()):
        if runs:
            last_source, last_target = runs[-1][-1]
            if _follows(last_source, source) and _follows(last_target, target):
                runs[-1].append((source, target))
                continue
        runs.append([(source, target)])
    return runs


def _by_target(pairs: Iterable[tuple[Place, Place]]) -> Sequence[tuple[Place, Place]]:
    return sorted(pairs, key=lambda pair: pair[1])


def _follows(before: Place, after: Place) -> bool:
    return before[0] == after[0] and before[1] + 1 == after[1]
