"""Pictures of pixels: the same in PDF and Word as a browser shows them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from millesime.render.docx.document import render_docx
from millesime.render.images import printed_image, word_image
from millesime.render.pdf import render_pdf
from tests.render.builders import chapter, markdown, report


def wide_grey(**options) -> bytes:
    """A PNG of 16 bits: the left half at a quarter, the right half at three quarters."""
    row = b"".join(value.to_bytes(2, "little") for value in [0x4000] * 20 + [0xC000] * 20)
    out = io.BytesIO()
    Image.frombytes("I;16", (40, 20), row * 20).save(out, "PNG", **options)
    return out.getvalue()


def turned_jpeg() -> bytes:
    """A JPEG of 40 × 20 whose left half is red, and whose EXIF says: turn it by 90 degrees."""
    picture = Image.new("RGB", (40, 20), "blue")
    picture.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def webp() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (300, 100), (255, 0, 0, 128)).save(out, "WEBP", lossless=True)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_grey_of_16_bits_is_printed_as_it_is(tmp_path: Path):
    one = report(chapter("un", *markdown("![Une vue](b.png)")), images={"b.png": wide_grey()})
    with pikepdf.open(render_pdf(one, tmp_path / "a.pdf").path) as file:
        (image,) = {
            item.objgen: item
            for page in file.pages
            for item in page.Resources.get("/XObject", {}).values()
            if item.get("/Subtype") == "/Image"
        }.values()
        picture = pikepdf.PdfImage(image).as_pil_image().convert("L")
    assert (picture.getpixel((5, 5)), picture.getpixel((35, 5))) == (0x40, 0xC0)


def test_a_grey_of_16_bits_keeps_what_is_transparent():
    picture = opened(printed_image(wide_grey(transparency=0x4000)))
    assert picture.mode == "LA"
    assert (picture.getpixel((5, 5))[1], picture.getpixel((35, 5))) == (0, (0xC0, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_picture_that_the_engine_draws_is_left_as_it_is(mode: str):
    out = io.BytesIO()
    Image.new(mode, (4, 4)).save(out, "PNG")
    assert printed_image(out.getvalue()) == out.getvalue() == word_image(out.getvalue())


def test_in_word_a_picture_stands_upright(tmp_path: Path):
    picture = opened(word_image(turned_jpeg()))
    assert picture.size == (20, 40) and picture.getexif().get(0x0112, 1) == 1
    top, bottom = picture.getpixel((10, 5)), picture.getpixel((10, 35))
    assert top[0] > 200 > 60 > top[2] and bottom[2] > 200 > 60 > bottom[0]
    one = report(chapter("un", *markdown("![Une vue](b.jpg){width=2cm}")), images={"b.jpg": turned_jpeg()})
    assert _extent(tmp_path, one) == pytest.approx((56.7, 113.4), rel=0.01)


def test_in_word_a_webp_is_a_png_in_its_proportions(tmp_path: Path):
    one = report(chapter("un", *markdown("![Une vue](b.webp)")), images={"b.webp": webp()})
    width, height = _extent(tmp_path, one)
    assert width / height == pytest.approx(3, rel=0.01)
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("word/media/")]
        picture = opened(archive.read(name))
    assert (picture.format, picture.getpixel((5, 5))) == ("PNG", (255, 0, 0, 128))


def test_in_word_a_drawing_of_all_the_width_is_one(tmp_path: Path):
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%" viewBox="0 0 200 100"/>'
    one = report(chapter("un", *markdown("![Une vue](b.svg)")), images={"b.svg": drawing})
    assert _extent(tmp_path, one) == pytest.approx((150, 75), rel=0.01)


def test_a_wreck_is_left_as_it_is():
    for content in (b"\x89PNG\r\n\x1a\n" + b"x" * 99, b"\xff\xd8\xff" + b"\xff" * 99, b"RIFF1234WEBP"):
        assert printed_image(content) == content == word_image(content)


def _extent(folder: Path, one) -> tuple[float, float]:
    path = render_docx(one, folder / "a.docx").path
    with zipfile.ZipFile(path) as archive:
        text = archive.read("word/document.xml").decode()
    place = text.index("<wp:extent ")
    cx, cy = text[place:].split('"')[1:4:2]
    return int(cx) / 12700, int(cy) / 12700
