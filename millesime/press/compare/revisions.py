"""Read a revision to which no edition is pinned, in the order that its own files give.

Two revisions of a report have not the same chapters, and the manifests of
today know those of today. Each revision is read by the first of these that
it has:

1. the edition whose manifest pins that very commit;
2. the newest manifest that stands in the revision itself;
3. the order that its own files tell (`reading_order.py`), else all its Markdown.

So a chapter that only the old revision has is in the old column, and one
that only the new one has in the new column.
"""

from __future__ import annotations

import datetime
import posixpath
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from millesime.history.repository import Repository
from millesime.history.revision import Commit, resolve_revision
from millesime.history.snapshot import RevisionSnapshot, Snapshot, lone_report
from millesime.limits import DEFAULTS, Limits
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.compare.loose_documents import open_listed
from millesime.press.compare.reading_order import MARKDOWN, reading_order
from millesime.press.edition.manuscript import Manuscript, open_manuscript
from millesime.problems import ReportError
from millesime.series.manifest import ChapterAnnex, EditionManifest, ReportManifest
from millesime.series.series import FOLDER, REPORT_FILE, ChapterEntry, Edition, Series, read_series

EDITION, MANIFEST, FILE, NAMES, COPY = "edition", "manifest", "file", "names", "copy"
_MANIFEST = re.compile(rf"{FOLDER}/[^/]+\.yaml")
_SHOWN = 5  # names of files in a line for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who says which chapters one side of a comparison has, and in which order."""

    # EDITION: a manifest that pins this very state; MANIFEST: the newest there; FILE: a book's own table of contents;
    # NAMES: all its Markdown; COPY: a folder, by what it is compared with
    by: str
    file: str = ""  # "editions/2020.yaml", "src/SUMMARY.md"; "" by names
    edition: str = ""  # whose manifest it is
    missing: tuple[str, ...] = ()  # files that it lists and that are not there
    beside: tuple[str, ...] = ()  # Markdown files that it does not list, which are not compared
    added: tuple[str, ...] = ()  # files that it does not list, and that are compared: the other side has not got them
    note: str = ""  # why no better order was taken

    def as_json(self) -> dict[str, Any]:
        return {
            "by": self.by, "file": self.file, "edition": self.edition, "missing": list(self.missing),
            "beside": list(self.beside), "added": list(self.added), "note": self.note,
        }  # fmt: skip

    def told(self, chapters: int) -> str:
        """Return the order in words, for a reader of the comparison."""
        what = {
            EDITION: f"edition {self.edition}, which is made from it ({self.file})",
            MANIFEST: f"{self.file}, the newest manifest there",
            FILE: f"{self.file} there",
            COPY: "the chapters of what it is compared with",
            NAMES: f"all its Markdown, {chapters} {'file' if chapters == 1 else 'files'} by name",
        }[self.by]
        more = [
            (self.added, "and new beside them"),
            (self.missing, "listed, but not there"),
            (self.beside, "not listed, so not compared"),
        ]
        return "; ".join(
            [what, *(f"{said}: {_some(names)}" for names, said in more if names), *filter(None, [self.note])]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedRevision:
    """The files of a revision and which of them are its chapters, before these are read."""

    snapshot: Snapshot
    edition: Edition  # what its order says beside the chapters, under the revision's name
    entries: tuple[ChapterEntry, ...]  # those that are there
    order: Order

    @property
    def follows_manifest(self) -> bool:
        return self.order.by in (EDITION, MANIFEST) or (self.order.by == COPY and bool(self.order.edition))


def open_revision(repository: Repository, commit: Commit) -> RevisionSnapshot:
    """Return the files of a commit; of a repository that has its only report in a folder, the files of that folder."""
    snapshot = RevisionSnapshot(repository, commit)
    if not repository.folder and not snapshot.has(REPORT_FILE):
        folder = lone_report(snapshot.paths)
        if folder:
            return RevisionSnapshot(replace(repository, folder=folder), commit)
    return snapshot


def read_own_series(snapshot: Snapshot) -> Series | None:
    """Return the report and the editions that the manifests in a snapshot describe; None where there are none.

    Raises ManifestError for manifests with mistakes.
    """
    files = [path for path in snapshot.paths if _MANIFEST.fullmatch(path)]
    if REPORT_FILE not in files or len(files) < 2:
        return None
    return read_series(snapshot.read_many(files))


def head_series(repository: Repository) -> Series | None:
    """Return the series that the manifests at HEAD of a bare repository describe; None where there are none."""
    try:
        snapshot = RevisionSnapshot(repository, resolve_revision(repository, "HEAD"))
    except ReportError:  # nothing is committed yet
        return None
    series = read_own_series(snapshot)
    return replace(series, root=repository.root) if series else None


def order_revision(
    series: Series | None, repository: Repository | None, snapshot: Snapshot, *, name: str, language: str = ""
) -> OrderedRevision:
    """Return the chapters of a snapshot by its own order; `name` is the revision's.

    `series` is what the manifests of the working tree describe, None where
    there are none. `language` is for texts without a manifest.
    """
    note = ""
    own: Series | None = None
    if snapshot.commit is None:
        own = series  # the working tree's
    else:
        try:
            own = read_own_series(snapshot)
        except ReportError as error:
            note = f"manifests there have mistakes ({str(error).splitlines()[0]})"
    for one in filter(None, (series, own)):
        pinned = [edition for edition in one.editions if _is_pinned(repository, edition, snapshot)]
        if pinned:
            return _by_manifest(_newest(pinned), snapshot, name=name, by=EDITION)
    if own is not None:
        return _by_manifest(_newest(own.editions), snapshot, name=name, by=MANIFEST)
    found = reading_order(snapshot)
    return OrderedRevision(
        snapshot=snapshot,
        edition=_plain_edition(series, repository, snapshot, name=name, language=language),
        entries=tuple(ChapterEntry(path=path, numbered=True, role="body", where=path) for path in found.paths),
        order=Order(
            by=FILE if found.file else NAMES, file=found.file, missing=found.missing, beside=found.beside, note=note
        ),
    )


def with_files_of_its_own(one: OrderedRevision, other: Snapshot) -> OrderedRevision:
    """Return a revision and, if its manifest was written for another state, what came beside its chapters since.

    That are Markdown files in the folders of the chapters that the other side
    does not have at all. A manifest in preparation lists all that there is.
    """
    if one.order.by != MANIFEST or one.edition.is_in_preparation:
        return one
    known = {entry.path for entry in one.entries}
    folders = {posixpath.dirname(path) for path in known}
    added = [
        path
        for path in one.snapshot.paths
        if path not in known
        and path.lower().endswith(MARKDOWN)
        and posixpath.dirname(path) in folders
        and not other.has(path)
        and one.snapshot.has(path)
    ]
    entries = [ChapterEntry(path=path, numbered=True, role="body", where=path) for path in added]
    return replace(one, entries=(*one.entries, *entries), order=replace(one.order, added=tuple(added)))


def read_revision(
    one: OrderedRevision, *, store: Store = NO_STORE, jobs: int = 1, limits: Limits = DEFAULTS
) -> Manuscript:
    """Return the chapters of a revision, read."""
    if one.follows_manifest:
        return open_manuscript(one.edition, one.snapshot, one.entries, store=store, jobs=jobs, limits=limits)
    return open_listed(
        one.snapshot, [entry.path for entry in one.entries], edition=one.edition, jobs=jobs, limits=limits
    )


def _is_pinned(repository: Repository | None, edition: Edition, snapshot: Snapshot) -> bool:
    """Whether an edition is made from a snapshot: its commit, or the working tree."""
    if snapshot.commit is None or repository is None:
        return edition.is_in_preparation and snapshot.commit is None
    if edition.seal is not None and edition.seal.commit == snapshot.commit.id:
        return True
    if not edition.revision:
        return False
    try:
        return resolve_revision(repository, edition.revision, where=edition.file).id == snapshot.commit.id
    except ReportError:
        return False


def _newest(editions: Sequence[Edition]) -> Edition:
    """Return the newest edition; of several of one day, as of translations, one in the report's own language."""
    same_day = [edition for edition in editions if edition.date == editions[-1].date]
    return next((one for one in reversed(same_day) if one.language == one.report.language), same_day[-1])


def _by_manifest(edition: Edition, snapshot: Snapshot, *, name: str, by: str) -> OrderedRevision:
    entries = tuple(entry for entry in edition.chapter_entries if snapshot.has(entry.path))
    missing = [entry.path for entry in edition.chapter_entries if entry not in entries]
    missing += [
        one.chapter for one in edition.annexes if isinstance(one, ChapterAnnex) and not snapshot.has(one.chapter)
    ]
    return OrderedRevision(
        snapshot=snapshot, edition=replace(edition, name=name, manifest=_as_there(edition.manifest, snapshot)),
        entries=entries,
        order=Order(by=by, file=edition.file, edition=edition.name, missing=tuple(missing)),
    )  # fmt: skip


def _as_there(manifest: EditionManifest, snapshot: Snapshot) -> EditionManifest:
    """Return a manifest that names nothing which a snapshot lacks."""
    return manifest.model_copy(update={
        "annexes": tuple(
            annex for annex in manifest.annexes if not isinstance(annex, ChapterAnnex) or snapshot.has(annex.chapter)
        ),
        "bibliography": tuple(path for path in manifest.bibliography if snapshot.has(path)),
        "csl": manifest.csl if manifest.csl and snapshot.has(manifest.csl) else "",
    })  # fmt: skip


def _plain_edition(
    series: Series | None, repository: Repository | None, snapshot: Snapshot, *, name: str, language: str
) -> Edition:
    """Return an edition that says nothing of chapters: the report's newest without them, or one made up."""
    if series is not None:
        newest = _newest(series.editions)
        manifest = _as_there(newest.manifest, snapshot).model_copy(update={"chapters": (), "annexes": ()})
        manifest = manifest.model_copy(update={"front_matter": (), "back_matter": ()})
        return replace(newest, name=name, manifest=manifest)
    title = repository.root.name.removesuffix(".git") if repository else name
    report = ReportManifest.model_construct(title=title or name, language=language)
    return Edition(name, EditionManifest.model_construct(date=_date(repository, snapshot), chapters=()), report)


def _date(repository: Repository | None, snapshot: Snapshot) -> datetime.date:
    """Return the day of a snapshot's commit, for the working tree that of the last commit."""
    commit = snapshot.commit
    if commit is None and repository is not None:
        with suppress(ReportError):  # nothing is committed yet
            commit = resolve_revision(repository, "HEAD")
    return commit.author_date.date() if commit else datetime.date(1970, 1, 1)


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
