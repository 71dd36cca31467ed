"""What is made of the designers' font files, kept: each worker would make it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from millesime.press.cache.store import Store
from millesime.press.cache.versions import code_version, tool_version
from millesime.render.fonts import keep_fonts


def keep_typefaces(store: Store) -> None:
    """Let this process keep what it makes of typefaces, and find what another made."""
    keep_fonts(partial(_kept, store))


def _kept(store: Store, name: str, file: Path, make: Callable[[], bytes]) -> bytes:
    parts = {
        "what it is for": name,
        "the designers' file": file.read_bytes(),
        "the libraries for fonts": [tool_version("fonttools"), tool_version("brotli")],
        "Millésime's own code": code_version("render.fonts"),
    }
    recall = store.recall("typeface", f"{file.stem} for {name}", parts)
    if recall.content is not None:
        return recall.content
    content = make()
    store.keep(recall, content)
    return content
