"""Merge two versions of a list: items kept, edited, deleted, inserted, moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from millesime.markup.ast import Block
from millesime.redline.marks import FRAME, mark_blocks, mark_of
from millesime.redline.model import DELETION, INSERTION, MOVED_FROM, MOVED_TO
from millesime.redline.pairing.align import align_units, like_pairs
from millesime.redline.pairing.units import Comparison, Run, held_by, item_unit, steps

_ALIKE_TO_MOVE = 0.75  # for an item that changed places and words

MergeBlocks = Callable[[Sequence[Block], Sequence[Block], Comparison], list[Block]]
Moved = Mapping[int, tuple[Run, Any]]  # by index: the move, and what moved as it was

# ---- one edition alone -------------------------------------------------------


def mark_one_sided(
    kind: str, blocks: Sequence[Block], places: Iterable[int], comparison: Comparison, merge: MergeBlocks
) -> list[Block]:
    """Return those blocks of a list that one edition has and the other has not, marked as come, gone or moved.

    `kind` is DELETION or INSERTION. Neighbours of one kind share a mark.
    """
    out: list[Block] = []
    for place in places:
        block = blocks[place]
        marked = _moved(kind, blocks, place, comparison, {}, merge) or mark_inside(block, kind, comparison, merge)
        for one in marked or [mark_blocks(kind, [block])]:
            if out and mark_of(one) and out[-1]["t"] == "Div" and out[-1]["c"][0] == one["c"][0]:
                out[-1] = {"t": "Div", "c": [one["c"][0], [*out[-1]["c"][1], *one["c"][1]]]}
            else:
                out.append(one)
    return out


def mark_inside(block: Block, kind: str, comparison: Comparison, merge: MergeBlocks) -> list[Block]:
    """Return a list, quote or Div of one edition, marked inside; nothing if nothing in it moved."""
    if not comparison.has_moves_inside(block, kind):
        return []
    held = held_by(block)
    if block["t"] == "BlockQuote":
        return [{"t": "BlockQuote", "c": mark_one_sided(kind, held, range(len(held)), comparison, merge)}]
    if block["t"] == "BulletList":
        return [{"t": "BulletList", "c": _one_sided_items(kind, held, comparison, merge)}]
    # A numbering, or the attributes of a Div, would stay when all that it holds has gone.
    first = block["c"][0]
    if block["t"] == "OrderedList":
        inside = _one_sided_items(kind, held, comparison, merge)
    else:
        inside = mark_one_sided(kind, held, range(len(held)), comparison, merge)
    return [mark_blocks(kind, [{"t": block["t"], "c": [first, inside]}], extra=[FRAME])]


def _one_sided_items(kind: str, items: list, comparison: Comparison, merge: MergeBlocks) -> list[list[Block]]:
    return [_one_sided_item(kind, items, place, comparison, {}, merge) for place in range(len(items))]


def _one_sided_item(
    kind: str, items: list, place: int, comparison: Comparison, here: Moved, merge: MergeBlocks
) -> list[Block]:
    """Return an item of one version, marked; `here` holds the moves inside this list."""
    item = items[place]
    marked = _moved(kind, items, place, comparison, here, merge)
    return marked or mark_one_sided(kind, item, range(len(item)), comparison, merge) or [mark_blocks(kind, [])]


def _moved(
    kind: str, held: Sequence, place: int, comparison: Comparison, here: Moved, merge: MergeBlocks
) -> list[Block]:
    """Return an item or block that moved, in its mark; nothing if it did not."""
    key = (id(held), place)
    if kind == DELETION:
        run = comparison.gone.get(key) or (here[place][0] if place in here else None)
        return [mark_blocks(MOVED_FROM, _blocks(held[place]), move=comparison.name(run))] if run else []
    if key not in comparison.come and place not in here:
        return []
    run, source = comparison.come.get(key) or here[place]
    merged = merge(_blocks(source), _blocks(held[place]), comparison)
    return [mark_blocks(MOVED_TO, merged, move=comparison.name(run))]


def _blocks(one: Block | list[Block]) -> list[Block]:
    return one if isinstance(one, list) else [one]


# ---- two versions of one list -------------------------------------------------


def merge_items(old: list, new: list, comparison: Comparison, merge: MergeBlocks) -> list[list[Block]]:
    """Return one list of items that holds both versions; items that came, went or changed places are marked."""
    before, after = [item_unit(item) for item in old], [item_unit(item) for item in new]
    pairs = align_units(before, after, comparison.vocabulary)
    moves = _item_moves(before, after, pairs, id(old), id(new), comparison)
    gone = {i: (run, old[i]) for (i, _), run in moves.items()}
    come = {j: (run, old[i]) for (i, j), run in moves.items()}
    out: list[list[Block]] = []
    for row, column in steps(pairs, len(before), len(after)):
        if isinstance(row, range):
            out += [_one_sided_item(DELETION, old, i, comparison, gone, merge) for i in row]
            out += [_one_sided_item(INSERTION, new, j, comparison, come, merge) for j in column]
        else:
            same = before[row].key == after[column].key
            out.append(new[column] if same else merge(old[row], new[column], comparison))
    return out


def _item_moves(before, after, pairs, old_id: int, new_id: int, comparison: Comparison) -> dict[tuple[int, int], Run]:
    """Return the items that changed places in their list, each with its move."""
    kept_rows, kept_columns = {i for i, _ in pairs}, {j for _, j in pairs}
    rows = [
        i for i in range(len(before)) if i not in kept_rows and before[i].words and (old_id, i) not in comparison.gone
    ]
    columns = [j for j in range(len(after)) if j not in kept_columns and (new_id, j) not in comparison.come]
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
