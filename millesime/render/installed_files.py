"""Cache for values derived from installed files (fonts, C declarations); the caller supplies the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Returns what `read` reads of what `make` makes of a file's content, from where that is kept if it is; step and name
# say what it is.
Keeper = Callable[[str, str, bytes, Callable[[], bytes], Callable[[bytes], Any]], Any]
MAKE_ANEW: Keeper = lambda step, name, content, make, read: read(make())  # noqa: E731

_keeper = MAKE_ANEW


def keep_with(keeper: Keeper) -> None:
    """Let `keeper` keep what this process makes of installed files; by itself it makes everything anew."""
    global _keeper
    _keeper = keeper


def kept(step: str, name: str, content: bytes, make: Callable[[], bytes], read: Callable[[bytes], Any] = bytes) -> Any:
    """Return what `make` makes of the content of a file, a pure function of it, as `read` reads it."""
    return _keeper(step, name, content, make, read)
