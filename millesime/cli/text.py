"""`text`: one document as plain text that git can compare line by line."""

from __future__ import annotations

from pathlib import Path

import click

from millesime.cli.options import own_limits
from millesime.cli.terminal import say
from millesime.markup.sentence_lines import write_sentences
from millesime.press.compare.loose_documents import open_paper


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def text(file: Path) -> None:
    """Print FILE, of any format that pandoc reads, as Markdown with one sentence on each line.

    For git's own diff of Word files and the like: diff.<driver>.textconv.
    Tracked changes are read as accepted; what is not read is told on stderr.
    """
    paper = open_paper(file, limits=own_limits())
    if paper.left_out:
        say(f"{file}: not read: {', '.join(paper.left_out)}", err=True)
    say(write_sentences(paper.document), nl=False)
