"""Find each unit's first page: lay out, count, lay out again what the count changed, then the margin boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from millesime.render.pdf.binding import Bound
from millesime.render.pdf.book_units import Book
from millesime.render.pdf.layout import UnbindableError, UnitSource, lay_out
from millesime.render.pdf.margin_boxes import MarginBoxesSource, PageSource, lay_out_margin_boxes
from millesime.render.pdf.values.laid_unit import Laid, LaidUnit, Margins, folios_of
from millesime.render.pdf.values.layout_steps import Run, key_of

_ROUNDS = 8  # as often as WeasyPrint itself lays a document out for its folios
_SIDES = ("right", "left")  # of pages, from the first one


def paginate(book: Book, *, run: Run) -> tuple[list[Bound], dict[str, bytes]]:
    """Return each unit at its place, and the files of all fonts, by hash.

    Raises UnbindableError if the folios do not come to rest, or a page cannot
    be laid out alone.
    """
    files: dict[str, bytes] = {}
    laid: list[LaidUnit | None] = [None] * len(book.units)
    keys = [""] * len(book.units)
    sides = ["left"] * len(book.units)
    bound_to_side = [book.sided] * len(book.units)
    folios: dict[str, int] | None = None

    def wanted() -> list[UnitSource]:
        """Return what each unit is to be laid out from; those that leave their folios open need not know them."""
        return [
            book.source(number, side=side, folios=None if unit and unit.takes_folios else folios)
            for number, (side, unit) in enumerate(zip(sides, laid, strict=True))
        ]

    for _ in range(_ROUNDS):
        sources = wanted()
        stale = [number for number, source in enumerate(sources) if source.key != keys[number]]
        for number, new in zip(stale, run([(lay_out, sources[number]) for number in stale]), strict=True):
            laid[number], keys[number] = _taken(new, files), sources[number].key
        firsts = list(_first_pages(laid))
        folios = folios_of(zip(laid, firsts, strict=True))
        for number, (unit, first) in enumerate(zip(laid, firsts, strict=True)):
            if (unit.sided or bound_to_side[number]) and number:
                sides[number] = _SIDES[first % 2]
        if any(source.key != key for source, key in zip(wanted(), keys, strict=True)):
            continue
        (found,) = run([(lay_out_margin_boxes, _margin_boxes_source(book, laid, firsts))])
        margin_boxes = [_taken(margins, files) for margins in found]
        bound = [
            Bound(unit=unit, margin_boxes=margin_boxes[begin : first + len(unit.pages)], first=first)
            for unit, begin, first in zip(laid, _begins(laid, firsts), firsts, strict=True)
        ]
        misfits = [number for number, one in enumerate(bound) if not _fits(one)]
        if not misfits:
            return bound, files
        for number in misfits:
            if bound_to_side[number] or not number:
                raise UnbindableError("pages whose size depends on what stands on them")
            bound_to_side[number] = True
            sides[number] = _SIDES[firsts[number] % 2]
    raise UnbindableError("folios that do not come to rest")


def _taken(laid: Laid, files: dict[str, bytes]) -> LaidUnit | Margins:
    for digest, content in laid.files.items():
        files.setdefault(digest, content)
    return laid.unit


def _first_pages(units: Sequence[LaidUnit]) -> Iterator[int]:
    """Yield the place of each unit's first page, 0-based, a blank page before it if its side asks for one."""
    page = 0
    wanted = "any"
    for unit in units:
        side = unit.starts if unit.starts != "any" else wanted
        if side != "any" and side != _SIDES[page % 2]:
            page += 1
        yield page
        page += len(unit.pages)
        wanted = unit.ends


def _begins(units: Sequence[LaidUnit], firsts: Sequence[int]) -> list[int]:
    """Return where the pages between each unit and the one before it begin: blank ones, and its own."""
    return [0, *(first + len(unit.pages) for unit, first in zip(units, firsts, strict=True))][:-1]


def _margin_boxes_source(book: Book, units: Sequence[LaidUnit], firsts: Sequence[int]) -> MarginBoxesSource:
    """Return what the margin boxes of all pages of the book are laid out from."""
    shared = key_of("margins", book.versions, book.root, book.style)
    pages: list[PageSource] = []
    before: dict[str, str] = {}

    def add(name: str, strings: tuple[tuple[str, str], ...]) -> None:
        folio, side, in_force = len(pages) + 1, _SIDES[len(pages) % 2], tuple(sorted(before.items()))
        key = key_of(shared, repr((folio, name, side, strings, in_force)))
        pages.append(PageSource(key=key, folio=folio, name=name, side=side, strings=strings, before=in_force))
        before.update(strings)

    for unit, first in zip(units, firsts, strict=True):
        while len(pages) < first:
            add("", ())
        for page in unit.pages:
            add("" if page.blank else page.name, page.strings)
    return MarginBoxesSource(root=book.root, style=book.style, pages=tuple(pages))


def _fits(bound: Bound) -> bool:
    """Say whether each page has, between its margins, the room that it was laid out for."""
    blanks = len(bound.margin_boxes) - len(bound.unit.pages)
    for page, margins in zip(bound.unit.pages, (one.page for one in bound.margin_boxes[blanks:]), strict=True):
        own, room = page.frame, margins.frame
        if max(abs(own.width - room.width), abs(own.height - room.height)) > 1e-6 or page.boxes != margins.boxes:
            return False
        if page.fixed and page.side != margins.side:
            return False
    return True
