"""Folios left open, and put in later, are those that are printed when they are known from the start."""

import datetime
import zlib
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from millesime.render.pdf import layout
from millesime.render.pdf.engine.folios import with_folios
from millesime.render.pdf.engine.theme_scope import theme_scope

_STYLE = theme_scope({}).style
_NUMBERS = "tabular-nums lining-nums"
_FOLIO = "<span class='contents-folio'{} data-target='#{}' data-folio-of-data-target='{}'></span>"
_KINDS = ("contents-part", "contents-chapter", "contents-section")


def _source(entries: list[tuple[str, str]], folios: dict[str, int] | None, style: str = "") -> layout.UnitSource:
    """Return contents of (kind, title), entry n of which leads to a place `pn`."""
    lines = "".join(
        f"<p class='contents-entry {kind}'><a href='#p{number}'>{title}</a> "
        f"{_FOLIO.format(style, f'p{number}', folios[f'p{number}'] if folios else '000')}</p>"
        for number, (kind, title) in enumerate(entries)
    )
    return layout.UnitSource(
        key="", html=f"<section class='contents' id='c'><h1>Sommaire</h1>{lines}</section>".encode(),
        root=b"<html lang='fr'><head/><body>", head=b"", style=_STYLE, pictures={},
        foreign=tuple(sorted(f"p{number}" for number in range(len(entries)))), side="right",
        date=datetime.date(2020, 1, 1), awaits_folios=folios is None,
    )  # fmt: skip


_TITLES = st.text(st.sampled_from("aé fi0123456789 mW.–"), min_size=1, max_size=90).map(lambda text: f"T{text}")
_FOLIOS = st.one_of(st.integers(1, 12), st.integers(1, 1200), st.integers(1, 999_999))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(_KINDS), _TITLES, _FOLIOS), min_size=1, max_size=60))
@example([(kind, "T", 10**size + size) for kind in _KINDS for size in range(6)])
def test_folios_put_in_are_drawn_as_if_they_had_been_known(entries):
    folios = {f"p{number}": folio for number, (_, _, folio) in enumerate(entries)}
    lines = [(kind, title) for kind, title, _ in entries]
    left_open, known = (layout.lay_out(_source(lines, told)).unit for told in (None, folios))
    assert left_open.takes_folios
    drawn = _glyphs(left_open)
    for one, other in zip(left_open.pages, known.pages, strict=True):
        assert zlib.decompress(with_folios(one, folios)) == zlib.decompress(other.content)
        assert replace(one, content=b"", folios=(), glyphs=()) == replace(other, content=b"", glyphs=())
        assert all(dict(glyphs).items() <= drawn[font].items() for font, glyphs in other.glyphs)
    same = ("elements", "objects", "links", "streams", "resources", "starts", "ends", "sided", "notes")
    assert [getattr(left_open, name) for name in same] == [getattr(known, name) for name in same]
    widths = {font.name: font.widths for font in left_open.fonts}
    assert all(font.widths.items() <= widths[font.name].items() for font in known.fonts)


def _glyphs(unit) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for page in unit.pages:
        for font, glyphs in page.glyphs:
            found.setdefault(font, {}).update(glyphs)
    return found


def test_a_folio_of_no_page_stays_a_placeholder():
    unit = layout.lay_out(_source([("contents-part", "A")], None)).unit
    assert zlib.decompress(with_folios(unit.pages[0], {})) == zlib.decompress(
        layout.lay_out(replace(_source([("contents-part", "A")], None), awaits_folios=False)).unit.pages[0].content
    )


@pytest.mark.parametrize(
    "style",
    [
        "position: static",  # it stands in the line, and moves what is beside it
        "width: auto",
        "width: 8pt",  # too narrow for a longer one
        "text-align: left",
        "text-decoration: underline",
        "letter-spacing: 1pt",
        "direction: rtl",
        "visibility: hidden",
    ],
)
def test_folios_that_move_something_are_not_left_open(style):
    unit = layout.lay_out(_source([("contents-part", "A"), ("contents-section", "B")], None, f" style='{style}'")).unit
    assert not unit.takes_folios
    assert [page.content for page in unit.pages] == [b""]


_AFTER = f".contents-folio::after {{ content: attr(data-folio-of-data-target); font-variant-numeric: {_NUMBERS} }}"


@pytest.mark.parametrize(
    "rule",
    [
        _AFTER.replace("tabular", "proportional"),  # a 1 is narrower than a 0
        _AFTER.replace("content: ", 'content: "p. " '),
        _AFTER.replace("}", "; border-right: 1pt solid }"),
        _AFTER.replace("}", "; background: #eee }"),
        f"{_AFTER} h1 {{ bookmark-label: 'page 000' }}",
        f"{_AFTER} .contents-entry {{ string-set: chapter attr(data-running) '000' }}",
        f"{_AFTER} .contents-entry {{ opacity: .5 }}",  # drawn apart, and taken into the page as one piece
    ],
)
def test_folios_that_a_theme_does_not_let_alone_are_not_left_open(rule):
    assert _AFTER in _STYLE
    source = _source([("contents-part", "A"), ("contents-section", "B")], None)
    assert layout.lay_out(source).unit.takes_folios
    unit = layout.lay_out(replace(source, style=_STYLE.replace(_AFTER, rule))).unit
    assert not unit.takes_folios
    assert [page.content for page in unit.pages] == [b""]


@pytest.mark.parametrize("word", ["added", "ajouté"])
def test_folios_that_are_said_aloud_are_not_left_open(word):
    source = _source([("contents-part", "A")], None)
    ins = f"<ins data-starts='{word}' data-ends='{word}'><a ".encode()
    html = source.html.replace(b"<a ", ins).replace(b"</p>", b"</ins></p>")
    unit = layout.lay_out(replace(source, html=html, awaits_folios=False)).unit
    assert any(b"/ActualText" in item and b"000" in item for item in unit.objects)
    assert not layout.lay_out(replace(source, html=html)).unit.takes_folios
