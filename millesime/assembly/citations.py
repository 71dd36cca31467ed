"""Citations: one bibliography for the whole report, set by citeproc.

citeproc gets the citations alone, in the order of the report, and gives them
back set; no other text passes through it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from millesime.markup.ast import Block, Inline, Node, div, rewrite, span, string, text_of, with_attr
from millesime.markup.pandoc import cite, reference_key


def set_citations(
    chapters: Sequence[list[Block]],
    *,
    lenient: Sequence[bool],
    references: Sequence[Mapping[str, Any]],
    style: bytes | None,
    language: str,
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
        citations, written = rewrite(node["c"], give_back)
        if any(citation["citationId"] in known for citation in citations):
            pending.append({"t": "Cite", "c": [citations, written]})
            return {"t": "Cite", "c": len(pending) - 1}
        return written if generated else _as_written(citations, written)

    collected = [
        rewrite(blocks, lambda node, generated=generated: collect(node, generated))
        for blocks, generated in zip(chapters, lenient, strict=True)
    ]
    if not pending:
        return collected, []
    cited = cite(
        [{"t": "Para", "c": [node]} for node in pending], references=references, style=style, language=language
    )
    entries = [
        entry for block in cited if block["t"] == "Div" and block["c"][0][0] == "refs" for entry in block["c"][1]
    ]
    settled = [block["c"] for block in cited if block["t"] == "Para"]

    def put_back(node: Node) -> Node | list[Node]:
        if node["t"] == "Cite" and isinstance(node["c"], int):
            return [span(_inner(settled[node["c"]]), classes=["citation"])]
        return node

    return [rewrite(blocks, put_back) for blocks in collected], [_entry(entry) for entry in entries]


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
