"""Find the content of a sealed edition, even if history was rewritten after sealing.

A sealed edition is its content, not its commit: a rebase or squash gives
commits other ids, the ids of trees stay.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from millesime.history.repository import Repository, TreeEntry
from millesime.history.revision import Commit, read_commit, resolve_revision
from millesime.history.snapshot import RevisionSnapshot, Snapshot, TreeSnapshot
from millesime.history.worktree import WorkingTree
from millesime.problems import RevisionError
from millesime.series.manifest import Seal
from millesime.series.series import Edition

_COMMITS_AT_ONCE = 500


class ContentChanged(RevisionError):
    """A revision leads to other content than was sealed."""


class ContentMissing(RevisionError):
    """The repository does not hold what was sealed; the message says what to fetch."""


def resolve_edition(repository: Repository | None, edition: Edition, *, root: Path | None = None) -> Snapshot:
    """Return the files an edition is built from.

    Without revision or seal: the working tree; `root` is its folder where
    there is no repository. Sealed: the revision, or the sealed commit; else
    the first commit of any branch or tag with the same trees; else the trees
    themselves; `note` then says so. Raises ContentMissing if none is left,
    ContentChanged if the revision no longer matches the seal, and
    RevisionError for an unsealed revision that git does not have.
    """
    if edition.is_in_preparation:
        folder = root or (repository.root if repository else None)
        assert folder is not None, "a working tree needs a folder"
        return WorkingTree(folder, repository)
    where = f"{edition.file}: {'revision' if edition.revision else 'seal.commit'}"
    if repository is None:
        hint = "get the report with git clone, which brings its history"
        raise ContentMissing(f"{where}: a revision is named, but this is not a git repository; {hint}")
    if edition.seal is None:
        return RevisionSnapshot(repository, resolve_revision(repository, edition.revision, where=where))
    return _resolve_sealed(repository, edition, edition.seal, where=where)


def content_trees(snapshot: Snapshot, paths: Iterable[str]) -> dict[str, str]:
    """Return what a seal records: the top-level folders and files that hold some paths → tree or blob id.

    Links count with what they lead to. Raises RevisionError for the working
    tree, and for a path that is missing.
    """
    if isinstance(snapshot, WorkingTree):
        raise RevisionError(f"seal: {snapshot.revision_label} has no commit; commit the report and name the revision")
    tops: set[str] = set()
    for path in paths:
        for name in (snapshot.resolve(path), *snapshot.links_on(path)):
            tops.add(name.partition("/")[0])
    return {top: _top_id(snapshot, top) for top in sorted(tops)}


def _top_id(snapshot: Snapshot, top: str) -> str:
    if top in snapshot.paths:
        return snapshot.entry_id(top)
    return snapshot.tree_id(top)


def _resolve_sealed(repository: Repository, edition: Edition, seal: Seal, *, where: str) -> Snapshot:
    commit, why = _named_commit(repository, edition, seal, where=where)
    if commit is not None:
        snapshot = RevisionSnapshot(repository, commit)
        _check_seal(repository, commit, seal, folder=snapshot.folder, where=where)
        if why:
            snapshot.note = f"{why}; built from the sealed commit"
        return snapshot
    twin = _find_twin(repository, seal)
    if twin is not None:
        snapshot = RevisionSnapshot(repository, read_commit(repository, twin, where=where))
        snapshot.note = f"{why}; built from commit {twin[:7]}, whose content is the sealed one"
        return snapshot
    kinds = repository.object_infos(list(seal.trees.values()))
    missing = [path for path, id in seal.trees.items() if id not in kinds]
    if not missing:
        snapshot = TreeSnapshot(repository, seal.trees, label=f"the sealed trees of edition {edition.name}")
        snapshot.note = f"{why}; built from the sealed trees, which no branch or tag holds any more: tag them"
        return snapshot
    if repository.is_shallow:
        hint = "this clone is shallow; get the whole history with: git fetch --unshallow --tags"
    elif repository.is_partial():
        hint = "this is a partial clone; get the rest with: git fetch --refetch --no-filter"
    else:
        hint = f"get it from a repository that has it, with: git fetch origin {seal.commit}"
    lost = ", ".join(map(repr, missing))
    seen = f"{why}, no other commit has the same content, and the trees of {lost} are gone"
    raise ContentMissing(f"{where}: {seen}; {hint}")


def _named_commit(repository: Repository, edition: Edition, seal: Seal, *, where: str) -> tuple[Commit | None, str]:
    """Return the commit that the manifest names, and why another had to be taken."""
    why = ""
    if edition.revision:
        try:
            return resolve_revision(repository, edition.revision, where=where), ""
        except RevisionError:
            why = f"the revision {edition.revision!r} is gone"
    if repository.object_infos([seal.commit]).get(seal.commit) is not None:
        return resolve_revision(repository, seal.commit, where=where), why
    return None, why or f"the sealed commit {seal.commit[:7]} is gone"


def _check_seal(repository: Repository, commit: Commit, seal: Seal, *, folder: str, where: str) -> None:
    places = {path: posixpath.join(folder, path) for path in seal.trees}
    trees = _Trees(repository)
    trees.load([commit.tree_id], places.values())
    changed = [path for path, id in seal.trees.items() if trees.id_at(commit.tree_id, places[path]) != id]
    if changed:
        path = changed[0]
        now = trees.id_at(commit.tree_id, places[path])
        seen = f"{path!r} is {now[:10]}, sealed as {seal.trees[path][:10]}" if now else f"{path!r} is missing"
        hint = f"name the sealed commit {seal.commit[:10]} again, or publish a new edition"
        raise ContentChanged(f"{where}: {commit.label} no longer matches its seal: {seen}; {hint}")


def _find_twin(repository: Repository, seal: Seal) -> str | None:
    """Return the oldest commit of any branch or tag whose trees are the sealed ones.

    They are looked for where the snapshot of that commit has the report: in
    its folder, or at the top before it was moved there.
    """
    output = repository.run("log", "--all", "--reverse", "--topo-order", "--no-color", "--no-notes", "--format=%H %T")
    commits = [line.split(" ") for line in output.decode("ascii").splitlines() if line]
    folder = repository.folder
    places = [{posixpath.join(top, path): id for path, id in seal.trees.items()} for top in dict.fromkeys((folder, ""))]
    trees = _Trees(repository)
    for start in range(0, len(commits), _COMMITS_AT_ONCE):
        some = commits[start : start + _COMMITS_AT_ONCE]
        trees.load([tree for _, tree in some], [path for paths in places for path in paths])
        for commit, tree in some:
            sealed = places[0] if not folder or trees.id_at(tree, folder) else places[-1]
            if all(trees.id_at(tree, path) == id for path, id in sealed.items()):
                return commit
    return None


class _Trees:
    """Trees read from the object store, a level of all of them at a time."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[str, Mapping[str, TreeEntry]] = {}

    def load(self, roots: Iterable[str], paths: Iterable[str]) -> None:
        """Read what `id_at` needs for some paths below some roots."""
        split = [path.split("/") for path in paths]
        level = set(roots)
        for depth in range(max(map(len, split), default=0)):
            self._known |= self._repository.read_trees([id for id in level if id not in self._known])
            names = {parts[depth] for parts in split if len(parts) > depth + 1}
            level = {entry.id for entry in self._entries(level, names) if entry.mode in {"40000", "040000"}}

    def id_at(self, root: str, path: str) -> str:
        """Return the id of what stands at a path, or ""."""
        id = root
        for name in path.split("/"):
            entry = self._known.get(id, {}).get(name)
            if entry is None:
                return ""
            id = entry.id
        return id

    def _entries(self, ids: Iterable[str], names: Iterable[str]) -> Iterator[TreeEntry]:
        for id in ids:
            held = self._known.get(id, {})
            yield from (held[name] for name in names if name in held)
