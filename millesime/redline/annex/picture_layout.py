"""Positions in the picture of a redline: bars, stripes, panels.

Lengths are points. Chapters that both editions have stand side by side, one
that came or went stands alone in its row, and of chapters that changed order
the lightest leave their row: so every slanting line is a change of place. A
long report is folded into panels, as a text into columns.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from millesime.redline.model import (
    DELETED,
    EDITED,
    INSERTED,
    JOINED,
    KEPT,
    MOVED_FROM,
    MOVED_TO,
    REPLACED,
    SPLIT,
    BlockChange,
    ChapterPlace,
    Redline,
)
from millesime.redline.reading.word_counts import count_changes

REWORDED, NEW, GONE, MOVED = "reworded", "new", "gone", "moved"
_LOOKS = {
    KEPT: KEPT,
    EDITED: REWORDED,
    REPLACED: REWORDED,
    INSERTED: NEW,
    DELETED: GONE,
    MOVED_TO: MOVED,
    MOVED_FROM: MOVED,
    SPLIT: REWORDED,
    JOINED: REWORDED,
}

GAP = 1.6  # between bars
LEAST_BAR = 7.6  # a line of the smallest type
LEAST_STRIPE = 0.9  # thinner ones do not print
_FINEST = 1.2  # the mean height of stripes, at least
HEIGHT = 556.0  # of the bars on a full page
_PER_ROW = 30.0  # bars of a short report do not fill the page
_ONE_PANEL, _MOST_PANELS = 44, 3  # rows that stand in one column; columns that fit a page
_PANEL_ROWS = floor((HEIGHT + GAP) / (LEAST_BAR + GAP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripe:
    """Neighbouring blocks of one kind."""

    kind: str  # KEPT, REWORDED, NEW, GONE or MOVED
    top: float
    height: float
    move: str = ""
    change: int = 0  # index into `redline.chapters`
    amount: float = 1.0  # of REWORDED: the share of its words that changed, 0 to 1

    @property
    def span(self) -> tuple[float, float]:
        return self.top, self.top + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One chapter of one edition."""

    old: bool  # stands in the left column
    place: ChapterPlace
    changes: tuple[int, ...]  # indices into `redline.chapters`: several where it was split or merged
    panel: int
    top: float
    height: float
    stripes: tuple[Stripe, ...]  # from top to bottom, without gaps

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def span(self, change: int) -> tuple[float, float]:
        """Return top and bottom of what belongs to one chapter change."""
        own = [stripe for stripe in self.stripes if stripe.change == change]
        if not own or len(self.changes) == 1:
            return self.top, self.bottom
        return min(one.top for one in own), max(one.top + one.height for one in own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All bars of a picture, in reading order; `level` are the changes whose two bars stand side by side."""

    old: tuple[Bar, ...]
    new: tuple[Bar, ...]
    level: frozenset[int]
    panels: int
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A block on one side: how it looks and what it weighs."""

    kind: str
    move: str
    change: int
    index: int | None  # in its chapter
    weight: int  # words, at least one: a picture has none, and shows
    changed: float  # of these


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A bar on its way."""

    old: bool
    place: ChapterPlace
    changes: list[int]
    blocks: list[_Entry]
    weight: int = 0
    height: float = 0.0


Row = tuple[Sequence[_Draft], Sequence[_Draft]]  # what stands side by side: several where a chapter was split


def lay_out(redline: Redline) -> Layout:
    """Return where each chapter of both editions stands."""
    entries = [[_entries(block, number) for block in chapter.blocks]
               for number, chapter in enumerate(redline.chapters)]  # fmt: skip
    old, new = _drafts(redline, entries, old=True), _drafts(redline, entries, old=False)
    rows, level = _rows(old, new, _chain(redline, old, new))
    panels = max(1, min(_MOST_PANELS, ceil(len(rows) / _PANEL_ROWS) if len(rows) > _ONE_PANEL else 1))
    if len(rows) > _ONE_PANEL:
        panels = max(2, panels)
    room = min(HEIGHT, 40 + _PER_ROW * len(rows))
    _set_heights(rows, room, panels)
    folded = _fold(rows, _least_room(rows, panels), panels)
    bars: dict[bool, list[Bar]] = {True: [], False: []}
    tallest = 0.0
    for panel, part in enumerate(folded):
        top = 0.0
        for row in part:
            for stack in row:
                tops = itertools.accumulate((draft.height + GAP for draft in stack), initial=top)
                for draft, place in zip(stack, tops, strict=False):
                    bars[draft.old].append(_bar(draft, panel, place))
            top += _row_height(row) + GAP
        tallest = max(tallest, top - GAP)
    return Layout(
        old=tuple(bars[True]), new=tuple(bars[False]), level=frozenset(level), panels=panels, height=max(tallest, 0.0)
    )


# ---- what stands in the columns ----------------------------------------------


def _drafts(redline: Redline, entries: Sequence[Sequence[_Sides]], *, old: bool) -> list[_Draft]:
    """Return the chapters of one edition in its order, each once, with their blocks."""
    found: dict[tuple[int, str], _Draft] = {}
    for change, (chapter, sides) in enumerate(zip(redline.chapters, entries, strict=True)):
        place = chapter.old if old else chapter.new
        if place is None:
            continue
        draft = found.setdefault((place.index, place.path), _Draft(old=old, place=place, changes=[], blocks=[]))
        draft.changes.append(change)
        draft.blocks += [side for pair in sides if (side := pair[0 if old else 1]) is not None]
    out = [found[key] for key in sorted(found)]
    for draft in out:
        if len(draft.changes) > 1:
            draft.blocks = _in_order(draft.blocks)
        draft.weight = sum(entry.weight for entry in draft.blocks)
    return out


_Sides = tuple[_Entry | None, _Entry | None]  # a block in the old edition and in the new one


def _entries(block: BlockChange, change: int) -> _Sides:
    kind = KEPT if block.quiet else _LOOKS[block.kind]
    counted = count_changes([block])
    part = 1.0
    if kind == REWORDED and block.kind == EDITED:  # the share of the block's words that changed
        changed = counted.words_inserted + counted.words_deleted
        part = min(1.0, changed / (counted.words_old + counted.words_new or 1))
    out: list[_Entry | None] = []
    for words, index, elsewhere in (
        (counted.words_old, block.old_index, (INSERTED, MOVED_TO, SPLIT)),
        (counted.words_new, block.new_index, (DELETED, MOVED_FROM, JOINED)),
    ):
        if block.kind in elsewhere:
            out.append(None)
            continue
        weight = max(1, words)
        out.append(_Entry(kind=kind, move=block.move, change=change, index=index, weight=weight, changed=weight * part))
    return out[0], out[1]


def _in_order(blocks: list[_Entry]) -> list[_Entry]:
    """The blocks of a chapter that several changes share, each once, as they stand in it."""
    seen: dict[int, _Entry] = {}
    for entry in blocks:
        seen.setdefault(-1 - len(seen) if entry.index is None else entry.index, entry)
    return [seen[index] for index in sorted(seen)]


def _chain(redline: Redline, old: Sequence[_Draft], new: Sequence[_Draft]) -> list[tuple[int, int, int]]:
    """Return the heaviest chain of chapters that have one order in both editions: old place, new place, change."""
    at_old = {change: at for at, draft in enumerate(old) for change in draft.changes}
    at_new = {change: at for at, draft in enumerate(new) for change in draft.changes}
    weights: Counter[int] = Counter()
    for draft in (*old, *new):
        for entry in draft.blocks:
            weights[entry.change] += entry.weight
    pairs = sorted((at_old[change], at_new[change], change) for change in at_old if change in at_new)
    best: list[tuple[float, int]] = []  # weight of the chain that ends here, and the pair before
    for at, (i, j, change) in enumerate(pairs):
        own = (0.001 if redline.chapters[change].moved else 1.0) * (weights[change] + 1)
        reach = max(((best[k][0], -k) for k in range(at) if pairs[k][0] < i and pairs[k][1] < j), default=(0.0, 1))
        best.append((reach[0] + own, -reach[1]))
    at = max(range(len(best)), key=lambda place: best[place][0], default=-1)
    chain: list[tuple[int, int, int]] = []
    while at >= 0:
        chain.append(pairs[at])
        at = best[at][1]
    return chain[::-1]


def _rows(
    old: Sequence[_Draft], new: Sequence[_Draft], chain: Sequence[tuple[int, int, int]]
) -> tuple[list[Row], set[int]]:
    """Return the two columns row by row, and the changes whose halves stand in one row.

    The parts of a chapter that was split or merged stand in its row if nothing
    parts them; a bar without its other half stands alone in one.
    """
    rows: list[Row] = []
    level: set[int] = set()
    i = j = 0  # the first that have no row yet
    ends = [*chain[1:], (len(old), len(new), -1)] if chain else []
    for (at_old, at_new, change), (next_old, next_new, _) in zip(chain, ends, strict=True):
        first_old, last_old = _parts(old, i, at_old, next_old, set(new[at_new].changes))
        first_new, last_new = _parts(new, j, at_new, next_new, set(old[at_old].changes))
        rows += [((draft,), ()) for draft in old[i:first_old]]
        rows += [((), (draft,)) for draft in new[j:first_new]]
        row = (old[first_old:last_old], new[first_new:last_new])
        rows.append(row)
        beside = [{part for draft in stack for part in draft.changes} for stack in row]
        level |= (beside[0] & beside[1]) | {change}
        i, j = last_old, last_new
    rows += [((draft,), ()) for draft in old[i:]]
    rows += [((), (draft,)) for draft in new[j:]]
    return rows, level


def _parts(column: Sequence[_Draft], start: int, at: int, end: int, changes: set[int]) -> tuple[int, int]:
    """Return the range around `at`, within start and end, of bars that share one of the changes."""
    first, last = at, at + 1
    while first > start and changes & set(column[first - 1].changes):
        first -= 1
    while last < end and changes & set(column[last].changes):
        last += 1
    return first, last


# ---- heights ------------------------------------------------------------------


def _row_height(row: Row) -> float:
    return max(sum(draft.height + GAP for draft in stack) - GAP for stack in row if stack)


def _set_heights(rows: Sequence[Row], room: float, panels: int) -> None:
    """Give each bar the height of its words, at the largest scale at which all panels fit the room."""
    drafts = [draft for row in rows for stack in row for draft in stack]
    least = min(LEAST_BAR, room * panels / max(1, sum(max(map(len, row)) for row in rows) + panels) - GAP)
    low, high = 0.0, 1.0
    for _ in range(40):
        scale = (low + high) / 2
        for draft in drafts:
            draft.height = max(least, scale * draft.weight)
        low, high = (scale, high) if len(_fold(rows, room, panels + 1)) <= panels else (low, scale)
    for draft in drafts:
        draft.height = floor(100 * max(least, low * draft.weight)) / 100


def _fold(rows: Sequence[Row], room: float, panels: int) -> list[list[Row]]:
    """Return the rows in panels no taller than the room; what is left over stands in the last."""
    folded: list[list[Row]] = [[]]
    filled = 0.0
    for row in rows:
        height = _row_height(row) + GAP
        if folded[-1] and filled + height - GAP > room + 0.01 and len(folded) < panels:
            folded.append([])
            filled = 0.0
        folded[-1].append(row)
        filled += height
    return folded


def _least_room(rows: Sequence[Row], panels: int) -> float:
    """Return the height at which panels are about equally tall."""
    low, high = 0.0, sum(_row_height(row) + GAP for row in rows)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_fold(rows, middle, panels + 1)) <= panels else (middle, high)
    return high


# ---- stripes ------------------------------------------------------------------


def _bar(draft: _Draft, panel: int, top: float) -> Bar:
    runs = []
    for (kind, move, change), group in itertools.groupby(
        draft.blocks, key=lambda entry: (entry.kind, entry.move, entry.change)
    ):
        entries = list(group)
        weight, changed = sum(entry.weight for entry in entries), sum(entry.changed for entry in entries)
        runs.append(_Run(kind=kind, move=move, change=change, weight=weight, changed=changed))
    runs = _thinned(runs, most=max(1, floor(draft.height / _FINEST)))
    heights = share(draft.height, [run.weight for run in runs], least=LEAST_STRIPE)
    tops = itertools.accumulate(heights, initial=top)
    stripes = [
        Stripe(
            kind=run.kind, top=start, height=height, move=run.move, change=run.change, amount=run.changed / run.weight
        )
        for run, height, start in zip(runs, heights, tops, strict=False)
    ]
    return Bar(
        old=draft.old, place=draft.place, changes=tuple(draft.changes), panel=panel, top=top, height=draft.height,
        stripes=tuple(stripes),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Run:
    """A stripe before it has a height."""

    kind: str
    move: str
    change: int
    weight: int
    changed: float

    def joins(self, other: _Run) -> bool:
        return (self.kind, self.move, self.change) == (other.kind, other.move, other.change)

    def swallow(self, other: _Run) -> None:
        self.weight += other.weight
        self.changed += 0.0 if other.kind == KEPT and self.kind == REWORDED else other.changed


def _thinned(runs: list[_Run], *, most: int) -> list[_Run]:
    """Return as many stripes as can be told apart: first the thinnest kept ones go to their neighbours."""
    while len(runs) > most:
        kept = [at for at, run in enumerate(runs) if run.kind == KEPT]
        at = min(kept or range(len(runs)), key=lambda place: (runs[place].weight, place))
        sides = [side for side in (at - 1, at + 1) if 0 <= side < len(runs)]
        into = max(sides, key=lambda side: (runs[side].kind == REWORDED, runs[side].weight, -side))
        runs[into].swallow(runs[at])
        del runs[at]
        if 0 < at < len(runs) and runs[at - 1].joins(runs[at]):
            runs[at - 1].swallow(runs[at])
            del runs[at]
    return runs


def share(total: float, weights: Sequence[float], *, least: float) -> list[float]:
    """Return lengths that add up to `total`, by weight, but none below `least` if there is room for that."""
    if not weights:
        return []
    least = min(least, total / len(weights))
    small: set[int] = set()
    while True:
        rest = total - least * len(small)
        sum_large = sum(weight for at, weight in enumerate(weights) if at not in small)
        found = {
            at for at, weight in enumerate(weights) if at not in small and rest * weight < least * sum_large - 1e-9
        }
        if not found:
            break
        small |= found
    return [least if at in small else rest * weight / sum_large for at, weight in enumerate(weights)]


def stripes_of_moves(bars: Iterable[Bar]) -> Mapping[str, list[tuple[Bar, Stripe]]]:
    """Return the stripes that each move left or reached, by the move's id."""
    found: dict[str, list[tuple[Bar, Stripe]]] = {}
    for bar in bars:
        for stripe in bar.stripes:
            if stripe.move:
                found.setdefault(stripe.move, []).append((bar, stripe))
    return found
