"""Compare two sides named on the command line: editions, revisions, files or folders."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.citations import quote_citations
from millesime.assembly.image_files import ImageReader
from millesime.assembly.report import Report
from millesime.assembly.sources import ChapterSource, slug, unique_id
from millesime.history.renames import find_renames
from millesime.history.repository import Repository
from millesime.history.revision import Commit, merge_base, resolve_revision
from millesime.history.snapshot import RevisionSnapshot
from millesime.history.worktree import WorkingTree
from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import Block, Document, Inline, header, string, text_of
from millesime.markup.pandoc import DEFAULT_READER
from millesime.press.compare.loose_documents import NO_FILE, level_manuscripts, open_folder_as, open_papers
from millesime.press.compare.reading_order import reading_order
from millesime.press.compare.revisions import (
    COPY,
    EDITION,
    Order,
    OrderedRevision,
    open_revision,
    order_revision,
    read_own_series,
    read_revision,
    with_files_of_its_own,
)
from millesime.press.edition.annex_side import side
from millesime.press.edition.bibliography import quoted_citations
from millesime.press.edition.edition_report import imprint
from millesime.press.edition.manuscript import Manuscript, chapter_texts
from millesime.press.edition.quoted_references import QuotedReferences
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import render
from millesime.problems import MarkupError, ReportError, RevisionError, did_you_mean
from millesime.redline.annex.annex import annex_title, write_annex
from millesime.redline.annex.excerpts import annex_chapter, tracked_chapter
from millesime.redline.annex.picture import change_picture
from millesime.redline.compare import compare
from millesime.redline.model import ChapterChange, Redline
from millesime.redline.reading.passages import changed_chapters
from millesime.series.series import REPORT_FILE, ChapterEntry, Series

PICTURE = "@annex/redline.svg"  # the key of the map of changes, which pages of HTML hold as a drawing
_PICTURED = 3  # chapters, from which a map of them tells something
WORKING_TREE = "."  # names the working tree where a revision may stand
_PLAIN_PATH = re.compile(r"(?:\.{1,2}|~)?/")  # "./2018", "../old", "/tmp/a.docx": no edition, no revision


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSide:
    """One side of a comparison."""

    name: str  # as people are told of it
    manuscript: Manuscript
    order: Order | None = None  # None: a file, or a folder in the order of its names or its order.txt

    @property
    def is_plain(self) -> bool:
        """Whether its name says which chapters it has: an edition, a file, a folder beside another."""
        return self.order is None or (self.order.by == EDITION and self.order.edition == self.name)

    @property
    def told(self) -> str:
        """Who says which chapters it has, in words."""
        return self.order.told(len(self.manuscript.chapters)) if self.order else ""

    def as_json(self) -> dict[str, Any]:
        commit = self.manuscript.snapshot.commit
        return {
            "name": self.name, "commit": commit.id if commit else "",
            "order": self.order.as_json() if self.order else None,
        }  # fmt: skip


def open_sides(
    workspace: Workspace | None, old: str, new: str, *, repository: Repository | None = None, language: str = "",
    jobs: int = 1,
    limits: Limits | None = None, say: Callable[[str], None] = lambda text: None,
) -> tuple[ComparedSide, ComparedSide]:  # fmt: skip
    """Return what is behind two names.

    A name is an edition, else a revision, else a path; `./2018` is a path
    alone. `workspace` is None outside a report; then revisions are those of
    `repository`, None where there is none. A revision is read by its own
    order (`revisions.py`). A folder may stand against an edition or revision:
    it is read as a copy of its chapters. A single file may not.
    """
    say("reading")
    places = Places(workspace, workspace.repository if workspace else repository, language, jobs, limits or Limits())
    names = (old, new)
    paths = [_path(places, name, other=other) for name, other in ((old, new), (new, old))]
    if all(paths):
        manuscripts = open_papers(
            *paths, language=language, jobs=jobs,
            reader=workspace.series.report.reader if workspace else DEFAULT_READER,
            default_language=workspace.series.report.language if workspace else "",
            limits=limits or (workspace.limits if workspace else Limits()),
        )  # fmt: skip
        return tuple(
            ComparedSide(name=name, manuscript=manuscript) for name, manuscript in zip(names, manuscripts, strict=True)
        )
    for path, name, other in zip(paths, names, names[::-1], strict=True):
        if path and not path.is_dir():
            raise MarkupError(
                f"{name} is a file, and {other} {_kind(places, other)}, which has many; compare two files, "
                f"or the file with its state in git: git difftool --extcmd='millesime compare' {other} -- {name}"
            )
    ordered = [None if path else _ordered(places, name) for path, name in zip(paths, names, strict=True)]
    for index, path in enumerate(paths):
        if path:
            ordered[index] = _ordered_folder(places, path, names[index], beside=ordered[1 - index])
    sides = [with_files_of_its_own(one, other.snapshot) for one, other in zip(ordered, ordered[::-1], strict=True)]
    if not any(one.entries for one in sides):
        raise RevisionError(
            f"{old} and {new}: no chapters there; a chapter is a file that ends in .md, .qmd, .docx or the like"
        )
    manuscripts = [_read(places, one, name) for one, name in zip(sides, names, strict=True)]
    if not all(one.follows_manifest for one in sides):
        manuscripts = level_manuscripts(*manuscripts)
    return tuple(
        ComparedSide(name=one.edition.name, manuscript=manuscript, order=one.order)
        for one, manuscript in zip(sides, manuscripts, strict=True)
    )


def split_range(workspace: Workspace | None, repository: Repository | None, name: str) -> tuple[str, str]:
    """Return the two names that one name stands for: "A..B", "A...B" (from the merge base to B), "A" (to now).

    As with git, a side that is left out is HEAD. Raises RevisionError for
    commits that have none in common.
    """
    if name in _edition_names(workspace) or ".." not in name:
        return name, WORKING_TREE
    dots = "..." if "..." in name else ".."
    old, _, new = name.partition(dots)
    old, new = old or "HEAD", new or "HEAD"
    repository = workspace.repository if workspace else repository
    if dots == ".." or repository is None:
        return old, new
    commits = [_commit(Places(workspace, repository), side) for side in (old, new)]
    return merge_base(repository, *commits).id, new


def compare_manuscripts(
    workspace: Workspace | None, old: Manuscript, new: Manuscript, *, repository: Repository | None = None
) -> Redline:
    """Return what changed between two manuscripts, git's knowledge of renames included where both are of one report,
    or of one repository outside a report."""
    if workspace is not None:
        return workspace.redline(old, new)
    renames: Mapping[str, str] = {}
    if repository is not None and old.snapshot.commit and new.snapshot.commit:
        renames = find_renames(repository, old.snapshot.tree_id(), new.snapshot.tree_id())
    return compare(chapter_texts(old), chapter_texts(new), renames=renames)


def not_compared(old: Manuscript, new: Manuscript) -> list[str]:
    """Return a line for each file of which something is not read, such as comments and text boxes, and not compared."""
    lines = []
    for path in dict.fromkeys([*new.left_out, *old.left_out]):
        before, after = old.left_out.get(path, {}), new.left_out.get(path, {})
        kinds = list(dict.fromkeys([*after, *before]))
        if not kinds:
            continue
        # Of a file that only one side has, nothing could be compared.
        both = path in old.left_out and path in new.left_out
        other = [kind for kind in kinds if both and before.get(kind) != after.get(kind)]
        differ = f" (not the same in both: {', '.join(other)})" if other else ""
        lines.append(f"{path}: not read and not compared: {', '.join(kinds)}{differ}")
    return lines


def is_path(name: str) -> bool:
    """Whether a name can be nothing but a path."""
    return _PLAIN_PATH.match(name) is not None


@dataclass(frozen=True, slots=True)
class Places:
    """Where names on a command line are looked up, and how what they name is read."""

    workspace: Workspace | None
    repository: Repository | None
    language: str = ""
    jobs: int = 1
    limits: Limits = DEFAULTS

    @property
    def series(self) -> Series | None:
        return self.workspace.series if self.workspace else None


def _edition_names(workspace: Workspace | None) -> list[str]:
    return [edition.name for edition in workspace.series.editions] if workspace else []


def _path(places: Places, name: str, *, other: str) -> Path | None:
    """Return the path that a name is, or None for an edition, a revision or the working tree."""
    place = Path(os.path.expanduser(name))
    if is_path(name) or place == NO_FILE:
        return place
    if name in _edition_names(places.workspace):
        return None
    if name == WORKING_TREE:
        # Outside a report this folder, but beside a revision the files that are now in the place of that.
        return None if places.workspace or (places.repository and _is_revision(places, other)) else place
    if places.repository is None and places.workspace is None:
        if not os.path.lexists(place):
            raise RevisionError(
                f"{name}: no such file or folder, nor a report or a git repository here that could know it as an "
                "edition or a revision; name the folder with --root"
            )
        return place
    return place if os.path.lexists(place) and not _is_revision(places, name) else None


def _is_revision(places: Places, name: str) -> bool:
    try:
        _commit(places, name)
    except ReportError:
        return False
    return True


def _kind(places: Places, name: str) -> str:
    return "an edition" if name in _edition_names(places.workspace) else "a revision"


def _commit(places: Places, name: str) -> Commit:
    """Return the commit of an edition or a revision. Raises RevisionError for a name that is neither."""
    names = _edition_names(places.workspace)
    if name in names and places.workspace is not None:
        commit = places.workspace.snapshot(name).commit
        if commit is None:
            raise RevisionError(f"{name}: this edition has no commit; name a revision")
        return commit
    if places.repository is None:
        raise RevisionError(f"{name}: no edition of that name; {did_you_mean(name, names) or 'see `millesime list`'}")
    try:
        return resolve_revision(places.repository, name, where=name)
    except RevisionError as error:
        if not places.workspace:
            raise
        hint = did_you_mean(name, names)
        raise RevisionError(f"{error}; nor is it an edition" + (f": {hint}" if hint else "")) from error


def _ordered(places: Places, name: str) -> OrderedRevision:
    """Return the chapters of an edition, of a revision, or of the working tree (".")."""
    workspace, repository = places.workspace, places.repository
    if name in _edition_names(workspace) and workspace is not None:
        edition = workspace.series.edition(name)
        return OrderedRevision(
            snapshot=workspace.snapshot(name), edition=edition, entries=edition.chapter_entries,
            order=Order(by=EDITION, file=edition.file, edition=name),
        )  # fmt: skip
    if name == WORKING_TREE:
        if repository is not None and repository.is_bare:
            hint = "name two revisions"
            raise RevisionError(f"{repository.root}: a bare repository has no working tree to compare with; {hint}")
        snapshot = workspace.current if workspace else WorkingTree(repository.root, repository)
        shown = "working-tree"
    else:
        assert repository is not None, "a revision is of a repository"
        commit = _commit(places, name)
        snapshot = RevisionSnapshot(repository, commit) if workspace else open_revision(repository, commit)
        shown = commit.short_id if name == commit.id else name
    return order_revision(places.series, repository, snapshot, name=shown, language=places.language)


def _ordered_folder(places: Places, folder: Path, name: str, *, beside: OrderedRevision | None) -> OrderedRevision:
    """Return the chapters of a folder that stands against an edition or a revision: a copy of its chapters.

    Its own manifests or order come first. Else its chapters are those of the
    other side, in that order, and what it has beside them.
    """
    assert beside is not None, "two folders are no revisions"
    snapshot = open_folder_as(folder, [entry.path for entry in beside.entries] or list(beside.edition.content_paths))
    # Between edition names and images of the redline's report stands a "/": a name has none.
    shown = folder.resolve().name or "folder"
    if snapshot.has(REPORT_FILE) or (found := reading_order(snapshot)).file:
        return order_revision(read_own_series(snapshot), None, snapshot, name=shown, language=places.language)
    entries = [entry for entry in beside.entries if snapshot.has(entry.path)]
    known = {entry.path for entry in entries}
    added = [path for path in found.paths if path not in known and not beside.snapshot.has(path)]
    if not entries and not added:
        raise MarkupError(
            f"{name}: none of the chapters of {beside.edition.name} is in this folder, nor any other Markdown file; "
            "compare it with another folder"
        )
    entries += [ChapterEntry(path=path, numbered=True, role="body", where=path) for path in added]
    missing = tuple(entry.path for entry in beside.entries if entry.path not in known)
    return replace(
        beside, snapshot=snapshot, edition=replace(beside.edition, name=shown), entries=tuple(entries),
        order=Order(by=COPY, edition=beside.order.edition, missing=missing, added=tuple(added)),
    )  # fmt: skip


def _read(places: Places, one: OrderedRevision, name: str) -> Manuscript:
    workspace = places.workspace
    if workspace is not None and one.edition.name == name and name in _edition_names(workspace):
        return workspace.manuscript(name)
    if workspace is not None:
        return read_revision(one, store=workspace.store, jobs=workspace.jobs, limits=workspace.limits)
    return read_revision(one, jobs=places.jobs, limits=places.limits)


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
