"""Find the images that chapters name, in the edition's snapshot alone."""

from __future__ import annotations

import posixpath
import re
import struct
import urllib.parse
from collections.abc import Callable, Sequence

from millesime.at_work import at_work
from millesime.limits import DEFAULTS, LimitError, Limits, raise_hint
from millesime.markup.ast import Block, Inline, Node, nodes_of, rewrite, span, string

ImageReader = Callable[[str], bytes | None]  # path from the repository root → bytes, None where there is no such file

_MAGIC = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
# Marks a path that is relative to the repository root, or lies in another edition: "@2018/chapters/figures/a.svg".
_ROOTED = re.compile(r"^@[^/]*/")


def image_type(content: bytes) -> str | None:
    """Return "png", "jpeg", "gif", "webp" or "svg" by what the bytes say, or None."""
    for magic, name in _MAGIC:
        if content.startswith(magic):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<") and re.search(rb"<svg[\s>]", content[:65536]):
        return "svg"
    return None


_OTHERS = (
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF file"),
    (b"%!PS", "a PostScript file"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon file"),
    (b"\x01\0\0\0", "an EMF drawing"),
    (b"\xd7\xcd\xc6\x9a", "a WMF drawing"),
    (b"version https://git-lfs", "a pointer of Git LFS, whose file was not fetched"),
)
_BRANDS = {b"avif": "an AVIF picture", b"avis": "an AVIF picture", b"heic": "a HEIC picture", b"mif1": "a HEIC picture"}


def said_type(content: bytes) -> str:
    """Return in words what a file is that `image_type` does not know: "a TIFF picture", "an empty file"."""
    if not content:
        return "an empty file"
    if content[4:8] == b"ftyp" and content[8:12] in _BRANDS:
        return _BRANDS[content[8:12]]
    return next((said for magic, said in _OTHERS if content.startswith(magic)), "no picture, or a damaged one")


def is_too_large(content: bytes, limits: Limits) -> bool:
    """Whether a picture unpacks to more pixels than it may."""
    width, height = image_size(content) or (0, 0)
    return width * height > limits.picture_pixels


def image_size(content: bytes) -> tuple[int, int] | None:
    """Return the width and height of an image in pixels, as its header states them; None for drawings and wrecks."""
    kind = image_type(content)
    if kind == "png" and len(content) >= 24 and content[12:16] == b"IHDR":
        return struct.unpack(">II", content[16:24])
    if kind == "gif" and len(content) >= 10:
        return struct.unpack("<HH", content[6:10])
    if kind == "jpeg":
        return _jpeg_size(content)
    if kind == "webp" and len(content) >= 30:
        return _webp_size(content)
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """ITU-T T.81, annex B: segments up to the first "start of frame"."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        else:
            place += 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """RFC 9649, section 2."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        return tuple(1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
    if chunk == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return tuple(0x3FFF & side for side in struct.unpack("<HH", content[26:30]))
    return None


def settle_images(
    blocks: list[Block], *, path: str, read_image: ImageReader, images: dict[str, bytes], limits: Limits = DEFAULTS
) -> list[Block]:
    """Return blocks whose images are keys of `images`, adding to it what they show.

    An image that is missing, remote or of no known type is replaced by
    `Span.missing-image` with its alternative text. Raises LimitError for one
    that unpacks to more than it may.
    """

    def change(node: Node) -> Node | list[Node]:
        attributes, alternative, (target, title) = node["c"]
        key = image_key(target, path)
        if key is None or not show_image(key, read_image=read_image, images=images, limits=limits):
            content = read_image(key) if key is not None else None
            return [missing(alternative, target, kind="" if content is None else said_type(content))]
        return {"t": "Image", "c": [attributes, alternative, [key, title]]}

    return rewrite(blocks, change, kinds={"Image"})


def show_image(key: str, *, read_image: ImageReader, images: dict[str, bytes], limits: Limits = DEFAULTS) -> bool:
    """Add an image to those that are shown, if it can be; say whether it is among them.

    Raises LimitError for one that unpacks to more than it may.
    """
    if key in images:
        return True
    with at_work(key, "read this picture"):
        content = read_image(key)
        if content is None or not image_type(content):
            return False
        if is_too_large(content, limits):
            width, height = image_size(content) or (0, 0)
            raise LimitError(
                f"{key}: a picture of {width} × {height} pixels, more than {limits.pixels} million; "
                + raise_hint("pixels", limits)
            )
    images[key] = content
    return True


def image_keys(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return the keys of the images in blocks that `settle_images` gave, each once."""
    return tuple(dict.fromkeys(node["c"][2][0] for node in nodes_of(list(blocks), {"Image"})))


def image_key(target: str, path: str) -> str | None:
    """Return the path of an image from the repository root; None for one outside it."""
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:|^//", target):
        return None
    if _ROOTED.match(target):
        return target
    place = urllib.parse.unquote(target.partition("?")[0].partition("#")[0])
    folder = "" if place.startswith("/") else posixpath.dirname(path)
    key = posixpath.normpath(posixpath.join(folder, place.lstrip("/")))
    return None if key.startswith("../") or key in ("..", ".") else key


def missing(alternative: list[Inline], target: str, *, kind: str = "") -> Inline:
    """The visible place of an image that cannot be shown; `kind` says what the file is, if there is one."""
    shown = alternative or [string(posixpath.basename(target) or target)]
    pairs = [("target", target), ("kind", kind)] if kind else [("target", target)]
    return span(shown, classes=["missing-image"], pairs=pairs)
