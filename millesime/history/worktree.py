"""The working tree as a snapshot: an edition in preparation, uncommitted changes included."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from pathlib import Path

from millesime.history.repository import Repository, find_repository
from millesime.history.revision import resolve_revision
from millesime.history.snapshot import LINK, SUBMODULE, File, Snapshot
from millesime.problems import RevisionError

_REPORT_FOLDERS = {"chapters", "changelog", "editions", "templates"}
_SKIPPED_FOLDERS = {"dist", ".git", ".venv", "__pycache__", "node_modules"}  # where no .gitignore says it
_FILE = "100644"
_MAXIMUM_BYTES = 256 * 1024 * 1024


class WorkingTree(Snapshot):
    """The files on disk that git tracks or would track; without git, all but the usual output folders.

    What was read once stays what it was then, so a file that is saved in the
    middle of a build cannot get into the cache under another file's id.
    """

    revision_label = "the working tree"

    def __init__(self, root: Path, repository: Repository | None) -> None:
        if repository is not None and repository.is_bare:
            hint = "name a revision in the manifest, or clone it"
            raise RevisionError(f"{root}: a bare repository has no working tree; {hint}")
        self.folder = repository.folder if repository else ""
        self.root = Path(os.path.realpath(repository.root / self.folder if repository else root))
        self._repository = repository
        self._hash = "sha256" if repository is not None and repository.id_length == 64 else "sha1"
        self._held: dict[str, bytes] = {}
        names, untracked = _listed(repository) if repository else (_walked(self.root), None)
        files, self._deleted = {}, set()
        # Files that nobody has committed and that lie in no folder of a report's: data, most of them.
        beside = names if untracked is None else untracked
        self._beside = frozenset(name for name in beside if name.partition("/")[0] not in _REPORT_FOLDERS)
        for name in names:
            mode = _mode(os.path.join(self.root, name))
            if mode is None:
                self._deleted.add(name)
            else:
                files[name.rstrip("/")] = File(mode, "")
        super().__init__(files)

    def tree_id(self, folder: str = "") -> str:
        raise RevisionError(f"{folder or '.'}: the working tree has no tree id; commit the report first")

    def fingerprint(self) -> str:
        """Return a digest of all files, by their content; of those beside the report by what the system says of them.

        Folders of data may be large: what is not committed and in no folder of
        a report's is neither read nor held, unless a chapter names it.
        """
        files = [path for path, file in self._files.items() if file.mode == _FILE]
        held = self._contents([path for path in files if path not in self._beside])
        made = hashlib.sha256()
        for path in self.paths:
            content = self._state(path) if path in self._beside else held.get(path, b"")
            link = (self._read_link(path) or "") if self._files[path].mode == LINK else ""
            for part in (os.fsencode(path), os.fsencode(link), content):
                made.update(b"%d:" % len(part))
                made.update(part)
        return f"{self._head()} {made.hexdigest()}"

    def _state(self, path: str) -> bytes:
        """Return what changes whenever somebody writes a file; b"" where there is none."""
        try:
            found = os.lstat(os.path.join(self.root, path))
        except OSError:
            return b""
        return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}".encode()

    def _head(self) -> str:
        """The commit that the tree was made from: what an annex tells of history ends there."""
        if self._repository is None:
            return ""
        try:
            return resolve_revision(self._repository, "HEAD", where="HEAD").id
        except RevisionError:  # nothing is committed yet
            return ""

    def _contents(self, paths: list[str]) -> dict[str, bytes]:
        inside = {"": True}  # for this call: folders change
        for path in paths:
            if path not in self._held:
                content = self._read(path) if self._is_inside(posixpath.dirname(path), inside) else None
                if content is not None:
                    self._held[path] = content
        return {path: self._held[path] for path in paths if path in self._held}

    def _is_inside(self, folder: str, known: dict[str, bool]) -> bool:
        """Whatever has become of the folders since they were listed, nothing outside the tree is read."""
        if folder not in known:
            known[folder] = self._is_inside(posixpath.dirname(folder), known) and self._is_folder(folder)
        return known[folder]

    def _is_folder(self, path: str) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(os.path.join(self.root, path)).st_mode)
        except OSError:
            return False

    def _read(self, path: str) -> bytes | None:
        try:
            handle = os.open(os.path.join(self.root, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAXIMUM_BYTES:
                return None
            return stream.read()

    def _blob_id(self, path: str) -> str:
        content = self._contents([path]).get(path)
        if content is None:
            raise RevisionError(f"{path}: {self._why_not_held(path)}")
        return blob_id(content, algorithm=self._hash)

    def _read_link(self, path: str) -> str | None:
        try:
            return os.readlink(self.root / path)
        except OSError:
            return None

    def _place(self) -> str:
        return "in the working tree"

    def _why_missing(self, path: str, name: str) -> str:
        if name in self._deleted:
            return f"{path!r} is deleted in the working tree; bring it back with: git restore {name!r}"
        if os.path.lexists(self.root / name) and not (self.root / name).is_dir():
            return f"git ignores {path!r}; change .gitignore, or add it with: git add --force {name!r}"
        return super()._why_missing(path, name)

    def _lfs_remedy(self, path: str) -> str:
        return f"get it with: git lfs pull --include={path!r}"

    def _why_not_held(self, path: str) -> str:
        return f"{path!r} in the working tree cannot be read; check that it is a file, its size and its rights"


def open_working_tree(root: Path) -> WorkingTree:
    """Return the files of a report's folder that git tracks or would track; without a repository, all files."""
    return WorkingTree(root, find_repository(root))


def blob_id(content: bytes, *, algorithm: str = "sha1") -> str:
    """Return the id that git gives to a blob, before any filter."""
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _listed(repository: Repository) -> tuple[list[str], list[str]]:
    """Return the files of the report that git knows or would know, and those of them that are not tracked."""
    below = ("--", repository.folder) if repository.folder else ()
    output = repository.run("ls-files", "-t", "--cached", "--others", "--exclude-standard", "-z", *below)
    start = f"{repository.folder}/" if repository.folder else ""
    lines = [line.decode("utf-8", "surrogateescape") for line in output.split(b"\0") if line]
    found = [(line[0], line[2:].removeprefix(start)) for line in lines]
    return list(dict.fromkeys(name for _, name in found)), [name for state, name in found if state == "?"]


def _walked(root: Path) -> list[str]:
    names = []
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS and name not in links)
        names += [os.path.relpath(os.path.join(folder, name), root) for name in (*files, *links)]
    return sorted(names)


def _mode(path: str) -> str | None:
    """Return the mode git would give to a path, or None if there is nothing that git would keep."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return None
    if stat.S_ISLNK(mode):
        return LINK
    if stat.S_ISDIR(mode):
        return SUBMODULE  # git lists no other folder
    return _FILE if stat.S_ISREG(mode) else None
