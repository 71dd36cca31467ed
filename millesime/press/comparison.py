"""Compare two editions, or any two revisions of the report."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.report import Report
from millesime.assembly.sources import ChapterSource
from millesime.history.revision import resolve_revision
from millesime.history.snapshot import RevisionSnapshot, Snapshot
from millesime.markup.ast import Block, Document, string, text_of
from millesime.press.build import RENDERERS
from millesime.press.edition import Desk, image_reader, imprint, side
from millesime.press.manuscript import Manuscript, open_manuscript
from millesime.problems import RevisionError, did_you_mean
from millesime.redline.annex import annex_chapter, annex_title, write_annex
from millesime.redline.model import Redline
from millesime.redline.passages import changed_chapters
from millesime.series.series import ChapterEntry

WORKING_TREE = "."  # names the working tree where a revision may stand
_SOURCE_ENDINGS = (".md", ".markdown", ".rmd", ".qmd")


def find_manuscript(desk: Desk, name: str) -> Manuscript:
    """Return the manuscript of an edition, of a revision, or of the working tree (".").

    A revision has no manifest of its own: it is read with the newest
    edition's, without the chapters it has not, and with the other Markdown
    files of the same folders, by name. Raises RevisionError for a name that
    is neither.
    """
    if name in [edition.name for edition in desk.series.editions]:
        return desk.manuscript(name)
    newest = desk.series.editions[-1]
    snapshot = desk.current if name == WORKING_TREE else _revision(desk, name)
    edition = replace(newest, name="working-tree" if name == WORKING_TREE else name)
    entries = _entries(newest.chapter_entries, snapshot)
    if not entries:
        folders = ", ".join(sorted({posixpath.dirname(entry.path) or "." for entry in newest.chapter_entries}))
        raise RevisionError(f"{name}: no chapters there; edition {newest.name} has its chapters in {folders}")
    return open_manuscript(edition, snapshot, entries, annexes=False, jobs=desk.jobs)


def _revision(desk: Desk, name: str) -> Snapshot:
    names = [edition.name for edition in desk.series.editions]
    if desk.repository is None:
        raise RevisionError(f"{name}: no edition of that name; {did_you_mean(name, names) or 'see `millesime list`'}")
    try:
        return RevisionSnapshot(desk.repository, resolve_revision(desk.repository, name, where=name))
    except RevisionError as error:
        hint = did_you_mean(name, names)
        raise RevisionError(f"{error}; nor is it an edition" + (f": {hint}" if hint else "")) from error


def _entries(listed: Sequence[ChapterEntry], snapshot: Snapshot) -> list[ChapterEntry]:
    found = [entry for entry in listed if snapshot.has(entry.path)]
    known = {entry.path for entry in found}
    folders = {posixpath.dirname(entry.path) for entry in listed} - {""}
    others = [
        path
        for path in snapshot.paths
        if posixpath.dirname(path) in folders and path not in known and path.lower().endswith(_SOURCE_ENDINGS)
    ]
    if len(found) == len(listed):
        return found  # the revision has all chapters of the edition: what else lies there is not of the report
    return found + [ChapterEntry(path=path, numbered=True, role="body", where=path) for path in others]


def redline_report(desk: Desk, redline: Redline, old: Manuscript, new: Manuscript, *, full: bool) -> Report:
    """Return a report that holds nothing but the redline: an overview, and a chapter for each changed chapter."""
    labels, language = new.labels, new.edition.language
    overview = write_annex(
        redline, old=side(old), new=side(new), note=[], labels=labels, language=language, detail="summary"
    )
    sources = [_generated("overview", [string(labels["annex_glance"])], overview, role="front")]
    chapters = redline.chapters if full else changed_chapters(redline)
    for number, chapter in enumerate(chapters, start=1):
        title, blocks = annex_chapter(chapter, old=side(old), new=side(new), labels=labels, full=full, linked=False)
        sources.append(_generated(f"redline-{number}", title, blocks, role="body"))
    title = annex_title(side(old), labels, language)
    return assemble(Materials(
        imprint=replace(
            imprint(desk.series, new.edition, new.snapshot), siblings=(), subtitle=text_of(title),
            identifier=f"urn:millesime:redline:{old.edition.name}:{new.edition.name}",
        ),
        sources=tuple(sources),
        read_image=image_reader(desk, new, {old.edition.name: old}),
        labels=labels,
        theme=new.theme,
    ))  # fmt: skip


def print_redline(report: Report, kind: str, path: Path) -> Path:
    """Render a redline's report; return what a reader opens."""
    return RENDERERS[kind](report, path).entry


def _generated(name: str, title: list, blocks: list[Block], *, role: str) -> ChapterSource:
    return ChapterSource(
        path=name, document=Document(blocks=blocks), role=role, id=name, title=tuple(title), numbered=False,
        generated=True,
    )  # fmt: skip
