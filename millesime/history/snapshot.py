"""The files of one revision, read from git objects, never by checkout.

`Snapshot` is what every stage reads from, whether the files come from a
commit, from the trees of a seal, or from the working tree (`worktree.py`).
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from millesime.history.repository import Repository
from millesime.history.revision import Commit
from millesime.problems import RevisionError, did_you_mean

LINK, SUBMODULE = "120000", "160000"
_MAXIMUM_LINKS = 40  # as in Linux, path_resolution(7)
_MANY = 2000  # names, beyond which no near one is looked for
_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\r?\n(.*\n)*oid sha256:[0-9a-f]{64}\r?\nsize \d+\s*")
_REPORT_FILE = "editions/report.yaml"  # by which a report's folder is known
_Named = TypeVar("_Named")
_LFS_BYTES = 1024  # a pointer is shorter, by git-lfs's specification


@dataclass(frozen=True, slots=True)
class File:
    """One path of a snapshot."""

    mode: str
    id: str  # of its blob; "" in the working tree


class Snapshot(ABC):
    """Paths and what they hold. Paths are relative to the report's folder, which may lie in a larger repository.

    A path may be written in another Unicode normal form than the file's name;
    links are followed where they stay among the snapshot's own files.
    """

    commit: Commit | None = None  # None: the working tree, or the trees of a seal
    revision_label: str = ""  # "tag 'edition-2025' (3f9c2ab)", "the working tree"
    note: str = ""  # what the editor should know about how the revision was found
    folder: str = ""  # the report's, from the top of the repository: "docs/report"

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = dict(files)
        self._paths = tuple(sorted(path for path, file in self._files.items() if file.mode != SUBMODULE))
        self._links: dict[str, str] = {}
        self._twins: dict[str, str] | None = None  # path in NFC → path

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file and link, sorted."""
        return self._paths

    def paths_below(self, folder: str) -> tuple[str, ...]:
        """Return the files and links in a folder and its folders, sorted; () if there is none."""
        start = "" if folder in {"", "."} else self._real_name(posixpath.normpath(folder)) + "/"
        return tuple(path for path in self.paths if path.startswith(start))

    def has(self, path: str) -> bool:
        """Whether `read(path)` would find a file."""
        try:
            self.resolve(path)
        except RevisionError:
            return False
        return True

    def read(self, path: str, *, where: str = "") -> bytes:
        """Return what a file holds. `where` is the place that names it, for the message."""
        return self.read_many([path], where={path: where})[path]

    def read_many(self, paths: Iterable[str], *, where: Mapping[str, str] | None = None) -> dict[str, bytes]:
        """Return what files hold, by the path asked for.

        Raises one RevisionError that names every file which cannot be had.
        """
        places = where or {}
        resolved: dict[str, str] = {}
        complaints: list[str] = []
        for path in dict.fromkeys(paths):
            try:
                resolved[path] = self.resolve(path, where=places.get(path, ""))
            except RevisionError as error:
                complaints.append(str(error))
        held = self._contents(list(dict.fromkeys(resolved.values())))
        for path, real in resolved.items():
            place = places.get(path) or path
            content = held.get(real)
            if content is None:
                complaints.append(f"{place}: {self._why_not_held(real)}")
            elif len(content) <= _LFS_BYTES and _LFS.fullmatch(content):
                complaints.append(
                    f"{place}: {path!r} {self._place()} is a pointer of Git LFS, not the file; "
                    + self._lfs_remedy(real)
                )
        if complaints:
            raise RevisionError("\n".join(complaints))
        return {path: held[real] for path, real in resolved.items()}

    def blob_id(self, path: str, *, where: str = "") -> str:
        """Return the id that git gives to what a file holds."""
        return self._blob_id(self.resolve(path, where=where))

    def entry_id(self, path: str) -> str:
        """Return the id of the blob under a name, of a link's own text if it is a link; "" in the working tree."""
        return self._files[path].id

    @abstractmethod
    def tree_id(self, folder: str = "") -> str:
        """Return the id of a folder's tree. Raises RevisionError if there is none."""

    def resolve(self, path: str, *, where: str = "") -> str:
        """Return the path of the file behind a path: other normal form, links followed.

        Raises RevisionError if there is none, or if it leads out of the snapshot.
        """
        where = where or path
        check_inside(path, where=where)
        seen: list[str] = []
        name = posixpath.normpath(path)
        while True:
            name = self._real_name(name)
            link = self._first_link(name)
            if link is None:
                break
            seen.append(link)
            target = self._target(link, where=where)
            name = posixpath.normpath(posixpath.join(posixpath.dirname(link), target) + name[len(link) :])
            if target.startswith("/") or name == ".." or name.startswith("../"):
                seen_link = f"{link!r} {self._place()} is a link out of the report, to {target!r}"
                raise RevisionError(f"{where}: {seen_link}; replace it by the file itself")
            if len(seen) > _MAXIMUM_LINKS:
                raise RevisionError(f"{where}: {link!r} {self._place()} is a link in a circle; replace it by the file")
        file = self._files.get(name)
        if file is None:
            raise RevisionError(f"{where}: {self._why_missing(path, name)}")
        if file.mode == SUBMODULE:
            seen_path = f"{path!r} {self._place()} is a submodule"
            raise RevisionError(f"{where}: {seen_path}; put the files themselves into the repository")
        return name

    def links_on(self, path: str) -> tuple[str, ...]:
        """Return the links through which a path leads to its file."""
        name = self._real_name(posixpath.normpath(path))
        links: list[str] = []
        while (link := self._first_link(name)) is not None and len(links) < _MAXIMUM_LINKS:
            links.append(link)
            target = posixpath.join(posixpath.dirname(link), self._target(link, where=path))
            name = self._real_name(posixpath.normpath(target + name[len(link) :]))
        return tuple(links)

    @abstractmethod
    def fingerprint(self) -> str:
        """Return what tells this snapshot from every other: all its files, and where it stands in history."""

    @abstractmethod
    def _contents(self, paths: list[str]) -> dict[str, bytes]:
        """Return what files hold; those that cannot be had are left out."""

    @abstractmethod
    def _blob_id(self, path: str) -> str: ...

    @abstractmethod
    def _read_link(self, path: str) -> str | None: ...

    @abstractmethod
    def _place(self) -> str:
        """Return where the files are, after a path: "at tag 'edition-2025' (3f9c2ab)"."""

    @abstractmethod
    def _why_not_held(self, path: str) -> str: ...

    def _lfs_remedy(self, path: str) -> str:
        return f"put the file itself into git with: git lfs migrate export --include={path!r}"

    def _why_missing(self, path: str, name: str) -> str:
        is_folder = any(file.startswith(name + "/") for file in self._files) or name == "."
        if is_folder:
            return f"{path!r} {self._place()} is a folder; write the path of one file in it"
        if any(file.mode == SUBMODULE and name.startswith(other + "/") for other, file in self._files.items()):
            return f"{path!r} {self._place()} lies in a submodule; put the files themselves into the repository"
        hint = self._nearest(name) or "check the path, and that the file is committed"
        return f"no file {path!r} {self._place()}; {hint}"

    def _nearest(self, name: str) -> str:
        known = self._paths
        folded = _fold(name)
        for path in known:
            if _fold(path) == folded:
                return f"did you mean {path!r}? (upper and lower case count)"
        base = posixpath.basename(folded)
        elsewhere = [path for path in known if _fold(posixpath.basename(path)) == base]
        if elsewhere:
            return did_you_mean(name, elsewhere) or f"did you mean {min(elsewhere, key=len)!r}?"
        beside = [path for path in known if posixpath.dirname(path) == posixpath.dirname(name)]
        return did_you_mean(name, beside[:_MANY]) or (did_you_mean(name, known) if len(known) <= _MANY else "")

    def _real_name(self, name: str) -> str:
        """Return the path that equals `name` in NFC: what an editor types and what a Mac stored may differ."""
        if name in self._files:
            return name
        if self._twins is None:
            self._twins = {}
            for path in sorted(self._files, reverse=True):
                for prefix in _prefixes(path):
                    self._twins[unicodedata.normalize("NFC", prefix)] = prefix
        prefixes = list(_prefixes(name))
        for prefix in reversed(prefixes):
            twin = self._twins.get(unicodedata.normalize("NFC", prefix))
            if twin is not None:
                return twin + name[len(prefix) :]
        return name

    def _first_link(self, name: str) -> str | None:
        for prefix in _prefixes(name):
            file = self._files.get(prefix)
            if file is not None and file.mode == LINK:
                return prefix
        return None

    def _target(self, link: str, *, where: str) -> str:
        if link not in self._links:
            target = self._read_link(link)
            if target is None:
                raise RevisionError(f"{where}: {self._why_not_held(link)}")
            self._links[link] = target
        return self._links[link]


class RevisionSnapshot(Snapshot):
    """The files that one commit has in the report's folder.

    A report may have been moved in its repository. Where the commit lacks
    the folder in which the report is now, the report is taken from the one
    folder of the commit that holds `editions/report.yaml`; if there is none,
    or more than one, from the top. `note` says so.
    """

    def __init__(self, repository: Repository, commit: Commit) -> None:
        self._repository = repository
        self.commit = commit
        self.revision_label = commit.label
        files, self._trees = _list_tree(repository, commit.tree_id)
        self._trees[""] = commit.tree_id
        if repository.folder:
            self.folder = repository.folder if repository.folder in self._trees else lone_report(files)
            if self.folder != repository.folder:
                where = f"folder {self.folder!r}" if self.folder else "the top of the repository"
                self.note = f"{commit.label} has no folder {repository.folder!r}; read from {where} there"
            files, self._trees = _below(self.folder, files), _below(self.folder, self._trees)
        super().__init__(files)

    def tree_id(self, folder: str = "") -> str:
        folder = "" if folder in {"", "."} else self._real_name(posixpath.normpath(folder))
        if folder not in self._trees:
            hint = did_you_mean(folder, self._trees) or "check the path"
            raise RevisionError(f"{folder}: no folder {folder!r} {self._place()}; {hint}")
        return self._trees[folder]

    def fingerprint(self) -> str:
        return f"{self.commit.id} {self.folder}" if self.folder else self.commit.id

    def _contents(self, paths: list[str]) -> dict[str, bytes]:
        held = self._repository.read_objects([self._files[path].id for path in paths])
        return {path: held[self._files[path].id] for path in paths if self._files[path].id in held}

    def _blob_id(self, path: str) -> str:
        return self._files[path].id

    def _read_link(self, path: str) -> str | None:
        content = self._contents([path]).get(path)
        return None if content is None else content.decode("utf-8", "surrogateescape")

    def _place(self) -> str:
        return f"at {self.revision_label}"

    def _why_not_held(self, path: str) -> str:
        seen = f"the content of {path!r} {self._place()} is missing from the repository"
        if self._repository.is_partial():
            return f"{seen}, a partial clone; get the rest with: git fetch --refetch --no-filter"
        return f"{seen}; look with: git fsck"


class TreeSnapshot(RevisionSnapshot):
    """The files of the trees that a seal names, without a commit."""

    def __init__(self, repository: Repository, trees: Mapping[str, str], *, label: str) -> None:
        self._repository = repository
        self.commit = None
        self.revision_label = label
        self._trees = {}
        files: dict[str, File] = {}
        kinds = repository.object_infos(list(trees.values()))
        for path, id in trees.items():
            if kinds[id].kind != "tree":
                files[path] = File("100644", id)
                continue
            below, folders = _list_tree(repository, id)
            files |= {f"{path}/{name}": file for name, file in below.items()}
            self._trees |= {path: id} | {f"{path}/{name}": tree for name, tree in folders.items()}
        Snapshot.__init__(self, files)

    def fingerprint(self) -> str:
        return " ".join(sorted({f"{path}:{file.id}" for path, file in self._files.items()}))


def check_inside(path: str, *, where: str) -> None:
    """Raise RevisionError for a path that could lead out of the snapshot."""
    parts = path.lower().split("/")
    if not path or "\0" in path or path.startswith("/") or ".." in parts or ".git" in parts:
        hint = "write a path from the report's folder, without '..'"
        raise RevisionError(f"{where}: {path!r} is no path in the report; {hint}")


def _list_tree(repository: Repository, tree_id: str) -> tuple[dict[str, File], dict[str, str]]:
    """Return the files of a tree and its trees, by path."""
    output = repository.run("ls-tree", "-r", "-t", "-z", "--full-tree", tree_id)
    files: dict[str, File] = {}
    trees: dict[str, str] = {}
    for record in output.split(b"\0"):
        if record:
            head, _, name = record.partition(b"\t")
            mode, kind, id = head.decode("ascii").split(" ")
            path = name.decode("utf-8", "surrogateescape")
            if kind == "tree":
                trees[path] = id
            else:
                files[path] = File(mode, id)
    return files, trees


def lone_report(files: Iterable[str]) -> str:
    """Return the folder of the only report among some paths, "" for none or several."""
    found = [path.removesuffix(_REPORT_FILE).rstrip("/") for path in files if f"/{path}".endswith(f"/{_REPORT_FILE}")]
    return found[0] if len(found) == 1 else ""


def _below(folder: str, named: Mapping[str, _Named]) -> dict[str, _Named]:
    """Return what a folder holds, by its paths from there; the folder itself is ""."""
    if not folder:
        return dict(named)
    found = {path[len(folder) + 1 :]: value for path, value in named.items() if path.startswith(f"{folder}/")}
    return found | {"": named[folder]} if folder in named else found


def _prefixes(path: str) -> Iterator[str]:
    """Yield "a", "a/b", "a/b/c" for "a/b/c"."""
    place = path.find("/")
    while place >= 0:
        yield path[:place]
        place = path.find("/", place + 1)
    yield path


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
