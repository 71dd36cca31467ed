"""The PDF of a report by units: those that an earlier build laid out are kept, the others go to the workers."""

from __future__ import annotations

import concurrent.futures
import gc
import html
import pickle
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from millesime.assembly.report import Report
from millesime.press.artifacts import artifact_name, pack_file
from millesime.press.cache.store import Recall, Store
from millesime.press.cache.versions import code_version
from millesime.press.inputs import text_engine
from millesime.press.workers import Workers
from millesime.problems import EngineError
from millesime.render.pdf import print_report
from millesime.render.pdf.engine import load_engine
from millesime.render.pdf.laid import Laid, LaidUnit
from millesime.render.pdf.layout import FurnitureSource, ProofSource, UnitSource

# What the steps of render.pdf are called for users.
_STEPS = {
    "lay_out": "layout",
    "lay_out_furniture": "furniture",
    "find_missing_characters": "proof",
    "subset_font": "font",
}
_IDENT = re.compile(rb'\bid="([^"]+)"')


def make_pdf(report: Report, *, store: Store, workers: Workers, said: Callable[[int, int], None]) -> bytes:
    """Return the PDF of a report, packed; see `artifacts.pack_artifact`.

    `said(done, all)` hears of each unit that was laid out.
    """
    began = time.monotonic()
    run = UnitRunner(report.imprint.name, store=store, workers=workers, said=said)
    printed = print_report(report, run=run)
    return pack_file(artifact_name(report, "pdf"), printed.content, printed.notes, seconds=time.monotonic() - began)


class UnitRunner:
    """What `render.pdf` hands its steps to; see `render.pdf.units.Run`."""

    def __init__(self, edition: str, *, store: Store, workers: Workers, said: Callable[[int, int], None]) -> None:
        self._edition, self._store, self._workers, self._said = edition, store, workers, said
        self._files: dict[str, bytes] = {}  # of fonts, by hash: nearly the same ones for all units

    def __call__(self, step: Callable, sources: Sequence[Any]) -> list[Any]:
        """Return what a step makes of each source, from the store where it is kept."""
        recalls = [self._recall(step, source) for source in sources]
        found = [self._load(recall) for recall in recalls]
        missing = [index for index, result in enumerate(found) if result is None]
        # The largest first, so that none of them is begun last.
        missing.sort(key=lambda index: -len(getattr(sources[index], "html", b"")))
        futures = {self._workers.submit(run_step, step, sources[index]): index for index in missing}
        for count, future in enumerate(concurrent.futures.as_completed(futures), start=1):
            index = futures[future]
            found[index] = future.result()
            self._keep(recalls[index], found[index])
            if step.__name__ == "lay_out":
                self._said(len(sources) - len(missing) + count, len(sources))
        return found

    def _recall(self, step: Callable, source: Any) -> Recall:
        parts = {
            "what it prints, or how that looks": source.key,
            "Millésime's own code": code_version("render.pdf", "press.pages"),
            "the system's text engine and fonts": text_engine(),
        }
        return self._store.recall(_STEPS[step.__name__], f"{_label(source)} of {self._edition}", parts)

    def _load(self, recall: Recall) -> Any:
        """Return a result that is kept, its font files with it; None if any of it is not."""
        if recall.content is None:
            return None
        result = pickle.loads(recall.content)
        if not isinstance(result, _Kept):
            return result
        for digest in result.files:
            if digest not in self._files:
                content = self._store.get("fontfile", digest)
                if content is None:
                    return None
                self._files[digest] = content
        return Laid(unit=result.unit, files={digest: self._files[digest] for digest in result.files})

    def _keep(self, recall: Recall, result: Any) -> None:
        if isinstance(result, Laid):
            for digest, content in result.files.items():
                if digest not in self._files:
                    self._files[digest] = content
                    self._store.put("fontfile", digest, content)
            result = _Kept(unit=result.unit, files=tuple(result.files))
        self._store.keep(recall, pickle.dumps(result, protocol=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A laid unit as a store has it; its font files are entries of their own."""

    unit: LaidUnit
    files: tuple[str, ...]


def load_for_pages() -> None:
    """Load the engine, while the build still reads."""
    with suppress(EngineError):  # the first step will say so
        load_engine()


def run_step(step: Callable, source: Any) -> Any:
    """Run a step in a worker, while Python's cycle collector rests: all that it would look at is in use."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()  # the modules, once
    gc.disable()
    try:
        return step(source)
    finally:
        gc.enable()
        gc.collect()


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
    return f"a font of {len(source.glyphs)} glyphs"
