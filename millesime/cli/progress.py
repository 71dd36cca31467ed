"""Progress of a build: a bar in a terminal, one line for each step in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from millesime.cli.options import shown_artifact
from millesime.cli.terminal import is_terminal, say
from millesime.press.run.artifacts import Printed
from millesime.press.run.build import Progress

if TYPE_CHECKING:
    from millesime.cli.bar import TerminalProgress


def open_progress(*, as_json: bool = False) -> LineProgress | TerminalProgress:
    """Return what a build tells of itself to: a bar for people, unless they asked for JSON; else lines."""
    if as_json or not is_terminal():
        return LineProgress()
    from millesime.cli.bar import TerminalProgress  # to load it takes a tenth of a build that changes nothing

    return TerminalProgress()


class LineProgress(Progress):
    """A line for each step: for logs."""

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *_: object) -> None: ...

    def step(self, edition: str, what: str) -> None:
        if what not in ("pdf", "epub", "html", "docx") and not what.startswith("laid out"):
            say(f"{edition}: {what}", err=True)

    def done(self, printed: Printed) -> None:
        say(shown_artifact(printed), err=True)
