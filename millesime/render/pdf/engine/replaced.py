"""A context manager that replaces functions of the PDF engine and its libraries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(put: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    """Set attributes, each given as (owner, name, new value), and give back the old values when the block ends."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in put]
    for owner, name, new in put:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, old in before:
            setattr(owner, name, old)
