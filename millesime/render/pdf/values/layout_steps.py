"""Layout steps: a function and its source, run here, in a worker, or answered from the cache."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Runs steps, each a function and its source, here or elsewhere, now or from what it kept under the sources' keys; the
# results are in the order of the steps.
Run = Callable[[Sequence[tuple[Callable, Any]]], Sequence]

_EDITION = "3"  # of what is kept under a key: to be raised whenever this package lays out or packs otherwise


def key_of(*parts: str | bytes) -> str:
    """Return a hash of values in their order, in hexadecimal."""
    digest = hashlib.sha256()
    for part in (_EDITION, *parts):
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def run_here(steps: Sequence[tuple[Callable, Any]]) -> list:
    """Return what each step's function makes of its source."""
    return list(_results(steps))


def _results(steps: Sequence[tuple[Callable, Any]]) -> Iterator:
    for function, source in steps:
        yield function(source)
        if not gc.isenabled():  # whoever paused the collector did not think of a hundred box trees
            gc.collect(0)
