"""Lay out the units of a PDF: from the cache, or by worker processes."""

from __future__ import annotations

import concurrent.futures
import html
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import astuple, replace
from typing import Any

from millesime.assembly.report import Report
from millesime.limits import Limits
from millesime.packing import pack, reader_of
from millesime.press.cache.store import Recall, Store
from millesime.press.cache.toolchain import python_libraries, text_engine, toolchain
from millesime.press.cache.versions import code_version
from millesime.press.run.artifacts import artifact_name, pack_file
from millesime.press.run.resource_limits import run_limited
from millesime.press.run.steps import run_step
from millesime.press.run.workers import Workers
from millesime.problems import EngineError
from millesime.render.pdf import print_report
from millesime.render.pdf.book import FrontSource, front_source, write_front
from millesime.render.pdf.drawn.drawings import DrawingSource
from millesime.render.pdf.drawn.formula_drawings import Formula, FormulasSource, set_formulas
from millesime.render.pdf.layout import ProofSource, UnitSource, lay_out
from millesime.render.pdf.margin_boxes import MarginBoxesSource, PageSource, lay_out_margin_boxes
from millesime.render.pdf.plain import PrintedReport, print_plain
from millesime.render.pdf.values.laid_unit import Laid, LaidUnit, Margins
from millesime.render.pdf.values.pdf_objects import Packed

# What the steps of render.pdf are called for users.
_STEPS = {
    "lay_out": "layout",
    "lay_out_margin_boxes": "margins",
    "write_front": "front",
    "find_missing_characters": "proof",
    "set_formulas": "formula",
    "draw": "drawing",
    "subset_font": "font",
}
# What each returns, and is read as where it is kept: of what was laid out, without the files of its fonts.
_KINDS = {
    "lay_out": LaidUnit,
    "lay_out_margin_boxes": dict[str, Margins],  # by the key of the page
    "write_front": bytes,
    "find_missing_characters": tuple[str, ...],
    "set_formulas": list[Formula],
    "draw": bytes,
    "subset_font": Packed,
}
_Step = tuple[Callable, Any]  # a function, and its source
_CONTENT = "what it prints, or how that looks"  # the part of a step that an edit changes
_IDENT = re.compile(rb'\bid="([^"]+)"')


def make_pdf(report: Report, run: UnitRunner) -> bytes:
    """Return the PDF of a report, packed; see `artifacts.pack_artifact`."""
    began = time.monotonic()
    printed = print_report(report, run=run, print_whole=run.print_whole)
    said = (*printed.notes, *map(astuple, printed.problems))
    return pack_file(artifact_name(report, "pdf"), printed.content, said, seconds=time.monotonic() - began)


class UnitRunner:
    """What `render.pdf` hands its steps to; see `render.pdf.steps.Run`."""

    def __init__(
        self, edition: str, *, limits: Limits, store: Store, workers: Workers, said: Callable[[int, int], None]
    ) -> None:
        """`said(done, all)` is to hear of each unit that was laid out."""
        self._edition, self._limits = edition, limits
        self._store, self._workers, self._said = store, workers, said
        self._files = workers.font_files
        self._begun: dict[str, Future] = {}  # by key

    def begin_front(self, report: Report, *, foremen: Executor) -> None:
        """Have a thread see to all that stands around the chapters, while these are still written."""
        source = front_source(report)
        self._begun[source.key] = foremen.submit(self._run, [(write_front, source)])

    def __call__(self, steps: Sequence[_Step]) -> list[Any]:
        """Return what each step makes of its source, from the store where it is kept."""
        if len(steps) == 1:
            ((function, source),) = steps
            if function is lay_out_margin_boxes:
                return [self._furnish(source)]
            if begun := self._begun.pop(source.key, None):
                return begun.result()
        return self._run(steps)

    def _furnish(self, source: MarginBoxesSource) -> list[Laid]:
        """Return the margins of pages: of those that the last build had as well, what it made."""
        recall = self._recall(lay_out_margin_boxes, source)
        value = recall.value
        if not self._is_whole(value):
            last = self._store.last(recall, but=_CONTENT, read=_reader(lay_out_margin_boxes))
            value = last if self._is_whole(last) else {}
        known: dict[str, Laid] = {key: self._with_files(margins) for key, margins in value.items()}
        missing = tuple(page for page in source.pages if page.key not in known)
        for part, pages in self._do([(lay_out_margin_boxes, part) for part in self._in_parts(source, missing)]):
            known |= zip((page.key for page in part.pages), pages, strict=True)
        if recall.content is None or missing:
            self._keep(recall, {page.key: known[page.key] for page in source.pages})
        return [known[page.key] for page in source.pages]

    def _in_parts(self, source: MarginBoxesSource, pages: Sequence[PageSource]) -> list[MarginBoxesSource]:
        """Return sources of some of a source's pages, which are laid out at once."""
        few = self._are_few([(lay_out_margin_boxes, replace(source, pages=pages))])
        size = len(pages) if few else _PAGES_TOGETHER
        return [replace(source, pages=pages[at : at + size]) for at in range(0, len(pages), max(1, size))]

    def _run(self, steps: Sequence[_Step]) -> list[Any]:
        recalls = {source.key: self._recall(function, source) for function, source in steps}
        values = {key: recall.value for key, recall in recalls.items() if self._is_whole(recall.value)}
        results = {
            key: self._with_files(value) if isinstance(value, LaidUnit) else value for key, value in values.items()
        }
        missing = [(function, source) for function, source in steps if source.key not in results]
        # The largest first, so that none of them is begun last.
        missing.sort(key=lambda step: -len(getattr(step[1], "html", b"")))
        units = sum(function is lay_out for function, _ in steps)
        left = sum(function is lay_out for function, _ in missing)
        for source, result in self._do(missing):
            results[source.key] = result
            self._keep(recalls[source.key], result)
            if isinstance(source, UnitSource):
                left -= 1
                self._said(units - left, units)
        return [results[source.key] for _, source in steps]

    def _do(self, steps: Sequence[_Step]) -> Iterator[tuple[Any, Any]]:
        """Have workers do steps, and yield each one's source and result as they come."""
        few = self._are_few(steps)
        if steps and (few or len(steps) == 1) and not self._workers.are_prepared:
            # Another worker would be started beside the one that is about to be ready.
            self._workers.await_start()
        waiting, running = deque(steps), {}
        at_once = max(1, self._workers.started) if few else 2 * self._workers.jobs
        self._hand_out(waiting, running, at_once=at_once)
        while running:
            yield from self._come_home(running)
            self._hand_out(waiting, running, at_once=at_once)

    def _are_few(self, steps: Iterable[_Step]) -> bool:
        """Whether workers that there are will have done steps before another one has come."""
        return self._workers.started < self._workers.jobs and sum(_seconds(*step) for step in steps) < _WORTH_A_WORKER

    def _hand_out(self, waiting: deque[_Step], running: dict[Future, Any], *, at_once: int) -> None:
        """Hand steps to workers.

        Few are handed out `at_once`: whoever is told late which fonts are here
        already sends the fewest of them, a megabyte a unit.
        """
        while waiting and len(running) < at_once:
            function, source = waiting.popleft()
            running[self._submit(_label(source), run_step, function, source, frozenset(self._files))] = source

    def _come_home(self, running: dict[Future, Any]) -> Iterator[tuple[Any, Any]]:
        """Wait for workers, and yield steps' sources and what was made of them."""
        done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            try:
                result = future.result()
            except BrokenProcessPool as error:
                at = ", ".join(sorted({_label(source) for source in running.values()}))
                raise EngineError(
                    f"edition {self._edition}, pdf: a worker was ended by the system while these were laid out: "
                    f"{at}; one of them may be far too large (see `limits`), or memory ran out: try --jobs 1"
                ) from error
            whole = list(map(self._complete, result)) if isinstance(result, list) else self._complete(result)
            yield running.pop(future), whole

    def print_whole(self, report: Report) -> PrintedReport:
        """Print a report in one piece, in a worker as well."""
        return self._submit("the whole book", print_plain, report.as_written()).result()

    def _submit(self, label: str, step: Callable, *values: Any) -> Future:
        what = f"edition {self._edition}, pdf: {label}"
        return self._workers.submit(run_limited, self._limits, what, step, *values)

    def _complete(self, result: Any) -> Any:
        """Return a laid unit with the font files that did not come along."""
        if not isinstance(result, Laid):
            return result
        for digest, content in result.files.items():
            if digest not in self._files:
                self._files[digest] = content
                self._store.put("fontfile", digest, content)
        return self._with_files(result.unit)

    def _with_files(self, unit: LaidUnit | Margins) -> Laid:
        return Laid(unit=unit, files={use.file: self._files[use.file] for use in unit.fonts})

    def _recall(self, function: Callable, source: Any) -> Recall:
        return _recall_step(function, source, edition=self._edition, store=self._store)

    def _is_whole(self, value: Any) -> bool:
        """Whether a result is kept, its font files with it, which are here then."""
        if value is None:
            return False
        laid = value.values() if isinstance(value, dict) else [value] if isinstance(value, LaidUnit) else []
        for digest in {use.file: None for one in laid for use in one.fonts}:
            if digest not in self._files:
                file = self._store.get("fontfile", digest)
                if file is None:
                    return False
                self._files[digest] = file
        return True

    def _keep(self, recall: Recall, result: Any) -> None:
        """Keep a result; the font files of what was laid out are entries of their own, see `_complete`."""
        if isinstance(result, dict):
            value = {key: one.unit for key, one in result.items()}
        else:
            value = result.unit if isinstance(result, Laid) else result
        self._store.keep(recall, pack(value))


def run_kept(steps: Sequence[_Step], *, edition: str, store: Store) -> list[Any]:
    """Return what each step makes of its source, from the store where a build or this kept it; for steps without fonts.

    It is as `UnitRunner` does it, but here and one after the other.
    """
    results = []
    for function, source in steps:
        recall = _recall_step(function, source, edition=edition, store=store)
        if recall.content is None:
            results.append(function(source))
            store.keep(recall, pack(results[-1]))
        else:
            results.append(recall.value)
    return results


def _recall_step(function: Callable, source: Any, *, edition: str, store: Store) -> Recall:
    parts = {_CONTENT: source.key}
    if isinstance(source, FrontSource):
        parts |= toolchain()
    else:
        parts |= {
            "Millésime's own code": code_version("render.pdf", "press.run.pdf_units"),
            "Python and its libraries": python_libraries(),
            "the system's text engine and fonts": text_engine(),
        }
    label = f"{_label(source)} of {edition}"
    return store.recall(_STEPS[function.__name__], label, parts, read=_reader(function))


def _reader(function: Callable) -> Callable[[bytes], Any]:
    return reader_of(_KINDS[function.__name__])


_PAGES_TOGETHER = 60  # whose margin boxes are laid out at once: what a sheet costs is shared, and all workers have some


def _seconds(function: Callable, source: Any) -> float:
    """Return about how long a step takes."""
    if function is lay_out:
        return len(source.html) * 14e-6
    if function is set_formulas:
        return len(source.formulas) * 0.01
    return 0.01 + len(source.pages) * 2e-3 if function is lay_out_margin_boxes else 0.0


_WORTH_A_WORKER = 1.0  # seconds of work of which another worker, who takes half a second to come, would do enough


def _label(source: Any) -> str:
    """Return a name for a source that tells a reader of `--explain` which part of the book it is."""
    match source:
        case UnitSource():
            found = _IDENT.search(source.html)
            return html.unescape(found[1].decode()) if found else "a unit"
        case MarginBoxesSource():
            return "the margins"
        case ProofSource():
            return "rare characters"
        case FrontSource():
            return "the front matter"
        case FormulasSource():
            return "the formulas"
        case DrawingSource():
            return "a drawing"
    return f"a font of {len(source.glyphs)} glyphs"
