"""Tags of other systems (`<Listing number="2-1">`) as an annex prints them: by the values of their attributes.

The report prints such a tag as code (`assembly/foreign.py`), so that nothing
is lost; between two editions it would be noise, an old tag struck out and a
new one underlined for a number that shifted.
"""

from __future__ import annotations

import html
import re
from typing import Any

from millesime.markup.ast import SPACE, Block, Inline, Node, para, span, string, words
from millesime.markup.html_tokens import KNOWN_TAGS
from millesime.redline.marks import classes_of, mark_inlines, mark_of
from millesime.redline.model import DELETION, INSERTION

_QUOTED = r""""[^"]*"|'[^']*'"""
_TAGS = re.compile(rf"\s*(?:</?[A-Za-z][\w:.-]*(?:\s(?:{_QUOTED}|[^<>\"'])*+)?+/?>\s*+)++")
# Comments, and anchors around nothing: old addresses that links may still use.
_SILENT = re.compile(rf"(?:\s|<!--(?:(?!-->).)*-->|<a(?:\s(?:{_QUOTED}|[^<>\"'])*)?>|</a>)+", re.DOTALL | re.IGNORECASE)
_NAME = re.compile(r"</?([A-Za-z][\w:.-]*)")
_VALUE = re.compile(r"""(?<![\w:.-])[\w:.-]++\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")
_BETWEEN = " ·"
_TEXT = frozenset({"Str", "Space", "SoftBreak", "LineBreak"})  # most of a book


def tell_tags(blocks: list[Block]) -> list[Block]:
    """Return marked blocks with the values of unknown tags in their place, what changed of them marked.

    A tag without values, as a closing one, is left out, and so are comments
    and anchors around nothing; with them the block or mark that holds nothing
    else.
    """
    return _list(blocks)


def _list(items: list) -> list:
    out: list = []
    place = 0
    while place < len(items):
        item = items[place]
        if isinstance(item, dict) and item.get("t") in _TEXT:
            out.append(item)
            place += 1
            continue
        following = items[place + 1] if place + 1 < len(items) else None
        old, new = _tag_in(item, DELETION), _tag_in(following, INSERTION)
        if old is not None and new is not None:
            out += _told(item, _values(old), _values(new))
            place += 2
            continue
        out += _one(item)
        place += 1
    return out


def _one(item: Any) -> list:
    """Return what stands for one node, item or row; [] where nothing is left of it."""
    if isinstance(item, list):
        return [_list(item)]
    if not isinstance(item, dict):
        return [item]
    if _is_silent(item):
        return []
    if (text := _foreign(item)) is not None:
        values = _values(text)
        return _told(item, values, values)
    content = item.get("c")
    if not isinstance(content, list) or item["t"] in ("Code", "CodeBlock", "Math", "RawInline", "RawBlock"):
        return [item]
    inner = {"t": item["t"], "c": _list(content)}
    if item["t"] in ("Para", "Plain"):
        return [] if content and _is_bare(inner["c"]) else [inner]
    return [] if mark_of(item) and content[1] and _is_bare(inner["c"][1]) else [inner]


def _is_silent(node: Node) -> bool:
    """Whether a block is nothing but comments and empty anchors."""
    if node.get("t") == "RawBlock":
        return node["c"][0] == "html" and _SILENT.fullmatch(node["c"][1]) is not None
    if node.get("t") not in ("Para", "Plain"):
        return False
    raw = [inner for inner in node["c"] if inner["t"] not in ("Space", "SoftBreak", "LineBreak")]
    return bool(raw) and all(
        inner["t"] == "RawInline" and inner["c"][0] == "html" and _SILENT.fullmatch(inner["c"][1]) for inner in raw
    )


def _is_bare(items: list) -> bool:
    return all(isinstance(item, dict) and item["t"] in ("Space", "SoftBreak") for item in items)


def _tag_in(item: Any, kind: str) -> str | None:
    """Return the tags that are all that a mark of this kind holds."""
    if not isinstance(item, dict) or mark_of(item) != kind or "raw" not in classes_of(item):
        return None
    held = item["c"][1]
    if len(held) == 1 and held[0]["t"] in ("Para", "Plain"):
        held = held[0]["c"]
    return _foreign(held[0]) if len(held) == 1 else None


def _foreign(node: Node) -> str | None:
    """Return the text of a raw node that holds nothing but tags no page knows."""
    if node.get("t") not in ("RawInline", "RawBlock") or node["c"][0] != "html":
        return None
    text = node["c"][1]
    if not _TAGS.fullmatch(text):
        return None
    names = _NAME.findall(re.sub(_QUOTED, "", text))
    if any(name.lower() in KNOWN_TAGS for name in names):
        return None
    return text


def _values(text: str) -> list[str]:
    return [html.unescape(" ".join((one or other).split())) for one, other in _VALUE.findall(text) if one or other]


def _told(node: Node, old: list[str], new: list[str]) -> list:
    """Return the values, "2-1 · A caption", in a paragraph of their own where the tag stood between blocks."""
    inlines: list[Inline] = []
    for place in range(max(len(old), len(new))):
        before, after = old[place : place + 1], new[place : place + 1]
        inlines += [string(_BETWEEN.strip()), SPACE] if inlines else []
        if before == after:
            inlines += [*words(after[0]), SPACE]
            continue
        inlines += [mark_inlines(DELETION, words(before[0])), SPACE] if before else []
        inlines += [mark_inlines(INSERTION, words(after[0])), SPACE] if after else []
    if not inlines:
        return []
    told = span(inlines[:-1], classes=["foreign-tag"])
    return [para(told)] if node["t"] in ("RawBlock", "Div") else [told]
