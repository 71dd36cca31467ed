"""A chapter's skeleton: headings, ids, captions and citations, which other chapters depend on, without its text.

Numbers, anchors and references of one chapter depend on the headings, ids,
captions and citations of all, never on what their paragraphs say. So an edit
of a sentence leaves all other chapters as they were assembled. Nor do they
depend on how many paragraphs there are, unless somebody names one by its
count: so mostly a paragraph more leaves them too.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Sequence
from typing import Any

from millesime.assembly.outline import source_ids
from millesime.assembly.sources import slug
from millesime.markup.ast import Block, Inline, attr_of, nodes_of, text_of, walk

# Kept as they are: what they say is printed elsewhere, or may hold ids of its own.
_WHOLE = frozenset({"Header", "Cite", "RawBlock", "RawInline"})
# Inlines that are dropped: words, and what stands among them.
_WORDS = frozenset({"Str", "Space", "SoftBreak", "LineBreak", "Math"})
# What is numbered or printed elsewhere, wherever it stands.
_LANDMARKS = frozenset({"Header", "Cite", "RawBlock", "RawInline", "Figure", "Table"})
_COUNTED = re.compile(r"-p\d")  # behind a chapter's id: see `set_anchors`


def skeleton(blocks: list[Block]) -> list[Block]:
    """Return blocks without the words that no other chapter can see; assembled, they give the same report around them.

    Headings, captions and citations stay whole, as do all ids, classes, links
    and images.
    """
    return [_bare(block) for block in blocks]


def landmarks(blocks: list[Block]) -> list[Block]:
    """Return what others can see of a skeleton whose blocks nobody names by their count: what is named or numbered."""
    return [
        {"t": "Div", "c": [block["c"][0], landmarks(block["c"][1])]} if block["t"] == "Div" else block
        for block in blocks
        if any(map(_is_landmark, walk(block)))
    ]


def _is_landmark(node: Any) -> bool:
    if node["t"] in _LANDMARKS:
        return True
    ident, classes, _ = attr_of(node) or ("", (), ())
    return bool(ident) or (node["t"] == "Div" and bool(classes))


def counts_named(chapter: str, blocks: list[Block]) -> tuple[list[str], list[str]]:
    """Return the anchors "gouvernance-p12" that a chapter may take, and those that it may link to.

    A skeleton says as much of them as the blocks that it was made of, in a fifth of the time.
    """
    own = [*source_ids(blocks), *(text_of(node) for node in nodes_of(blocks, {"Header"}))]
    taken = [name for ident in own for name in (slug(ident), f"{chapter}-{slug(ident)}")]
    links = [urllib.parse.unquote(node["c"][2][0].partition("#")[2]) for node in nodes_of(blocks, {"Link"})]
    return _counted(taken), _counted(links)


def is_counted(chapter: str, names: Iterable[str]) -> bool:
    """Say whether any of the anchors may be that of a block of a chapter that has no other name than its count."""
    return any(_COUNTED.match(name, len(chapter)) for name in names if name.startswith(chapter))


def _counted(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if _COUNTED.search(name)})


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
    kind = node.get("t") if isinstance(node, dict) else None
    return kind in _WORDS or (kind == "Code" and not node["c"][0][0])
