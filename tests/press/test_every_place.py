"""No word is lost: each constructor of pandoc's AST, in each place where words can stand, in each format.

`every_place.py` writes the chapters. What a format cannot carry stands in
KNOWN with the code of the problem that names it; a word that is found in the
end must be taken off.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

import pytest

from millesime.assembly.assemble import assemble
from millesime.assembly.report import Report
from millesime.assembly.sources import ChapterSource
from millesime.markup.ast import Document
from millesime.render.conform import Element
from millesime.render.docx.document import render_docx
from millesime.render.epub.package import render_epub
from millesime.render.fragments import set_labels, write_fragments, write_titles
from millesime.render.html.pages import html_pages
from millesime.render.pdf import print_report
from millesime.render.pdf.printable import make_printable
from tests.assembly.builders import materials
from tests.press import every_place as places

KNOWN: dict[str, dict[str, str]] = {}  # format → "constructor in place" → code


def assembled(documents: Iterable[Document]) -> Report:
    sources = [
        ChapterSource(path=f"chapters/{number}.md", document=document, role="body")
        for number, document in enumerate(documents, start=1)
    ]
    pictures = {places.IMAGE: places.SVG}
    return assemble(materials(*sources, bibliography=places.BIBLIOGRAPHY, read_image=pictures.get))


@pytest.fixture(scope="module")
def full() -> tuple[places.Words, Report]:
    words = places.Words()
    return words, assembled(places.full_places(words))


def lost(words: places.Words, text: str) -> set[str]:
    return {words.meanings[word] for word in words.meanings.keys() - set(places.words_in(text))}


def known(format_: str) -> set[str]:
    return set(KNOWN.get(format_, ()))


def test_html_says_every_word(full):
    words, report = full
    pages = html_pages(report).items()
    text = " ".join(places.text_of_html(content) for name, content in pages if name.endswith(".html"))
    assert lost(words, text) == known("html")


def test_epub_says_every_word(full, tmp_path: Path):
    words, report = full
    book = render_epub(report, tmp_path / "a.epub").path
    assert lost(words, places.text_of_zip(book.read_bytes())) == known("epub")


def test_docx_says_every_word(full, tmp_path: Path):
    words, report = full
    document = render_docx(report, tmp_path / "a.docx").path
    assert lost(words, places.text_of_zip(document.read_bytes())) == known("docx")


def test_what_the_pdf_is_laid_out_from_says_every_word(full):
    words, report = full
    roots = deepcopy(write_fragments(report))
    for root in roots.values():
        make_printable(root, labels=set_labels(report), image_address=lambda source: source)
    assert lost(words, said_by([*roots.values(), *write_titles(report).values()])) == known("pdf")


def test_pages_of_the_pdf_say_a_word_in_every_place():
    words = places.Words()
    content = print_report(assembled([places.one_of_each_place(words)])).content
    assert lost(words, places.text_of_pdf(content)) == known("pdf")


def test_what_stands_alone_in_its_place_is_not_lost_either():
    words = places.Words()
    fragments = write_fragments(assembled(places.single_places(words)))
    assert lost(words, said_by(fragments.values())) == known("html")


def said_by(roots: Iterable[Element]) -> str:
    return " ".join("".join(root.itertext()) + " ".join(root.xpath("//img/@alt")) for root in roots)
