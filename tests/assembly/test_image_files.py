"""Images: how large they are unpacked, by their headers."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image

from millesime.assembly.image_files import image_size, show_image
from millesime.limits import LimitError, Limits

FORMATS = [
    ("PNG", {}),
    ("GIF", {}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
]


def picture(kind: str, size: tuple[int, int], **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **options)
    return out.getvalue()


def transparent_webp(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 7)).save(out, "WEBP")
    return out.getvalue()


@pytest.mark.parametrize(("kind", "options"), FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (40, 7), (300, 1025)])
def test_the_header_says_how_large_a_picture_is(kind: str, options: dict, size: tuple[int, int]):
    content = picture(kind, size, **options)
    assert image_size(content) == size
    for length in range(len(content[:64])):
        image_size(content[:length])  # a wreck has no size, and does no harm


def test_the_header_of_a_webp_with_transparency_says_how_large_it_is():
    assert image_size(transparent_webp((300, 1025))) == (300, 1025)


def test_a_jpeg_is_measured_behind_its_metadata():
    content = picture("JPEG", (40, 7), exif=b"Exif\0\0" + b"\xff\xc0" * 500, comment=b"\xff\xc0\0\x11" * 10)
    assert image_size(content) == (40, 7)


def test_a_picture_that_unpacks_to_too_much_is_named():
    header = b"IHDR" + (50_000).to_bytes(4) * 2 + b"\x01\0\0\0\0"
    bomb = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + header + zlib.crc32(header).to_bytes(4)
    with pytest.raises(LimitError, match=r"^figures/a\.png: a picture of 50000 × 50000 pixels, more than 80 million"):
        show_image("figures/a.png", read_image=lambda key: bomb, images={})
    assert show_image(
        "figures/a.png", read_image=lambda key: picture("PNG", (999, 1000)), images={}, limits=Limits(pixels=1)
    )
