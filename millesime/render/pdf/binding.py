"""Bind laid units and margin boxes into one tagged PDF, the same as if the book had been laid out at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from millesime.render.pdf.book_units import Book
from millesime.render.pdf.bookmarks import Bookmark, write_outline
from millesime.render.pdf.engine.folios import with_folios
from millesime.render.pdf.engine.glyph_codes import glyph_map
from millesime.render.pdf.font_subsets import BookFont, SubsetSource, subset_font, write_font
from millesime.render.pdf.layout import UnbindableError
from millesime.render.pdf.values.laid_unit import LaidPage, LaidUnit, Margins, folios_of
from millesime.render.pdf.values.layout_steps import Run, key_of
from millesime.render.pdf.values.pdf_file import PdfFile
from millesime.render.pdf.values.pdf_objects import (
    COLOURS,
    DOCUMENT,
    FONTS,
    SEPARATOR,
    Packed,
    deflate,
    number,
    place,
    string,
)

_POINTS = 0.75  # in a CSS pixel
_FLATE = b"/Filter /FlateDecode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A unit at its place."""

    unit: LaidUnit
    margin_boxes: Sequence[Margins]  # of the blank pages before it and its own
    first: int  # 0-based place in the book of its first page, after blank ones


@dataclass(slots=True)
class _Binding:
    """What comes together while units are bound, one after the other."""

    file: PdfFile = field(default_factory=PdfFile)
    pages: list[int] = field(default_factory=list)
    parents: list[bytes] = field(default_factory=list)  # of marked content, by page
    link_parents: list[bytes] = field(default_factory=list)
    elements: list[bytes] = field(default_factory=list)  # of the document
    anchors: dict[str, bytes] = field(default_factory=dict)
    bookmarks: list[Bookmark] = field(default_factory=list)
    fonts: dict[str, BookFont] = field(default_factory=dict)
    streams: dict[tuple[bytes, bytes], int] = field(default_factory=dict)  # each picture once
    shifts: dict[tuple[float, float], int] = field(default_factory=dict)  # streams that move what follows
    back: int = 0  # the stream that ends such a move
    objects: list[tuple[int, bytes]] = field(default_factory=list)


def bind(book: Book, bound: Sequence[Bound], files: Mapping[str, bytes], *, run: Run) -> bytes:
    """Return the file of a book.

    `files` are the files of its fonts, by hash. Raises UnbindableError when
    units do not fit together.
    """
    binding = _Binding()
    file = binding.file
    catalogue, tree, information, metadata, colours, fonts, root, parents, document, names = (
        file.reserve() for _ in range(10)
    )
    shared = {COLOURS: b"%d" % colours, DOCUMENT: b"%d" % document, FONTS: b"%d" % fonts}
    total = bound[-1].first + len(bound[-1].unit.pages)
    folios = folios_of((one.unit, one.first) for one in bound)
    for one in bound:
        _bind_unit(binding, one, shared, tree=tree, total=total, folios=folios)
    _bind_fonts(binding, files, fonts, run=run)
    about = bound[0].unit.about
    outline, objects = write_outline(binding.bookmarks, file.reserve)
    binding.objects += objects
    entries = [b"/Type /Catalog/Pages %d 0 R/Names <</Dests %d 0 R>>" % (tree, names), about["catalog"]]
    entries.append(b"/Metadata %d 0 R/StructTreeRoot %d 0 R" % (metadata, root))
    if outline:
        entries.append(b"/Outlines %d 0 R" % outline)
    targets = sorted((string(name), target) for name, target in binding.anchors.items())
    numbers = chain(
        (b"%d [%b]" % pair for pair in enumerate(binding.parents)),
        (b"%d %b" % pair for pair in enumerate(binding.link_parents, start=total)),
    )
    binding.objects += [
        (catalogue, b"<<%b>>" % b"".join(entries)),
        (tree, b"<</Type /Pages/Kids [%b]/Count %d>>" % (_references(binding.pages), len(binding.pages))),
        (information, b"<<%b>>" % about["information"]),
        (colours, about["colours"]),
        (root, b"<</Type /StructTreeRoot/ParentTree %d 0 R/K [%d 0 R]>>" % (parents, document)),
        (parents, b"<</Nums [%b]>>" % b" ".join(numbers)),
        (document, b"<</Type /StructElem/S /Document/K [%b]/P %d 0 R>>" % (b" ".join(binding.elements), root)),
        (names, b"<</Names [%b]>>" % b" ".join(chain.from_iterable(targets))),
    ]
    file.add_stream(metadata, b"/Type /Metadata/Subtype /XML" + _FLATE, deflate(about["metadata"]))
    file.add_objects(binding.objects)
    return file.finish(root=catalogue, information=information, identifier=book.identifier)


def _bind_unit(
    binding: _Binding, bound: Bound, shared: Mapping[bytes, bytes], *, tree: int, total: int, folios: Mapping[str, int]
) -> None:
    file, unit, margin_boxes = binding.file, bound.unit, bound.margin_boxes
    blanks = len(margin_boxes) - len(unit.pages)
    shifts = [_shift(page, margins.page) for page, margins in zip(unit.pages, margin_boxes[blanks:], strict=True)]
    links = sum(len(page.links) for page in unit.pages)
    page_numbers = range(file.reserve(len(margin_boxes)), file.next)
    own = page_numbers[blanks:]
    numbers = [*own, *range(file.reserve(links + len(unit.objects)), file.next)]
    marks = {**shared, **{b"%d" % at: b"%d" % number for at, number in enumerate(numbers)}}
    moved = {b"%d" % at: shift for at, shift in enumerate(shifts)}
    _bind_streams(binding, unit.streams, len(own) + links + len(unit.objects), marks, moved)
    packed: list[tuple[int, bytes]] = []
    resources = _bind_resources(binding, unit, marks, margin_boxes, shared, packed)
    *elements, parents, document, link_parents = _placed(
        (
            *unit.objects,
            SEPARATOR.replace(b"\x05", b"\x06").join(page.elements for page in unit.pages),
            unit.elements,
            b"\x06".join(unit.pages[page].links[at].element for page, at in unit.links),
        ),
        marks,
        moved,
    )
    packed += zip(numbers[len(own) + links :], elements, strict=True)
    binding.elements.append(document)
    binding.parents += [b""] * blanks + parents.split(b"\x06")
    link_places = {pair: total + len(binding.link_parents) + at for at, pair in enumerate(unit.links)}
    if unit.links:
        binding.link_parents += link_parents.split(b"\x06")

    _gather_fonts(binding, unit, margin_boxes, blanks)
    at_link = len(own)
    for at, margins in enumerate(one.page for one in margin_boxes):
        page = unit.pages[at - blanks] if at >= blanks else None
        contents: list[int] = []
        annotations: list[int] = []
        if page is not None:
            contents += _moved(binding, with_folios(page, folios), shifts[at - blanks])
            for place_, link in enumerate(page.links):
                if link.anchor is not None and link.anchor not in folios:
                    raise UnbindableError(f"a link to {link.anchor!r}, which is on no page")
                dx, dy = shifts[at - blanks]
                x1, y1, x2, y2 = link.rectangle
                dx, dy = dx * _POINTS, -dy * _POINTS
                box = b" ".join(map(number, (x1 + dx, y1 + dy, x2 + dx, y2 + dy)))
                parent = link_places.get((at - blanks, place_))
                tail = b"" if parent is None else b"/StructParent %d" % parent
                packed.append((numbers[at_link], b"<<%b/Rect [%b]%b>>" % (link.entries, box, tail)))
                annotations.append(numbers[at_link])
                at_link += 1
            _bind_places(binding, page, page_numbers[at], shifts[at - blanks])
        if margins.content:
            contents.append(file.reserve())
            file.add_stream(contents[-1], _FLATE, margins.content)
        entries = b"/Contents [%b]" % _references(contents) if contents else b""
        if annotations:
            entries += b"/Annots [%b]" % _references(annotations)
        packed.append(
            (
                page_numbers[at],
                b"<</Type /Page/Parent %d 0 R%b/Resources %d 0 R/Tabs /S/StructParents %d%b>>"
                % (tree, (page or margins).boxes, resources[at], len(binding.pages), entries),
            )
        )
        binding.pages.append(page_numbers[at])
    file.add_objects(packed)


def _shift(page: LaidPage, margins: LaidPage) -> tuple[float, float]:
    """Return by how many CSS pixels a page's content moves to be between its margins."""
    shift = (margins.frame.x - page.frame.x, margins.frame.y - page.frame.y)
    return shift if max(map(abs, shift)) > 1e-6 else (0.0, 0.0)


def _moved(binding: _Binding, drawn: bytes, shift: tuple[float, float]) -> list[int]:
    """Return the streams that draw a page's content, moved."""
    file = binding.file
    content = file.reserve()
    file.add_stream(content, _FLATE, drawn)
    if shift == (0.0, 0.0):
        return [content]
    if shift not in binding.shifts:
        binding.shifts[shift] = file.reserve()
        x, y = shift
        file.add_stream(binding.shifts[shift], b"", b"q 1 0 0 1 %b %b cm" % (number(x * _POINTS), number(-y * _POINTS)))
    if not binding.back:
        binding.back = file.reserve()
        file.add_stream(binding.back, b"", b"Q")
    return [binding.shifts[shift], content, binding.back]


def _bind_places(binding: _Binding, page: LaidPage, page_number: int, shift: tuple[float, float]) -> None:
    """Note the anchors and bookmarks of a page."""
    dx, dy = shift

    def target(x: float, y: float) -> bytes:
        to = b"%b %b" % (number((x + dx) * _POINTS), number((page.height - y - dy) * _POINTS))
        return b"[%d 0 R /XYZ %b 0]" % (page_number, to)

    for name, x, y in page.anchors:
        if name not in binding.anchors:
            binding.anchors[name] = target(x, y)
    for level, label, x, y, state in page.bookmarks:
        binding.bookmarks.append(Bookmark(level=level, label=label, target=target(x, y), closed=state == "closed"))


def _placed(objects: Sequence[bytes], marks: Mapping[bytes, bytes], moved: Mapping) -> list[bytes]:
    return place(SEPARATOR.join(objects), marks, moved).split(SEPARATOR) if objects else []


def _bind_streams(
    binding: _Binding, streams: Sequence[Packed], first: int, marks: dict[bytes, bytes], moved: Mapping
) -> None:
    """Add streams, those that the book has already excepted, and add their numbers to the marks, from `first` on."""
    later = []
    for at, packed in enumerate(streams, start=first):
        if b"\x01" in packed.entries:
            later.append((at, packed))
            continue
        known = binding.streams.get((packed.entries, packed.data))
        if known is None:
            known = binding.streams[packed.entries, packed.data] = binding.file.reserve()
            binding.file.add_packed(known, packed)
        marks[b"%d" % at] = b"%d" % known
    fresh = [(at, packed, binding.file.reserve()) for at, packed in later]
    for at, _, stream in fresh:
        marks[b"%d" % at] = b"%d" % stream
    for _, packed, stream in fresh:
        binding.file.add_stream(stream, place(packed.entries, marks, moved), packed.data)


def _bind_resources(
    binding: _Binding,
    unit: LaidUnit,
    marks: Mapping[bytes, bytes],
    margin_boxes: Sequence[Margins],
    shared: Mapping[bytes, bytes],
    packed: list[tuple[int, bytes]],
) -> list[int]:
    """Return the number of each page's resources, which most pages of a unit share; what is new goes to `packed`."""
    known: dict[bytes, int] = {}
    numbers = []
    of_unit = {kind: _entries(values, marks) for kind, values in unit.resources.items()}
    for margins in margin_boxes:
        margin_marks = dict(shared)
        first = binding.file.reserve(len(margins.objects))
        margin_marks |= {b"%d" % at: b"%d" % (first + at - 1) for at in range(1, len(margins.objects) + 1)}
        _bind_streams(binding, margins.streams, len(margins.objects) + 1, margin_marks, {})
        packed += enumerate(_placed(margins.objects, margin_marks, {}), start=first)
        kinds = {kind: own + _entries(margins.resources[kind], margin_marks) for kind, own in of_unit.items()}
        written = b"".join(b"/%b <<%b>>" % (kind.encode(), entries) for kind, entries in kinds.items() if entries)
        if written not in known:
            known[written] = binding.file.reserve()
            tail = b"/ColorSpace %b 0 R/Font %b 0 R" % (shared[COLOURS], shared[FONTS])
            packed.append((known[written], b"<<%b%b>>" % (written, tail)))
        numbers.append(known[written])
    return numbers


def _entries(values: Sequence[tuple[bytes, bytes]], marks: Mapping[bytes, bytes]) -> bytes:
    return b"".join(b"/%b %b" % (name, place(value, marks, {})) for name, value in values)


def _gather_fonts(binding: _Binding, unit: LaidUnit, margin_boxes: Sequence[Margins], blanks: int) -> None:
    """Add the glyphs of a unit's pages, in the order in which the whole book would have drawn them."""
    for use in chain(unit.fonts, *(margins.fonts for margins in margin_boxes)):
        font = binding.fonts.setdefault(use.name, BookFont(use))
        if font.use.file != use.file:
            raise UnbindableError(f"two files of the font {use.family}")
        font.codes.update(use.codes)
        for glyph, width in use.widths.items():
            font.widths.setdefault(glyph, width)  # rounded at another size, it may be a thousandth wider or narrower
    for at, margins in enumerate(margin_boxes):
        own = unit.pages[at - blanks].glyphs if at >= blanks else ()
        for name, glyphs in chain(own, margins.page.glyphs):
            texts = binding.fonts[name].texts
            for glyph, text in glyphs:
                texts.setdefault(glyph, text)


def _bind_fonts(binding: _Binding, files: Mapping[str, bytes], number_of_all: int, *, run: Run) -> None:
    file = binding.file
    fonts = list(binding.fonts.values())
    sources = []
    for font in fonts:
        glyphs = font.glyphs
        key = key_of("font", font.use.file, str(font.use.index), repr(glyphs))
        sources.append(
            SubsetSource(key=key, content=files[font.use.file], index=font.use.index, glyphs=glyphs)
        )  # fmt: skip
    names = []
    for font, packed in zip(fonts, run([(subset_font, source) for source in sources]), strict=True):
        numbers = {name: file.reserve() for name in ("file", "unicode", "descriptor", "descendant", "font")}
        if font.codes:
            numbers["map"] = file.reserve()
            file.add_stream(numbers["map"], _FLATE, deflate(glyph_map(font.codes)))
        objects, unicode_map = write_font(font, packed, numbers=numbers)
        file.add_packed(numbers["file"], packed)
        file.add_stream(numbers["unicode"], _FLATE, deflate(unicode_map))
        binding.objects += objects
        names.append(b"/%b %d 0 R" % (font.use.name.encode(), numbers["font"]))
    binding.objects.append((number_of_all, b"<<%b>>" % b"".join(names)))


def _references(numbers: Sequence[int]) -> bytes:
    return b" ".join([b"%d 0 R" % number for number in numbers])
