"""Lay out one unit of the book alone, or the furniture of its pages, as values that can be bound.

Both are pure functions of their source: no clock, no folio, no neighbour. A
unit stands behind a page of its own, which is dropped: so it is never the
first of a document, and may ask for a right-hand page. What stands in the
margins of its pages is its *furniture*: it depends on where in the book the
unit ends up, and is laid out by the theme's own rules on empty pages.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from millesime.render.pdf import internals, shortcuts
from millesime.render.pdf.characters import find_missing
from millesime.render.pdf.engine import SCHEME, fetcher, put_tree, surroundings
from millesime.render.pdf.folios import PLACEHOLDER, LateFolios, find_late_folios, left_open
from millesime.render.pdf.laid import FontUse, Laid, LaidPage, LaidUnit, Link
from millesime.render.pdf.metadata import complete_metadata
from millesime.render.pdf.objects import COLOURS, DOCUMENT, FONTS, Writer, deflate, operators, reference_number
from millesime.render.pdf.shortcuts.start import load_quickly
from millesime.render.pdf.tags import mend_tags

_BEFORE = f'<div style="page: {SCHEME[:-1]}-before; break-after: page"></div>'
_NAMED = re.compile(rb"(?m)^(.*?)/(\S+) (gs|Do|sh|scn|SCN)$")  # operators that name a resource
_DRAWS = re.compile(rb"(?m)(?:^| )(?:TJ|Tj|Do|sh|EI|[fFBb]\*?|[Ss])$")


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
    date: datetime.date
    awaits_folios: bool = False  # those that it prints are still to come: they are left open, or its pages only counted


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnitureSource:
    """All that the margins of consecutive pages depend on."""

    key: str
    root: bytes
    style: str
    folio: int  # of the first page
    pages: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]  # (name, side, strings); a blank page's name is ""
    before: tuple[tuple[str, str], ...]  # strings in force before the first page
    date: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSource:
    """All that decides which characters can be printed."""

    key: str
    rare: str
    style: str
    date: datetime.date


def find_missing_characters(source: ProofSource) -> tuple[str, ...]:
    """Return which characters no font has, in their order."""
    with surroundings(source.date) as notes:
        press = _press(source.style)

        def print_proof(proof: etree._Element) -> Iterable[str]:
            press.render(proof, {}, notes, sheets=(), variant=None).write_pdf(uncompressed_pdf=True)
            return notes

        return find_missing(source.rare, print_proof)


def lay_out(source: UnitSource) -> Laid:
    """Return a unit as it can be bound.

    Raises EngineError when WeasyPrint or its libraries are missing, and
    UnbindableError for what cannot be kept apart from its place.
    """
    with surroundings(source.date) as notes, shortcuts.taken(margins=False):
        press = _press(source.style)
        first = not source.side
        before = "" if first else _BEFORE * (1 if source.side == "left" else 2)
        root = source.root.replace(b"<head/>", source.head, 1) if source.head else source.root
        tree = etree.fromstring(b"".join([root, before.encode(), source.html, b"</body></html>"]))
        document = press.render(tree, source.pictures, notes, sheets=(), variant="pdf/ua-1")
        if first:
            complete_metadata(document.metadata)
        pages = document.pages if first else _own_pages(document.pages, 1 if source.side == "left" else 2)
        starts = "any" if first else internals.first_break(pages[0])
        if starts == "run-on":
            raise UnbindableError("a chapter that does not begin on a page of its own")
        facts = _Facts(
            starts=starts,
            ends=internals.last_break(pages[-1]),
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


def lay_out_furniture(source: FurnitureSource) -> Laid:
    """Return the margins of pages that stand one after the other, blank ones included; nothing of them is tagged."""
    return lay_out_furniture_together([source])[0]


def lay_out_furniture_together(sources: Sequence[FurnitureSource]) -> list[Laid]:
    """Return the margins of each source's pages, which follow those of the one before, in less time than one by one."""
    first = sources[0]
    kinds = [kind for source in sources for kind in source.pages]
    with surroundings(first.date) as notes, shortcuts.taken(margins=True):
        press = _press(first.style)
        first_of_book = first.folio == 1
        rules: dict[str, int] = {}
        body = "" if first_of_book else _strings(first.before, rules, f"page: {SCHEME[:-1]}-before")
        for name, side, strings in kinds:
            if name:
                body += _strings(strings, rules, f"page: {name}", f"break-before: {side}")
        opposite = "left" if kinds[0][1] == "right" else "right"
        side = kinds[0][1] if first_of_book else opposite
        tree = etree.fromstring(first.root + body.encode() + b"</body></html>")
        tree.set("style", f"{tree.get('style', '')};break-before: {side}")
        folio = first.folio if first_of_book else first.folio - 1
        count = f"@page :first {{ counter-reset: page {folio} !important }}"
        kept = [f"[{_RULE}='{number}'] {{ {rule} }}" for rule, number in rules.items()]
        document = press.render(tree, {}, notes, sheets=(press.sheet_of("\n".join([count, *kept])),), variant=None)
        pages = document.pages if first_of_book else document.pages[1:]
        wanted = [(name, side) for name, side, _ in kinds]
        if [("" if blank else name, side) for name, side, blank in map(internals.page_type, pages)] != wanted:
            raise UnbindableError("pages whose kind depends on what stands on them")
        for page in pages:
            internals.only_margins(page)
        parts = [pages[source.folio - first.folio :][: len(source.pages)] for source in sources]
        return [_extract(document.copy(part), _Facts(tagged=False), list(notes)) for part in parts]


def follow_each_other(one: FurnitureSource, other: FurnitureSource) -> bool:
    """Say whether two sources may be laid out together, one before the other."""
    return one.folio + len(one.pages) == other.folio and (one.root, one.style, one.date) == (
        other.root, other.style, other.date,
    )  # fmt: skip


# ---- the press: what a process keeps from one unit to the next ----------------


class _Press:
    """A theme's sheet, read once, and the fonts it names."""

    def __init__(self, style: str) -> None:
        self.engine = load_quickly()
        self.notes: list[str] = []
        self.served: dict[str, tuple[bytes, str]] = {}
        self.fetcher = fetcher(self.engine, self.served, self.notes)
        self.fonts = self.engine.text.fonts.FontConfiguration()
        self.sheet = self.sheet_of(style)

    def sheet_of(self, style: str):
        return self.engine.CSS(
            string=style, font_config=self.fonts, base_url=f"{SCHEME}/", url_fetcher=self.fetcher
        )  # fmt: skip

    def render(self, tree: etree._Element, pictures: Mapping, notes: list[str], *, sheets: tuple, variant: str | None):
        fetch = fetcher(self.engine, pictures, notes)
        document = self.engine.HTML(string="<title></title>", base_url=f"{SCHEME}/", url_fetcher=fetch)
        put_tree(document.etree_element, tree)
        return document.render(stylesheets=[self.sheet, *sheets], font_config=self.fonts, pdf_variant=variant)


@lru_cache(maxsize=1)
def _press(style: str) -> _Press:
    """Return the press for a theme. To set one up costs as much as ten pages, and it leaves no trace in them."""
    return _Press(style)


def make_ready(style: str, language: str) -> None:
    """Set up the press for a theme's sheet, and read the hyphenation patterns of a language (BCP 47), if it has any.

    Raises EngineError when WeasyPrint or its libraries are missing.
    """
    with surroundings(_ANY_DATE), shortcuts.taken(margins=False):
        _press(style)
        import pyphen

        if found := pyphen.language_fallback(language):
            pyphen.Pyphen(lang=found)  # which keeps them


_ANY_DATE = datetime.date(2000, 1, 1)  # a sheet has none


def _own_pages(pages: list, dropped: int) -> list:
    """Return a unit's own pages: without those before it, and the blank one that lets it begin on its side."""
    while dropped < len(pages) - 1 and internals.page_type(pages[dropped])[2]:
        dropped += 1
    return pages[dropped:]


def _strings(strings: Iterable[tuple[str, str]], rules: dict[str, int], *declarations: str) -> str:
    """Return the empty element that stands for a page, and sets its strings.

    What is declared goes into `rules`, by number: elements that name the same rule have one style.
    """

    def opening(*declared: str) -> str:
        rule = ";".join(f"{one} !important" for one in declared)
        return f"<div {_RULE}='{rules.setdefault(rule, len(rules))}'"

    inner = "".join(
        f"{opening(f'string-set: {name} attr(data-text)')} data-text={quoteattr(text)}></div>" for name, text in strings
    )
    return f"{opening(*declarations)}>{inner}</div>"


_RULE = f"data-{SCHEME[:-1]}-rule"


# ---- from WeasyPrint's objects to values ---------------------------------------


@dataclass(slots=True)
class _Facts:
    starts: str = "any"
    ends: str = "any"
    sided: bool = False
    foreign: tuple[str, ...] = ()
    about: bool = False  # take the book's metadata
    tagged: bool = True


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
        uses = []
        for font in fonts.values():
            use = internals.font_use(font, files)
            if use is None:
                raise UnbindableError(f"the font {font.family}, which is not of one piece")
            uses.append(use)
        if facts.tagged:
            mend_tags(pdf, watched)
        taken.append(_take(pdf, facts, facts_of_pages, glyphs, tuple(uses), notes, late))
        del pdf.objects[1:]
        pdf.info.clear()

    with internals.watch_tags() as watched, left_open(late):
        document.write_pdf(finisher=finish, pdf_variant="pdf/ua-1" if facts.tagged else None, uncompressed_pdf=True)
    if late and not _are_open(late, taken[0]):
        return None
    return Laid(unit=taken[0], files=files)


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
    elements: list = []
    parents: list = []
    if facts.tagged:
        root = pdf.objects[reference_number(pdf.catalog["StructTreeRoot"])]
        document = pdf.objects[reference_number(root["K"][0])]
        names[document.number] = DOCUMENT
        parents = pdf.objects[reference_number(root["ParentTree"])]["Nums"][1::2]
        elements = [
            item
            for item in pdf.objects
            if isinstance(item, dict) and item.get("Type") in ("/StructElem", "/OBJR") and item is not document
        ]
    streams, others = _reachable(pdf, resources, names)
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
                boxes=writer.entries({name: item[name] for name in ("MediaBox", "TrimBox", "BleedBox")}),
                content=_content(content, tagged=facts.tagged),
                folios=folios,
                links=tuple(_link(link, parents, writer) for link in links[at]),
                elements=writer.write(parents[at])[1:-1] if facts.tagged else b"",
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
        elements=writer.write(document["K"])[1:-1] if facts.tagged else b"",
        objects=(*map(writer.element, elements), *map(writer.write, others)),
        streams=tuple(map(writer.pack, streams)),
        resources={
            kind: tuple((_renamed(name, facts), writer.write(value)) for name, value in resources.get(kind, {}).items())
            for kind in ("ExtGState", "XObject", "Pattern", "Shading")
        },
        fonts=fonts,
        notes=tuple(dict.fromkeys(notes)),
        about=_about(pdf, resources, writer) if facts.about else {},
    )


def _reachable(pdf, resources: dict, known: Mapping[int, bytes]) -> tuple[list, list]:
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


def _content(content: bytes, *, tagged: bool) -> bytes:
    if tagged:
        return deflate(b"q\n%b\nQ" % content)
    if not _DRAWS.search(content):
        return b""
    return deflate(b"/Artifact BMC\n%b\nEMC" % _NAMED.sub(rb"\1/f\2 \3", content))


def _renamed(name, facts: _Facts) -> bytes:
    """Return a resource's name; furniture shares its pages' resources, hence has names of its own."""
    name = name if isinstance(name, bytes) else str(name).encode("ascii")
    return name if facts.tagged else b"f" + name


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
