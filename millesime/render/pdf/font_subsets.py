"""Subset each font of a bound book once, to the glyphs of all units; glyphs keep their numbers.

A subset is a pure function of a font's file and a set of glyphs. HarfBuzz
makes it (through uharfbuzz) a hundred times as fast as fontTools does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from millesime.render.fonts import tag_numbers
from millesime.render.pdf.values.laid_unit import FontUse
from millesime.render.pdf.values.pdf_objects import Packed, deflate, number, string

# As WeasyPrint drops them: a page has been shaped when it is drawn.
_DROPPED = ("BASE", "DSIG", "EBDT", "EBLC", "EBSC", "GPOS", "GSUB", "JSTF", "LTSH", "PCLT", "SVG ")
_BATCH = 100  # characters in a block of a CMap, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetSource:
    """A font's file and the glyphs to keep."""

    key: str
    content: bytes
    index: int  # of the face in the file
    glyphs: tuple[int, ...]  # in their order


@dataclass(slots=True)
class BookFont:
    """A font as the whole book uses it."""

    use: FontUse
    widths: dict[int, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)  # glyph → what it says, as it was first drawn
    codes: dict[int, int] = field(default_factory=dict)  # number → glyph; see `glyph_codes`

    @property
    def glyphs(self) -> tuple[int, ...]:
        """What is drawn, in order."""
        return tuple(sorted({self.codes.get(number_, number_) for number_ in self.texts}))


def subset_font(source: SubsetSource) -> Packed:
    """Return the file of a font with nothing but these glyphs and `.notdef`, as a stream."""
    import uharfbuzz  # late: whoever binds a book finds most fonts kept

    def subset(face, glyphs: Iterable[int], flags):
        wanted = uharfbuzz.SubsetInput()
        wanted.glyph_set.update(glyphs)
        wanted.drop_table_tag_set.update(tag_numbers(_DROPPED))
        wanted.flags = flags
        return wanted.subset(face)

    face = uharfbuzz.Face(source.content, source.index)
    flags = uharfbuzz.SubsetFlags.PASSTHROUGH_UNRECOGNIZED | uharfbuzz.SubsetFlags.DESUBROUTINIZE
    face = subset(face, source.glyphs, flags | uharfbuzz.SubsetFlags.RETAIN_GIDS)
    # A second time, to drop the empty glyphs that follow the last one used.
    face = subset(face, range(max(source.glyphs, default=0) + 1), flags | uharfbuzz.SubsetFlags.NO_HINTING)
    content = face.blob.data
    kind = b"/Subtype /OpenType" if content[:4] == b"OTTO" else b"/Length1 %d" % len(content)
    return Packed(kind + b"/Filter /FlateDecode", deflate(content))


def is_open_type(packed: Packed) -> bool:
    return packed.entries.startswith(b"/Subtype /OpenType")


def write_font(font: BookFont, file: Packed, *, numbers: Mapping[str, int]) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the objects of a font but its streams, by number, and the content of its ToUnicode map.

    `numbers` gives the numbers of "file", "unicode", "descriptor",
    "descendant" and "font", and of "map" where the font has codes.
    """
    use, widths = font.use, font.widths
    flags = use.flags + (len(widths) > 1 and len(set(widths.values())) == 1)  # FixedPitch
    open_type = is_open_type(file)
    box = b"0 %d %d %d" % (use.descent, max(widths.values(), default=0), use.ascent)
    descriptor = (
        b"<</Type /FontDescriptor/FontName %b/FontFamily %b/Flags %d/FontBBox [%b]/ItalicAngle %b/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV %d/StemH %d/FontFile%d %d 0 R>>"
    ) % (
        use.base, string(use.family), flags, box, number(use.italic_angle), use.ascent, use.descent, use.ascent,
        use.stem_v, use.stem_h, 3 if open_type else 2, numbers["file"],
    )  # fmt: skip
    descendant = (
        b"<</Type /Font/Subtype /CIDFontType%d/BaseFont %b"
        b"/CIDSystemInfo <</Registry (Adobe)/Ordering (Identity)/Supplement 0>>"
        b"/CIDToGIDMap %b/W [%b]/FontDescriptor %d 0 R>>"
    ) % (
        0 if open_type else 2, use.base, b"%d 0 R" % numbers["map"] if font.codes else b"/Identity", _widths(widths),
        numbers["descriptor"],
    )  # fmt: skip
    whole = (
        b"<</Type /Font/Subtype /Type0/BaseFont %b/ToUnicode %d 0 R/Encoding /Identity-H/DescendantFonts [%d 0 R]>>"
    ) % (use.base, numbers["unicode"], numbers["descendant"])
    objects = [(numbers["descriptor"], descriptor), (numbers["descendant"], descendant), (numbers["font"], whole)]
    return objects, _unicode_map(font.texts)


def _widths(widths: Mapping[int, int]) -> bytes:
    """Return runs of widths: `first [width …]`."""
    parts: list[bytes] = []
    run: list[bytes] = []
    previous = None
    for glyph in sorted(widths):
        if previous is None or glyph != previous + 1:
            if run:
                parts.append(b"[%b]" % b" ".join(run))
            parts.append(b"%d" % glyph)
            run = []
        run.append(number(widths[glyph]))
        previous = glyph
    if run:
        parts.append(b"[%b]" % b" ".join(run))
    return b" ".join(parts)


def _unicode_map(texts: Mapping[int, str]) -> bytes:
    lines = [
        "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap", "/CIDSystemInfo", "<< /Registry (Adobe)",
        "/Ordering (UCS)", "/Supplement 0", ">> def", "/CMapName /Adobe-Identity-UCS def", "/CMapType 2 def",
        "1 begincodespacerange", "<0000> <ffff>", "endcodespacerange",
    ]  # fmt: skip
    entries = [f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in texts.items()]
    for at in range(0, len(entries), _BATCH):
        batch = entries[at : at + _BATCH]
        lines += [f"{len(batch)} beginbfchar", *batch, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
