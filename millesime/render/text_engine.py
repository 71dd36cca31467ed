"""Which text engine and fonts this machine has: the same report looks otherwise with others.

Asked of the system's libraries themselves, without loading WeasyPrint, which
takes half a second.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_LIBRARIES = {
    "Pango": ("libpango-1.0", 0, "pango_version_string"),
    "HarfBuzz": ("libharfbuzz", 0, "hb_version_string"),
    "fontconfig": ("libfontconfig", 1, None),
}


def engine_versions() -> dict[str, str]:
    """Return the version of each library that sets text; one that is missing has none, ""."""
    return {name: _version(*facts) for name, facts in _LIBRARIES.items()}


def font_files() -> list[tuple[str, int]]:
    """Return name and bytes of every file in the folders of fonts: what two machines must have in common."""
    folders = [folder for folder, _ in font_folders() if os.path.isdir(folder)]
    files = [file for folder in folders for file in os.scandir(folder) if file.is_file()]
    return sorted({(file.name, file.stat().st_size) for file in files})


def _version(name: str, number: int, function: str | None) -> str:
    library = _load(name, number)
    if library is None:
        return ""
    if function is None:
        return str(library.FcGetVersion())
    found = getattr(library, function)
    found.restype = ctypes.c_char_p
    return found().decode()


@cache
def font_folders() -> list[tuple[str, int]]:
    """Return each folder of fonts and file of settings that fontconfig knows, with the nanosecond it last changed.

    Folders change when a font is added or removed, which is also what
    fontconfig goes by.
    """
    library = _load("libfontconfig", 1)
    if library is None:
        return []
    library.FcStrListNext.restype = ctypes.c_char_p
    library.FcStrListNext.argtypes = library.FcStrListDone.argtypes = [ctypes.c_void_p]
    found: set[tuple[str, int]] = set()
    for listing in (library.FcConfigGetFontDirs, library.FcConfigGetConfigFiles):
        listing.restype, listing.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        names = listing(None)
        while names and (name := library.FcStrListNext(names)):
            if os.path.exists(name):
                found.add((os.fsdecode(name), os.stat(name).st_mtime_ns))
        if names:
            library.FcStrListDone(names)
    return sorted(found)


@cache
def _load(name: str, number: int) -> ctypes.CDLL | None:
    file = f"{name}.{number}.dylib" if sys.platform == "darwin" else f"{name}.so.{number}"
    try:
        return ctypes.CDLL(file)
    except OSError:
        return None
