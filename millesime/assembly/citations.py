"""Citations: one bibliography for the whole report, set by citeproc.

citeproc gets the citations alone, in the order of the report, and gives them
back set; no other text passes through it. What an annex quotes of another
edition names it, "@2018/ostrom", and is set from what that edition prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import (
    CHILDLESS,
    Block,
    Inline,
    Node,
    div,
    nodes_of,
    rewrite,
    span,
    string,
    text_of,
    with_attr,
)
from millesime.markup.normalise import equality_key, normalise
from millesime.markup.pandoc import cite, reference_key

_REFERENCE = "#ref-"  # opens citeproc's links to its bibliography


def set_citations(
    chapters: Sequence[list[Block]],
    *,
    lenient: Sequence[bool],
    references: Sequence[Mapping[str, Any]],
    style: bytes | None,
    language: str,
    limits: Limits = DEFAULTS,
) -> tuple[list[list[Block]], list[Block]]:
    """Return the chapters with citations set, and the entries of the bibliography.

    A citation of an unknown key stays as it was written, in
    `Span.unresolved` (or as plain text for "@somebody", which is more likely
    an address than a citation). A `lenient` chapter, a generated annex, keeps
    such a citation as plain text: it may quote an older edition.
    """
    known = {reference_key(reference) for reference in references}
    pending: list[Inline] = []

    def collect(node: Node, generated: bool) -> Node | list[Node]:
        if node["t"] != "Cite":
            return node
        citations, written = node["c"]
        if any(citation["citationId"] in known for citation in citations):
            pending.append({"t": "Cite", "c": [citations, written]})
            return _place_of(len(pending) - 1)
        return written if generated else _as_written(citations, written)

    collected = [
        rewrite(blocks, lambda node, generated=generated: collect(node, generated), kinds=_CITATIONS)
        for blocks, generated in zip(chapters, lenient, strict=True)
    ]
    if not pending:
        return collected, []
    # Those within another's locator were collected before it, and are printed in it.
    order = [index for place in _places(collected) for index in _with_inner(place, pending)]
    order += sorted(set(range(len(pending))) - set(order))
    inlines, entries = _set(
        [pending[index] for index in order], references=references, style=style, language=language, limits=limits
    )
    settled = dict(zip(order, inlines, strict=True))

    def put_back(node: Node) -> Node | list[Node]:
        index = _index_of(node)
        if index is None:
            return node
        return [span(rewrite(_inner(settled[index]), put_back, kinds=_PLACES), classes=["citation"])]

    return [rewrite(blocks, put_back, kinds=_PLACES) for blocks in collected], [_entry(entry) for entry in entries]


def _place_of(index: int) -> Inline:
    """Return what stands in the place of a citation until it is set."""
    return span([], pairs=[(_PENDING, str(index))])


def _index_of(node: Node) -> int | None:
    pairs = node["c"][0][2]
    return int(pairs[0][1]) if pairs and pairs[0][0] == _PENDING else None


def _places(value: Any) -> list[int]:
    """Return the citations that stand in blocks or inlines, by their indices."""
    return [index for node in nodes_of(value, _PLACES) if (index := _index_of(node)) is not None]


def _with_inner(index: int, pending: Sequence[Inline]) -> list[int]:
    citations, _ = pending[index]["c"]
    affixes = [[citation["citationPrefix"], citation["citationSuffix"]] for citation in citations]
    return [index, *(found for place in _places(affixes) for found in _with_inner(place, pending))]


_PENDING = "millesime-pending"
_PLACES = frozenset({"Span"})
_CITATIONS = frozenset({"Cite"})


def printed_citations(
    chapters: Sequence[Sequence[Block]],
    *,
    references: Sequence[Mapping[str, Any]],
    style: bytes | None,
    language: str,
    limits: Limits = DEFAULTS,
) -> dict[str, list[Inline]]:
    """Return each citation of an edition as it prints it where it comes first, for `quote_citations`.

    All of them are set together, so that numbers and the letters behind years
    are the edition's own. They lead to no bibliography: another edition's is
    not in the report that quotes them.
    """
    known = {reference_key(reference) for reference in references}
    found = [
        node for node in _citations(list(chapters)) if any(citation["citationId"] in known for citation in node["c"][0])
    ]
    if not found:
        return {}
    settled, _ = _set(found, references=references, style=style, language=language, limits=limits)
    out: dict[str, list[Inline]] = {}
    for node, inlines in zip(found, settled, strict=True):
        out.setdefault(_key(node), rewrite(_inner(inlines), _without_reference))
    return out


def quote_citations(value: Any, printed: Mapping[str, list[Inline]], *, edition: str = "") -> Any:
    """Return blocks or inlines with the citations of an edition as it prints them.

    `edition` is the one that their keys name, "@2018/ostrom"; without it they
    are those that name none. One that the edition does not know stays as it
    was written.
    """
    # Most books cite nothing, and an annex may be as long as its book.
    return _quoted(value, printed, f"@{edition}/" if edition else "") if nodes_of(value, _CITATIONS) else value


def _quoted(value: Any, printed: Mapping[str, list[Inline]], begins: str) -> Any:
    if isinstance(value, list):
        out: list = []
        for item in value:
            kind = item.get("t") if isinstance(item, dict) else None
            if kind in CHILDLESS:
                out.append(item)
            elif kind != "Cite":
                out.append(_quoted(item, printed, begins))
            elif not _names(item, begins):
                out.append(item)
            else:
                key = _key(item, begins)
                out += [span(printed[key], classes=["citation"])] if key in printed else item["c"][1]
        return out
    if isinstance(value, dict):
        return {key: _quoted(item, printed, begins) for key, item in value.items()}
    return value


def _citations(value: Any) -> list[Inline]:
    """Return the citations in reading order; those in another's locator belong to it."""
    if isinstance(value, dict):
        return [value] if value.get("t") == "Cite" else _citations(list(value.values()))
    return [node for item in value for node in _citations(item)] if isinstance(value, list) else []


def _names(node: Inline, begins: str) -> bool:
    return all(citation["citationId"].startswith(begins or "@") == bool(begins) for citation in node["c"][0])


def _key(node: Inline, begins: str = "") -> str:
    (levelled,) = normalise([node])
    return equality_key(levelled).replace(f'"citationId":"{begins}', '"citationId":"')


def _without_reference(node: Node) -> Node | list[Node]:
    return node["c"][1] if node["t"] == "Link" and node["c"][2][0].startswith(_REFERENCE) else node


def _set(
    citations: Sequence[Inline],
    *,
    references: Sequence[Mapping[str, Any]],
    style: bytes | None,
    language: str,
    limits: Limits = DEFAULTS,
) -> tuple[list[list[Inline]], list[Block]]:
    """Return citations as citeproc sets them, one after the other, and the entries of its bibliography."""
    held = _Held()
    cited = cite(
        [{"t": "Para", "c": [held.take(node)]} for node in citations], references=references, style=style,
        language=language, limits=limits,
    )  # fmt: skip
    entries = [
        entry for block in cited if block["t"] == "Div" and block["c"][0][0] == "refs" for entry in block["c"][1]
    ]
    return [held.give_back(block["c"]) for block in cited if block["t"] == "Para"], entries


class _Held:
    """What a locator holds besides words: citeproc makes a plain string of it, and would lose its notes."""

    def __init__(self) -> None:
        self._nodes: dict[str, Inline] = {}

    def take(self, citation: Inline) -> Inline:
        """Return a citation with a character of private use for each note, picture, raw node and inner citation."""
        citations, written = citation["c"]
        affixes = {"citationPrefix", "citationSuffix"}
        taken = [
            {key: self._take(value) if key in affixes else value for key, value in one.items()} for one in citations
        ]
        return {"t": "Cite", "c": [taken, written]}

    def _take(self, inlines: list[Inline]) -> list[Inline]:
        out = []
        for node in inlines:
            if (
                node["t"] in ("Note", "Image", "RawInline", "Cite")
                or node["t"] == "Span"
                and _index_of(node) is not None
            ):
                mark = chr(_FIRST_MARK + len(self._nodes))
                self._nodes[mark] = node
                node = string(mark)
            elif node["t"] in _AROUND:
                node = {"t": node["t"], "c": self._take(node["c"])}
            elif node["t"] in ("Span", "Link", "Quoted"):
                first, inner, *rest = node["c"]
                node = {"t": node["t"], "c": [first, self._take(inner), *rest]}
            out.append(node)
        return out

    def give_back(self, inlines: list[Inline]) -> list[Inline]:
        """Return inlines with those nodes in the places of their characters."""

        def change(node: Node) -> Node | list[Node]:
            if not any(character in self._nodes for character in node["c"]):
                return node
            parts = (self._nodes.get(part) or string(part) for part in re.split(_MARKS, node["c"]) if part)
            return list(parts)

        return rewrite(inlines, change, kinds={"Str"}) if self._nodes else inlines


_AROUND = frozenset({"Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps"})
_FIRST_MARK = 0xF0000  # supplementary private use area A
_MARKS = re.compile("([\U000f0000-\U000ffffd])")


def _as_written(citations: list[dict], written: list[Inline]) -> list[Inline]:
    bare = len(citations) == 1 and citations[0]["citationMode"]["t"] == "AuthorInText" and "[" not in text_of(written)
    if bare:
        return written
    keys = " ".join(citation["citationId"] for citation in citations)
    return [span(written, classes=["unresolved"], pairs=[("target", f"@{keys}")])]


def _inner(inlines: list[Inline]) -> list[Inline]:
    """citeproc leaves a Cite around what it set; its notes keep their place."""
    if len(inlines) == 1 and inlines[0]["t"] == "Cite":
        return inlines[0]["c"][1]
    return inlines


def _entry(entry: Block) -> Block:
    if entry["t"] != "Div":
        return div([entry], classes=["csl-entry"])
    return with_attr(entry, [entry["c"][0][0], ["csl-entry"], []])
