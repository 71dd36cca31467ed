"""The patches of WeasyPrint change no page: what is laid out with them is what is laid out without."""

from __future__ import annotations

import datetime
import gc
import re
import zlib
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import pytest
import weasyprint
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from weasyprint import images
from weasyprint.formatting_structure import boxes
from weasyprint.layout import percent
from weasyprint.text import line_break

from millesime.collector import collector_at_rest
from millesime.render.pdf import layout
from millesime.render.pdf.engine import weasyprint_patches
from millesime.render.pdf.engine.environment import load_engine
from millesime.render.pdf.engine.theme_scope import theme_scope
from millesime.render.pdf.engine.weasyprint_patches.line_breaking import quick_split
from millesime.render.pdf.engine.weasyprint_patches.shaping import GLYPH_FIELDS, glyph_numbers, keys_of
from millesime.render.pdf.engine.weasyprint_patches.shaping import settings as set_as

load_engine()

_ODD = (
    "a à de Le AV To. Y. Vous WAVE fi ffi l’administration peut-être anticonstitutionnellement gouvernance e.g. — – « "
    "» 1,000.50 “shared” (voir) [1] cœur naïve Ελλάδα Москва https://example.org/a/b/c?d=e partagé·e non\u2011sécable "
    "x… sur\xadcharge e\u0301te\u0301"
).split()
_OTHER_SCRIPTS = ["שלום", "日本語", "नमस्ते"]  # for which a machine may have no font
_WORDS = st.one_of(
    st.sampled_from([*_ODD, "10\u00a0000", "fin\u00a0!", "a\u202fb"]),
    st.text("abcdefghijklmnopqrstuvwxyzéèàç", min_size=1, max_size=17),
)
_TEXTS = st.lists(_WORDS, min_size=1, max_size=70).map(" ".join)


# ---- lines ---------------------------------------------------------------------


def _style(css: str, language: str):
    document = weasyprint.HTML(string=f"<html lang={language}><p style='{css}'>x").render()
    (box,) = [box for box in document.pages[0]._page_box.descendants() if hasattr(box, "pango_layout")]
    return box.style


_STYLES = [
    _style("font: 13px serif; hyphens: auto", "fr"),
    _style("font: 12px sans-serif; hyphens: auto; hyphenate-limit-chars: 6 3 3; hyphenate-limit-zone: 8%", "en"),
    _style("font: 11px monospace; hyphens: none; overflow-wrap: anywhere", "fr"),
    _style("font: 15px serif; word-spacing: 3px; letter-spacing: .5px", "en"),
]


def _lines(split, text: str, style, widths: list[float]) -> list[tuple]:
    """Return the lines of a text, of these widths in turns, as WeasyPrint asks for them."""
    context = SimpleNamespace(dictionaries={})
    found, at = [], 0
    while True:
        line, *measures = split(text, style, context, widths[at % len(widths)], 0, is_line_start=True)
        found.append((line.text, *measures))
        if measures[1] is None or at == 200:
            return found
        text = text.encode()[measures[1] :].decode().lstrip(" ")
        at += 1
        if not text:
            return found


@settings(max_examples=400)
@given(
    text=st.lists(_WORDS | st.sampled_from(_OTHER_SCRIPTS), min_size=1, max_size=70).map(" ".join),
    style=st.sampled_from(_STYLES),
    widths=st.lists(st.floats(30, 500), min_size=1, max_size=3),
)
@example(text="mot " * 60, style=_STYLES[0], widths=[440.0])
def test_lines_end_where_weasyprint_ends_them(text, style, widths):
    quick = quick_split(line_break, percent.percentage)
    expected = _lines(line_break.split_first_line, text, style, widths)
    for _ in range(3):  # what is short is remembered the second time
        assert _lines(quick, text, style, widths) == expected


@pytest.mark.parametrize("text", ["office", "AV To. ", "\u00ab naïve", " et ", "e\u0301te\u0301"])
def test_a_short_text_that_comes_again_is_drawn_with_the_glyphs_it_had(text):
    style = _style("font: 13px serif", "fr")
    split = quick_split(line_break, percent.percentage)
    first, second, third = (split(text, style, SimpleNamespace(dictionaries={}), 300.0, 0) for _ in range(3))
    assert third[0].__dict__.get("run") is not None, "shaped once more"
    assert (third[0].text, *third[1:]) == (first[0].text, *first[1:])
    keeper, _ = set_as(line_break)(style).fonts[third[0].run.font]
    assert keeper not in (first[0], second[0]), "who draws them may give them another text, and so lose the font"
    remembered = keys_of(third[0].run.numbers.tolist())
    assert remembered == _glyphs(text, style)
    assert "".join(third[0].run.text_of(at) for at in range(len(remembered))) == text
    narrow = split(text, style, SimpleNamespace(dictionaries={}), third[3] - 1, 0)
    slow = line_break.split_first_line(text, style, SimpleNamespace(dictionaries={}), third[3] - 1, 0)
    assert (narrow[0].text, *narrow[1:]) == (slow[0].text, *slow[1:])


def test_texts_that_are_set_otherwise_are_not_taken_for_each_other():
    split = quick_split(line_break, percent.percentage)
    sayings = [
        "", "font-weight: bold", "font-style: italic", "font-size: 14px", "font-family: monospace", "direction: rtl",
        "font-variant-numeric: oldstyle-nums", "font-feature-settings: 'kern' 0", "font-kerning: none",
        "text-decoration: underline", "font-variant-ligatures: none",
    ]  # fmt: skip
    # Of one document, since those of others choose from fonts of their own.
    paragraphs = "".join(f'<p style="font: 13px serif; {css}">x</p>' for css in sayings)
    (page,) = weasyprint.HTML(string=f"<html lang=fr>{paragraphs}").render().pages
    styles = [box.style for box in page._page_box.descendants() if hasattr(box, "pango_layout")]
    assert len(styles) == len(sayings)
    for style in styles * 3:
        line, *measures = split("office AV 1250", style, SimpleNamespace(dictionaries={}), 900.0, 0)
        slow = line_break.split_first_line("office AV 1250", style, SimpleNamespace(dictionaries={}), 900.0, 0)
        assert measures == list(slow[1:])
        if (run := line.__dict__.get("run")) is not None:
            assert keys_of(run.numbers.tolist()) == _glyphs("office AV 1250", style)


def _glyphs(text: str, style) -> list[tuple]:
    """Return what Pango shapes a text of one font to."""
    alone = line_break.Layout(style)
    alone.set_text(text)
    line, _ = alone.get_first_line()
    assert line.runs.next == line_break.ffi.NULL
    return keys_of(glyph_numbers(line_break.ffi, line.runs.data.glyphs).tolist())


def test_a_line_is_drawn_as_its_text_was_shaped_unless_a_pair_is_parted():
    split, style = quick_split(line_break, percent.percentage), _style("font: 13px serif", "fr")
    lines = []
    text = " ".join(["L’accord fut Tardif. Yvon fit office d’arbitre"] * 9)
    while text:
        line, _, resume, *_ = split(text, style, SimpleNamespace(dictionaries={}), 200.0, 0)
        lines.append(line)
        text = text.encode()[resume:].decode() if resume else ""
    drawn = [line for line in lines if line.__dict__.get("run") is not None]
    assert len(drawn) > len(lines) / 2
    for line in drawn:
        first, last = line.place
        assert "".join(line.run.text_of(at) for at in range(first, last)) == line.text
        piece = line.run.numbers.tolist()[first * GLYPH_FIELDS : last * GLYPH_FIELDS]
        shaped, _ = line.get_first_line()  # alone, as is anybody's wish who asks
        assert line.run is None
        assert keys_of(glyph_numbers(line_break.ffi, shaped.runs.data.glyphs).tolist()) == keys_of(piece)


def test_most_lines_are_found_without_weasyprint(monkeypatch):
    text = " ".join(["gouvernance partagée, mot après mot"] * 60)
    asked = []
    slow = line_break.split_first_line
    monkeypatch.setattr(
        line_break, "split_first_line", lambda *values, **named: asked.append(1) or slow(*values, **named)
    )
    lines = _lines(quick_split(line_break, percent.percentage), text, _STYLES[0], [300.0])
    assert len(lines) > 20
    assert len(asked) < len(lines) / 3


# ---- pages ---------------------------------------------------------------------

_SHEET = theme_scope({}).style
_INLINE = st.builds(
    lambda tag, text: f"<{tag}>{text}</{tag}>",
    st.sampled_from(["em", "strong", "code", "del", "ins", "sup", "span", "q"]),
    _TEXTS,
)
_BOXES = st.sampled_from([
    "", "outline: 2px solid red; outline-offset: 1px", "border-left: 1pt dotted",
    "border: 0 solid; border-image: linear-gradient(red, blue) 1 / 4px",
    "position: relative", "visibility: hidden; border: 1px solid; outline: 1px solid",
    "columns: 2; column-rule: 1px solid", "border: 3px solid; border-image: linear-gradient(red, blue) 1",
    "float: left; width: 40%", "position: absolute; top: 3px", "direction: rtl",
    "page: opening", "float: left; page: landscape",
    "border: 1px dashed; border-radius: 4px", "color: rgba(10, 20, 30, .5)",
    "background: #eee; border-radius: 30% / 10px", "background: linear-gradient(red, blue) 3px 4px no-repeat",
    "visibility: hidden; background: #eee", "letter-spacing: .4px; word-spacing: 2px", "text-decoration: underline",
    "overflow-wrap: normal; font-variant-numeric: normal; text-align: left", "font: 14px serif; hyphens: none",
])  # fmt: skip
_BLOCKS = st.one_of(
    st.builds("<div style='{}'>{}<p style='{}'>{}</p></div>".format, _BOXES, _TEXTS, _BOXES, _TEXTS),
    st.builds("<p{}>{}</p>".format, st.sampled_from(["", " class='note'", " lang='en'"]), _TEXTS),
    st.builds("<p>{} {} {}</p>".format, _TEXTS, _INLINE, _TEXTS),
    st.builds("<ul><li>{}</li><li><p>{}</p></li></ul>".format, _TEXTS, _TEXTS),
    st.builds("<ol><li>{}</li></ol><blockquote><p>{}</p></blockquote>".format, _TEXTS, _INLINE),
    st.builds("<table><tbody><tr><td>{}</td><td>{}</td></tr></tbody></table>".format, _INLINE, _TEXTS),
    st.builds("<p style='text-align: justify; width: {}%'>{}</p>".format, st.integers(20, 90), _TEXTS),
    st.builds("<p>{}<span class='footnote'>{}</span></p>".format, _TEXTS, _TEXTS),
    st.builds("<pre><code>{}\n    {}</code></pre><h2>{}</h2>".format, _TEXTS, _INLINE, _TEXTS),
)  # fmt: skip


def _source(blocks: list[str]) -> layout.UnitSource:
    """Return a chapter whose blocks have ids, but for every third."""
    named = [
        re.sub(r"^<(\w+)", rf"<\1 id='p{number}'", block) if number % 3 else block
        for number, block in enumerate(blocks)
    ]
    return layout.UnitSource(
        key="", html=f"<section class='chapter' id='un'>{''.join(named)}</section>".encode(),
        root=b"<html lang='fr'><head/><body>", head=b"", style=_SHEET, pictures={}, foreign=(), side="right",
        date=datetime.date(2020, 1, 1),
    )  # fmt: skip


def _content(page) -> str:
    """Return what is painted, without the turns of the pen that turn it nowhere."""
    painted = zlib.decompress(page.content).decode("latin-1")
    return re.sub(r"><|<>", "", re.sub(r"(?<=>)0(?=[<\]])", "", painted))


@contextmanager
def _no_patches():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weasyprint.layout, "make_margin_boxes", lambda context, page, state: ())
        yield


_PAIRS = "code = readLines(“https://raw.githubusercontent.com/NOAA-EDAB/ecodata/master/chunk-scripts”), AV-AV/Te/T."


@settings(max_examples=60)
@given(st.lists(_BLOCKS, min_size=1, max_size=9))
# A line that ends between "/" and "m", which are a pair, is wider than it was.
@example([f"<p lang='en' style='width: {150 + step / 4}px'>{_PAIRS}</p>" for step in range(1200)])
# The first and the last page that a box asks for are not the same.
@example(["<p>a</p>", "<div>b<p style='page: landscape'>c</p></div>", "<div><p style='page: opening'>d</p>e</div>"])
@pytest.mark.thorough  # in an ordinary run: both paths paint the same, test_pdf_by_unit.py
def test_pages_are_painted_as_without_patches(blocks):
    source = _source(blocks)
    quick, *others = (layout.lay_out(source).unit for _ in range(3))  # short texts are remembered meanwhile
    assert others == [quick, quick]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weasyprint_patches, "patched", _no_patches)
        slow = layout.lay_out(source).unit
    assert len(quick.pages) == len(slow.pages)
    for one, other in zip(quick.pages, slow.pages, strict=True):
        assert _content(one) == _content(other)
        assert (one.anchors, one.bookmarks, one.frame, one.strings) == (
            other.anchors,
            other.bookmarks,
            other.frame,
            other.strings,
        )
    assert (quick.elements, quick.objects, quick.links) == (slow.elements, slow.objects, slow.links)


@settings(max_examples=20)
@given(st.lists(_BLOCKS, min_size=1, max_size=9))
def test_pages_that_are_only_measured_are_those_that_are_laid_out(blocks):
    source = _source(blocks)
    whole, measured = (layout.lay_out(one).unit for one in (source, replace(source, awaits_folios=True)))
    bare = {"boxes": b"", "content": b"", "links": (), "elements": b"", "glyphs": ()}
    assert measured.pages == tuple(replace(page, **bare) for page in whole.pages)
    assert [getattr(measured, name) for name in _FACTS] == [getattr(whole, name) for name in _FACTS]


_FACTS = ("starts", "ends", "sided", "notes")


def test_boxes_do_not_wait_for_the_cycle_collector():
    source = _source(["<p>Un <em>mot</em></p><svg xmlns='http://www.w3.org/2000/svg'><text>un</text></svg>"] * 30)
    layout.lay_out(source)
    gc.collect()
    with collector_at_rest():
        layout.lay_out(source)
        left = [one for one in gc.get_objects() if isinstance(one, boxes.Box)]
    assert not left


def test_an_upright_png_is_not_copied_and_a_turned_one_is_turned():
    turn = weasyprint_patches._quick_rotation(images)
    for orientation, size in ((None, (4, 2)), (1, (4, 2)), (6, (2, 4))):
        picture, file = Image.new("RGB", (4, 2)), BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "une photographie"
        if orientation:
            exif[0x0112] = orientation
        picture.save(file, format="PNG", exif=exif)
        read = Image.open(file)
        turned = turn(read, "from-image")
        assert turned.size == size
        assert (turned is read) == (orientation != 6)
