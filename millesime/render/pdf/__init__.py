"""A report as a tagged PDF (PDF/UA-1), laid out by WeasyPrint; the only importer of it.

`templates/pdf/report.html` gives cover, imprint, contents and openers,
`printable` the chapters, `templates/pdf/page.css` the look. Nothing is fetched:
the document sees the theme's fonts and the report's pictures under addresses
of its own, `millesime:…`.

The book is cut into *units* (`units`), each laid out alone (`layout`), put at
its place (`paginate`) and bound (`bind`): so an edit costs its own chapter. A
book that cannot be cut is laid out in one piece (`plain`), and says why.

What makes a book of a report is imported when it is called: workers, which
lay out units, are spared it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from millesime.assembly.report import Report
from millesime.problems import EngineError
from millesime.render.artifact import Artifact, write_beside

if TYPE_CHECKING:
    from millesime.render.pdf.plain import PrintedReport
    from millesime.render.pdf.values.layout_steps import Run


def render_pdf(report: Report, path: Path, *, jobs: int = 1, run: Run | None = None) -> Artifact:
    """Write the report to a file; the same report gives the same bytes.

    Raises EngineError when WeasyPrint or its libraries are missing.
    """
    printed = print_report(report, jobs=jobs, run=run)
    with write_beside(path) as beside:
        beside.write_bytes(printed.content)
    return Artifact(format="pdf", path=path, entry=path, notes=printed.notes, problems=printed.problems)


def print_report(
    report: Report,
    *,
    jobs: int = 1,
    run: Run | None = None,
    print_whole: Callable[[Report], PrintedReport] | None = None,
) -> PrintedReport:
    """Return the report as PDF, with what the engine said about it.

    `run([(function, source), …])` returns the function's results for sources,
    which have a `key` each: it may keep results, and work in other processes.
    By itself it does all here, one after the other. `print_whole` prints what
    cannot be cut, by default `print_plain`.
    Raises EngineError for a note that cannot be printed whole.
    """
    from millesime.render.pdf.by_unit import print_by_unit
    from millesime.render.pdf.engine.whole_notes import LostNoteError
    from millesime.render.pdf.layout import UnbindableError
    from millesime.render.pdf.plain import print_plain
    from millesime.render.pdf.values.layout_steps import run_here

    try:
        try:
            return print_by_unit(report, run=run or run_here, jobs=jobs)
        except UnbindableError as reason:
            printed = (print_whole or print_plain)(report)
            return dataclasses.replace(printed, notes=(*printed.notes, f"laid out in one piece, because of {reason}"))
    except LostNoteError as lost:
        raise EngineError(lost.at({chapter.id: chapter.path for chapter in report.chapters})) from lost
