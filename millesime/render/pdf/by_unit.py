"""Lay out the book unit by unit, so that an edit lays out only the units it changes."""

from __future__ import annotations

from millesime.assembly.report import Report
from millesime.render.pdf.binding import bind
from millesime.render.pdf.book_units import plan_pdf
from millesime.render.pdf.engine import internals
from millesime.render.pdf.engine.environment import versions
from millesime.render.pdf.engine_messages import note_problems
from millesime.render.pdf.layout import UnbindableError
from millesime.render.pdf.paginate import paginate
from millesime.render.pdf.plain import PrintedReport
from millesime.render.pdf.values.layout_steps import Run


def print_by_unit(report: Report, *, run: Run, jobs: int = 1) -> PrintedReport:
    """Return the report as PDF, with what the engine said about it; the same report gives the same bytes.

    `run([(function, source), …])` returns the function's result for each
    source; it may keep results under the sources' `key`, and work in other
    processes.
    Raises UnbindableError, with the reason, for a book that must be laid out
    in one piece, and EngineError when WeasyPrint or its libraries are missing.
    """
    found = versions()
    if not internals.is_known(found):
        names = ", ".join(f"{name} {found[name]}" for name in internals.KNOWN)
        raise UnbindableError(f"versions that were not tried ({names})")
    book = plan_pdf(report, run=run, versions=repr(sorted(found.items())), jobs=jobs)
    if book.obstacles:
        raise UnbindableError(f"what the theme uses: {'; '.join(book.obstacles)}")
    bound, files = paginate(book, run=run)
    content = bind(book, bound, files, run=run)
    said = [note for one in bound for part in (one.unit, *one.margin_boxes) for note in part.notes]
    located = [
        (note, [name for page in one.unit.pages for name, _, _ in page.anchors])
        for one in bound
        for note in one.unit.notes
    ]
    last = bound[-1]
    return PrintedReport(
        content=content,
        pages=last.first + len(last.unit.pages),
        notes=tuple(dict.fromkeys([*book.notes, *said])),
        problems=book.problems + note_problems(located, report, book.pictures),
    )
