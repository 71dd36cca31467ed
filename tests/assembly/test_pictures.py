"""Drawings that show pictures beside them, and pictures that are damaged."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image, ImageFile

from millesime.assembly.pictures import embed_linked, find_fault, linked_pictures
from millesime.limits import DEFAULTS, Limits
from millesime.render.images import published_image

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
    '<image {}="{}" width="9" height="9"/></svg>'
)


def picture(kind: str, size: int = 4) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(out, kind)
    return out.getvalue()


FILES = {
    "chapters/figures/p.png": picture("PNG"),
    "chapters/p.jpg": picture("JPEG"),
    "chapters/figures/p.webp": picture("WEBP"),
    "chapters/figures/a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "chapters/figures/t.txt": b"secret",
}


def embedded(href: str, *, name: str = "href", limits: Limits = DEFAULTS) -> bytes:
    drawing = SVG.format(name, href).encode()
    return embed_linked(drawing, "chapters/figures/d.svg", read_image=FILES.get, limits=limits)


@pytest.mark.parametrize("name", ["href", "xlink:href"])
@pytest.mark.parametrize(("href", "kind"), [("p.png", "png"), ("../p.jpg", "jpeg"), ("p.webp", "png")])
def test_a_picture_that_a_drawing_names_is_put_into_it_and_published(name: str, href: str, kind: str):
    published = published_image(embedded(href, name=name))
    (found,) = re.findall(rb"data:image/([a-z]+);base64,([A-Za-z0-9+/=]+)", published)
    assert found[0].decode() == kind
    assert Image.open(io.BytesIO(base64.b64decode(found[1]))).size == (4, 4)
    assert linked_pictures(embedded(href, name=name)) == []


@pytest.mark.parametrize(
    "href", ["q.png", "../../../etc/passwd", "/etc/passwd", "https://evil.example/p.png", "t.txt", "a.svg", "file:///p"]
)
def test_what_is_no_picture_of_the_edition_is_not_put_into_it(href: str):
    assert embedded(href) == SVG.format("href", href).encode()
    assert linked_pictures(embedded(href)) == [href]
    assert b"image/png" not in published_image(embedded(href))


def test_a_picture_beyond_the_limit_is_not_put_into_a_drawing():
    FILES["chapters/figures/large.png"] = picture("PNG", 1001)
    assert linked_pictures(embedded("large.png", limits=Limits(pixels=1))) == ["large.png"]


def test_a_drawing_that_names_none_stays_as_it_is():
    for drawing in (
        b'<svg xmlns="http://www.w3.org/2000/svg"><!-- image --></svg>',
        embedded("data:image/png;base64,"),
    ):
        assert embed_linked(drawing, "a.svg", read_image=FILES.get, limits=DEFAULTS) == drawing


@pytest.mark.parametrize("is_lenient", [False, True])  # WeasyPrint makes Pillow lenient when it is imported
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_is_cut_is_damaged_and_what_is_whole_is_not(kind: str, is_lenient: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", is_lenient)
    out = io.BytesIO()
    Image.effect_noise((60, 60), 90).convert("RGB").save(out, kind)
    assert find_fault(out.getvalue()) == ""
    assert find_fault(out.getvalue()[: len(out.getvalue()) // 2])
