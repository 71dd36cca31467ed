"""Normalise a document for comparison: differences that a reader cannot see are removed.

Rewrapping a source, decomposing an accent or widening a table column in the
source is not an amendment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from unicodedata import is_normalized
from unicodedata import normalize as _unicode

from millesime.markup.ast import SPACE, Block, Node


def normalise(blocks: Sequence[Node]) -> list[Node]:
    """Return blocks (or inlines) in the form that editions are compared in.

    A soft break is a space, neighbouring strings are one, runs of spaces are
    one, strings are NFC, a citation's counters are 0, columns have no width.
    Ids of headings stay; `equality_key` looks past them. What needs no change
    is shared with the input, and normalising twice changes nothing.
    """
    return _list(blocks if isinstance(blocks, list) else list(blocks))


def equality_key(value: Any) -> str:
    """Return a string that is equal for equal normalised values, heading ids aside.

    pandoc makes a heading's id from its text and counts the repeats, so an id
    may change because of another heading.
    """
    key = _ENCODER.encode(value)
    return _ENCODER.encode(_without_heading_ids(value)) if '"Header"' in key else key


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _list(items: list) -> list:
    out: list = []
    changed = False
    last = ""  # the type of the last node written, if it may absorb the next one
    for item in items:
        if isinstance(item, dict):
            kind = item.get("t", "")
            if kind == "Str":
                text = item["c"]
                if last == "Str":
                    out[-1] = {"t": "Str", "c": _unicode("NFC", out[-1]["c"] + text)}
                    changed = True
                    continue
                if not text.isascii() and not is_normalized("NFC", text):
                    item = {"t": "Str", "c": _unicode("NFC", text)}
                    changed = True
            elif kind == "Space" or kind == "SoftBreak":
                if kind == "SoftBreak":
                    item, kind, changed = SPACE, "Space", True
                if last == "Space":
                    changed = True
                    continue
            elif kind not in _LEAVES:
                new = _node(item, kind)
                if new is not item:
                    item, changed = new, True
            last = kind
        else:
            # A list that begins with a string is an Attr, a target or a part of one: no node is in it.
            if isinstance(item, list) and item and not isinstance(item[0], str):
                new = _list(item)
                if new is not item:
                    item, changed = new, True
            last = ""
        out.append(item)
    return out if changed else items


def _node(node: Node, kind: str) -> Node:
    if kind == "Cite":
        return _cite(node)
    if kind == "Table":
        return _table(node)
    if not kind:
        return {key: _value(value) for key, value in node.items()}
    content = node.get("c")
    if isinstance(content, list):
        new = _list(content)
        return node if new is content else {"t": kind, "c": new}
    return node


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return _list(value)
    if isinstance(value, dict):
        return _list([value])[0]
    return value


def _cite(node: Node) -> Node:
    # The counters depend on what else is in the file.
    citations = [{**_node(item, ""), "citationNoteNum": 0, "citationHash": 0} for item in node["c"][0]]
    return {"t": "Cite", "c": [citations, _list(node["c"][1])]}


def _table(node: Node) -> Node:
    # Widths depend on the length of the source's lines; alignments are the author's.
    attr, caption, columns, *rest = node["c"]
    columns = [[alignment, {"t": "ColWidthDefault"}] for alignment, _ in columns]
    return {"t": "Table", "c": [attr, _list(caption), columns, *_list(rest)]}


def _without_id(header: Block) -> Block:
    level, (_, classes, pairs), inlines = header["c"]
    return {"t": "Header", "c": [level, ["", classes, pairs], _without_heading_ids(inlines)]}


def _without_heading_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_heading_ids(item) if isinstance(item, (list, dict)) else item for item in value]
    kind = value.get("t")
    if kind == "Header":
        return _without_id(value)
    if kind in _LEAVES:
        return value
    return {key: _without_heading_ids(item) if isinstance(item, (list, dict)) else item for key, item in value.items()}


_LEAVES = frozenset({"Str", "Space", "SoftBreak", "LineBreak", "Code", "Math", "RawInline", "CodeBlock", "RawBlock"})
