"""`init`: a new report."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from millesime.cli.options import json_option
from millesime.cli.terminal import print_json, say
from millesime.press.scaffold import begin_report
from millesime.problems import ManifestError
from millesime.series.values import check_language


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", default=None, help="The report's title.")
@click.option("--language", default="fr", show_default=True, metavar="TAG", help="Its language, a BCP 47 tag.")
@json_option
def init(folder: Path, title: str | None, language: str, as_json: bool) -> None:
    """Start a new report in FOLDER that builds at once."""
    try:
        language = check_language(language)
    except Exception as error:
        raise ManifestError(f"--language: {error}") from error
    default = "Mon rapport" if language.split("-")[0] == "fr" else "My report"
    paths = begin_report(folder, title=title or default, language=language, date=datetime.date.today())
    if as_json:
        print_json([str(path) for path in paths])
        return
    for path in paths:
        say(str(path))
    say(f"now: millesime build --root {folder}", err=True)
