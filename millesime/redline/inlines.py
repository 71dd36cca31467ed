"""Two versions of one text merged into one, with the words marked that changed.

Formatting is an attribute of words: `*pas* à pas` and `pas à pas` differ in
the formatting of one word. A word is never split.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Indel

from millesime.markup.ast import Inline, walk
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.align import heaviest_chain
from millesime.redline.marks import mark_inlines
from millesime.redline.model import DELETION, INSERTION
from millesime.redline.words import count_words, is_word, pieces, text_words

MIN_KEPT_SHARE = 0.3  # below it a text is replaced whole: better one sentence out, one in

NoteMerger = Callable[[Inline, Inline], Inline | None]


@dataclass(slots=True)
class _Leaf:
    """The least thing that is marked: a word, a sign, a space, an image, a formula."""

    key: str  # what it says and how it is formatted
    node: Inline
    words: int  # 0 for a sign or space
    is_space: bool = False
    text: str = ""  # of a word or sign


@dataclass(slots=True)
class _Wrap:
    """An emphasis, link or other wrapper around leaves `start` to `stop`."""

    key: str
    node: Inline
    start: int
    stop: int
    items: list = field(default_factory=list)  # of int (a leaf's index) and _Wrap


@dataclass(slots=True)
class _Text:
    leaves: list[_Leaf]
    items: list


def merge_inlines(
    old: list[Inline], new: list[Inline], *, merge_note: NoteMerger, min_kept: float = MIN_KEPT_SHARE
) -> list[Inline] | None:
    """Return one list of inlines with changed words in `insertion` and `deletion` spans.

    None if so little is common that the text is better replaced whole
    (`min_kept`: the least share of words that stay). A mark whose words stay
    has one more class: `formatting`, or `link` if the target of a link changed.
    `merge_note` merges two notes, or returns None.
    """
    before, after = _read(old), _read(new)
    partner = _match_words(before.leaves, after.leaves)
    _tidy(before.leaves, after.leaves, partner)
    _slide(before.leaves, after.leaves, partner)
    _keep_numbers_whole(before.leaves, after.leaves, partner)
    if not _is_worth_marking(before.leaves, after.leaves, partner, min_kept) and text_words(old) != text_words(new):
        return None
    _match_spaces(before.leaves, after.leaves, partner)
    return normalise(_build(before, after, before.items, after.items, partner, merge_note))


def _is_worth_marking(old: list[_Leaf], new: list[_Leaf], partner: list[int | None], min_kept: float) -> bool:
    """Whether enough words stay: of both texts, or nearly all of the one that grew."""
    lengths = sum(leaf.words for leaf in old), sum(leaf.words for leaf in new)
    kept = sum(old[i].words for i, j in enumerate(partner) if j is not None)
    return 2 * kept >= min_kept * sum(lengths) or (kept >= 6 and kept >= 0.7 * min(lengths))


# ---- reading ---------------------------------------------------------------


def _read(inlines: Sequence[Inline]) -> _Text:
    leaves: list[_Leaf] = []
    return _Text(leaves, _read_items(inlines, "", leaves))


_PLAIN_WRAPS = frozenset({"Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps"})
_OTHER_WRAPS = frozenset({"Quoted", "Link", "Span"})


def _read_items(inlines: Sequence[Inline], path: str, leaves: list[_Leaf]) -> list:
    items: list = []
    for node in inlines:
        kind = node["t"]
        if kind == "Str":
            for piece in pieces(node["c"]):
                items.append(len(leaves))
                leaves.append(_Leaf(path + piece, {"t": "Str", "c": piece}, int(is_word(piece)), text=piece))
        elif kind == "Space":
            items.append(len(leaves))
            leaves.append(_Leaf(path + " ", node, 0, is_space=True))
        elif (kind in _PLAIN_WRAPS and node["c"]) or (kind in _OTHER_WRAPS and node["c"][1]):
            inner = f"{path}{_wrap_key(node)}\n"
            wrap = _Wrap(inner, node, len(leaves), 0)
            wrap.items = _read_items(_children(node), inner, leaves)
            wrap.stop = len(leaves)
            items.append(wrap)
        else:
            items.append(len(leaves))
            leaves.append(_Leaf(f"{path}{kind}\t{equality_key(node)}", node, max(1, count_words(node))))
    return items


def _children(node: Inline) -> list[Inline]:
    return node["c"] if node["t"] in _PLAIN_WRAPS else node["c"][1]


def _wrap_key(node: Inline) -> str:
    if node["t"] in _PLAIN_WRAPS:
        return node["t"]
    first, _, *rest = node["c"]
    return node["t"] + equality_key([first, *rest])


def _with_children(node: Inline, children: list[Inline]) -> Inline:
    if node["t"] in _PLAIN_WRAPS:
        return {"t": node["t"], "c": children}
    first, _, *rest = node["c"]
    return {"t": node["t"], "c": [first, children, *rest]}


# ---- matching --------------------------------------------------------------


def _match_words(old: list[_Leaf], new: list[_Leaf]) -> list[int | None]:
    """Return each old leaf's partner in the new text: a longest common subsequence without the spaces."""
    partner: list[int | None] = [None] * len(old)
    rows = [i for i, leaf in enumerate(old) if not leaf.is_space]
    columns = [j for j, leaf in enumerate(new) if not leaf.is_space]
    names: dict[str, str] = {}

    def spell(leaves: list[_Leaf], places: list[int]) -> str:
        return "".join(names.setdefault(leaves[place].key, chr(0xE000 + len(names))) for place in places)

    for operation in Indel.opcodes(spell(old, rows), spell(new, columns)):
        if operation.tag == "equal":
            for row, column in zip(
                range(operation.src_start, operation.src_end),
                range(operation.dest_start, operation.dest_end),
                strict=True,
            ):
                partner[rows[row]] = columns[column]
    return partner


@dataclass(slots=True)
class _Island:
    """Kept leaves between two changes, and how many words are changed before it on each side."""

    pairs: list[tuple[int, int]]
    words: int = 0
    letters: int = 0
    ends_sentence: bool = False
    old_before: int = 0
    new_before: int = 0


def _tidy(old: list[_Leaf], new: list[_Leaf], partner: list[int | None]) -> None:
    """Give up islands that only chance kept: a lone "de", a comma, between two rewritten phrases."""
    for _ in range(4):
        islands, last = _islands(old, new, partner)
        given_up = False
        for index, island in enumerate(islands):
            if index + 1 < len(islands):
                right = (islands[index + 1].old_before, islands[index + 1].new_before)
            else:
                right = last
            if _is_chance(island, (island.old_before, island.new_before), right):
                for i, _ in island.pairs:
                    partner[i] = None
                given_up = True
                # The next island sees one long change before it.
                if index + 1 < len(islands):
                    islands[index + 1].old_before += island.old_before + island.words
                    islands[index + 1].new_before += island.new_before + island.words
        if not given_up:
            return


def _is_chance(island: _Island, left: tuple[int, int], right: tuple[int, int]) -> bool:
    if not any(left) or not any(right):
        return False
    changed = sum(left) + sum(right)
    replaced = all(left) and all(right)  # words out and in on both sides
    if island.words == 0:
        return replaced or (changed >= 3 and not island.ends_sentence)
    if island.words == 1 and island.letters <= 3:
        return changed >= (3 if replaced else 5)
    if island.words == 1:
        return changed >= 8 and replaced
    if island.words == 2:
        return (changed >= 8 and island.letters <= 8) or (changed >= 12 and min(sum(left), sum(right)) >= 4)
    return island.words == 3 and changed >= 20 and min(sum(left), sum(right)) >= 6


def _islands(old: list[_Leaf], new: list[_Leaf], partner: list[int | None]) -> tuple[list[_Island], tuple[int, int]]:
    """Return the kept runs, and the words changed after the last one."""
    islands: list[_Island] = []
    old_words = new_words = 0  # changed since the last kept leaf
    signs = False  # a sign alone changed since then
    j = 0
    for i, leaf in enumerate(old):
        target = partner[i]
        if target is None:
            if not leaf.is_space:
                old_words, signs = old_words + leaf.words, True
            continue
        while j < target:
            if not new[j].is_space:
                new_words, signs = new_words + new[j].words, True
            j += 1
        j += 1
        if not islands or signs:
            islands.append(_Island([], old_before=old_words, new_before=new_words))
        island = islands[-1]
        island.pairs.append((i, target))
        island.words += leaf.words
        island.letters += len(leaf.text) if leaf.words else 0
        island.ends_sentence = island.ends_sentence or leaf.text in _SENTENCE_ENDS
        old_words = new_words = 0
        signs = False
    new_words += sum(leaf.words for leaf in new[j:])
    return islands, (old_words, new_words)


_SENTENCE_ENDS = frozenset(".!?…")


def _slide(old: list[_Leaf], new: list[_Leaf], partner: list[int | None]) -> None:
    """Slide a run that is only inserted, or only deleted, to the start of a sentence or clause.

    `A did. [B did.] C did.` rather than `A [did. B] did. C did.`: both are
    shortest, one is readable.
    """
    inverse: list[int | None] = [None] * len(new)
    for i, j in enumerate(partner):
        if j is not None:
            inverse[j] = i
    _slide_side(new, old, inverse, partner)
    _slide_side(old, new, partner, inverse)


def _slide_side(mine: list[_Leaf], other: list[_Leaf], partner: list[int | None], inverse: list[int | None]) -> None:
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


def _boundary(mine: list[_Leaf], places: list[int], start: int, stop: int) -> int:
    """Score a run: 4 begins after a sentence, 2 after a clause; 1 more if it ends like what it follows."""
    before = mine[places[start - 1]].text if start else "."
    last = mine[places[stop - 1]].text
    spaced = start == 0 or mine[places[start] - 1].is_space
    score = 4 if before in _SENTENCE_ENDS and spaced else 2 if before in ",;:" and spaced else int(spaced)
    return 2 * score + (last == before if start else last in _SENTENCE_ENDS)


def _keep_numbers_whole(old: list[_Leaf], new: list[_Leaf], partner: list[int | None]) -> None:
    """Mark all of `314 000` when one of its groups changed; no-break spaces are inside the word already."""
    groups = _spaced_numbers(old), _spaced_numbers(new)
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


def _spaced_numbers(leaves: list[_Leaf]) -> list[list[int]]:
    """Return the leaves of each number whose thousands are parted by ordinary spaces."""
    found: list[list[int]] = []
    for i in range(2, len(leaves)):
        if leaves[i - 1].is_space and _THOUSANDS.fullmatch(leaves[i].text) and leaves[i - 2].text[:3].isdigit():
            if found and found[-1][-1] == i - 2:
                found[-1].append(i)
            elif len(leaves[i - 2].text) <= 3:
                found.append([i - 2, i])
    return found


_THOUSANDS = re.compile(r"\d{3}(?:[.,]\d+)?")


def _match_spaces(old: list[_Leaf], new: list[_Leaf], partner: list[int | None]) -> None:
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


# ---- building --------------------------------------------------------------


def _build(before: _Text, after: _Text, old: list, new: list, partner, merge_note: NoteMerger) -> list[Inline]:
    """Merge two lists of items of one level; matches that cross wrappers are given up."""
    starts = [item if isinstance(item, int) else item.start for item in new]
    candidates: list[tuple[int, int, float]] = []
    for row, item in enumerate(old):
        if isinstance(item, int):
            target = partner[item]
            column = _locate(new, starts, target)
            if column is not None and new[column] == target:
                candidates.append((row, column, 1))
        else:
            found = Counter(
                column for i in range(item.start, item.stop) if (column := _locate(new, starts, partner[i])) is not None
            )
            candidates += [
                (row, column, weight)
                for column, weight in found.items()
                if isinstance(new[column], _Wrap) and new[column].key == item.key
            ]
    out: list[Inline] = []
    i = j = 0
    for row, column in [*heaviest_chain(candidates), (len(old), len(new))]:
        out += _gap(before, after, old[i:row], new[j:column], merge_note)
        if row < len(old):
            item, other = old[row], new[column]
            if isinstance(item, int):
                out.append(after.leaves[other].node)
            else:
                inner = _build(before, after, item.items, other.items, partner, merge_note)
                out.append(_with_children(other.node, inner))
        i, j = row + 1, column + 1
    return out


def _locate(items: list, starts: list[int], leaf: int | None) -> int | None:
    """Return the index of the item that holds a leaf."""
    if leaf is None:
        return None
    column = bisect_right(starts, leaf) - 1
    if column < 0:
        return None
    item = items[column]
    if leaf >= (item + 1 if isinstance(item, int) else item.stop):
        return None
    return column


def _gap(before: _Text, after: _Text, old: list, new: list, merge_note: NoteMerger) -> list[Inline]:
    """Mark what stands between two kept items; notes that stand in it are paired and marked inside."""
    if not old and not new:
        return []
    notes = _note_pairs(before, after, old, new)
    out: list[Inline] = []
    i = j = 0
    for row, column in notes:
        merged = merge_note(before.leaves[old[row]].node, after.leaves[new[column]].node)
        if merged is None:
            continue
        out += _marked(before, after, old[i:row], new[j:column])
        out.append(merged)
        i, j = row + 1, column + 1
    return out + _marked(before, after, old[i:], new[j:])


def _note_pairs(before: _Text, after: _Text, old: list, new: list) -> list[tuple[int, int]]:
    rows = [row for row, item in enumerate(old) if _is_note(before, item)]
    columns = [column for column, item in enumerate(new) if _is_note(after, item)]
    return list(zip(rows, columns, strict=False))


def _is_note(text: _Text, item) -> bool:
    return isinstance(item, int) and text.leaves[item].node["t"] == "Note"


def _marked(before: _Text, after: _Text, old: list, new: list) -> list[Inline]:
    gone = [before.leaves[item].node if isinstance(item, int) else item.node for item in old]
    come = [after.leaves[item].node if isinstance(item, int) else item.node for item in new]
    extra = []
    if gone and come and text_words(gone) == text_words(come):
        extra = ["formatting" if _targets(gone) == _targets(come) else "link"]
    out = []
    if gone:
        out.append(mark_inlines(DELETION, gone, extra=extra))
    if come:
        out.append(mark_inlines(INSERTION, come, extra=extra))
    return out


def _targets(inlines: list[Inline]) -> list:
    return [node["c"][2] for node in walk(inlines) if node["t"] in ("Link", "Image")]
