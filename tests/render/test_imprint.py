"""Licence and numbers of an edition: the same in every format, for readers and in metadata."""

from __future__ import annotations

import zipfile
from pathlib import Path

import page as page_validation
import pikepdf
import pytest
from lxml import etree, html

from millesime.assembly.report import Report
from millesime.markup.ast import para, words
from millesime.render.docx.document import render_docx
from millesime.render.epub.package import render_epub
from millesime.render.html.pages import render_html
from millesime.render.pdf import print_report
from millesime.render.pdf.by_unit import print_by_unit
from millesime.render.pdf.plain import print_plain
from millesime.render.pdf.values.layout_steps import run_here
from tests.render.builders import chapter, report
from tests.render.test_epub import assert_valid
from tests.render.test_pdf import pages_text

NS = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "opf": "http://www.idpf.org/2007/opf",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
}
ISBN = {"pdf": "9782111456785", "epub": "9782111456792", "html": "9782111456808", "docx": "9782111456815"}
PRINTED = {
    "pdf": "978-2-11-145678-5",
    "epub": "978-2-11-145679-2",
    "html": "978-2-11-145680-8",
    "docx": "978-2-11-145681-5",
}
ETALAB = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"


def numbered(**changes) -> Report:
    numbers = {"isbn": ISBN, "doi": "10.1234/a(b)#c", "issn": "2271-9342", "nor": "TERL1800000X"}
    return report(chapter("un", para(*words("Texte."))), **numbers | changes)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return print_report(numbered()).content


@pytest.fixture(scope="module")
def epub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_epub(numbered(), tmp_path_factory.mktemp("epub") / "book.epub").path


def xmp(content: bytes, path: Path) -> etree._Element:
    path.write_bytes(content)
    with pikepdf.open(path) as document:
        return etree.fromstring(bytes(document.Root.Metadata.read_bytes()))


def page_words(path: Path) -> str:
    return " ".join(html.fromstring(path.read_bytes()).text_content().split())


def test_readers_of_every_format_see_licence_and_numbers_and_no_other_formats_isbn(pdf, epub, tmp_path):
    render_html(numbered(), tmp_path / "html")
    render_docx(numbered(), tmp_path / "report.docx")
    with zipfile.ZipFile(epub) as archive:
        title_page = html.fromstring(archive.read("EPUB/title-page.xhtml")).text_content()
    with zipfile.ZipFile(tmp_path / "report.docx") as archive:
        document = "".join(etree.fromstring(archive.read("word/document.xml")).itertext())
    seen = {
        "pdf": " ".join(pages_text(pdf)[:2]),
        "epub": title_page,
        "html": page_words(tmp_path / "html" / "index.html"),
        "docx": document,
    }
    for format, text in seen.items():
        for word in (
            "Licence Ouverte 2.0 (Etalab)",
            f"ISBN {PRINTED[format]}",
            "10.1234/a(b)#c",
            "ISSN 2271-9342",
            "NOR TERL1800000X",
        ):
            assert word in text, format
        assert "Licence Licence" not in text and "etalab-2.0" not in text, format
        assert not [other for other in PRINTED.values() if other != PRINTED[format] and other in text], format


def test_the_licence_is_a_link_to_the_page_that_states_it(pdf, epub, tmp_path):
    render_html(numbered(), tmp_path / "html")
    page = html.fromstring((tmp_path / "html" / "index.html").read_bytes())
    assert page.xpath("//footer//a[@rel='license']/@href") == [ETALAB] == page.xpath("//link[@rel='license']/@href")
    with zipfile.ZipFile(epub) as archive:
        assert ETALAB in html.fromstring(archive.read("EPUB/title-page.xhtml")).xpath("//a/@href")
    (tmp_path / "book.pdf").write_bytes(pdf)
    with pikepdf.open(tmp_path / "book.pdf") as document:
        links = [str(link.A.URI) for page in document.pages for link in page.get("/Annots", []) if "/A" in link]
    assert ETALAB in links and "https://doi.org/10.1234/a(b)%23c" in links


def test_a_doi_is_what_is_cited(pdf):
    assert "https://doi.org/10.1234/a(b)%23c" in pages_text(pdf)[1]


def test_a_licence_in_words_is_printed_with_the_word_licence_and_no_link(tmp_path):
    render_html(numbered(licence="Tous droits réservés"), tmp_path / "html")
    assert "Licence Tous droits réservés" in page_words(tmp_path / "html" / "index.html")
    assert b'rel="license"' not in (tmp_path / "html" / "index.html").read_bytes()


def test_the_pdfs_metadata_say_language_licence_and_identifiers(pdf, tmp_path):
    metadata = xmp(pdf, tmp_path / "book.pdf")

    def texts(path: str) -> list[str]:
        return metadata.xpath(f"//{path}/text()", namespaces=NS)

    assert texts("dc:identifier") == ["urn:uuid:3f1c9a52-0b1e-4c55-9d0a-6f6f5f0f2019"]
    assert texts("xmp:Identifier/rdf:Bag/rdf:li") == [
        "urn:uuid:3f1c9a52-0b1e-4c55-9d0a-6f6f5f0f2019",
        "urn:isbn:9782111456785",
        "https://doi.org/10.1234/a(b)%23c",
        "TERL1800000X",
    ]
    assert texts("dc:language/rdf:Bag/rdf:li") == ["fr"]
    assert texts("dc:publisher/rdf:Bag/rdf:li") == ["Mission Ville"]
    assert texts("dc:rights/rdf:Alt/rdf:li[@xml:lang='x-default']") == ["Licence Ouverte 2.0 (Etalab)"]
    assert texts("xmpRights:WebStatement") == [ETALAB]
    assert (texts("prism:isbn"), texts("prism:doi"), texts("prism:issn")) == (
        ["9782111456785"], ["10.1234/a(b)#c"], ["2271-9342"],
    )  # fmt: skip
    with pikepdf.open(tmp_path / "book.pdf") as document, document.open_metadata() as read:
        assert read["dc:identifier"].startswith("urn:uuid:") and read["dc:language"] == {"fr"}


def test_both_ways_of_laying_out_write_the_same_metadata(tmp_path):
    whole = xmp(print_plain(numbered()).content, tmp_path / "plain.pdf")
    by_unit = xmp(print_by_unit(numbered(), run=run_here).content, tmp_path / "by-unit.pdf")
    assert etree.tostring(whole) == etree.tostring(by_unit)


def test_the_pdf_stays_accessible_by_pdf_ua(pdf, tmp_path):
    (tmp_path / "book.pdf").write_bytes(pdf)
    verdict = page_validation.validate_pdf(str(tmp_path / "book.pdf"), profile="ua1")
    assert verdict.is_compliant, sorted({failure.rule_id for failure in verdict.failures})


def test_a_report_that_gives_neither_licence_nor_numbers_says_nothing_of_them(tmp_path):
    content = print_report(report(chapter("un", para(*words("Texte."))), licence="")).content
    metadata = etree.tostring(xmp(content, tmp_path / "book.pdf"))
    assert b"identifier" not in metadata and b"WebStatement" not in metadata


def test_the_epub_names_itself_as_libraries_do_and_is_valid(epub):
    with zipfile.ZipFile(epub) as archive:
        package = etree.fromstring(archive.read("EPUB/package.opf"))
    assert package.xpath("//dc:identifier/text()", namespaces=NS) == [
        "urn:uuid:3f1c9a52-0b1e-4c55-9d0a-6f6f5f0f2019", "urn:isbn:9782111456792", "https://doi.org/10.1234/a(b)%23c",
    ]  # fmt: skip
    assert package.xpath("//opf:meta[@property='identifier-type']/text()", namespaces=NS) == ["15", "06"]
    assert package.xpath("//dc:rights/text()", namespaces=NS) == ["Licence Ouverte 2.0 (Etalab)"]
    assert package.xpath("//opf:meta[@property='dcterms:license']/text()", namespaces=NS) == [ETALAB]
    series = package.xpath("//opf:meta[@refines='#series'][@property='dcterms:identifier']/text()", namespaces=NS)
    assert series == ["urn:issn:2271-9342"]
    assert_valid(epub)
