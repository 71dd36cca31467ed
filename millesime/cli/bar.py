"""The progress bar of a build in a terminal."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from millesime.cli.options import shown_artifact
from millesime.cli.terminal import console
from millesime.press.run.artifacts import Printed
from millesime.press.run.build import Progress


class TerminalProgress(Progress):
    """A bar: for people."""

    def __init__(self) -> None:
        self.bar = Bar(
            SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(),
            MofNCompleteColumn(), TimeElapsedColumn(), console=console(), transient=True,
        )  # fmt: skip

    def __enter__(self) -> TerminalProgress:
        self.bar.start()
        self.task = self.bar.add_task("reading", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def begin(self, steps: int) -> None:
        self.bar.update(self.task, total=steps, completed=0)

    def step(self, edition: str, what: str) -> None:
        self.bar.update(self.task, description=f"{edition}: {what}")

    def done(self, printed: Printed) -> None:
        self.bar.advance(self.task)
        self.bar.console.print(shown_artifact(printed), style="dim")
