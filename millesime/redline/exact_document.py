"""A redline as a pandoc document: the form the annex, the oracle and every renderer read.

Each chapter is a `Div.chapter` with `old-path` and/or `new-path`; inside it,
marks as `redline/marks.py` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from millesime.markup.ast import Block, div
from millesime.redline.marks import mark_blocks
from millesime.redline.model import (
    DELETED,
    DELETION,
    INSERTED,
    INSERTION,
    MOVED_FROM,
    MOVED_TO,
    BlockChange,
    ChapterChange,
    Redline,
)


def to_ast(redline: Redline) -> list[Block]:
    """Return the whole redline, unchanged text included: one `Div.chapter` for each chapter."""
    return [chapter_ast(chapter, blocks_ast(chapter.blocks)) for chapter in redline.chapters]


def chapter_ast(chapter: ChapterChange, blocks: Iterable[Block]) -> Block:
    """Return a chapter's `Div.chapter` around some blocks.

    Attributes: `change` (words of `ChapterChange.kinds`), `old-path`,
    `new-path`, and `old-title`, `new-title` where they differ.
    """
    pairs = [("change", " ".join(chapter.kinds))]
    for side, place in (("old", chapter.old), ("new", chapter.new)):
        if place is not None:
            pairs.append((f"{side}-path", place.path))
    if chapter.retitled and chapter.old and chapter.new:
        pairs += [("old-title", chapter.old.title), ("new-title", chapter.new.title)]
    return div(blocks, classes=["chapter"], pairs=pairs)


def blocks_ast(changes: Sequence[BlockChange]) -> list[Block]:
    """Return block changes as marked blocks; neighbours of one kind (and one move) share a Div."""
    out: list[Block] = []
    for (kind, move, by_item, quiet), group in groupby(changes, key=_group):
        run = list(group)
        extra = sorted(run[0].aspects) if quiet else []
        match "by item" if by_item else kind:
            case "inserted":
                out.append(mark_blocks(INSERTION, [_one(change.new) for change in run], extra=extra))
            case "deleted":
                out.append(mark_blocks(DELETION, [_one(change.old) for change in run], extra=extra))
            case "moved-from":
                out.append(mark_blocks(MOVED_FROM, [_one(change.old) for change in run], move=move))
            case "moved-to":
                out.append(mark_blocks(MOVED_TO, [block for change in run for block in change.merged], move=move))
            case "replaced":
                for change in run:
                    out.append(mark_blocks(DELETION, [_one(change.old)]))
                    out.append(mark_blocks(INSERTION, [_one(change.new)]))
            case _:
                out += [block for change in run for block in change.merged]
    return out


def _group(change: BlockChange) -> tuple[str, str, bool, bool]:
    one_sided = change.kind in (INSERTED, DELETED)
    return change.kind, change.move, one_sided and bool(change.merged), one_sided and change.quiet


def _one(block: Block | None) -> Block:
    assert block is not None
    return block
