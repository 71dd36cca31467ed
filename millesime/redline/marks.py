"""Marks: how an AST says which edition has what, and how one edition is taken out again.

A `Div` or `Span` of class `insertion` or `moved-to` is in the new edition
only, one of class `deletion` or `moved-from` in the old one only; a table row
or cell bears the class in its own Attr. A list item, line or paragraph that
holds nothing but such marks comes and goes with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from millesime.markup.ast import Block, Inline, Node, attr
from millesime.redline.model import MARKS, NEW_ONLY, OLD_ONLY

OLD, NEW = "old", "new"
SPACING = "spacing"  # a second class of marks around a text of which the spacing changed: see `without_spacing`


def mark_inlines(kind: str, inlines: Iterable[Inline], *, extra: Sequence[str] = (), move: str = "") -> Inline:
    return {"t": "Span", "c": [_mark(kind, extra, move), list(inlines)]}


def mark_blocks(kind: str, blocks: Iterable[Block], *, extra: Sequence[str] = (), move: str = "") -> Block:
    return {"t": "Div", "c": [_mark(kind, extra, move), list(blocks)]}


def mark_row(kind: str, row: list) -> list:
    """Return a table row (or cell) that bears the mark in its own Attr."""
    ident, classes, pairs = row[0]
    return [[ident, [*classes, kind], pairs], *row[1:]]


def _mark(kind: str, extra: Sequence[str], move: str) -> list:
    return attr("", [kind, *extra], [("move", move)] if move else [])


def mark_of(node: Any) -> str:
    """Return the class by which a Div, Span, row or cell is marked, or ""."""
    classes = _classes(node)
    for name in classes:
        if name in MARKS:
            return name
    return ""


def _classes(node: Any) -> Sequence[str]:
    if isinstance(node, dict):
        return node["c"][0][1] if node.get("t") in ("Div", "Span") else ()
    if isinstance(node, list) and node and is_attr(node[0]):
        return node[0][1]
    return ()


def is_attr(value: Any) -> bool:
    """Whether a value has the shape of an Attr: [id, [class], [[key, value]]]."""
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and isinstance(value[1], list)
        and isinstance(value[2], list)
        and all(isinstance(name, str) for name in value[1])
    )


def without_spacing(value: Any) -> Any:
    """Return marked blocks for a reader, who does not see that a list became loose.

    A list with blank lines between its items holds Para where a tight one holds
    Plain, so that exactness asks for every item twice: in a deletion and an
    insertion of class `spacing`. The first is dropped, the second unwrapped;
    word marks inside it stay.
    """
    if isinstance(value, list):
        out: list = []
        for item in value:
            if isinstance(item, dict) and SPACING in _classes(item) and mark_of(item):
                if mark_of(item) in NEW_ONLY:
                    out += without_spacing(item["c"][1])
            else:
                out.append(without_spacing(item) if isinstance(item, (list, dict)) else item)
        return out
    content = value.get("c")
    if "t" not in value or not isinstance(content, list) or value["t"] in _NO_BLOCKS:
        return value
    return {"t": value["t"], "c": without_spacing(content)}


_NO_BLOCKS = frozenset({"Str", "Code", "Math", "RawInline", "CodeBlock", "RawBlock", "Cite", "Image"})


def take_side(value: list, side: str) -> list:
    """Return blocks, inlines or rows as one edition has them: its marks unwrapped, the other's dropped.

    Strings that a mark parted stay apart: `normalise` joins them.
    """
    return _take_list(value, OLD_ONLY if side == NEW else NEW_ONLY)[0]


def _take_list(items: list, drop: frozenset[str]) -> tuple[list, bool]:
    """Return the list without what is dropped, and whether anything was."""
    out: list = []
    dropped = changed = False
    for item in items:
        if not isinstance(item, (dict, list)):
            out.append(item)
            continue
        mark = mark_of(item)
        if mark in drop:
            dropped = True
            continue
        if mark and isinstance(item, dict):
            inner, lost = _take_list(item["c"][1], drop)
            out.extend(inner)
            dropped, changed = dropped or lost, True
            continue
        kept, lost = _take_list(item, drop) if isinstance(item, list) else _take_node(item, drop)
        dropped = dropped or lost
        if lost and is_hollow(kept):
            continue
        if mark:
            kept = [_without_marks(kept[0]), *kept[1:]]
        changed = changed or kept is not item
        out.append(kept)
    return (out, dropped) if dropped or changed else (items, False)


def _take_node(node: Node, drop: frozenset[str]) -> tuple[Node, bool]:
    if "t" not in node:  # a citation
        taken = {key: _take_list(item, drop) if isinstance(item, list) else (item, False) for key, item in node.items()}
        return {key: item for key, (item, _) in taken.items()}, any(lost for _, lost in taken.values())
    content = node.get("c")
    if not isinstance(content, list) or node["t"] in _CLOSED:
        return node, False
    kept, lost = _take_list(content, drop)
    return (node if kept is content else {"t": node["t"], "c": kept}), lost


_CLOSED = frozenset({"Code", "Math", "RawInline", "CodeBlock", "RawBlock"})


def is_hollow(value: Any) -> bool:
    """Whether nothing is left: an empty list, a list of such, a text block without text."""
    if isinstance(value, list):
        return all(is_hollow(item) for item in value)
    if not isinstance(value, dict):
        return False
    match value.get("t"):
        case "Para" | "Plain":
            return not value["c"]
        case "Header":
            return len(value["c"]) < 3 or not value["c"][2]
        case "BulletList" | "LineBlock" | "BlockQuote" | "DefinitionList":
            return is_hollow(value["c"])
        case "OrderedList":
            return len(value["c"]) < 2 or not value["c"][1]
    return False


def _without_marks(attr: list) -> list:
    ident, classes, pairs = attr
    return [ident, [name for name in classes if name not in MARKS], pairs]
