"""Replace a published site by a new tree of files in one step, keeping files that the new tree does not have."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from millesime.beside import recover
from millesime.problems import OutputError
from millesime.render.artifact import unwritable, write_beside


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Let nobody else publish beside a folder meanwhile. Raises OutputError where somebody does."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait until that is done"
            raise OutputError(f"{folder.parent}: somebody else publishes here at this moment; {hint}") from error
        recover(folder)
        yield
    finally:
        os.close(handle)  # and the lock with it


def replace_tree(folder: Path, files: Mapping[str, bytes], *, renewed: Sequence[str] = ()) -> list[str]:
    """Put files into a folder, all of them in one step, and return the paths of those that are new or changed.

    `files` are by their paths in it. What else the folder holds stays, as
    links to the same content; but nothing of the folders below it that are
    `renewed`. At no moment is the folder half old, half new. Raises
    OutputError when it cannot be written.
    """
    recover(folder)
    if outside := [name for name in files if os.path.isabs(name) or ".." in Path(name).parts]:
        raise OutputError(f"{folder}: {outside[0]!r} is no path of a file in it")
    for above in sorted({above for name in files for above in Path(name).parents if above != Path()}):
        if (folder / above).is_symlink():
            raise OutputError(
                f"{folder / above}: is a link, through which no file of {folder} is written; remove the link"
            )
    changed = sorted(name for name, content in files.items() if not _holds(folder / name, content))
    if not changed and folder.is_dir():
        return []
    with write_beside(folder, folder=True) as beside:
        if folder.is_dir():
            shutil.copymode(folder, beside)
            _copy_links(folder, beside, without=set(changed), files=files, renewed=renewed)
        for name in changed:
            place = beside / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(files[name])
    return changed


def _holds(path: Path, content: bytes) -> bool:
    try:
        return not path.is_symlink() and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _copy_links(old: Path, new: Path, *, without: set[str], files: Mapping[str, bytes], renewed: Sequence[str]) -> None:
    """Fill a folder with what another holds, files as hard links where the file system has them."""
    for place, folders, names in os.walk(old):
        beside = new / Path(place).relative_to(old)
        linked = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = [name for name in folders if name not in linked]
        for name in folders:
            (beside / name).mkdir()
            shutil.copymode(Path(place, name), beside / name)
        for name in [*linked, *names]:
            path = (beside / name).relative_to(new).as_posix()
            outdated = path not in files and path.startswith(tuple(f"{folder}/" for folder in renewed))
            if path not in without and not outdated:
                _link(Path(place, name), beside / name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
