"""The drawing of an annex: in the page with its links in HTML, an image in the other formats."""

from __future__ import annotations

from pathlib import Path

from builders import SVG, chapter, markdown, report
from lxml import etree, html

from millesime.render.html.pages import render_html
from millesime.render.images import inline_pictures, published_image

NAMESPACE = "{http://www.w3.org/2000/svg}"
DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" class="change-map" viewBox="0 0 9 9" width="9pt" role="group" '
    b'xml:lang="fr"><title>Carte</title><a href="#un" aria-label="Un"><rect class="bar" width="3" height="3"/></a>'
    b'<a href="#nulle-part"><text x="1">Deux</text></a></svg>'
)
IMAGE = "![Carte](@annex/redline-2018.svg){.change-picture}"


def page(folder: Path, text: str, images: dict[str, bytes]):
    one = report(chapter("un", *markdown(text)), images=images)
    render_html(one, folder / "html")
    return html.parse(folder / "html" / "un.html").getroot(), folder / "html"


def placed(content: bytes):
    root = etree.fromstring('<div><p><img class="change-picture" src="@annex/a.svg"/>after</p></div>')
    inline_pictures(root, {"@annex/a.svg": content}, lambda anchor: f"page.html#{anchor}" if anchor == "un" else None)
    return root


def test_a_page_holds_the_drawing_and_its_links(tmp_path):
    root, folder = page(tmp_path, IMAGE, {"@annex/redline-2018.svg": DRAWING})
    (drawing,) = root.iter("svg")
    assert [(link.get("href"), link.get("aria-label")) for link in drawing.iter("a")] == [("un.html", "Un")]
    assert (drawing.get("lang"), drawing.get("width")) == ("fr", None)
    assert not list((folder / "assets").rglob("*.svg"))


def test_links_lead_where_the_page_says_and_dead_ones_are_none():
    root = placed(DRAWING)
    assert [link.get("href") for link in root.iter(f"{NAMESPACE}a")] == ["page.html#un"]
    assert "".join(root.itertext()) == "CarteDeuxafter"


def test_an_image_of_a_chapter_is_never_put_in_the_page(tmp_path):
    root, _ = page(tmp_path, "![Plan](plan.svg){.change-picture}", {"plan.svg": SVG})
    assert not list(root.iter("svg"))
    assert [image.get("alt") for image in root.iter("img")] == ["Plan"]


def test_a_drawing_keeps_only_what_drawings_need():
    root = placed(
        b'<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" onload="a()" style="b">'
        b'<script>c()</script><style>d</style><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">f</p>'
        b'</foreignObject><image x:href="https://example.org/g"/><a href="javascript:h()" x:href="i"><text id="j">k'
        b'</text></a><rect fill="url(https://example.org/l)"/><set/>&e;</svg>'
    )
    assert {etree.QName(element).localname for element in root.iter()} <= {"div", "p", "svg", "g", "text", "rect"}
    assert not [name for element in root[0].iter(f"{NAMESPACE}*") for name in element.attrib]


def test_as_an_image_a_drawing_leads_nowhere():
    image = etree.fromstring(published_image(DRAWING))
    assert not list(image.iter(f"{NAMESPACE}a"))
    assert not image.xpath("//@href")
