"""Attributes that hold text (`title=` of a box, `caption=` of code, page breaks) become text and structure.

No format prints an attribute: `::: {.note title="Attention"}` would lose its
title. This stage comes after the anchors, so that what it adds is not counted
among the blocks of the source: their addresses stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from millesime.markup.ast import Block, Inline, Node, attr, div, has_class, rewrite, with_attr, words

PAGE_BREAK = "page-break"
_TITLE_KEYS = ("title", "data-title")
# Of pandoc and its filters, Quarto, and systems that show the name of a file.
_CAPTION_KEYS = ("caption", "data-caption", "lst-cap", "title", "filename")
_BREAK_CLASSES = {"pagebreak", "newpage", "new-page", "page-break-after", "page-break-before", "clearpage"}
_BREAK_STYLE = re.compile(
    r"(?:page-)?break-(before|after)\s*:\s*(?:always|page|left|right|recto|verso)\b", re.IGNORECASE
)
_MARKS = ("insertion", "deletion")


def has_break_style(style: str) -> bool:
    """Whether a CSS declaration or a tag that holds one asks for a new page."""
    return _BREAK_STYLE.search(style) is not None


def show_attributes(blocks: Sequence[Block]) -> list[Block]:
    """Return a chapter's blocks with titles and captions printed, and a `Div.page-break` for each page break.

    A break that opens or closes the chapter loses its class: a chapter begins
    on a new page by itself.
    """
    shown = rewrite(list(blocks), _show, kinds={"Div", "CodeBlock", "Para", "Plain"})
    return _without_outer_breaks(shown)


def _show(node: Node) -> Node | list[Node]:
    match node["t"]:
        case "Div":
            return _show_div(node)
        case "CodeBlock":
            return _show_code(node)
    return _split_at_breaks(node)


def _show_div(node: Node) -> Node | list[Node]:
    (ident, classes, pairs), inner = node["c"]
    if _BREAK_CLASSES.intersection(classes) or has_break_style(dict(pairs).get("style", "")):
        return _broken(node)
    said, pairs = _taken(pairs, _TITLE_KEYS)
    if not said:
        return node
    marks = [mark for mark in _MARKS if inner and all(has_class(block, mark) for block in inner)]
    title: Block = {"t": "Para", "c": [{"t": "Strong", "c": words(said[0])}]}
    numbered = 1 if inner and has_class(inner[0], "box-label") else 0  # "Recommandation 3" stands first
    inner = [*inner[:numbered], div([title], classes=["box-label", *marks]), *inner[numbered:]]
    return div(inner, ident=ident, classes=classes, pairs=pairs)


def _broken(node: Node) -> Node | list[Node]:
    """Return a div that asks for a new page as the break itself, or its content with the break before or after."""
    (ident, classes, pairs), inner = node["c"]
    style = dict(pairs).get("style", "")
    kept = [name for name in classes if name not in _BREAK_CLASSES]
    rest = [(key, value) for key, value in pairs if key != "style"]
    if not inner:
        return div([], ident=ident, classes=[*kept, PAGE_BREAK], pairs=rest)
    sides = {found[1].lower() for found in _BREAK_STYLE.finditer(style)}
    sides |= {name.rpartition("-")[2] for name in classes if name in ("page-break-after", "page-break-before")}
    page_break = div([], classes=[PAGE_BREAK])
    after = "after" in sides
    out = [] if after and "before" not in sides else [page_break]
    out.append(div(inner, ident=ident, classes=kept, pairs=rest))
    return [*out, page_break] if after else out


def _show_code(node: Node) -> Node:
    (ident, classes, pairs), text = node["c"]
    said, pairs = _taken(pairs, _CAPTION_KEYS)
    if not said:
        return node
    marks = [mark for mark in _MARKS if mark in classes]
    caption = div([{"t": "Para", "c": words(" – ".join(said))}], classes=["code-caption", *marks])
    return div([caption, {"t": "CodeBlock", "c": [attr(ident, classes, pairs), text]}], classes=["captioned-code"])


def _taken(pairs: Sequence[Sequence[str]], keys: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return what pairs say under these keys, each text once, and the other pairs."""
    said = dict.fromkeys(text for key in keys for name, text in pairs if name == key and text.strip())
    return list(said), [(name, text) for name, text in pairs if name not in keys]


def _split_at_breaks(node: Node) -> Node | list[Node]:
    """Return a paragraph in two where `\\newpage` stands in it."""
    if not any(_is_break(inline) for inline in node["c"]):
        return node
    parts: list[list[Inline]] = [[]]
    for inline in node["c"]:
        if _is_break(inline):
            parts.append([])
        else:
            parts[-1].append(inline)
    out: list[Block] = []
    for index, inlines in enumerate(parts):
        out += [div([], classes=[PAGE_BREAK])] if index else []
        inlines = _stripped(inlines)
        out += [{"t": node["t"], "c": inlines}] if inlines else []
    return out


def _is_break(inline: Inline) -> bool:
    return inline["t"] == "Span" and not inline["c"][1] and PAGE_BREAK in inline["c"][0][1]


def _stripped(inlines: list[Inline]) -> list[Inline]:
    blank = ("Space", "SoftBreak", "LineBreak")
    while inlines and inlines[0]["t"] in blank:
        inlines = inlines[1:]
    while inlines and inlines[-1]["t"] in blank:
        inlines = inlines[:-1]
    return inlines


def _without_outer_breaks(blocks: list[Block]) -> list[Block]:
    def is_break(block: Block) -> bool:
        return block["t"] == "Div" and not block["c"][1] and has_class(block, PAGE_BREAK)

    first = next((index for index, block in enumerate(blocks) if not is_break(block)), len(blocks))
    last = next((index for index in range(len(blocks), first, -1) if not is_break(blocks[index - 1])), first)
    return [_without_class(block) if index < first or index >= last else block for index, block in enumerate(blocks)]


def _without_class(block: Block) -> Block:
    ident, classes, pairs = block["c"][0]
    return with_attr(block, [ident, [name for name in classes if name != PAGE_BREAK], pairs])
