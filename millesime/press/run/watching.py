"""Wait until a file of the report is saved; the only module that imports watchfiles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import watchfiles

from millesime.problems import EngineError

_AT_REST_MS = 30  # without a change, until what changed is told
_LONGEST_MS = 1000  # that changes are waited for: a program may never rest
_OF_GIT = frozenset({".git/HEAD", ".git/logs/HEAD"})  # a branch was changed, or committed to


class Watcher:
    """Sees what changes below a folder, from the moment that it is made."""

    def __init__(self, folder: Path, *, but: Sequence[Path] = ()) -> None:
        """Watch a folder, `but` for what lies below these: what a build itself writes.

        Raises EngineError where the system cannot tell of so many files.
        """
        self.folder = Path(os.path.realpath(folder))
        self._but = tuple(os.path.realpath(path) for path in but)
        self._usual = watchfiles.DefaultFilter()
        self._changes = watchfiles.watch(
            self.folder, watch_filter=self._counts, debounce=_LONGEST_MS, step=_AT_REST_MS, rust_timeout=_AT_REST_MS,
            yield_on_timeout=True, ignore_permission_denied=True,
        )  # fmt: skip
        try:
            self._seen = next(self._changes)  # so it has begun
        except OSError as error:
            raise EngineError(
                f"{self.folder}: cannot be watched ({error}); "
                "on Linux raise fs.inotify.max_user_watches, or set WATCHFILES_FORCE_POLLING=1"
            ) from error

    def wait(self) -> list[str]:
        """Wait until something changes and rests for a moment; return the paths, relative to the folder.

        Raises KeyboardInterrupt for Ctrl-C.
        """
        seen, self._seen = self._seen, set()
        while not seen:
            seen = next(self._changes)
        return sorted({os.path.relpath(path, self.folder) for _, path in seen})

    def _counts(self, change: watchfiles.Change, path: str) -> bool:
        """Whether a build may depend on a path: not on what editors and programs keep beside their files."""
        if any(path == other or path.startswith(other + os.sep) for other in self._but):
            return False
        name = os.path.relpath(path, self.folder)
        return name in _OF_GIT or self._usual(change, name)
