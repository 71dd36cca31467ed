"""Draw SVG pictures with librsvg as PDF form objects, in vectors and with their text.

WeasyPrint reads little of SVG: it sets text letter by letter (Arabic falls apart), fills each gradient with tiles that
belong to a place on the page (which moves when the unit is bound), and knows no filter and hardly a mask. So a drawing
goes through `rsvg-convert`, and its page becomes a form XObject, which can stand anywhere.
"""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from lxml import etree

from millesime.problems import EngineError
from millesime.render.drawing_text import OWN_XML, plain_drawing
from millesime.render.fonts import SANS, SERIF, font_file
from millesime.render.images import natural_size, published_image
from millesime.render.pdf.values.layout_steps import key_of

FORM = "data-form"  # attribute of the stand-in: the drawing as a PDF of one page
SAID = "data-said"  # words that are drawn letter by letter
_SVG = "http://www.w3.org/2000/svg"
_TIMEOUT_S = 120
_OWN_FONTS = (SERIF, SANS)
_STYLES = ((400, "normal"), (400, "italic"), (600, "normal"), (700, "normal"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingSource:
    """All that a drawing in a PDF is made from."""

    key: str
    content: bytes  # the SVG as it is in the report


def drawing_source(content: bytes) -> DrawingSource:
    return DrawingSource(key=key_of("drawing", content, rsvg_version()), content=content)


def draw(source: DrawingSource) -> bytes:
    """Return an SVG of the same size that holds the drawing as a PDF.

    Without librsvg it is the drawing itself, its styles as plain attributes.
    """
    published = published_image(source.content)
    root, words = plain_drawing(published)
    size = natural_size(published)
    for name in (FORM, SAID):
        root.attrib.pop(name, None)  # an author's own would stand for another drawing
    plain = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    if not rsvg_version() or size is None:
        return plain
    sides = {name: f"{side / 0.75:.4f}" for name, side in zip(("width", "height"), size, strict=True)}
    root.attrib.update(sides)
    form = _converted(etree.tostring(root, encoding="utf-8"))
    if form is None:
        return plain
    stand_in = etree.Element(f"{{{_SVG}}}svg", nsmap={None: _SVG})
    original = etree.fromstring(published, OWN_XML)
    for name in ("width", "height", "viewBox", "preserveAspectRatio"):
        if original.get(name):
            stand_in.set(name, original.get(name))
    stand_in.set(FORM, base64.b64encode(form).decode("ascii"))
    if words:
        stand_in.set(SAID, words)
    return etree.tostring(stand_in, encoding="utf-8")


def is_stand_in(content: bytes) -> bool:
    """Whether what `draw` made is a drawing as a PDF, and not the drawing itself."""
    return content.startswith(b"<svg ")


def _converted(content: bytes) -> bytes | None:
    """Return a drawing as a PDF of one page, or None for what librsvg refuses."""
    with tempfile.TemporaryDirectory(prefix="millesime-") as name:
        surroundings = ["LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=0"]
        if any(re.search(rb"\b%b\b" % family.encode(), content) for family in _OWN_FONTS):
            surroundings.append(f"FONTCONFIG_FILE={_font_configuration(Path(name))}")
        command = ["env", *surroundings, "rsvg-convert", "--format=pdf", "--unlimited"]
        try:
            done = subprocess.run(command, input=content, capture_output=True, timeout=_TIMEOUT_S, cwd=name)
        except (OSError, subprocess.TimeoutExpired):
            return None
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"%PDF") else None


def _font_configuration(folder: Path) -> Path:
    """Write fontconfig's settings with our own families, which drawings name as their designers do."""
    for family in _OWN_FONTS:
        for weight, style in _STYLES:
            try:
                file = font_file(family, weight, style)
            except EngineError:
                continue
            (folder / file.name).symlink_to(file)
    path = folder / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f'<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir></fontconfig>',
        "utf-8",
    )
    return path


@cache
def rsvg_version() -> str:
    """Return the version of rsvg-convert, or "" where it is not installed."""
    try:
        said = subprocess.run(["rsvg-convert", "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d{1,9}(\.\d{1,9})+", said)
    return found[0] if found else ""


# ---- into the engine's file ---------------------------------------------------


def draw_form(pydyf, draw_svg):
    """Return `SVGImage.draw` that puts a drawing's form in place, and draws others as before."""

    def draw_image(image, stream, concrete_width, concrete_height, style):
        root = image._svg.tree._etree_node
        encoded = root.get(FORM)
        if encoded is None:
            return draw_svg(image, stream, concrete_width, concrete_height, style)
        form = _form(pydyf, base64.b64decode(encoded))
        _, _, width, height = form.extra["BBox"]
        across, down = concrete_width / width, concrete_height / height
        if not root.get("preserveAspectRatio", "").strip().startswith("none"):
            across = down = min(across, down)
        left, top = (concrete_width - width * across) / 2, (concrete_height - height * down) / 2
        forms = stream._resources["XObject"]
        name = f"x{len(forms)}"
        forms[name] = form
        said = root.get(SAID)
        if said:
            stream.stream.append(b"/Span <</ActualText %b>> BDC" % pydyf.String(said).data)
        stream.push_state()
        stream.transform(a=across, d=-down, e=left, f=top + height * down)
        stream.draw_x_object(name)
        stream.pop_state()
        if said:
            stream.stream.append(b"EMC")
        return None

    return draw_image


def _form(pydyf, content: bytes):
    import pikepdf

    with pikepdf.open(BytesIO(content)) as file:
        page = file.pages[0]
        page.contents_coalesce()
        extra = {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pydyf.Array([float(side) for side in page.MediaBox]),
        }
        form = pydyf.Stream([page.Contents.read_bytes()], pydyf.Dictionary(extra))
        if "/Group" in page:
            form.extra["Group"] = _direct(pydyf, page.Group)
    form.page = content
    return form


def _direct(pydyf, dictionary):
    return pydyf.Dictionary({key[1:]: _plain(value) for key, value in dictionary.items()})


def complete_forms(pydyf, pdf) -> None:
    """Add what the forms of drawings need to a file: fonts, gradients, pictures."""
    import pikepdf

    for form in [item for item in pdf.objects if hasattr(item, "page") and hasattr(item, "stream")]:
        with pikepdf.open(BytesIO(form.page)) as file:
            known: dict[tuple[int, int], bytes] = {}
            resources = file.pages[0].get("/Resources", pikepdf.Dictionary())
            form.extra["Resources"] = _taken(pydyf, pdf, resources, known)
        del form.page


def _taken(pydyf, pdf, item, known: dict[tuple[int, int], bytes]):
    """Return an object of pikepdf's as one of pydyf's; what it leads to is added to the file."""
    import pikepdf

    if not isinstance(item, pikepdf.Object):
        return _plain(item)
    if item.is_indirect and item.objgen in known:
        return known[item.objgen]
    if isinstance(item, pikepdf.Stream):
        new = pydyf.Stream([item.read_raw_bytes()], pydyf.Dictionary())
        pdf.add_object(new)
        known[item.objgen] = new.reference
        fill, entries = new.extra, item.stream_dict.items()
    elif isinstance(item, pikepdf.Dictionary):
        new = pydyf.Dictionary()
        if item.is_indirect:
            pdf.add_object(new)
            known[item.objgen] = new.reference
        fill, entries = new, item.items()
    elif isinstance(item, pikepdf.Array):
        return pydyf.Array([_taken(pydyf, pdf, child, known) for child in item])
    elif isinstance(item, pikepdf.String):
        return pydyf.String(bytes(item).decode("latin-1"))
    else:
        return _plain(item)
    for key, value in entries:
        if key not in ("/Length", "/Parent"):
            fill[key[1:]] = _taken(pydyf, pdf, value, known)
    if fill.get("Subtype") == "/CIDFontType2":
        fill.setdefault("CIDToGIDMap", "/Identity")  # the default, which PDF/UA wants said (ISO 14289-1, 7.21.3.2)
    return new.reference if item.is_indirect else new


def _plain(item):
    if isinstance(item, bool):
        return b"true" if item else b"false"
    if isinstance(item, int):
        return item
    if item is None:
        return b"null"
    try:
        return float(item)
    except (TypeError, ValueError):
        return str(item)
