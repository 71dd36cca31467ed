"""A redline as a pandoc document: the form the annex, the oracle and every renderer read.

Each chapter is a `Div.chapter` with `old-path` and/or `new-path`; inside it,
marks as `redline/marks.py` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from millesime.markup.ast import Block, div
from millesime.redline.marks import is_attr, mark_blocks
from millesime.redline.model import (
    DELETED,
    DELETION,
    INSERTED,
    INSERTION,
    MARKS,
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


# ---- sources that use the marks' names themselves ----------------------------

_ESCAPE = "source-"


def escape_marks(blocks: list[Block]) -> list[Block]:
    """Return blocks in which no class of the source is taken for a mark: `insertion` is `source-insertion`."""
    return _rename(blocks, lambda name: _ESCAPE + name if _plain_name(name) in MARKS else name)


def unescape_marks(blocks: list[Block]) -> list[Block]:
    """Return blocks with the classes that the source gave them."""
    return _rename(
        blocks,
        lambda name: name[len(_ESCAPE) :] if name.startswith(_ESCAPE) and _plain_name(name) in MARKS else name,
    )


def _plain_name(name: str) -> str:
    while name.startswith(_ESCAPE):
        name = name[len(_ESCAPE) :]
    return name


def _rename(value: Any, rename) -> Any:
    if isinstance(value, list):
        if is_attr(value):
            ident, classes, pairs = value
            renamed = [rename(name) for name in classes]
            return value if renamed == classes else [ident, renamed, pairs]
        new = [_rename(item, rename) if isinstance(item, (list, dict)) else item for item in value]
        return new if any(one is not other for one, other in zip(new, value, strict=True)) else value
    content = value.get("c")
    if "t" not in value:
        new = {key: _rename(item, rename) if isinstance(item, (list, dict)) else item for key, item in value.items()}
        return new if any(new[key] is not value[key] for key in new) else value
    if not isinstance(content, list):
        return value
    new = _rename(content, rename)
    return value if new is content else {"t": value["t"], "c": new}
