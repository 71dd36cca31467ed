"""`list`: the editions of the report."""

from __future__ import annotations

from pathlib import Path

import click

from millesime.cli.options import DIST, jobs_option, json_option, open_workspace, out_option, root_option, store_options
from millesime.cli.terminal import print_json, print_table, say
from millesime.press.cache.store import Store
from millesime.press.overview import EditionOverview, overview


@click.command("list")
@out_option
@jobs_option
@store_options
@root_option
@json_option
def list_editions(out: Path | None, jobs: int, store: Store, root: Path | None, as_json: bool) -> None:
    """List the editions: date, revision, sealed or not, built or not, words, changes since the one before."""
    with open_workspace(root, store=store, jobs=jobs) as workspace:
        rows = overview(workspace, out or workspace.series.root / DIST)
    if as_json:
        print_json([row.as_json() for row in rows])
        return
    titles = ("edition", "date", "revision", "sealed", "built", "chapters", "words", "since the one before")
    print_table(
        titles,
        [
            (
                row.name, row.date, row.revision or "working tree", _seal(row), ", ".join(row.built) or "no",
                f"{row.chapters:,}", f"{row.words:,}", _change(row),
            )
            for row in rows
        ],
        right=("chapters", "words"),
    )  # fmt: skip
    for row in rows:
        if row.error:
            say(f"{row.name}: {row.error}", err=True)


def _seal(row: EditionOverview) -> str:
    if not row.sealed:
        return "no"
    return "yes" if row.artifacts_sealed else "content alone"


def _change(row: EditionOverview) -> str:
    if row.words_inserted is None:
        return ""
    return f"+{row.words_inserted:,} −{row.words_deleted:,} words, {row.words_moved:,} moved"
