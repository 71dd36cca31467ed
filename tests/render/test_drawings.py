"""Drawings in the PDF: what an SVG shows is painted where it belongs, and its words can be read."""

from __future__ import annotations

import base64
import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import page as page_validation
import pytest
from lxml import etree
from PIL import Image, ImageChops

from millesime.render.drawing_styles import flatten_styles
from millesime.render.images import published_image, word_image
from millesime.render.pdf import render_pdf
from millesime.render.pdf.drawn.drawings import draw, drawing_source
from millesime.render.pdf.plain import print_plain
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import text_of_pages

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="200" height="100" viewBox="0 0 200 100">{}</svg>'
)
STOPS = '<stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f"/>'
RED, GREEN, BLUE, PURPLE, WHITE = (255, 0, 0), (0, 136, 0), (0, 0, 255), (127, 0, 127), (255, 255, 255)

# Name → what is drawn on 200 × 100, and colours at points of it.
PAINTED = {
    "gradient-without-units": (
        f'<linearGradient id="g">{STOPS}</linearGradient><rect x="50" y="20" width="100" height="60" fill="url(#g)"/>',
        {(52, 50): RED, (100, 50): PURPLE, (148, 50): BLUE, (30, 50): WHITE, (170, 50): WHITE},
    ),
    "gradient-in-user-space": (
        f'<linearGradient id="g" gradientUnits="userSpaceOnUse" x1="50" x2="150" y1="0" y2="0">{STOPS}'
        '</linearGradient><rect x="50" y="20" width="100" height="60" fill="url(#g)"/>',
        {(52, 50): RED, (100, 50): PURPLE, (148, 50): BLUE},
    ),
    "radial": (
        f'<radialGradient id="g">{STOPS}</radialGradient><circle cx="100" cy="50" r="40" fill="url(#g)"/>',
        {(100, 50): RED, (62, 50): BLUE, (138, 50): BLUE},
    ),
    "variable": (
        "<style>:root { --ink: #080 } .a { fill: var(--ink) } #b { fill: var(--none, #00f) }</style>"
        '<rect class="a" width="90" height="99"/><rect id="b" x="110" width="90" height="99"/>',
        {(40, 50): GREEN, (150, 50): BLUE},
    ),
    "current-colour": (
        '<g color="#080" style="stroke: currentColor"><rect x="9" y="9" width="180" height="80" fill="currentColor"/>'
        "</g>",
        {(100, 50): GREEN},
    ),
    "mask": (
        '<mask id="m"><rect width="100" height="100" fill="#fff"/></mask><rect width="200" height="100" fill="#080" '
        'mask="url(#m)"/>',
        {(50, 50): GREEN, (150, 50): WHITE},
    ),
}
WORDS = {
    "font-shorthand": ('<text x="9" y="50" style="font: italic bold 20px/1.2 sans-serif">Gras</text>', "Gras"),
    "variable": ("<style>svg{--s: 20px} text {font-size: var(--s)}</style><text x='9' y='50'>Taille</text>", "Taille"),
    "current-colour": ('<text x="10" y="50" fill="currentColor">Courant</text>', "Courant"),
    "foreign": (
        '<foreignObject x="10" y="10" width="180" height="80"><div xmlns="http://www.w3.org/1999/xhtml"><p>Mots '
        "étrangers</p>dedans</div></foreignObject>",
        "Mots étrangers dedans",
    ),
    "switch": (
        '<switch><foreignObject width="90" height="90"><p xmlns="http://www.w3.org/1999/xhtml">Un <b>seul</b></p>'
        '</foreignObject><text y="20">Un seul</text></switch>',
        "Un seul",
    ),
    "path": (
        '<path id="p" d="M10 80 Q100 0 190 80" fill="none"/><text font-size="16"><textPath xlink:href="#p">Le long du '
        "chemin</textPath></text>",
        "Le long du chemin",
    ),
    "arabic": ('<text x="20" y="50" font-size="24">مرحبا</text>', "مرحبا"),
}  # fmt: skip


def book(names: dict[str, str], *, pages_before: int = 0):
    text = "\n\n".join(f"![{name}]({name}.svg)" for name in names)
    breaks = "\n\n".join(["Une page.\n\n::: page-break\n:::"] * pages_before)
    first = chapter("avant", *markdown("Un texte.\n\n" + breaks))
    images = {f"{name}.svg": SVG.format(inner).encode() for name, inner in names.items()}
    return report(first, chapter("un", *markdown(text)), images=images)


def painted(content: bytes, folder: Path, name: str) -> Image.Image:
    """Return the one drawing of a book as it is painted, by a frame of its colour around it: 2 pixels to a pixel."""
    path = folder / f"{name}.pdf"
    path.write_bytes(content)
    subprocess.run(["pdftoppm", "-r", "144", "-png", path, folder / name], check=True)
    for page in sorted(folder.glob(f"{name}-*.png")):
        image = Image.open(page).convert("RGB")
        red, green, blue = image.split()
        full, none = (lambda value: 255 * (value > 250)), (lambda value: 255 * (value < 5))
        marks = ImageChops.multiply(ImageChops.multiply(red.point(full), green.point(none)), blue.point(full))
        if box := marks.getbbox():
            return image.crop(box)
    raise AssertionError("no frame of the drawing's was found")


FRAME = '<path d="M0 0h200v100h-200z" fill="none" stroke="#f0f" stroke-width="4"/>'


@pytest.mark.parametrize("name", PAINTED)
def test_what_a_drawing_shows_is_painted_in_its_place(name: str, tmp_path: Path):
    inner, points = PAINTED[name]
    content = render_pdf(book({name: inner + FRAME}), tmp_path / "a.pdf").path.read_bytes()
    image = painted(content, tmp_path, "a")
    for (x, y), wanted in points.items():
        found = image.getpixel((round(x * image.width / 200), round(y * image.height / 100)))
        assert found == pytest.approx(wanted, abs=14), (name, x, y)


def test_a_gradient_stays_in_its_drawing_when_its_chapter_moves_to_the_other_side(tmp_path: Path):
    inner, points = PAINTED["gradient-in-user-space"]
    for pages in (0, 1):
        content = render_pdf(book({"a": inner + FRAME}, pages_before=pages), tmp_path / "a.pdf").path.read_bytes()
        image = painted(content, tmp_path, f"a{pages}")
        for (x, y), wanted in points.items():
            found = image.getpixel((round(x * image.width / 200), round(y * image.height / 100)))
            assert found == pytest.approx(wanted, abs=14)


def test_the_words_of_drawings_can_be_read(tmp_path: Path):
    names = {name: inner for name, (inner, _) in WORDS.items()}
    for content in (
        render_pdf(book(names), tmp_path / "a.pdf").path.read_bytes(),
        print_plain(book(names)).content,
    ):
        text = " ".join(" ".join(text_of_pages(content)).split())
        for _, words in WORDS.values():
            assert words in re.sub("[\u202a-\u202e]", "", text)
        assert text.count("Un seul") == 1


def test_the_same_drawing_gives_the_same_bytes():
    source = drawing_source(SVG.format(WORDS["path"][0]).encode())
    assert draw(source) == draw(source)


def test_a_drawing_cannot_pass_for_the_stand_in_of_another(tmp_path: Path):
    form = base64.b64encode(b"%PDF-1.7 not ours").decode()
    hostile = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" data-form="{form}" data-said="faux"/>'
    made = draw(drawing_source(hostile.encode()))
    assert form.encode() not in made and b"faux" not in made


def test_without_librsvg_a_drawing_keeps_its_words_and_plain_styles(monkeypatch):
    monkeypatch.setattr("millesime.render.pdf.drawn.drawings.rsvg_version", lambda: "")
    made = draw(drawing_source(SVG.format(WORDS["variable"][0]).encode()))
    assert b"data-form" not in made and b"font-size: 20px" in made and b"Taille" in made


# ---- styles ------------------------------------------------------------------------


def flat(inner: str) -> etree._Element:
    root = etree.fromstring(SVG.format(inner))
    flatten_styles(root)
    return root


def test_rules_come_to_elements_by_the_cascade():
    root = flat(
        "<style>rect { fill: red; stroke: blue !important } .a { fill: green } @media print { .a { opacity: .5 } }"
        " @media (max-width: 9px) { .a { fill: none } }</style><rect class='a' style='stroke: none; x: 1'/>"
    )
    (style,) = [element.get("style") for element in root.iter("{*}rect")]
    said = dict(part.split(": ") for part in style.split("; "))
    assert said == {"fill": "green", "stroke": "blue", "opacity": ".5", "x": "1"}


def test_variables_are_inherited_and_fall_back():
    root = flat(
        "<g style='--a: red'><g style='--b: var(--a)'><rect fill='var(--b)' stroke='var(--c, blue)' x='var(--d)'/></g>"
        "</g>"
    )
    (rect,) = root.iter("{*}rect")
    assert (rect.get("fill"), rect.get("stroke"), rect.get("x")) == ("red", "blue", None)


def test_a_variable_that_is_made_of_itself_has_no_value():
    (rect,) = flat("<g style='--a: var(--b); --b: var(--a)'><rect fill='var(--a)'/></g>").iter("{*}rect")
    assert rect.get("fill") is None


def test_html_inside_a_drawing_becomes_lines_that_fit_its_box():
    box = (
        '<foreignObject x="10" y="10" width="100" height="80"><div xmlns="http://www.w3.org/1999/xhtml" '
        'style="text-align: center">{}</div></foreignObject>'
    )
    root = etree.fromstring(published_image(SVG.format(box.format("mot " * 12 + "<p>fin</p>")).encode()))
    lines = [(span.text, float(span.get("x")), float(span.get("y"))) for span in root.iter("{*}tspan")]
    assert " ".join(text for text, _, _ in lines) == ("mot " * 12 + "fin").strip()
    assert all(len(text) <= 12 and x == 60 for text, x, _ in lines)
    assert [y for _, _, y in lines] == sorted(y for _, _, y in lines)
    assert not list(root.iter("{http://www.w3.org/1999/xhtml}*", "{*}foreignObject"))


def test_a_raster_inside_a_drawing_is_painted(tmp_path: Path):
    out = io.BytesIO()
    Image.new("RGB", (9, 9), GREEN).save(out, "PNG")
    data = base64.b64encode(out.getvalue()).decode()
    inner = f'<image x="50" y="10" width="80" height="80" xlink:href="data:image/png;base64,{data}"/>'
    content = render_pdf(book({"a": inner + FRAME}), tmp_path / "a.pdf").path.read_bytes()
    image = painted(content, tmp_path, "a")
    assert image.getpixel((image.width * 90 // 200, image.height // 2)) == GREEN


def test_in_word_styles_are_attributes_and_letters_on_a_path_in_place():
    published = published_image(SVG.format(WORDS["path"][0] + WORDS["variable"][0]).encode())
    root = etree.fromstring(word_image(published))
    assert not list(root.iter("{*}textPath")) and not any((sheet.text or "") for sheet in root.iter("{*}style"))
    letters = [text.text for text in root.iter("{*}text") if "rotate" in text.get("transform", "")]
    assert "".join(letters) == "Lelongduchemin"
    assert any("font-size: 20px" in text.get("style", "") for text in root.iter("{*}text"))


def test_a_drawing_that_librsvg_does_not_draw_is_named(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("millesime.render.pdf.drawn.drawings._converted", lambda content: None)
    one = book({"path": WORDS["path"][0]})
    one = replace(one, chapters=tuple(replace(chapter, images=("path.svg",)) for chapter in one.chapters[1:]))
    (problem,) = render_pdf(one, tmp_path / "a.pdf").problems
    assert (problem.code, problem.where) == ("W001", "chapters/un.md") and "'path.svg'" in problem.text


def test_pages_with_drawings_are_accessible(tmp_path: Path):
    names = {name: inner for name, (inner, _) in (PAINTED | WORDS).items()}
    path = render_pdf(book(names), tmp_path / "a.pdf").path
    verdict = page_validation.validate_pdf(str(path), profile="ua1")
    assert verdict.is_compliant, verdict.failures
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
