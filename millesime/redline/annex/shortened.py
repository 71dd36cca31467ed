"""Shorten long lists and tables in an annex to the items around their changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from millesime.markup.ast import Block, Inline, plain, string
from millesime.markup.item_numbers import numbers_of
from millesime.redline.marks import classes_of, mark_of
from millesime.redline.model import MARKS

_NEAR = 1  # unchanged items or rows shown on either side of a changed one
_FEWEST = 3  # unchanged items or rows that are left out: fewer are no longer than the sign for them
_CONTEXT, _ENDS = 8, 2  # items or rows of context that are shown whole; those kept at either end of longer ones
_LEFT_OUT = "⋮"
_SAID = MARKS | {"reformatted", "relinked", "change-detail", "code-diff", "side-by-side"}


def shorten(blocks: Sequence[Block]) -> list[Block]:
    """Return marked blocks whose unchanged items and rows are left out where they are many, "⋮" in their place.

    Of one without changes, which is context, a long one keeps its beginning
    and its end.
    """
    return [part for block in blocks for part in _parts(block)]


def _parts(block: Block) -> list[Block]:
    match block["t"]:
        case "BulletList" | "DefinitionList":
            return _split(block["c"], lambda items, first: {"t": block["t"], "c": items}) or [block]
        case "OrderedList":
            (_, *style), items = block["c"]
            numbers = numbers_of(block)
            return _split(
                items, lambda items, first: {"t": "OrderedList", "c": [[numbers[first], *style], items]}
            ) or [block]  # fmt: skip
        case "Table":
            return [_cut_table(block)]
    return [block]


def _split(items: list, make: Callable[[list, int], Block]) -> list[Block]:
    """Return lists of the items that are shown, and "⋮" for those that are not; [] where all are."""
    shown = _shown(items)
    if all(shown):
        return []
    out: list[Block] = []
    for is_shown, run in groupby(range(len(items)), key=shown.__getitem__):
        places = list(run)
        out.append(make([items[place] for place in places], places[0]) if is_shown else plain(_LEFT_OUT))
    return out


def _cut_table(table: Block) -> Block:
    attributes, caption, columns, head, bodies, foot = table["c"]
    cut = [[*body[:3], _cut_rows(body[3])] for body in bodies]
    return {"t": "Table", "c": [attributes, caption, columns, head, cut, foot]}


def _cut_rows(rows: list) -> list:
    shown = _shown(rows)
    if all(shown) or any(cell[2] != 1 or cell[3] != 1 for row in rows for cell in row[1]):
        return rows
    out: list = []
    for is_shown, run in groupby(range(len(rows)), key=shown.__getitem__):
        places = list(run)
        out += [rows[place] for place in places] if is_shown else [_left_out(rows[places[0]])]
    return out


def _left_out(row: list) -> list:
    """Return a row like this one that says that rows are missing."""
    cells = [[["", [], []], *cell[1:4], []] for cell in row[1]]
    sign: list[Inline] = [string(_LEFT_OUT)]
    cells[0][4] = [plain(*sign)]
    return [["", [], []], cells]


def _shown(items: Sequence[Any]) -> list[bool]:
    changed = [is_marked(item) for item in items]
    if not any(changed):
        return [len(items) <= _CONTEXT or min(place, len(items) - 1 - place) < _ENDS for place in range(len(items))]
    shown = [any(changed[max(0, place - _NEAR) : place + _NEAR + 1]) for place in range(len(items))]
    for is_shown, run in groupby(list(range(len(items))), key=list(shown).__getitem__):
        places = list(run)
        if not is_shown and len(places) < _FEWEST:
            for place in places:
                shown[place] = True
    return shown


def is_marked(value: Any) -> bool:
    """Whether a change is marked anywhere in blocks, inlines, items or rows."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            if mark_of(item) or _SAID.intersection(classes_of(item)):
                return True
            todo.append(item.get("c"))
        elif isinstance(item, list):
            if mark_of(item):
                return True
            todo += item
    return False
