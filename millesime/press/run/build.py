"""Build editions: assemble each once, then render its formats in parallel; artifacts in the cache are not rendered.

What makes something is imported where something has to be made: see `workspace`.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from millesime.beside import recover_all, refuse_links_out
from millesime.packing import pack, reader_of
from millesime.press.cache.store import Recall
from millesime.press.edition.sealed_inputs import check_frozen
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifact_inputs import edition_inputs
from millesime.press.run.artifacts import RENDERED, Printed, check_packed, make_artifact, put_in_place
from millesime.press.run.resource_limits import run_limited
from millesime.press.run.workers import Workers
from millesime.problems import Problem

if TYPE_CHECKING:
    from millesime.assembly.assemble import Materials
    from millesime.assembly.report import Report
    from millesime.press.run.pdf_units import UnitRunner


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPlan:
    """What is known about one edition before anything is read: what is kept of it, and what has to be made."""

    edition: str
    checked: Recall  # the problems in its text
    artifacts: dict[str, Recall]  # by format

    @property
    def missing(self) -> list[str]:
        """The formats that have to be made, the slowest first."""
        return [kind for kind in RENDERED if kind in self.artifacts and self.artifacts[kind].content is None]

    @property
    def is_edited(self) -> bool:
        """Whether only text changed since the last PDF, so that most of its pages are likely to be kept."""
        explained = self.artifacts["pdf"].explained
        return explained.reason == "changed" and not {*explained.changed} - {"its files", "the editor's note"}

    @property
    def is_kept(self) -> bool:
        return not self.missing and self.checked.content is not None


def plan_editions(workspace: Workspace, names: Sequence[str], *, formats: Sequence[str] | None) -> list[EditionPlan]:
    """Return what there is to do for editions, each in its manifest's formats or in those given.

    Raises RevisionError for a revision that git does not have, ManifestChanged for a sealed edition whose manifests
    no longer say what was sealed.
    """
    plans = []
    for name in names:
        check_frozen(workspace, name)
        inputs = edition_inputs(workspace, name)
        kinds = formats or workspace.series.edition(name).formats
        plans.append(
            EditionPlan(
                edition=name,
                checked=workspace.store.recall("check", name, inputs, read=_read_problems),
                artifacts={kind: workspace.store.recall(kind, name, inputs, read=check_packed) for kind in kinds},
            )
        )
    return plans


def build_editions(
    workspace: Workspace,
    names: Sequence[str],
    *,
    formats: Sequence[str] | None,
    out: Path,
    workers: Workers,
    progress: Progress,
) -> Outcome:
    """Build editions into `out/<edition>/`, each in its manifest's formats or in those given.

    Every artifact appears whole or not at all; an error in one edition ends
    the build and leaves what was there before.
    """

    for name in names:
        refuse_links_out(out / name, root=workspace.series.root)
        recover_all(out / name)  # of formats, too, that this build will not make

    def put(content: bytes, name: str, kind: str, *, kept: bool) -> Printed:
        return put_in_place(content, edition=name, kind=kind, folder=out / name, kept=kept)

    return make_editions(workspace, names, formats=formats, deliver=put, workers=workers, progress=progress)


class Deliver(Protocol):
    """Takes an artifact as it was made, packed (see `artifacts.pack_artifact`), and says what became of it."""

    def __call__(self, content: bytes, name: str, kind: str, *, kept: bool) -> Printed: ...


def make_editions(
    workspace: Workspace,
    names: Sequence[str],
    *,
    formats: Sequence[str] | None,
    deliver: Deliver,
    workers: Workers,
    progress: Progress,
    assembled: Callable[[str, Materials, Report], None] = lambda name, materials, report: None,
) -> Outcome:
    """Make the artifacts of editions, each in its manifest's formats or in those given, and hand them to `deliver`.

    `assembled` hears of each edition that had to be assembled for it.
    """
    outcome = Outcome()
    plans = plan_editions(workspace, names, formats=formats)
    progress.begin(sum(len(plan.artifacts) for plan in plans))
    pending: dict[Future[bytes], tuple[str, Recall]] = {}
    start: list[Callable[[], None]] = []  # workers, one after the other
    if printed := [plan for plan in plans if "pdf" in plan.missing]:
        from millesime.press.cache.installed import keep_installed
        from millesime.press.edition.manuscript import own_theme
        from millesime.press.run.steps import load_for_pages

        keep_installed(workspace.store)
        first = printed[0].edition
        load = partial(load_for_pages, own_theme(workspace.snapshot(first)), workspace.series.edition(first).language)
        if all(plan.is_edited for plan in printed):
            workers.start(load, alone=True)
        else:
            # Pandoc has a whole book to read, on all cores; to assemble it takes one. The others find what the first
            # one made of installed files.
            start = [partial(workers.start, load, alone=True), partial(workers.start, load)]
    # A PDF is many steps, which one thread hands out and binds.
    foremen = ThreadPoolExecutor(max(2, workers.jobs // 8))
    try:
        for plan in plans:
            name = plan.edition
            if note := workspace.snapshot(name).note:
                outcome.notes[name] = note
            for kind, recall in plan.artifacts.items():
                if recall.content is not None:
                    _put(recall.content, name, kind, deliver, outcome, progress, kept=True)
            if plan.is_kept:
                outcome.problems[name] = list(plan.checked.value)
                continue
            from millesime.press.edition.edition_report import edition_materials
            from millesime.press.edition.incremental_assembly import assemble_kept

            materials = edition_materials(workspace, name, say=lambda what, name=name: progress.step(name, what))
            if start:
                start.pop(0)()
            pages = None
            if "pdf" in plan.missing:
                from millesime.press.run.pdf_units import UnitRunner, make_pdf

                said = partial(_say_pages, progress, name)
                pages = UnitRunner(name, limits=workspace.limits, store=workspace.store, workers=workers, said=said)
            begun = partial(_begin, pages, foremen, start) if pages else None
            made = assemble_kept(materials, workspace.store, jobs=workspace.jobs, begun=begun)
            report = made.report
            assembled(name, materials, report)
            outcome.problems[name] = list(made.problems)
            workspace.store.keep(plan.checked, pack(outcome.problems[name]))
            for kind in plan.missing:
                progress.step(name, kind)
                if kind == "pdf":
                    future = foremen.submit(make_pdf, report, pages)
                else:
                    what = f"edition {name}, {kind}"
                    sent = report if kind == "docx" else report.as_written()
                    future = workers.submit(run_limited, workspace.limits, what, make_artifact, sent, kind)
                pending[future] = (name, plan.artifacts[kind])
            _collect(pending, workspace, deliver, outcome, progress, wait=len(pending) > 2 * workers.jobs)
        while pending:
            _collect(pending, workspace, deliver, outcome, progress, wait=True)
    finally:
        # Not waited for: after an error the workers end, and the threads with them.
        foremen.shutdown(wait=False, cancel_futures=True)
    for printed in outcome.artifacts:
        known = outcome.problems.setdefault(printed.edition, [])
        known += [problem for problem in printed.problems if problem not in known]
    outcome.artifacts.sort(key=lambda printed: (names.index(printed.edition), printed.format))
    return outcome


def _begin(pages: UnitRunner, foremen: Executor, start: list[Callable[[], None]], report: Report) -> None:
    """Begin with what can be done of a PDF before the chapters of its report are written."""
    if start:
        start.pop(0)()
    pages.begin_front(report, foremen=foremen)


def _say_pages(progress: Progress, name: str, done: int, units: int) -> None:
    progress.step(name, f"laid out {done} of {units} parts of the PDF")


def _collect(
    pending, workspace: Workspace, deliver: Deliver, outcome: Outcome, progress: Progress, *, wait: bool
) -> None:
    """Take finished artifacts out of `pending`; with `wait`, at least one."""
    if not pending:
        return
    done, _ = concurrent.futures.wait(
        pending, timeout=None if wait else 0, return_when=concurrent.futures.FIRST_COMPLETED
    )
    for future in done:
        name, recall = pending.pop(future)
        content = future.result()
        _put(content, name, recall.step, deliver, outcome, progress, kept=False)
        workspace.store.keep(recall, content)


def _put(
    content: bytes, name: str, kind: str, deliver: Deliver, outcome: Outcome, progress: Progress, *, kept: bool
) -> None:
    printed = deliver(content, name, kind, kept=kept)
    outcome.artifacts.append(printed)
    progress.done(printed)


_read_problems = reader_of(list[Problem])
