"""The Word edition, read back by pandoc with its tracked changes."""

import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from lxml import etree

from millesime.markup.ast import div, header, para, span, string, text_of, walk, words
from millesime.markup.pandoc import Source, read_documents
from millesime.render.docx.document import render_docx
from tests.render.builders import SVG, chapter, markdown, report, sample_report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture
def written(tmp_path):
    def write(one) -> bytes:
        return render_docx(one, tmp_path / "rapport.docx").path.read_bytes()

    return write


def part(content: bytes, name: str) -> etree._Element:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return etree.fromstring(archive.read(name))


def names(content: bytes) -> list[str]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.namelist()


def changes(content: bytes) -> list[tuple[str, str]]:
    """Return (kind, text) of each run of tracked words in the document."""
    found = []
    for mark in part(content, "word/document.xml").iter(f"{W}ins", f"{W}del"):
        text = "".join(mark.itertext()).strip()
        if text:
            found.append((etree.QName(mark).localname, text))
    return found


def read_back(content: bytes):
    return read_documents([Source(path="rapport.docx", content=content)], reader="docx")[0]


def headings(content: bytes) -> list[tuple[int, str]]:
    return [(node["c"][0], text_of(node["c"][2])) for node in walk(read_back(content).blocks) if node["t"] == "Header"]


def test_parts_hold_chapters_and_chapters_sections(written):
    assert headings(written(sample_report())) == [
        (1, "Sommaire"),
        (1, "Partie I – Le modèle"),
        (2, "Chapitre 1 – La gouvernance partagée"),
        (3, "Une méthode ouverte"),
        (4, "Entendre"),
        (2, "Chapitre 2 – Les données"),
        (3, "Un socle"),
        (1, "Annexe A – Ce qui change depuis 2018"),
    ]


def test_insertions_and_deletions_are_tracked_changes(written):
    line = para("Un ", span([string("neuf")], classes=["insertion"]), span([string("vieux")], classes=["deletion"]))
    content = written(report(chapter("un", line)))
    assert changes(content) == [("ins", "neuf"), ("del", "vieux")]
    marks = list(part(content, "word/document.xml").iter(f"{W}ins", f"{W}del"))
    assert {(mark.get(f"{W}author"), mark.get(f"{W}date")) for mark in marks} == {
        ("Mission Ville", "2019-07-03T12:00:00Z")
    }


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("insertion", "ins"),
        ("deletion", "del"),
        ("moved-to", "ins"),
        ("moved-from", "del"),
    ],
)
def test_a_changed_block_tracks_every_word_in_it(written, name, mark):
    blocks = markdown("Un paragraphe.\n\n- un point\n\n> cité\n\n    code\n\n| A |\n|---|\n| b |\n\nTerme\n:   sens\n")
    content = written(report(chapter("un", div(blocks, classes=[name]))))
    assert changes(content) == [
        (mark, text) for text in ("Un paragraphe.", "un point", "cité", "code", "A", "b", "Terme", "sens")
    ]


def test_rows_and_cells_that_changed_are_tracked(written):
    table = markdown("| A | B |\n|---|---|\n| a | b |\n| c | d |\n")[0]
    rows = table["c"][4][0][3]
    rows[0][0][1].append("insertion")
    rows[1][1][1][0][1].append("deletion")
    assert changes(written(report(chapter("un", table)))) == [("ins", "a"), ("ins", "b"), ("del", "d")]


def test_the_end_of_an_inserted_paragraph_is_tracked_too(written):
    content = written(report(chapter("un", para("Reste."), div([para("Neuf.")], classes=["insertion"]))))
    marks = part(content, "word/document.xml").findall(f".//{W}pPr/{W}rPr/{W}ins")
    assert len(marks) == 1


def test_changes_inside_changes_are_marked_once(written):
    inner = span([string("deux")], classes=["insertion"])
    content = written(report(chapter("un", div([para("un ", inner, " trois")], classes=["insertion"]))))
    assert [kind for kind, _ in changes(content)] == ["ins"]


def test_notes_are_notes_and_anchors_bookmarks(written):
    content = written(sample_report())
    assert len(part(content, "word/document.xml").findall(f".//{W}footnoteReference")) == 1
    assert "Une note avec un" in "".join(part(content, "word/footnotes.xml").itertext())
    bookmarks = {mark.get(f"{W}name") for mark in part(content, "word/document.xml").iter(f"{W}bookmarkStart")}
    assert {"gouvernance", "methode", "p-un", "socle"} <= bookmarks
    links = {link.get(f"{W}anchor") for link in part(content, "word/document.xml").iter(f"{W}hyperlink")}
    assert "socle" in links


def test_the_document_is_in_the_language_of_the_report(written):
    styles = part(written(sample_report(language="en-GB")), "word/styles.xml")
    assert styles.find(f".//{W}docDefaults//{W}lang").get(f"{W}val") == "en-GB"


def test_title_author_and_date_are_in_the_properties(written):
    about = "".join(part(written(sample_report()), "docProps/core.xml").itertext())
    assert "Vers une ville partagée" in about
    assert "Camille Roux" in about
    assert "2019-07-03T12:00:00Z" in about


def test_the_contents_are_a_field_under_a_title_of_the_language(written):
    content = written(sample_report())
    assert 'TOC \\o "1-3"' in "".join(part(content, "word/document.xml").itertext())
    assert "Sommaire" in "".join(part(content, "word/document.xml").itertext())


def test_styles_come_from_the_theme(written):
    styles = part(written(sample_report()), "word/styles.xml")
    heading = next(style for style in styles.iter(f"{W}style") if style.get(f"{W}styleId") == "Heading1")
    assert heading.find(f"{W}rPr/{W}rFonts").get(f"{W}ascii") == "Source Serif Pro"
    assert heading.find(f"{W}pPr/{W}pageBreakBefore") is not None


def test_only_pictures_of_the_report_are_embedded(written):
    text = "![Le plan](chapters/plan.svg)\n\n![Ailleurs](https://example.org/a.png)\n\n![Fichier](/etc/hostname)\n"
    content = written(report(chapter("un", *markdown(text)), images={"chapters/plan.svg": SVG}))
    pictures = [name for name in names(content) if "media/" in name]
    assert len([name for name in pictures if name.endswith(".svg")]) == 1
    assert {name.rpartition(".")[2] for name in pictures} <= {"svg", "png"}  # png: drawn for old Words
    text = text_of(read_back(content).blocks)
    assert "Ailleurs" in text
    assert "Fichier" in text


def test_raw_word_markup_of_a_chapter_is_not_written(written):
    raw = {"t": "RawBlock", "c": ["openxml", "<w:p><w:r><w:t>danger</w:t></w:r></w:p>"]}
    assert "danger" not in "".join(part(written(report(chapter("un", raw))), "word/document.xml").itertext())


def test_headings_deeper_than_word_knows_are_kept(written):
    deep = report(chapter("un", header(6, *words("Profond"), ident="x"), part=None))
    assert (6, "Profond") in headings(written(deep))


def test_the_same_report_gives_the_same_bytes(tmp_path):
    once = render_docx(sample_report(), tmp_path / "a" / "x.docx").path.read_bytes()
    again = render_docx(sample_report(), tmp_path / "b" / "y.docx").path.read_bytes()
    assert once == again


def test_a_changed_chapter_title_is_signed_as_all_changes_are(written):
    title = (
        *words("Le"),
        string(" "),
        span(words("vieux"), classes=["deletion"]),
        span(words("neuf"), classes=["insertion"]),
    )
    content = written(report(replace(chapter("un", para("Corps.")), title=title)))
    assert changes(content) == [("del", "vieux"), ("ins", "neuf")]
    marks = list(part(content, "word/document.xml").iter(f"{W}ins", f"{W}del"))
    assert {mark.get(f"{W}author") for mark in marks} == {report().imprint.publisher or report().imprint.title}


def test_a_page_break_of_a_chapter_is_one_of_word(written):
    content = written(report(chapter("un", para("Avant."), div([], classes=["page-break"]), para("Après."))))
    (found,) = (found for found in part(content, "word/document.xml").iter(f"{W}br") if found.get(f"{W}type") == "page")
    before = ["".join(one.itertext()) for one in found.xpath("preceding::w:p", namespaces={"w": W[1:-1]})]
    assert before[-1] == "Avant."
