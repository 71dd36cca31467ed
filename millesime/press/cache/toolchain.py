"""The machine's part of a cache key: our code, the default theme, engines, libraries and fonts.

Whatever makes readers see something else and is not named here would be missed by the cache.
"""

from __future__ import annotations

import os
import shutil
import sys
import zlib
from functools import cache

from millesime.history.repository import git_version
from millesime.press.cache.keys import digest
from millesime.press.cache.versions import code_version, theme_version, tool_version
from millesime.render.text_engine import engine_versions, font_files, font_folders

# That lay out, draw or write what readers see.
LIBRARIES = (
    "weasyprint", "pydyf", "tinycss2", "tinyhtml5", "cssselect2", "pyphen", "fonttools", "pillow", "lxml", "jinja2",
    "nh3", "babel", "pikepdf", "font-source-serif-pro", "font-source-sans-pro",
    "ziamath", "ziafont",  # set formulas
    "python-stdnum",  # knows where an ISBN has its hyphens
)  # fmt: skip


def toolchain() -> dict[str, object]:
    """Return the parts of a key that are the machine's: our code, the default theme, engines, libraries, fonts."""
    return {
        "Millésime's own code": code_version("press", "render"),
        "the default theme": theme_version(),
        "pandoc": tool_version("pandoc"),
        "Python and its libraries": python_libraries(),
        "git": git_version(),  # says which lines of a chapter a commit changed
        "rsvg-convert": _last_change("rsvg-convert"),  # draws what authors drew, in PDF and Word files
        "the system's text engine and fonts": text_engine(),
    }


@cache
def python_libraries() -> str:
    """Return the digest of Python, of the zlib that packs what it writes, and of all libraries that it finds."""
    return digest([sys.version, zlib.ZLIB_RUNTIME_VERSION, _installed()])


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
