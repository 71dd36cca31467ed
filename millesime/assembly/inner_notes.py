"""Notes inside notes and inside descriptions of pictures, which no format can hold, moved to where one can.

No page has a foot for the notes of its notes, and pandoc's writers drop them.
A note in a note is printed there in brackets, "Outer [inner] goes on."; the
description of a picture is an attribute, so its note is called behind the
picture.
"""

from __future__ import annotations

from millesime.assembly.sources import letters
from millesime.markup.ast import SPACE, Block, Inline, Node, nodes_of, para, rewrite, rewrite_inlines, span, string

_NOTE = frozenset({"Note"})
_HOLDERS = frozenset({"Note", "Image", "Figure"})
_NEEDS_NO_SPACE = frozenset({"Space", "SoftBreak", "LineBreak"})


def settle_notes(value: list[Node]) -> list[Node]:
    """Return blocks or inlines in which every note is one that all formats can print."""
    return rewrite(value, _settle, kinds=_HOLDERS) if nodes_of(value, _NOTE) else value


def _settle(node: Node) -> Node | list[Node]:
    notes = nodes_of(node["c"], _NOTE)
    if not notes:
        return node
    match node["t"]:
        case "Note":
            return {"t": "Note", "c": _with_notes_in_brackets(node["c"])}
        case "Image":
            attributes, description, target = node["c"]
            return [
                {"t": "Image", "c": [attributes, rewrite(description, lambda note: [], kinds=_NOTE), target]},
                *notes,
            ]
        case _:
            # pandoc makes the description of a figure's picture out of its caption, note and all.
            attributes, caption, blocks = node["c"]
            called = nodes_of(caption, _NOTE)
            return {"t": "Figure", "c": [attributes, caption, _without_copies(blocks, called)]}


def _without_copies(blocks: list[Block], called: list[Inline]) -> list[Block]:
    """Drop the notes behind a picture that its caption calls as well."""

    def change(inlines: list[Inline]) -> list[Inline]:
        out: list[Inline] = []
        behind_picture = False
        for node in inlines:
            behind_picture = node["t"] == "Image" or behind_picture and node["t"] == "Note"
            if not (behind_picture and node in called):
                out.append(node)
        return out

    return rewrite_inlines(blocks, change) if called else blocks


def _with_notes_in_brackets(blocks: list[Block]) -> list[Block]:
    """Return the blocks of a note with its inner notes in brackets; those of more than text follow at its end."""
    longer: list[list[Block]] = []

    def change(inlines: list[Inline]) -> list[Inline]:
        out: list[Inline] = []
        for node in inlines:
            if node["t"] != "Note":
                out.append(node)
                continue
            text = _as_line(node["c"])
            if text is None:
                longer.append(node["c"])
                text = [string(letters(len(longer)).lower())]
            if out and out[-1]["t"] not in _NEEDS_NO_SPACE:
                out.append(SPACE)
            out.append(span([string("["), *text, string("]")], classes=["inner-note"]))
        return out

    settled = rewrite_inlines(blocks, change)
    for number, inner in enumerate(longer, start=1):
        called = span([string(f"[{letters(number).lower()}]")], classes=["inner-note"])
        first, *rest = inner
        if first["t"] in ("Para", "Plain"):
            settled = [*settled, para(called, SPACE, *first["c"]), *rest]
        else:
            settled = [*settled, para(called), *inner]
    return settled


def _as_line(blocks: list[Block]) -> list[Inline] | None:
    """Return blocks as one line of text, or None if they are more than paragraphs."""
    if any(block["t"] not in ("Para", "Plain") for block in blocks):
        return None
    line: list[Inline] = []
    for block in blocks:
        line += [SPACE, *block["c"]] if line else block["c"]
    return line
