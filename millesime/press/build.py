"""Build editions: assemble each once, then render its formats side by side."""

from __future__ import annotations

import concurrent.futures
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from millesime.assembly.checks import check_report
from millesime.assembly.report import Report
from millesime.assembly.sources import slug
from millesime.press.edition import Desk, assemble_edition
from millesime.problems import EngineError, Problem
from millesime.render.docx import render_docx
from millesime.render.epub import render_epub
from millesime.render.html import render_html
from millesime.render.pdf import render_pdf

RENDERERS = {"pdf": render_pdf, "epub": render_epub, "html": render_html, "docx": render_docx}
# The slowest first, so that the last worker is not left alone with it.
_ORDER = ("pdf", "docx", "epub", "html")
_NAME_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One artifact in its place."""

    edition: str
    format: str
    path: Path  # the file, or the folder's index.html
    bytes: int
    seconds: float
    notes: tuple[str, ...] = ()  # what the engine could not do


@dataclass(slots=True)
class Outcome:
    """What a build gave."""

    artifacts: list[Printed] = field(default_factory=list)
    problems: dict[str, list[Problem]] = field(default_factory=dict)  # by edition
    notes: dict[str, str] = field(default_factory=dict)  # how a revision was found, by edition


class Progress:
    """What a build tells as it goes on; by itself it is silent."""

    def begin(self, steps: int) -> None: ...

    def step(self, edition: str, what: str) -> None: ...

    def done(self, printed: Printed) -> None: ...


def build_editions(
    desk: Desk, names: Sequence[str], *, formats: Sequence[str] | None, out: Path, jobs: int, progress: Progress
) -> Outcome:
    """Build editions into `out/<edition>/`, each in its manifest's formats or in those given.

    Every artifact appears whole or not at all; an error in one edition ends
    the build and leaves what was there before. `jobs` is how many processes
    may work at once.
    """
    outcome = Outcome()
    wanted = {name: tuple(formats or desk.series.edition(name).formats) for name in names}
    progress.begin(sum(len(kinds) for kinds in wanted.values()))
    with _workers(jobs) as pool:
        pending: dict[Future[Printed], None] = {}
        try:
            for name in names:
                report = assemble_edition(desk, name, say=lambda what, name=name: progress.step(name, what))
                outcome.problems[name] = list(check_report(report))
                if note := desk.manuscript(name).snapshot.note:
                    outcome.notes[name] = note
                for kind in sorted(wanted[name], key=_ORDER.index):
                    progress.step(name, kind)
                    pending[_submit(pool, report, kind, out / name)] = None
                _collect(pending, outcome, progress, wait=len(pending) > 2 * jobs)
            while pending:
                _collect(pending, outcome, progress, wait=True)
        except concurrent.futures.process.BrokenProcessPool as error:
            raise EngineError(
                "a worker was ended from outside, perhaps because memory ran out; try again with --jobs 1"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _end_workers(pool)
            raise
    outcome.artifacts.sort(key=lambda printed: (names.index(printed.edition), printed.format))
    return outcome


def print_artifact(report: Report, kind: str, folder: Path) -> Printed:
    """Render one format of a report into its edition's folder."""
    began = time.monotonic()
    name = artifact_name(report, kind)
    with _collector_paused():
        artifact = RENDERERS[kind](report, folder / name)
    return Printed(
        edition=report.imprint.name, format=kind, path=artifact.entry, bytes=_size(artifact.path),
        seconds=time.monotonic() - began, notes=artifact.notes,
    )  # fmt: skip


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Let Python's cycle collector rest while one artifact is made.

    It looks at millions of layout boxes that are all in use: a fifth of
    WeasyPrint's time, for less than a tenth of its memory.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
        gc.collect()


def artifact_name(report: Report, kind: str) -> str:
    """Return the name of an artifact in its edition's folder: "ville-partagee-2019.pdf", "html"."""
    if kind == "html":
        return "html"
    stem = slug(report.imprint.title)
    if len(stem) > _NAME_MAX:
        stem = stem[:_NAME_MAX].rsplit("-", 1)[0]
    return f"{stem or 'report'}-{report.imprint.name}.{kind}"


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _workers(jobs: int) -> ProcessPoolExecutor:
    # Not `max_tasks_per_child`: with it the pool may wait for ever (https://github.com/python/cpython/issues/115634).
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def _submit(pool: ProcessPoolExecutor, report: Report, kind: str, folder: Path) -> Future[Printed]:
    """Hand an artifact to a worker, starting one if all are busy.

    A worker is born deaf to Ctrl-C, which reaches the whole group of
    processes: the parent ends it, and no half-started worker complains.
    """
    if threading.current_thread() is not threading.main_thread():
        return pool.submit(print_artifact, report, kind, folder)
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return pool.submit(print_artifact, report, kind, folder)
    finally:
        signal.signal(signal.SIGINT, heard)


def _end_workers(pool: ProcessPoolExecutor) -> None:
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()


def _collect(pending: dict[Future[Printed], None], outcome: Outcome, progress: Progress, *, wait: bool) -> None:
    """Take finished artifacts out of `pending`; with `wait`, at least one."""
    if not pending:
        return
    done, _ = concurrent.futures.wait(
        pending, timeout=None if wait else 0, return_when=concurrent.futures.FIRST_COMPLETED
    )
    for future in done:
        del pending[future]
        printed = future.result()
        outcome.artifacts.append(printed)
        progress.done(printed)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    return (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else iter([path])
