"""Where what is made of an installed file may be kept, from one process to the next: whoever runs us says where."""

from __future__ import annotations

from collections.abc import Callable

# Returns what `make` makes of a file's content, from where it is kept if it is; step and name say what it is.
Keeper = Callable[[str, str, bytes, Callable[[], bytes]], bytes]
MAKE_ANEW: Keeper = lambda step, name, content, make: make()  # noqa: E731

_keeper = MAKE_ANEW


def keep_with(keeper: Keeper) -> None:
    """Let `keeper` keep what this process makes of installed files; by itself it makes everything anew."""
    global _keeper
    _keeper = keeper


def kept(step: str, name: str, content: bytes, make: Callable[[], bytes]) -> bytes:
    """Return what `make` makes of the content of a file, a pure function of it."""
    return _keeper(step, name, content, make)
