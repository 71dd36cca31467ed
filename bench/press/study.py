"""Measure one cut of the book, and three editions of it: the costs of each task, run in turns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pikepdf

from bench.press.books import DRAFT, Cut, add_page, check_out_editions, cut_book, edit_word, prepare_edits
from bench.press.measure import Cost, middle, run, total
from bench.press.peers import PEERS, PLAIN
from bench.press.sheets import assemble_editions, write_sheets, write_typst
from bench.press.watched import watched
from bench.redline.study import say
from millesime.markup.pandoc import pandoc_path
from tests.corpora.books import clone_book

FULL, EDIT, SHIFT, NOTHING = "full, cold", "a word edited", "a page more in chapter 1", "nothing changed, all formats"
EDIT_WATCHED, SHIFT_WATCHED = "a word edited, watched", "a page more, watched"
THREE, PANDOC = "three editions, three formats, cold", "pandoc and plain WeasyPrint for each"
THREE_ALONE = f"{THREE}, 1 job"  # the others print one after the other as well
JOBS = 2
ALL_FORMATS = "pdf,epub,html"
_IN_ONE_PIECE = "laid out in one piece"  # what a build says that took the slow path


@dataclass(kw_only=True)
class Study:
    """The medians of all tasks on one cut, or on the three editions, and each run."""

    name: str
    chapters: int
    costs: dict[str, Cost] = field(default_factory=dict)
    runs: dict[str, list[Cost]] = field(default_factory=dict)

    def add(self, task: str, cost: Cost) -> None:
        self.runs.setdefault(task, []).append(cost)
        self.costs[task] = middle(self.runs[task])
        say(f"  {task}: {cost.problem or f'{cost.wall_s:.2f} s, CPU {cost.cpu_s:.2f} s, {cost.pages:.0f} pages'}")


class Ours:
    """One repository, and our program as users run it on it."""

    def __init__(self, root: Path, folder: Path, *, limit_s: int, jobs: int = JOBS) -> None:
        self.root, self._folder, self._limit_s, self._jobs = root, folder, limit_s, jobs
        self.cache, self.out = folder / "cache", folder / "out"

    def build(self, *editions: str, to: str) -> Cost:
        """Build with what earlier builds kept."""
        log = self._folder / "log"
        return self._looked_at(run(self._command(*editions, to=to), log=log, limit_s=self._limit_s), Path(f"{log}.err"))

    @contextmanager
    def watch(self, *editions: str, to: str) -> Iterator[Callable[[Callable[[], None]], Cost]]:
        """Give what saves a change, and returns what it took until the program that watches had built it."""
        log = self._folder / "watch.err"
        with watched([*self._command(*editions, to=to), "--watch", "--json"], log=log) as program:
            yield lambda save: self._looked_at(program.edit(save), log)

    def _command(self, *editions: str, to: str) -> list[str]:
        command = [sys.executable, "build.py", "build", *editions, "--to", to, "--jobs", f"{self._jobs}"]
        return [*command, "--root", str(self.root), "--out", str(self.out), "--cache", str(self.cache)]

    def _looked_at(self, cost: Cost, said: Path) -> Cost:
        """Return the cost of a build with the pages that it made, unless it took the slow path."""
        whole = next((line for line in said.read_text("utf-8").splitlines() if _IN_ONE_PIECE in line), "")
        if whole and not cost.problem:
            return replace(cost, problem=whole)
        found = sorted(self.out.glob("*/*.pdf"))
        return replace(cost, pages=sum(map(count_pages, found))) if found else cost

    def build_cold(self, *editions: str, to: str) -> Cost:
        """Build without anything that was kept, and keep it, as the first build of all does."""
        for folder in (self.cache, self.out):
            shutil.rmtree(folder, ignore_errors=True)
        return self.build(*editions, to=to)


def study_cut(
    bundle: Path, folder: Path, *, pages: int | None, unavailable: Mapping[str, str], rounds: int, limit_s: int
) -> Study:
    """Return what each task takes on the first chapters of a book that have about so many pages."""
    pristine = cut_book(bundle, folder / "pristine", pages=pages)
    edited = cut_book(bundle, folder / "edited", pages=pages)
    (report,) = assemble_editions(pristine.root, [DRAFT], jobs=JOBS).values()
    sheets = write_sheets(report, folder / "sheets", jobs=JOBS)
    write_typst([pristine.root / path for path in pristine.chapters], sheets)
    cold, warm = (_ours(one, folder / name, limit_s=limit_s) for name, one in (("cold", pristine), ("warm", edited)))
    found = Study(name=bundle.stem if pages is None else f"{bundle.stem}, cut", chapters=len(pristine.chapters))
    prepare_edits(edited)
    _expect(warm.build(DRAFT, to=ALL_FORMATS))
    for turn in range(rounds):
        found.add(FULL, cold.build_cold(DRAFT, to="pdf"))
        for name in PEERS:
            if name not in unavailable:
                found.add(name, _print(name, sheets, limit_s=limit_s))
        edits = 3 * turn
        edit_word(edited, turn=edits)
        found.add(EDIT, warm.build(DRAFT, to="pdf"))
        add_page(edited, turn=edits)
        found.add(SHIFT, warm.build(DRAFT, to="pdf"))
        with warm.watch(DRAFT, to="pdf") as after:
            after(partial(edit_word, edited, turn=edits + 1))  # the first one starts the workers
            found.add(EDIT_WATCHED, after(partial(edit_word, edited, turn=edits + 2)))
            found.add(SHIFT_WATCHED, after(partial(add_page, edited, turn=edits + 1)))
        _expect(warm.build(DRAFT, to=ALL_FORMATS))
        found.add(NOTHING, warm.build(DRAFT, to=ALL_FORMATS))
    return found


def study_editions(bundle: Path, folder: Path, *, rounds: int, limit_s: int) -> Study:
    """Return what three editions with their redlines take together, and what pandoc and WeasyPrint take for them.

    pandoc makes EPUB and HTML of the same Markdown, without annexes, which
    only we can write; WeasyPrint prints the book that we would, with annexes,
    so that the pages are the same.
    """
    folder.mkdir(parents=True)
    root = clone_book(bundle.parent, bundle.stem, folder)
    editions = check_out_editions(root, folder / "editions")
    reports = assemble_editions(root, list(editions), jobs=JOBS)
    sheets = {name: write_sheets(report, folder / f"sheets-{name}", jobs=JOBS) for name, report in reports.items()}
    ours = Ours(root, _made(folder / "ours"), limit_s=limit_s)
    alone = Ours(root, _made(folder / "alone"), limit_s=limit_s, jobs=1)
    found = Study(name=f"{bundle.stem}, three editions", chapters=sum(len(paths) for _, paths in editions.values()))
    for _ in range(rounds):
        found.add(THREE, ours.build_cold(to=ALL_FORMATS))
        found.add(THREE_ALONE, alone.build_cold(to=ALL_FORMATS))
        parts: list[Cost] = []
        for name, (place, chapters) in editions.items():
            for form, options in (("epub", []), ("html", ["--standalone", "--toc"])):
                command = [pandoc_path(), "--from=markdown", f"--to={form}", f"--output={folder / f'book.{form}'}"]
                command += [*options, "--metadata=title:book", f"--resource-path={place}:{place / 'src'}"]
                paths = [str(place / path) for path in chapters]
                parts.append(run([*command, *paths], log=folder / "log", limit_s=limit_s))
            parts.append(_print(PLAIN, sheets[name], limit_s=limit_s))
        found.add(PANDOC, total(parts))
    return found


def _print(name: str, sheets: Path, *, limit_s: int) -> Cost:
    peer, out = PEERS[name], sheets / f"{name.replace(' ', '-')}.pdf"
    out.unlink(missing_ok=True)
    cost = run(peer.command(sheets, out), log=sheets / "log", limit_s=limit_s, environment=peer.environment)
    if cost.problem:
        return cost
    return replace(cost, pages=count_pages(out)) if out.exists() else replace(cost, problem="writes no PDF")


def count_pages(path: Path) -> int:
    with pikepdf.open(path) as file:
        return len(file.pages)


def _ours(cut: Cut, folder: Path, *, limit_s: int) -> Ours:
    return Ours(cut.root, _made(folder), limit_s=limit_s)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _expect(cost: Cost) -> None:
    if cost.problem:
        raise RuntimeError(f"our build: {cost.problem}")
