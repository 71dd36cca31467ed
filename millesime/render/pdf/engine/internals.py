"""Knowledge of WeasyPrint's internals, for the versions in `KNOWN`.

The plain path needs none of it. For any other version `is_known` says no, and
the book is laid out in one piece.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from millesime.render.pdf.drawn.formula_drawings import FORMULA_ADDRESS
from millesime.render.pdf.engine.glyph_codes import used_codes
from millesime.render.pdf.engine.replaced import replaced
from millesime.render.pdf.values.laid_unit import FontUse, Frame

KNOWN = {"weasyprint": ("70.0",), "pydyf": ("0.12.0", "0.12.1", "0.13.0")}

_WIDEST = 0.6  # of the font size: a space is a quarter of it, and rarely becomes a half
_SIDES = {"left": "left", "right": "right", "recto": "right", "verso": "left"}


def is_known(versions: Mapping[str, str]) -> bool:
    """Say whether the installed versions of these packages were tried."""
    return all(versions.get(name) in tried for name, tried in KNOWN.items())


@dataclass(frozen=True, slots=True)
class Watched:
    """What was in hand while a structure tree was built."""

    sources: dict[int, tuple[Any, str]] = field(default_factory=dict)  # structure element → HTML element, name of box
    texts: dict[tuple[int, int], str] = field(default_factory=dict)  # (page, MCID), 0-based → text


@contextmanager
def watch_tags() -> Iterator[Watched]:
    """Note what every structure element of the files written until the block ends is made from."""
    from weasyprint.formatting_structure import boxes
    from weasyprint.pdf import tags

    watched = Watched()
    build = tags._build_box_tree

    def watch(box, parent, pdf, page_number, nums, annotations, marked):
        if isinstance(box, boxes.PageBox):
            watched.texts.update(
                ((page_number, mark["mcid"]), one.text)
                for one, mark in marked.items()
                if isinstance(one, boxes.TextBox)
            )
        own = getattr(box, "_box", box)  # one that is positioned has a place-holder
        for element in build(box, parent, pdf, page_number, nums, annotations, marked):
            if own.element is not None:
                watched.sources.setdefault(element.number, (own.element, own.element_tag))
            yield element

    with replaced([(tags, "_build_box_tree", watch)]):
        yield watched


@contextmanager
def placed_drawings() -> Iterator[Callable]:
    """Put forms in the place of drawings while pages are written; yield what then completes the file."""
    import pydyf
    from weasyprint import images

    from millesime.render.pdf.drawn.drawings import complete_forms, draw_form

    with replaced([(images.SVGImage, "draw", draw_form(pydyf, images.SVGImage.draw))]):
        yield lambda pdf: complete_forms(pydyf, pdf)


def page_type(page) -> tuple[str, str, bool]:
    """Return a page's name in CSS, its side, and whether it is blank."""
    kind = page._page_box.page_type
    return kind.name or "auto", kind.side, kind.blank


def frame_of(page) -> Frame:
    box = page._page_box
    return Frame(x=box.content_box_x(), y=box.content_box_y(), width=box.width, height=box.height)


def strings_of(page) -> tuple[tuple[str, str], ...]:
    """Return the (name, text) of each string set on a page, in the order in which WeasyPrint finds them."""
    found: list[tuple[str, str]] = []
    for box in page._page_box.descendants():
        strings = box.string_set
        if strings and strings != "none":
            found += [(name, text) for name, text in strings]
    return tuple(found)


def is_decorated(page) -> bool:
    """Say whether the page itself has a background or a border, which its side may decide."""
    box = page._page_box
    for background in (box.background, getattr(box, "canvas_background", None)):
        if background is not None and (background.color.alpha or any(layer.image for layer in background.layers)):
            return True
    sides = ("top", "right", "bottom", "left")
    return any(getattr(box, f"border_{side}_width", 0) for side in sides)


def first_break(page) -> str:
    """Return the side that a unit's first page must be on, "any", or "run-on" if it need not be a new page."""
    values = _break_values(_section(page), "before")
    sides = [_SIDES[value] for value in values if value in _SIDES]
    return sides[-1] if sides else "any" if "page" in values else "run-on"


def last_break(pages: Sequence) -> str:
    """Return the side that the page after a unit's pages must be on, or "any"."""
    last = next((found for page in reversed(pages) if (found := _section(page)) is not None), None)
    sides = [_SIDES[value] for value in _break_values(last, "after") if value in _SIDES]
    return sides[-1] if sides else "any"


def has_inner_sides(pages: Iterable) -> bool:
    """Say whether anything but a unit's beginning asks for a side: what is blank then depends on where it begins."""
    pages = list(pages)
    opening = set()
    box = _section(pages[0])
    while box is not None and _is_block(box):
        opening.add(box.element)
        box = box.children[0] if box.children else None
    waiting = [_section(page) for page in pages if not page._page_box.page_type.blank]
    while waiting:
        box = waiting.pop()
        if box is None or not _is_block(box):
            continue
        style = box.style
        if style["break_after"] in _SIDES or (style["break_before"] in _SIDES and box.element not in opening):
            return True
        waiting += box.children
    return False


@dataclass(frozen=True, slots=True)
class StandIn:
    """An empty page of some kind, and what the margin boxes of its kind are made with."""

    context: Any
    page: Any
    state: Sequence  # of counters and quotes


@contextmanager
def moderate_justification() -> Iterator[None]:
    """Leave a line ragged, until the block ends, if justifying it would widen each space by more than `_WIDEST`.

    Such a line stands before something that cannot be broken and did not fit: a picture, a formula, an address.
    CSS has no limit of its own. Other versions of WeasyPrint than those of `KNOWN` justify every line.
    """
    import weasyprint

    if weasyprint.__version__ not in KNOWN["weasyprint"]:
        yield
        return
    from weasyprint.layout import inline

    justify = inline.justify_line

    def justify_line(context, line, extra_width) -> None:
        spaces = inline.count_expandable_spaces(line)
        if spaces and extra_width <= spaces * _WIDEST * line.style["font_size"]:
            justify(context, line, extra_width)

    with replaced([(inline, "justify_line", justify_line)]):
        yield


@contextmanager
def draw_formulas() -> Iterator[None]:
    """Draw formulas in the colour of the text around them, each once for all places it is in.

    A formula's outlines become a form that sets no colour. Without this, WeasyPrint draws them black, and again in
    every place.
    """
    import pydyf
    from weasyprint import images

    draw = images.SVGImage.draw

    def draw_formula(image, stream, width, height, style) -> None:
        if not (image._base_url or "").startswith(FORMULA_ADDRESS):
            draw(image, stream, width, height, style)
            return
        tree = image._svg.tree._etree_node
        box = [float(number) for number in tree.get("viewBox").split()]
        forms = stream._resources["XObject"]
        name = f"formula-{image._base_url.removeprefix(FORMULA_ADDRESS)}"
        if name not in forms:
            extra = {"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array(box)}
            outlines = [_operators(path.get("d")) for path in tree.iter() if path.get("d")]
            forms[name] = pydyf.Stream([*outlines], extra=pydyf.Dictionary(extra), compress=stream.compress)
        stream.set_color(style["color"])
        stream.transform(a=width / box[2], d=height / box[3])
        stream.draw_x_object(name)

    with replaced([(images.SVGImage, "draw", draw_formula)]):
        yield


def _operators(path: str) -> bytes:
    """Return the operators that fill the outlines of a path of SVG: M, L, C, Q and Z, all absolute."""
    found: list[str] = []
    here = (0.0, 0.0)
    for command, text in re.findall(r"([MLCQZ])([^MLCQZ]*)", path):
        numbers = [float(number) for number in text.replace(",", " ").split()]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "Z":
            found.append("h")
            continue
        if command == "Q":  # ISO 32000-1 has cubic curves alone
            (x, y), (end_x, end_y) = points
            points = [
                (here[0] + 2 / 3 * (x - here[0]), here[1] + 2 / 3 * (y - here[1])),
                (end_x + 2 / 3 * (x - end_x), end_y + 2 / 3 * (y - end_y)),
                (end_x, end_y),
            ]
        here = points[-1]
        operator = {"M": "m", "L": "l", "C": "c", "Q": "c"}[command]
        found.append(" ".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in points) + f" {operator}")
    return "\n".join([*found, "f"]).encode("ascii")


@contextmanager
def watch_margins() -> Iterator[dict[tuple[str, str, bool], StandIn]]:
    """Make no margin boxes until the block ends, but note what those of each kind of page would be made with.

    A kind is a name, "" for blank pages, a side, and whether it is the first page.
    """
    from weasyprint import layout

    found: dict[tuple[str, str, bool], StandIn] = {}

    def note(context, page, state) -> tuple:
        kind = page.page_type
        name = "" if kind.blank else kind.name or "auto"
        found.setdefault((name, kind.side, kind.index == 0), StandIn(context, page, state))
        return ()

    with replaced([(layout, "make_margin_boxes", note)]):
        yield found


def furnish(
    stand_in: StandIn, *, folio: int, strings: Iterable[tuple[str, str]], before: Iterable[tuple[str, str]]
) -> Any:
    """Return a page of a stand-in's kind that has nothing but its margin boxes.

    `strings` are set on it, those `before` in force when it begins.
    """
    from weasyprint.document import Page
    from weasyprint.layout import background
    from weasyprint.layout import page as pages

    context = stand_in.context
    context.current_page = 2
    context.string_set = defaultdict(dict)
    for name, text in before:
        context.string_set[name][1] = [text]
    for name, text in strings:
        context.string_set[name].setdefault(2, []).append(text)
    quotes, counters, *others = stand_in.state
    box = stand_in.page.copy()
    box.children = tuple(pages.make_margin_boxes(context, box, (quotes, {**counters, "page": [folio]}, *others)))
    box.background = box.canvas_background = None
    for margin in box.children:
        background.layout_box_backgrounds(box, margin, context.get_image_from_uri)
    return Page(box)


def watch_glyphs(document, record: Callable[[dict], None]) -> None:
    """Call `record` with the fonts drawn with so far, each time a page of the document has been painted.

    After the last one the document forgets its fonts, so that none is
    embedded: binding does that once for all.
    """
    last = document.pages[-1]
    for page in document.pages:

        def paint(stream, scale=1, *, page=page):
            type(page).paint(page, stream, scale)
            del page.paint  # else the page would keep itself, and all its boxes, in memory
            record(stream._fonts)
            if page is last:
                document.fonts = {}

        page.paint = paint


def font_use(font, files: dict[str, bytes]) -> FontUse | None:
    """Return what binding must know of a font, and put its file among `files`; None for fonts that are pictures."""
    if font.bitmap or font.png or font.svg or font.colr or font.missing or "fvar" in font.tables:
        return None
    digest = font.__dict__.get("file_digest")
    if digest is None:
        digest = font.__dict__["file_digest"] = hashlib.sha256(font.file_content).hexdigest()
    files.setdefault(digest, font.file_content)
    return FontUse(
        name=font.hash,
        base=font.name,
        family=font.family,
        file=digest,
        index=font.index,
        ascent=font.ascent,
        descent=font.descent,
        italic_angle=font.italic_angle,
        flags=font.flags,
        stem_v=font.stemv,
        stem_h=font.stemh,
        widths=dict(font.widths),
        codes=used_codes(font),
    )


def _section(page):
    """Return what stands first in a page's body; None on a page of nothing but notes."""
    body = page._page_box.children[0].children
    return body[0].children[0] if body and body[0].children else None


def _break_values(box, side: str) -> list[str]:
    from weasyprint.layout import block

    return block._add_break_values(box, side) if box is not None else []


def _is_block(box) -> bool:
    from weasyprint.formatting_structure import boxes

    return isinstance(box, (boxes.BlockLevelBox, boxes.TableRowGroupBox, boxes.TableRowBox, boxes.TableCellBox))
