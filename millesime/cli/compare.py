"""`compare`: the redline of two editions, revisions, folders or files."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from millesime.assembly.sources import slug
from millesime.beside import refuse_links_out
from millesime.cli.options import (
    DIST,
    FormatList,
    find_root,
    jobs_option,
    json_option,
    own_limits,
    root_option,
    store_options,
)
from millesime.cli.terminal import console, is_terminal, say, styled
from millesime.history.repository import Repository, find_repository
from millesime.markup.pandoc import encode
from millesime.press.cache.store import Store
from millesime.press.compare.comparison import (
    ComparedSide,
    compare_manuscripts,
    is_path,
    not_compared,
    open_sides,
    print_redline,
    redline_report,
    split_range,
    tracked_report,
)
from millesime.press.compare.loose_documents import open_papers
from millesime.press.compare.revisions import head_series
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import RENDERED
from millesime.problems import ManifestError, OutputError, ReportError, RevisionError
from millesime.redline.exact_document import to_ast
from millesime.redline.model import Redline
from millesime.redline.outputs.criticmarkup import write_markdown
from millesime.redline.outputs.json import redline_json
from millesime.redline.outputs.terminal import write_summary
from millesime.redline.reading.readers_view import ignore_typography
from millesime.render.artifact import write_beside
from millesime.series.series import FOLDER, Series, load_series
from millesime.series.values import check_language

TRACKED = "docx"  # shows nothing but the text, whole, its changes tracked
TEXTS = ("md", "json", "ast")
FORMATS = ("html", "pdf", "epub", "docx", *TEXTS)
LARGEST = 3  # passages named below the summary on a terminal
_PLAIN_WIDTH = 100
_COLOURS = {"inserted": {"fg": "green"}, "deleted": {"fg": "red"}, "moved": {"fg": "cyan"}, "note": {"dim": True},
            "total": {"bold": True}}  # fmt: skip
_MARKS = re.compile(r"\{\+\+.*?\+\+\}|\{--.*?--\}|\{>>.*?<<\}", re.DOTALL)
_MARK_COLOURS = {"{++": {"fg": "green"}, "{--": {"fg": "red"}, "{>>": {"fg": "cyan"}}
# What git hands to a diff driver: git(1), GIT_EXTERNAL_DIFF; a renamed file has two words more, an unmerged one only
# its path.
_DRIVER_WORDS = (7, 9)


def _language(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        return check_language(value) if value else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument("names", nargs=-1, metavar="OLD [NEW]")
@click.option("--to", "formats", type=FormatList(FORMATS), default=None, metavar="FORMATS",
              help="html, pdf, epub, docx, md, json, ast (a pandoc JSON document), with commas between.")  # fmt: skip
@click.option("--stat", is_flag=True, help="Print the summary (what happens without --to; with it, both).")
@click.option("--full", is_flag=True, help="Print unchanged text too.")
@click.option("--context", type=click.IntRange(0, 1000), default=1, show_default=True, metavar="N",
              help="Unchanged blocks to show on either side of a change; 0: none.")  # fmt: skip
@click.option("--ignore", type=click.Choice(["typography"]), default=None,
              help="Leave out differences of no-break spaces, quotation marks and list spacing alone.")  # fmt: skip
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything changed, as git diff does.")
@click.option("--language", default="", metavar="TAG", callback=_language,
              help="Of two files or folders (default: as they say, else the report's, else fr).")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, metavar="PATH",
              help="The file to write (a folder for html, or for several formats).")  # fmt: skip
@click.option("--git-driver", is_flag=True, help="Take the words that git hands to diff.<driver>.command.")
@jobs_option
@store_options
@root_option
@json_option
def compare(
    names: tuple[str, ...],
    formats: tuple[str, ...] | None,
    stat: bool,
    full: bool,
    context: int,
    ignore: str | None,
    exit_code: bool,
    language: str,
    output: Path | None,
    git_driver: bool,
    jobs: int,
    store: Store,
    root: Path | None,
    as_json: bool,
) -> None:
    """Show what changed from OLD to NEW: editions, revisions, "." for the working tree, two folders or two files.

    OLD..NEW are the two as well, OLD...NEW what changed since NEW left OLD,
    and without NEW it is the working tree. Each revision is read by its own
    order: the edition that is made from it, else its newest manifest, else
    its SUMMARY.md, _quarto.yml, _bookdown.yml, mkdocs.yml or order.txt, else
    all its Markdown. Revisions need git, and no report.

    A folder holds chapters of any format that pandoc reads, in the order of
    its order.txt or of their names; a file may be of any such format, .docx,
    .odt, .md, .html. These need no report. Tracked changes in a Word file
    are read as accepted. A name is first an edition, then a revision, then a
    path: write ./2018 for the path.

    Without --to, a summary of every changed chapter. docx is the whole text
    with tracked changes: accept them all for NEW, reject them all for OLD.
    md, json and ast go to
    stdout unless -o says where; the others are written to
    dist/compare/OLD-NEW.* docs/comparing.md tells of git difftool and
    drivers.
    """
    if git_driver:
        _drive(names, context=context, ignore=ignore, language=language)
        return
    if not names:
        raise click.MissingParameter(param_hint="'OLD' and 'NEW'", param_type="argument")
    if len(names) > 2:
        raise click.UsageError(f"Got unexpected extra argument ({names[2]}); name two editions, folders or files")
    with _progress() as tell:
        workspace, repository = _open_workspace(root, names, store=store, jobs=jobs)
        if len(names) == 1:
            if is_path(names[0]) or (repository is None and os.path.lexists(names[0])):
                raise click.MissingParameter(param_hint="'NEW'", param_type="argument")
            if repository is None:
                hint = "name the folder of one with --root"
                raise RevisionError(f"{names[0]}: there is no git repository here that could know it; {hint}")
            names = split_range(workspace, repository, names[0])
        sides = open_sides(
            workspace, *names, repository=repository, language=language, jobs=jobs,
            limits=workspace.limits if workspace else own_limits(), say=tell,
        )  # fmt: skip
        before, after = (side.manuscript for side in sides)
        for line in not_compared(before, after):
            say(line, err=True)
        tell("comparing")
        redline = _shown(compare_manuscripts(workspace, before, after, repository=repository), ignore)
        formats = formats or (("json",) if as_json else ())
        series = workspace.series if workspace else None
        base = workspace.series.root if workspace and not (repository and repository.is_bare) else Path.cwd()
        places = {kind: _place(kind, formats, output, base, tuple(side.name for side in sides)) for kind in formats}
        for path in places.values():
            _refuse_to_overwrite(path, names)
            refuse_links_out(path, root=base)
        reports = {}
        if any(kind in RENDERED and kind != TRACKED for kind in formats):
            report = redline_report(redline, before, after, series=series, full=full, context=context)
            reports = dict.fromkeys(RENDERED, report)
        if TRACKED in formats:
            reports[TRACKED] = tracked_report(redline, before, after, series=series)
        said: list[str] = []
        if stat and formats:
            said.append(_summary(redline, sides))
        for kind, path in places.items():
            tell(f"printing {kind}")
            if kind in RENDERED:
                said.append(f"{print_redline(reports[kind], kind, path)}\n")
            elif output is None and len(formats) == 1:
                said.append(_text(kind, redline, sides, full=full, context=context))
            else:
                with write_beside(path) as beside:
                    beside.write_text(_text(kind, redline, sides, full=full, context=context), encoding="utf-8")
                said.append(f"{path}\n")
    if formats and not stat and formats != ("json",):
        say(_orders(sides), err=True, nl=False)
    if not formats:
        said.append(_summary(redline, sides))
        if sys.stdout.isatty() and not redline.is_empty:
            said.append(
                _paint("\n to read every change: --to md, html or pdf; docs/comparing.md has the rest\n", "note")
            )
    say("".join(said), nl=False, colours=True)
    if exit_code and not redline.is_empty:
        raise click.exceptions.Exit(1)


def _open_workspace(
    root: Path | None, names: tuple[str, ...], *, store: Store, jobs: int
) -> tuple[Workspace | None, Repository | None]:
    """Open the report that names may be about, and its repository.

    There is no report outside one, and for paths that a broken one does not
    concern; then revisions are those of the repository around this folder,
    if there is one. Manifests of a bare repository are those of its HEAD.
    """
    if root is None and all(map(is_path, names)):
        return None, None
    try:
        folder = find_root(root)
        repository = find_repository(folder)
        if (folder / FOLDER).is_dir():
            series: Series | None = load_series(folder)
        else:
            series = head_series(repository) if repository and repository.is_bare else None
        if series is None:
            return None, repository
        limits = own_limits(series.limits)
        return Workspace(series, repository, store=store, jobs=jobs, limits=limits), repository
    except ReportError:
        if root is None and all(os.path.lexists(name) and name != "." for name in names):
            return None, None
        raise


def _shown(redline: Redline, ignore: str | None) -> Redline:
    return ignore_typography(redline) if ignore == "typography" else redline


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Say on a terminal what is being done; stay silent elsewhere."""
    if not is_terminal():
        yield lambda text: None
        return
    from rich.text import Text

    with console().status(Text("reading")) as status:
        yield lambda text: status.update(Text(text))


# ---- what is printed -------------------------------------------------------


def _summary(redline: Redline, sides: tuple[ComparedSide, ...]) -> str:
    orders = _paint(_orders(sides), "note")
    if not sys.stdout.isatty():
        return write_summary(redline, width=_PLAIN_WIDTH) + orders
    width = shutil.get_terminal_size().columns
    return write_summary(redline, width=width, paint=_paint, largest=LARGEST) + orders


def _orders(sides: tuple[ComparedSide, ...]) -> str:
    """Return a line for each side that says which chapters it has; "" if nobody has to be told.

    Of two editions, as of two folders or files, it is plain.
    """
    if all(side.is_plain for side in sides):
        return ""
    return "".join(f" read {side.name} by {side.told}\n" for side in sides if side.told)


def _paint(text: str, what: str) -> str:
    return styled(text, **_COLOURS[what]) if text and _is_colourful() else text


def _is_colourful() -> bool:
    # no-color.org; git says that it shows our output in a pager, which then understands colours.
    wanted = sys.stdout.isatty() or os.environ.get("GIT_PAGER_IN_USE") == "true"
    return wanted and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _text(kind: str, redline: Redline, sides: tuple[ComparedSide, ...], *, full: bool, context: int) -> str:
    match kind:
        case "md":
            return write_markdown(redline, full=full, context=context)
        case "json":
            old, new = (side.as_json() for side in sides)
            value = {**redline_json(redline, full=full), "sides": {"old": old, "new": new}}
            return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    blocks = (
        to_ast(redline)
        if full
        else [block for block, chapter in zip(to_ast(redline), redline.chapters, strict=True) if chapter.changed]
    )
    return encode(blocks).decode("utf-8") + "\n"


def _place(kind: str, formats: tuple[str, ...], output: Path | None, root: Path, names: tuple[str, ...]) -> Path:
    old, new = (slug(Path(name).stem if is_path(name) or os.path.isfile(name) else name) for name in names)
    name = f"{old or 'old'}-{new or 'new'}"
    ending = {"ast": ".ast.json", "html": ""}.get(kind, f".{kind}")
    if output is None:
        return root / DIST / "compare" / f"{name}{ending}"
    if len(formats) > 1:
        if output.is_file():
            raise OutputError(f"{output}: this is a file; name a folder for several formats")
        return output / f"{name}{ending}"
    if kind == "html" and output.suffix in (".html", ".htm"):
        raise OutputError(f"{output}: the HTML redline is a folder of pages; name it without '{output.suffix}'")
    if kind != "html" and output.is_dir():
        raise OutputError(f"{output}: this is a folder; name a file in it, such as {output / f'{name}{ending}'}")
    return output


def _refuse_to_overwrite(path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if os.path.exists(name) and os.path.exists(path) and os.path.samefile(name, path):
            raise OutputError(f"{path}: this is one of the two that are compared; choose another place with -o")


# ---- git's diff driver -----------------------------------------------------


def _drive(words: tuple[str, ...], *, context: int, ignore: str | None, language: str) -> None:
    """Print one file's changes for `git diff`, which ends at the first driver that fails: so this one never does."""
    if len(words) == 1:
        say(f"* Unmerged path {words[0]}")
        return
    if len(words) not in _DRIVER_WORDS:
        raise click.UsageError("--git-driver takes the 7 or 9 words of git; set it as diff.<driver>.command")
    path, old, new = words[0], words[1], words[4]
    new_path = words[7] if len(words) == max(_DRIVER_WORDS) else path
    lines = [_bold(f"diff --millesime a/{path} b/{new_path}")]
    try:
        before, after = open_papers(Path(old), Path(new), language=language, path=new_path, limits=own_limits())
        redline = _shown(compare_manuscripts(None, before, after), ignore)
        text = write_markdown(redline, context=context).rstrip("\n")
        lines += [_coloured_marks(text) if text else "no change in the text", *not_compared(before, after), ""]
    except ReportError as error:
        lines.append(f"{error}" if not isinstance(error, ManifestError) else f"{new_path}: {error}")
        lines.append("")
    try:
        say("\n".join(lines), colours=True)
    except BrokenPipeError:  # the pager was left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bold(text: str) -> str:
    return styled(text, bold=True) if _is_colourful() else text


def _coloured_marks(text: str) -> str:
    if not _is_colourful():
        return text
    return _MARKS.sub(lambda found: styled(found[0], **_MARK_COLOURS[found[0][:3]]), text)
