"""`build`: editions into dist/."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from millesime.cli.options import (
    FormatList,
    console,
    edition_names,
    is_terminal,
    jobs_option,
    json_option,
    open_desk,
    out_option,
    print_json,
    root_option,
    shown_size,
)
from millesime.press.build import Outcome, Printed, Progress, build_editions, usable_cores

DIST = "dist"


@click.command()
@click.argument("editions", nargs=-1, metavar="[EDITION]...")
@click.option("--to", "formats", type=FormatList(), default=None, metavar="FORMATS",
              help="pdf, epub, html, docx, with commas between (default: as the manifest says).")  # fmt: skip
@out_option
@jobs_option(usable_cores)
@root_option
@json_option
def build(
    editions: tuple[str, ...],
    formats: tuple[str, ...] | None,
    out: Path | None,
    jobs: int,
    root: Path | None,
    as_json: bool,
) -> None:
    """Build editions into dist/<edition>/; all of them where none is named.

    Each artifact replaces the one before it only when it is complete.
    Problems in the text do not stop a build: `check` lists them.
    """
    began = time.monotonic()
    with open_desk(root, jobs=jobs) as desk:
        names = edition_names(desk.series, editions)
        folder = out or desk.series.root / DIST
        progress = TerminalProgress() if is_terminal() and not as_json else LineProgress()
        with progress:
            outcome = build_editions(desk, names, formats=formats, out=folder, jobs=jobs, progress=progress)
    if as_json:
        print_json(_as_json(outcome))
    else:
        _print_paths(outcome, began)


class LineProgress(Progress):
    """A line for each step: for logs."""

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *_: object) -> None: ...

    def step(self, edition: str, what: str) -> None:
        if what not in ("pdf", "epub", "html", "docx"):
            click.echo(f"{edition}: {what}", err=True)

    def done(self, printed: Printed) -> None:
        click.echo(
            f"{printed.edition}: {printed.format}, {shown_size(printed.bytes)} in {printed.seconds:.1f} s", err=True
        )


class TerminalProgress(Progress):
    """A bar: for people."""

    def __init__(self) -> None:
        self.bar = Bar(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console(), transient=True,
        )  # fmt: skip

    def __enter__(self) -> TerminalProgress:
        self.bar.start()
        self.task = self.bar.add_task("reading", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def begin(self, steps: int) -> None:
        self.bar.update(self.task, total=steps)

    def step(self, edition: str, what: str) -> None:
        self.bar.update(self.task, description=f"{edition}: {what}")

    def done(self, printed: Printed) -> None:
        self.bar.advance(self.task)
        self.bar.console.print(
            f"{printed.edition}: {printed.format}, {shown_size(printed.bytes)} in {printed.seconds:.1f} s", style="dim"
        )


def _print_paths(outcome: Outcome, began: float) -> None:
    for printed in outcome.artifacts:
        click.echo(_shown_path(printed.path))
    for edition, note in outcome.notes.items():
        click.echo(f"{edition}: {note}", err=True)
    for printed in outcome.artifacts:
        for note in printed.notes:
            click.echo(f"{printed.edition}: {printed.format}: {note}", err=True)
    for edition, problems in outcome.problems.items():
        if problems:
            count = len(problems)
            click.echo(
                f"{edition}: {count} {'problem' if count == 1 else 'problems'} in the text; "
                f"`check {edition}` lists {'it' if count == 1 else 'them'}",
                err=True,
            )
    count = len(outcome.artifacts)
    click.echo(f"{count} {'artifact' if count == 1 else 'artifacts'} in {time.monotonic() - began:.0f} s", err=True)


def _shown_path(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _as_json(outcome: Outcome) -> dict:
    return {
        "artifacts": [
            {"edition": printed.edition, "format": printed.format, "path": str(printed.path), "bytes": printed.bytes,
             "seconds": round(printed.seconds, 2), "notes": printed.notes}
            for printed in outcome.artifacts
        ],
        "problems": {
            edition: [problem.as_json() for problem in problems] for edition, problems in outcome.problems.items()
        },
        "notes": outcome.notes,
    }  # fmt: skip
