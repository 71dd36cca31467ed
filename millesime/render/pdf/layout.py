"""Lay out one unit of the book as a value that can be bound.

It is a pure function of its source: no clock, no folio, no neighbour. A unit
stands behind a page of its own, which is dropped: so it is never the first of
a document, and may ask for a right-hand page. What stands in the margins of
its pages depends on where in the book it ends up; see `margin_boxes.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from millesime.render.pdf.characters import find_missing
from millesime.render.pdf.engine import internals, weasyprint_patches
from millesime.render.pdf.engine.environment import SCHEME, fetcher, put_tree, surroundings
from millesime.render.pdf.engine.folios import PLACEHOLDER, LateFolios, find_late_folios, left_open
from millesime.render.pdf.engine.footnotes import running_on
from millesime.render.pdf.engine.glyph_codes import own_codes
from millesime.render.pdf.engine.tall_rows import tall_rows_parted
from millesime.render.pdf.engine.weasyprint_patches.imports import load_quickly
from millesime.render.pdf.engine.whole_notes import notes_kept
from millesime.render.pdf.metadata import complete_metadata
from millesime.render.pdf.tags import mend_tags
from millesime.render.pdf.values.laid_unit import FontUse, Laid, LaidPage, LaidUnit, Link
from millesime.render.pdf.values.pdf_objects import (
    COLOURS,
    DOCUMENT,
    FONTS,
    Writer,
    deflate,
    operators,
    reference_number,
)

UNDATED = datetime.date(2000, 1, 1)  # of what prints none
_BEFORE = f'<div style="page: {SCHEME[:-1]}-before; break-after: page"></div>'


class UnbindableError(Exception):
    """What a unit holds cannot stand in a bound book; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSource:
    """All that the layout of a unit depends on."""

    key: str  # a hash of everything below, and of the versions that lay it out
    html: bytes  # the elements of the unit, well formed
    root: bytes  # the tags that open `html` and `body`
    head: bytes  # what tells the book's metadata; only in the first unit
    style: str  # the theme's sheet
    pictures: Mapping[str, tuple[bytes, str]]  # address → content, media type
    foreign: tuple[str, ...]  # anchors elsewhere in the book that the unit links to
    side: str  # the side its first page is laid out for: "left", "right"; or "": the first of the book
    date: datetime.date  # the edition's in the first unit, `UNDATED` in all others: what stays is not laid out again
    awaits_folios: bool = False  # those that it prints are still to come: they are left open, or its pages only counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSource:
    """All that decides which characters can be printed."""

    key: str
    rare: str
    style: str


def find_missing_characters(source: ProofSource) -> tuple[str, ...]:
    """Return which characters no font has, in their order."""
    with surroundings(UNDATED) as notes:
        press = press_for(source.style)

        def print_proof(proof: etree._Element) -> Iterable[str]:
            press.render(proof, {}, notes, variant=None).write_pdf(uncompressed_pdf=True)
            return notes

        return find_missing(source.rare, print_proof)


def lay_out(source: UnitSource) -> Laid:
    """Return a unit as it can be bound.

    Raises EngineError when WeasyPrint or its libraries are missing,
    LostNoteError for a note that cannot be printed whole, and UnbindableError
    for what cannot be kept apart from its place.
    """
    with (
        surroundings(source.date) as notes,
        own_codes(load_quickly),
        weasyprint_patches.patched(),
        running_on(),
        tall_rows_parted(),
        notes_kept(),
        internals.moderate_justification(),
    ):
        press = press_for(source.style)
        first = not source.side
        before = "" if first else _BEFORE * (1 if source.side == "left" else 2)
        root = source.root.replace(b"<head/>", source.head, 1) if source.head else source.root
        tree = etree.fromstring(b"".join([root, before.encode(), source.html, b"</body></html>"]))
        document = press.render(tree, source.pictures, notes, variant="pdf/ua-1")
        if first:
            complete_metadata(document.metadata)
        pages = document.pages if first else _own_pages(document.pages, 1 if source.side == "left" else 2)
        starts = "any" if first else internals.first_break(pages[0])
        if starts == "run-on":
            raise UnbindableError("a chapter that does not begin on a page of its own")
        facts = _Facts(
            starts=starts,
            ends=internals.last_break(pages),
            sided=internals.has_inner_sides(pages),
            foreign=source.foreign,
            about=first,
        )
        said = [*press.notes, *notes]
        if not source.awaits_folios:
            return _extract(document.copy(pages), facts, said)
        late = find_late_folios(pages)
        laid = _extract(document.copy(pages), facts, said, late) if late else None
        return laid or _measured(pages, facts, said)


# ---- the press: what a process keeps from one unit to the next ----------------


class Press:
    """A theme's sheet, read once, and the fonts it names."""

    def __init__(self, style: str) -> None:
        self.engine = load_quickly()
        self.notes: list[str] = []
        self.served: dict[str, tuple[bytes, str]] = {}
        self.fetcher = fetcher(self.engine, self.served, self.notes)
        self.fonts = self.engine.text.fonts.FontConfiguration()
        self.counters = self.engine.css.counters.CounterStyle()
        self.sheet = self.engine.CSS(
            string=style, font_config=self.fonts, counter_style=self.counters, base_url=f"{SCHEME}/",
            url_fetcher=self.fetcher,
        )  # fmt: skip

    def render(self, tree: etree._Element, pictures: Mapping, notes: list[str], *, variant: str | None):
        fetch = fetcher(self.engine, pictures, notes)
        document = self.engine.HTML(string="<title></title>", base_url=f"{SCHEME}/", url_fetcher=fetch)
        put_tree(document.etree_element, tree)
        return document.render(
            stylesheets=[self.sheet], font_config=self.fonts, counter_style=self.counters, pdf_variant=variant
        )


@lru_cache(maxsize=1)
def press_for(style: str) -> Press:
    """Return the press for a theme. To set one up costs as much as ten pages, and it leaves no trace in them."""
    return Press(style)


def make_ready(style: str, language: str) -> None:
    """Set up the press for a theme's sheet, and read the hyphenation patterns of a language (BCP 47), if it has any.

    Raises EngineError when WeasyPrint or its libraries are missing.
    """
    with surroundings(UNDATED), weasyprint_patches.patched():
        press_for(style)
        import pyphen

        if found := pyphen.language_fallback(language):
            pyphen.Pyphen(lang=found)  # which keeps them


def _own_pages(pages: list, dropped: int) -> list:
    """Return a unit's own pages: without those before it, and the blank one that lets it begin on its side."""
    while dropped < len(pages) - 1 and internals.page_type(pages[dropped])[2]:
        dropped += 1
    return pages[dropped:]


# ---- from WeasyPrint's objects to values ---------------------------------------


@dataclass(slots=True)
class _Facts:
    starts: str = "any"
    ends: str = "any"
    sided: bool = False
    foreign: tuple[str, ...] = ()
    about: bool = False  # take the book's metadata


def _facts_of(page) -> dict[str, Any]:
    """Return what a `LaidPage` says of a page besides what is drawn there."""
    name, side, blank = internals.page_type(page)
    return {
        "name": name,
        "side": side,
        "blank": blank,
        "fixed": internals.is_decorated(page),
        "frame": internals.frame_of(page),
        "height": page.height,
        "strings": internals.strings_of(page),
        "anchors": tuple((anchor, point[0], point[1]) for anchor, point in page.anchors.items()),
        "bookmarks": tuple((level, label, *point, state) for level, label, point, state in page.bookmarks),
    }


def _measured(pages: Sequence, facts: _Facts, notes: list[str]) -> Laid:
    """Return pages that nothing is drawn on."""
    unit = LaidUnit(
        pages=tuple(LaidPage(**_facts_of(page), boxes=b"", content=b"") for page in pages),
        starts=facts.starts, ends=facts.ends, sided=facts.sided, links=(), elements=b"", objects=(), streams=(),
        resources={}, fonts=(), notes=tuple(dict.fromkeys(notes)), about={},
    )  # fmt: skip
    return Laid(unit=unit, files={})


def _extract(document, facts: _Facts, notes: list[str], late: LateFolios | None = None) -> Laid | None:
    """Write a document without writing it: take its objects at the end, and leave nothing to be written.

    None if it has `late` folios that cannot be left open.
    """
    facts_of_pages = [_facts_of(page) for page in document.pages]
    # WeasyPrint drops links that lead nowhere: those to other units get a place for a while.
    for anchor in facts.foreign:
        document.pages[0].anchors.setdefault(anchor, (0, 0, 0, 0))
    glyphs: list[tuple] = []
    seen: dict[str, int] = {}
    fonts: dict = {}

    def record(drawn: dict) -> None:
        new = []
        for font in drawn.values():
            known = seen.get(font.hash, 0)
            if len(font.to_unicode) > known:
                new.append((font.hash, tuple(font.to_unicode.items())[known:]))
                seen[font.hash] = len(font.to_unicode)
        glyphs.append(tuple(new))
        fonts.update(drawn)

    internals.watch_glyphs(document, record)
    taken: list[LaidUnit] = []
    files: dict[str, bytes] = {}

    def finish(document, pdf) -> None:
        mend_tags(pdf, watched)
        complete(pdf)
        taken.append(_take(pdf, facts, facts_of_pages, glyphs, uses_of(fonts.values(), files), notes, late))
        forget(pdf)

    with (
        internals.watch_tags() as watched,
        internals.draw_formulas(),
        internals.placed_drawings() as complete,
        left_open(late),
    ):
        document.write_pdf(finisher=finish, pdf_variant="pdf/ua-1", uncompressed_pdf=True)
    if late and not _are_open(late, taken[0]):
        return None
    return Laid(unit=taken[0], files=files)


def uses_of(fonts: Iterable, files: dict[str, bytes]) -> tuple[FontUse, ...]:
    """Return what binding must know of WeasyPrint's fonts, and put their files among `files`, by hash."""
    uses = []
    for font in fonts:
        use = internals.font_use(font, files)
        if use is None:
            raise UnbindableError(f"the font {font.family}, which is not of one piece")
        uses.append(use)
    return tuple(uses)


def forget(pdf) -> None:
    """Leave nothing in a file that is to be written."""
    del pdf.objects[1:]
    pdf.info.clear()


def _are_open(late: LateFolios, unit: LaidUnit) -> bool:
    """Whether all folios of a unit can still be put in: each is drawn on a page itself, and nobody says it aloud."""
    found = sum(len(page.folios) for page in unit.pages)
    said = any(b"/ActualText" in item and PLACEHOLDER.encode() in item for item in unit.objects)
    return not late.odd and found == len(late.drawn) == len(late.boxes) and not said


def _take(
    pdf, facts: _Facts, pages: list[dict], glyphs: list[tuple], fonts: tuple[FontUse, ...], notes,
    late: LateFolios | None,
) -> LaidUnit:  # fmt: skip
    page_numbers = pdf.pages["Kids"][::3]
    page_objects = [pdf.objects[number] for number in page_numbers]
    links = [[pdf.objects[reference_number(link)] for link in page.get("Annots", ())] for page in page_objects]
    resources = pdf.objects[reference_number(page_objects[0]["Resources"])]
    names = {reference_number(resources["Font"]): FONTS, reference_number(resources["ColorSpace"]): COLOURS}
    root = pdf.objects[reference_number(pdf.catalog["StructTreeRoot"])]
    document = pdf.objects[reference_number(root["K"][0])]
    names[document.number] = DOCUMENT
    parents = pdf.objects[reference_number(root["ParentTree"])]["Nums"][1::2]
    elements = [
        item
        for item in pdf.objects
        if isinstance(item, dict) and item.get("Type") in ("/StructElem", "/OBJR") and item is not document
    ]
    attached = [element["AF"] for element in elements if "AF" in element]  # MathML of formulas
    streams, others = reachable(pdf, {**resources, "AF": attached}, names)
    numbers = [*page_numbers, *(link.number for page in links for link in page)]
    numbers += [item.number for item in (*elements, *others, *streams)]
    names |= {number: b"%d" % at for at, number in enumerate(numbers)}
    writer = Writer(names)
    writer.name_cells(element for element in elements if "S" in element)
    laid = []
    for at, (page, item) in enumerate(zip(pages, page_objects, strict=True)):
        content = operators(pdf.objects[reference_number(item["Contents"])])
        content, folios = late.on_page(content) if late else (content, ())
        laid.append(
            LaidPage(
                **page,
                boxes=boxes_of(item, writer),
                content=deflate(b"q\n%b\nQ" % content),
                folios=folios,
                links=tuple(_link(link, parents, writer) for link in links[at]),
                elements=writer.write(parents[at])[1:-1],
                glyphs=glyphs[at],
            )
        )
    order = sorted(
        (link["StructParent"], at, place)
        for at, page in enumerate(links)
        for place, link in enumerate(page)
        if "StructParent" in link
    )
    return LaidUnit(
        pages=tuple(laid),
        starts=facts.starts,
        ends=facts.ends,
        sided=facts.sided,
        links=tuple((page, place) for _, page, place in order),
        elements=writer.write(document["K"])[1:-1],
        objects=(*map(writer.element, elements), *map(writer.write, others)),
        streams=tuple(map(writer.pack, streams)),
        resources={
            kind: tuple((name_of(name), writer.write(value)) for name, value in resources.get(kind, {}).items())
            for kind in RESOURCES
        },
        fonts=fonts,
        notes=tuple(dict.fromkeys(notes)),
        about=_about(pdf, resources, writer) if facts.about else {},
    )


def boxes_of(page: Mapping, writer: Writer) -> bytes:
    """Return the entries of a page that say how large it is."""
    return writer.entries({name: page[name] for name in ("MediaBox", "TrimBox", "BleedBox")})


def name_of(name: str | bytes) -> bytes:
    """Return the name of a resource."""
    return name if isinstance(name, bytes) else name.encode("ascii")


RESOURCES = ("ExtGState", "XObject", "Pattern", "Shading")  # kinds of them, besides what the book shares


def reachable(pdf, resources: dict, known: Mapping[int, bytes]) -> tuple[list, list]:
    """Return the streams and other objects that resources lead to."""
    streams, others = [], []
    seen = set(known)
    waiting: list = [value for name, value in resources.items() if name not in ("Font", "ColorSpace")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, bytes) and item.endswith(b" 0 R"):
            number = reference_number(item)
            if number in seen:
                continue
            seen.add(number)
            item = pdf.objects[number]
            (streams if hasattr(item, "stream") else others).append(item)
        if hasattr(item, "stream"):
            waiting.append(item.extra)
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return streams, others


def _link(link: dict, parents: list, writer: Writer) -> Link:
    anchor = link["Dest"].string if "Dest" in link else None
    return Link(
        rectangle=tuple(float(value) for value in link["Rect"]),
        anchor=anchor,
        entries=writer.entries(link, leave=("Rect", "StructParent")),
        element=writer.write(parents[link["StructParent"]]) if "StructParent" in link else b"",
    )


def _about(pdf, resources: dict, writer: Writer) -> dict[str, bytes]:
    catalog = {name: pdf.catalog[name] for name in ("Lang", "ViewerPreferences", "MarkInfo") if name in pdf.catalog}
    return {
        "catalog": writer.entries(catalog),
        "information": writer.entries(pdf.info),
        "metadata": operators(pdf.objects[reference_number(pdf.catalog["Metadata"])]),
        "colours": writer.write(pdf.objects[reference_number(resources["ColorSpace"])]),
    }
