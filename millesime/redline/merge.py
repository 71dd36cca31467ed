"""Two versions of one block merged into one with marks inside, or not at all.

Every merge is proved before it is used: both versions must come out of it
exactly. One that fails the proof (a table whose columns changed, a list that
became loose) gives None, and the block is replaced whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from millesime.markup.ast import Block, Inline, text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.align import Unit, Vocabulary, align_units, like_pairs
from millesime.redline.inlines import merge_inlines
from millesime.redline.marks import NEW, OLD, SPACING, mark_blocks, mark_inlines, mark_row, take_side
from millesime.redline.model import DELETION, INSERTION, MOVED_FROM, MOVED_TO

MIN_KEPT_SHARE_HEADING = 0.2  # a heading is short and stays in its place: mark it sooner
_ALIKE_TO_MOVE = 0.75  # for a list item that changed places and words


@dataclass(slots=True)
class Run:
    """One move: the places it left and those it went to. Named when it is first met in reading order."""

    pairs: list[tuple[Any, Any]]
    edited: bool = False
    name: str = ""


@dataclass(slots=True)
class Comparison:
    """What one run of `compare` shares: its words, the numbers given to moves, items that changed lists."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    # Items that moved from one list to another: (identity of the list's items, index) to the move,
    # and for the new place the item as it was.
    items_gone: dict[tuple[int, int], Run] = field(default_factory=dict)
    items_come: dict[tuple[int, int], tuple[Run, list[Block]]] = field(default_factory=dict)

    def name(self, run: Run) -> str:
        run.name = run.name or f"move-{next(self.numbers)}"
        return run.name


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


def block_unit(block: Block) -> Unit:
    kind = block["t"]
    label = block["c"][1][0] if kind == "Header" else ""
    # Para and Plain are one kind: a list became loose.
    return Unit(block, equality_key(block), "Para" if kind == "Plain" else kind, _THRESHOLDS.get(kind, 0.5), label)


def item_unit(item: list[Block]) -> Unit:
    return Unit(item, equality_key(item), "item", 0.4)


def _line_unit(line: list[Inline]) -> Unit:
    return Unit(line, equality_key(line), "line", 0.5)


def _row_unit(row: list) -> Unit:
    cells = row[1]
    return Unit(row, equality_key(row), f"row of {len(cells)}", 0.4, text_of(cells[0][4]) if cells else "")


# ---- blocks ----------------------------------------------------------------


def merge_block(old: Block, new: Block, comparison: Comparison) -> Block | None:
    """Return one block that holds both versions, marked inside; None if it is to be replaced whole."""
    kind = new["t"]
    if old["t"] != kind or kind not in MERGERS:
        return None
    merged = MERGERS[kind](old, new, comparison)
    return merged if merged is not None and _proves([merged], [old], [new]) else None


def merge_blocks(old: Sequence[Block], new: Sequence[Block], comparison: Comparison) -> list[Block]:
    """Return one list of blocks that holds both versions, marked inside or around its blocks."""
    before, after = [block_unit(block) for block in old], [block_unit(block) for block in new]
    out: list[Block] = []
    for row, column in _steps(align_units(before, after, comparison.vocabulary), len(before), len(after)):
        if isinstance(row, range):
            if row:
                out.append(mark_blocks(DELETION, [before[i].value for i in row]))
            if column:
                out.append(mark_blocks(INSERTION, [after[j].value for j in column]))
        elif before[row].key == after[column].key:
            out.append(after[column].value)
        else:
            old_block, new_block = before[row].value, after[column].value
            out += merge_pair(old_block, new_block, comparison) or [
                mark_blocks(DELETION, [old_block]),
                mark_blocks(INSERTION, [new_block]),
            ]
    return out


def merge_pair(old: Block, new: Block, comparison: Comparison) -> list[Block]:
    """Return the blocks that hold both versions of one block; none if it is to be replaced whole.

    One block, except for a Para that became Plain or the reverse, which a
    reader does not see: the old one in a deletion and the new one, with its
    words marked, in an insertion, both of class `spacing`.
    """
    if {old["t"], new["t"]} != {"Para", "Plain"}:
        merged = merge_block(old, new, comparison)
        return [] if merged is None else [merged]
    inlines = merge_inlines(old["c"], new["c"], merge_note=_note_merger(comparison))
    if inlines is None:
        return []
    pair = [
        mark_blocks(DELETION, [old], extra=[SPACING]),
        mark_blocks(INSERTION, [{"t": new["t"], "c": inlines}], extra=[SPACING]),
    ]
    return pair if _proves(pair, [old], [new]) else []


def _proves(merged: list, old: list, new: list) -> bool:
    return equality_key(normalise(take_side(merged, OLD))) == equality_key(old) and equality_key(
        normalise(take_side(merged, NEW))
    ) == equality_key(new)


def _steps(pairs: Sequence[tuple[int, int]], old_length: int, new_length: int) -> Iterator[tuple]:
    """Yield, in reading order, (range, range) of what has no partner and (index, index) of each pair."""
    i = j = 0
    for row, column in pairs:
        if i < row or j < column:
            yield range(i, row), range(j, column)
        yield row, column
        i, j = row + 1, column + 1
    if i < old_length or j < new_length:
        yield range(i, old_length), range(j, new_length)


def _merge_text(old: Block, new: Block, comparison: Comparison) -> Block | None:
    merged = merge_inlines(old["c"], new["c"], merge_note=_note_merger(comparison))
    return None if merged is None else {"t": new["t"], "c": merged}


def _merge_header(old: Block, new: Block, comparison: Comparison) -> Block | None:
    (old_level, (_, *old_rest), old_text), (level, attr, text) = old["c"], new["c"]
    if old_level != level or old_rest != attr[1:]:
        return None
    merged = merge_inlines(old_text, text, merge_note=_note_merger(comparison), min_kept=MIN_KEPT_SHARE_HEADING)
    return None if merged is None else {"t": "Header", "c": [level, attr, merged]}


def _note_merger(comparison: Comparison) -> Callable[[Inline, Inline], Inline | None]:
    def merge_note(old: Inline, new: Inline) -> Inline | None:
        blocks = merge_blocks(old["c"], new["c"], comparison)
        if all(block["t"] == "Div" for block in blocks):  # nothing in common: another note
            return None
        merged = {"t": "Note", "c": blocks}
        return merged if _proves([merged], [old], [new]) else None

    return merge_note


def _merge_quote(old: Block, new: Block, comparison: Comparison) -> Block:
    return {"t": "BlockQuote", "c": merge_blocks(old["c"], new["c"], comparison)}


def _merge_div(old: Block, new: Block, comparison: Comparison) -> Block | None:
    if old["c"][0] != new["c"][0]:
        return None
    return {"t": "Div", "c": [new["c"][0], merge_blocks(old["c"][1], new["c"][1], comparison)]}


# ---- lists -----------------------------------------------------------------


def _merge_bullets(old: Block, new: Block, comparison: Comparison) -> Block:
    return {"t": "BulletList", "c": _merge_items(old["c"], new["c"], comparison)}


def _merge_ordered(old: Block, new: Block, comparison: Comparison) -> Block | None:
    if old["c"][0] != new["c"][0]:
        return None
    return {"t": "OrderedList", "c": [new["c"][0], _merge_items(old["c"][1], new["c"][1], comparison)]}


def items_of(block: Block) -> list[list[Block]]:
    """Return the items of a bullet or ordered list; other blocks have none."""
    if block["t"] == "BulletList":
        return block["c"]
    return block["c"][1] if block["t"] == "OrderedList" else []


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


def mark_items(block: Block, kind: str, comparison: Comparison) -> Block | None:
    """Return a bullet list that is in one edition only, item by item; None if no item moved.

    A numbered list cannot lose all its items one by one: its numbering would stay.
    """
    items = items_of(block)
    known = comparison.items_gone if kind == DELETION else comparison.items_come
    if block["t"] != "BulletList" or not any((id(items), place) in known for place in range(len(items))):
        return None
    side = _gone_item if kind == DELETION else _come_item
    return {"t": "BulletList", "c": [[side(items, place, comparison, {})] for place in range(len(items))]}


def _merge_items(old: list, new: list, comparison: Comparison) -> list[list[Block]]:
    before, after = [item_unit(item) for item in old], [item_unit(item) for item in new]
    pairs = align_units(before, after, comparison.vocabulary)
    moves = _item_moves(before, after, pairs, id(old), id(new), comparison)
    gone = {i: run for (i, _), run in moves.items()}
    come = {j: (run, old[i]) for (i, j), run in moves.items()}
    out: list[list[Block]] = []
    for row, column in _steps(pairs, len(before), len(after)):
        if isinstance(row, range):
            out += [[_gone_item(old, i, comparison, gone)] for i in row]
            out += [[_come_item(new, j, comparison, come)] for j in column]
        else:
            same = before[row].key == after[column].key
            out.append(new[column] if same else merge_blocks(old[row], new[column], comparison))
    return out


def _gone_item(items: list, place: int, comparison: Comparison, here: Mapping[int, Run]) -> Block:
    """Return an old item, marked; `here` holds the moves inside this list."""
    run = comparison.items_gone.get((id(items), place)) or here.get(place)
    if run is None:
        return mark_blocks(DELETION, items[place])
    return mark_blocks(MOVED_FROM, items[place], move=comparison.name(run))


def _come_item(items: list, place: int, comparison: Comparison, here: Mapping[int, tuple[Run, list[Block]]]) -> Block:
    found = comparison.items_come.get((id(items), place)) or here.get(place)
    if found is None:
        return mark_blocks(INSERTION, items[place])
    run, source = found
    return mark_blocks(MOVED_TO, merge_blocks(source, items[place], comparison), move=comparison.name(run))


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


def _merge_definitions(old: Block, new: Block, comparison: Comparison) -> Block | None:
    """Pair entries by their term; an entry's definitions are compared one by one."""
    before = [Unit(entry, equality_key(entry), "entry", 0.5, text_of(entry[0])) for entry in old["c"]]
    after = [Unit(entry, equality_key(entry), "entry", 0.5, text_of(entry[0])) for entry in new["c"]]
    out: list = []
    for row, column in _steps(align_units(before, after, comparison.vocabulary), len(before), len(after)):
        if isinstance(row, range):
            out += [_mark_entry(DELETION, before[i].value) for i in row]
            out += [_mark_entry(INSERTION, after[j].value) for j in column]
            continue
        (old_term, old_definitions), (term, definitions) = before[row].value, after[column].value
        merged = merge_inlines(old_term, term, merge_note=_note_merger(comparison), min_kept=MIN_KEPT_SHARE_HEADING)
        if merged is None:
            merged = [mark_inlines(DELETION, old_term), mark_inlines(INSERTION, term)]
        out.append([merged, _merge_items(old_definitions, definitions, comparison)])
    return {"t": "DefinitionList", "c": out}


def _mark_entry(kind: str, entry: list) -> list:
    term, definitions = entry
    return [[mark_inlines(kind, term)], [[mark_blocks(kind, blocks)] for blocks in definitions]]


def _merge_lines(old: Block, new: Block, comparison: Comparison) -> Block:
    before, after = [_line_unit(line) for line in old["c"]], [_line_unit(line) for line in new["c"]]
    out: list[list[Inline]] = []
    for row, column in _steps(align_units(before, after, comparison.vocabulary), len(before), len(after)):
        if isinstance(row, range):
            out += [[mark_inlines(DELETION, before[i].value)] for i in row]
            out += [[mark_inlines(INSERTION, after[j].value)] for j in column]
            continue
        merged = merge_inlines(before[row].value, after[column].value, merge_note=_note_merger(comparison))
        if merged is None:
            out += [[mark_inlines(DELETION, before[row].value)], [mark_inlines(INSERTION, after[column].value)]]
        else:
            out.append(merged)
    return {"t": "LineBlock", "c": out}


# ---- tables ----------------------------------------------------------------


def _merge_table(old: Block, new: Block, comparison: Comparison) -> Block | None:
    """Mark rows, and words inside cells; None if the table's build changed (columns, spans, attributes)."""
    old_attr, (old_short, old_caption), old_columns, old_head, old_bodies, old_foot = old["c"]
    attr, (short, caption), columns, head, bodies, foot = new["c"]
    same_build = (old_attr, old_short, old_columns, old_head[0], old_foot[0]) == (
        attr,
        short,
        columns,
        head[0],
        foot[0],
    ) and [body[:2] for body in old_bodies] == [body[:2] for body in bodies]
    if not same_build:
        return None

    def rows(old_rows: list, new_rows: list) -> list:
        return _merge_rows(old_rows, new_rows, comparison)

    return {
        "t": "Table",
        "c": [
            attr,
            [short, merge_blocks(old_caption, caption, comparison)],
            columns,
            [head[0], rows(old_head[1], head[1])],
            [
                [body[0], body[1], rows(before[2], body[2]), rows(before[3], body[3])]
                for before, body in zip(old_bodies, bodies, strict=True)
            ],
            [foot[0], rows(old_foot[1], foot[1])],
        ],
    }


def _merge_rows(old: list, new: list, comparison: Comparison) -> list:
    before, after = [_row_unit(row) for row in old], [_row_unit(row) for row in new]
    out: list[Any] = []
    for row, column in _steps(align_units(before, after, comparison.vocabulary), len(before), len(after)):
        if isinstance(row, range):
            out += [mark_row(DELETION, before[i].value) for i in row]
            out += [mark_row(INSERTION, after[j].value) for j in column]
            continue
        if before[row].key == after[column].key:
            out.append(after[column].value)
            continue
        merged = _merge_row(before[row].value, after[column].value, comparison)
        if merged is None:
            out += [mark_row(DELETION, before[row].value), mark_row(INSERTION, after[column].value)]
        else:
            out.append(merged)
    return out


def _merge_row(old: list, new: list, comparison: Comparison) -> list | None:
    if old[0] != new[0] or [cell[:4] for cell in old[1]] != [cell[:4] for cell in new[1]]:
        return None
    cells = [
        [*cell[:4], _merge_cell(before[4], cell[4], comparison)] for before, cell in zip(old[1], new[1], strict=True)
    ]
    merged = [new[0], cells]
    return merged if _proves([merged], [old], [new]) else None


def _merge_cell(old: list[Block], new: list[Block], comparison: Comparison) -> list[Block]:
    """Mark the words of a cell that is one line, even if none of them stays: it has its place in the row."""
    if [block["t"] for block in old] == ["Plain"] == [block["t"] for block in new] and old[0]["c"] and new[0]["c"]:
        merged = merge_inlines(old[0]["c"], new[0]["c"], merge_note=_note_merger(comparison), min_kept=0)
        if merged is not None:
            return [{"t": "Plain", "c": merged}]
    return merge_blocks(old, new, comparison)


MERGERS: dict[str, Callable[[Block, Block, Comparison], Block | None]] = {
    "Para": _merge_text,
    "Plain": _merge_text,
    "Header": _merge_header,
    "BlockQuote": _merge_quote,
    "Div": _merge_div,
    "BulletList": _merge_bullets,
    "OrderedList": _merge_ordered,
    "DefinitionList": _merge_definitions,
    "LineBlock": _merge_lines,
    "Table": _merge_table,
}
