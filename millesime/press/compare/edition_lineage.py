"""For each edition: where its blocks are printed; for each pair of neighbours: which block became which.

Both are kept in the store, as short lists: most times that a site is published
anew nothing is read, compared or assembled for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from millesime.assembly.assemble import Materials
from millesime.assembly.block_anchors import block_anchors
from millesime.assembly.report import Report
from millesime.distribution.publication import PublishedChapter
from millesime.distribution.site.block_pages import EditionPlaces
from millesime.distribution.site.lineage import BlockRef, Line, Successor, succession, trace
from millesime.markup.ast import text_of
from millesime.packing import Unreadable, pack, reader_of
from millesime.press.cache.store import Recall
from millesime.press.cache.versions import code_version
from millesime.press.edition.edition_report import edition_materials
from millesime.press.edition.incremental_assembly import KeptBlocks, assemble_kept, pack_blocks
from millesime.press.edition.manuscript import chapter_texts
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifact_inputs import edition_inputs
from millesime.redline.model import DELETED, EDITED, INSERTED
from millesime.redline.reading.word_counts import Figures, count_redline
from millesime.redline.text.words import count_words
from millesime.render.html.pages import page_names
from millesime.series.series import Edition

Say = Callable[[str, str], None]  # (edition, what is done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What an edition prints where."""

    places: EditionPlaces
    chapters: tuple[PublishedChapter, ...]
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Editions of one language, by date, and the lines of their blocks."""

    outlines: tuple[Outline, ...]
    lines: tuple[Line, ...]

    @property
    def places(self) -> tuple[EditionPlaces, ...]:
        return tuple(outline.places for outline in self.outlines)

    def index(self, name: str) -> int:
        return next(index for index, places in enumerate(self.places) if places.name == name)


def follow_editions(workspace: Workspace, editions: Sequence[Edition], *, say: Say) -> list[Followed]:
    """Return the editions followed, those of each language by themselves: a translation is no amendment."""
    groups: dict[str, list[Edition]] = {}
    for edition in editions:
        groups.setdefault(edition.language.split("-")[0], []).append(edition)
    return [_follow(workspace, group, say) for group in groups.values()]


def _follow(workspace: Workspace, editions: Sequence[Edition], say: Say) -> Followed:
    outlines = tuple(_outline(workspace, edition, say) for edition in editions)
    steps = [_step(workspace, old, new, say) for old, new in pairwise(editions)]
    sizes = [{path: len(anchors) for path, anchors in outline.places.anchors.items()} for outline in outlines]
    return Followed(outlines=outlines, lines=tuple(trace(sizes, steps)))


def kept_report(workspace: Workspace, name: str, *, say: Say) -> Report:
    """Return the assembled report of an edition, from the store where it is kept."""
    recall = _recall(workspace, "report", name, _read_report)
    return recall.value if recall.content is not None else _assemble(workspace, name, say)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptReport:
    """What is kept of an assembled report."""

    report: Report  # its chapters without their blocks
    blocks: tuple[bytes, ...]  # those of each chapter, packed


def _pack_report(report: Report) -> bytes:
    bare = replace(report, chapters=tuple(replace(chapter, blocks=()) for chapter in report.chapters))
    return pack(_KeptReport(report=bare, blocks=tuple(pack_blocks(chapter.blocks) for chapter in report.chapters)))


def _read_report(content: bytes) -> Report:
    kept = _read_fields(content)
    if len(kept.blocks) != len(kept.report.chapters):
        raise Unreadable("the cache holds a report whose chapters and blocks do not match")
    return replace(
        kept.report,
        chapters=tuple(
            replace(chapter, blocks=KeptBlocks(blocks))
            for chapter, blocks in zip(kept.report.chapters, kept.blocks, strict=True)
        ),
    )


_read_fields = reader_of(_KeptReport)


def keep_assembled(workspace: Workspace, name: str, materials: Materials, report: Report) -> tuple[Report, bytes]:
    """Keep an edition that was assembled, and its outline; return both."""
    outline = pack(_outline_of(workspace, name, materials, report))
    workspace.store.keep(_recall(workspace, "report", name), _pack_report(report))
    workspace.store.keep(_recall(workspace, "outline", name), outline)
    return report, outline


def _assemble(workspace: Workspace, name: str, say: Say) -> tuple[Report, bytes]:
    materials = edition_materials(workspace, name, say=lambda what: say(name, what))
    return keep_assembled(
        workspace, name, materials, assemble_kept(materials, workspace.store, jobs=workspace.jobs).report
    )


def _recall(workspace: Workspace, step: str, name: str, read: Callable[[bytes], Any] = bytes) -> Recall:
    code = code_version("press.compare.edition_lineage")
    return workspace.store.recall(
        step, name, {**edition_inputs(workspace, name), "what follows editions": code}, read=read
    )


def _outline(workspace: Workspace, edition: Edition, say: Say) -> Outline:
    name = edition.name
    recall = _recall(workspace, "outline", name, _read_outline)
    told = recall.value if recall.content is not None else _read_outline(_assemble(workspace, name, say)[1])
    anchors, chapter_ids, pages, chapters, words = told
    return Outline(
        places=EditionPlaces(
            name=name, date=edition.date, anchors=anchors, chapter_ids=chapter_ids,
            pages={ident: f"{name}/{page}" for ident, page in pages.items()},
        ),
        chapters=tuple(
            PublishedChapter(
                path=f"{name}/{pages[ident]}", id=ident, role=role, label=label, title=title, part=part,
                is_written=written,
            )
            for ident, role, label, title, part, written in chapters
        ),
        words=words,
    )  # fmt: skip


# Anchors of blocks and ids of chapters by path, pages by id of their chapter, chapters (see `_outline_of`), words.
_read_outline = reader_of(
    tuple[
        dict[str, list[str]], dict[str, str], dict[str, str], list[tuple[str, str, str, str, str, bool]], int
    ]
)  # fmt: skip


def _outline_of(workspace: Workspace, name: str, materials: Materials, report: Report) -> tuple:
    texts = chapter_texts(workspace.manuscript(name))
    anchors = block_anchors(materials.sources)
    return (
        {path: list(found) for path, found in anchors.items()},
        {text.path: text.id for text in texts},
        page_names(report),
        [
            (chapter.id, chapter.role, chapter.label, text_of(list(chapter.title)),
             text_of(list(report.parts[chapter.part].title)) if chapter.part is not None else "", bool(chapter.path))
            for chapter in report.chapters
        ],
        sum(count_words(text.blocks) for text in texts),
    )  # fmt: skip


def _step(workspace: Workspace, old: Edition, new: Edition, say: Say) -> dict[BlockRef, Successor]:
    """Return what became of the blocks of an edition in the next, without the words."""
    recall = workspace.store.recall("step", f"{old.name} to {new.name}", _both(workspace, old, new), read=_read_steps)
    told = recall.value
    if recall.content is None:
        say(new.name, f"following from {old.name}")
        redline = workspace.redline(workspace.manuscript(old.name), workspace.manuscript(new.name))
        told = [(*source, *one.block, one.state) for source, one in succession(redline).items()]
        workspace.store.keep(recall, pack(told))
    return {
        BlockRef(path, index): Successor(block=BlockRef(new_path, new_index), state=state)
        for path, index, new_path, new_index, state in told
    }


_read_steps = reader_of(list[tuple[str, int, str, int, str]])


def _both(workspace: Workspace, old: Edition, new: Edition) -> dict[str, object]:
    return {
        "the older edition": edition_inputs(workspace, old.name),
        "the newer edition": edition_inputs(workspace, new.name),
        "code": code_version("press.compare.edition_lineage"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed between two editions, counted."""

    figures: Figures
    chapters: Mapping[str, int]  # how many are "inserted", "deleted", "edited"


def count_change(workspace: Workspace, old: Edition, new: Edition, *, say: Say) -> Change:
    """Return what changed between any two editions, counted."""
    recall = workspace.store.recall(
        "change", f"{old.name} to {new.name}", _both(workspace, old, new), read=reader_of(Change)
    )
    if recall.content is not None:
        return recall.value
    say(new.name, f"comparing with {old.name}")
    redline = workspace.redline(workspace.manuscript(old.name), workspace.manuscript(new.name))
    kinds = {kind: sum(kind in chapter.kinds for chapter in redline.chapters) for kind in (INSERTED, DELETED, EDITED)}
    change = Change(figures=count_redline(redline), chapters=kinds)
    workspace.store.keep(recall, pack(change))
    return change
