"""Items of two versions of one list: kept, edited, come, gone, or moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from millesime.markup.ast import Block
from millesime.redline.align import Unit, align_units, like_pairs
from millesime.redline.marks import mark_blocks
from millesime.redline.model import DELETION, INSERTION, MOVED_FROM, MOVED_TO
from millesime.redline.units import Comparison, Run, item_unit, items_of, steps

_ALIKE_TO_MOVE = 0.75  # for an item that changed places and words

MergeBlocks = Callable[[list[Block], list[Block], Comparison], list[Block]]


def unpaired_items(
    old: list[list[Block]], new: list[list[Block]], comparison: Comparison
) -> tuple[dict[int, Unit], dict[int, Unit]]:
    """Return the items of two versions of one list that have no partner in the other."""
    before, after = [item_unit(item) for item in old], [item_unit(item) for item in new]
    pairs = align_units(before, after, comparison.vocabulary)
    rows, columns = {i for i, _ in pairs}, {j for _, j in pairs}
    return (
        {i: unit for i, unit in enumerate(before) if i not in rows},
        {j: unit for j, unit in enumerate(after) if j not in columns},
    )


def mark_items(block: Block, kind: str, comparison: Comparison, merge: MergeBlocks) -> Block | None:
    """Return a bullet list that is in one edition only, item by item; None if no item moved.

    A numbered list cannot lose all its items one by one: its numbering would stay.
    """
    items = items_of(block)
    known = comparison.items_gone if kind == DELETION else comparison.items_come
    if block["t"] != "BulletList" or not any((id(items), place) in known for place in range(len(items))):
        return None
    if kind == DELETION:
        marked = [_gone_item(items, place, comparison, {}) for place in range(len(items))]
    else:
        marked = [_come_item(items, place, comparison, {}, merge) for place in range(len(items))]
    return {"t": "BulletList", "c": [[item] for item in marked]}


def merge_items(old: list, new: list, comparison: Comparison, merge: MergeBlocks) -> list[list[Block]]:
    """Return one list of items that holds both versions; items that came, went or changed places are marked."""
    before, after = [item_unit(item) for item in old], [item_unit(item) for item in new]
    pairs = align_units(before, after, comparison.vocabulary)
    moves = _item_moves(before, after, pairs, id(old), id(new), comparison)
    gone = {i: run for (i, _), run in moves.items()}
    come = {j: (run, old[i]) for (i, j), run in moves.items()}
    out: list[list[Block]] = []
    for row, column in steps(pairs, len(before), len(after)):
        if isinstance(row, range):
            out += [[_gone_item(old, i, comparison, gone)] for i in row]
            out += [[_come_item(new, j, comparison, come, merge)] for j in column]
        else:
            same = before[row].key == after[column].key
            out.append(new[column] if same else merge(old[row], new[column], comparison))
    return out


def _gone_item(items: list, place: int, comparison: Comparison, here: Mapping[int, Run]) -> Block:
    """Return an old item, marked; `here` holds the moves inside this list."""
    run = comparison.items_gone.get((id(items), place)) or here.get(place)
    if run is None:
        return mark_blocks(DELETION, items[place])
    return mark_blocks(MOVED_FROM, items[place], move=comparison.name(run))


def _come_item(
    items: list, place: int, comparison: Comparison, here: Mapping[int, tuple[Run, list[Block]]], merge: MergeBlocks
) -> Block:
    found = comparison.items_come.get((id(items), place)) or here.get(place)
    if found is None:
        return mark_blocks(INSERTION, items[place])
    run, source = found
    return mark_blocks(MOVED_TO, merge(source, items[place], comparison), move=comparison.name(run))


def _item_moves(before, after, pairs, old_id: int, new_id: int, comparison: Comparison) -> dict[tuple[int, int], Run]:
    """Return the items that changed places in their list, each with its move."""
    kept_rows, kept_columns = {i for i, _ in pairs}, {j for _, j in pairs}
    rows = [
        i
        for i in range(len(before))
        if i not in kept_rows and before[i].words and (old_id, i) not in comparison.items_gone
    ]
    columns = [j for j in range(len(after)) if j not in kept_columns and (new_id, j) not in comparison.items_come]
    if not rows or not columns:
        return {}
    alike = like_pairs(before, after, rows, columns, comparison.vocabulary, threshold=lambda _: _ALIKE_TO_MOVE)
    found: dict[tuple[int, int], Run] = {}
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    for i, j, _ in sorted(alike, key=lambda pair: (-pair[2], pair[0], pair[1])):
        if i in taken_rows or j in taken_columns:
            continue
        if before[i].key != after[j].key and len(after[j].words) < 5:
            continue
        taken_rows.add(i)
        taken_columns.add(j)
        found[i, j] = Run([(i, j)])
    return found
