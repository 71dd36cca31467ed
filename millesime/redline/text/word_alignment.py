"""Align the words of two texts: a shortest edit script, adjusted for readers.

`partner` lists are what the steps pass on: for each old leaf the index of the
new leaf that it became, or None. Giving up a match can make a redline longer,
never wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from millesime.redline.text.edit_script import kept_runs
from millesime.redline.text.tokens import Leaf

Partner = list[int | None]


def match_leaves(
    old: list[Leaf], new: list[Leaf], *, min_kept: float, give_up: Callable[[Partner], None]
) -> Partner | None:
    """Return each old leaf's partner in the new text, or None if too little stays to be worth marking.

    `min_kept` is the least share of words that must stay in a sentence, 0 to
    1; one that keeps less is given up whole. `give_up` gives up the matches
    that cannot be shown.
    """
    partner = _match_words(old, new)
    _slide(old, new, partner)
    give_up(partner)
    if min_kept:
        _give_up_rewritten_sentences(old, new, partner, min_kept)
    every = list(partner)
    _give_up_islands(old, new, partner)
    _slide(old, new, partner)
    _keep_whole(old, new, partner)
    if min_kept and not _is_worth_marking(old, new, partner, min_kept):
        partner = every  # too short to have islands that chance kept
        if not _has_small_changes(old, new, partner):
            return None
        _slide(old, new, partner)
        _keep_whole(old, new, partner)
        if not _has_small_changes(old, new, partner):
            return None
    _match_spaces(old, new, partner)
    return partner


def _is_worth_marking(old: list[Leaf], new: list[Leaf], partner: Partner, min_kept: float) -> bool:
    """Whether enough words stay: a few in a row, or a share of a short text."""
    kept = sum(old[i].words for i, j in enumerate(partner) if j is not None)
    return kept >= 3 or 2 * kept >= min_kept * sum(leaf.words for leaf in (*old, *new))


_SMALL_CHANGES, _SMALL_WORDS = 5, 3  # at most, and words out or in at each
_SMALL_KEPT = 0.35  # of the words of a short text, at least


def _has_small_changes(old: list[Leaf], new: list[Leaf], partner: Partner) -> bool:
    """Whether a few words came and went at a few places, and enough of a text so short stays to be read."""
    islands = [island for island in _islands(old, new, partner) if island.old_before or island.new_before]
    kept = sum(old[i].words for i, j in enumerate(partner) if j is not None)
    return (
        len(islands) <= _SMALL_CHANGES
        and all(max(island.old_before, island.new_before) <= _SMALL_WORDS for island in islands)
        and kept >= 2
        and 2 * kept >= _SMALL_KEPT * sum(leaf.words for leaf in (*old, *new))
    )


def _match_words(old: list[Leaf], new: list[Leaf]) -> Partner:
    """Return a longest common subsequence of the leaves without the spaces; of very long texts about the longest."""
    partner: Partner = [None] * len(old)
    rows = [i for i, leaf in enumerate(old) if not leaf.is_space]
    columns = [j for j, leaf in enumerate(new) if not leaf.is_space]
    names: dict[str, str] = {}

    def spell(leaves: list[Leaf], places: list[int]) -> str:
        return "".join(names.setdefault(leaves[place].key, chr(0xE000 + len(names))) for place in places)

    for old_start, new_start, length in kept_runs(spell(old, rows), spell(new, columns)):
        for place in range(length):
            partner[rows[old_start + place]] = columns[new_start + place]
    return partner


# ---- islands ---------------------------------------------------------------


@dataclass(slots=True)
class _Island:
    """Kept leaves between two changes, and how many words are changed before it on each side."""

    pairs: list[tuple[int, int]]
    words: int = 0
    letters: int = 0
    ends_sentence: bool = False
    old_before: int = 0
    new_before: int = 0
    values_before: bool = True  # what is changed before it is numbers, formulas, code: values, not phrases


def _give_up_islands(old: list[Leaf], new: list[Leaf], partner: Partner) -> None:
    """Give up islands that only chance kept: a lone "de", a comma, between two rewritten phrases."""
    for _ in range(4):
        islands = _islands(old, new, partner)
        given_up = False
        for island, after in pairwise(islands):
            left, right = (island.old_before, island.new_before), (after.old_before, after.new_before)
            if island.words and island.values_before and after.values_before:
                continue
            if _is_chance(island, left, right):
                for i, _ in island.pairs:
                    partner[i] = None
                given_up = True
                # The next island sees one long change before it.
                after.old_before += island.old_before + island.words
                after.new_before += island.new_before + island.words
                after.values_before = False
        if not given_up:
            return


def _is_chance(island: _Island, left: tuple[int, int], right: tuple[int, int]) -> bool:
    if not any(left) or not any(right):
        return False
    changed = sum(left) + sum(right)
    replaced = all(left) and all(right)  # words out and in on both sides
    if island.words == 0:
        return replaced or (changed >= 3 and not island.ends_sentence)
    least = min(sum(left), sum(right))
    if island.words == 1 and island.letters <= 4:
        return changed >= (2 if replaced else 3)
    if island.words == 1:
        return changed >= (4 if replaced else 7)
    if island.words == 2:
        return (changed >= 4 and island.letters <= 9) or (changed >= 9 and least >= 3)
    return island.words == 3 and changed >= 14 and least >= 4


def _islands(old: list[Leaf], new: list[Leaf], partner: Partner) -> list[_Island]:
    """Return the kept runs, and at the end an empty one with what is changed after the last."""
    islands: list[_Island] = []
    old_words = new_words = 0  # changed since the last kept leaf
    signs = False  # a sign alone changed since then
    values = True
    j = 0
    for i, leaf in enumerate(old):
        target = partner[i]
        if target is None:
            if not leaf.is_space:
                old_words, signs, values = old_words + leaf.words, True, values and _is_value(leaf)
            continue
        while j < target:
            if not new[j].is_space:
                new_words, signs, values = new_words + new[j].words, True, values and _is_value(new[j])
            j += 1
        j += 1
        if not islands or signs:
            islands.append(_Island([], old_before=old_words, new_before=new_words, values_before=values))
        island = islands[-1]
        island.pairs.append((i, target))
        island.words += leaf.words
        island.letters += len(leaf.text) if leaf.words else 0
        island.ends_sentence = island.ends_sentence or leaf.text in _SENTENCE_ENDS
        old_words = new_words = 0
        signs, values = False, True
    new_words += sum(leaf.words for leaf in new[j:])
    values = values and all(_is_value(leaf) for leaf in new[j:])
    return [*islands, _Island([], old_before=old_words, new_before=new_words, values_before=values)]


def _is_value(leaf: Leaf) -> bool:
    """Whether a leaf is a number, a formula, code or another object, or no word at all."""
    return not leaf.words or not leaf.text or any(sign.isdigit() for sign in leaf.text)


_SENTENCE_ENDS = frozenset(".!?…")


# ---- sentences -------------------------------------------------------------


def _give_up_rewritten_sentences(old: list[Leaf], new: list[Leaf], partner: Partner, min_kept: float) -> None:
    """Give up the few words that a rewritten sentence kept: better one sentence out and one in.

    Sentences that share words are judged together: one that was cut in two
    stays marked by the word.
    """
    before, after = _sentences(old), _sentences(new)
    old_sizes, new_sizes = _sizes(old, before), _sizes(new, after)
    shared: Counter[tuple[int, int]] = Counter()
    for i, j in enumerate(partner):
        if j is not None:
            shared[before[i], after[j]] += old[i].words
    joined = [(i, j) for (i, j), words in shared.items() if words > 4 or words >= 0.2 * min(old_sizes[i], new_sizes[j])]
    for group in _groups(joined):
        kept = sum(shared[pair] for pair in group)
        olds = sum(old_sizes[i] for i in {i for i, _ in group})
        news = sum(new_sizes[j] for j in {j for _, j in group})
        if 2 * kept < min_kept * (olds + news) and not (kept >= _LEAST_GROWN and kept >= 0.7 * min(olds, news)):
            joined = [pair for pair in joined if pair not in group]
    stay = set(joined)
    for i, j in enumerate(partner):
        if j is not None and (before[i], after[j]) not in stay:
            partner[i] = None


_LEAST_GROWN = 6  # words that must stay of a sentence that grew


def _sentences(leaves: list[Leaf]) -> list[int]:
    """Return for each leaf the 0-based number of the sentence it is in."""
    out: list[int] = []
    number = 0
    ended = False
    for leaf in leaves:
        if leaf.is_space and ended:
            number += 1
        ended = leaf.text in _SENTENCE_ENDS if not (leaf.words == 0 and leaf.text in _CLOSERS) else ended
        out.append(number)
    return out


_CLOSERS = frozenset("»”\"')]")


def _sizes(leaves: list[Leaf], sentences: list[int]) -> Counter[int]:
    """Return the number of words in each sentence."""
    sizes: Counter[int] = Counter()
    for leaf, sentence in zip(leaves, sentences, strict=True):
        sizes[sentence] += leaf.words
    return sizes


def _groups(pairs: list[tuple[int, int]]) -> list[set[tuple[int, int]]]:
    """Return pairs (old sentence, new sentence) in groups that share no sentence with each other."""
    groups: list[set[tuple[int, int]]] = []
    for pair in pairs:
        touching = [group for group in groups if any(pair[0] == i or pair[1] == j for i, j in group)]
        groups = [group for group in groups if group not in touching]
        groups.append({pair}.union(*touching))
    return groups


# ---- sliding ---------------------------------------------------------------


def _slide(old: list[Leaf], new: list[Leaf], partner: Partner) -> None:
    """Slide a run that is only inserted, or only deleted, to the start of a sentence or clause.

    `A did. [B did.] C did.` rather than `A [did. B] did. C did.`: both are
    shortest, one is readable.
    """
    inverse: Partner = [None] * len(new)
    for i, j in enumerate(partner):
        if j is not None:
            inverse[j] = i
    _slide_side(new, old, inverse, partner)
    _slide_side(old, new, partner, inverse)


def _slide_side(mine: list[Leaf], other: list[Leaf], partner: Partner, inverse: Partner) -> None:
    places = [place for place, leaf in enumerate(mine) if not leaf.is_space]
    theirs = [place for place, leaf in enumerate(other) if not leaf.is_space]
    rank = {place: index for index, place in enumerate(theirs)}
    start = 0
    while start < len(places):
        if partner[places[start]] is not None:
            start += 1
            continue
        stop = start
        while stop < len(places) and partner[places[stop]] is None:
            stop += 1
        left = partner[places[start - 1]] if start else None
        right = partner[places[stop]] if stop < len(places) else None
        here = rank[left] + 1 if left is not None else 0
        there = rank[right] if right is not None else len(theirs)
        if here == there:  # nothing of the other side was replaced by it
            _slide_run(mine, places, start, stop, partner, inverse)
        start = stop


def _slide_run(mine, places, start, stop, partner, inverse) -> None:
    best, best_score = 0, _boundary(mine, places, start, stop)
    offset = 0
    while (
        start + offset > 0
        and partner[places[start + offset - 1]] is not None
        and mine[places[start + offset - 1]].key == mine[places[stop + offset - 1]].key
    ):
        offset -= 1
        score = _boundary(mine, places, start + offset, stop + offset)
        if score > best_score:
            best, best_score = offset, score
    offset = 0
    while (
        stop + offset < len(places)
        and partner[places[stop + offset]] is not None
        and mine[places[start + offset]].key == mine[places[stop + offset]].key
    ):
        offset += 1
        score = _boundary(mine, places, start + offset, stop + offset)
        if score > best_score:
            best, best_score = offset, score
    step = -1 if best < 0 else 1
    for shift in range(0, best, step):
        giver, taker = (start + shift - 1, stop + shift - 1) if step < 0 else (stop + shift, start + shift)
        target = partner[places[giver]]
        partner[places[giver]], partner[places[taker]] = None, target
        if target is not None:
            inverse[target] = places[taker]


def _boundary(mine: list[Leaf], places: list[int], start: int, stop: int) -> int:
    """Score a run: 4 begins after a sentence, 2 after a clause; 1 more if it ends like what it follows."""
    before = mine[places[start - 1]].text if start else "."
    last = mine[places[stop - 1]].text
    spaced = start == 0 or mine[places[start] - 1].is_space
    score = 4 if before in _SENTENCE_ENDS and spaced else 2 if before in ",;:" and spaced else int(spaced)
    return 2 * score + (last == before if start else last in _SENTENCE_ENDS)


# ---- what stays whole ------------------------------------------------------

_MONTHS = frozenset(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
    "january february march april may june july august september october november december".split()
)
_THOUSANDS = re.compile(r"\d{3}(?:[.,]\d+)?")
_UNITS = frozenset(("%", "‰", "€", "$", "£", "°", "°C", "°F", "M€", "k€", "K€", "Md€", "Mds€"))
_DAY = re.compile(r"[0-3]?\d(?:er|st|nd|rd|th)?", re.IGNORECASE)
_YEAR = re.compile(r"[12]\d{3}")


def _keep_whole(old: list[Leaf], new: list[Leaf], partner: Partner) -> None:
    """Mark all of `314 000 €` or `3 juillet 2018` when a part of it changed."""
    groups = _whole(old), _whole(new)
    if not any(groups):
        return
    for _ in range(2):  # giving up a group on one side may break one on the other
        for group in groups[0]:
            if any(partner[i] is None for i in group):
                for i in group:
                    partner[i] = None
        kept = {j: i for i, j in enumerate(partner) if j is not None}
        for group in groups[1]:
            if any(j not in kept for j in group):
                for j in group:
                    if j in kept:
                        partner[kept[j]] = None


def _whole(leaves: list[Leaf]) -> list[list[int]]:
    """Return the leaves, spaces left out, of each amount and date of more than one leaf."""
    found: list[list[int]] = []
    places = [place for place, leaf in enumerate(leaves) if not leaf.is_space]
    for before, place in pairwise(places):
        text = leaves[place].text
        if not (text[:1].isdigit() or text in _UNITS or text.lower() in _MONTHS):
            continue  # as most
        if _belongs(leaves, before, place):
            if found and found[-1][-1] == before:
                found[-1].append(place)
            else:
                found.append([before, place])
    return found


def _belongs(leaves: list[Leaf], before: int, place: int) -> bool:
    first, second = leaves[before].text, leaves[place].text
    spaced = place == before + 2
    if not first or not second or place > before + 2:
        return False
    if spaced and _THOUSANDS.fullmatch(second) and first.isdigit() and len(first) <= 3:
        return True
    if second in _UNITS and first[-1].isdigit():
        return True
    if not spaced:
        return False
    return (second.lower() in _MONTHS and _DAY.fullmatch(first) is not None) or (
        first.lower() in _MONTHS and _YEAR.fullmatch(second) is not None
    )


def _match_spaces(old: list[Leaf], new: list[Leaf], partner: Partner) -> None:
    """Keep the spaces at the edges of each change: `a [b ]c`, and never a change parted by a space."""
    i = j = 0
    kept = [(i, j) for i, j in enumerate(partner) if j is not None]
    for row, column in [*kept, (len(old), len(new))]:
        first, other = i, j
        while first < row and other < column and old[first].is_space and old[first].key == new[other].key:
            partner[first] = other
            first, other = first + 1, other + 1
        last, final = row, column
        while last > first and final > other and old[last - 1].is_space and old[last - 1].key == new[final - 1].key:
            last, final = last - 1, final - 1
            partner[last] = final
        i, j = row + 1, column + 1
