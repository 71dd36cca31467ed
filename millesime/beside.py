"""Temporary siblings: files and folders written beside their place, locked while written, renamed when complete.

    .edition.epub.4711.k3x9_2ab.new        being written; only a whole one is put in its place
    .html.4711.w81m0q4z.old/html           stepped aside, where a file system cannot let two folders change places

A writer holds a lock on what it has beside, which the system takes from it
however it ends. The number of its process in the name does not do: it is soon
another's, and in a container it is the same each time. It counts only where
the file system knows no locks.
"""

from __future__ import annotations

import fcntl
import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from millesime.problems import OutputError

_NEW, _OLD = ".new", ".old"
_NAME = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)\.[^.]+\.(?:new|old)", re.DOTALL)


def refuse_links_out(path: Path, *, root: Path) -> None:
    """Raise OutputError if a symbolic link between a report's folder and a place to write leads out of the folder.

    A clone brings the links that its author made: `dist` may lead to a folder
    of the user, which a build would fill and tidy. A link into `.git` is
    refused as well. Only links below `root` count, and a place that is not
    below it is the user's own choice.
    """
    base = Path(os.path.abspath(root))
    place = Path(os.path.abspath(path))
    if not place.is_relative_to(base):
        return
    here, real = base, base.resolve()
    for part in place.relative_to(base).parts:
        here = here / part
        if not here.is_symlink():
            continue
        target = here.resolve()
        if not target.is_relative_to(real) or ".git" in target.relative_to(real).parts:
            raise OutputError(
                f"{here}: is a link that leads out of the report, to {target}; nothing is written through it: "
                "remove the link, or name the folder that you mean with --out"
            )


@contextmanager
def hold_beside(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Yield a new, empty file next to `path`, or a folder, that nobody sweeps before the block ends.

    What is still there then is removed. Raises OSError if there can be none.
    """
    beside, lock = _make(path, _NEW, folder=folder)
    try:
        yield beside
    finally:
        remove(beside)
        os.close(lock)


def give_usual_rights(beside: Path) -> None:
    """Give a file or folder that was made for its owner alone the rights of any that this user makes."""
    mask = os.umask(0o077)
    os.umask(mask)
    os.chmod(beside, (0o777 if beside.is_dir() else 0o666) & ~mask)


def put_aside(path: Path, new: Path) -> None:
    """Put the folder `new` in the place of the folder `path` in two steps.

    A process that is killed between them leaves neither there: `recover`
    brings the old one back.
    """
    old, lock = _make(path, _OLD, folder=True)
    try:
        os.rename(path, old / path.name)
        try:
            os.rename(new, path)
        except BaseException:
            os.rename(old / path.name, path)
            raise
    finally:
        remove(old)
        os.close(lock)


def recover(path: Path) -> None:
    """Make a place as a killed process found it: what it moved aside comes back, what it had beside goes."""
    for suffix in (_OLD, _NEW):
        for left in path.parent.glob(f".{glob.escape(path.name)}.*{suffix}"):
            found = _NAME.fullmatch(left.name)
            if not found or found["name"] != path.name:
                continue
            with claim(left, process=int(found["process"])) as is_abandoned:
                if not is_abandoned:
                    continue
                if suffix == _OLD and not os.path.lexists(path):
                    with suppress(OSError):
                        os.rename(left / path.name, path)
                remove(left)


def recover_all(folder: Path) -> None:
    """Do so for all places in a folder, also those that this run will not write to."""
    with suppress(OSError):
        for name in {found["name"] for entry in os.listdir(folder) if (found := _NAME.fullmatch(entry))}:
            recover(folder / name)


@contextmanager
def claim(left: Path, *, process: int) -> Iterator[bool]:
    """Say whether nobody holds a file or folder any more, and hold it while the block lasts if so.

    `process` is the number of the one that made it. Who has just made it and
    comes to hold it now waits, and sees that it is gone: see `make_held`.
    """
    try:
        handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_abandoned = True
        except BlockingIOError:
            is_abandoned = False
        except OSError:  # no locks here
            is_abandoned = not _runs(process)
        yield is_abandoned
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or a folder as far as possible: what cannot be is swept by the next run."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def make_held(prefix: str, suffix: str, parent: Path, *, folder: bool) -> tuple[Path, int]:
    """Return a new file or folder under a name of its own, and the handle that holds it. Raises OSError.

    One that was swept before it could be held is made again.
    """
    while True:
        if folder:
            made = tempfile.mkdtemp(prefix=prefix, suffix=suffix, dir=parent)
        else:
            handle, made = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=parent)
            os.close(handle)
        with suppress(FileNotFoundError):
            if (lock := _hold(Path(made))) is not None:
                return Path(made), lock


def _hold(path: Path) -> int | None:
    """Return a handle that holds what was just made; None if it was swept before it could be held."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with suppress(OSError):  # no locks here
        fcntl.flock(handle, fcntl.LOCK_EX)
    with suppress(OSError):
        if os.path.samestat(os.fstat(handle), os.stat(path)):
            return handle
    os.close(handle)
    return None


def _make(path: Path, suffix: str, *, folder: bool) -> tuple[Path, int]:
    return make_held(f".{path.name}.{os.getpid()}.", suffix, path.parent, folder=folder)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
