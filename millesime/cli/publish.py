"""`publish`: the editions as a site."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import click

from millesime.cli.options import DIST, jobs_option, json_option, open_workspace, root_option, shown_size, store_options
from millesime.cli.progress import open_progress
from millesime.cli.signing_keys import signing_key as open_key
from millesime.cli.signing_keys import signing_key_option
from millesime.cli.terminal import print_json, say
from millesime.distribution.metadata.accessibility_statement import read_checks
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import Store
from millesime.press.run.workers import local_workers
from millesime.press.site.publish import Published
from millesime.press.site.publish import publish as publish_editions

SITE = "site"


@click.command()
@click.argument("editions", nargs=-1, metavar="[EDITION]...")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR",
              help="Where the site is (default: dist/site in the report's folder).")  # fmt: skip
@click.option("--search/--no-search", default=True, help="Make the index that the search page needs, or no such page.")
@click.option("--checks", type=click.Path(path_type=Path, dir_okay=False, exists=True), default=None, metavar="FILE",
              help="What validators found, as JSON: for a draft of each accessibility statement.")  # fmt: skip
@click.option("--legal-deposit", "deposit", type=click.Path(path_type=Path, file_okay=False), default=None,
              metavar="DIR", help="And here a folder for the French legal deposit of each edition.")  # fmt: skip
@signing_key_option
@jobs_option
@store_options
@root_option
@json_option
def publish(
    editions: tuple[str, ...],
    out: Path | None,
    search: bool,
    checks: Path | None,
    deposit: Path | None,
    signing_key: str | None,
    jobs: int,
    store: Store,
    root: Path | None,
    as_json: bool,
) -> None:
    """Publish editions as a site of plain files: any server can serve it, and it can be read from its folder.

    Without a name: every edition that has a revision. What the site has
    already stays: editions, files and addresses are added, never taken away.
    The site is changed in one step, or not at all. docs/publishing.md tells
    what is in it, and what --checks reads.
    """
    began = time.monotonic()
    with open_workspace(root, store=store, jobs=jobs) as workspace:
        folder = (out or workspace.series.root / DIST / SITE).absolute()
        progress = open_progress(as_json=as_json)
        with progress, local_workers(jobs, prepare=partial(keep_installed, store)) as workers:
            done = publish_editions(
                workspace, editions, out=folder, workers=workers, progress=progress, search=search,
                key=open_key(signing_key, workspace.repository), checks=read_checks(checks) if checks else None,
                deposit=deposit.absolute() if deposit else None,
            )  # fmt: skip
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done, began)


def _print(done: Published, began: float) -> None:
    say(os.path.relpath(done.folder / "index.html"))
    for text in done.left_out:
        say(f"left out: {text}", err=True)
    for edition, note in done.outcome.notes.items():
        say(f"{edition}: {note}", err=True)
    for edition, problems in done.outcome.problems.items():
        if problems:
            say(f"{edition}: {len(problems)} problems in the text; `check {edition}` lists them", err=True)
    changed = f"{len(done.changed)} of them new or changed" if done.changed else "nothing changed"
    say(
        f"editions {', '.join(done.editions)}: {done.files} files ({shown_size(done.bytes)}), {changed}; "
        f"{done.addresses} addresses, {done.new_addresses} of them new; {time.monotonic() - began:.1f} s",
        err=True,
    )


def _as_json(done: Published) -> dict:
    return {
        "folder": str(done.folder), "editions": done.editions, "files": done.files, "bytes": done.bytes,
        "changed": done.changed, "addresses": done.addresses, "new_addresses": done.new_addresses,
        "left_out": done.left_out,
        "problems": {name: [one.as_json() for one in found] for name, found in done.outcome.problems.items()},
    }  # fmt: skip
