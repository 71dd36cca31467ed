"""What a PDF says of its glyphs is the text of the report, character by character."""

from __future__ import annotations

import datetime
import re
import zlib
from html import escape
from io import BytesIO

import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from millesime.render.fonts import SANS, SERIF, STYLES, print_font
from millesime.render.pdf import layout, print_report
from millesime.render.pdf.engine.glyph_codes import read_codes
from millesime.render.pdf.engine.theme_scope import theme_scope
from millesime.render.pdf.plain import print_plain
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import said_by

# Hyphens, spaces, apostrophes, ligatures and letters that fonts draw alike; and their neighbours.
_SIGNS = (
    "-\u2010\u2011\u2013\u00a0\u202f'\u2019\u02bc\u2018\u02bbﬁfiﬂflﬀœŒéàêçÉ0123456789²³µμΩ\u2126`\u02cb.,:;«»aenrst"
)
_WORDS = st.text(st.sampled_from(_SIGNS), min_size=1, max_size=14)
_FRAMES = st.sampled_from([
    "<p>{}</p>", "<p><em>{}</em></p>", "<p><strong>{}</strong></p>", "<h2>{}</h2>", "<p><code>{}</code></p>",
    "<p>mot<sup>{}</sup></p>", "<table><tbody><tr><td>{}</td></tr></tbody></table>", "<blockquote>{}</blockquote>",
])  # fmt: skip
_LONG = "anticonstitutionnellement démocratiquement gouvernementalement"


def _unit_text(html: str) -> str:
    """Return what the glyphs of a chapter say, in the order in which they are drawn, its lines joined."""
    source = layout.UnitSource(
        key="", html=f"<section class='chapter' id='un'>{html}</section>".encode(),
        root=b"<html lang='fr'><head/><body>", head=b"", style=theme_scope({}).style, pictures={}, foreign=(),
        side="right", date=datetime.date(2020, 1, 1),
    )  # fmt: skip
    unit = layout.lay_out(source).unit
    texts: dict[str, dict[int, str]] = {}
    for page in unit.pages:
        for font, glyphs in page.glyphs:
            texts.setdefault(font, {}).update(glyphs)
    return "".join(_said(zlib.decompress(page.content).decode("latin-1"), texts) for page in unit.pages)


def _said(content: str, texts: dict[str, dict[int, str]]) -> str:
    said, font = "", ""
    for name, shown in re.findall(r"/(\w+) [\d.]+ Tf|<([0-9a-f]+)>(?=[^<>]*(?:<[^<>]*>[^<>]*)*TJ)", content):
        font = name or font
        said += "".join(texts[font][int(shown[at : at + 4], 16)] for at in range(0, len(shown), 4))
    return said


def _bare(text: str) -> str:
    """Return a text without what the end of a line takes or adds."""
    return text.replace(" ", "").replace("\u00ad", "")


@settings(max_examples=25)
@given(st.lists(st.tuples(_FRAMES, st.lists(_WORDS, min_size=1, max_size=40)), min_size=1, max_size=5))
@example([("<p>{}</p>", ["peut\u2011être", "a-b", "sous\u2010préfet"]), ("<p><em>{}</em></p>", ["\u2011", "-"])])
@example([("<p>{}</p>", ["ﬁn", "fin", "l\u00a0an", "l an", "1\u202f%"])])
def test_each_character_keeps_its_code(blocks):
    texts = [" ".join([*words, _LONG]) for _, words in blocks]
    html = "".join(frame.format(escape(text)) for (frame, _), text in zip(blocks, texts, strict=True))
    marks = ["mot" if "mot" in frame else "" for frame, _ in blocks]
    assert _bare(_unit_text(html)) == _bare("".join(map(str.__add__, marks, texts)))


def test_a_hyphen_that_parts_a_word_is_a_soft_one_and_one_of_the_text_is_not():
    words = " ".join(["sous\u2010préfet"] * 40)
    said = _unit_text(f"<p>{' '.join([_LONG] * 8)}</p><p>{words}</p>")
    assert said.count("\u00ad") > 2
    assert said.count("\u2010") == 40


_FIRST = "Peut\u2011être l\u2019an\u00a02019\u00a0: <https://a-b.example.org/x-y>, *porte-avion*, ﬁn fin.\n"
_SECOND = "Un arc-en-ciel *là-bas*, peut\u2011être **peut\u2011être sous-main**.\n"


@pytest.mark.parametrize("path", [print_report, print_plain])
def test_whole_books_say_what_is_printed_in_whatever_order_it_comes(path):
    book = report(
        chapter("un", *markdown(_FIRST), title="Peut\u2011être", number="1"),
        chapter("deux", *markdown(_SECOND), title="Là-haut", number="2"),
    )
    said = _bare(said_by(path(book).content))
    for text in (
        "Peut\u2011êtrel\u2019an\u00a02019\u00a0:https://a-b.example.org/x-y,porte-avion,ﬁnfin.",
        "Unarc-en-ciellà-bas,peut\u2011êtrepeut\u2011êtresous-main.",
        "Là-haut",
    ):
        assert text in said


@pytest.mark.parametrize("path", [print_report, print_plain])
def test_characters_that_share_a_glyph_are_drawn_with_it(path):
    content = path(report(chapter("un", *markdown("a-b a\u2011b a\u2010b\n"), number="1"))).content
    with pikepdf.open(BytesIO(content)) as document:
        fonts = {str(font.BaseFont): font for page in document.pages for font in page.Resources.Font.values()}
        (font,) = [font for name, font in fonts.items() if name.endswith("Millesime-Serif")]
        numbers = {
            text: int(number, 16)
            for number, text in re.findall(r"<(\w{4})> <(\w{4})>", font.ToUnicode.read_bytes().decode())
        }
        glyphs = font.DescendantFonts[0].CIDToGIDMap.read_bytes()
    hyphens = [numbers[code] for code in ("002d", "2010", "2011")]
    assert len(set(hyphens)) == 3
    assert len({glyphs[2 * number : 2 * number + 2] for number in hyphens}) == 1


@pytest.mark.parametrize("face", [(family, style) for family in (SERIF, SANS) for style in STYLES], ids=str)
def test_numbers_of_characters_are_no_glyphs(face):
    family, style = face
    content = print_font(family, 400, style)
    codes = read_codes(content)
    assert "\u2011" in codes.numbers
    assert len(set(codes.numbers.values())) == len(codes.numbers)
    assert min(codes.glyphs) > max(codes.glyphs.values())
