"""`seal`: freeze what an edition is made of."""

from __future__ import annotations

from pathlib import Path

import click

from millesime.cli.options import edition_names, json_option, open_desk, print_json, root_option
from millesime.press.seal import seal_edition


@click.command()
@click.argument("editions", nargs=-1, required=True, metavar="EDITION...")
@root_option
@json_option
def seal(editions: tuple[str, ...], root: Path | None, as_json: bool) -> None:
    """Write the seal of EDITION into its manifest: its commit, and the ids of its content.

    Ids of content outlive a rebased or squashed history: a sealed edition is
    found by them, and never built from anything else.
    """
    with open_desk(root) as desk:
        seals = {name: seal_edition(desk, name) for name in edition_names(desk.series, editions)}
    if as_json:
        print_json({name: made.model_dump() for name, made in seals.items()})
        return
    for name, made in seals.items():
        click.echo(f"{name}: {made.commit}")
        for path, ident in made.trees.items():
            click.echo(f"  {path} {ident}")
