"""Merge two versions of one text into one, with changed words marked. Words are never split."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from typing import Any

from millesime.markup.ast import SPACE, Inline, walk
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.marks import (
    CITATION,
    COMMENT,
    FORMATTING,
    IMAGE,
    LINK,
    RAW,
    TYPOGRAPHY,
    mark_inlines,
)
from millesime.redline.model import DELETION, INSERTION
from millesime.redline.pairing.align import heaviest_chain
from millesime.redline.text.tokens import NO_BREAK, Leaf, Lexicon, Text, Wrap, read_text, with_children
from millesime.redline.text.word_alignment import Partner, match_leaves
from millesime.redline.text.words import is_unseen, text_words, visible

MIN_KEPT_SHARE = 0.3  # of the words of a sentence; below it the sentence is replaced whole

NoteMerger = Callable[[Inline, Inline], Inline | None]


def merge_inlines(
    old: list[Inline],
    new: list[Inline],
    *,
    merge_note: NoteMerger,
    lexicon: Lexicon | None = None,
    min_kept: float = MIN_KEPT_SHARE,
) -> list[Inline] | None:
    """Return one list of inlines with changed words in `insertion` and `deletion` spans.

    None if so little is common that the text is better replaced whole
    (`min_kept`: the least share of words that stay). A pair of marks whose
    words stay has one more class that says what changed: `formatting`, `link`
    (its target), `typography`; so has one around two versions of one `image`
    or `citation`. `merge_note` merges two notes, or returns None; `lexicon` is
    what one comparison shares.
    """
    lexicon = lexicon or Lexicon()
    before, after = read_text(old, lexicon), read_text(new, lexicon)
    if text_words(old) == text_words(new):
        min_kept = 0
    partner = match_leaves(
        before.leaves,
        after.leaves,
        min_kept=min_kept,
        give_up=lambda partner: _give_up_crossed(before, after, before.items, after.items, partner),
    )
    if partner is None and not _is_one_object(before, after):
        return None
    partner = partner or [None] * len(before.leaves)
    return normalise(_build(before, after, before.items, after.items, partner, merge_note))


# ---- building --------------------------------------------------------------


def _build(before: Text, after: Text, old: list, new: list, partner, merge_note: NoteMerger) -> list[Inline]:
    """Merge two lists of items of one level; matches that cross wrappers are given up."""
    out: list[Inline] = []
    i = j = 0
    for row, column in [*_level_pairs(old, new, partner), (len(old), len(new))]:
        if i < row or j < column:
            out += _gap(before, after, old[i:row], new[j:column], merge_note)
        if row < len(old):
            item, other = old[row], new[column]
            if isinstance(item, int):
                out += _kept(before.leaves[item], after.leaves[other])
            else:
                inner = _build(before, after, item.items, other.items, partner, merge_note)
                out.append(with_children(other.node, inner))
        i, j = row + 1, column + 1
    return out


def _level_pairs(old: list, new: list, partner: Partner) -> list[tuple[int, int]]:
    """Return which items of one level stay: leaves that are partners, wrappers of one kind around such."""
    starts = [item if isinstance(item, int) else item.start for item in new]
    columns = {item: column for column, item in enumerate(new) if isinstance(item, int)}
    candidates: list[tuple[int, int, float]] = []
    for row, item in enumerate(old):
        if isinstance(item, int):
            column = columns.get(partner[item])
            if column is not None:
                candidates.append((row, column, 1))
        else:
            found = Counter(
                column for i in range(item.start, item.stop) if (column := _locate(new, starts, partner[i])) is not None
            )
            candidates += [
                (row, column, weight)
                for column, weight in found.items()
                if isinstance(new[column], Wrap) and new[column].key == item.key
            ]
    return heaviest_chain(candidates)


def _give_up_crossed(before: Text, after: Text, old: list, new: list, partner: Partner) -> None:
    """Give up the matches that `_build` will not use, so that what stays is tidied as readers will see it.

    Where only wrappers differ, words stay: that is a change of formatting or of a link's target.
    """
    i = j = 0
    for row, column in [*_level_pairs(old, new, partner), (len(old), len(new))]:
        gone, come = _leaves_of(old[i:row]), _leaves_of(new[j:column])
        if gone and [before.leaves[leaf].key for leaf in gone] != [after.leaves[leaf].key for leaf in come]:
            for leaf in gone:
                partner[leaf] = None
        if row < len(old) and not isinstance(old[row], int):
            _give_up_crossed(before, after, old[row].items, new[column].items, partner)
        i, j = row + 1, column + 1


def _leaves_of(items: list) -> list[int]:
    return [leaf for item in items for leaf in ([item] if isinstance(item, int) else range(item.start, item.stop))]


def _kept(old: Leaf, new: Leaf) -> list[Inline]:
    """Return a leaf that stayed; twice if its typography changed: a space that became a no-break space."""
    if old.says == new.says:
        return [new.node]
    return [
        mark_inlines(DELETION, [old.node], extra=[TYPOGRAPHY]),
        mark_inlines(INSERTION, [new.node], extra=[TYPOGRAPHY]),
    ]


def _is_one_object(before: Text, after: Text) -> bool:
    """Whether both texts are one image, or one bit of raw text, and nothing else."""
    found = [[leaf.node["t"] for leaf in text.leaves if not leaf.is_space] for text in (before, after)]
    return found[0] == found[1] and found[0] in (["Image"], ["RawInline"])


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


def _gap(before: Text, after: Text, old: list, new: list, merge_note: NoteMerger) -> list[Inline]:
    """Mark what stands between two kept items; notes and objects that stand in it are paired."""
    out: list[Inline] = []
    i = j = 0
    for row, column in _object_pairs(before, after, old, new):
        here, there = before.leaves[old[row]].node, after.leaves[new[column]].node
        pair = [merge_note(here, there)] if here["t"] == "Note" else _marked_nodes([here], [there])
        if pair[0] is None:
            continue
        out += _marked(before, after, old[i:row], new[j:column])
        out += pair
        i, j = row + 1, column + 1
    return out + _marked(before, after, old[i:], new[j:])


_OBJECTS = frozenset({"Note", "Image", "RawInline"})


def _object_pairs(before: Text, after: Text, old: list, new: list) -> list[tuple[int, int]]:
    """Return indices into `old` and `new` of notes, images and raw text, paired in order by kind."""
    rows, columns = _objects(before, old), _objects(after, new)
    if [kind for _, kind in rows] != [kind for _, kind in columns]:
        rows, columns = ([place for place in places if place[1] == "Note"] for places in (rows, columns))
    return [(row, column) for (row, _), (column, _) in zip(rows, columns, strict=False)]


def _objects(text: Text, items: list) -> list[tuple[int, str]]:
    """Return the objects among some items, by kind; a comment parts no change for those who do not see it."""
    nodes = [(place, text.leaves[item].node) for place, item in enumerate(items) if isinstance(item, int)]
    return [(place, node["t"]) for place, node in nodes if node["t"] in _OBJECTS and not is_unseen(node)]


def _marked(before: Text, after: Text, old: list, new: list) -> list[Inline]:
    return _marked_nodes(
        [before.leaves[item].node if isinstance(item, int) else item.node for item in old],
        [after.leaves[item].node if isinstance(item, int) else item.node for item in new],
    )


def _marked_nodes(gone: list[Inline], come: list[Inline]) -> list[Inline]:
    if gone and come and gone[-1] == come[-1] == SPACE:
        return [*_marked_nodes(gone[:-1], come[:-1]), SPACE]
    extra = [aspect] if (aspect := _aspect(gone, come)) else []
    out = []
    if gone:
        out.append(mark_inlines(DELETION, gone, extra=extra))
    if come:
        out.append(mark_inlines(INSERTION, come, extra=extra))
    return out


def _aspect(gone: list[Inline], come: list[Inline]) -> str:
    """Return what changed if the words did not, or if one image or citation became another; else ""."""
    changed = [node for node in (*gone, *come) if node["t"] != "Space"]
    if changed and all(map(is_unseen, changed)):
        return COMMENT
    if not gone or not come:
        return ""
    kinds = [node["t"] for node in gone], [node["t"] for node in come]
    if kinds == (["Image"], ["Image"]):
        return IMAGE
    if kinds == (["Cite"], ["Cite"]):
        return CITATION
    if kinds == (["RawInline"], ["RawInline"]):
        return RAW
    if equality_key(_levelled(gone)) == equality_key(_levelled(come)):
        return TYPOGRAPHY
    if text_words(gone) == text_words(come):
        return FORMATTING if _targets(gone) == _targets(come) else LINK
    return ""


def _targets(inlines: list[Inline]) -> list:
    return [node["c"][2] for node in walk(inlines) if node["t"] in ("Link", "Image")]


_LEVELS = str.maketrans({**dict.fromkeys(NO_BREAK, " "), **dict.fromkeys("“”«»„‟", '"'), **dict.fromkeys("‘’‚", "'")})


def _levelled(value: Any) -> Any:
    """Return inlines with all quotes and spaces of one kind; inside quotes, none at the ends."""
    if isinstance(value, dict):
        if value.get("t") == "Str":
            return {"t": "Str", "c": visible(value["c"].translate(_LEVELS))}
        if "t" in value and "c" not in value:
            return value
        return {key: _levelled(item) if isinstance(item, (list, dict)) else item for key, item in value.items()}
    out: list = []
    for item in value:
        if isinstance(item, dict) and item.get("t") == "Quoted":
            sign = "'" if item["c"][0]["t"] == "SingleQuote" else '"'
            out += [{"t": "Str", "c": sign}, *_levelled(item["c"][1]), {"t": "Str", "c": sign}]
        elif isinstance(item, dict) and item.get("t") == "Space":
            out.append({"t": "Str", "c": " "})
        else:
            out.append(_levelled(item) if isinstance(item, (list, dict)) else item)
    if not all(isinstance(item, dict) for item in out):
        return out
    return [
        {"t": "Str", "c": item["c"].replace('" ', '"').replace(' "', '"')} if item.get("t") == "Str" else item
        for item in normalise(out)
    ]
