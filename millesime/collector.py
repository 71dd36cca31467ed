"""Garbage collection paused or tuned during a build, whose millions of live objects make each collection slow."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the collector rest while the block lasts; whoever let it rest already goes on to do so."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def tidy(*, much: int) -> None:
    """Free what nobody holds, if there are more than so many new objects that hold others; what is left stays.

    It is a process's own, an engine and its sheets, and is not looked at again.
    """
    if gc.get_count()[0] > much:
        gc.collect()
        gc.freeze()
