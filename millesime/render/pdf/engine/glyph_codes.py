"""Give each character of the text layer its own code, also where a font draws several with one glyph.

A PDF shows glyphs, and says once for each glyph which text it stands for. A
font that draws "-", U+2010 and U+2011 with one glyph would give all three the
text of whichever came first. Here the first of such characters, by its
number, keeps the glyph's own number, and every other one is drawn under a
number behind the font's last glyph, which the font in the file (its
CIDToGIDMap: ISO 32000-1, 9.7.4.2) leads back to the glyph. The number depends
on the font and the character alone, so that units laid out apart agree.

A hyphen that parts a word at the end of a line is no character of the text:
it is said to be U+00AD, the soft hyphen (ISO 32000-1, 14.8.2.2.3), by which
readers and searches join the word again. The theme's `hyphenate-character`
tells it: a soft hyphen, which draws nothing, and U+2010.

Fonts with PostScript outlines have no such map: there it is as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from millesime.render.pdf.engine.replaced import replaced

SOFT_HYPHEN, HYPHEN = "\u00ad", "\u2010"
PARTS_WORD = SOFT_HYPHEN + HYPHEN  # at the end of a line

_LAST = 0xFFFF  # number that two bytes hold
_LIGATURES = range(0xFB00, 0xFB07)  # characters whose glyphs are drawn for their letters, too: "ﬁ" for "fi"


@dataclass(frozen=True, slots=True)
class Codes:
    """What a font's characters are drawn under, where that is not their glyph."""

    numbers: Mapping[str, int] = field(default_factory=dict)  # by the character
    glyphs: Mapping[int, int] = field(default_factory=dict)  # number → glyph
    pattern: re.Pattern[str] | None = None  # of these characters; None: there are none
    shared: frozenset[int] = frozenset()  # their glyphs
    hyphen: int = -1  # the glyph of U+2010, and what it is drawn under where it parts a word; -1: the font has none
    soft_hyphen: int = -1

    def number(self, glyph: int, text: str) -> int:
        """Return what a glyph that stands for a text is drawn under."""
        if glyph not in self.shared:
            return glyph
        number = self.numbers.get(text, glyph)
        return number if self.glyphs.get(number) == glyph else glyph


_NONE = Codes()


def codes_of(font) -> Codes:
    """Return the codes of one of WeasyPrint's fonts; they are read once."""
    known = font.__dict__.get("codes")
    if known is None:
        is_plain = not (font.bitmap or font.png or font.svg or font.colr)
        known = read_codes(font.file_content, font.index) if is_plain else _NONE
        font.__dict__["codes"] = known
    return known


def read_codes(content: bytes, index: int = 0) -> Codes:
    """Return the codes of a face in a font's file."""
    import uharfbuzz

    face = uharfbuzz.Face(content, index)
    if "glyf" not in face.table_tags:
        return _NONE
    font = uharfbuzz.Font(face)
    own: dict[int, int] = {}  # glyph → its own character
    others: dict[int, int] = {}  # character → glyph
    for code in sorted(face.unicodes):
        glyph = font.get_nominal_glyph(code)
        if code in _LIGATURES or own.setdefault(glyph, code) != code:
            others[code] = glyph
    first = face.glyph_count
    if first + len(others) + 1 > _LAST:
        return _NONE
    numbers = {chr(code): number for number, code in enumerate(others, start=first)}
    glyphs = {numbers[chr(code)]: glyph for code, glyph in others.items()}
    pattern = re.compile(f"[{re.escape(''.join(numbers))}]") if numbers else None
    hyphen = font.get_nominal_glyph(ord(HYPHEN))
    if hyphen is None:
        return Codes(numbers, glyphs, pattern, frozenset(others.values()))
    soft = first + len(others)
    return Codes(numbers, {**glyphs, soft: hyphen}, pattern, frozenset(others.values()), hyphen, soft)


def used_codes(font) -> dict[int, int]:
    """Return number → glyph of the characters that were drawn in one of WeasyPrint's fonts under such a number."""
    return {number: glyph for number, glyph in codes_of(font).glyphs.items() if number in font.to_unicode}


def glyph_map(codes: Mapping[int, int]) -> bytes:
    """Return the content of a CIDToGIDMap: two bytes for each number up to the last of these."""
    return b"".join(codes.get(number, number).to_bytes(2, "big") for number in range(max(codes) + 1))


# ---- WeasyPrint's own drawing ------------------------------------------------------


def coded_line(drawing) -> Callable:
    """Return `draw_first_line` that draws each character under its number; `drawing` is its module."""
    slow, ffi, pango = drawing.draw_first_line, drawing.ffi, drawing.pango

    def draw_first_line(stream, textbox, *others) -> list:
        before: list[tuple[Any, int]] = []
        if textbox.text.strip() and textbox.style["font_size"] >= 1e-6:
            layout = textbox.pango_layout
            pango.pango_layout_set_single_paragraph_mode(layout.layout, True)  # else its glyphs would be made again
            run = layout.get_first_line()[0].runs[0]
            while run != ffi.NULL:
                data, run = run.data, run.next
                before += put_numbers(stream, data, layout.text, is_last=run == ffi.NULL)
        try:
            return slow(stream, textbox, *others)
        finally:
            for info, glyph in before:
                info.glyph = glyph

    def put_numbers(stream, data, text: str, *, is_last: bool) -> Iterator[tuple[Any, int]]:
        """Write numbers in the place of a run's glyphs, and yield each place with its glyph."""
        pango_font = data.item.analysis.font
        font, size = stream.add_font(pango_font)
        codes = codes_of(font)
        parts_word = is_last and text.endswith(PARTS_WORD)
        if not parts_word and (codes.pattern is None or codes.pattern.search(text) is None):
            return
        last = data.glyphs.num_glyphs - 1
        for at in range(last + 1):
            info = data.glyphs.glyphs[at]
            glyph = info.glyph
            if parts_word and at == last and glyph == codes.hyphen:
                number = codes.soft_hyphen
                font.to_unicode.setdefault(number, SOFT_HYPHEN)
            elif glyph in codes.shared:
                number = codes.number(glyph, written_as(data.item, data.glyphs, text, at))
            else:
                continue
            if number == glyph:
                continue
            pango.pango_font_get_glyph_extents(pango_font, glyph, stream.ink_rect, stream.logical_rect)
            font.widths.setdefault(number, round(stream.logical_rect.width * 1000 * drawing.FROM_UNITS / size))
            info.glyph = number
            yield info, glyph

    return draw_first_line


@contextmanager
def own_codes(load: Callable[[], object]) -> Iterator[None]:
    """Draw each character under its number, and cut fonts to the glyphs behind, until the block ends.

    `load` loads WeasyPrint.
    """
    load()
    from weasyprint.draw import text
    from weasyprint.pdf import fonts

    subset = fonts.Font.subset

    def subset_font(self, to_unicode, hinting) -> None:
        glyphs = codes_of(self).glyphs
        subset(self, {glyphs.get(number, number): said for number, said in to_unicode.items()}, hinting)

    with replaced([(text, "draw_first_line", coded_line(text)), (fonts.Font, "subset", subset_font)]):
        yield


def put_glyph_maps(document, pdf) -> None:
    """Lead the numbers of a document's fonts to glyphs, once WeasyPrint has put the fonts in a file."""
    import pydyf

    used: dict[bytes, dict[int, int]] = {}
    for font in document.fonts.values():
        used.setdefault(font.name, {}).update(used_codes(font))
    for item in list(pdf.objects):
        if isinstance(item, dict) and item.get("Subtype") == "/CIDFontType2" and used.get(item["BaseFont"]):
            stream = pydyf.Stream([glyph_map(used[item["BaseFont"]])], compress=True)
            pdf.add_object(stream)
            item["CIDToGIDMap"] = stream.reference


def written_as(item, glyphs, text: str, at: int) -> str:
    """Return the characters that a glyph of a run stands for; `text` is the line's."""
    clusters, line = glyphs.log_clusters, text.encode()
    if item.analysis.level % 2:  # right to left
        end = item.length if at == 0 else clusters[at - 1]
    else:
        end = item.length if at == glyphs.num_glyphs - 1 else clusters[at + 1]
    return line[item.offset + clusters[at] : item.offset + end].decode()
