"""Each call has its whole note, once and in order: on its page, or running on over the next ones."""

from __future__ import annotations

import datetime
import re
from contextlib import nullcontext

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from millesime.problems import EngineError
from millesime.render.pdf import layout, plain, print_report
from millesime.render.pdf.engine import footnotes, weasyprint_patches
from millesime.render.pdf.engine.environment import surroundings
from millesime.render.pdf.engine.whole_notes import LostNoteError, notes_kept
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import text_of_pages

# A page of a dozen lines of four words.
_SHEET = """
@page { size: 200px 260px; margin: 10px; @footnote { margin-top: 6px; padding-top: 4px; border-top: 1px solid } }
@page wide { size: 260px 200px }
html { font: 12px/18px "DejaVu Sans" } p, h2 { margin: 0 0 4px } h2 { break-after: avoid }
section { break-before: page }
.footnote { float: footnote; font-size: 9px; line-height: 12px; footnote-policy: line }
.footnote .note-first { display: inline }
.kept { break-inside: avoid; border: 1px solid; padding: 4px }
.wide { page: wide } .columns { columns: 2 }
table { width: 100%; border-collapse: collapse } img, .tall { height: 180px; background: #ccc }
"""

_LENGTHS = st.one_of(st.integers(1, 12), st.integers(13, 50), st.integers(51, 150))
_NOTES = st.lists(_LENGTHS, min_size=1, max_size=3)  # words of its paragraphs
_SPANS = st.lists(st.one_of(st.integers(1, 60), _NOTES), min_size=1, max_size=4)  # words, and notes between them
_FRAMES = st.sampled_from([
    "<p>{}</p>", "<p>{}</p>", "<p>{}</p>", "<h2>{}</h2>", "<ul><li>{}</li><li>fin</li></ul>", "<p class='wide'>{}</p>",
    "<ol><li><p>{}</p></li></ol>", "<blockquote><p>{}</p></blockquote>", "<div class='kept'><p>{}</p></div>",
    "<table><tbody><tr><td>{}</td><td>case</td></tr></tbody></table>", "<figure><img/><p>{}</p></figure>",
    "<table><thead><tr><th>tête</th></tr></thead><tbody><tr><td>un</td></tr><tr><td>{}</td></tr></tbody></table>",
    "<p style='orphans: 4; widows: 4'>{}</p>", "<div class='tall'></div><p>{}</p>", "<section><p>{}</p></section>",
    "<div class='columns'><p>{}</p></div>",
    "<dl><dt>terme</dt><dd>{}</dd></dl>", "<p style='break-before: right'>{}</p>", "<pre>{}</pre>",
])  # fmt: skip


class _Chapter:
    """Blocks whose notes have words of their own: "n3w12" is the word 12 of the note 3."""

    def __init__(self, blocks: list[tuple[str, list]]) -> None:
        self.notes: list[int] = []
        self.html = "".join(frame.format(" ".join(map(self._span, spans))) for frame, spans in blocks)

    def _span(self, span: int | list[int]) -> str:
        if isinstance(span, int):
            return " ".join(["texte"] * span)
        number, start, parts = len(self.notes), 0, []
        for length in span:
            words = " ".join(f"n{number}w{at}" for at in range(start, start + length))
            parts.append(f"<p class='{'' if start else 'note-first'}'>{words}</p>")
            start += length
        self.notes.append(start)
        return f"<div class='footnote' id='un-fnref{number + 1}'>{''.join(parts)}</div>"

    @property
    def words(self) -> list[str]:
        return [f"n{number}w{at}" for number, length in enumerate(self.notes) for at in range(length)]


def _pages(html: str, *, run_on=footnotes.running_on, quick: bool = False) -> list:
    tree = etree.fromstring(f"<html><body><section>{html}</section></body></html>")
    date = datetime.date(2020, 1, 1)
    with surroundings(date) as notes, weasyprint_patches.patched() if quick else nullcontext(), run_on(), notes_kept():
        return layout.press_for(_SHEET).render(tree, {}, notes, variant=None).pages


def _texts(box) -> list[str]:
    box = getattr(box, "_box", box)
    own = getattr(box, "text", "")
    return [own] * bool(own) + [text for child in box.children for text in _texts(child)]


def _area(page):
    return next((box for box in page._page_box.children if type(box).__name__ == "FootnoteAreaBox"), None)


def _printed(pages) -> list[str]:
    areas = [area for page in pages if (area := _area(page)) is not None]
    return re.findall(r"n\d+w\d+", " ".join(text for area in areas for text in _texts(area)))


@settings(max_examples=20)
@given(blocks=st.lists(st.tuples(_FRAMES, _SPANS), min_size=1, max_size=4), quick=st.booleans())
@example(blocks=[("<p>{}</p>", [1, [300], 1])], quick=True)  # longer than a page, at the end
@example(blocks=[("<p>{}</p>", [5, [90], 1, [90], 1, [90]])], quick=True)  # several, on one line
@example(blocks=[("<p>{}</p>", [40, [15]]), ("<section><p>{}</p></section>", [2, [2]])], quick=False)
@example(blocks=[("<figure><img/><p>{}</p></figure>", [8, [60]])], quick=False)
def test_every_note_is_printed_whole_once_and_in_order(blocks, quick):
    made = _Chapter(blocks)
    pages = _pages(made.html, quick=quick)
    printed = _printed(pages)
    if "columns" in made.html:
        assert sorted(printed) == sorted(made.words)
    else:
        assert printed == made.words
    text = sum(text.count("texte") for page in pages for text in _texts(page._page_box.children[0]))
    assert text == made.html.count("texte")
    for page in pages:
        assert (area := _area(page)) is None or area.position_y >= page._page_box.content_box_y() - 1


def test_a_note_begins_on_the_page_of_its_call_and_leaves_no_gap():
    made = _Chapter([("<p>{}</p>", [25, [150], 80])])
    pages = _pages(made.html)
    first = _texts(pages[0]._page_box)
    assert "n0w0" in " ".join(first)
    assert "n0w149" not in " ".join(first)
    foot = pages[0]._page_box.content_box_y() + pages[0]._page_box.height
    assert abs(_area(pages[0]).position_y + _area(pages[0]).margin_height() - foot) < 0.5


def test_what_is_left_of_notes_at_a_chapters_end_is_on_pages_of_the_chapter():
    made = _Chapter([("<p>{}</p>", [5, [300]]), ("<section><p>{}</p></section>", [5])])
    pages = _pages(made.html)
    with_notes = [at for at, page in enumerate(pages) if _area(page) is not None]
    assert with_notes == list(range(len(pages) - 1))
    assert not any(page._page_box.page_type.blank for page in pages)


def test_pages_of_nothing_but_notes_are_pages_like_those_of_text():
    long = " ".join(f"n0w{at}" for at in range(600))
    opening = "<h2 style='page: wide'>Titre</h2><p>texte<span class='footnote'>{}</span></p>"
    pages = _pages(f"<div>{opening.format(long)}</div>")
    assert len({page._page_box.width for page in pages[1:]}) == 1
    assert pages[-1]._page_box.page_type.name == _pages("<div><p>texte</p></div>")[0]._page_box.page_type.name


def _lossy() -> str:
    """Return a chapter of which WeasyPrint loses a note by itself."""
    return _Chapter([("<p>{}</p>", [5, [300]])]).html


def test_a_layout_that_loses_a_part_of_a_note_stops_and_names_it():
    with pytest.raises(LostNoteError) as lost:
        _pages(_lossy(), run_on=nullcontext)
    assert lost.value.anchor == "un-fnref1"
    assert lost.value.opening.startswith("n0w0 n0w1")


_DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)  # fmt: skip
_LONG = f"Un appel[^l] et la suite.\n\n[^l]: {' '.join(f'mot{at}' for at in range(900))}\n"


def test_a_build_that_would_lose_a_note_names_the_file(monkeypatch):
    monkeypatch.setattr(layout, "running_on", nullcontext)
    with pytest.raises(EngineError) as stopped:
        print_report(report(chapter("eaux", *markdown(_LONG), number="1")))
    assert str(stopped.value).startswith("chapters/eaux.md: note 1 ('mot0 mot1 ")


def test_both_paths_print_a_note_longer_than_a_page_alike():
    book = report(
        chapter("eaux", *markdown(_LONG), number="1"), chapter("suite", *markdown("Une suite.\n"), number="2")
    )  # fmt: skip
    by_unit, at_once = (text_of_pages(printer(book).content) for printer in (print_report, plain.print_plain))
    assert by_unit == at_once
    joined = re.sub(r"[-\N{HYPHEN}]\n", "", "".join(by_unit))
    assert re.findall(r"mot\d+", joined) == [f"mot{at}" for at in range(900)]


def test_a_note_with_a_picture_that_fits_no_page_is_named():
    picture = f"<img src='data:image/png;base64,{_DOT}' style='width: 20px; height: 600px'/>"
    with pytest.raises(LostNoteError) as lost:
        _pages(f"<p>texte<span id='un-fnref1' class='footnote'>n0w0 {picture} n0w1</span></p>")
    assert lost.value.anchor == "un-fnref1"
