"""The files of any folder as a snapshot, with or without a git repository."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from millesime.history.snapshot import LINK, File, Snapshot
from millesime.history.worktree import WorkingTree
from millesime.problems import RevisionError

OUTPUT_FOLDERS = {"dist", "node_modules", "__pycache__"}
_MAXIMUM_FILES = 100_000  # a report has hundreds: whoever names their whole disk hears of it in time


class Folder(WorkingTree):
    """The files under `root` that are named, each as `prefix` and its path from there.

    No git is asked. Links are followed where they stay in the folder. `held`
    are files of other files, such as the pictures in a Word file, by their path.
    """

    def __init__(
        self, root: Path, names: Iterable[str], *, prefix: str = "", held: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        self.root = Path(os.path.realpath(root))
        self.revision_label = f"the folder {root}"
        self._hash, self._held, self._deleted = "sha1", dict(held), set()
        self._prefix = prefix
        modes = {name: _mode(self.root / name) for name in names}
        files = {prefix + name: File(mode, "") for name, mode in modes.items() if mode}
        self._enclosed = frozenset(held)
        Snapshot.__init__(self, {**files, **dict.fromkeys(held, File("100644", ""))})

    def _read(self, path: str) -> bytes | None:
        if path in self._enclosed:
            return self._held[path]
        return super()._read(path.removeprefix(self._prefix))

    def _is_folder(self, path: str) -> bool:
        return self._prefix.startswith(f"{path}/") or super()._is_folder(path.removeprefix(self._prefix))

    def _read_link(self, path: str) -> str | None:
        return super()._read_link(path.removeprefix(self._prefix))

    def _place(self) -> str:
        return f"in {self.revision_label}"

    def _why_missing(self, path: str, name: str) -> str:
        return Snapshot._why_missing(self, path, name)


def walk_folder(root: Path) -> list[str]:
    """Return the paths of all files in a folder and its folders, sorted; hidden and output folders are left out.

    Raises RevisionError for a folder that cannot be listed, or holds too many files.
    """
    names: list[str] = []

    def complain(error: OSError) -> None:
        raise RevisionError(f"{error.filename}: cannot be listed: {error.strerror}") from error

    for folder, folders, files in os.walk(root, onerror=complain):
        folders[:] = sorted(name for name in folders if name not in OUTPUT_FOLDERS and not name.startswith("."))
        names += [os.path.relpath(os.path.join(folder, name), root) for name in files if not name.startswith(".")]
        if len(names) > _MAXIMUM_FILES:
            raise RevisionError(f"{root}: more than {_MAXIMUM_FILES} files; name the folder of the chapters alone")
    return sorted(name.replace(os.sep, "/") for name in names)


def _mode(place: Path) -> str:
    """Return the mode that git would give to a file or link, "" to anything else."""
    if place.is_symlink():
        return LINK
    return "100644" if place.is_file() else ""
