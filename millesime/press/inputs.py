"""What the artifacts of an edition depend on, all of it, by names that `--explain` can print.

Whatever a build reads and is not named here would be missed by the cache, and
an old edition printed for a new one: a new source of input belongs here.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import sys
import zlib
from functools import cache

from millesime.press.cache.keys import digest
from millesime.press.cache.versions import code_version, theme_version, tool_version
from millesime.press.desk import Desk, printed_revision
from millesime.render.text_engine import engine_versions, font_files, font_folders
from millesime.series.series import NOTES_FOLDER, Edition

# That lay out, draw or write what readers see.
LIBRARIES = (
    "weasyprint", "pydyf", "tinycss2", "tinyhtml5", "cssselect2", "pyphen", "fonttools", "pillow", "lxml", "jinja2",
    "nh3", "babel", "pikepdf", "font-source-serif-pro", "font-source-sans-pro",
    "python-stdnum",  # knows where an ISBN has its hyphens
)  # fmt: skip


def edition_inputs(desk: Desk, name: str) -> dict[str, object]:
    """Return the parts of the key of whatever is made of one edition; see `cache.keys.Part`.

    Raises RevisionError for a revision that git does not have.
    """
    edition = desk.series.edition(name)
    note = posixpath.join(NOTES_FOLDER, f"{name}.md")
    return {
        "its files": desk.snapshot(name).fingerprint(),
        "the manifests": [
            _manifests(edition),
            printed_revision(edition, desk.snapshot(name)),
            [(other.name, *_manifests(other)) for other in desk.series.editions if other.name in edition.compared],
            [(other.name, other.date.isoformat(), other.manifest.subtitle) for other in desk.series.earlier(edition)],
        ],
        "the editions it is compared with": [(other, desk.snapshot(other).fingerprint()) for other in edition.compared],
        "the editor's note": desk.current.read(note) if desk.current.has(note) else None,
        "the history that is there": desk.repository.is_shallow if desk.repository else None,
        **toolchain(),
    }


def _manifests(edition: Edition) -> list[str]:
    """The report's manifest and the edition's own, but for seal and limits, which change nothing of it."""
    report = edition.report.model_copy(update={"limits": None})
    return [repr(report), repr(edition.manifest.model_copy(update={"seal": None}))]


def toolchain() -> dict[str, object]:
    """Return the parts of a key that are the machine's: our code, the default theme, engines, libraries, fonts."""
    return {
        "Millésime's own code": code_version("press", "render"),
        "the default theme": theme_version(),
        "pandoc": tool_version("pandoc"),
        "Python and its libraries": [sys.version, zlib.ZLIB_RUNTIME_VERSION, _installed()],
        "rsvg-convert": _last_change("rsvg-convert"),  # pandoc calls it for drawings in Word files
        "the system's text engine and fonts": text_engine(),
    }


@cache
def text_engine() -> str:
    """Return the digest of what this machine sets text with: libraries, and the fonts that fontconfig knows."""
    return digest(engine_versions(), font_folders())


def engines() -> dict[str, object]:
    """Return what must be equal on two machines for their pages to be: versions, and fonts by name and size."""
    return {
        "Millésime's own code": code_version("press", "render"),
        "the default theme": theme_version(),
        **{name: tool_version(name) for name in ("python", "pandoc", *LIBRARIES)},
        **engine_versions(),
        "the system's fonts": font_files(),
    }


def _last_change(program: str) -> int | None:
    """Return when a program was installed, in nanoseconds; to ask for its version would take longer."""
    path = shutil.which(program)
    return os.stat(path).st_mtime_ns if path else None


def _installed() -> list[str]:
    """Return the libraries that Python finds, "WeasyPrint-70.0.dist-info"; to read what each says of itself is slow."""
    names = {name for folder in sys.path if os.path.isdir(folder) for name in os.listdir(folder)}
    return sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))
