"""Citations: one bibliography for the whole report, set by citeproc.

citeproc gets the citations alone, in the order of the report, and gives them
back set; no other text passes through it. What an annex quotes of another
edition names it, "@2018/ostrom", and is set from what that edition prints.
"""

from __future__ import annotations

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

    def give_back(node: Node) -> Node:
        if node["t"] == "Cite" and isinstance(node["c"], int):
            inner, pending[node["c"]] = pending[node["c"]], string("")
            return inner
        return node

    def collect(node: Node, generated: bool) -> Node | list[Node]:
        if node["t"] != "Cite":
            return node
        # A citation within another's locator was collected first: it belongs to the outer one.
        citations, written = rewrite(node["c"], give_back, kinds=_CITATIONS)
        if any(citation["citationId"] in known for citation in citations):
            pending.append({"t": "Cite", "c": [citations, written]})
            return {"t": "Cite", "c": len(pending) - 1}
        return written if generated else _as_written(citations, written)

    collected = [
        rewrite(blocks, lambda node, generated=generated: collect(node, generated), kinds=_CITATIONS)
        for blocks, generated in zip(chapters, lenient, strict=True)
    ]
    if not pending:
        return collected, []
    settled, entries = _set(pending, references=references, style=style, language=language, limits=limits)

    def put_back(node: Node) -> Node | list[Node]:
        if node["t"] == "Cite" and isinstance(node["c"], int):
            return [span(_inner(settled[node["c"]]), classes=["citation"])]
        return node

    return [rewrite(blocks, put_back, kinds=_CITATIONS) for blocks in collected], [_entry(entry) for entry in entries]


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
    cited = cite(
        [{"t": "Para", "c": [node]} for node in citations], references=references, style=style, language=language,
        limits=limits,
    )  # fmt: skip
    entries = [
        entry for block in cited if block["t"] == "Div" and block["c"][0][0] == "refs" for entry in block["c"][1]
    ]
    return [block["c"] for block in cited if block["t"] == "Para"], entries


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
