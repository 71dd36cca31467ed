"""The PDF of a report by units: those that an earlier build laid out are kept, the others go to the workers."""

from __future__ import annotations

import concurrent.futures
import html
import math
import pickle
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from io import BytesIO
from typing import Any

from millesime.assembly.report import Report
from millesime.limits import Limits
from millesime.press.artifacts import artifact_name, pack_file
from millesime.press.cache.store import Recall, Store
from millesime.press.cache.versions import code_version
from millesime.press.limited import run_limited
from millesime.press.steps import run_step
from millesime.press.toolchain import text_engine, toolchain
from millesime.press.workers import Workers
from millesime.problems import EngineError
from millesime.render.pdf import print_report
from millesime.render.pdf.book import FrontSource, front_source, write_front
from millesime.render.pdf.laid import Laid, LaidUnit
from millesime.render.pdf.layout import (
    FurnitureSource,
    ProofSource,
    UnitSource,
    follow_each_other,
    lay_out,
    lay_out_furniture,
    lay_out_furniture_together,
)
from millesime.render.pdf.plain import PrintedReport, print_plain

# What the steps of render.pdf are called for users.
_STEPS = {
    "lay_out": "layout",
    "lay_out_furniture": "furniture",
    "write_front": "front",
    "find_missing_characters": "proof",
    "subset_font": "font",
}
_Step = tuple[Callable, Any]  # a function, and its source
_IDENT = re.compile(rb'\bid="([^"]+)"')


def make_pdf(report: Report, run: UnitRunner) -> bytes:
    """Return the PDF of a report, packed; see `artifacts.pack_artifact`."""
    began = time.monotonic()
    printed = print_report(report, run=run, print_whole=run.print_whole)
    return pack_file(artifact_name(report, "pdf"), printed.content, printed.notes, seconds=time.monotonic() - began)


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
        if len(steps) == 1 and (begun := self._begun.pop(steps[0][1].key, None)):
            return begun.result()
        return self._run(steps)

    def _run(self, steps: Sequence[_Step]) -> list[Any]:
        recalls = [self._recall(*step) for step in steps]
        contents = [recall.content if self._is_whole(recall.content) else None for recall in recalls]
        missing = [index for index, content in enumerate(contents) if content is None]
        # The largest first, so that none of them is begun last.
        missing.sort(key=lambda index: -len(getattr(steps[index][1], "html", b"")))
        few = self._are_few(steps[index] for index in missing)
        waiting, running = deque(_together(steps, missing, pages=math.inf if few else _PAGES_TOGETHER)), {}
        results: list[Any] | None = None
        if waiting and (few or len(waiting) == 1) and not self._workers.are_prepared:
            # Another worker would be started beside the one that is about to be ready.
            results = [self._unpacked(content) for content in contents]
            self._workers.await_start()
        at_once = max(1, self._workers.started) if few else 2 * self._workers.jobs
        self._hand_out(steps, waiting, running, at_once=at_once)
        if results is None:  # else they were unpacked already
            results = [self._unpacked(content) for content in contents]
        units = {index for index, (function, _) in enumerate(steps) if function is lay_out}
        left = len(units.intersection(missing))
        while running:
            for index, result in self._come_home(steps, running):
                results[index] = result
                self._keep(recalls[index], result)
                if index in units:
                    left -= 1
                    self._said(len(units) - left, len(units))
            self._hand_out(steps, waiting, running, at_once=at_once)
        return results

    def _are_few(self, steps: Iterable[_Step]) -> bool:
        """Whether workers that there are will have done steps before another one has come."""
        return self._workers.started < self._workers.jobs and sum(_seconds(*step) for step in steps) < _WORTH_A_WORKER

    def _hand_out(
        self, steps: Sequence[_Step], waiting: deque[list[int]], running: dict[Future, list[int]], *, at_once: int
    ) -> None:
        """Hand steps to workers, by their indices.

        Few are handed out `at_once`: whoever is told late which fonts are here
        already sends the fewest of them, a megabyte a unit.
        """
        while waiting and len(running) < at_once:
            indices = waiting.popleft()
            (function, source), known = steps[indices[0]], frozenset(self._files)
            label = _label(source)
            if function is lay_out_furniture:
                function, source = lay_out_furniture_together, [steps[index][1] for index in indices]
            running[self._submit(label, run_step, function, source, known)] = indices

    def _come_home(self, steps: Sequence[_Step], running: dict[Future, list[int]]) -> Iterator[tuple[int, Any]]:
        """Wait for workers, and yield what they made, with the steps' indices."""
        done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            try:
                result = future.result()
            except BrokenProcessPool as error:
                at = ", ".join(sorted({_label(steps[indices[0]][1]) for indices in running.values()}))
                raise EngineError(
                    f"edition {self._edition}, pdf: a worker was ended by the system while these were laid out: "
                    f"{at}; one of them may be far too large (see `limits`), or memory ran out: try --jobs 1"
                ) from error
            results = result if isinstance(result, list) else [result]
            for index, one in zip(running.pop(future), results, strict=True):
                yield index, self._complete(one)

    def print_whole(self, report: Report) -> PrintedReport:
        """Print a report in one piece, in a worker as well."""
        return self._submit("the whole book", print_plain, report).result()

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
        return Laid(unit=result.unit, files={use.file: self._files[use.file] for use in result.unit.fonts})

    def _recall(self, function: Callable, source: Any) -> Recall:
        parts = {"what it prints, or how that looks": source.key}
        if isinstance(source, FrontSource):
            parts |= toolchain()
        else:
            parts |= {
                "Millésime's own code": code_version("render.pdf", "press.pages"),
                "the system's text engine and fonts": text_engine(),
            }
        return self._store.recall(_STEPS[function.__name__], f"{_label(source)} of {self._edition}", parts)

    def _is_whole(self, content: bytes | None) -> bool:
        """Whether a result is kept, its font files with it, which are here then."""
        if content is None:
            return False
        for digest in pickle.loads(content):
            if digest not in self._files:
                file = self._store.get("fontfile", digest)
                if file is None:
                    return False
                self._files[digest] = file
        return True

    def _unpacked(self, content: bytes | None) -> Any:
        if content is None:
            return None
        stream = BytesIO(content)
        files, result = pickle.load(stream), pickle.load(stream)
        if not isinstance(result, LaidUnit):
            return result
        return Laid(unit=result, files={digest: self._files[digest] for digest in files})

    def _keep(self, recall: Recall, result: Any) -> None:
        """Keep a result; before it, by hash, the font files of a laid unit, which are entries of their own."""
        files, value = (tuple(result.files), result.unit) if isinstance(result, Laid) else ((), result)
        self._store.keep(recall, pickle.dumps(files, protocol=5) + pickle.dumps(value, protocol=5))


def _together(steps: Sequence[_Step], indices: Sequence[int], *, pages: float) -> list[list[int]]:
    """Return the indices of steps in groups that are done at once: furniture of up to so many pages in a row."""
    groups: list[list[int]] = []
    taken = 0
    for index in indices:
        function, source = steps[index]
        if function is lay_out_furniture:
            before, last = steps[groups[-1][-1]] if groups else (None, None)
            if function is before and taken + len(source.pages) <= pages and follow_each_other(last, source):
                groups[-1].append(index)
                taken += len(source.pages)
                continue
            taken = len(source.pages)
        groups.append([index])
    return groups


_PAGES_TOGETHER = 60  # whose furniture is laid out at once: what a sheet costs is shared, and all workers have some


def _seconds(function: Callable, source: Any) -> float:
    """Return about how long a step takes."""
    if function is lay_out:
        return len(source.html) * 14e-6
    return len(source.pages) * 3e-3 if function is lay_out_furniture else 0.0


_WORTH_A_WORKER = 1.0  # seconds of work of which another worker, who takes half a second to come, would do enough


def _label(source: Any) -> str:
    """Return a name for a source that tells a reader of `--explain` which part of the book it is."""
    match source:
        case UnitSource():
            found = _IDENT.search(source.html)
            return html.unescape(found[1].decode()) if found else "a unit"
        case FurnitureSource():
            return f"the pages from {source.folio}"
        case ProofSource():
            return "rare characters"
        case FrontSource():
            return "the front matter"
    return f"a font of {len(source.glyphs)} glyphs"
