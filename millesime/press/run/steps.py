"""Steps that worker processes run for a PDF. The module imports layout code alone, since importing takes time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from typing import Any

from millesime.collector import collector_at_rest, tidy
from millesime.problems import EngineError
from millesime.render.pdf.engine.theme_scope import theme_scope
from millesime.render.pdf.layout import make_ready
from millesime.render.pdf.values.laid_unit import Laid


def load_for_pages(theme: Mapping[str, bytes], language: str) -> None:
    """Load the engine, the sheet of a theme and its fonts, and a language's patterns, while the build still reads."""
    with suppress(EngineError):  # the first step will say so
        make_ready(theme_scope(theme).style, language)


def run_step(step: Callable, source: Any, known: Set[str]) -> Any:
    """Run a step in a worker, and leave out the font files that are `known`.

    Python's cycle collector rests meanwhile: all that it would look at is in use.
    """
    if len(getattr(source, "html", b"")) > _LONG:
        tidy(much=_LITTLE)
    with collector_at_rest():
        result = step(source)
    return [_without_files(one, known) for one in result] if isinstance(result, list) else _without_files(result, known)


_LONG = 500_000  # bytes of a unit that needs much memory itself, an annex: a hundred pages
_LITTLE = 50_000  # objects that are not worth a look


def _without_files(result: Any, known: Set[str]) -> Any:
    if not isinstance(result, Laid):
        return result
    return Laid(unit=result.unit, files={name: file for name, file in result.files.items() if name not in known})
