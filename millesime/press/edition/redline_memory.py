"""Cache entries for comparisons: what comparing the same two editions again need not compute again.

Unlike other entries of the store, the key of this one names no content but two
names, and the last comparison of these stands in it. It needs to be no more
exact: whatever is in it is found by content again (`redline/pairing/memory.py`), and
what does not fit is made.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from millesime.packing import Unreadable
from millesime.press.cache.keys import digest
from millesime.press.cache.store import Store
from millesime.press.cache.versions import code_version, tool_version
from millesime.redline.memory_file import dump_memory, load_memory
from millesime.redline.pairing.memory import Memory

_STEP = "redline"
_NEWS = 0.1  # of the pairs of chapters: as long as fewer are new, what is kept is good enough


def recall_comparison(memory: Memory, store: Store, key: str) -> None:
    """Give a memory what the last comparison of that key left in the store."""
    content = store.get(_STEP, key) if store.folder else None
    if content is not None:
        with suppress(Unreadable):  # it is made again
            load_memory(memory, content)


def keep_comparison(memory: Memory, store: Store, key: str) -> None:
    """Keep what the last comparison used, if much of it is new."""
    if store.folder and memory.share_made > _NEWS:
        with suppress(ValueError):  # nested too deep to be kept
            store.put(_STEP, key, dump_memory(memory))


def comparison_key(report: Path, old: str, new: str) -> str:
    """Return the key of two editions or revisions of the report in a folder."""
    code = code_version("redline.compare", "redline.memory_file")
    return digest(os.fspath(report), old, new, tool_version("python"), code)
