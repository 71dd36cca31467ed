"""Calls of notes in notes, "[^a]: Outer[^b] goes on.", which pandoc's Markdown reader leaves as they are written.

It then drops what they call. The text is read once more, with a paragraph
before it that calls each note, and these are put where they are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from millesime.markup.ast import Block, Inline, Node, nodes_of, rewrite, string

_CALL = re.compile(r"\[\^([^\]\s]+)\]")
_DEFINITION = re.compile(r"^[ \t>]*\[\^([^\]\s]+)\]:", re.MULTILINE)
_MOST = 10_000  # notes placed in notes of one text: each may hold all others
_NOTE, _STRING = frozenset({"Note"}), frozenset({"Str"})


def calls_in_notes(value: Any) -> bool:
    """Whether any note calls another, or seems to."""
    return any(
        _CALL.search(text["c"]) for note in nodes_of(value, _NOTE) for text in nodes_of(note["c"], _STRING)
    )  # fmt: skip


def with_calls(text: str) -> tuple[str, list[str]]:
    """Return a text that opens with a paragraph for each note it defines, which calls it; and the names of these."""
    keys = list(dict.fromkeys(_DEFINITION.findall(text)))
    return "".join(f"[^{key}]\n\n" for key in keys) + "\n" + text, keys


def called_notes(blocks: list[Block], keys: Iterable[str]) -> dict[str, Inline]:
    """Return the notes that the opening paragraphs of such a text call, by name."""
    found = {}
    for key, block in zip(keys, blocks, strict=False):
        match block:
            case {"t": "Para", "c": [{"t": "Note"} as note]}:
                found[key] = note
    return found


class NestedTooDeep(Exception):
    """Notes call one another over more levels than a text may have."""


def place_notes(blocks: list[Block], notes: Mapping[str, Inline], *, levels: int) -> list[Block]:
    """Return blocks whose notes hold the notes that they call.

    A note stands once in each note of the text: a second call of it, or a
    note that calls itself, keeps the call as it is written. Raises
    NestedTooDeep where notes stand in one another over more than `levels`.
    """
    room, level = _MOST, 0

    def settle(note: Node) -> Node:
        placed: set[str] = set()

        def change(node: Node) -> Node | list[Node]:
            nonlocal room, level
            out: list[Node] = []
            for index, part in enumerate(_CALL.split(node["c"])):
                if index % 2 and part in notes and part not in placed and room:
                    placed.add(part)
                    room -= 1
                    level += 1
                    if level > levels:
                        raise NestedTooDeep
                    out.append(rewrite(notes[part], change, kinds=_STRING))
                    level -= 1
                elif index % 2 or part:
                    out.append(string(f"[^{part}]" if index % 2 else part))
            return out if len(out) > 1 or out[0]["t"] != "Str" else node

        return rewrite(note, change, kinds=_STRING)

    return rewrite(blocks, settle, kinds=_NOTE)
