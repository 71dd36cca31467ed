"""Publish editions: artifacts, pages and comparisons, as one site that keeps all its addresses.

    editions ─ make_editions ─▶ downloads ─┐
        └── press/compare/edition_lineage.py ─▶ outlines, lines ─┐
                                           ├─▶ Publication ─ distribution ─▶ files ─ replace_tree ─▶ the site
    record of what was published before ───┘

What is made of one edition, or of two, is kept in the store like all that is
expensive; the rest is made each time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

from millesime.at_work import at_work
from millesime.beside import refuse_links_out
from millesime.distribution.metadata.accessibility_statement import CheckResult
from millesime.distribution.metadata.catalogue import catalogue_files, left_out, offered_files
from millesime.distribution.metadata.legal_deposit import legal_deposit_files
from millesime.distribution.publication import Publication
from millesime.distribution.site.lineage import succession, trace
from millesime.distribution.site.page_head import page_head, print_head
from millesime.distribution.site.search import BUNDLE, index_pages, search_is_available
from millesime.distribution.site.site_pages import Site, report_pages, site_files
from millesime.distribution.site.tree import hold, replace_tree
from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE, sha256
from millesime.distribution.trust.minisign import SecretKey
from millesime.distribution.trust.record import (
    EditionRecord,
    Record,
    check_addresses,
    merge_addresses,
    read_record,
    record_files,
)
from millesime.history.sealed_content import content_trees
from millesime.packing import pack, reader_of
from millesime.press.archive.publication_facts import describe_publication, printed_imprint, site_labels
from millesime.press.archive.seal import edition_checksums
from millesime.press.archive.signing import sign_checksums
from millesime.press.archive.verify import require_sealed
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.keys import digest
from millesime.press.cache.versions import code_version, tool_version
from millesime.press.compare.edition_lineage import Followed, Say, follow_editions, keep_assembled
from millesime.press.edition.draft_note import refuse_draft
from millesime.press.edition.edition_report import imprint
from millesime.press.edition.manuscript import THEME_FOLDER, own_theme
from millesime.press.edition.sealed_inputs import check_frozen
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Download, Printed, download, said_of
from millesime.press.run.build import Outcome, Progress, make_editions
from millesime.press.run.workers import Workers
from millesime.press.site.edition_pages import (
    compared_pages,
    edition_pages,
    passage_pages,
    statement_page,
    statement_path,
)
from millesime.problems import OutputError, RevisionError
from millesime.series.series import NOTES_FOLDER, Edition
from millesime.series.values import FORMATS

_HTML = ".html"
_IDENT = re.compile(rb'\sid="([^"]+)"')


@dataclass(slots=True, kw_only=True)
class Published:
    """What publishing gave."""

    folder: Path
    publication: Publication
    editions: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # paths that are new or not as they were
    files: int = 0  # that were made; those of earlier publications stay beside them
    bytes: int = 0
    addresses: int = 0  # that may be cited, pages and places in them
    new_addresses: int = 0
    left_out: tuple[str, ...] = ()  # what could not be made, and why
    outcome: Outcome = field(default_factory=Outcome)


def publish(
    workspace: Workspace,
    names: Sequence[str],
    *,
    out: Path,
    workers: Workers,
    progress: Progress,
    search: bool = True,
    key: SecretKey | None = None,
    checks: Mapping[str, Sequence[CheckResult]] | None = None,
    deposit: Path | None = None,
) -> Published:
    """Publish editions into `out`, together with those that were published there before.

    Without `names`: every edition that has a revision. With a key, the
    checksums of each are signed. `checks`, by edition, give each a draft of
    its accessibility statement; `deposit` is a folder for the legal deposit
    of each. What was published stays: raises OutputError
    if an address in it would lead nowhere, RevisionError for an edition in
    preparation, or one whose content is no longer what was published, and
    ManifestError or SealError for a sealed one whose manifests say something
    else than was sealed, or that comes out otherwise.
    """
    for folder in (out, deposit) if deposit else (out,):
        refuse_links_out(folder, root=workspace.series.root)
    with hold(out):
        record = read_record(out)
        editions = _chosen(workspace, names, record)
        contents = {edition.name: content_digest(workspace, edition) for edition in editions}
        _check_contents(editions, contents, record)
        press = _Press(workspace, editions, record, out, progress.step, key=key)
        downloads, outcome = press.downloads(workers, progress)
        made = press.make(downloads, search=search, checks=checks)
        with at_work("the pages of the site", "find what may be cited in them"):
            pages = {path: _ids(content) for path, content in made.files.items() if path.endswith(_HTML)}
        check_addresses(record, pages, folder=out)
        named = {path: frozenset() for path in made.files if not path.startswith(f"{BUNDLE}/")}
        # Only what is there: what is written down once must be there for ever.
        citable = {path: idents & pages[path] for path, idents in made.addresses.items()}
        addresses = merge_addresses(record.addresses, named | citable)
        new = Record(
            editions={
                edition.name: EditionRecord(
                    content=contents[edition.name],
                    revision=_revision(workspace, edition, record),
                    sealed=edition.seal is not None,
                    files={f"{edition.name}/{one.name}": sha256(one.content) for one in downloads[edition.name]},
                )
                for edition in editions
            },
            addresses=addresses,
        )
        files = made.files | record_files(new)
        changed = replace_tree(out, files, renewed=[BUNDLE])
    for edition in made.publication.editions if deposit else ():
        own = {one.name: one.content for one in downloads[edition.name]}
        replace_tree(deposit / edition.name, own | legal_deposit_files(made.publication, edition))
    return Published(
        folder=out,
        publication=made.publication,
        editions=tuple(edition.name for edition in editions),
        changed=tuple(changed),
        files=len(files),
        bytes=sum(map(len, files.values())),
        addresses=_count(addresses),
        new_addresses=_count(addresses) - _count(record.addresses),
        left_out=made.left_out,
        outcome=outcome,
    )


def _count(addresses: Mapping[str, frozenset[str]]) -> int:
    return sum(1 + len(idents) for idents in addresses.values())


def _ids(content: bytes) -> frozenset[str]:
    """Return the ids of a page that we wrote."""
    return frozenset(html.unescape(found.decode("utf-8")) for found in _IDENT.findall(content))


# ---- what may be published -----------------------------------------------------


def _chosen(workspace: Workspace, names: Sequence[str], record: Record) -> list[Edition]:
    """Return the editions that the site will have, by date."""
    for name in names:
        edition = workspace.series.edition(name)
        if edition.is_in_preparation:
            raise RevisionError(
                f"{edition.file}: in preparation, built from the working tree, which nobody could build again; commit "
                "it and write `revision:` before you publish it"
            )
    known = {edition.name for edition in workspace.series.editions}
    for name in record.editions:
        if name not in known:
            raise OutputError(
                f"editions/{name}.yaml: was published, and is no longer there; put it back: "
                f"git log --diff-filter=D -- editions/{name}.yaml finds it"
            )
    wanted = set(names) or {edition.name for edition in workspace.series.editions if not edition.is_in_preparation}
    chosen = [edition for edition in workspace.series.editions if edition.name in wanted | set(record.editions)]
    if not chosen:
        raise RevisionError("editions: none has a revision yet, so there is nothing to publish; write `revision:`")
    for edition in chosen:
        if edition.name not in record.editions:
            refuse_draft(workspace, edition.name)
    return chosen


def content_digest(workspace: Workspace, edition: Edition) -> str:
    """Return the digest of what an edition is made of, whatever commit holds it."""
    snapshot = workspace.snapshot(edition.name)
    paths = [*edition.content_paths, *snapshot.paths_below(NOTES_FOLDER), *snapshot.paths_below(THEME_FOLDER)]
    return digest(content_trees(snapshot, paths))


def _check_contents(editions: Sequence[Edition], contents: Mapping[str, str], record: Record) -> None:
    for edition in editions:
        known = record.editions.get(edition.name)
        if known is not None and known.content != contents[edition.name]:
            raise RevisionError(
                f"{edition.file}: was published from {known.revision[:12]}, and its content is no longer that; a "
                "published edition does not change: name that revision again, and make what is new an edition of its "
                "own (`millesime new`)"
            )


def _revision(workspace: Workspace, edition: Edition, record: Record) -> str:
    """Return the commit that an edition was first published from."""
    known = record.editions.get(edition.name)
    return known.revision if known else imprint(workspace.series, edition, workspace.snapshot(edition.name)).revision


# ---- what is published ------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Made:
    """Files by their paths from the site's root, and what may be cited in them."""

    publication: Publication
    files: dict[str, bytes] = field(default_factory=dict)
    addresses: dict[str, frozenset[str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


class _Press:
    """Makes the files of one publication."""

    def __init__(
        self,
        workspace: Workspace,
        editions: Sequence[Edition],
        record: Record,
        out: Path,
        say: Say,
        *,
        key: SecretKey | None,
    ) -> None:
        self.workspace, self.editions, self.record, self.out, self.say = workspace, editions, record, out, say
        self.key = key

    def downloads(self, workers: Workers, progress: Progress) -> tuple[dict[str, list[Download]], Outcome]:
        """Return the files of each edition that readers keep; those of a sealed one that are published stay."""
        found: dict[str, list[Download]] = {edition.name: [] for edition in self.editions}
        to_make = []
        for edition in self.editions:
            check_frozen(self.workspace, edition.name)
            kept = self._published(edition)
            if kept is None:
                to_make.append(edition.name)
            else:
                found[edition.name] = kept

        def take(content: bytes, name: str, kind: str, *, kept: bool) -> Printed:
            edition = self.workspace.series.edition(name)
            one = download(content, edition.title, edition=name, kind=kind, date=edition.date)
            found[name].append(one)
            return Printed(
                edition=name, format=kind, path=self.out / name / one.name, bytes=len(one.content),
                kept=kept, **said_of(content),
            )  # fmt: skip

        outcome = make_editions(
            self.workspace, to_make, formats=None, deliver=take, workers=workers, progress=progress,
            assembled=partial(keep_assembled, self.workspace),
        ) if to_make else Outcome()  # fmt: skip
        for name, ones in found.items():
            ones.sort(key=lambda one: FORMATS.index(one.format))
            require_sealed(self.workspace, name, ones)
        return found, outcome

    def _published(self, edition: Edition) -> list[Download] | None:
        """Return the files of a sealed edition as they were published; None where they have to be made."""
        known = self.record.editions.get(edition.name)
        if known is None or edition.seal is None or not known.files:
            return None
        found = []
        for path, published in known.files.items():
            try:
                content = (self.out / path).read_bytes()
            except OSError:
                return None
            if sha256(content) != published:
                raise OutputError(
                    f"{self.out / path}: is not the file that was published, its SHA-256 is another; put the published "
                    "one back, or remove it to have it made again"
                )
            name = path.rpartition("/")[2]
            found.append(Download(format=_format(name), name=name, content=content))
        return found if {one.format for one in found} >= set(edition.formats) else None

    def make(
        self,
        downloads: Mapping[str, list[Download]],
        *,
        search: bool,
        checks: Mapping[str, Sequence[CheckResult]] | None,
    ) -> _Made:
        groups = follow_editions(self.workspace, self.editions, say=self.say)
        publication = describe_publication(self.workspace, self.editions, downloads, groups, say=self.say)
        theme = own_theme(self.workspace.current)
        keep_installed(self.workspace.store)
        labels = site_labels(self.workspace, publication.language)
        searchable = search and search_is_available()
        site = Site(
            publication=publication, theme=theme, labels=labels, searchable=searchable,
            signed=frozenset(name for name in downloads if self._is_signed(name)),
            stated=frozenset(self._stated(publication, checks)),
            head=lambda path: print_head(page_head(publication, path)), metadata=offered_files(publication),
        )  # fmt: skip
        made = _Made(publication=publication, files=site_files(theme))
        if search and not searchable:
            made.left_out += ("search: pagefind is not installed; pip install 'pagefind[bin]'",)
        for group in groups:
            members = [self.workspace.series.edition(places.name) for places in group.places]
            for edition in members:
                _add(made, edition_pages(self.workspace, site, edition, group, say=self.say))
            if len(members) > 1:
                lines = partial(self._lines_with_changes, group)
                _add(made, passage_pages(self.workspace, site, members, group, redline_lines=lines, say=self.say))
        for redline in publication.redlines:
            _add(made, compared_pages(self.workspace, site, redline, say=self.say))
        if searchable:
            made.files |= self._search_index({
                chapter.path: made.files[chapter.path]
                for edition in publication.editions for chapter in edition.chapters if chapter.is_written
            })  # fmt: skip
        made.files |= report_pages(site, printed_imprint(self.workspace, self.editions[-1]))
        made.files |= self._statements(site, checks or {})
        for name, ones in downloads.items():
            made.files |= {f"{name}/{one.name}": one.content for one in ones}
            made.files |= self._checksums(name, edition_checksums(ones))
        pages = [path for path in made.files if path.endswith(_HTML)]
        made.files |= catalogue_files(publication, pages=pages)
        if missing := left_out(publication):
            made.left_out += (f"{', '.join(missing)}: they need base_url in editions/report.yaml",)
        return made

    def _is_signed(self, name: str) -> bool:
        return self.key is not None or (self.out / name / SIGNATURE).is_file()

    def _stated(self, publication: Publication, checks: Mapping[str, Sequence[CheckResult]] | None) -> set[str]:
        """Return the editions that have an accessibility statement: those that were checked, now or before."""
        before = {one.name for one in publication.editions if (self.out / statement_path(one.name)).is_file()}
        return before | {one.name for one in publication.editions if checks and checks.get(one.name)}

    def _statements(self, site: Site, checks: Mapping[str, Sequence[CheckResult]]) -> dict[str, bytes]:
        """Return the pages of accessibility statements of editions that were checked."""
        return {
            statement_path(edition.name): statement_page(self.workspace, site, edition, checks[edition.name])
            for edition in site.publication.editions
            if checks.get(edition.name)
        }

    def _checksums(self, name: str, checksums: bytes) -> dict[str, bytes]:
        """Return an edition's SHA256SUMS and its signature: made now, or that of the same list as it was published."""
        listed = {f"{name}/{CHECKSUMS}": checksums}
        if self.key is not None:
            date = self.workspace.series.edition(name).date
            return listed | {f"{name}/{SIGNATURE}": sign_checksums(checksums, self.key, edition=name, date=date)}
        signature = self.out / name / SIGNATURE
        if not signature.is_file():
            return listed
        if (self.out / name / CHECKSUMS).read_bytes() != checksums:
            raise OutputError(
                f"{signature}: signs what was published, and the files of {name} are others now; publish with "
                "--signing-key, so that readers do not take them for forged"
            )
        return listed | {f"{name}/{SIGNATURE}": signature.read_bytes()}

    def _lines_with_changes(self, group: Followed):
        """Return a group's lines with what changed in each, for which its editions are compared again."""
        manuscripts = [self.workspace.manuscript(places.name) for places in group.places]
        steps = [succession(self.workspace.redline(old, new)) for old, new in pairwise(manuscripts)]
        return trace([{path: len(found) for path, found in one.anchors.items()} for one in group.places], steps)

    def _search_index(self, pages: Mapping[str, bytes]) -> dict[str, bytes]:
        recall = self.workspace.store.recall("search", "the index", {
            "the pages": [(path, sha256(content)) for path, content in sorted(pages.items())],
            "pagefind": tool_version("pagefind_bin"),
            "Millésime's own code": code_version("distribution.site.search"),
        }, read=reader_of(dict[str, bytes]))  # fmt: skip
        if recall.content is not None:
            return recall.value
        self.say(self.editions[-1].name, "indexing for search")
        files = index_pages(pages)
        self.workspace.store.keep(recall, pack(files))
        return files


def _add(made: _Made, pages) -> None:
    made.files |= pages.files
    made.addresses |= pages.addresses


def _format(name: str) -> str:
    return "html" if name.endswith(".zip") else name.rpartition(".")[2]
