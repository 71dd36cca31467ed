"""Level differences between pandoc's readers, so that `a.md` and `b.docx` with the same text compare as equal.

Word has no typographic quotes as such, HTML wraps sections, Markdown draws
pipe tables: whoever compares `a.md` with `b.docx` asks for neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from millesime.markup.ast import Block, Inline, Node, attr, rewrite, rewrite_inlines, string

_QUOTES = {"DoubleQuote": ("“", "”"), "SingleQuote": ("‘", "’")}
_NO_ATTR = {"CodeBlock": 0, "Code": 0, "Link": 0, "Image": 0, "Figure": 0}
_ALIGNED = {"t": "AlignDefault"}


def without_bookmarks(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks without bookmarks, to which office programs give new names whenever they save, and empty lines."""
    return rewrite(list(blocks), lambda node: [] if _is_bookmark(node) or _is_empty(node) else node)


def _is_empty(node: Node) -> bool:
    return node["t"] in ("Para", "Plain") and not node["c"]


def _is_bookmark(node: Node) -> bool:
    return node["t"] == "Span" and not node["c"][1] and bool(node["c"][0][0])


def level_format(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks with nothing in them that only some formats can say.

    Divisions and spans are opened, raw fragments dropped; attributes, the
    signs of numbered lists and alignments of columns go; quotes are signs.
    """
    return rewrite_inlines(rewrite(list(blocks), _level), _joined)


def _level(node: Node) -> Node | list[Node]:
    kind, content = node["t"], node.get("c")
    match kind:
        case "Quoted":
            opening, closing = _QUOTES[content[0]["t"]]
            return [string(opening), *content[1], string(closing)]
        case "Span" | "Div":
            return content[1]
        case "RawInline" | "RawBlock":
            return []
        case "Plain" | "Para":
            return {"t": "Para", "c": content} if content else []
        case "Header" if "title" in content[1][1]:
            return []  # pandoc's HTML prints the document's title as a heading too
        case "Header":
            return {"t": kind, "c": [content[0], attr(), content[2]]}
        case "OrderedList":
            return {"t": kind, "c": [[content[0][0], {"t": "DefaultStyle"}, {"t": "DefaultDelim"}], content[1]]}
        case "Table":
            return _level_table(content)
    if kind in _NO_ATTR:
        content = list(content)
        content[_NO_ATTR[kind]] = attr()
        return {"t": kind, "c": content}
    return node


def _level_table(content: list) -> Block:
    _, caption, columns, (_, head), bodies, (_, foot) = content
    columns = [[_ALIGNED, width] for _, width in columns]
    bodies = [[attr(), head_columns, _level_rows(heads), _level_rows(rows)] for _, head_columns, heads, rows in bodies]
    return {"t": "Table", "c": [
        attr(), caption, columns, [attr(), _level_rows(head)], bodies, [attr(), _level_rows(foot)],
    ]}  # fmt: skip


def _level_rows(rows: Sequence[list]) -> list[list]:
    return [[attr(), [[attr(), _ALIGNED, *cell[2:]] for cell in cells]] for _, cells in rows]


def _joined(inlines: list[Inline]) -> list[Inline]:
    """Neighbouring strings as one, as a reader would have made them; soft breaks are spaces."""
    out: list[Inline] = []
    for node in inlines:
        if node["t"] == "Str" and out and out[-1]["t"] == "Str":
            out[-1] = string(out[-1]["c"] + node["c"])
        else:
            out.append(node)
    return out
