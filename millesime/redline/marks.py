"""Marks: how an AST says which edition has what, and how one edition is taken out again.

A `Div` or `Span` of class `insertion` or `moved-to` is in the new edition
only, one of class `deletion` or `moved-from` in the old one only; a table row
or cell bears the class in its own Attr. A list item, line or paragraph that
holds nothing but such marks comes and goes with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from millesime.markup.ast import Block, Inline, Node, attr, is_attr, nodes_of
from millesime.redline.model import MARKS, NEW_ONLY, OLD_ONLY, WORDS

OLD, NEW = "old", "new"

# The second class of a pair of marks that hold two versions of one thing, says what changed about it.
SPACING = "spacing"  # a list became loose or tight
TYPOGRAPHY = "typography"  # quotes, apostrophes, no-break spaces
FORMATTING = "formatting"  # the words stay
LINK = "link"  # the words stay, the target does not
IMAGE = "image"  # the file, or the text for those who do not see it
CITATION = "citation"  # key, locator, prefix or suffix
CODE = "code"  # the lines that changed are found by `readers_view.py`
COMMENT = "comment"  # of the source, which no reader sees; or an anchor
RAW = "raw"  # code of an output format, of which readers see what it does
LEVEL = "level"  # of a heading
CAPTION = "caption"  # of a table or figure, which came or went
NUMBERING = "numbering"  # of a list: start, style or delimiter
ATTRIBUTES = "attributes"  # classes, ids and the like
TWINS = frozenset((
    SPACING, TYPOGRAPHY, COMMENT, FORMATTING, LINK, IMAGE, CITATION, CODE, RAW, LEVEL, NUMBERING, CAPTION,
    ATTRIBUTES,
))  # fmt: skip


# The second class of a mark around a list or frame that came or went while some of what it holds moved: all of that has
# marks of its own.
FRAME = "frame"

# The second class of marks around the text that went to another paragraph: see `splits.py`.
SPLIT_TEXT, JOINED_TEXT = "split", "joined"
ASPECTS = TWINS | {SPLIT_TEXT, JOINED_TEXT}


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


def rename_moves(value: Any, names: Mapping[str, str]) -> Any:
    """Return marked blocks, inlines or rows whose moves have other names."""
    if isinstance(value, list):
        if value and is_attr(value) and MARKS.intersection(value[1]):
            ident, classes, pairs = value
            return [ident, classes, [[key, names.get(name, name) if key == "move" else name] for key, name in pairs]]
        return [rename_moves(item, names) if isinstance(item, (list, dict)) else item for item in value]
    if value.get("t") in CLOSED or "c" not in value:
        return value
    return {"t": value["t"], "c": rename_moves(value["c"], names)}


def moves_in(value: Any, kind: str) -> Iterator[str]:
    """Yield the names of moves whose marks of that class stand in marked blocks; rows have none."""
    for node in nodes_of(list(value), {"Div", "Span"}):
        if mark_of(node) == kind and (name := dict(node["c"][0][2]).get("move")):
            yield name


def mark_of(node: Any) -> str:
    """Return the class by which a Div, Span, row or cell is marked, or ""."""
    classes = classes_of(node)
    for name in classes:
        if name in MARKS:
            return name
    return ""


def classes_of(node: Any) -> Sequence[str]:
    """Return the classes of a Div, Span, row or cell; other nodes have none here."""
    if isinstance(node, dict):
        return node["c"][0][1] if node.get("t") in ("Div", "Span") else ()
    if isinstance(node, list) and node and is_attr(node[0]):
        return node[0][1]
    return ()


def aspects_of(value: Any) -> frozenset[str]:
    """Return what marked blocks change: the second classes of their marks, and "words" for marks without one."""
    found: set[str] = set()
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            if "t" not in item:  # a citation
                todo += item.values()
            elif item["t"] not in CLOSED and "c" in item:
                todo.append(item["c"])  # of a Div or Span, it begins with the Attr as a row does
        elif isinstance(item, (list, tuple)):
            todo += [inner for inner in item if isinstance(inner, (list, dict))]
            if mark_of(item):
                found |= ASPECTS.intersection(classes_of(item)) or {WORDS}
    return frozenset(found)


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
        if isinstance(item, dict):
            if item.get("t") in CLOSED:
                out.append(item)
                continue
        elif not isinstance(item, list):
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
    if not isinstance(content, list) or node["t"] in CLOSED:
        return node, False
    if node["t"] == "Table":
        (short, caption), content = content[1], _without_columns(content, drop)
        caption, lost_lines = _take_list(caption, drop)
        kept, lost = _take_list([content[0], None, *content[2:]], drop)
        kept = [kept[0], [short, caption], *kept[2:]]
        return {"t": "Table", "c": kept}, lost or lost_lines
    kept, lost = _take_list(content, drop)
    return (node if kept is node["c"] else {"t": node["t"], "c": kept}), lost


def _without_columns(table: list, drop: frozenset[str]) -> list:
    """Return a table's content without the specifications of columns that are dropped cell by cell."""
    attributes, caption, columns, head, bodies, foot = table
    rows = [*head[1], *(row for body in bodies for part in body[2:] for row in part), *foot[1]]
    kept_rows = (row for row in rows if mark_of(row) not in drop)
    for row in kept_rows:
        dropped = {place for place, cell in enumerate(row[1]) if mark_of(cell) in drop}
        if dropped:
            kept = [column for place, column in enumerate(columns) if place not in dropped]
            return [attributes, caption, kept, head, bodies, foot]
    return table


# What holds no other node, and no mark.
CLOSED = frozenset({"Str", "Space", "Code", "Math", "RawInline", "CodeBlock", "RawBlock"})


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
