"""The values of a redline: what changed between two editions, block by block.

A `Redline` holds chapters in reading order, a chapter holds its blocks in
reading order, and each block says what became of it. `redline/exact_document.py` shows
it as a pandoc document, `redline/laws.py` takes either edition out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block
from millesime.redline.text.words import as_read

KEPT = "kept"  # the same on both sides
EDITED = "edited"  # marked inside: `merged` holds one block with spans, items or rows marked
REPLACED = "replaced"  # paired, but shown whole: the old block out, the new one in
INSERTED = "inserted"
DELETED = "deleted"
MOVED_TO = "moved-to"  # stands here now; `move` names the place it left
MOVED_FROM = "moved-from"  # stood here; `move` names the place it went to
SPLIT = "split"  # a paragraph that was a part of the one before it; of chapters: see `ChapterChange.kinds`
JOINED = "joined"  # a paragraph that is now a part of the one before it
KINDS = (KEPT, EDITED, REPLACED, INSERTED, DELETED, MOVED_TO, MOVED_FROM, SPLIT, JOINED)

# What became of a chapter, besides.
MERGED, TYPOGRAPHY = "merged", "typography"

# The classes by which marks are known in a redline's AST.
INSERTION, DELETION = "insertion", "deletion"
NEW_ONLY = frozenset({INSERTION, MOVED_TO})
OLD_ONLY = frozenset({DELETION, MOVED_FROM})
MARKS = NEW_ONLY | OLD_ONLY
WORDS = "words"  # the aspect of an edit that is not about a twin
QUIET = frozenset({"typography", "spacing", "comment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterText:
    """One chapter of one edition, as pandoc reads it, before numbering."""

    path: str
    id: str
    title: str
    blocks: list[Block]
    images: Mapping[str, str] = field(default_factory=dict)  # target as written → id of the file's content, if known
    digest: str = ""  # of blocks and images, where known; equal digests mean equal content, in every process


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterPlace:
    """Where a chapter stands in one edition."""

    path: str
    id: str
    title: str
    index: int  # 0-based, in the edition's order


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockChange:
    """What became of one block. Indices are 0-based, in the chapter on that side.

    kind        old    new    merged                      move
    kept        x      x      the new block               -
    edited      x      x      one block, marked inside    -
    replaced    x      x      -                           -
    inserted    -      x      - (a list, items of which    -
    deleted     x      -        moved: marked by item)      -
    moved-to    x*     x      the new block, marked       id
                              inside if it changed
    moved-from  x      x*     -                           id
    split       -      x      the new block, marked       -
    joined      x      -      the old block, marked       -

    * for reference: the block at the other end, which may be in another chapter;
    its index is given, its chapter is in the `Move` of that id.
    """

    kind: str
    old: Block | None = None  # normalised
    new: Block | None = None
    old_index: int | None = None
    new_index: int | None = None
    merged: tuple[Block, ...] = ()
    move: str = ""  # "move-1"; consecutive blocks that moved together share it
    edited: bool = False  # edited or replaced, or moved and no longer the same
    aspects: frozenset[str] = frozenset()  # of what was edited: "words", or twins of `marks.py`: "link", "code", …
    counted: Any = field(default=None, init=False, repr=False, compare=False)  # by `word_counts.py`, once

    @property
    def quiet(self) -> bool:
        """Whether only typography, list spacing or a comment changed: nothing a reader is told of."""
        return self.kind in (EDITED, INSERTED, DELETED) and bool(self.aspects) and self.aspects <= QUIET

    @property
    def told(self) -> bool:
        """Whether a reader is told of it."""
        return self.kind != KEPT and not self.quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterChange:
    """What became of one chapter; its blocks are in reading order."""

    old: ChapterPlace | None  # None: inserted
    new: ChapterPlace | None  # None: deleted
    blocks: tuple[BlockChange, ...]
    moved: bool = False  # stands elsewhere among the chapters that both editions have
    split: bool = False  # holds a part of its old chapter; other parts are other changes of the same `old`
    merged: bool = False  # holds a part of its new chapter; other parts are other changes of the same `new`

    @property
    def inserted(self) -> bool:
        return self.old is None

    @property
    def deleted(self) -> bool:
        return self.new is None

    @property
    def renamed(self) -> bool:
        """Whether the file has another path."""
        return self.old is not None and self.new is not None and self.old.path != self.new.path

    @property
    def retitled(self) -> bool:
        return self.old is not None and self.new is not None and as_read(self.old.title) != as_read(self.new.title)

    @property
    def edited(self) -> bool:
        """Whether a block of a chapter that both editions have is not as it was, typography aside."""
        if self.inserted or self.deleted:
            return False
        return any(block.told for block in self.blocks)

    @property
    def typography(self) -> bool:
        """Whether blocks differ in typography or list spacing alone."""
        return any(block.quiet for block in self.blocks)

    @property
    def changed(self) -> bool:
        """Whether a reader wants to hear of it: typography alone is kept apart."""
        return self.kinds not in ((KEPT,), (TYPOGRAPHY,))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return what happened: ("kept",), ("inserted",), ("deleted",), ("typography",) or some of the others.

        Those are "split" (its old chapter has become several), "merged" (its
        new chapter was several), "renamed", "moved" and "edited".
        """
        if self.inserted:
            return (INSERTED,)
        if self.deleted:
            return (DELETED,)
        found = [
            (SPLIT, self.split),
            (MERGED, self.merged),
            ("renamed", self.renamed and not (self.split or self.merged)),
            ("moved", self.moved),
            ("edited", self.edited),
        ]
        return tuple(name for name, is_so in found if is_so) or ((TYPOGRAPHY,) if self.typography else (KEPT,))

    @property
    def title(self) -> str:
        """Return the title in the new edition, or in the old one if the chapter is gone."""
        place = self.new or self.old
        assert place is not None
        return place.title or place.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Consecutive top-level blocks that moved together."""

    id: str
    old_path: str
    new_path: str
    old_indices: tuple[int, ...]  # in the old chapter, in the order of the new one
    new_indices: tuple[int, ...]
    edited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Redline:
    """The structured difference of two editions.

    Chapters follow the new edition; a deleted one keeps its old predecessor.
    `moves` lists what moved at top level; list items that changed places are
    marked inside their list and are not in it.
    """

    chapters: tuple[ChapterChange, ...]
    moves: Mapping[str, Move] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed: neither text nor typography, nor the order or names of chapters."""
        return not any(chapter.changed or chapter.typography for chapter in self.chapters)
