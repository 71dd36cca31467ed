"""Lineage of blocks: which block of a later edition each block became, so that old addresses lead to it.

steps = [succession(redline), …]              # one for each two neighbouring editions
lines = trace(editions, steps)                # every block of every edition is in exactly one line
line.versions[0].block, line.versions[1].state
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from millesime.redline.model import (
    EDITED,
    JOINED,
    KEPT,
    MOVED_TO,
    REPLACED,
    SPLIT,
    BlockChange,
    Redline,
)

# What a version is to the one before it.
NEW, SAME, REWORDED, MOVED, MOVED_REWORDED, PARTED, MERGED_INTO = (
    "new", "same", "reworded", "moved", "moved-reworded", "parted", "merged",
)  # fmt: skip


class BlockRef(NamedTuple):
    """A block of one edition: the path of its chapter's source, and its 0-based index there."""

    path: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """What a block of the older edition is in the newer one."""

    block: BlockRef
    state: str  # SAME, REWORDED, MOVED, MOVED_REWORDED, or PARTED or MERGED_INTO: it shares its text with others
    change: BlockChange | None = None  # for showing both versions as one


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One block in one edition, as a part of a line."""

    edition: int  # index of the edition, 0-based
    block: BlockRef
    state: str  # to the version before it; NEW for the first
    change: BlockChange | None = None  # from the version before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One block through all editions that have it, the oldest first; editions are neighbours without a gap."""

    versions: tuple[Version, ...]

    @property
    def changed(self) -> bool:
        """Whether a reader is told anything but where it stands."""
        return any(version.state != SAME for version in self.versions[1:])


def succession(redline: Redline) -> dict[BlockRef, Successor]:
    """Return what became of the old edition's blocks; those that were withdrawn are not among the keys.

    Of a paragraph that was split, the first part goes on; each of several
    paragraphs that were joined goes on in what they became. Changes of
    typography alone are none.
    """
    found: dict[BlockRef, Successor] = {}
    for chapter in redline.chapters:
        joining: BlockRef | None = None  # what the paragraphs that follow went into
        parted: BlockRef | None = None  # the old paragraph that has more parts below
        for change in chapter.blocks:
            if change.kind == JOINED and joining is not None:
                source = BlockRef(chapter.old.path, change.old_index)
                found[source] = Successor(block=joining, state=MERGED_INTO, change=change)
                continue
            if change.kind == SPLIT and parted is not None:
                found[parted] = Successor(block=found[parted].block, state=PARTED, change=found[parted].change)
                continue
            if change.kind in (KEPT, EDITED, REPLACED):
                joining = BlockRef(chapter.new.path, change.new_index)
                parted = BlockRef(chapter.old.path, change.old_index)
                state = SAME if change.kind == KEPT or change.quiet else REWORDED
                found[parted] = Successor(block=joining, state=state, change=change)
            elif change.kind == MOVED_TO:
                source = BlockRef(redline.moves[change.move].old_path, change.old_index)
                target = BlockRef(chapter.new.path, change.new_index)
                found[source] = Successor(block=target, state=MOVED_REWORDED if change.edited else MOVED, change=change)
    return found


def trace(sizes: Sequence[Mapping[str, int]], steps: Sequence[Mapping[BlockRef, Successor]]) -> list[Line]:
    """Return every block of every edition, followed as far as it goes.

    `sizes`: how many blocks each chapter of each edition has, by path;
    `steps`: the successions between neighbouring editions. Lines are in the
    order of the edition in which they begin, and of its chapters. Where
    paragraphs were joined the line of each ends with the joint one, which
    belongs to the first of them.
    """
    begun: list[list[Version]] = []
    at: dict[BlockRef, list[Version]] = {}  # the lines that reach the edition before, by their block in it
    for edition, chapters in enumerate(sizes):
        here: dict[BlockRef, list[Version]] = {}
        successors = steps[edition - 1] if edition else {}
        for block, line in at.items():
            successor = successors.get(block)
            if successor is None:
                continue
            line.append(Version(edition=edition, block=successor.block, state=successor.state, change=successor.change))
            here.setdefault(successor.block, line)
        for path, size in chapters.items():
            for index in range(size):
                block = BlockRef(path, index)
                if block not in here:
                    line = [Version(edition=edition, block=block, state=NEW)]
                    begun.append(line)
                    here[block] = line
        at = here
    return [Line(versions=tuple(line)) for line in begun]
