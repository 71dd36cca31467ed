"""Files handed to readers, which appear whole or not at all."""

from __future__ import annotations

import ctypes
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from millesime.problems import OutputError

_SUFFIX = ".new"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file or folder produced."""

    format: str  # "pdf", "epub", "html", "docx"
    path: Path
    entry: Path  # what a reader opens: the file itself, or a folder's index.html
    notes: tuple[str, ...] = ()  # what the engine could not do


@contextmanager
def write_beside(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Yield a path next to `path` to write to; put it in its place when the block ends well.

    With `folder` the path is an empty folder, which replaces the old one
    whole. Raises OutputError when the place cannot be written.
    """
    beside = _open_beside(path, folder=folder)
    try:
        yield beside
        _replace(path, beside)
    except OSError as error:
        raise OutputError(f"{error.filename or path}: cannot be written: {error.strerror or error}") from error
    finally:
        _remove(beside)


def _open_beside(path: Path, *, folder: bool) -> Path:
    prefix = f".{path.name}.{os.getpid()}."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_abandoned(path)
        if folder:
            beside = tempfile.mkdtemp(prefix=prefix, suffix=_SUFFIX, dir=path.parent)
            os.chmod(beside, 0o777 & ~_umask())
        else:
            handle, beside = tempfile.mkstemp(prefix=prefix, suffix=_SUFFIX, dir=path.parent)
            os.close(handle)
            os.chmod(beside, 0o666 & ~_umask())
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}; choose another folder with --out"
        ) from error
    return Path(beside)


def clear_abandoned(path: Path) -> None:
    """Remove what a process that was killed left beside a path; one that still runs keeps its own."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_SUFFIX}"):
        owner = left.name.removeprefix(f".{path.name}.").partition(".")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            _remove(left)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _replace(path: Path, new: Path) -> None:
    """Put `new` in the place of `path`; at no moment is there neither."""
    if not path.is_dir() or path.is_symlink():
        os.replace(new, path)
    elif not _exchange(path, new):
        # Without an exchange in one step the old folder steps aside first, and comes back if the new one fails.
        old = Path(tempfile.mkdtemp(prefix=f".{path.name}.{os.getpid()}.", suffix=_SUFFIX, dir=path.parent))
        os.rename(path, old / path.name)
        try:
            os.rename(new, path)
        except OSError:
            os.rename(old / path.name, path)
            raise
        finally:
            _remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step, renameat2(2); False where the system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
