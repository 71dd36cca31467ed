"""The changed passages of a redline with some unchanged context: the input of the annex.

for chapter in changed_chapters(redline):
    for passage in passages(chapter, context=1):
        passage.trail_new    # the headings above it: [Heading(level=2, id="donnees", inlines=[…]), …]
        passage.blocks       # merged AST, marks as in `redline/exact_document.py`, ready to stand in an annex chapter
        passage.before       # blocks of the chapter elided between the passage before and this one
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millesime.markup.ast import Block, Inline
from millesime.redline.exact_document import blocks_ast
from millesime.redline.model import MOVED_FROM, MOVED_TO, BlockChange, ChapterChange, Redline
from millesime.redline.reading.readers_view import for_readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading above a passage, as one edition has it."""

    level: int
    id: str  # pandoc's, in the chapter's source; "" if it has none
    inlines: tuple[Inline, ...]
    index: int  # of its block in that edition's chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of changed blocks and the unchanged ones next to it.

    `trail_old` and `trail_new` are the headings of the sections that the first
    changed block stands in, outermost first, the chapter's own heading
    included; a heading that is itself the first changed block is not in them.
    One is empty where the edition has no such chapter.
    """

    first: int  # range in `chapter.blocks`: first to last, both included, with context
    last: int
    trail_old: tuple[Heading, ...]
    trail_new: tuple[Heading, ...]
    changes: tuple[BlockChange, ...]  # chapter.blocks[first:last + 1]
    blocks: tuple[Block, ...]  # the same as marked AST, for reading: see `for_readers`
    before: int  # unchanged blocks left out just before this passage
    after: int  # unchanged blocks left out at the chapter's end, after the last passage; else 0
    old_index: int | None  # the first block of the passage in the old and new chapter: for links
    new_index: int | None


def changed_chapters(redline: Redline) -> list[ChapterChange]:
    """Return the chapters of which a reader wants to hear: all but the kept ones, in reading order."""
    return [chapter for chapter in redline.chapters if chapter.changed]


def passages(chapter: ChapterChange, *, context: int = 1) -> list[Passage]:
    """Return a chapter's changed passages in reading order, each with `context` unchanged blocks around.

    Passages whose contexts touch or overlap are one. A chapter that was
    inserted or deleted is one passage; one that only moved or was renamed has
    none.
    """
    ranges = _ranges(chapter.blocks, context)
    trails = _trails(chapter.blocks)
    out: list[Passage] = []
    for number, (first, last) in enumerate(ranges):
        changes = chapter.blocks[first : last + 1]
        at = next(place for place in range(first, last + 1) if chapter.blocks[place].told)
        previous = ranges[number - 1][1] if number else -1
        out.append(
            Passage(
                first=first,
                last=last,
                trail_old=trails[at][0],
                trail_new=trails[at][1],
                changes=changes,
                blocks=tuple(for_readers(blocks_ast(changes))),
                before=first - previous - 1,
                after=len(chapter.blocks) - 1 - last if number + 1 == len(ranges) else 0,
                old_index=next((index for change in changes if (index := _old_index(change)) is not None), None),
                new_index=next((index for change in changes if (index := _new_index(change)) is not None), None),
            )
        )
    return out


def _ranges(changes: Sequence[BlockChange], context: int) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for place, change in enumerate(changes):
        if not change.told:
            continue
        first, last = max(0, place - context), min(len(changes) - 1, place + context)
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _old_index(change: BlockChange) -> int | None:
    return None if change.kind == MOVED_TO else change.old_index


def _new_index(change: BlockChange) -> int | None:
    return None if change.kind == MOVED_FROM else change.new_index


def _trails(changes: Sequence[BlockChange]) -> list[tuple[tuple[Heading, ...], tuple[Heading, ...]]]:
    """Return the headings above each block, on both sides."""
    old: tuple[Heading, ...] = ()
    new: tuple[Heading, ...] = ()
    out = []
    for change in changes:
        above_old = _above(old, change.old, _old_index(change))
        above_new = _above(new, change.new, _new_index(change))
        out.append((above_old, above_new))
        old = _entered(above_old, change.old, _old_index(change))
        new = _entered(above_new, change.new, _new_index(change))
    return out


def _above(trail: tuple[Heading, ...], block: Block | None, index: int | None) -> tuple[Heading, ...]:
    """Return the trail at a block: a heading stands in the sections of lower levels only."""
    if block is None or index is None or block["t"] != "Header":
        return trail
    return tuple(heading for heading in trail if heading.level < block["c"][0])


def _entered(trail: tuple[Heading, ...], block: Block | None, index: int | None) -> tuple[Heading, ...]:
    if block is None or index is None or block["t"] != "Header":
        return trail
    level, (ident, *_), inlines = block["c"]
    return (*trail, Heading(level=level, id=ident, inlines=tuple(inlines), index=index))
