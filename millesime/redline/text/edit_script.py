"""A shortest edit script of two sequences, in bounded memory: sequences that are too long are parted first.

An exact script takes one bit for each pair of an old and a new token: 5 GB
for two paragraphs of 200,000 words. Up to 400 million pairs (50 MB, two texts
of 20,000 tokens that have neither beginning nor end in common) the script is
exact. Beyond, both sequences are cut at phrases that stand once on each side,
as patience diff does (Bram Cohen), and where there are none at equal shares of
their lengths. A script across cuts may be longer than the shortest; it never
loses a token.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz.distance import Indel

MOST_CELLS = 400_000_000
_ANCHOR_SIZES = (5, 2, 1)  # tokens in an anchor phrase; long phrases are tried first, since they are surer
_ROUNDS = 3  # of looking for anchors between anchors; what is left is cut at equal shares


class Run(NamedTuple):
    """Tokens that stay: as many from `old_start` as from `new_start`."""

    old_start: int
    new_start: int
    length: int


class Operation(NamedTuple):
    """What became of a stretch of tokens: it stays (both ranges are as long), it goes or it comes (one is empty)."""

    old: range
    new: range
    is_equal: bool


def kept_runs(old: str, new: str) -> list[Run]:
    """Return the runs of tokens that stay, in order; each letter of a string stands for one token."""
    runs: list[Run] = []
    for one in edit_script(old, new):
        if not one.is_equal:
            continue
        run = Run(one.old.start, one.new.start, len(one.old))
        if runs and (runs[-1].old_start + runs[-1].length, runs[-1].new_start + runs[-1].length) == run[:2]:
            before = runs.pop()
            run = Run(before.old_start, before.new_start, before.length + run.length)
        runs.append(run)
    return runs


def likeness(old: str, new: str) -> float:
    """Return twice the tokens that stay over those of both, 0 to 1; of very long sequences it may be too low."""
    return 2 * sum(run.length for run in kept_runs(old, new)) / max(1, len(old) + len(new))


def edit_script(old: str, new: str) -> Iterator[Operation]:
    """Yield all of both sequences in order."""
    return _script(old, new, 0, 0, rounds=_ROUNDS)


def _script(old: str, new: str, old_at: int, new_at: int, *, rounds: int) -> Iterator[Operation]:
    if len(old) * len(new) <= MOST_CELLS:
        for op in Indel.opcodes(old, new):
            yield Operation(
                range(old_at + op.src_start, old_at + op.src_end),
                range(new_at + op.dest_start, new_at + op.dest_end),
                op.tag == "equal",
            )
        return
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    if head:
        yield Operation(range(old_at, old_at + head), range(new_at, new_at + head), True)
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]
    for i, j, size, other_size in _parts(inner_old, inner_new, by_anchors=rounds > 0):
        yield from _script(
            inner_old[i : i + size], inner_new[j : j + other_size], old_at + head + i, new_at + head + j,
            rounds=rounds - 1,
        )  # fmt: skip
    if tail:
        ends = old_at + len(old), new_at + len(new)
        yield Operation(range(ends[0] - tail, ends[0]), range(ends[1] - tail, ends[1]), True)


def _common(old: str, new: str) -> int:
    """Return how many tokens are the same at the beginning."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _parts(old: str, new: str, *, by_anchors: bool) -> list[tuple[int, int, int, int]]:
    """Return parts of both, each (old start, new start, old length, new length), small enough or cut as far as can be.

    A cut stands before an anchor, so that the anchor begins the next part.
    """
    if len(old) * len(new) <= MOST_CELLS:
        return [(0, 0, len(old), len(new))]
    sizes = _ANCHOR_SIZES if by_anchors else ()
    cuts = next((found for size in sizes if (found := _anchors(old, new, size))), [])
    cuts = _far_apart(cuts, len(old), len(new)) or _shares(len(old), len(new))
    ends = [*cuts, (len(old), len(new))]
    return [(i, j, k - i, m - j) for (i, j), (k, m) in zip([(0, 0), *cuts], ends, strict=True)]


def _anchors(old: str, new: str, size: int) -> list[tuple[int, int]]:
    """Return where phrases of `size` tokens that stand once on each side begin: the longest chain in both orders."""
    before, after = _once(old, size), _once(new, size)
    pairs = sorted((i, after[phrase]) for phrase, i in before.items() if phrase in after)
    # Patience sorting: `tops` holds the least column that ends a chain of each length.
    tops: list[int] = []
    piles: list[int] = []
    back: list[int] = []
    for index, (_, j) in enumerate(pairs):
        place = bisect_left(tops, j)
        back.append(piles[place - 1] if place else -1)
        if place == len(tops):
            tops.append(j)
            piles.append(index)
        else:
            tops[place], piles[place] = j, index
    chain = []
    at = piles[-1] if piles else -1
    while at >= 0:
        chain.append(pairs[at])
        at = back[at]
    return chain[::-1]


def _once(text: str, size: int) -> dict[str, int]:
    """Return where each phrase begins that stands once in a text."""
    found: dict[str, int] = {}
    for start in range(len(text) - size + 1):
        phrase = text[start : start + size]
        found[phrase] = -1 if phrase in found else start
    return {phrase: start for phrase, start in found.items() if start >= 0}


def _far_apart(cuts: list[tuple[int, int]], old_length: int, new_length: int) -> list[tuple[int, int]]:
    """Return as few of the cuts as part both into pieces that are small enough, where that can be."""
    chosen: list[tuple[int, int]] = []
    here, last = (0, 0), None
    for cut in [*cuts, (old_length, new_length)]:
        if (cut[0] - here[0]) * (cut[1] - here[1]) > MOST_CELLS and last is not None and last != here:
            chosen.append(last)
            here = last
        last = cut
    return [cut for cut in chosen if cut != (0, 0)]


def _shares(old_length: int, new_length: int) -> list[tuple[int, int]]:
    """Return cuts of both at equal shares of their lengths, into pieces that are small enough."""
    count = 2
    while (old_length // count + 1) * (new_length // count + 1) > MOST_CELLS:
        count += 1
    return [(old_length * part // count, new_length * part // count) for part in range(1, count)]
