"""Run one build that a user asked for and print its result; shared by `build` and `build --watch`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from millesime.cli.options import DIST, edition_names, open_workspace
from millesime.cli.progress import open_progress
from millesime.cli.terminal import print_json, say
from millesime.press.cache.store import Store
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Printed
from millesime.press.run.build import Outcome, Progress, build_editions
from millesime.press.run.workers import Workers
from millesime.problems import OF_ENGINES
from millesime.series.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user wants built."""

    editions: tuple[str, ...]  # by name; () for all
    formats: tuple[str, ...] | None
    out: Path | None
    draft: bool
    chapters: tuple[str, ...]  # of the draft
    explain: bool
    jobs: int
    root: Path | None
    as_json: bool


def make(
    request: Request,
    *,
    store: Store,
    workers: Workers,
    choose: Callable[[Series, tuple[str, ...]], list[str]] = edition_names,
) -> Outcome:
    """Build what a user wants; `choose` says which editions these names, or none, stand for."""
    with open_workspace(request.root, store=store, jobs=request.jobs) as workspace:
        names = choose(workspace.series, request.editions)
        folder = out_folder(request, workspace.series.root)
        with open_progress(as_json=request.as_json) as progress:
            if request.draft:
                names = names if request.editions else names[-1:]
                return Outcome([_draft(workspace, name, request.chapters, folder, workers, progress) for name in names])
            return build_editions(
                workspace, names, formats=request.formats, out=folder, workers=workers, progress=progress
            )


def out_folder(request: Request, root: Path) -> Path:
    """Return where the editions of the report in `root` go."""
    return request.out or root / DIST


def tell(outcome: Outcome, request: Request, *, store: Store, began: float, in_one_line: bool = False) -> None:
    """Print what became of a build, which began at that second of the monotonic clock; JSON perhaps in one line."""
    if request.explain and not request.as_json:
        for entry in store.explained:
            say(str(entry), err=True)
    if request.as_json:
        print_json(_as_json(outcome, store if request.explain else None), in_one_line=in_one_line)
    else:
        _print_paths(outcome, began)


def _draft(
    workspace: Workspace, name: str, chapters: tuple[str, ...], folder: Path, workers: Workers, progress: Progress
) -> Printed:
    from millesime.press.run.draft import draft_edition

    printed = draft_edition(
        workspace, name, chapters=chapters, out=folder, workers=workers, said=lambda what: progress.step(name, what)
    )
    progress.done(printed)
    return printed


def _print_paths(outcome: Outcome, began: float) -> None:
    for printed in outcome.artifacts:
        say(_shown_path(printed.path))
    for edition, note in outcome.notes.items():
        say(f"{edition}: {note}", err=True)
    for printed in outcome.artifacts:
        for note in printed.notes:
            say(f"{printed.edition}: {printed.format}: {note}", err=True)
        for problem in printed.problems:
            say(f"{printed.edition}: {problem}", err=True)
    for edition, problems in outcome.problems.items():
        problems = [problem for problem in problems if problem.code not in OF_ENGINES]
        if problems:
            count = len(problems)
            say(
                f"{edition}: {count} {'problem' if count == 1 else 'problems'} in the text; "
                f"`check {edition}` lists {'it' if count == 1 else 'them'}",
                err=True,
            )
    count = len(outcome.artifacts)
    kept = sum(printed.kept for printed in outcome.artifacts)
    say(
        f"{count} {'artifact' if count == 1 else 'artifacts'} in {_shown_seconds(time.monotonic() - began)}"
        + (f", {kept} of them kept from an earlier build" if kept else ""),
        err=True,
    )


def _shown_seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _shown_path(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _as_json(outcome: Outcome, store: Store | None) -> dict:
    return {
        "artifacts": [
            {"edition": printed.edition, "format": printed.format, "path": str(printed.path), "bytes": printed.bytes,
             "seconds": round(printed.seconds, 2), "kept": printed.kept, "notes": printed.notes}
            for printed in outcome.artifacts
        ],
        "problems": {
            edition: [problem.as_json() for problem in problems] for edition, problems in outcome.problems.items()
        },
        "notes": outcome.notes,
        **({"explained": [entry.as_json() for entry in store.explained]} if store else {}),
    }  # fmt: skip
