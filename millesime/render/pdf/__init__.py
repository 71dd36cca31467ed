"""A report as a tagged PDF (PDF/UA-1), laid out by WeasyPrint; the only importer of it.

One HTML document holds the book: `templates/pdf/report.html` gives cover,
imprint, contents and openers, `printable` the chapters, `templates/pdf/page.css`
the look. Nothing is fetched: the document sees the theme's fonts and the
report's pictures under addresses of its own, `millesime:…`.
"""

from __future__ import annotations

from pathlib import Path

from millesime.assembly.report import Report
from millesime.render.artifact import Artifact, write_beside
from millesime.render.pdf.plain import PrintedReport, print_plain


def render_pdf(report: Report, path: Path, *, jobs: int = 1) -> Artifact:
    """Write the report to a file; the same report gives the same bytes.

    Raises EngineError when WeasyPrint or its libraries are missing.
    """
    printed = print_report(report, jobs=jobs)
    with write_beside(path) as beside:
        beside.write_bytes(printed.content)
    return Artifact(format="pdf", path=path, entry=path, notes=printed.notes)


def print_report(report: Report, *, jobs: int = 1) -> PrintedReport:
    """Return the report as PDF, with what the engine said about it."""
    return print_plain(report, jobs=jobs)
