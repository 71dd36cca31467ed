"""`{width=…}` and `height=`: the same size in each format, and wherever a picture stands."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from millesime.assembly.foreign import settle_foreign
from millesime.markup.sizes import Length, asked_size, read_length
from millesime.render.docx.document import render_docx
from millesime.render.epub.package import render_epub
from millesime.render.html.pages import html_pages, render_html
from millesime.render.pdf import render_pdf
from tests.render.builders import chapter, markdown, report

# What an author writes → width and height in points of a picture of 400 × 200 pixels, in a column of 132 mm.
ASKED = {
    "width=2cm": (56.7, 28.3),
    "width=20mm": (56.7, 28.3),
    "width=1in": (72, 36),
    "width=1inch": (72, 36),
    "width=90pt": (90, 45),
    "width=120": (90, 45),
    "width=120px": (90, 45),
    "height=1cm": (56.7, 28.3),
    "height=40px": (60, 30),
    "width=3cm height=3cm": (85, 85),
}
PLACES = {
    "figure": "![Une vue](b.png){{{}}}",
    "inline": "Voir ![Une vue](b.png){{{}}} ici.",
    "list": "- Voir ![Une vue](b.png){{{}}}",
    "heading": "## Titre ![Une vue](b.png){{{}}}",
    "cell": "| a | b |\n|---|---|\n| ![Une vue](b.png){{{}}} | " + "un texte " * 40 + " |",
}


def picture(width: int = 400, height: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG")
    return out.getvalue()


def one(text: str, content: bytes | None = None):
    return report(chapter("un", *settle_foreign(markdown(text))), images={"b.png": content or picture()})


def pdf_sizes(folder: Path, book) -> list[tuple[float, float]]:
    path = render_pdf(book, folder / "a.pdf").path
    lines = subprocess.run(["pdfimages", "-list", path], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split() for line in lines[2:]]
    return [(int(row[3]) / int(row[12]) * 72, int(row[4]) / int(row[13]) * 72) for row in rows]


def docx_sizes(folder: Path, book) -> list[tuple[float, float]]:
    with zipfile.ZipFile(render_docx(book, folder / "a.docx").path) as archive:
        text = archive.read("word/document.xml").decode()
    return [(int(x) / 12700, int(y) / 12700) for x, y in re.findall(r'<wp:extent cx="(\d+)" cy="(\d+)"', text)]


@pytest.mark.parametrize("place", PLACES)
def test_a_size_is_the_same_in_pdf_and_word_wherever_the_picture_stands(place: str, tmp_path: Path):
    book = one("\n\n".join(PLACES[place].format(asked) for asked in ASKED))
    for found in (pdf_sizes(tmp_path, book), docx_sizes(tmp_path, book)):
        assert len(found) == len(ASKED)
        for size, wanted in zip(found, ASKED.values(), strict=True):
            assert size == pytest.approx(wanted, rel=0.02)


def test_a_share_of_the_column_is_the_same_share_in_pdf_and_word(tmp_path: Path):
    book = one("![Une vue](b.png){width=50%}")
    assert pdf_sizes(tmp_path, book) == [pytest.approx((187, 93.5), rel=0.02)]  # of 132 mm
    assert docx_sizes(tmp_path, book) == [pytest.approx((212.6, 106.3), rel=0.02)]  # of 150 mm


def test_a_picture_is_never_larger_than_its_column_or_page(tmp_path: Path):
    for text, content in (
        ("![Une vue](b.png){width=90cm}", picture()),
        ("![Une vue](b.png){height=90cm}", picture()),
        ("![Une vue](b.png){width=100%}", picture(100, 900)),
        ("![Une vue](b.png)", picture(300, 4000)),
    ):
        with Image.open(io.BytesIO(content)) as natural:
            ratio = natural.width / natural.height
        for width, height in (*pdf_sizes(tmp_path, one(text, content)), *docx_sizes(tmp_path, one(text, content))):
            assert width <= 426 and height <= 684
            assert width / height == pytest.approx(ratio, rel=0.02)


@pytest.mark.parametrize("place", PLACES)
def test_pages_and_books_have_a_rule_for_each_size_and_no_style_on_an_element(place: str, tmp_path: Path):
    book = one("\n\n".join(PLACES[place].format(asked) for asked in [*ASKED, "width=37.5%", "width=3em"]))
    files = html_pages(book)
    with zipfile.ZipFile(render_epub(book, tmp_path / "a.epub").path) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    for page, sheet in (
        (files["un.html"], files["assets/sizes.css"]),
        (inside["EPUB/un.xhtml"], inside["EPUB/book.css"]),
    ):
        images = re.findall(rb"<img [^>]*>", page)
        assert len(images) == len(ASKED) + 2
        for image in images:
            assert b"style=" not in image and b"width=" not in image
            (name,) = re.findall(rb"size-[\w-]+", image)
            assert b"img.sized.%b {" % name in sheet
        assert b"width: 37.5%; height: auto" in sheet and b"width: 3em" in sheet and b"width: 2cm" in sheet
        assert b"max-width: 100%" in sheet
    assert b'href="assets/sizes.css"' in files["un.html"]


def test_pages_without_asked_sizes_have_no_sheet_for_them():
    files = html_pages(one("![Une vue](b.png)"))
    assert "assets/sizes.css" not in files and b"sizes.css" not in files["un.html"]


def test_raw_tags_ask_for_sizes_as_markdown_does(tmp_path: Path):
    text = '<img src="b.png" alt="a" width="120">\n\nVoir <img src="b.png" alt="a" style="color:red; width: 2cm"> là.\n'
    table = '<table><tr><td><img src="b.png" alt="a" height="1cm"></td></tr></table>\n'
    book = one(f"{text}\n\n{table}")
    assert pdf_sizes(tmp_path, book) == [
        pytest.approx(wanted, rel=0.02) for wanted in ((90, 45), (56.7, 28.3), (56.7, 28.3))
    ]


@pytest.mark.parametrize(
    "text", ["", "auto", "-3cm", "0", "1e9cm", "3 furlongs", "calc(1px)", "expression(1)", "9" * 9]
)
def test_what_is_no_length_asks_for_nothing(text: str):
    assert read_length(text) is None
    assert not asked_size({"width": text, "style": f"width:{text}"})


def test_lengths_are_read_as_pandoc_reads_them():
    assert read_length("200") == Length(200, "px") and read_length("3inch") == Length(3, "in")
    assert read_length(".5em") == Length(0.5, "em") and str(read_length("33.3333%")) == "33.333%"
    assert asked_size({"style": "max-width: 9px; width: 50.0%"}).width == Length(50, "%")


def test_an_author_can_write_no_rule_of_their_own(tmp_path: Path):
    text = '![Une vue](b.png){width="1px}body{display:none" .size-1-px-auto}\n\n![Une vue](b.png){.size-x}\n'
    render_html(one(text), tmp_path / "html")
    sheets = [path.read_text() for path in (tmp_path / "html").rglob("sizes.css")]
    assert all("display" not in sheet for sheet in sheets)
    root = etree.HTML((tmp_path / "html" / "un.html").read_bytes())
    assert not root.xpath("//img[@style]")
