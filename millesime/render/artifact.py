"""Files handed to readers, which appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from millesime.problems import OutputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file or folder produced."""

    format: str  # "pdf", "epub", "html", "docx"
    path: Path
    entry: Path  # what a reader opens: the file itself, or a folder's index.html


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if folder:
            beside = tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
            os.chmod(beside, 0o777 & ~_umask())
        else:
            handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
            os.close(handle)
            os.chmod(beside, 0o666 & ~_umask())
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}; choose another folder with --out"
        ) from error
    return Path(beside)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _replace(path: Path, new: Path) -> None:
    if not path.is_dir() or path.is_symlink():
        os.replace(new, path)
        return
    # A folder cannot be replaced in one step: the old one steps aside first, and comes back if the new one fails.
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
    os.rename(path, old / path.name)
    try:
        os.rename(new, path)
    except OSError:
        os.rename(old / path.name, path)
        raise
    finally:
        _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
