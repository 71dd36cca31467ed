"""Find the cache folder, and check that it can be trusted (owner, permissions, not tracked by git).

To read an entry runs nothing (`millesime/packing.py`), and yet whoever writes
an entry decides what is published. So a folder is used only if it is our own
and nobody else may write to it, and an entry only if its file is. Checksums do
not help here: they tell of damage, not of forgery. A folder in a repository is
our own as well when its files came with a clone: so a folder of which git
tracks a file is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from millesime.beside import hold_beside, recover
from millesime.history.repository import find_repository
from millesime.problems import ReportError

TAG = "CACHEDIR.TAG"
# https://bford.info/cachedir/: backups leave such folders out. It also keeps `--cache ~/Documents` from being one.
_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
_TAG_TEXT = _SIGNATURE + b"\n# A cache of Millesime, see docs/cache.md. It can be removed at any time.\n"


class Refused(Exception):
    """A folder that is not used as a cache; the text says why, and what to do."""


def default_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return `millesime` in the user's cache folder; None for a user who has no home.

    https://specifications.freedesktop.org/basedir-spec/latest/: a relative
    XDG_CACHE_HOME is to be ignored.
    """
    chosen = environment.get("XDG_CACHE_HOME", "")
    if os.path.isabs(chosen):
        return Path(chosen, "millesime")
    home = environment.get("HOME") or os.path.expanduser("~")
    return Path(home, ".cache", "millesime") if os.path.isabs(home) else None


def check_folder(folder: Path) -> None:
    """Raise Refused for a folder that is no cache of ours or that others could write to, OSError if it is not there."""
    seen = os.stat(folder)
    if not stat.S_ISDIR(seen.st_mode):
        raise Refused(f"{folder}: this is no folder; choose another with --cache")
    if seen.st_uid != os.geteuid():
        raise Refused(
            f"{folder}: belongs to another user (number {seen.st_uid}), and what others write is not trusted; "
            "choose another folder with --cache"
        )
    if seen.st_mode & 0o022:
        raise Refused(
            f"{folder}: others may write to it (mode {stat.S_IMODE(seen.st_mode):04o}), "
            "and what others write is not trusted; remove the folder, or choose another with --cache"
        )
    # First what is there, then the tag: another process that is beginning writes the tag first.
    holds_something = any(not name.startswith(f".{TAG}") for name in os.listdir(folder))
    if holds_something and not _is_tagged(folder):
        raise Refused(f"{folder}: holds files, and no {TAG} of Millésime; choose an empty folder with --cache")
    if holds_something and (tracked := _tracked_file(folder)):
        raise Refused(
            f"{folder}: git tracks files of this folder, such as {tracked}, so that somebody else may have written "
            "them; take them out of git and remove the folder, or choose another with --cache"
        )


def _tracked_file(folder: Path) -> str:
    """Return the path of a file below the folder that git tracks, or ""; the folder may lie in no repository."""
    real = folder.resolve()
    if not any(os.path.lexists(above / ".git") for above in (real, *real.parents)):
        return ""
    try:
        repository = find_repository(real)
        if repository is None or repository.is_bare:
            return ""
        listed = repository.run("ls-files", "-z", "--", str(real))
    except ReportError as error:
        raise Refused(f"{folder}: whether git tracks it cannot be told: {error}") from error
    return listed.split(b"\0", 1)[0].decode("utf-8", "replace")


def open_folder(folder: Path) -> None:
    """Make the folder if it is not there yet, for its owner alone. Raises Refused or OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    check_folder(folder)
    # CI systems keep only what lies in the repository's folder: there it must not look like a part of the report.
    # A process that was killed may have written the tag and no more.
    if not _is_tagged(folder):
        _write(folder / TAG, _TAG_TEXT)
    if not (folder / ".gitignore").exists():
        _write(folder / ".gitignore", b"*\n")


def _write(path: Path, content: bytes) -> None:
    tag = path.with_name(TAG)  # under its name, for `check_folder`
    recover(tag)
    with hold_beside(tag) as beside:
        beside.write_bytes(content)
        os.replace(beside, path)


def open_step(folder: Path, step: str, *, create: bool) -> Path:
    """Return the folder of a step's entries. Raises Refused for a link, FileNotFoundError if it is not there."""
    place = folder / step
    if create:
        with suppress(FileExistsError):
            place.mkdir(mode=0o700)
    if not stat.S_ISDIR(os.lstat(place).st_mode):
        raise Refused(f"{place}: this is no folder; remove it")
    return place


def _is_tagged(folder: Path) -> bool:
    try:
        with open(folder / TAG, "rb") as stream:
            return stream.read(len(_TAG_TEXT)) == _TAG_TEXT
    except OSError:
        return False
