"""`check`: every problem an editor can fix."""

from __future__ import annotations

from pathlib import Path

import click

from millesime.cli.options import (
    edition_names,
    jobs_option,
    json_option,
    open_workspace,
    print_problems,
    root_option,
    store_options,
)
from millesime.cli.terminal import print_json, say
from millesime.press.cache.store import Store
from millesime.press.run.check import check_edition


@click.command()
@click.argument("editions", nargs=-1, metavar="[EDITION]...")
@click.option("--strict", is_flag=True, help="Let warnings fail as well.")
@jobs_option
@store_options
@root_option
@json_option
def check(editions: tuple[str, ...], strict: bool, jobs: int, store: Store, root: Path | None, as_json: bool) -> None:
    """List every problem an editor can fix, each with a code, a place and a hint.

    docs/problems.md explains the codes. Exit status 1 if there is an error
    (with --strict, or a warning).
    """
    with open_workspace(root, store=store, jobs=jobs) as workspace:
        found = {name: check_edition(workspace, name) for name in edition_names(workspace.series, editions)}
    if as_json:
        print_json({name: [problem.as_json() for problem in problems] for name, problems in found.items()})
    else:
        for name, problems in found.items():
            errors, warnings, notes = (
                sum(problem.severity == severity for problem in problems) for severity in ("error", "warning", "note")
            )
            print_problems(problems)
            say(f"{name}: {errors} errors, {warnings} warnings" + (f", {notes} notes" if notes else ""))
    fatal = {"error", "warning"} if strict else {"error"}
    failing = [problem for problems in found.values() for problem in problems if problem.severity in fatal]
    if failing:
        raise click.exceptions.Exit(1)
