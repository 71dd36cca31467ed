"""Versions of the text engine and fonts of this machine, on which line breaks depend.

Asked of the system's libraries themselves, without loading WeasyPrint, which
takes half a second.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import cache
from pathlib import Path

_LIBRARIES = {
    "Pango": ("libpango-1.0", 0, "pango_version_string"),
    "HarfBuzz": ("libharfbuzz", 0, "hb_version_string"),
    "fontconfig": ("libfontconfig", 1, None),
}
# The words by which Pango names a face, as fontconfig reads them.
_FACES = frozenset((
    "thin", "ultralight", "extralight", "light", "semilight", "demilight", "book", "regular", "medium", "semibold",
    "demibold", "bold", "ultrabold", "extrabold", "heavy", "black", "italic", "oblique", "ultracondensed",
    "extracondensed", "condensed", "semicondensed", "semiexpanded", "expanded", "extraexpanded", "ultraexpanded",
))  # fmt: skip


def engine_versions() -> dict[str, str]:
    """Return the version of each library that sets text; one that is missing has none, ""."""
    return {name: _version(*facts) for name, facts in _LIBRARIES.items()}


def font_files() -> list[tuple[str, int]]:
    """Return name and bytes of every file in the folders of fonts: what two machines must have in common."""
    folders = [folder for folder, _ in font_folders() if os.path.isdir(folder)]
    files = [file for folder in folders for file in os.scandir(folder) if file.is_file()]
    return sorted({(file.name, file.stat().st_size) for file in files})


def find_font(family: str, face: str = "") -> Path | None:
    """Return the file of a font that fontconfig knows, "DejaVu Sans", "Semi-Bold Oblique"; None for another family."""
    library = _load("libfontconfig", 1)
    if library is None:
        return None
    words = [word.lower() for word in re.sub(r"(Semi|Demi|Ultra|Extra)-", r"\1", face).replace("-", " ").split()]
    escaped = re.sub(r"([\\,:=_-])", r"\\\1", family)
    name = ":".join([escaped, *(word for word in words if word in _FACES)])
    for function in (library.FcNameParse, library.FcFontMatch):
        function.restype = ctypes.c_void_p
    pattern = ctypes.c_void_p(library.FcNameParse(name.encode("utf-8")))
    library.FcConfigSubstitute(None, pattern, 0)  # FcMatchPattern
    library.FcDefaultSubstitute(pattern)
    result = ctypes.c_int()
    match = ctypes.c_void_p(library.FcFontMatch(None, pattern, ctypes.byref(result)))
    try:
        if not match or family not in _strings(library, match, b"family"):
            return None
        found = _strings(library, match, b"file")
        return Path(found[0]) if found else None
    finally:
        for one in (pattern, match):
            if one:
                library.FcPatternDestroy(one)


def _strings(library: ctypes.CDLL, pattern: ctypes.c_void_p, key: bytes) -> list[str]:
    """Return the values of one key of a pattern of fontconfig's."""
    found: list[str] = []
    value = ctypes.c_char_p()
    while library.FcPatternGetString(pattern, key, len(found), ctypes.byref(value)) == 0 and value.value:
        found.append(os.fsdecode(value.value))
    return found


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
