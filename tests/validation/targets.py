"""What `make validate` looks at: the demonstration and its site, a redline of two editions, samples of the corpora."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.corpora.books import BOOKS, clone_book
from tests.validation.verdict import Target

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = 8  # pages of an HTML edition that is not looked at whole
FEW = 4  # of an older edition, in an ordinary run: the cover, a redline, the smallest page and a large one
PAIR = ("2018", "2019")  # the two editions whose redline is looked at
FORMATS = ("pdf", "epub", "html", "docx")


class BuildError(Exception):
    """What is to be checked could not be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Where things are built and found."""

    root: Path  # the report's repository
    folder: Path  # takes what is built here


def run_program(*arguments: object, root: Path) -> None:
    """Run Millésime. Problems in a book's text are no failure: they are marked in what is built."""
    done = subprocess.run(
        [sys.executable, ROOT / "build.py", *map(str, arguments), "--root", str(root)], capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        raise BuildError(f"build.py {' '.join(map(str, arguments))}: status {done.returncode}: {done.stderr[-800:]}")


def demonstration(work: Work, *, is_whole: bool) -> Iterator[Target]:
    """Build the report's editions in every format, from the cache where it has them, and yield their artifacts.

    Unless `is_whole`, the newest edition is looked at in full, and of the older ones a sample of pages.
    """
    run_program("build", "--to", ",".join(FORMATS), "--out", work.folder / "demonstration", root=work.root)
    yield from editions_in(
        work.folder / "demonstration", "demonstration", language="fr", older=None if is_whole else FEW
    )


def redline(work: Work) -> Iterator[Target]:
    """Compare two editions in every format, and each with itself, which is what accepting or rejecting must give."""
    folder = work.folder / "redline"
    run_program("compare", *PAIR, "--to", ",".join(FORMATS), "-o", folder, root=work.root)
    twins = []
    for edition in PAIR:
        twins.append(work.folder / "redline-twins" / f"{edition}.docx")
        run_program("compare", edition, edition, "--to", "docx", "-o", twins[-1], root=work.root)
    for path in sorted(folder.iterdir()):
        kind = "html" if path.is_dir() else path.suffix[1:]
        pair = (twins[0], twins[1]) if kind == "docx" else None
        yield Target(kind=kind, path=path, name=f"redline/{path.name}", pair=pair)


def corpora(work: Work, folder: Path, built: Path | None, *, books: Sequence[str], is_whole: bool) -> Iterator[Target]:
    """Yield the three editions of each of these books, in PDF, EPUB and HTML.

    Of the older ones, fewer pages are opened in the browser unless `is_whole`.

    `built` is the folder in which the tests left the books that they built;
    without it, or for a book that is not there, they are built here.
    """
    for name in books:
        root = built / name if built is not None else work.folder / "corpora" / name
        if not (root / "dist").is_dir():
            root = work.folder / "corpora" / name
            if not root.exists():
                root.parent.mkdir(parents=True, exist_ok=True)
                clone_book(folder, name, root.parent)
            run_program("build", "--to", "pdf,epub,html", root=root)
        older = SAMPLE if is_whole else FEW
        yield from editions_in(root / "dist", f"corpora/{name}", language=BOOKS[name], newest=SAMPLE, older=older)


def site(work: Work, results: Path | None) -> Iterator[Target]:
    """Publish the report, its statements made from what checks found, and yield the site as one folder of pages."""
    out = work.folder / "site"
    more = ("--checks", results) if results else ()
    run_program("publish", "--out", out, *more, root=work.root)
    yield Target(kind="html", path=out, name="site/html", language="fr")


def editions_in(
    folder: Path, name: str, *, language: str, newest: int | None = None, older: int | None = None
) -> Iterator[Target]:
    """Yield the artifacts of a folder as `build` fills it.

    `newest` and `older` are how many pages of the newest HTML edition, and of
    the others, are opened in the browser; None is all. Where older editions
    are sampled, they are spared the slow checks as well.
    """
    editions = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "compare")
    for edition in editions:
        is_newest = edition == editions[-1]
        for path in sorted(edition.iterdir()):
            kind = "html" if path.name == "html" else path.suffix[1:]
            if kind in FORMATS:
                yield Target(
                    kind=kind, path=path, name=f"{name}/{edition.name}.{kind}", language=language,
                    pages=newest if is_newest else older, is_quick=not is_newest and older is not None,
                )  # fmt: skip


def given(kind: str, paths: Sequence[Path], *, language: str, are_sites: bool = False) -> Iterator[Target]:
    """Yield files, or folders of pages, named on the command line. Raises BuildError for one that holds nothing."""
    for path in paths:
        if not (any(path.rglob("*.html")) if kind == "html" else path.is_file()):
            raise BuildError(f"{path}: {'no folder with pages' if kind == 'html' else 'no such file'}")
        name = f"site/{path.name}" if are_sites else os.path.relpath(path)
        yield Target(kind=kind, path=path.resolve(), name=name, language=language)
