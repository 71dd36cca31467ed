"""The workspace: an edition's series, repository and store, and what was read so far.

What reads and compares is imported when it is called: most builds find all
they need in the store, and to load it takes them half of their time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from millesime.at_work import at_work
from millesime.history.repository import Repository
from millesime.history.revision import resolve_revision
from millesime.history.sealed_content import resolve_edition
from millesime.history.snapshot import RevisionSnapshot, Snapshot
from millesime.history.worktree import WorkingTree
from millesime.limits import Limits
from millesime.press.cache.store import NO_STORE, Store
from millesime.series.series import Edition, Series

if TYPE_CHECKING:
    from millesime.press.edition.manuscript import Manuscript
    from millesime.press.edition.quoted_references import QuotedReferences
    from millesime.redline.annex.side import Side
    from millesime.redline.model import Redline
    from millesime.redline.pairing.memory import Memory


class Workspace:
    """Reads each manuscript of a series once, and remembers it; to be used by one thread."""

    def __init__(
        self,
        series: Series,
        repository: Repository | None,
        *,
        store: Store = NO_STORE,
        jobs: int = 1,
        limits: Limits | None = None,  # None: the report's own
    ) -> None:
        self.limits = series.limits if limits is None else limits
        self.series, self.repository, self.store, self.jobs = series, repository, store, jobs
        self.current = _current(series, repository)
        self._snapshots: dict[str, Snapshot] = {}
        self._manuscripts: dict[str, Manuscript] = {}
        self._sides: dict[str, Side] = {}
        self._redlines: dict[tuple[str, str], Redline] = {}

    @cached_property
    def references(self) -> QuotedReferences:
        """What references to passages of these manuscripts say."""
        from millesime.press.edition.quoted_references import QuotedReferences

        return QuotedReferences()

    @cached_property
    def _memory(self) -> Memory:
        from millesime.redline.pairing.memory import Memory

        return Memory()

    def manuscript(self, name: str) -> Manuscript:
        """Return the manuscript of an edition. Raises ManifestError for a name that is none."""
        from millesime.press.edition.manuscript import open_manuscript

        if name not in self._manuscripts:
            edition = self.series.edition(name)
            with at_work(f"edition {name}", "read it"):
                self._manuscripts[name] = open_manuscript(
                    edition,
                    self.snapshot(name),
                    edition.chapter_entries,
                    store=self.store,
                    jobs=self.jobs,
                    limits=self.limits,
                )
        return self._manuscripts[name]

    def snapshot(self, name: str) -> Snapshot:
        """Return the files of an edition. Raises RevisionError for a revision that git does not have."""
        if name not in self._snapshots:
            edition = self.series.edition(name)
            self._snapshots[name] = (
                self.current
                if edition.is_in_preparation
                else resolve_edition(self.repository, edition, root=self.series.root)
            )
        return self._snapshots[name]

    def redline(self, old: Manuscript, new: Manuscript) -> Redline:
        """Return what changed between two manuscripts, git's knowledge of renames included."""
        from millesime.history.renames import find_renames
        from millesime.press.edition.manuscript import chapter_texts
        from millesime.press.edition.redline_memory import comparison_key, keep_comparison, recall_comparison
        from millesime.redline.compare import compare

        names = (old.edition.name, new.edition.name)
        if names in self._redlines and self._holds(old) and self._holds(new):
            return self._redlines[names]
        renames: Mapping[str, str] = {}
        if self.repository and old.snapshot.commit and new.snapshot.commit:
            renames = find_renames(self.repository, old.snapshot.tree_id(), new.snapshot.tree_id())
        key = comparison_key(self.series.root, *names)
        recall_comparison(self._memory, self.store, key)
        with at_work(f"editions {names[0]} and {names[1]}", "compare them"):
            redline = compare(chapter_texts(old), chapter_texts(new), renames=renames, memory=self._memory)
        keep_comparison(self._memory, self.store, key)
        if self._holds(old) and self._holds(new):
            self._redlines[names] = redline
        return redline

    def side(self, manuscript: Manuscript) -> Side:
        """Return a manuscript of this workspace as annexes name it, its sections counted once."""
        from millesime.press.edition.annex_side import side

        name = manuscript.edition.name
        if name not in self._sides:
            self._sides[name] = side(manuscript)
        return self._sides[name]

    def _holds(self, manuscript: Manuscript) -> bool:
        return self._manuscripts.get(manuscript.edition.name) is manuscript


def _current(series: Series, repository: Repository | None) -> Snapshot:
    """Return the working tree; of a bare repository, which has none, the files of its HEAD."""
    if repository is not None and repository.is_bare:
        return RevisionSnapshot(repository, resolve_revision(repository, "HEAD"))
    return WorkingTree(series.root, repository)


def printed_revision(edition: Edition, snapshot: Snapshot) -> str:
    """Return the commit to print: the sealed one, although history may have given it another id since."""
    if edition.seal is not None:
        return edition.seal.commit
    return snapshot.commit.id if snapshot.commit else ""
