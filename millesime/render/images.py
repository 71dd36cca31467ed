"""What an image is, by its first bytes, and an SVG without scripts."""

from __future__ import annotations

import itertools
import re
import unicodedata
from array import array
from collections.abc import Callable, Collection, Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from millesime.assembly.image_files import image_size, image_type
from millesime.markup.sizes import read_length
from millesime.render.conform import Element, classes_of
from millesime.render.drawing_safety import XLINK_HREF, is_known, sieve_element
from millesime.render.drawing_text import plain_drawing, write_out_foreign

if TYPE_CHECKING:  # it takes a while to load, and most of what this module does needs none of it
    from PIL import Image

_SVG = "http://www.w3.org/2000/svg"
MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
}


def media_type(content: bytes) -> str | None:
    """Return an image's media type by its bytes; None for what readers cannot show."""
    name = image_type(content)
    return MEDIA_TYPES[name] if name else None


def file_name(key: str, content: bytes, taken: Collection[str]) -> str:
    """Return a safe file name for an image, that no other in `taken` has: "plan.svg", "plan-2.svg"."""
    stem = key.rsplit("/", 1)[-1].rpartition(".")[0]
    stem = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:60] or "image"
    suffix = image_type(content)
    suffix = "jpg" if suffix == "jpeg" else suffix
    names = (f"{stem}{f'-{number}' if number > 1 else ''}.{suffix}" for number in itertools.count(1))
    return next(name for name in names if name not in taken)


def natural_size(content: bytes) -> tuple[float, float] | None:
    """Return the width and height of a picture in points, as it says them itself; None for what cannot be read.

    A picture of pixels that names no resolution has 72 to the inch, as pandoc takes it.
    """
    if image_type(content) == "svg":
        return _drawing_size(content)
    found = image_size(content)
    if not found or 0 in found:
        return None
    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as picture:
            dpi = [float(side) if 1 < float(side) < 10_000 else 72.0 for side in picture.info.get("dpi", (72, 72))]
    except (OSError, ValueError, SyntaxError):
        return None
    return found[0] * 72 / dpi[0], found[1] * 72 / dpi[1]


def _drawing_size(content: bytes) -> tuple[float, float]:
    root = _parse_svg(content)
    if root is None:
        return 0.75, 0.75
    box = [float(number) for number in _NUMBER.findall(root.get("viewBox", ""))]
    box_sides = tuple(box[2:]) if len(box) == 4 and min(box[2:]) > 0 else None
    lengths = [read_length(root.get(name, "")) for name in ("width", "height")]
    sides = [length.points(em=12, whole=0) if length and length.unit != "%" else None for length in lengths]
    ratio = box_sides[0] / box_sides[1] if box_sides else None
    width, height = sides
    if width is None and height is None:
        return (box_sides[0] * 0.75, box_sides[1] * 0.75) if box_sides else (225.0, 112.5)
    if width is None:
        return height * ratio if ratio else 225.0, height
    if height is None:
        return width, width / ratio if ratio else 112.5
    return width, height


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")


def published_image(content: bytes) -> bytes:
    """Return the bytes to publish: an SVG without scripts, handlers and outside references."""
    return _safe_svg(content) if image_type(content) == "svg" else content


def printed_image(content: bytes) -> bytes:
    """Return the bytes of a picture as the engine of pages can draw it: 8 bits to a channel, in a mode that it knows.

    A grey of 16 bits would come out black.
    """
    if image_type(content) not in ("png", "gif", "webp"):
        return content
    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as picture:
            if picture.mode in _DRAWN_MODES:
                return content
            return _as_png(_in_8_bits(picture))
    except (OSError, ValueError, SyntaxError):
        return content  # a wreck, which the engine names


def word_image(content: bytes) -> bytes:
    """Return the bytes of a published picture as Word shows it.

    It stands upright, of which EXIF's word does not persuade Word; a WebP is
    a PNG; the styles of a drawing are attributes, and its letters in place.
    """
    kind = image_type(content)
    if kind == "svg":
        return etree.tostring(plain_drawing(content)[0], encoding="utf-8", xml_declaration=True)
    if kind in (None, "gif"):
        return content
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(content)) as picture:
            turned = picture.getexif().get(_ORIENTATION, 1) not in (0, 1)
            if not turned and kind != "webp":
                return content
            upright = ImageOps.exif_transpose(picture) if turned else picture
            if kind != "jpeg":
                return _as_png(upright if upright.mode in _DRAWN_MODES else _in_8_bits(upright))
            out = BytesIO()
            named = {"dpi": picture.info["dpi"]} if "dpi" in picture.info else {}
            profile = picture.info.get("icc_profile")
            upright.save(out, "JPEG", quality=95, subsampling=0, icc_profile=profile, **named)
            return out.getvalue()
    except (OSError, ValueError, SyntaxError):
        return content


_DRAWN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "CMYK"})
_ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4


def _in_8_bits(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith(("I", "F")):
        return picture.convert("RGBA" if "A" in picture.getbands() or "a" in picture.getbands() else "RGB")
    wide = picture.convert("I")
    grey = wide.point(lambda value: value * (1 / 256)).convert("L")
    hidden = picture.info.get("transparency")
    if not isinstance(hidden, int):
        return grey
    from PIL import Image

    seen = bytes(0 if value == hidden else 255 for value in array("i", wide.tobytes()))
    return Image.merge("LA", (grey, Image.frombytes("L", grey.size, seen)))


def _as_png(picture: Image.Image) -> bytes:
    out = BytesIO()
    named = {name: picture.info[name] for name in ("dpi", "icc_profile") if name in picture.info}
    picture.save(out, "PNG", **named)
    return out.getvalue()


# ---- pictures that are part of the page -------------------------------------

GENERATED = "@annex/"  # keys of images that are made for an annex
_INLINED = "change-picture"  # the class of those that lead to what they show
_DRAWN = frozenset("svg title desc g a rect path text".split())
_KEPT = frozenset(
    "viewBox class role aria-label x y width height transform d fill fill-opacity stroke stroke-width font-family "
    "font-size font-weight text-anchor pointer-events href".split()
)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def is_inlined(image: Element) -> bool:
    """Whether an `img` stands for a drawing made for an annex, with links to follow where a format has them."""
    return _INLINED in classes_of(image) and image.get("src", "").startswith(GENERATED)


def inline_pictures(root: Element, images: Mapping[str, bytes], target: Callable[[str], str | None]) -> None:
    """Put drawings in the place of their `img`, with links to `target(anchor)`, in place.

    Only known elements and attributes remain: titles in a drawing are
    untrusted. Colours are the page's, by class.
    """
    for image in [image for image in root.iter("img") if is_inlined(image)]:
        drawing = _drawing(images[image.get("src")], target)
        drawing.tail, image.tail = image.tail, None
        image.getparent().replace(image, drawing)


def _drawing(content: bytes, target: Callable[[str], str | None]) -> Element:
    drawing = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    for element in list(drawing.iter()):
        name = etree.QName(element) if isinstance(element.tag, str) else None
        if name is None or name.namespace != _SVG or name.localname not in _DRAWN:
            if element is not drawing:
                _remove(element)
            continue
        language = element.get(_LANG)
        for key, value in element.items():
            if key not in _KEPT or key not in ("aria-label", "href") and "url" in value.lower():
                del element.attrib[key]
        if language:
            element.set("lang", language)
        if name.localname == "a":
            href = element.get("href", "")
            found = target(unquote(href[1:])) if href.startswith("#") else None
            if found is None:
                element.tag = f"{{{_SVG}}}g"
                element.attrib.pop("href", None)
            else:
                element.set("href", found)
        else:
            element.attrib.pop("href", None)
    for name in ("width", "height"):
        drawing.attrib.pop(name, None)  # the page's measure
    return drawing


# ---- SVG from anywhere -------------------------------------------------------


def _parse_svg(content: bytes):
    """Return the root of a drawing; None for what is none."""
    parser = etree.XMLParser(
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return None
    return root if root is not None and root.tag == f"{{{_SVG}}}svg" else None


def _safe_svg(content: bytes) -> bytes:
    root = _parse_svg(content)
    if root is None:
        return f'<svg xmlns="{_SVG}" viewBox="0 0 1 1"/>'.encode()
    write_out_foreign(root)
    for element in list(root.iterdescendants()):
        if element.getparent() is None:
            continue  # with a part that was removed before
        if not isinstance(element.tag, str) or not is_known(element):  # an entity from outside, another namespace
            _remove(element)
            continue
        if element.tag == f"{{{_SVG}}}a":
            element.tag = f"{{{_SVG}}}g"
        sieve_element(element)
    sieve_element(root)
    etree.cleanup_namespaces(root, top_nsmap={None: _SVG}, keep_ns_prefixes=["xlink"])
    if _unfolded(root) > _MAXIMUM_UNFOLDED:
        _forget_references(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


_MAXIMUM_UNFOLDED = 500_000  # elements that a drawing may come to; a map of all French communes has some 36,000
_NOT_DRAWN = frozenset({"linearGradient", "radialGradient", "filter"})  # references to them repeat nothing
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]*)")


def _unfolded(root) -> int:
    """Return how many elements are drawn, those counted again that `use`, patterns and the like repeat.

    Ten groups that use each the one before ten times are ten billion.
    What repeats itself has no end, and counts as too many.
    """
    named = {
        element.get("id"): element
        for element in reversed(list(root.iter()))
        if element.get("id") and etree.QName(element).localname not in _NOT_DRAWN
    }
    style = " ".join(element.text or "" for element in root.iter(f"{{{_SVG}}}style"))
    by_style = [target for target in _REFERENCE.findall(style) if target in named]
    sizes: dict[object, int] = {}
    stack: list[tuple[object, bool]] = [(root, False)]
    under_way: set[object] = set()
    while stack:
        element, entered = stack.pop()
        parts = [*element, *(named[target] for target in _references(element) if target in named)]
        if entered:
            under_way.discard(element)
            sizes[element] = min(1 + sum(sizes.get(part, 0) for part in parts), _MAXIMUM_UNFOLDED + 1)
        elif element in under_way:
            return _MAXIMUM_UNFOLDED + 1
        elif element not in sizes:
            under_way.add(element)
            stack += [(element, True), *((part, False) for part in parts)]
    # A rule of a style sheet may be for any element.
    return sizes[root] * (1 + sum(sizes.get(named[target], 0) for target in by_style))


def _references(element) -> list[str]:
    targets = [value[1:] for name in ("href", XLINK_HREF) if (value := element.get(name, "")).startswith("#")]
    return targets + [target for value in element.attrib.values() for target in _REFERENCE.findall(value)]


def _forget_references(root) -> None:
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name.rpartition("}")[2] == "href" and value.startswith("#") or _REFERENCE.search(value):
                del element.attrib[name]
        if element.tag == f"{{{_SVG}}}style":
            element.text = ""


def _remove(element) -> None:
    """Remove an element and leave the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)
