"""`new`: the next edition."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from millesime.cli.options import json_option, open_workspace, root_option
from millesime.cli.terminal import print_json, say
from millesime.press.scaffold import begin_edition


@click.command()
@click.argument("edition")
@click.option("--from", "old", required=True, metavar="OLD", help="The edition it follows.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), default=None, metavar="YYYY-MM-DD",
              help="The date of the new edition (default: today).")  # fmt: skip
@root_option
@json_option
def new(edition: str, old: str, date: datetime.datetime | None, root: Path | None, as_json: bool) -> None:
    """Begin EDITION: its manifest, and a draft of its note to readers made from history.

    The edition is in preparation, built from the working tree, until its
    manifest names a revision.
    """
    with open_workspace(root) as workspace:
        day = date.date() if date else datetime.date.today()
        paths = begin_edition(workspace, edition, old=old, date=day)
    if as_json:
        print_json([str(path) for path in paths])
        return
    for path in paths:
        say(str(path))
    say(f"now edit both, then `build {edition}`", err=True)
