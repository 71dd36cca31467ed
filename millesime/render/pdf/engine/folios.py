"""Folios that a unit prints, as its contents do, put in when the book is bound: it is laid out once, wherever they end.

That is done only where no other number would have moved anything: the folio
stands alone at the right of a box that has a place and a width of its own,
and all digits are as wide, whatever stands beside them. Other units are laid
out again when their folios are known.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import unquote

from millesime.render.pdf.engine.internals import strings_of
from millesime.render.pdf.engine.replaced import replaced
from millesime.render.pdf.engine.theme_scope import FOLIO_ATTRIBUTE
from millesime.render.pdf.engine.weasyprint_patches.shaping import GLYPH_FIELDS, glyph_numbers, have_glyph_numbers
from millesime.render.pdf.values.laid_unit import Folio, LaidPage
from millesime.render.pdf.values.pdf_objects import deflate, number

PLACEHOLDER = "000"  # what is printed before any folio is known
_DIGITS = "0123456789"
_TRIPLES = "".join(f"{number:03d}" for number in range(1000))
_AT_THE_RIGHT = ("right", "end")
_TYPEFACE = (  # what decides how digits look
    "font_family", "font_feature_settings", "font_kerning", "font_language_override", "font_size", "font_stretch",
    "font_style", "font_variant_alternates", "font_variant_caps", "font_variant_east_asian", "font_variant_ligatures",
    "font_variant_numeric", "font_variant_position", "font_variation_settings", "font_weight", "lang",
)  # fmt: skip
_ROOM = 6  # digits that must fit into the box
_SHOWN = re.compile(rb"\[<([0-9a-f]+)>\] TJ")
_MARK = re.compile(rb"\x01([xt])(\d+)\x02")  # in a page's content: the place of a folio and its text


@dataclass(slots=True)
class LateFolios:
    """Where folios stand on the pages of a unit, and, once those are drawn, how each is written there."""

    boxes: dict[int, tuple[Any, str]]  # id() of a box of text → the box, the anchor whose folio it prints
    drawn: list[Folio] = field(default_factory=list)  # in the order of their marks
    odd: bool = False  # one was drawn in a way that is not known here

    def on_page(self, content: bytes) -> tuple[bytes, tuple[Folio, ...]]:
        """Return a page's content, its marks numbered from 0, and its folios."""
        numbers = list(dict.fromkeys(int(found[2]) for found in _MARK.finditer(content)))
        content = _MARK.sub(lambda found: _mark(found[1], numbers.index(int(found[2]))), content)
        return content, tuple(self.drawn[number] for number in numbers)


def find_late_folios(pages: Sequence) -> LateFolios | None:
    """Return where folios stand on WeasyPrint's pages; None if they may move anything, or there are none."""
    found: dict[int, tuple[Any, str]] = {}
    for page in pages:
        told = chain((text for _, text in strings_of(page)), (label for _, label, *_ in page.bookmarks))
        if any(PLACEHOLDER in text for text in told):
            return None
        for text, ancestors in _texts(page._page_box, ()):
            if (anchors := _asked(text)) is None:
                continue
            if len(anchors) != 1 or anchors[0] is None or not _stands_alone(text, ancestors):
                return None
            found[id(text)] = text, anchors[0]
    return LateFolios(boxes=found) if found else None


def _texts(box, ancestors: tuple) -> Iterator[tuple[Any, tuple]]:
    """Yield each box of text with those around it, the nearest first."""
    if hasattr(box, "text"):
        yield box, ancestors
    inside = (box, *ancestors)
    for child in box.children:
        yield from _texts(getattr(child, "_box", child), inside)  # one that is positioned has a place-holder


def anchor_of(link: str | None) -> str | None:
    """Return the anchor in the book that a link leads to; None for one that leads elsewhere."""
    return unquote(link[1:]) if link and link.startswith("#") else None


def _asked(text) -> list[str | None] | None:
    """Return the anchors of which a text may print folios; None for a text that is no element's own."""
    if text.element is None or "::" not in (text.element_tag or ""):
        return None
    names = [name for name in text.element.attrib if name.startswith(FOLIO_ATTRIBUTE)]
    return [anchor_of(text.element.get(name.removeprefix(FOLIO_ATTRIBUTE))) for name in names] or None


def _stands_alone(text, ancestors: tuple) -> bool:
    """Whether a text is a folio that another may take the place of, and nothing else moves."""
    inline, line, block = (*ancestors, None, None, None)[:3]
    if block is None or text.text != PLACEHOLDER:
        return False
    own = text.style
    return (
        (list(inline.children), list(line.children), list(block.children)) == ([text], [inline], [line])
        and block.is_absolutely_positioned()
        and getattr(block.style["width"], "unit", None) == "px"
        and line.style["text_align_all"] in _AT_THE_RIGHT
        and line.style["text_align_last"] in ("auto", *_AT_THE_RIGHT)
        and line.style["direction"] == own["direction"] == "ltr"
        and text.width * _ROOM / len(PLACEHOLDER) < block.width
        and (own["text_decoration_line"], own["letter_spacing"], own["visibility"]) == ("none", "normal", "visible")
        and inline.background is None
        and not any(inline.style[name] for name in ("outline_width", "border_left_width", "border_right_width"))
    )


@contextmanager
def left_open(late: LateFolios | None) -> Iterator[None]:
    """Let marks be drawn in the places of folios, if there are any, until the block ends."""
    if late is None:
        yield
        return
    from weasyprint import draw
    from weasyprint.text import line_break

    slow = draw.draw_text
    digits: dict[tuple, tuple[float, tuple[bytes, ...]] | None] = {}  # by the typeface

    def draw_text(stream, text, *values: Any) -> None:
        known = late.boxes.get(id(text))
        before = len(stream.stream)
        slow(stream, text, *values)
        if known is None:
            return
        face = tuple(repr(text.style[name]) for name in _TYPEFACE)
        if face not in digits:
            digits[face] = _digits(stream, text, lambda box: slow(stream, box, *values), line_break)
        if (found := digits[face]) is None or not _put_mark(stream, before, found[1], len(late.drawn)):
            late.odd = True
            return
        advance, shapes = found
        end = text.position_x + advance * len(PLACEHOLDER)
        late.drawn.append(Folio(anchor=known[1], end=end, advance=advance, digits=shapes))

    with replaced([(draw, "draw_text", draw_text)]):
        yield


def _digits(
    stream, text, draw_box: Callable[[Any], None], line_break
) -> tuple[float, tuple[bytes, ...]] | None:  # fmt: skip
    """Return how wide digits are in the style of a text, in CSS pixels, and how the ten are shown.

    None if they are not all as wide, or not always the same glyphs.
    """
    layout = line_break.Layout(text.style)
    layout.set_text(_TRIPLES)
    run = layout.get_first_line()[0].runs[0]
    if not have_glyph_numbers(line_break.ffi) or run.next != line_break.ffi.NULL:
        return None
    numbers = glyph_numbers(line_break.ffi, run.data.glyphs).tolist()
    seen = set(zip(_TRIPLES, *(numbers[at::GLYPH_FIELDS] for at in range(4)), strict=True))
    (width, *others) = {(width, x, y) for _, _, width, x, y in seen}
    advance = width[0] * line_break.FROM_UNITS
    if len(seen) != len(_DIGITS) or others or any(width[1:]):
        return None
    if abs(advance * len(PLACEHOLDER) - text.width) > 1e-6:
        return None
    probe = text.copy_with_text(_DIGITS)
    probe.pango_layout = line_break.Layout(text.style)
    probe.pango_layout.set_text(_DIGITS)
    before, last = len(stream.stream), stream.stream[-1]
    draw_box(probe)  # so that their fonts and widths are known
    drawn = [found[1] for line in stream.stream[before - 1 :] if (found := _SHOWN.fullmatch(line))]
    stream.stream[before - 1 :] = [last]  # the end of a text, which the next one may have taken back
    if len(drawn) != 1 or len(drawn[0]) != 4 * len(_DIGITS):
        return None
    return advance, tuple(drawn[0][at : at + 4] for at in range(0, len(drawn[0]), 4))


def _put_mark(stream, before: int, shapes: tuple[bytes, ...], number_: int) -> bool:
    """Put marks into what was just drawn; say whether it was what was expected."""
    expected = b"[<%b>] TJ" % b"".join(shapes[int(digit)] for digit in PLACEHOLDER)
    lines = range(before, len(stream.stream))
    shown = [at for at in lines if stream.stream[at] == expected]
    placed = [at for at in lines if stream.stream[at].endswith(b" Tm")]
    if len(shown) != 1 or len(placed) != 1:
        return False
    stream.stream[shown[0]] = b"[<%b>] TJ" % _mark(b"t", number_)
    *matrix, _, y, operator = stream.stream[placed[0]].split(b" ")
    stream.stream[placed[0]] = b" ".join([*matrix, _mark(b"x", number_), y, operator])
    return True


def _mark(kind: bytes, at: int) -> bytes:
    return b"\x01%b%d\x02" % (kind, at)


def with_folios(page: LaidPage, folios: Mapping[str, int]) -> bytes:
    """Return a page's content, compressed, with the folios of its anchors; those of no page remain as they were."""
    if not page.folios:
        return page.content
    texts = [str(folios.get(folio.anchor, PLACEHOLDER)) for folio in page.folios]

    def put(found: re.Match) -> bytes:
        at = int(found[2])
        folio, text = page.folios[at], texts[at]
        if found[1] == b"x":
            return number(folio.end - len(text) * folio.advance)
        return b"".join(folio.digits[int(digit)] for digit in text)

    return deflate(_MARK.sub(put, zlib.decompress(page.content)))
