"""Tables and boxes over several pages: every word once, and no heading, caption or header row alone."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from contextlib import nullcontext

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from millesime.markup.ast import Block
from millesime.render.pdf import layout
from millesime.render.pdf.by_unit import print_by_unit
from millesime.render.pdf.engine import weasyprint_patches
from millesime.render.pdf.engine.environment import surroundings
from millesime.render.pdf.engine.footnotes import running_on
from millesime.render.pdf.engine.tall_rows import tall_rows_parted
from millesime.render.pdf.engine.whole_notes import notes_kept
from millesime.render.pdf.plain import print_plain
from millesime.render.pdf.values.layout_steps import run_here
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import facts_of, text_of_pages

# A page of eighteen lines of eight short words.
_SHEET = """
@page { size: 300px 320px; margin: 10px; @footnote { margin-top: 6px; padding-top: 4px; border-top: 1px solid } }
html { font: 12px/16px "DejaVu Sans"; orphans: 2; widows: 2 } body, p, ul { margin: 0 }
h2 { margin: 8px 0 4px; font-size: 12px; break-after: avoid }
.footnote { float: footnote; font-size: 9px; line-height: 12px; footnote-policy: line }
table { width: 100%; border-collapse: collapse; table-layout: fixed; border-top: 1px solid }
caption { break-after: avoid } .ending { break-before: avoid } caption, tr, .kept { break-inside: avoid }
td, th { padding: 2px 2px 2px 0; vertical-align: top; text-align: left; border-bottom: .3px solid }
"""

_SIZES = st.sampled_from([1, 2, 5, 15, 40, 90, 150])  # words: from one line to three pages
_FRAMES = st.sampled_from(["{}", "{}", "<p>{}</p><p>{}</p>", "<ul><li>{}</li><li>{}</li><li>{}</li></ul>", "{}NOTE {}"])
_CELLS = st.tuples(_FRAMES, _SIZES, st.sampled_from([1, 1, 1, 1, 2, 3]))  # with the rows that it spans
_TABLES = st.fixed_dictionaries({
    "before": st.sampled_from([3, 40, 90, 110, 130]),  # words of the paragraph above
    "caption": st.sampled_from([0, 3, 25]),
    "header": st.sampled_from([0, 1, 1, 6]),
    "ending": st.booleans(),  # the line behind the table must not leave it
    "rows": st.integers(1, 3).flatmap(
        lambda columns: st.lists(st.lists(_CELLS, min_size=columns, max_size=columns), min_size=1, max_size=4)
    ),
})  # fmt: skip


class _Book:
    """Tables whose words are numbered: "w12x" in the text, "n13x" in notes, "h1x" in headers, "s14x" before a table."""

    def __init__(self, tables: list[dict]) -> None:
        self.count = self.notes = self.heads = 0
        self.html = "".join(map(self._table, tables))

    def _words(self, count: int, sign: str = "w") -> str:
        start, self.count = self.count, self.count + count
        return " ".join(f"{sign}{number}x" for number in range(start, start + count))

    def _table(self, table: dict) -> str:
        html = f"<p>{self._words(table['before'])}</p><h2>{self._words(1, 's')}</h2><table>"
        if table["caption"]:
            html += f"<caption>{self._words(table['caption'], 's')}</caption>"
        columns = len(table["rows"][0])
        if table["header"]:
            self.heads += 1
            others = f"<th>{'tête ' * table['header']}</th>" * (columns - 1)
            html += f"<thead><tr><th>h{self.heads}x</th>{others}</tr></thead>"
        html += "<tbody>"
        free = [0] * columns  # the first row that no cell above covers, in each column
        for at, row in enumerate(table["rows"]):
            html += "<tr>"
            for column, (frame, size, span) in enumerate(row):
                if free[column] <= at:
                    span = min(span, len(table["rows"]) - at)
                    free[column] = at + span
                    html += f"<td rowspan='{span}'>{self._cell(frame, size)}</td>"
            html += "</tr>"
        kind = "ending" if table["ending"] else ""
        return f"{html}</tbody></table><p class='{kind}'>{self._words(3)}</p>"

    def _cell(self, frame: str, size: int) -> str:
        if "NOTE" in frame:
            self.notes += 1
            note = f"<span class='footnote' id='un-fnref{self.notes}'>{self._words(min(size, 40), 'n')}</span>"
            frame = frame.replace("NOTE", note)
        parts = frame.count("{}")
        return frame.format(*(self._words(max(1, size // parts)) for _ in range(parts)))


def _pages(html: str, *, quick: bool = False) -> list:
    tree = etree.fromstring(f"<html><body><section>{html}</section></body></html>")
    quickly = weasyprint_patches.patched() if quick else nullcontext()
    with surroundings(datetime.date(2020, 1, 1)) as notes, quickly, running_on(), tall_rows_parted(), notes_kept():
        return layout.press_for(_SHEET).render(tree, {}, notes, variant=None).pages


def _lines(page, kind: str = "") -> list[tuple[float, str]]:
    """Return the lines of a page's text or notes: how far below the top of the page each ends, and what it says."""
    found, waiting = [], list(reversed(page._page_box.children))
    while waiting:
        box = waiting.pop()
        box = getattr(box, "_box", box)
        name = type(box).__name__
        if name == "FootnoteAreaBox" and kind != "note":
            continue
        if name == "LineBox":
            found.append((box.position_y + box.height, "".join(_texts(box))))
        else:
            waiting += reversed(box.children)
    return found


def _texts(box) -> list[str]:
    own = getattr(box, "text", "")
    return [own] * bool(own) + [text for child in box.children for text in _texts(getattr(child, "_box", child))]


def _words(page, signs: str) -> list[str]:
    return re.findall(rf"[{signs}]\d+x", " ".join(text for _, text in _lines(page, "note")))


def _assert_nothing_is_alone(html: str, pages: list) -> None:
    order = re.findall(r"[ws]\d+x", html)
    headed = [set(re.findall(r"w\d+x", table)) for table in re.findall(r"<thead>.*?</table>", html)]
    for page in pages:
        text = _words(page, "w")
        strange = _words(page, "s")
        if strange:  # a heading and a caption: the text behind them begins on the page
            behind = order[order.index(strange[-1]) :]
            assert next(word for word in behind if word[0] == "w") in text, strange
        heads = _words(page, "h")
        assert len(heads) == len(set(heads))
        for number, words in enumerate(headed, 1):
            assert (f"h{number}x" in heads) == bool(words.intersection(text)), (number, text[:3])
        areas = [box for box in page._page_box.children if type(box).__name__ == "FootnoteAreaBox"]
        foot = page._page_box.content_box_y() + page._page_box.height
        top_of_notes = min([foot, *(area.border_box_y() for area in areas)])
        assert max((bottom for bottom, _ in _lines(page)), default=0) <= top_of_notes + 1


_TALL = {
    "before": 90, "caption": 3, "header": 1, "rows": [[("{}", 150, 1), ("{}", 2, 1)], [("{}", 1, 1)] * 2],
    "ending": False,
}  # fmt: skip


# A case is too slow to be made smaller.
@settings(max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(tables=st.lists(_TABLES, min_size=1, max_size=2), quick=st.booleans())
@example(tables=[_TALL], quick=True)
@example(tables=[{**_TALL, "rows": [[("{}", 90, 1), ("{}NOTE {}", 40, 1)]]}], quick=False)  # notes behind a full cell
@example(tables=[{**_TALL, "rows": [[("{}", 150, 2), ("{}", 15, 1)], [("{}", 1, 1), ("{}", 90, 1)]]}], quick=True)
def test_every_word_of_a_table_is_printed_once_and_nothing_is_alone_on_a_page(tables, quick):
    made = _Book(tables)
    pages = _pages(made.html, quick=quick)
    printed = Counter(word for page in pages for word in _words(page, "wsn"))
    assert printed == Counter(re.findall(r"[wsn]\d+x", made.html))
    _assert_nothing_is_alone(made.html, pages)


def _row(words: int, sign: str = "w", start: int = 0) -> str:
    return "<tr><td>" + " ".join(f"{sign}{at}x" for at in range(start, start + words)) + "</td></tr>"


_HEADER = "<thead><tr><th>h1x</th></tr></thead>"


def test_a_row_that_a_page_can_hold_stays_whole_unless_much_of_the_page_would_be_empty():
    def pages_of(before: int) -> list[int]:
        text = "<br/>".join(["texte"] * before)
        html = f"<p>{text}</p><table>{_HEADER}<tbody>{_row(60)}</tbody></table>"  # nine lines
        return [len(_words(page, "w")) for page in _pages(html)]

    assert pages_of(8) == [60]
    assert pages_of(14) == [0, 60], "a little less than a quarter of the page is left"
    first, second = pages_of(11)
    assert first and second


def test_a_row_longer_than_a_page_begins_where_it_stands():
    text = "<br/>".join(["texte"] * 13)
    pages = _pages(f"<p>{text}</p><table>{_HEADER}<tbody>{_row(400)}</tbody></table>")
    assert [bool(_words(page, "w")) for page in pages] == [True] * len(pages)
    assert [_words(page, "h") for page in pages] == [["h1x"]] * len(pages)


def test_a_row_begins_with_all_its_cells():
    three = "<td>w0x<br/>w1x<br/>w2x</td>"  # can begin only whole
    for before in (14, 15, 16, 17):
        text = "<br/>".join(["texte"] * before)
        long = " ".join(f"w{at}x" for at in range(3, 150))
        pages = _pages(f"<p>{text}</p><table><tbody><tr>{three}<td>{long}</td></tr></tbody></table>")
        first = next(page for page in pages if _words(page, "w"))
        assert {"w0x", "w1x", "w2x", "w3x"} <= set(_words(first, "w"))


def test_the_last_line_of_a_tall_row_is_not_alone_on_a_page():
    for count in (33, 34, 35, 36):
        items = "".join(f"<p>w{at}x</p>" for at in range(count))
        pages = _pages(f"<table>{_HEADER}<tbody><tr><td>{items}</td></tr></tbody></table>")
        assert all(len(_words(page, "w")) > 1 for page in pages), count
        assert [word for page in pages for word in _words(page, "w")] == [f"w{at}x" for at in range(count)]


def test_a_cell_without_room_on_a_page_goes_on_where_it_was():
    # The picture of the second cell waits for a page with room; the words before it are not printed again.
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    picture = f"<img style='display: block; height: 250px' src='data:image/png;base64,{dot}'/>"
    long = " ".join(f"w{at}x" for at in range(10, 300))
    header = "<thead><tr><th>h1x<br/>a<br/>b<br/>c<br/>d</th><th>e</th></tr></thead>"
    pages = _pages(f"<table>{header}<tr><td>{long}</td><td>w0x w1x w2x{picture}</td></tr></table>")
    assert Counter(word for page in pages for word in _words(page, "w")) == {
        f"w{at}x": 1 for at in (*range(3), *range(10, 300))
    }


def test_a_header_as_tall_as_a_page_is_printed_once():
    for words in (100, 140, 400):
        header = _row(words, "h").replace("td>", "th>")
        pages = _pages(f"<p>texte</p><h2>s0x</h2><table><thead>{header}</thead><tbody>{_row(200)}</tbody></table>")
        assert [word for page in pages for word in _words(page, "h")] == [f"h{at}x" for at in range(words)]
        assert [word for page in pages for word in _words(page, "w")] == [f"w{at}x" for at in range(200)]
        first = next(page for page in pages if _words(page, "s"))
        assert "h0x" in _words(first, "h")


def test_a_row_begins_below_a_caption_that_nearly_fills_the_page():
    caption = "<br/>".join(["légende"] * 13)
    pages = _pages(f"<p>texte</p><h2>s0x</h2><table><caption>{caption}</caption><tbody>{_row(40)}</tbody></table>")
    first = next(page for page in pages if _words(page, "s"))
    assert "w0x" in _words(first, "w")
    assert [word for page in pages for word in _words(page, "w")] == [f"w{at}x" for at in range(40)]


@pytest.mark.parametrize("inner", ["<p>{}</p>", "<p style='break-after: avoid'>Cadre</p><p>{}</p>", "<pre>{}</pre>"])
def test_a_box_longer_than_a_page_begins_below_its_heading(inner):
    text = " ".join(f"w{at}x" for at in range(300))
    if "<pre>" in inner:
        text = text.replace(" ", "\n")
    pages = _pages(f"<p>texte</p><h2>s0x</h2><div><div class='kept'>{inner.format(text)}</div></div>")
    assert [word for page in pages for word in _words(page, "w")] == [f"w{at}x" for at in range(300)]
    first = next(page for page in pages if _words(page, "s"))
    assert "w0x" in _words(first, "w")


def test_tables_in_one_another_are_laid_out_in_time():
    html = _row(200)
    for depth in range(12):
        html = f"<tr><td>w{1000 + depth}x<table><tbody>{html}</tbody></table></td></tr>"
    pages = _pages(f"<p>texte</p><h2>s0x</h2><table><tbody>{html}</tbody></table>")
    printed = Counter(word for page in pages for word in _words(page, "w"))
    assert printed == {f"w{at}x": 1 for at in (*range(200), *range(1000, 1012))}


def test_a_line_that_must_not_leave_a_table_takes_the_end_of_a_tall_row_with_it():
    alone = 0
    for count in range(16, 60, 3):
        text = "<br/>".join(f"w{at}x" for at in range(count))
        html = f"<table>{_HEADER}<tbody><tr><td>{text}</td><td>deux</td></tr></tbody></table>"
        for space in (0, 8):  # a little more than is left
            last = f"<p style='break-before: avoid; padding-top: {space}px'>l0x</p>"
            pages = _pages(html + last)
            assert [word for page in pages for word in _words(page, "w")] == [f"w{at}x" for at in range(count)]
            assert "l0x" in _words(pages[-1], "l") and len(_words(pages[-1], "w")) > 1
            assert all(len(_words(page, "w")) > 12 for page in pages[:-1])
            alone += len(pages) > 1
    assert alone > 10


# ---- the book -------------------------------------------------------------------


def _chapter_blocks(tall: int, before: int) -> list[Block]:
    words = " ".join(f"w{at}x" for at in range(tall))
    html = (
        f"<table><caption>Une légende</caption><thead><tr><th>Tête</th><th>Autre</th></tr></thead><tbody>"
        f"<tr><td>{words}</td><td>deux</td></tr><tr><td rowspan='2'>trois</td><td>quatre</td></tr>"
        f"<tr><td>cinq</td></tr></tbody></table>"
    )
    text = "Des mots, et encore des mots qui se suivent.\n\n" * before
    pipe = f"| Un | Deux |\n|---|---|\n| court[^1] | {' '.join(f'v{at}x' for at in range(tall))}[^2] |\n"
    notes = f"[^1]: Une note.\n\n[^2]: Une autre : {' '.join(f'n{at}x' for at in range(120))}.\n"
    return markdown(f"{text}\n\n## Un tableau\n\n{html}\n\n## Un autre\n\n{pipe}\n\nUne suite.\n\n{notes}")


def test_both_paths_print_tall_rows_and_their_notes_alike():
    sizes = ((300, 25), (1100, 36))
    book = report(*(chapter(f"c{tall}", *_chapter_blocks(tall, before), number="1") for tall, before in sizes))
    by_unit, at_once = print_by_unit(book, run=run_here).content, print_plain(book).content
    assert facts_of(by_unit) == facts_of(at_once)
    text = text_of_pages(by_unit)
    printed = Counter(re.findall(r"[vwn]\d+x", re.sub(r"[-\N{HYPHEN}]\n", "", "\n".join(text))))
    wanted = Counter(f"{sign}{at}x" for tall, _ in sizes for sign in "vw" for at in range(tall))
    assert printed == wanted + Counter(f"n{at}x" for _ in sizes for at in range(120))
    for page in text:
        assert ("Tête" in page) == bool(re.search(r"\bw\d+x|trois|quatre|cinq", page))
        assert "Une légende" not in page or "w0x" in page
