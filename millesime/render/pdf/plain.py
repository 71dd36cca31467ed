"""Lay out the book in one piece: the reference for the other path, and the fallback where that one cannot be used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass

from lxml import etree

from millesime.assembly.report import Report
from millesime.assembly.theme import read_theme_file
from millesime.problems import Problem
from millesime.render.pdf.book import build_book
from millesime.render.pdf.characters import find_missing, missing_note, rare_characters, shown_of, spell_out
from millesime.render.pdf.engine import internals
from millesime.render.pdf.engine.environment import SCHEME, fetcher, load_engine, put_tree, surroundings, versions
from millesime.render.pdf.engine.footnotes import running_on
from millesime.render.pdf.engine.glyph_codes import own_codes, put_glyph_maps
from millesime.render.pdf.engine.tall_rows import tall_rows_parted
from millesime.render.pdf.engine.whole_notes import notes_kept
from millesime.render.pdf.engine_messages import drawing_problems, missing_problems, note_problems
from millesime.render.pdf.metadata import complete_metadata
from millesime.render.pdf.tags import mend_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedReport:
    """A PDF, and what the engine could not do."""

    content: bytes
    pages: int
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()  # the same, with its places in the text


def print_plain(report: Report, *, jobs: int = 1) -> PrintedReport:
    """Return the report as PDF, with what the engine said about it; the same report gives the same bytes.

    Raises EngineError when WeasyPrint or its libraries are missing, and
    LostNoteError for a note that cannot be printed whole.
    """
    engine = load_engine()
    served: dict[str, tuple[bytes, str]] = {}
    unset: list[Problem] = []  # formulas
    pictures: dict[str, str] = {}
    book = build_book(report, served=served, pictures=pictures, problems=unset, jobs=jobs)
    style = read_theme_file("pdf/page.css", report.theme).decode("utf-8")
    is_known = internals.is_known(versions())
    mended = (running_on(), tall_rows_parted(), own_codes(load_engine)) if is_known else (nullcontext(),) * 3
    with (
        surroundings(report.imprint.date) as notes,
        mended[0],
        mended[1],
        mended[2],
        notes_kept(),
        internals.moderate_justification(),
    ):
        fetch = fetcher(engine, served, notes)
        fonts = engine.text.fonts.FontConfiguration()
        counters = engine.css.counters.CounterStyle()
        sheet = engine.CSS(
            string=style, font_config=fonts, counter_style=counters, base_url=f"{SCHEME}/", url_fetcher=fetch
        )

        def lay_out(tree: etree._Element):
            document = engine.HTML(string="<title></title>", base_url=f"{SCHEME}/", url_fetcher=fetch)
            put_tree(document.etree_element, tree)
            return document.render(
                stylesheets=[sheet], font_config=fonts, counter_style=counters, pdf_variant="pdf/ua-1"
            )

        def print_proof(proof: etree._Element) -> Iterable[str]:
            before = len(notes)
            lay_out(proof).write_pdf()
            said = notes[before:]
            del notes[before:]
            return said

        missing = find_missing(rare_characters(book), print_proof)
        shown = shown_of(book, missing)
        problems = tuple(unset) + missing_problems(book, shown, report) + drawing_problems(served, pictures, report)
        if shown:
            notes.append(missing_note(shown))
        before_layout = len(notes)
        spell_out(book, missing)
        pages = lay_out(book)
        complete_metadata(pages.metadata)
        content = _write(pages, identifier=file_identifier(report.imprint.identifier))
    problems += note_problems([(note, ()) for note in notes[before_layout:]], report, pictures)
    return PrintedReport(content=content, pages=len(pages.pages), notes=tuple(dict.fromkeys(notes)), problems=problems)


def _write(pages, *, identifier: bytes) -> bytes:
    """Return the file of a document, its tags mended if this WeasyPrint is one whose tags are known."""
    options = {"pdf_variant": "pdf/ua-1", "pdf_identifier": identifier}
    if not internals.is_known(versions()):
        with internals.placed_drawings() as complete:
            return pages.write_pdf(finisher=lambda document, pdf: complete(pdf), **options)

    def finish(document, pdf) -> None:
        mend_tags(pdf, watched)
        put_glyph_maps(document, pdf)
        complete(pdf)

    with internals.watch_tags() as watched, internals.draw_formulas(), internals.placed_drawings() as complete:
        return pages.write_pdf(finisher=finish, **options)


def file_identifier(identifier: str) -> bytes:
    """Return the first half of the file's /ID, which names the edition and not the file."""
    return hashlib.sha256(identifier.encode()).hexdigest()[:32].encode()
