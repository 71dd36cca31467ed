"""Write artifacts: files or folders that appear complete or not at all."""

from __future__ import annotations

import ctypes
import datetime
import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from millesime.beside import give_usual_rights, hold_beside, put_aside, recover
from millesime.problems import OutputError, Problem

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file or folder produced."""

    format: str  # "pdf", "epub", "html", "docx"
    path: Path
    entry: Path  # what a reader opens: the file itself, or a folder's index.html
    notes: tuple[str, ...] = ()  # what the engine could not do
    problems: tuple[Problem, ...] = ()  # the same, with its places in the text


@contextmanager
def write_beside(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Yield a path next to `path` to write to; put it in its place when the block ends well.

    With `folder` the path is an empty folder, which replaces the old one
    whole. Raises OutputError when the place cannot be written; what was there
    is as it was then.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            recover(path)
            beside = stack.enter_context(hold_beside(path, folder=folder))
            give_usual_rights(beside)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            yield beside
            _replace(path, beside)
        except OSError as error:
            raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return what to say where a file or folder cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        hint = "make room there, or choose another place, and run this again"
    elif error.errno == errno.EROFS:
        hint = "make the disk writable, or choose another place"
    else:
        hint = "see to the folder's rights, or choose another place"
    return OutputError(
        f"{path}: cannot be written: {error.strerror or error}; what was there is as it was: {hint} (--out)"
    )


def _replace(path: Path, new: Path) -> None:
    """Put `new` in the place of `path`; where the file system can, at no moment is there neither."""
    if not path.is_dir() or path.is_symlink():
        try:
            os.replace(new, path)
            return
        except OSError as error:
            # Another build made this folder between the question and the answer.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    if not _exchange(path, new):
        put_aside(path, new)


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step, renameat2(2); False where the system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0


def date_epoch(date: datetime.date) -> int:
    """Return noon of a date in seconds since 1970, UTC; never before 1980, where zip files begin."""
    noon = datetime.datetime.combine(date, datetime.time(12), tzinfo=datetime.UTC)
    return max(int(noon.timestamp()), 315_576_000)
