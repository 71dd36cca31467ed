"""Tables of the Word edition: columns as wide as what they hold, wide tables in sections in landscape."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lxml import etree

from millesime.assembly.report import Part
from millesime.markup.ast import Block, div, para
from millesime.render.docx.document import render_docx
from millesime.render.fragments import write_fragments
from millesime.render.pdf.printable import make_printable
from tests.render.builders import SVG, chapter, markdown, report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PORTRAIT, LANDSCAPE = ("11906", "16838"), ("16838", "11906")


def table(columns: int, cell: str = "112/4", caption: str = "") -> str:
    rows = [[f"C{number}" for number in range(columns)], ["---"] * columns, [cell] * columns]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{text}\n" + (f"\n: {caption}\n" if caption else "")


WIDE = table(12, caption="Large {#tab-large}")


def document(*blocks: Block) -> etree._Element:
    return written(chapter("un", *blocks))


def written(*chapters, **changes) -> etree._Element:
    with TemporaryDirectory() as folder:
        made = render_docx(report(*chapters, images={"plan.svg": SVG}, **changes), Path(folder, "rapport.docx"))
        with zipfile.ZipFile(made.path) as archive:
            return etree.fromstring(archive.read("word/document.xml"))


def sections(root: etree._Element) -> list[tuple[tuple[str, str], list[str]]]:
    """Return (width, height) of each section's paper, and its paragraphs and tables: "|" for a table."""
    found, lines = [], []
    for child in root[0]:
        section = child if child.tag == f"{W}sectPr" else child.find(f"{W}pPr/{W}sectPr")
        if section is not None:
            size = section.find(f"{W}pgSz")
            found.append(((size.get(f"{W}w"), size.get(f"{W}h")), lines))
            lines = []
        elif child.tag == f"{W}p":
            lines.append("".join(child.itertext()))
        elif child.tag == f"{W}tbl":
            lines.append("|")
    return found


def widths(root: etree._Element) -> list[list[int]]:
    return [[int(column.get(f"{W}w")) for column in grid] for grid in root.iter(f"{W}tblGrid")]


def test_a_wide_table_stands_in_landscape_with_what_belongs_to_it():
    text = f"Avant.\n\n## Un titre\n\nComme le dit ce tableau :\n\n{WIDE}\nAprès.\n"
    before, turned, behind = sections(document(*markdown(text)))
    assert (before[0], before[1][-1]) == (PORTRAIT, "Avant.")
    assert turned == (LANDSCAPE, ["Un titre", "Comme le dit ce tableau :", "Large", "|"])
    assert behind == (PORTRAIT, ["Après."])


def test_a_paragraph_that_only_stands_before_it_stays_where_it_is():
    before, turned, _ = sections(document(*markdown(f"Avant.\n\n{WIDE}\nAprès.\n")))
    assert before[1][-1] == "Avant."
    assert turned[1] == ["Large", "|"]


def test_neighbours_share_a_section_and_the_last_is_that_of_the_document():
    found = sections(document(*markdown(f"Avant.\n\n{WIDE}\n{table(11)}\n")))
    assert [(size, lines[-1]) for size, lines in found] == [(PORTRAIT, "Avant."), (LANDSCAPE, "|")]
    assert found[1][1].count("|") == 2


def test_page_breaks_at_its_sides_make_no_empty_pages():
    blocks = markdown(f"Avant.\n\n::: page-break\n:::\n\n{WIDE}\n::: page-break\n:::\n\nAprès.\n")
    root = document(*blocks)
    assert not list(root.iter(f"{W}br"))
    assert [size for size, _ in sections(root)] == [PORTRAIT, LANDSCAPE, PORTRAIT]


def test_all_sections_have_the_footer_and_only_the_cover_has_none():
    root = document(
        *markdown(f"Avant.\n\n{WIDE}\nMilieu.\n\n{WIDE.replace('tab-large', 'b')}\nAprès.[^a]\n\n[^a]: Note.\n")
    )
    found = list(root.iter(f"{W}sectPr"))
    assert len(found) == 5
    assert [section.find(f"{W}footerReference") is not None for section in found] == [True] * 5
    assert [section.find(f"{W}titlePg") is not None for section in found] == [True] + [False] * 4
    assert not list(root.iter(f"{W}numRestart", f"{W}pgNumType"))  # notes and pages are counted on


def test_margins_turn_with_the_paper():
    root = document(*markdown(f"Avant.\n\n{WIDE}\nAprès.\n"))
    upright, turned, _ = [section.find(f"{W}pgMar") for section in root.iter(f"{W}sectPr")]
    assert [turned.get(f"{W}{side}") for side in ("left", "right", "top", "bottom")] == [
        upright.get(f"{W}{side}") for side in ("bottom", "top", "left", "right")
    ]
    assert sum(widths(root)[0]) <= 16838 - int(turned.get(f"{W}left")) - int(turned.get(f"{W}right"))


@pytest.mark.parametrize("columns", [3, 8, 10, 11, 14])
@pytest.mark.parametrize("cell", ["12", "1 234 567", "anticonstitutionnellement"])
def test_pdf_and_word_turn_the_same_tables(columns, cell):
    blocks = markdown(f"Avant.\n\n{table(columns, cell)}\nAprès.\n")
    one = report(chapter("un", *blocks))
    root = write_fragments(one)["un"]
    make_printable(root, labels=one.labels, image_address=lambda key: None)
    in_pdf = "landscape" in root.find(".//table").get("class", "")
    assert (len(sections(document(*blocks))) == 3) is in_pdf


def test_a_table_in_a_cell_or_a_note_is_not_turned():
    noted = "Avant.[^a]\n\n[^a]:\n    Note.\n\n" + "".join(f"    {line}\n" for line in table(12).splitlines())
    inner = markdown(table(12))[0]
    outer = markdown("| A | B |\n|---|---|\n| c | d |\n")[0]
    outer["c"][4][0][3][0][1][0][4] = [inner]
    assert len(sections(document(*markdown(noted), outer))) == 1


def test_columns_are_as_wide_as_what_they_hold():
    text = f"| N | Texte | Part |\n|---|---|---|\n| 1 | {'mots de plusieurs longueurs ' * 20} | 112/4 |\n"
    (found,) = widths(document(*markdown(text)))
    assert sum(found) == pytest.approx(11906 - 2 * 1701, abs=3)
    assert found[0] < found[2] < found[1]
    assert found[2] > 5 * 0.64 * 180 + 216  # five digits of the widest font that may stand in, and margins
    assert found[1] > 0.6 * sum(found)


def test_a_small_table_is_no_wider_than_it_needs():
    (found,) = widths(document(*markdown(table(2))))
    assert sum(found) == pytest.approx(0.4 * (11906 - 2 * 1701), abs=3)


def test_drawn_widths_are_as_little_to_word_as_to_the_pdf():
    drawn = markdown("+-----+---------------------+\n| 345 | x                   |\n+-----+---------------------+\n")
    assert drawn[0]["c"][2][0][1]["t"] == "ColWidth"
    (found,) = widths(document(*drawn))
    assert found[0] >= found[1]


def test_cells_that_span_columns_have_their_width():
    html = "<table><tr><td colspan=2>un</td><td>deux</td></tr><tr><td>1</td><td>2</td><td>3</td></tr></table>\n"
    root = document(*markdown(html))
    (grid,) = widths(root)
    cells = [[int(cell.find(f"{W}tcPr/{W}tcW").get(f"{W}w")) for cell in row] for row in root.iter(f"{W}tr")]
    assert cells == [[grid[0] + grid[1], grid[2]], grid]


def test_much_text_is_set_smaller_in_a_style_that_is_there():
    root = document(*markdown(table(9)))
    assert root.find(f".//{W}tblStyle").get(f"{W}val") == "TableTight"
    with TemporaryDirectory() as folder:
        made = render_docx(report(chapter("un", *markdown(table(9)))), Path(folder, "rapport.docx"))
        with zipfile.ZipFile(made.path) as archive:
            styles = etree.fromstring(archive.read("word/styles.xml"))
    sizes = {
        style.get(f"{W}styleId"): int(style.find(f"{W}rPr/{W}sz").get(f"{W}val"))
        for style in styles.iter(f"{W}style")
        if style.get(f"{W}styleId", "").startswith("Table") and style.get(f"{W}type") == "table"
    }
    assert sizes == {"Table": 18, "TableTight": 16, "TableTighter": 14}


def test_a_section_comes_and_goes_with_its_table():
    blocks = [para("Avant."), div(markdown(WIDE), classes=["insertion"]), para("Après.")]
    endings = [line for line in document(*blocks).iter(f"{W}p") if line.find(f"{W}pPr/{W}sectPr") is not None]
    assert [len(line.findall(f"{W}pPr/{W}rPr/{W}ins")) for line in endings] == [1, 1]
    assert [section for section, _ in sections(document(*blocks))] == [PORTRAIT, LANDSCAPE, PORTRAIT]


def test_a_section_stays_where_another_table_takes_the_place_of_one():
    one, other = markdown(WIDE), markdown(WIDE.replace("112/4", "113/4"))
    root = document(para("Avant."), div(one, classes=["deletion"]), div(other, classes=["insertion"]), para("Après."))
    assert [size for size, _ in sections(root)] == [PORTRAIT, LANDSCAPE, PORTRAIT]
    endings = [line for line in root.iter(f"{W}p") if line.find(f"{W}pPr/{W}sectPr") is not None]
    assert not any(line.findall(f".//{W}ins") + line.findall(f".//{W}del") for line in endings)


def test_the_heading_of_a_chapter_in_a_part_makes_no_empty_page_before_its_table():
    part = Part(anchor="p", label="Partie I", number="I", title=())
    chapters = (
        chapter("un", para("Un."), part=0),
        chapter("deux", *markdown(WIDE), para("Après."), title="Deux", part=0),
    )
    root = written(*chapters, parts=(part,))
    assert [lines[0] for size, lines in sections(root) if size == LANDSCAPE] == ["Deux"]
    assert not list(root.iter(f"{W}br"))
