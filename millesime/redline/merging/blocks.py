"""Merge two versions of one block into one block with marks, or report that they are too different.

Every merge is proved before it is used: both versions must come out of it
exactly. One that fails the proof gives nothing, and the block is replaced
whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from millesime.markup.ast import Block, Inline, text_of
from millesime.markup.item_numbers import own_numbers
from millesime.markup.normalise import equality_key
from millesime.redline.marks import (
    ATTRIBUTES,
    CAPTION,
    CODE,
    COMMENT,
    IMAGE,
    LEVEL,
    NUMBERING,
    RAW,
    SPACING,
    mark_blocks,
    mark_inlines,
)
from millesime.redline.merging.inlines import MIN_KEPT_SHARE, merge_inlines
from millesime.redline.merging.lists import mark_one_sided, merge_items
from millesime.redline.merging.splits import candidates, merge_parted
from millesime.redline.merging.tables import aligned_anew, caption_came_or_went, merge_caption, merge_table
from millesime.redline.model import DELETION, INSERTION
from millesime.redline.pairing.align import Unit, align_units
from millesime.redline.pairing.units import Comparison, block_unit, items_of, line_unit, proves, steps
from millesime.redline.text.words import is_unseen

MIN_KEPT_SHARE_HEADING = 0.2  # a heading is short and stays in its place: mark it sooner


# ---- blocks ----------------------------------------------------------------


def merge_blocks(old: Sequence[Block], new: Sequence[Block], comparison: Comparison) -> list[Block]:
    """Return one list of blocks that holds both versions, marked inside or around its blocks."""
    before, after = [block_unit(block) for block in old], [block_unit(block) for block in new]
    out: list[Block] = []
    pairs = align_units(before, after, comparison.vocabulary)
    parted = _parted(before, after, pairs, comparison) if len(before) != len(after) else {}
    rows = {row for pair in parted.values() for row in pair[0]}
    columns = {column for pair in parted.values() for column in pair[1]}
    for row, column in steps(pairs, len(before), len(after)):
        if isinstance(row, range):
            gone, come = [place for place in row if place not in rows], [one for one in column if one not in columns]
            out += mark_one_sided(DELETION, old, gone, comparison, merge_blocks)
            out += mark_one_sided(INSERTION, new, come, comparison, merge_blocks)
        elif (row, column) in parted:
            out += parted[row, column][2]
        elif before[row].key == after[column].key:
            out.append(after[column].value)
        else:
            old_block, new_block = before[row].value, after[column].value
            out += merge_pair(old_block, new_block, comparison) or [
                mark_blocks(DELETION, [old_block]),
                mark_blocks(INSERTION, [new_block]),
            ]
    return out


def _parted(
    before: Sequence[Unit], after: Sequence[Unit], pairs: Sequence[tuple[int, int]], comparison: Comparison
) -> dict[tuple[int, int], tuple[Sequence[int], Sequence[int], list[Block]]]:
    """Return the paragraphs that were split or joined, by their pair: old ones, new ones, and both as one."""
    found = {}
    for pair, rows, columns in candidates(before, after, pairs):
        sides = [before[row] for row in rows], [after[column] for column in columns]
        if blocks := merge_parted(*sides, note_merger(comparison)):
            found[pair] = rows, columns, blocks
    return found


def merge_pair(old: Block, new: Block, comparison: Comparison) -> list[Block]:
    """Return the blocks that hold both versions of one block; none if it is to be replaced whole.

    One block marked inside where that can be. Where it cannot (a heading's
    level, the lines of a code block), a *twin*: the old one in a deletion and
    the new one, marked inside, in an insertion, with a second class that says
    what changed; `readers_view.py` shows it once.
    """
    merged = _merged_pair(old, new, comparison)
    return merged if merged and proves(merged, [old], [new]) else []


def with_images(old: Block, new: Block, merged: list[Block]) -> list[Block]:
    """Return the merge of two blocks that name the same images, whose files are others, as a twin.

    A block that holds more than images stays as it is: the redline's
    `aspects` alone tell.
    """
    is_picture = new["t"] == "Figure" or (
        new["t"] in ("Para", "Plain") and {node["t"] for node in new["c"]} <= {"Image", "Space"}
    )
    twin = _twin(old, merged[0], IMAGE) if is_picture and len(merged) == 1 else merged
    return twin if proves(twin, [old], [new]) else merged


def _merged_pair(old: Block, new: Block, comparison: Comparison) -> list[Block]:
    kind = new["t"]
    if {old["t"], kind} == {"Para", "Plain"}:
        inlines = _merge_words(old["c"], new["c"], comparison)
        return [] if inlines is None else _twin(old, {"t": kind, "c": inlines}, SPACING)
    if {old["t"], kind} == {"BulletList", "OrderedList"}:
        items = merge_items(items_of(old), items_of(new), comparison, merge_blocks)
        merged = {"t": kind, "c": items if kind == "BulletList" else [new["c"][0], items]}
        return _twin(old, merged, NUMBERING)
    if old["t"] != kind or kind not in MERGERS:
        return []
    merged = MERGERS[kind](old, new, comparison)
    if merged is None:
        return []
    return merged if isinstance(merged, list) else [merged]


def _twin(old: Block, new: Block, what: str) -> list[Block]:
    return [mark_blocks(DELETION, [old], extra=[what]), mark_blocks(INSERTION, [new], extra=[what])]


def _merge_words(
    old: list[Inline], new: list[Inline], comparison: Comparison, *, min_kept: float = MIN_KEPT_SHARE
) -> list[Inline] | None:
    merge_note, lexicon = note_merger(comparison), comparison.lexicon
    return merge_inlines(old, new, merge_note=merge_note, lexicon=lexicon, min_kept=min_kept)


def _merge_text(old: Block, new: Block, comparison: Comparison) -> Block | None:
    merged = _merge_words(old["c"], new["c"], comparison)
    return None if merged is None else {"t": new["t"], "c": merged}


def _merge_header(old: Block, new: Block, comparison: Comparison) -> Block | list[Block] | None:
    (old_level, (_, *old_rest), old_text), (level, attr, text) = old["c"], new["c"]
    inlines = _merge_words(old_text, text, comparison, min_kept=MIN_KEPT_SHARE_HEADING)
    if inlines is None:
        return None
    merged = {"t": "Header", "c": [level, attr, inlines]}
    if old_level == level and old_rest == attr[1:]:
        return merged
    return _twin(old, merged, LEVEL if old_level != level else ATTRIBUTES)


def _merge_code(old: Block, new: Block, comparison: Comparison) -> list[Block]:
    return _twin(old, new, CODE if old["c"][1] != new["c"][1] else ATTRIBUTES)


def _merge_raw(old: Block, new: Block, comparison: Comparison) -> list[Block]:
    return _twin(old, new, COMMENT if is_unseen(old) and is_unseen(new) else RAW)


def _merge_figure(old: Block, new: Block, comparison: Comparison) -> Block | list[Block]:
    """Mark the caption's words; another image makes a twin."""
    old_attr, (old_short, old_caption), old_content = old["c"]
    attr, (short, caption), content = new["c"]
    merged_caption = merge_caption(old_caption, caption, comparison, merge_blocks)
    merged = {"t": "Figure", "c": [attr, [short, merged_caption], content]}
    if caption_came_or_went(old_caption, caption) and equality_key(old_content) == equality_key(content):
        return _twin(old, merged, CAPTION)
    if (old_attr, old_short) == (attr, short) and equality_key(old_content) == equality_key(content):
        return merged
    return _twin(old, merged, IMAGE if equality_key(old_content) != equality_key(content) else ATTRIBUTES)


def note_merger(comparison: Comparison) -> Callable[[Inline, Inline], Inline | None]:
    """Return what merges two notes, their blocks marked inside; it returns None for notes with nothing in common."""

    def merge_note(old: Inline, new: Inline) -> Inline | None:
        blocks = merge_blocks(old["c"], new["c"], comparison)
        if all(block["t"] == "Div" for block in blocks):  # nothing in common: another note
            return None
        merged = {"t": "Note", "c": blocks}
        return merged if proves([merged], [old], [new]) else None

    return merge_note


def _merge_quote(old: Block, new: Block, comparison: Comparison) -> Block:
    return {"t": "BlockQuote", "c": merge_blocks(old["c"], new["c"], comparison)}


def _merge_div(old: Block, new: Block, comparison: Comparison) -> Block | list[Block]:
    merged = {"t": "Div", "c": [new["c"][0], merge_blocks(old["c"][1], new["c"][1], comparison)]}
    return merged if old["c"][0] == new["c"][0] else _twin(old, merged, ATTRIBUTES)


# ---- lists ---------------------------------------------------------------


def _merge_bullets(old: Block, new: Block, comparison: Comparison) -> Block:
    return {"t": "BulletList", "c": merge_items(old["c"], new["c"], comparison, merge_blocks)}


def _merge_ordered(old: Block, new: Block, comparison: Comparison) -> Block | list[Block]:
    merged = {"t": "OrderedList", "c": [new["c"][0], merge_items(old["c"][1], new["c"][1], comparison, merge_blocks)]}
    same = old["c"][0] == new["c"][0] and own_numbers(old) == own_numbers(new)
    return merged if same else _twin(old, merged, NUMBERING)


def _merge_definitions(old: Block, new: Block, comparison: Comparison) -> Block | None:
    """Pair entries by their term; an entry's definitions are compared one by one."""
    before = [Unit(entry, equality_key(entry), "entry", 0.5, text_of(entry[0])) for entry in old["c"]]
    after = [Unit(entry, equality_key(entry), "entry", 0.5, text_of(entry[0])) for entry in new["c"]]
    out: list = []
    for row, column in steps(align_units(before, after, comparison.vocabulary), len(before), len(after)):
        if isinstance(row, range):
            out += [_mark_entry(DELETION, before[i].value) for i in row]
            out += [_mark_entry(INSERTION, after[j].value) for j in column]
            continue
        (old_term, old_definitions), (term, definitions) = before[row].value, after[column].value
        merged = _merge_words(old_term, term, comparison, min_kept=MIN_KEPT_SHARE_HEADING)
        if merged is None:
            merged = [mark_inlines(DELETION, old_term), mark_inlines(INSERTION, term)]
        out.append([merged, merge_items(old_definitions, definitions, comparison, merge_blocks)])
    return {"t": "DefinitionList", "c": out}


def _mark_entry(kind: str, entry: list) -> list:
    term, definitions = entry
    return [[mark_inlines(kind, term)], [[mark_blocks(kind, blocks)] for blocks in definitions]]


def _merge_lines(old: Block, new: Block, comparison: Comparison) -> Block:
    before, after = [line_unit(line) for line in old["c"]], [line_unit(line) for line in new["c"]]
    out: list[list[Inline]] = []
    for row, column in steps(align_units(before, after, comparison.vocabulary), len(before), len(after)):
        if isinstance(row, range):
            out += [[mark_inlines(DELETION, before[i].value)] for i in row]
            out += [[mark_inlines(INSERTION, after[j].value)] for j in column]
            continue
        merged = _merge_words(before[row].value, after[column].value, comparison)
        if merged is None:
            out += [[mark_inlines(DELETION, before[row].value)], [mark_inlines(INSERTION, after[column].value)]]
        else:
            out.append(merged)
    return {"t": "LineBlock", "c": out}


def _merge_table(old: Block, new: Block, comparison: Comparison) -> Block | list[Block] | None:
    merged = merge_table(old, new, comparison, merge=merge_blocks, merge_note=note_merger(comparison))
    if merged is None:
        return None
    if caption_came_or_went(old["c"][1][1], new["c"][1][1]):
        return _twin(old, merged, CAPTION)
    if old["c"][0] != new["c"][0]:
        return _twin(old, merged, ATTRIBUTES)
    # Cells that stand elsewhere in their columns are layout, as the space between the items of a list is.
    return _twin(old, merged, SPACING) if aligned_anew(old, new) else merged


MERGERS: dict[str, Callable[[Block, Block, Comparison], Block | list[Block] | None]] = {
    "Para": _merge_text,
    "Plain": _merge_text,
    "Header": _merge_header,
    "CodeBlock": _merge_code,
    "RawBlock": _merge_raw,
    "Figure": _merge_figure,
    "BlockQuote": _merge_quote,
    "Div": _merge_div,
    "BulletList": _merge_bullets,
    "OrderedList": _merge_ordered,
    "DefinitionList": _merge_definitions,
    "LineBlock": _merge_lines,
    "Table": _merge_table,
}
