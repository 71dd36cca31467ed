"""`bundle`: one archive with everything of an edition."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from millesime.beside import refuse_links_out
from millesime.cli.options import DIST, jobs_option, json_option, open_workspace, root_option, shown_size, store_options
from millesime.cli.progress import open_progress
from millesime.cli.signing_keys import signing_key as open_key
from millesime.cli.signing_keys import signing_key_option
from millesime.cli.terminal import print_json, say
from millesime.press.archive.bundle import bundle_edition
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import Store
from millesime.press.run.workers import local_workers
from millesime.render.artifact import write_beside


@click.command()
@click.argument("edition")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None, metavar="FILE",
              help="Where it goes (default: dist/…-bundle.zip in the report's folder).")  # fmt: skip
@click.option(
    "--without-history", is_flag=True,
    help="The sources as they were, and no commit before them; annexes that name commits will differ.",
)  # fmt: skip
@signing_key_option
@jobs_option
@store_options
@root_option
@json_option
def bundle(
    edition: str,
    output: Path | None,
    without_history: bool,
    signing_key: str | None,
    jobs: int,
    store: Store,
    root: Path | None,
    as_json: bool,
) -> None:
    """Write one archive with everything of a sealed EDITION, for those who keep it.

    In it are the artifacts, the sources with their history, manifests,
    metadata, Millésime itself, checksums, and a README in French and English.
    `verify --bundle` builds the edition again from nothing else.
    """
    progress = open_progress(as_json=as_json)
    with (
        open_workspace(root, store=store, jobs=jobs) as workspace,
        progress,
        local_workers(jobs, prepare=partial(keep_installed, store)) as workers,
    ):
        key = open_key(signing_key, workspace.repository)
        made = bundle_edition(
            workspace, edition, workers=workers, progress=progress, key=key, with_history=not without_history
        )
        path = output or workspace.series.root / DIST / made.name
        refuse_links_out(path, root=workspace.series.root)
    with write_beside(path) as beside:
        beside.write_bytes(made.content)
    if as_json:
        print_json({
            "path": str(path), "bytes": len(made.content), "signed": made.is_signed, "files": made.files,
            "notes": made.notes,
        })  # fmt: skip
        return
    say(str(path))
    for note in made.notes:
        say(f"{edition}: {note}", err=True)
    signed = "signed" if made.is_signed else "not signed (--signing-key signs it)"
    say(f"{edition}: {len(made.files)} files, {shown_size(len(made.content))}, {signed}", err=True)
