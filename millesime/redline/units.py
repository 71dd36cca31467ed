"""What is compared: blocks, items, lines and rows as units, and what one comparison shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block, Inline, text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.align import Unit, Vocabulary
from millesime.redline.leaves import Lexicon
from millesime.redline.marks import NEW, OLD, take_side


@dataclass(slots=True)
class Run:
    """One move: the places it left and those it went to. Named when it is first met in reading order."""

    pairs: list[tuple[Any, Any]]
    edited: bool = False
    name: str = ""


@dataclass(slots=True)
class Comparison:
    """What one run of `compare` shares: its words, the numbers given to moves, items that changed lists."""

    vocabulary: Vocabulary
    lexicon: Lexicon = field(default_factory=Lexicon)
    named: int = 0  # moves that have a number
    # Items that moved from one list to another: (identity of the list's items, index) to the move,
    # and for the new place the item as it was.
    items_gone: dict[tuple[int, int], Run] = field(default_factory=dict)
    items_come: dict[tuple[int, int], tuple[Run, list[Block]]] = field(default_factory=dict)

    def name(self, run: Run) -> str:
        if not run.name:
            self.named += 1
            run.name = f"move-{self.named}"
        return run.name

    def has_item_moves(self, *lists: Block) -> bool:
        """Whether an item of one of these top-level blocks moved to another list, or came from one."""
        if not self.items_gone and not self.items_come:
            return False
        ids = {id(items_of(block)) for block in lists}
        return any(key[0] in ids for known in (self.items_gone, self.items_come) for key in known)


# ---- units -----------------------------------------------------------------

_THRESHOLDS = {
    "Para": 0.4,
    "Plain": 0.4,
    "Header": 0.35,
    "BulletList": 0.25,
    "OrderedList": 0.25,
    "BlockQuote": 0.25,
    "Div": 0.25,
    "Table": 0.25,
    "CodeBlock": 0.4,
    "DefinitionList": 0.25,
    "LineBlock": 0.3,
}


# Kinds that become each other: a list became loose, or was numbered.
_ONE_KIND = {"Plain": "Para", "BulletList": "List", "OrderedList": "List"}


def block_unit(block: Block) -> Unit:
    kind = block["t"]
    label = block["c"][1][0] if kind == "Header" else ""
    return Unit(block, equality_key(block), _ONE_KIND.get(kind, kind), _THRESHOLDS.get(kind, 0.5), label)


def item_unit(item: list[Block]) -> Unit:
    return Unit(item, equality_key(item), "item", 0.4)


def line_unit(line: list[Inline]) -> Unit:
    return Unit(line, equality_key(line), "line", 0.5)


def row_unit(row: list) -> Unit:
    cells = row[1]
    return Unit(row, equality_key(row), f"row of {len(cells)}", 0.4, text_of(cells[0][4]) if cells else "")


def items_of(block: Block) -> list[list[Block]]:
    """Return the items of a bullet or ordered list; other blocks have none."""
    if block["t"] == "BulletList":
        return block["c"]
    return block["c"][1] if block["t"] == "OrderedList" else []


# ---- merging ---------------------------------------------------------------


def proves(merged: list, old: list, new: list) -> bool:
    """Whether both versions come out of what was merged."""
    return _comes_out(merged, OLD, old) and _comes_out(merged, NEW, new)


def _comes_out(merged: list, side: str, version: list) -> bool:
    found = normalise(take_side(merged, side))
    return found == version or equality_key(found) == equality_key(version)  # ids of headings may differ


def steps(pairs: Sequence[tuple[int, int]], old_length: int, new_length: int) -> Iterator[tuple]:
    """Yield, in reading order, (range, range) of what has no partner and (index, index) of each pair."""
    i = j = 0
    for row, column in pairs:
        if i < row or j < column:
            yield range(i, row), range(j, column)
        yield row, column
        i, j = row + 1, column + 1
    if i < old_length or j < new_length:
        yield range(i, old_length), range(j, new_length)
