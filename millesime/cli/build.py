"""`build`: editions into dist/."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from millesime.cli.options import (
    FormatList,
    edition_names,
    jobs_option,
    json_option,
    open_desk,
    out_option,
    print_json,
    root_option,
    store_options,
)
from millesime.cli.progress import open_progress
from millesime.press.artifacts import Printed
from millesime.press.build import EditionPlan, Outcome, Progress, build_editions, plan_editions
from millesime.press.cache.store import Store
from millesime.press.desk import Desk
from millesime.press.installed import keep_installed
from millesime.press.workers import Workers, cluster_workers, local_workers
from millesime.problems import OF_ENGINES
from millesime.series.series import Series

DIST = "dist"


@click.command()
@click.argument("editions", nargs=-1, metavar="[EDITION]...")
@click.option("--to", "formats", type=FormatList(), default=None, metavar="FORMATS",
              help="pdf, epub, html, docx, with commas between (default: as the manifest says).")  # fmt: skip
@out_option
@click.option(
    "--draft",
    is_flag=True,
    help="A marked PDF for proofreading, in a fraction of the time: no annexes that are made, no hyphens.",
)
@click.option("--chapter", "chapters", multiple=True, metavar="NAME",
              help="With --draft: this chapter alone, by id or path; may be given several times.")  # fmt: skip
@click.option("--watch", is_flag=True,
              help="Go on, and build again whenever a file is saved; Ctrl-C ends it. Without a name: the editions in "
              "preparation.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would be made, and why; make nothing.")
@click.option("--explain", is_flag=True, help="Say of each step why it ran or did not have to.")
@jobs_option
@click.option("--executor", type=click.Choice(["local", "dask"]), default="local", show_default=True,
              help="Who does the work: processes of this machine, or a Dask cluster.")  # fmt: skip
@click.option("--scheduler", default="", metavar="ADDRESS", help="Of the Dask cluster, tcp://10.0.0.5:8786.")
@store_options
@root_option
@json_option
def build(
    editions: tuple[str, ...],
    formats: tuple[str, ...] | None,
    out: Path | None,
    draft: bool,
    chapters: tuple[str, ...],
    watch: bool,
    dry_run: bool,
    explain: bool,
    jobs: int,
    executor: str,
    scheduler: str,
    store: Store,
    root: Path | None,
    as_json: bool,
) -> None:
    """Build editions into dist/<edition>/; all of them where none is named.

    Each artifact replaces the one before it only when it is complete.
    Problems in the text do not stop a build: `check` lists them. What an
    earlier build made of the same sources is not made again (`cache`).
    --draft prints the newest edition, or those named, into …-draft.pdf.
    --watch stays ready: a sentence is in the PDF a second after it is saved.
    """
    if (executor == "dask") != bool(scheduler):
        raise click.UsageError("--executor dask and --scheduler ADDRESS belong together")
    if draft and (formats not in (None, ("pdf",)) or dry_run):
        raise click.UsageError("--draft makes a PDF, and nothing else")
    if chapters and not draft:
        raise click.UsageError("--chapter belongs to --draft")
    if watch and dry_run:
        raise click.UsageError("--dry-run makes nothing: there is nothing to --watch for")
    request = Request(
        editions=editions, formats=formats, out=out, draft=draft, chapters=chapters, explain=explain, jobs=jobs,
        root=root, as_json=as_json,
    )  # fmt: skip
    if dry_run:
        with open_desk(root, store=store, jobs=jobs) as desk:
            plans = plan_editions(desk, edition_names(desk.series, editions), formats=formats)
            _print_plan(plans, as_json=as_json)
    elif watch:
        from millesime.cli.watch import build_on_save

        build_on_save(request, store=store, open_workers=partial(_workers, jobs, scheduler, store))
    else:
        with _workers(jobs, scheduler, store) as workers:
            began = time.monotonic()
            outcome = make(request, store=store, workers=workers)
        tell(outcome, request, store=store, began=began)


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
    with open_desk(request.root, store=store, jobs=request.jobs) as desk:
        names = choose(desk.series, request.editions)
        folder = out_folder(request, desk.series.root)
        with open_progress(as_json=request.as_json) as progress:
            if request.draft:
                names = names if request.editions else names[-1:]
                return Outcome([_draft(desk, name, request.chapters, folder, workers, progress) for name in names])
            return build_editions(desk, names, formats=request.formats, out=folder, workers=workers, progress=progress)


def out_folder(request: Request, root: Path) -> Path:
    """Return where the editions of the report in `root` go."""
    return request.out or root / DIST


def tell(outcome: Outcome, request: Request, *, store: Store, began: float, in_one_line: bool = False) -> None:
    """Print what became of a build, which began at that second of the monotonic clock; JSON perhaps in one line."""
    if request.explain and not request.as_json:
        for entry in store.explained:
            click.echo(str(entry), err=True)
    if request.as_json:
        print_json(_as_json(outcome, store if request.explain else None), in_one_line=in_one_line)
    else:
        _print_paths(outcome, began)


@contextmanager
def _workers(jobs: int, scheduler: str, store: Store) -> Iterator[Workers]:
    if scheduler:
        with cluster_workers(scheduler) as workers:
            yield workers
    else:
        with local_workers(jobs, prepare=partial(keep_installed, store)) as workers:
            yield workers


def _draft(
    desk: Desk, name: str, chapters: tuple[str, ...], folder: Path, workers: Workers, progress: Progress
) -> Printed:
    from millesime.press.draft import draft_edition

    printed = draft_edition(
        desk, name, chapters=chapters, out=folder, workers=workers, said=lambda what: progress.step(name, what)
    )
    progress.done(printed)
    return printed


def _print_plan(plans: list[EditionPlan], *, as_json: bool) -> None:
    if as_json:
        print_json({
            plan.edition: {
                kind: {"make": recall.content is None, "why": recall.explained.why}
                for kind, recall in plan.artifacts.items()
            }
            for plan in plans
        })  # fmt: skip
        return
    for plan in plans:
        for kind, recall in plan.artifacts.items():
            what = "make" if recall.content is None else "keep"
            click.echo(f"{plan.edition}: {what} {kind}: {recall.explained.why}")


def _print_paths(outcome: Outcome, began: float) -> None:
    for printed in outcome.artifacts:
        click.echo(_shown_path(printed.path))
    for edition, note in outcome.notes.items():
        click.echo(f"{edition}: {note}", err=True)
    for printed in outcome.artifacts:
        for note in printed.notes:
            click.echo(f"{printed.edition}: {printed.format}: {note}", err=True)
        for problem in printed.problems:
            click.echo(f"{printed.edition}: {problem}", err=True)
    for edition, problems in outcome.problems.items():
        problems = [problem for problem in problems if problem.code not in OF_ENGINES]
        if problems:
            count = len(problems)
            click.echo(
                f"{edition}: {count} {'problem' if count == 1 else 'problems'} in the text; "
                f"`check {edition}` lists {'it' if count == 1 else 'them'}",
                err=True,
            )
    count = len(outcome.artifacts)
    kept = sum(printed.kept for printed in outcome.artifacts)
    click.echo(
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
