"""`compare`: the redline of two editions or revisions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from millesime.assembly.sources import slug
from millesime.cli.build import DIST
from millesime.cli.options import FormatList, jobs_option, json_option, open_desk, root_option
from millesime.markup.pandoc import encode
from millesime.press.build import RENDERERS, usable_cores
from millesime.press.comparison import find_manuscript, print_redline, redline_report
from millesime.problems import OutputError
from millesime.redline.ast import to_ast
from millesime.redline.write import redline_json, write_markdown, write_summary
from millesime.render.artifact import write_beside

TEXTS = ("md", "json", "ast")
FORMATS = ("html", "pdf", "epub", "docx", *TEXTS)


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--to", "formats", type=FormatList(FORMATS), default=None, metavar="FORMATS",
              help="html, pdf, epub, docx, md, json, ast (a pandoc JSON document), with commas between.")  # fmt: skip
@click.option("--full", is_flag=True, help="Print unchanged text too.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, metavar="PATH",
              help="The file to write (a folder for html, or for several formats).")  # fmt: skip
@jobs_option(usable_cores)
@root_option
@json_option
def compare(
    old: str,
    new: str,
    formats: tuple[str, ...] | None,
    full: bool,
    output: Path | None,
    jobs: int,
    root: Path | None,
    as_json: bool,
) -> None:
    """Show what changed from OLD to NEW: editions, any two revisions, or "." for the working tree.

    Without --to, a summary of every changed chapter. md, json and ast go to
    stdout unless -o says where; the others are written to
    dist/compare/OLD-NEW.*
    """
    with open_desk(root, jobs=jobs) as desk:
        before, after = find_manuscript(desk, old), find_manuscript(desk, new)
        redline = desk.redline(before, after)
        if as_json:
            formats = formats or ("json",)
        if not formats:
            click.echo(write_summary(redline), nl=False)
            return
        files = [kind for kind in formats if kind in RENDERERS]
        report = redline_report(desk, redline, before, after, full=full) if files else None
        for kind in formats:
            path = _place(kind, formats, output, desk.series.root, old, new)
            if report is not None and kind in RENDERERS:
                click.echo(str(print_redline(report, kind, path)))
                continue
            text = _text(kind, redline, full)
            if output is None and len(formats) == 1:
                click.echo(text, nl=False)
                continue
            with write_beside(path) as beside:
                beside.write_text(text, encoding="utf-8")
            click.echo(str(path))


def _text(kind: str, redline, full: bool) -> str:
    match kind:
        case "md":
            return write_markdown(redline, full=full)
        case "json":
            return json.dumps(redline_json(redline, full=full), ensure_ascii=False, indent=2) + "\n"
    blocks = (
        to_ast(redline)
        if full
        else [block for block, chapter in zip(to_ast(redline), redline.chapters, strict=True) if chapter.changed]
    )
    return encode(blocks).decode("utf-8") + "\n"


def _place(kind: str, formats: tuple[str, ...], output: Path | None, root: Path, old: str, new: str) -> Path:
    name = f"{slug(old) or 'old'}-{slug(new) or 'new'}"
    ending = {"ast": ".ast.json", "html": ""}.get(kind, f".{kind}")
    if output is None:
        return root / DIST / "compare" / f"{name}{ending}"
    if len(formats) > 1:
        if output.is_file():
            raise OutputError(f"{output}: this is a file; name a folder for several formats")
        return output / f"{name}{ending}"
    if kind == "html" and output.suffix in (".html", ".htm"):
        raise OutputError(f"{output}: the HTML redline is a folder of pages; name it without '{output.suffix}'")
    return output
