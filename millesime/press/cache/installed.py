"""Cache entries for values derived from installed files (fonts, C declarations), shared by worker processes.

Typefaces, completed; hyphenation patterns and the theme's sheet, read.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from millesime.press.cache.store import Store
from millesime.press.cache.versions import code_version, tool_version
from millesime.render.installed_files import keep_with
from millesime.render.text_engine import engine_versions

# That make something of such files, or write it down.
_LIBRARIES = ("fonttools", "uharfbuzz", "brotli", "pyphen", "tinycss2", "python")


def keep_installed(store: Store) -> None:
    """Let this process keep what it makes of installed files, and find what another made."""
    keep_with(partial(_kept, store))


def _kept(
    store: Store, step: str, name: str, content: bytes, make: Callable[[], bytes], read: Callable[[bytes], Any]
) -> Any:
    parts = {
        "what it is for": name,
        "the file": content,
        "the libraries that make it": [tool_version(library) for library in _LIBRARIES],
        "the libraries of the system": [engine_versions(), zlib.ZLIB_RUNTIME_VERSION],
        "Millésime's own code": code_version(
            "render.fonts", "render.pdf.engine.startup", "render.pdf.engine.theme_scope"
        ),
    }
    recall = store.recall(step, name, parts, read=read)
    if recall.content is not None:
        return recall.value
    made = make()
    store.keep(recall, made)
    return read(made)
