"""`seal`: freeze what an edition is made of, and what came out."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from millesime.cli.options import (
    DIST,
    edition_names,
    jobs_option,
    json_option,
    open_workspace,
    out_option,
    root_option,
    store_options,
)
from millesime.cli.progress import open_progress
from millesime.cli.terminal import print_json, say
from millesime.press.archive.seal import Sealed, seal_content, seal_edition
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import Store
from millesime.press.run.workers import local_workers

_STATES = {
    "sealed": "sealed",
    "content": "sealed by its content alone",
    "same": "sealed already, and it comes out the same",
    "renewed": "sealed already; its seal now follows the manifests, which no artifact prints",
}


@click.command()
@click.argument("editions", nargs=-1, required=True, metavar="EDITION...")
@click.option("--content-only", is_flag=True, help="Build nothing: record commit and content, no artifacts.")
@out_option
@jobs_option
@store_options
@root_option
@json_option
def seal(
    editions: tuple[str, ...],
    content_only: bool,
    out: Path | None,
    jobs: int,
    store: Store,
    root: Path | None,
    as_json: bool,
) -> None:
    """Build EDITION, and write its seal into its manifest: content, tools, fonts, and every artifact's SHA-256.

    From then on it is immutable: it is found again by its content although
    history was rewritten, never built from anything else, and `verify` tells
    whether it still comes out byte for byte. Sealing it again changes nothing,
    unless its manifest changed and no artifact prints that. Several editions
    are sealed by date. docs/sealing.md says more.
    """
    made: list[Sealed] = []
    with open_workspace(root) as workspace:
        names = edition_names(workspace.series, editions)
    progress = open_progress(as_json=as_json)
    try:
        with progress, local_workers(jobs, prepare=partial(keep_installed, store)) as workers:
            for name in names:
                with open_workspace(
                    root, store=store, jobs=jobs
                ) as workspace:  # read again: it has the seal of the one before
                    if content_only:
                        made.append(seal_content(workspace, name))
                        continue
                    folder = out or workspace.series.root / DIST
                    made.append(seal_edition(workspace, name, out=folder, workers=workers, progress=progress))
    finally:  # those before one that cannot be sealed are
        _print_all(made, as_json=as_json)


def _print_all(made: list[Sealed], *, as_json: bool) -> None:
    if as_json:
        print_json({one.edition: {"state": one.state, **one.seal.model_dump(mode="json")} for one in made})
        return
    for one in made:
        _print(one)
    if any(one.state != "same" for one in made):
        say("commit the manifests; `millesime verify` makes everything again and compares", err=True)


def _print(one: Sealed) -> None:
    say(f"{one.edition}: {_STATES[one.state]}")
    say(f"  commit {one.seal.commit}")
    for name, digest in one.seal.artifacts.items():
        say(f"  {digest}  {name}")
    if one.outcome is not None and (note := one.outcome.notes.get(one.edition)):
        say(f"{one.edition}: {note}", err=True)
