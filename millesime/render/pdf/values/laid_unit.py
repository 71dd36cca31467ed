"""A laid unit: pages without folios, running heads, left and right sides, or object numbers.

Everything is a plain value: a laid unit can be sent, kept under a hash of its
source, made in any process, and bound into any place of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from millesime.render.pdf.values.pdf_objects import Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The content box of a page, in CSS pixels from its top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An annotation."""

    rectangle: tuple[float, float, float, float]  # points, from the bottom left
    anchor: str | None  # None: leads out of the book
    entries: bytes  # the rest of its dictionary
    element: bytes  # mark of the structure element that holds it, or b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folio:
    """A folio that a page prints, put in when the book is bound; see `folios`."""

    anchor: str  # whose folio it is
    end: float  # where the number ends, CSS pixels
    advance: float  # how wide a digit is, CSS pixels
    digits: tuple[bytes, ...]  # how the ten are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidPage:
    """One page of a unit, without what stands in its margins."""

    name: str  # its `page` in CSS
    side: str  # "left" or "right": where it was laid out
    blank: bool
    fixed: bool  # its background or border belongs to the side it was laid out for
    frame: Frame
    height: float  # CSS pixels
    boxes: bytes  # /MediaBox and the like
    content: bytes  # compressed, with marks for its `folios`; b"" if nothing is drawn
    folios: tuple[Folio, ...] = ()
    strings: tuple[tuple[str, str], ...] = ()  # (name, text) of each string-set, in order
    anchors: tuple[tuple[str, float, float], ...] = ()  # (name, x, y), CSS pixels
    bookmarks: tuple[tuple[int, str, float, float, str], ...] = ()  # (level, label, x, y, state), CSS pixels
    links: tuple[Link, ...] = ()
    elements: bytes = b""  # marks of the structure elements of its marked content, by number
    glyphs: tuple[tuple[str, tuple[tuple[int, str], ...]], ...] = ()  # (font, (glyph, text)) first drawn here


@dataclass(frozen=True, slots=True, kw_only=True)
class FontUse:
    """A font that a unit draws with."""

    name: str  # of the resource, and of the font in the file
    base: bytes  # /BaseFont
    family: str
    file: str  # SHA-256 of its file, in hexadecimal
    index: int  # of the face in its file
    ascent: int
    descent: int
    italic_angle: int
    flags: int
    stem_v: int
    stem_h: int
    widths: Mapping[int, int]  # by glyph, in thousandths
    codes: Mapping[int, int]  # number of a character that has none of its own → its glyph; see `glyph_codes`


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidUnit:
    """What one unit puts in the book.

    Objects are numbered within the unit: pages first, then links page by
    page, then `objects`, then `streams`; marks (see `objects`) name them by
    that number.
    """

    pages: tuple[LaidPage, ...]
    starts: str  # "left", "right": where its first page must be; "any"; "run-on": it forces no page of its own
    ends: str  # "left", "right": where the page after it must be, unless that one says; "any"
    sided: bool  # what it holds depends on the side it begins on
    links: tuple[tuple[int, int], ...]  # (page, place there) of links, in the order of the structure tree
    elements: bytes  # marks of the structure elements that stand in the document
    objects: tuple[bytes, ...]  # structure elements and the like
    streams: tuple[Packed, ...]  # pictures, drawings, groups
    resources: Mapping[str, tuple[tuple[bytes, bytes], ...]]  # by kind: (name, value)
    fonts: tuple[FontUse, ...]
    notes: tuple[str, ...]  # what the engine said
    about: Mapping[str, bytes]  # of the book: parts of its catalogue, and its metadata; only from the first unit

    @property
    def takes_folios(self) -> bool:
        """Whether folios that it prints are put in when it is bound, so that it is laid out before they are known."""
        return any(page.folios for page in self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """What stands in the margins of one page: its margin boxes.

    Objects are numbered from the page, which is 0: then `objects`, then
    `streams`. Nothing of it has links or is tagged.
    """

    page: LaidPage
    objects: tuple[bytes, ...]
    streams: tuple[Packed, ...]
    resources: Mapping[str, tuple[tuple[bytes, bytes], ...]]  # as those of a `LaidUnit`, and so on
    fonts: tuple[FontUse, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A laid unit, or the margins of a page, and the files of the fonts that it names, by hash.

    Files are the same for most units, hence apart: keep each once.
    """

    unit: LaidUnit | Margins
    files: Mapping[str, bytes]


def folios_of(units: Iterable[tuple[LaidUnit, int]]) -> dict[str, int]:
    """Return the folio of each anchor of units, given with the 0-based place of their first page."""
    folios: dict[str, int] = {}
    for unit, first in units:
        for at, page in enumerate(unit.pages, start=first + 1):
            for name, _, _ in page.anchors:
                folios.setdefault(name, at)
    return folios
