"""Take either edition out of a redline: the law that a comparison loses nothing.

`accept_all(redline)` is the new edition and `reject_all(redline)` the old
one, exactly, on normalised text; ids of headings aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millesime.markup.ast import Block, Node
from millesime.markup.normalise import normalise
from millesime.redline.exact_document import to_ast
from millesime.redline.marks import NEW, OLD, take_side
from millesime.redline.model import Redline


def accept_all(redline: Redline) -> dict[str, list[Block]]:
    """Return the new edition's chapters, normalised blocks by path."""
    return chapters_of(to_ast(redline), side=NEW)


def reject_all(redline: Redline) -> dict[str, list[Block]]:
    """Return the old edition's chapters, normalised blocks by path."""
    return chapters_of(to_ast(redline), side=OLD)


def chapters_of(document: Sequence[Block], *, side: str) -> dict[str, list[Block]]:
    """Return one edition's chapters out of a redline's AST; `side` is OLD or NEW."""
    key = "new-path" if side == NEW else "old-path"
    found: dict[str, list[Block]] = {}
    for chapter in document:
        path = dict(_pairs(chapter)).get(key)
        if path is not None:
            found.setdefault(path, []).extend(take_side(chapter["c"][1], side))
    return {path: normalise(blocks) for path, blocks in found.items()}


def _pairs(chapter: Node) -> list[Any]:
    return chapter["c"][0][2] if chapter["t"] == "Div" and "chapter" in chapter["c"][0][1] else []
