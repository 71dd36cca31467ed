"""Open pictures: whether a file is damaged, and which other files a drawing refers to."""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from millesime.assembly.image_files import ImageReader, image_key, image_type, is_too_large
from millesime.at_work import at_work
from millesime.limits import Limits

_SVG = "http://www.w3.org/2000/svg"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_PARSER = {
    "resolve_entities": "internal", "no_network": True, "load_dtd": False, "recover": True, "huge_tree": False
}  # fmt: skip
_MOST_BYTES = 7_000_000  # of a picture in a drawing: parsers of XML take no attribute beyond 10 MB
_EMBEDDED = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif"}


def find_fault(content: bytes) -> str:
    """Return what is wrong with a picture that cannot be unpacked, or drawn; "" for one that is whole."""
    if image_type(content) == "svg":
        root = _root(content)
        is_drawing = root is not None and root.tag == f"{{{_SVG}}}svg"
        return "" if is_drawing else f'it is no SVG drawing: its root is not an `svg` with xmlns="{_SVG}"'
    from PIL import Image, ImageFile  # only for pictures: it takes a while to load

    is_lenient = ImageFile.LOAD_TRUNCATED_IMAGES  # WeasyPrint sets it, for the whole process
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as picture:
                picture.load()
    except Exception as error:  # its decoders raise OSError, SyntaxError, struct.error and others
        said = str(error).replace(repr(error), "").split("<")[0].strip()
        return said or type(error).__name__
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = is_lenient
    return ""


def linked_pictures(content: bytes) -> list[str]:
    """Return what a drawing names as pictures in it that is not embedded in it, as it is written there."""
    return [href for _, _, href in _links(_root(content))] if image_type(content) == "svg" else []


def embed_linked(content: bytes, key: str, *, read_image: ImageReader, limits: Limits) -> bytes:
    """Return a drawing with the pictures of pixels that it names, relative to its own path, put into it.

    A name stays, and shows nothing, if its file is not in the edition, is no picture of pixels, or is too large.
    """
    with at_work(key, "put the pictures that it names into it"):
        return _with_pictures(content, key, read_image=read_image, limits=limits)


def _with_pictures(content: bytes, key: str, *, read_image: ImageReader, limits: Limits) -> bytes:
    root = _root(content) if b"image" in content else None
    done = False
    for element, name, href in _links(root):
        place = image_key(href, key)
        found = read_image(place) if place is not None else None
        if found is None or image_type(found) in (None, "svg") or is_too_large(found, limits):
            continue
        kind = image_type(found)
        if kind == "webp":
            found, kind = _as_png(found), "png"
        if not 0 < len(found) <= _MOST_BYTES:
            continue
        for other in _HREFS:
            element.attrib.pop(other, None)
        element.set(name, f"data:{_EMBEDDED[kind]};base64,{base64.b64encode(found).decode('ascii')}")
        done = True
    return etree.tostring(root, encoding="utf-8", xml_declaration=True) if done else content


def _root(content: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(content, etree.XMLParser(**_PARSER))
    except etree.XMLSyntaxError:
        return None


def _links(root: etree._Element | None) -> Iterator[tuple[etree._Element, str, str]]:
    if root is None:
        return
    for element in list(root.iter(f"{{{_SVG}}}image")):
        for name in reversed(_HREFS):
            href = (element.get(name) or "").strip()
            if href and not re.match(r"#|data:", href, re.IGNORECASE):
                yield element, name, href
                break


def _as_png(content: bytes) -> bytes:
    from PIL import Image

    out = BytesIO()
    try:
        with Image.open(BytesIO(content)) as picture:
            picture.convert("RGBA" if "A" in picture.getbands() else "RGB").save(out, "PNG")
    except (OSError, ValueError, SyntaxError):
        return b""
    return out.getvalue()
