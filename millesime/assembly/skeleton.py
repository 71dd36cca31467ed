"""What the rest of a report can see of a chapter: everything but its words.

Numbers, anchors and references of one chapter depend on the headings, ids,
captions and citations of all, never on what their paragraphs say. So an edit
of a sentence leaves all other chapters as they were assembled.
"""

from __future__ import annotations

from typing import Any

from millesime.markup.ast import Block, Inline

# Kept as they are: what they say is printed elsewhere, or may hold ids of its own.
_WHOLE = frozenset({"Header", "Cite", "RawBlock", "RawInline"})
# Inlines that are dropped: words, and what stands among them.
_WORDS = frozenset({"Str", "Space", "SoftBreak", "LineBreak", "Math"})


def skeleton(blocks: list[Block]) -> list[Block]:
    """Return blocks without the words that no other chapter can see; assembled, they give the same report around them.

    Headings, captions and citations stay whole, as do all ids, classes, links
    and images.
    """
    return [_bare(block) for block in blocks]


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(item) for item in value if not _says_nothing_elsewhere(item)]
    if not isinstance(value, dict) or "t" not in value:
        return value
    kind, content = value["t"], value.get("c")
    if kind in _WHOLE or content is None:
        return value
    if kind == "CodeBlock":
        return {"t": kind, "c": [content[0], ""]}
    if kind in ("Figure", "Table"):  # the caption is printed in references
        return {"t": kind, "c": [content[0], content[1], *(_bare(item) for item in content[2:])]}
    return {"t": kind, "c": _bare(content)}


def _says_nothing_elsewhere(node: Inline) -> bool:
    if not isinstance(node, dict) or "t" not in node:
        return False
    return node["t"] in _WORDS or (node["t"] == "Code" and not node["c"][0][0])
