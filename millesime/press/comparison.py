"""Compare two editions, two revisions of the report, or two files or folders that are neither."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.citations import quote_citations
from millesime.assembly.images import ImageReader
from millesime.assembly.report import Report
from millesime.assembly.sources import ChapterSource, slug, unique_id
from millesime.history.revision import resolve_revision
from millesime.history.snapshot import RevisionSnapshot, Snapshot
from millesime.limits import Limits
from millesime.markup.ast import Block, Document, Inline, header, string, text_of
from millesime.markup.pandoc import DEFAULT_READER
from millesime.press.annexes import side
from millesime.press.artifacts import render
from millesime.press.bibliography import quoted_citations
from millesime.press.desk import Desk
from millesime.press.edition import imprint
from millesime.press.manuscript import Manuscript, chapter_texts, open_manuscript
from millesime.press.papers import NO_FILE, open_folder_as, open_papers
from millesime.press.references import QuotedReferences
from millesime.problems import MarkupError, ReportError, RevisionError, did_you_mean
from millesime.redline.annex.annex import annex_title, write_annex
from millesime.redline.annex.excerpts import annex_chapter, tracked_chapter
from millesime.redline.annex.picture import change_picture
from millesime.redline.compare import compare
from millesime.redline.model import ChapterChange, Redline
from millesime.redline.passages import changed_chapters
from millesime.series.series import ChapterEntry, Series

PICTURE = "@annex/redline.svg"  # the key of the map of changes, which pages of HTML hold as a drawing
_PICTURED = 3  # chapters, from which a map of them tells something
WORKING_TREE = "."  # names the working tree where a revision may stand
_SOURCE_ENDINGS = (".md", ".markdown", ".rmd", ".qmd")
_PLAIN_PATH = re.compile(r"(?:\.{1,2}|~)?/")  # "./2018", "../old", "/tmp/a.docx": no edition, no revision


def open_sides(
    desk: Desk | None, old: str, new: str, *, language: str = "", jobs: int = 1,
    limits: Limits | None = None, say: Callable[[str], None] = lambda text: None,
) -> tuple[Manuscript, Manuscript]:  # fmt: skip
    """Return the manuscripts behind two names.

    A name is an edition, else a revision, else a path; `./2018` is a path
    alone. `desk` is None outside a report, where names are paths. A folder
    may stand against an edition or revision: it is read as a copy of its
    chapters. A single file may not.
    """
    say("reading")
    paths = [_path(desk, name) for name in (old, new)]
    if all(paths):
        return open_papers(
            *paths, language=language, jobs=jobs, reader=desk.series.report.reader if desk else DEFAULT_READER,
            default_language=desk.series.report.language if desk else "",
            limits=limits or (desk.limits if desk else Limits()),
        )  # fmt: skip
    assert desk is not None
    for path, name, other in zip(paths, (old, new), (new, old), strict=True):
        if path and not path.is_dir():
            raise MarkupError(
                f"{name} is a file, and {other} {_kind(desk, other)}, which has many; compare two files, "
                f"or the file with its state in git: git difftool --extcmd='millesime compare' {other} -- {name}"
            )
    return tuple(
        _folder_manuscript(desk, path, name) if path else find_manuscript(desk, name)
        for path, name in zip(paths, (old, new), strict=True)
    )


def compare_manuscripts(desk: Desk | None, old: Manuscript, new: Manuscript) -> Redline:
    """Return what changed between two manuscripts, git's knowledge of renames included where both are of one report."""
    return desk.redline(old, new) if desk else compare(chapter_texts(old), chapter_texts(new))


def is_path(name: str) -> bool:
    """Whether a name can be nothing but a path."""
    return _PLAIN_PATH.match(name) is not None


def _path(desk: Desk | None, name: str) -> Path | None:
    """Return the path that a name is, or None for an edition, a revision or the working tree."""
    place = Path(os.path.expanduser(name))
    if is_path(name) or place == NO_FILE:
        return place
    if desk is None:
        if not os.path.lexists(place):
            raise RevisionError(
                f"{name}: no such file or folder, nor a report here that could know it as an edition or a revision; "
                "name the report's folder with --root (in other repositories: git difftool, see docs/comparing.md)"
            )
        return place
    if name == WORKING_TREE or name in [edition.name for edition in desk.series.editions]:
        return None
    return place if os.path.lexists(place) and not _is_revision(desk, name) else None


def _is_revision(desk: Desk, name: str) -> bool:
    try:
        _revision(desk, name)
    except ReportError:
        return False
    return True


def _kind(desk: Desk, name: str) -> str:
    return "an edition" if name in [edition.name for edition in desk.series.editions] else "a revision"


def _folder_manuscript(desk: Desk, folder: Path, name: str) -> Manuscript:
    newest = desk.series.editions[-1]
    snapshot = open_folder_as(folder, newest)
    entries = _entries(newest.chapter_entries, snapshot)
    if not entries:
        raise MarkupError(
            f"{name}: none of the chapters of edition {newest.name} is in this folder, nor any other Markdown file "
            "beside them; compare it with another folder"
        )
    # Between edition names and images of the redline's report stands a "/": a name has none.
    edition = replace(newest, name=folder.resolve().name or "folder")
    return open_manuscript(
        edition, snapshot, entries, annexes=False, store=desk.store, jobs=desk.jobs, limits=desk.limits
    )


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
    return open_manuscript(
        edition, snapshot, entries, annexes=False, store=desk.store, jobs=desk.jobs, limits=desk.limits
    )


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


def redline_report(
    redline: Redline, old: Manuscript, new: Manuscript, *, series: Series | None, full: bool, context: int = 1
) -> Report:
    """Return a report that holds nothing but the redline: an overview, and a chapter for each changed chapter."""
    labels, language = new.labels, new.edition.language
    old_side, new_side = side(old), side(new)
    chapters = redline.chapters if full else changed_chapters(redline)
    names = _page_names(chapters)
    targets = {
        index: f"#{names[id(chapter)]}" for index, chapter in enumerate(redline.chapters) if id(chapter) in names
    }
    picture = ""
    if len(redline.chapters) >= _PICTURED:
        picture = change_picture(
            redline, old=old_side.name, new=new_side.name, labels=labels, language=language, targets=targets,
            numbers=(old_side.numbers(), new_side.numbers()),
        )  # fmt: skip
    overview = write_annex(
        redline, old=old_side, new=new_side, note=[], labels=labels, language=language, detail="summary",
        picture=PICTURE if picture else "", targets=targets,
    )  # fmt: skip
    # The chapter's title says it.
    overview = [block for block in overview if block != header(2, labels["annex_glance"])]
    sources = [_generated("overview", [string(labels["annex_glance"])], overview, role="front")]
    for chapter in chapters:
        title, blocks = annex_chapter(
            chapter, old=old_side, new=new_side, labels=labels, full=full, linked=False, context=context,
            language=language, moves=redline.moves,
        )  # fmt: skip
        sources.append(_generated(names[id(chapter)], title, blocks, role="body"))
    return _report(old, new, sources, series=series, pictures={PICTURE: picture.encode("utf-8")} if picture else {})


def _page_names(chapters: Sequence[ChapterChange]) -> dict[int, str]:
    """Return what each chapter's page is called, by the chapter's identity: after its id, so that it may be cited."""
    found: dict[int, str] = {}
    for chapter in chapters:
        place = chapter.new or chapter.old
        assert place is not None
        found[id(chapter)] = unique_id(f"redline-{slug(place.id)}", set(found.values()))
    return found


def tracked_report(redline: Redline, old: Manuscript, new: Manuscript, *, series: Series | None) -> Report:
    """Return a report of all chapters whole, with nothing said beside the changes: for Word's tracked changes.

    Who accepts all of them has the new text, who rejects all has the old one, save for what docs/comparing.md names.
    """
    old_side = side(old)
    sources = [
        _generated(f"redline-{number}", *tracked_chapter(chapter, old=old_side), role="body")
        for number, chapter in enumerate(redline.chapters, start=1)
    ]
    return _report(old, new, sources, series=series)


def _report(
    old: Manuscript,
    new: Manuscript,
    sources: Sequence[ChapterSource],
    *,
    series: Series | None,
    pictures: Mapping[str, bytes] = MappingProxyType({}),
) -> Report:
    labels = new.labels
    title = annex_title(side(old), labels, new.edition.language)
    series = series or Series(Path(), new.edition.report, ())
    # Either side's citations as it prints them; the redline has no bibliography of its own.
    sides = {old.edition.name: old, "": new}
    quoted = {name: quoted_citations(one, beside=new) for name, one in sides.items()}
    references = QuotedReferences()
    return assemble(Materials(
        imprint=replace(
            imprint(series, new.edition, new.snapshot), earlier=(), subtitle=text_of(title),
            identifier=f"urn:millesime:redline:{quote(old.edition.name)}:{quote(new.edition.name)}",
        ),
        sources=tuple(
            replace(
                source, document=Document(blocks=references.quote(source.document.blocks, sides)),
                title=tuple(references.quote(list(source.title), sides)),
            )
            for source in (_with_citations(source, quoted) for source in sources)
        ),
        read_image=_image_reader(old, new, pictures),
        labels=labels,
        theme=new.theme,
        limits=new.limits,
    ))  # fmt: skip


def _with_citations(source: ChapterSource, quoted: Mapping[str, Mapping[str, list[Inline]]]) -> ChapterSource:
    blocks, title = source.document.blocks, list(source.title)
    for name, printed in quoted.items():
        blocks = quote_citations(blocks, printed, edition=name)
        title = quote_citations(title, printed, edition=name)
    return replace(source, document=Document(blocks=blocks), title=tuple(title))


def _image_reader(old: Manuscript, new: Manuscript, pictures: Mapping[str, bytes]) -> ImageReader:
    """Return what reads the images of a redline: "@2018/chapters/a.svg" is the old side's, "chapters/a.svg" the new's.

    A revision's name may have slashes of its own. `pictures` are made for the redline.
    """
    prefix = f"@{old.edition.name}/"

    def read(key: str) -> bytes | None:
        if key in pictures:
            return pictures[key]
        snapshot = old.snapshot if key.startswith(prefix) else new.snapshot
        path = key.removeprefix(prefix)
        try:
            return snapshot.read(path, where=path) if snapshot.has(path) else None
        except (RevisionError, MarkupError):
            return None

    return read


def print_redline(report: Report, kind: str, path: Path) -> Path:
    """Render a redline's report; return what a reader opens."""
    return render(report, kind, path).entry


def _generated(name: str, title: list, blocks: list[Block], *, role: str) -> ChapterSource:
    return ChapterSource(
        path=name, document=Document(blocks=blocks), role=role, id=name, title=tuple(title), numbered=False,
        generated=True,
    )  # fmt: skip
