"""The report's typefaces: Source Serif Pro and Source Sans Pro, completed for French.

The files come from the PyPI packages `font-source-serif-pro` and
`font-source-sans-pro` (Adobe, SIL Open Font License 1.1). They lack spaces
that French typography needs: Source Serif Pro has no U+202F, which goes before
`; ! ?`, so that every such space would come from another font or be a box.
`print_font` and `web_font` add them. The licence reserves the name "Source"
for unmodified files, hence the completed ones name themselves "Millesime".

Code is set in DejaVu Sans Mono, from the system.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from millesime.problems import EngineError
from millesime.render.installed_files import kept

if TYPE_CHECKING:  # it takes longer to load than a build that finds its fonts kept
    from fontTools.ttLib import TTFont

SERIF = "Source Serif Pro"
SANS = "Source Sans Pro"
PRINT_NAMES = {SERIF: "Millesime Serif", SANS: "Millesime Sans"}  # what the completed files call themselves
STYLES = ("normal", "italic")

_PACKAGES = {SERIF: "font_source_serif_pro", SANS: "font_source_sans_pro"}
_WEIGHTS = {200: "ExtraLight", 300: "Light", 400: "Regular", 600: "Semibold", 700: "Bold", 900: "Black"}

# Spaces to add, as a share of the font's own word space, or of the em.
_OF_SPACE = {0x202F: 0.6, 0x2009: 0.7, 0x200A: 0.4, 0x2004: 1.2, 0x2005: 1.0, 0x2006: 0.75, 0x205F: 0.9}
_OF_EM = {0x2000: 0.5, 0x2001: 1.0, 0x2002: 0.5, 0x2003: 1.0}
_SAME_AS = {0x2011: 0x2010, 0x2007: 0x0030, 0x2008: 0x002E}  # no-break hyphen; spaces as wide as a digit, a full stop

# What a page of a European report may hold; the rest falls back to the reader's fonts.
_WEB_RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x1FC, 0x1FF),
    (0x218, 0x21B),
    (0x2BC, 0x2DD),
    (0x300, 0x30C),
    (0x37E, 0x3CE),
    (0x1E80, 0x1E85),
    (0x1E9E, 0x1E9E),
    (0x2000, 0x206F),
    (0x2070, 0x209F),
    (0x20AC, 0x20AC),
    (0x2113, 0x2122),
    (0x2150, 0x215F),
    (0x2190, 0x2199),
    (0x2202, 0x22C5),
    (0x25A0, 0x25CF),
    (0x2713, 0x2717),
    (0xFB00, 0xFB04),
)
_WEB_FEATURES = ["kern", "liga", "locl", "ccmp", "mark", "mkmk", "onum", "lnum", "pnum", "tnum", "sups", "ordn"]


def font_file(family: str, weight: int = 400, style: str = "normal") -> Path:
    """Return the TrueType file of one face as its designers published it.

    `weight` is 200, 300, 400, 600, 700 or 900; `style` "normal" or "italic".
    Raises EngineError when the package that holds it is not installed.
    """
    package = _PACKAGES[family]
    name = _WEIGHTS[weight] + ("It" if style == "italic" else "")
    name = {"RegularIt": "It"}.get(name, name)
    # The package is found, not imported: it is data, and its code may need what is not there.
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        path = Path(folder, "files", f"{family.replace(' ', '')}-{name}.ttf")
        if path.is_file():
            return path
    raise EngineError(f"{family} {name}: font not found; install it with `pip install {package.replace('_', '-')}`")


# https://learn.microsoft.com/en-us/typography/opentype/spec/name: 13 and 14 are the licence
_WEB_NAMES = {0, 1, 2, 3, 4, 5, 6, 13, 14}
_ENGLISH = 0x409


@cache
def print_font(family: str, weight: int = 400, style: str = "normal") -> bytes:
    """Return a face as a TrueType file with the spaces it lacked; same input, same bytes."""
    file = font_file(family, weight, style)
    return _kept("print", file, lambda: _saved(_completed(family, file)))


@cache
def web_font(family: str, weight: int = 400, style: str = "normal") -> bytes:
    """Return a face as WOFF2 for pages: completed, cut to European text, without hints."""
    file = font_file(family, weight, style)
    return _kept("web", file, lambda: _for_web(print_font(family, weight, style)))


def _kept(use: str, file: Path, make: Callable[[], bytes]) -> bytes:
    """Return what is made of a face: it takes a tenth of a second for print, a third for pages."""
    return kept("typeface", f"{file.stem} for {use}", file.read_bytes(), make)


def tag_numbers(tags: Iterable[str]) -> list[int]:
    """Return the numbers by which HarfBuzz knows names of tables and features, "GSUB", "kern"."""
    return [int.from_bytes(tag.encode(), "big") for tag in tags]


def _for_web(content: bytes) -> bytes:
    import uharfbuzz
    from fontTools.ttLib import TTFont

    wanted = uharfbuzz.SubsetInput()
    for asked, values in (
        (wanted.unicode_set, (code for first, last in _WEB_RANGES for code in range(first, last + 1))),
        (wanted.layout_feature_tag_set, tag_numbers(_WEB_FEATURES)),
        (wanted.name_id_set, _WEB_NAMES),
        (wanted.name_lang_id_set, [_ENGLISH]),
    ):
        asked.clear()
        asked.update(values)
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    cut = wanted.subset(uharfbuzz.Face(content)).blob.data
    font = TTFont(BytesIO(cut), recalcTimestamp=False, recalcBBoxes=False, lazy=True)
    font.flavor = "woff2"  # of which HarfBuzz knows nothing
    return _saved(font)


def font_licence(family: str) -> str:
    """Return the licence text that must go with the files of a family."""
    return (font_file(family).parent / "LICENSE.txt").read_text(encoding="utf-8")


def _completed(family: str, file: Path) -> TTFont:
    """Return a face with its spaces."""
    from fontTools.ttLib import TTFont

    # No outline is changed, so no box is: to compute them again takes eight times as long as all the rest.
    font = TTFont(file, recalcTimestamp=False, recalcBBoxes=False, lazy=True)
    known = font.getBestCmap()
    em, space = font["head"].unitsPerEm, font["hmtx"][known[0x20]][0]
    blanks: dict[int, str] = {}  # width → name of the empty glyph that is as wide
    added: dict[int, str] = {}
    for code, share in _OF_SPACE.items():
        added[code] = _blank(font, round(space * share), blanks)
    for code, share in _OF_EM.items():
        added[code] = _blank(font, round(em * share), blanks)
    for code, model in _SAME_AS.items():
        model_name = known.get(model) or known[0x2D]
        width = font["hmtx"][model_name][0]
        added[code] = model_name if code == 0x2011 else _blank(font, width, blanks)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap |= {code: name for code, name in added.items() if code not in known}
    _rename(font, PRINT_NAMES[family])
    if "DSIG" in font:
        del font["DSIG"]  # it signs the file as it was
    return font


def _blank(font: TTFont, width: int, blanks: dict[int, str]) -> str:
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    if width not in blanks:
        name = f"space{width}"
        glyphs = font["glyf"]  # reading it first fixes the glyph order that the other tables share
        glyphs[name] = Glyph()
        font["hmtx"][name] = (width, 0)
        blanks[width] = name
    return blanks[width]


def _rename(font: TTFont, family: str) -> None:
    """Take the reserved name out of every name of the font but its copyright and licence."""
    kept = [record for record in font["name"].names if record.nameID != 7]  # 7: the trademark on the old name
    for record in kept:
        if record.nameID in (1, 3, 4, 6, 16, 18, 20):
            text = record.toUnicode()
            for reserved in PRINT_NAMES:
                text = text.replace(reserved, family).replace(reserved.replace(" ", ""), family.replace(" ", ""))
            record.string = text
    font["name"].names = kept


def _saved(font: TTFont) -> bytes:
    out = BytesIO()
    font.save(out, reorderTables=None)
    return out.getvalue()
