"""The pandoc AST as Python values, and the few ways in which stages walk it.

Nodes are the plain dicts of pandoc's JSON (`{"t": "Para", "c": [...]}`; API
version 1.23): https://hackage.haskell.org/package/pandoc-types. They are
treated as immutable: a transform returns new nodes and shares what it kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Node = dict[str, Any]
Block = Node
Inline = Node
Attr = list  # [id, [classes], [[key, value], ...]]

API_VERSION = [1, 23, 1]

# Where a node keeps its Attr: index into "c", or None where "c" begins elsewhere.
_ATTR_AT = {
    "Header": 1,
    "CodeBlock": 0,
    "Div": 0,
    "Table": 0,
    "Figure": 0,
    "Code": 0,
    "Link": 0,
    "Image": 0,
    "Span": 0,
}
BLOCKS_WITH_ATTR = frozenset({"Header", "CodeBlock", "Div", "Table", "Figure"})
WITH_ATTR = frozenset(_ATTR_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source as pandoc read it."""

    blocks: list[Block]
    meta: dict[str, Any] = field(default_factory=dict)  # pandoc MetaValues by key


# ---- constructors ----------------------------------------------------------


def attr(ident: str = "", classes: Iterable[str] = (), pairs: Iterable[tuple[str, str]] = ()) -> Attr:
    return [ident, list(classes), [list(pair) for pair in pairs]]


def string(text: str) -> Inline:
    return {"t": "Str", "c": text}


def code(text: str, attributes: Attr | None = None) -> Inline:
    return {"t": "Code", "c": [attributes or attr(), text]}


SPACE: Inline = {"t": "Space"}


def words(text: str) -> list[Inline]:
    """Return text as Str and Space nodes; white space at the ends is dropped.

    Only ordinary white space separates: no-break spaces stay inside their Str.
    """
    out: list[Inline] = []
    for word in text.replace("\n", " ").replace("\t", " ").split(" "):
        if word:
            out += [SPACE, string(word)] if out else [string(word)]
    return out


def para(*inlines: Inline | str) -> Block:
    return {"t": "Para", "c": _inlines(inlines)}


def plain(*inlines: Inline | str) -> Block:
    return {"t": "Plain", "c": _inlines(inlines)}


def header(level: int, *inlines: Inline | str, ident: str = "", classes: Iterable[str] = ()) -> Block:
    return {"t": "Header", "c": [level, attr(ident, classes), _inlines(inlines)]}


def div(blocks: Iterable[Block], *, ident: str = "", classes: Iterable[str] = (), pairs=()) -> Block:
    return {"t": "Div", "c": [attr(ident, classes, pairs), list(blocks)]}


def span(inlines: Iterable[Inline], *, ident: str = "", classes: Iterable[str] = (), pairs=()) -> Inline:
    return {"t": "Span", "c": [attr(ident, classes, pairs), list(inlines)]}


def link(inlines: Iterable[Inline], target: str, *, title: str = "", classes: Iterable[str] = ()) -> Inline:
    return {"t": "Link", "c": [attr("", classes), list(inlines), [target, title]]}


def bullet_list(items: Iterable[list[Block]]) -> Block:
    return {"t": "BulletList", "c": list(items)}


def simple_table(
    head: list[list[Inline]],
    rows: Iterable[list[list[Inline]]],
    *,
    caption: list[Inline] = (),
    ident: str = "",
    classes: Iterable[str] = (),
    alignments: Iterable[str] = (),
) -> Block:
    """Return a table of one header row and plain cells.

    `alignments` are pandoc's: "AlignLeft", "AlignRight", "AlignCenter", "AlignDefault".
    """
    aligned = list(alignments) or ["AlignDefault"] * len(head)

    def row(cells: list[list[Inline]]) -> list:
        return [attr(), [[attr(), {"t": "AlignDefault"}, 1, 1, [plain(*cell)] if cell else []] for cell in cells]]

    return {
        "t": "Table",
        "c": [
            attr(ident, classes),
            [None, [plain(*caption)] if caption else []],
            [[{"t": align}, {"t": "ColWidthDefault"}] for align in aligned],
            [attr(), [row(head)]],
            [[attr(), 0, [], [row(cells) for cells in rows]]],
            [attr(), []],
        ],
    }


def _inlines(parts: Iterable[Inline | str]) -> list[Inline]:
    out: list[Inline] = []
    for part in parts:
        if isinstance(part, str):
            out += words(part)
        else:
            out.append(part)
    return out


# ---- reading ---------------------------------------------------------------


def attr_of(node: Node) -> Attr | None:
    """Return the node's Attr, or None for a node that has none."""
    at = _ATTR_AT.get(node["t"])
    return None if at is None else node["c"][at]


def with_attr(node: Node, new: Attr) -> Node:
    """Return the node with another Attr."""
    at = _ATTR_AT[node["t"]]
    content = list(node["c"])
    content[at] = new
    return {"t": node["t"], "c": content}


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


def has_class(node: Node, name: str) -> bool:
    found = attr_of(node)
    return found is not None and name in found[1]


def walk(value: Any) -> Iterator[Node]:
    """Yield every node under a value in document order, parents first."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found[::-1]
        elif isinstance(found, dict):
            if "t" in found:
                yield found
                if found["t"] not in CHILDLESS and "c" in found:
                    waiting.append(found["c"])
            else:
                waiting += reversed(found.values())


def text_of(value: Any, *, notes: bool = False) -> str:
    """Return the plain text of nodes, as a title or an outline would show it."""
    parts: list[str] = []
    _collect_text(value, parts, notes)
    return "".join(parts).strip()


def _collect_text(value: Any, parts: list[str], notes: bool) -> None:
    if isinstance(value, list):
        for item in value:
            _collect_text(item, parts, notes)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("t")
    match kind:
        case "Str":
            parts.append(value["c"])
        case "Space" | "SoftBreak" | "LineBreak":
            parts.append(" ")
        case "Code" | "Math" | "CodeBlock" | "RawInline" | "RawBlock":
            if not kind.startswith("Raw"):
                parts.append(value["c"][1])
                if kind == "CodeBlock":
                    parts.append(" ")
        case "Quoted":
            single = value["c"][0]["t"] == "SingleQuote"
            parts.append("‘" if single else "“")
            _collect_text(value["c"][1], parts, notes)
            parts.append("’" if single else "”")
        case "Link" | "Image" | "Span" | "Cite" | "Div":
            _collect_text(value["c"][1], parts, notes)
        case "Header":
            _collect_text(value["c"][2], parts, notes)
            parts.append(" ")
        case "Note":
            if notes:
                _collect_text(value["c"], parts, notes)
        case _:
            if "c" in value:
                _collect_text(value["c"], parts, notes)
                if kind in ("Para", "Plain", "LineBlock"):
                    parts.append(" ")


# ---- rewriting -------------------------------------------------------------


def rewrite(value: Any, change: Callable[[Node], Node | list[Node]], *, kinds: Collection[str] | None = None) -> Any:
    """Return the value with every node replaced, children before parents.

    `change` gets a node whose children are already rewritten and returns a
    node, or a list of nodes to stand in its place (an empty list drops it).
    Only nodes of these `kinds` are given to it; None: all. What did not
    change is the same object as before.
    """
    return _rewrite(value, change, kinds, frozenset() if kinds is None else CHILDLESS.difference(kinds))


def nodes_of(value: Any, kinds: Collection[str]) -> list[Node]:
    """Return all nodes of these kinds in document order, parents first; unlike `walk`, it passes over most words."""
    found: list[Node] = []
    _gather(value, kinds, CHILDLESS.difference(kinds), found)
    return found


def _gather(value: Any, kinds: Collection[str], passed: frozenset[str], found: list[Node]) -> None:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                if item.get("t") not in passed:
                    _gather(item, kinds, passed, found)
            elif item and isinstance(item, list):
                _gather(item, kinds, passed, found)
    elif isinstance(value, dict):
        kind = value.get("t")
        if kind is None:
            for item in value.values():
                _gather(item, kinds, passed, found)
            return
        if kind in kinds:
            found.append(value)
        if kind not in CHILDLESS and "c" in value:
            _gather(value["c"], kinds, passed, found)


def _rewrite(
    value: Any, change: Callable[[Node], Node | list[Node]], kinds: Collection[str] | None, passed: frozenset[str]
) -> Any:
    """Rewrite a value; nodes of the kinds `passed` are passed over, most of a book's."""
    if isinstance(value, list):
        out: list | None = None  # made at the first difference
        after = 0  # what of the value is in it
        for index, item in enumerate(value):
            if isinstance(item, dict):
                kind = item.get("t")
                if kind in passed:
                    continue
                new = change(item) if kind in CHILDLESS else _rewrite(item, change, kinds, passed)
            elif item and isinstance(item, list):
                kind, new = None, _rewrite(item, change, kinds, passed)
            else:
                continue
            if new is not item:
                out = [] if out is None else out
                out += value[after:index]
                if kind is not None and isinstance(new, list):
                    out += new
                else:
                    out.append(new)
                after = index + 1
        if out is None:
            return value
        out += value[after:]
        return out
    if isinstance(value, dict):
        kind = value.get("t")
        if kind is None:
            inner = {key: _rewrite(item, change, kinds, passed) for key, item in value.items()}
            return value if all(inner[key] is item for key, item in value.items()) else inner
        if kind not in CHILDLESS and "c" in value:
            content = value["c"]
            new = _rewrite(content, change, kinds, passed)
            if new is not content:
                value = {"t": kind, "c": new}
        return change(value) if kinds is None or kind in kinds else value
    return value


# What holds text or nothing, no nodes: most of a book.
CHILDLESS = frozenset(
    {"Str", "Space", "SoftBreak", "LineBreak", "HorizontalRule", "Code", "Math", "RawInline", "CodeBlock", "RawBlock"}
)


def rewrite_inlines(value: Any, change: Callable[[list[Inline]], list[Inline]]) -> Any:
    """Return the value with every list of inlines replaced, inner lists first."""
    if isinstance(value, list):
        new = [
            rewrite_inlines(item, change)
            if isinstance(item, list) or (isinstance(item, dict) and item.get("t") not in CHILDLESS)
            else item
            for item in value
        ]
        if new and isinstance(new[0], dict) and new[0].get("t") in INLINES:
            return change(new)
        return new
    if isinstance(value, dict):
        if "t" not in value:
            return {key: rewrite_inlines(item, change) for key, item in value.items()}
        if "c" in value and isinstance(value["c"], (list, dict)):
            return {"t": value["t"], "c": rewrite_inlines(value["c"], change)}
    return value


INLINES = frozenset(
    {
        "Str",
        "Emph",
        "Underline",
        "Strong",
        "Strikeout",
        "Superscript",
        "Subscript",
        "SmallCaps",
        "Quoted",
        "Cite",
        "Code",
        "Space",
        "SoftBreak",
        "LineBreak",
        "Math",
        "RawInline",
        "Link",
        "Image",
        "Note",
        "Span",
    }
)
