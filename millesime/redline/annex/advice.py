"""Recommendations of two editions, matched by id: new, reworded, merged, withdrawn.

A withdrawn recommendation whose phrases now stand in another one was merged
into it; what readers see is the text of both, side by side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from millesime.markup.ast import (
    SPACE,
    Block,
    Inline,
    bullet_list,
    has_class,
    header,
    link,
    nodes_of,
    para,
    plain,
    string,
    text_of,
    words,
)
from millesime.redline.annex.quoted import quote_blocks
from millesime.redline.annex.side import Side
from millesime.redline.annex.wording import fill, wide_table
from millesime.redline.model import NEW_ONLY, OLD_ONLY, Redline
from millesime.redline.reading.readers_view import for_readers

_SENTENCE = re.compile(r"(?<=[.!?…])\s")
_PHRASE = 3  # words
_SHARED = 0.25  # of a withdrawn recommendation's phrases that another one took over


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A recommendation in one edition, or in both with its changes marked."""

    id: str
    path: str  # of its chapter
    block: Block
    old_path: str = ""

    @property
    def text(self) -> str:
        return text_of(self.block["c"][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """All recommendations of two editions."""

    old: Mapping[str, Recommendation]
    new: Mapping[str, Recommendation]
    marked: Mapping[str, Recommendation]  # those that both have and that the redline marked inside

    @property
    def inserted(self) -> list[str]:
        return [ident for ident in self.new if ident not in self.old]

    @property
    def reworded(self) -> list[str]:
        return [ident for ident in self.new if ident in self.old and self.old[ident].text != self.new[ident].text]

    def merged(self) -> dict[str, str]:
        """Return the recommendation that each merged one went into."""
        out = {}
        for ident in self.old:
            if ident in self.new:
                continue
            phrases = _phrases(self.old[ident].text)
            shares = {
                other: len(phrases & (_phrases(self.new[other].text) - self._old_phrases(other))) / len(phrases)
                for other in self.new
                if phrases
            }
            best = max(shares, key=shares.__getitem__, default="")
            if best and shares[best] >= _SHARED:
                out[ident] = best
        return out

    def _old_phrases(self, ident: str) -> set[tuple[str, ...]]:
        return _phrases(self.old[ident].text) if ident in self.old else set()


def read_advice(redline: Redline) -> Advice:
    """Return the recommendations of both editions, in reading order."""
    old: dict[str, Recommendation] = {}
    new: dict[str, Recommendation] = {}
    marked: dict[str, Recommendation] = {}
    for chapter in redline.chapters:
        old_path, new_path = (place.path if place else "" for place in (chapter.old, chapter.new))
        for change in chapter.blocks:
            if change.kind != "moved-to":
                old |= _found(change.old, old_path)
            if change.kind != "moved-from":
                new |= _found(change.new, new_path)
                for block in change.merged:
                    marked |= _found(block, new_path, old_path=old_path)
    return Advice(old=old, new=new, marked=marked)


def write_advice(redline: Redline, *, old: Side, new: Side, labels: Mapping[str, str]) -> list[Block]:
    """Return what became of the recommendations, under a heading; [] where none changed."""
    advice = read_advice(redline)
    merged = advice.merged()
    reworded = [ident for ident in advice.reworded if ident not in merged.values()]
    withdrawn = [ident for ident in advice.old if ident not in advice.new and ident not in merged]
    out: list[Block] = []

    def part(label: str, count: int) -> Block:
        return header(3, f"{labels[label]} ({count})")

    if advice.inserted:
        items = [[plain(*_named(advice.new[ident], new, labels, linked=True))] for ident in advice.inserted]
        out += [part("annex_rec_new", len(items)), bullet_list(items)]
    if reworded:
        rows = [[_marked(ident, advice, side, labels, is_new=side is new) for side in (old, new)] for ident in reworded]
        out += [part("annex_rec_reworded", len(rows)), _side_by_side(rows, old, new, labels)]
    if merged:
        rows = [
            [
                [*_marked(after, advice, old, labels, is_new=False), *gone],
                _marked(after, advice, new, labels, is_new=True),
            ]
            for after, gone in _into(merged, advice, old, labels).items()
        ]
        out += [part("annex_rec_merged", len(merged)), _side_by_side(rows, old, new, labels)]
    if withdrawn:
        items = [[plain(*_named(advice.old[ident], old, labels, linked=False))] for ident in withdrawn]
        out += [part("annex_rec_withdrawn", len(items)), bullet_list(items)]
    shifted = _renumbered(advice, old, new)
    if out and shifted:
        out.append(para(fill(labels["annex_rec_renumbered"], numbers=", ".join(shifted))))
    return [header(2, labels["annex_recommendations"]), *out] if out else []


def _found(block: Block | None, path: str, *, old_path: str = "") -> dict[str, Recommendation]:
    if block is None:
        return {}
    return {
        node["c"][0][0]: Recommendation(id=node["c"][0][0], path=path, block=node, old_path=old_path)
        for node in nodes_of(block, {"Div"})
        if has_class(node, "recommendation") and node["c"][0][0]
    }


def _phrases(text: str) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[index : index + _PHRASE]) for index in range(len(found) - _PHRASE + 1)}


def _named(entry: Recommendation, side: Side, labels: Mapping[str, str], *, linked: bool) -> list[Inline]:
    """ "Recommandation 7. Its first sentence.", the number linked."""
    first = _SENTENCE.split(entry.text, maxsplit=1)[0]
    label = _label(entry.id, side, labels, linked=linked)
    return [*label, string("."), SPACE, *words(first)] if label else words(first)


def _label(ident: str, side: Side, labels: Mapping[str, str], *, linked: bool) -> list[Inline]:
    """ "Recommandation 7", linked to the edition; [] where it has no number."""
    place = side.recommendations.get(ident)
    if place is None:
        return []
    shown = words(f"{labels['recommendation']}\N{NO-BREAK SPACE}{place.number}")
    target = place.target if linked else side.link(place)
    return [link(shown, target)] if target else shown


# ---- side by side ------------------------------------------------------------

_Cell = list[Block]


def _side_by_side(rows: Sequence[Sequence[_Cell]], old: Side, new: Side, labels: Mapping[str, str]) -> Block:
    heads = [words(fill(labels["annex_edition"], name=side.name)) for side in (old, new)]
    table = wide_table(heads, [[[], []] for _ in rows], classes=["side-by-side"], shares=(0.5, 0.5))
    for line, cells in zip(table["c"][4][0][3], rows, strict=True):
        for at, blocks in enumerate(cells):
            line[1][at] = [*line[1][at][:4], blocks]
    return table


def _into(merged: Mapping[str, str], advice: Advice, old: Side, labels: Mapping[str, str]) -> dict[str, list[Block]]:
    """The withdrawn recommendations that each new one took over, as they were."""
    out: dict[str, list[Block]] = {}
    for before, after in merged.items():
        out.setdefault(after, []).extend(_cell(advice.old[before], old, labels, edition=old.name))
    return out


def _marked(ident: str, advice: Advice, side: Side, labels: Mapping[str, str], *, is_new: bool) -> _Cell:
    """A recommendation as one edition has it, the words marked that the other has not."""
    entry = (advice.new if is_new else advice.old).get(ident)
    if entry is None:
        return []
    marked = advice.marked.get(ident)
    if marked is None:  # the same, or replaced whole
        return _cell(entry, side, labels, edition="" if is_new else side.name, linked=is_new)
    blocks = _without(for_readers(marked.block["c"][1], labels=labels), OLD_ONLY if is_new else NEW_ONLY)
    quoted = quote_blocks(blocks, path=marked.path, edition="" if is_new else side.name, old_path=marked.old_path)
    return [plain(*_label(ident, side, labels, linked=is_new)), *quoted]


def _cell(entry: Recommendation, side: Side, labels: Mapping[str, str], *, edition: str, linked: bool = False) -> _Cell:
    """A recommendation whole. Images of the older edition are named by it."""
    blocks = entry.block["c"][1]
    gone = {"t": "Div", "c": [["", ["deletion"], []], blocks]}
    quoted = (
        quote_blocks([gone], path=entry.path, edition=edition)[0]["c"][1]
        if edition
        else quote_blocks(blocks, path=entry.path)
    )
    return [plain(*_label(entry.id, side, labels, linked=linked)), *quoted]


def _without(value, dropped: frozenset[str]):
    """Marked blocks as one edition has them, its own marks still on; a move is no mark here."""
    if isinstance(value, list):
        out: list = []
        for item in value:
            classes = set(item["c"][0][1]) if isinstance(item, dict) and item.get("t") in ("Div", "Span") else set()
            if classes & dropped:
                continue
            out.append(_without(item, dropped) if isinstance(item, (list, dict)) else item)
        return out
    if isinstance(value, dict):
        return {key: _without(item, dropped) if isinstance(item, (list, dict)) else item for key, item in value.items()}
    return value


def _renumbered(advice: Advice, old: Side, new: Side) -> list[str]:
    """ "7 → 6" for each recommendation that both editions have under two numbers."""
    out = []
    for ident in advice.new:
        before, after = old.recommendations.get(ident), new.recommendations.get(ident)
        if before and after and before.number != after.number:
            out.append(f"{before.number}\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{after.number}")
    return out
