"""`build`: editions into dist/."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from millesime.cli.build_request import Request, make, tell
from millesime.cli.options import (
    FormatList,
    edition_names,
    jobs_option,
    json_option,
    open_workspace,
    out_option,
    root_option,
    store_options,
)
from millesime.cli.terminal import print_json, say
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import Store
from millesime.press.run.build import EditionPlan, plan_editions
from millesime.press.run.workers import Workers, cluster_workers, local_workers


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
        with open_workspace(root, store=store, jobs=jobs) as workspace:
            plans = plan_editions(workspace, edition_names(workspace.series, editions), formats=formats)
            _print_plan(plans, as_json=as_json)
    elif watch:
        from millesime.cli.watch import build_on_save

        build_on_save(request, store=store, open_workers=partial(_workers, jobs, scheduler, store))
    else:
        with _workers(jobs, scheduler, store) as workers:
            began = time.monotonic()
            outcome = make(request, store=store, workers=workers)
        tell(outcome, request, store=store, began=began)


@contextmanager
def _workers(jobs: int, scheduler: str, store: Store) -> Iterator[Workers]:
    if scheduler:
        with cluster_workers(scheduler) as workers:
            yield workers
    else:
        with local_workers(jobs, prepare=partial(keep_installed, store)) as workers:
            yield workers


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
            say(f"{plan.edition}: {what} {kind}: {recall.explained.why}")
