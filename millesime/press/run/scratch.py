"""The temporary folder of a run; deleted at its end, or by the next run if this one was killed."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millesime.beside import claim, make_held, remove

_NAME = re.compile(r"millesime-run\.(\d+)\.[^.]+")


@contextmanager
def scratch_folder() -> Iterator[None]:
    """Let this process, and those that it starts, make all temporary files in one folder while the block lasts.

    Folders of runs that were killed are removed. Where there can be none, all
    stays as it was: whoever then needs a temporary file says why it cannot be.
    """
    try:
        chosen = Path(tempfile.gettempdir())
        _sweep(chosen)
        made, lock = make_held(f"millesime-run.{os.getpid()}.", "", chosen, folder=True)
    except OSError:
        yield
        return
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(made)
    try:
        yield
    finally:
        tempfile.tempdir = before[0]
        if before[1] is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before[1]
        remove(made)
        os.close(lock)


def _sweep(folder: Path) -> None:
    with os.scandir(folder) as found:
        names = [entry.name for entry in found if entry.name.startswith("millesime-run.")]
    for name in names:
        parts = _NAME.fullmatch(name)
        # Those of other users are theirs to remove.
        is_ours = parts and os.lstat(folder / name).st_uid == os.geteuid()
        if parts and is_ours:
            with claim(folder / name, process=int(parts[1])) as is_abandoned:
                if is_abandoned:
                    remove(folder / name)
