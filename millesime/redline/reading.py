"""Marked blocks as readers see them: what exactness asks for twice is shown once.

The redline's AST gives both editions back exactly; a reader wants less. This
is the one place that turns the first into the second, for the annex, the
figures and every output but `ast`.
"""

from __future__ import annotations

from typing import Any

from millesime.redline.marks import without_spacing


def for_readers(value: Any) -> Any:
    """Return marked blocks (or inlines, items, rows) as every output but `ast` shows them."""
    return without_spacing(value)
