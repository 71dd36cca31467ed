"""Find paragraphs that were split in two, and pairs that were joined.

Both are compared as one text with a pilcrow where a paragraph ends. Of a
split, the exact form holds what went to the later paragraphs twice:

    Para [ first part, Span.deletion.split [ a space, Span.deletion [ the rest as it was ] ] ]
    Div.insertion.split [ Para [ its words marked, Span.deletion.split [ a space ] ] ] …

and of a join the reverse, with class `joined`. Each end of a paragraph that
one side has and the other has not is such a Span: a paragraph that became
three has two. So it is inside lists, quotes, frames, cells and notes too,
where the one of two versions may be a `Plain`: these two are a twin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from millesime.markup.ast import Block, Inline
from millesime.redline.marks import (
    JOINED_TEXT,
    OLD,
    SPACING,
    SPLIT_TEXT,
    mark_blocks,
    mark_inlines,
    mark_of,
    take_side,
)
from millesime.redline.merging.inlines import NoteMerger, merge_inlines
from millesime.redline.model import DELETION, INSERTION
from millesime.redline.pairing.align import Unit, phrases
from millesime.redline.pairing.units import NOTE, Comparison, own_words, proves

_LEAST_WORDS = 4
_LEAST_CONTAINED = 0.6  # of the phrases of a part, to be found in the whole
_LEAST_PAIRED = 0.1  # of those of the part that is its pair, which may have been edited
_PILCROW: Inline = {"t": "RawInline", "c": ["millesime", "¶"]}


@dataclass(frozen=True, slots=True)
class Group:
    """One old paragraph that became several (`rows` has one, `columns` several), or the reverse."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    blocks: tuple[Block, ...]  # merged: one for each of the several
    moves: int = 0  # in notes of theirs, named by `local_name`

    @property
    def is_split(self) -> bool:
        return len(self.rows) == 1


def find_groups(
    old: Sequence[Unit],
    new: Sequence[Unit],
    pairs: Sequence[tuple[int, int]],
    comparison: Comparison,
    merge_note: NoteMerger,
) -> dict[tuple[int, int], Group]:
    """Return the split and joined paragraphs of two versions of a chapter, by the pair that each begins with."""
    found: dict[tuple[int, int], Group] = {}
    for pair, rows, columns in candidates(old, new, pairs):
        sides = [old[row] for row in rows], [new[column] for column in columns]
        blocks, runs = comparison.apart(lambda sides=sides: merge_parted(*sides, merge_note))
        if blocks:
            found[pair] = Group(rows, columns, tuple(blocks), len(runs))
    return found


def candidates(
    old: Sequence[Unit], new: Sequence[Unit], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], tuple[int, ...], tuple[int, ...]]]:
    """Yield what may have been split or joined: its pair, the old paragraphs and the new ones, one of them several."""
    rows, columns = {i for i, _ in pairs}, {j for _, j in pairs}
    for i, j in pairs:
        if old[i].key == new[j].key or not _is_text(old[i]) or not _is_text(new[j]):
            continue
        parts = _neighbours(old[i], new, j, columns)
        wholes = _neighbours(new[j], old, i, rows) if len(parts) == 1 else [i]
        if len(parts) > 1 or len(wholes) > 1:
            rows.update(wholes)
            columns.update(parts)
            yield (i, j), tuple(wholes), tuple(parts)


def _is_text(unit: Unit) -> bool:
    return isinstance(unit.value, dict) and unit.value["t"] in ("Para", "Plain") and len(_words(unit)) >= _LEAST_WORDS


def _words(unit: Unit) -> list[str]:
    """Return the words of a paragraph without those of its notes: what goes from a note to another parts no text."""
    return own_words(unit.value) if NOTE in unit.key else unit.words


def _phrases(unit: Unit) -> set[int]:
    return phrases(_words(unit)) if NOTE in unit.key else unit.phrases


def _neighbours(whole: Unit, units: Sequence[Unit], at: int, paired: set[int]) -> list[int]:
    """Return `at` and the unpaired paragraphs next to it that are parts of the whole, as `at` is."""
    mine = _phrases(whole)

    def is_in(place: int, least: float) -> bool:
        theirs = _phrases(units[place])
        return len(mine & theirs) >= least * len(theirs)

    def is_part(place: int) -> bool:
        if not 0 <= place < len(units) or place in paired or not _is_text(units[place]):
            return False
        return is_in(place, _LEAST_CONTAINED)

    first = last = at
    if not is_part(first - 1) and not is_part(last + 1) or not is_in(at, _LEAST_PAIRED):
        return [at]
    while is_part(first - 1):
        first -= 1
    while is_part(last + 1):
        last += 1
    return list(range(first, last + 1))


def merge_parted(old: Sequence[Unit], new: Sequence[Unit], merge_note: NoteMerger) -> list[Block]:
    """Return the merged blocks, or none if the proof fails."""
    merged = merge_inlines(_joined(old), _joined(new), merge_note=merge_note)
    if merged is None:
        return []
    first, *rest = _cut(merged)
    if len(rest) + 1 != max(len(old), len(new)):
        return []
    if len(old) == 1:
        after = take_side([inline for part in rest for inline in part], OLD)
        first, space = _without_last_space(first)
        first = [*first, mark_inlines(DELETION, [*space, mark_inlines(DELETION, after)], extra=[SPLIT_TEXT])]
        ended = zip([*map(_with_end, rest[:-1]), rest[-1]], new[1:], strict=True)
        later = [mark_blocks(INSERTION, [_like(unit, part)], extra=[SPLIT_TEXT]) for part, unit in ended]
    else:
        after = _with_plain_space(rest[0])
        for part in rest[1:]:
            after += [mark_inlines(DELETION, [], extra=[JOINED_TEXT]), *_with_plain_space(part)]
        first = [*first, mark_inlines(INSERTION, after, extra=[JOINED_TEXT])]
        later = [mark_blocks(DELETION, [unit.value], extra=[JOINED_TEXT]) for unit in old[1:]]
    whole = _like(new[0], first)
    if old[0].value["t"] == whole["t"]:
        blocks = [whole, *later]
    else:
        twin = mark_blocks(DELETION, [old[0].value], extra=[SPACING]), mark_blocks(INSERTION, [whole], extra=[SPACING])
        blocks = [*twin, *later]
    return blocks if proves(blocks, [unit.value for unit in old], [unit.value for unit in new]) else []


def _with_end(part: list[Inline]) -> list[Inline]:
    """Return a paragraph of several that were one, with the space that parted it from the next, as it was."""
    part, space = _without_last_space(part)
    return [*part, mark_inlines(DELETION, space, extra=[SPLIT_TEXT])]


def _without_last_space(part: list[Inline]) -> tuple[list[Inline], list[Inline]]:
    return (part[:-1], part[-1]["c"][1]) if part and _is_space(part[-1]) else (part, [])


def _with_plain_space(part: list[Inline]) -> list[Inline]:
    """Return what follows an end that went, the space that stands in its place without a mark."""
    return [*part[0]["c"][1], *part[1:]] if part and _is_space(part[0]) else part


def _is_space(inline: Inline) -> bool:
    """Whether a mark holds nothing but a space."""
    return bool(mark_of(inline)) and [node["t"] for node in inline["c"][1]] == ["Space"]


def _like(unit: Unit, inlines: list[Inline]) -> Block:
    return {"t": unit.value["t"], "c": inlines}


def _joined(units: Sequence[Unit]) -> list[Inline]:
    out: list[Inline] = []
    for unit in units:
        out += [_PILCROW, *unit.value["c"]] if out else unit.value["c"]
    return out


def _cut(inlines: list[Inline]) -> list[list[Inline]]:
    """Return merged inlines cut at the pilcrows, which stand in marks."""
    parts: list[list[Inline]] = [[]]
    for inline in inlines:
        if not mark_of(inline) or _PILCROW not in inline["c"][1]:
            parts[-1].append(inline)
            continue
        piece: list[Inline] = []
        for child in [*inline["c"][1], None]:
            if child is not None and child != _PILCROW:
                piece.append(child)
                continue
            if piece:
                parts[-1].append({"t": "Span", "c": [inline["c"][0], piece]})
            piece = []
            if child is not None:
                parts.append([])
    return parts
