"""Find where each unit stands: lay units out, count, lay out again what the count changed, then the furniture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from millesime.render.pdf.bind import Bound
from millesime.render.pdf.laid import Laid, LaidUnit, folios_of
from millesime.render.pdf.layout import FurnitureSource, UnbindableError, UnitSource, lay_out, lay_out_furniture
from millesime.render.pdf.steps import Run, key_of
from millesime.render.pdf.units import Book

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
    furnished: dict[str, LaidUnit] = {}

    def wanted() -> list[UnitSource]:
        """Return what each unit is to be laid out from; those that leave their folios open need not know them."""
        return [
            book.source(number, side=side, folios=None if unit and unit.takes_folios else folios)
            for number, (side, unit) in enumerate(zip(sides, laid, strict=True))
        ]

    def lay_out_missing(sources: Sequence[UnitSource], furniture: Sequence[FurnitureSource]) -> None:
        """Lay out units that changed, and meanwhile the furniture of the others, which those seldom move."""
        stale = [number for number, source in enumerate(sources) if source.key != keys[number]]
        beside = [one for number, one in enumerate(furniture) if number not in stale and one.key not in furnished]
        steps = [(lay_out, sources[number]) for number in stale]
        found = run([*steps, *((lay_out_furniture, one) for one in beside)])
        for number, new in zip(stale, found, strict=False):
            laid[number], keys[number] = _taken(new, files), sources[number].key
        for one, new in zip(beside, found[len(stale) :], strict=True):
            furnished[one.key] = _taken(new, files)

    margins: list[FurnitureSource] = []
    for _ in range(_ROUNDS):
        sources = wanted()
        lay_out_missing(sources, margins)
        firsts = list(_first_pages(laid))
        margins = list(_furniture_sources(book, laid, firsts))
        folios = folios_of(zip(laid, firsts, strict=True))
        for number, (unit, first) in enumerate(zip(laid, firsts, strict=True)):
            if (unit.sided or bound_to_side[number]) and number:
                sides[number] = _SIDES[first % 2]
        if any(source.key != key for source, key in zip(wanted(), keys, strict=True)):
            continue
        lay_out_missing(sources, margins)
        bound = [
            Bound(unit=unit, furniture=furnished[margin.key], first=first)
            for unit, margin, first in zip(laid, margins, firsts, strict=True)
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


def _taken(laid: Laid, files: dict[str, bytes]) -> LaidUnit:
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


def _furniture_sources(book: Book, units: Sequence[LaidUnit], firsts: Sequence[int]) -> Iterator[FurnitureSource]:
    before: dict[str, str] = {}
    end = 0
    for unit, first in zip(units, firsts, strict=True):
        pages = [("", _SIDES[at % 2], ()) for at in range(end, first)]
        pages += [
            ("" if page.blank else page.name, _SIDES[at % 2], page.strings)
            for at, page in enumerate(unit.pages, start=first)
        ]
        in_force = tuple(sorted(before.items()))
        key = key_of(
            "furniture", book.versions, book.root, book.style, str(book.date), repr((end + 1, pages, in_force))
        )  # fmt: skip
        yield FurnitureSource(
            key=key,
            root=book.root,
            style=book.style,
            folio=end + 1,
            pages=tuple(pages),
            before=in_force,
            date=book.date,
        )
        for page in unit.pages:
            before.update(page.strings)
        end = first + len(unit.pages)


def _fits(bound: Bound) -> bool:
    """Say whether each page has, between its margins, the room that it was laid out for."""
    blanks = len(bound.furniture.pages) - len(bound.unit.pages)
    for page, margins in zip(bound.unit.pages, bound.furniture.pages[blanks:], strict=True):
        own, room = page.frame, margins.frame
        if max(abs(own.width - room.width), abs(own.height - room.height)) > 1e-6 or page.boxes != margins.boxes:
            return False
        if page.fixed and page.side != margins.side:
            return False
    return True
