"""HTML in a text is read into nodes, whichever reader read the text; no word is lost."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millesime.markup.ast import Block, nodes_of, walk
from millesime.markup.pandoc import Source, read_documents, write_texts
from millesime.markup.raw_html import read_raw_html

READERS = ("markdown", "gfm", "commonmark", "commonmark_x", "markdown_mmd", "markdown_phpextra", "markdown_strict")


def read(text: str, reader: str = "markdown") -> list[Block]:
    (document,) = read_documents([Source(path="a.md", content=text.encode())], reader=reader)
    return document.blocks


def raw(html: str) -> Block:
    return {"t": "RawBlock", "c": ["html", html]}


def shape(value: Any) -> Any:
    """Return a table as rows of (text, rows, columns), head, bodies and foot behind each other."""
    (table,) = [node for node in walk(value) if node["t"] == "Table"]
    _, _, _, head, bodies, foot = table["c"]
    rows = [*head[1], *(row for body in bodies for part in body[2:] for row in part), *foot[1]]
    return [[(_text(cell[4]), cell[2], cell[3]) for cell in cells] for _, cells in rows]


def _text(blocks: list[Block]) -> str:
    return "".join(node["c"] if node["t"] == "Str" else " " for node in nodes_of(blocks, {"Str", "Space"}))


def _words(blocks: list[Block]) -> list[str]:
    texts = [node["c"] if node["t"] == "Str" else node["c"][1] for node in nodes_of(blocks, {"Str", "CodeBlock"})]
    return " ".join(texts).split()


TABLE = """\
<table id="t">
<caption>Population <em>légale</em></caption>
<thead>
<tr><th rowspan="2">Région</th><th colspan="2">Années</th></tr>
<tr><th>2019</th><th>2020</th></tr>
</thead>
<tbody>
<tr><td rowspan=2>Ouest</td><td>1</td><td align="right">2</td></tr>
<tr><td colspan="2">à venir</td></tr>
</tbody>
<tfoot><tr><td>Total</td><td>1</td><td>2</td></tr></tfoot>
</table>
"""


@pytest.mark.parametrize("reader", READERS)
def test_an_html_table_is_a_table_for_every_reader(reader):
    (table,) = read(TABLE, reader)
    attributes, (_, caption), columns, head, bodies, foot = table["c"]
    assert (table["t"], attributes[0], len(columns), len(bodies)) == ("Table", "t", 3, 1)
    assert _text(caption) == "Population légale"
    assert (len(head[1]), len(foot[1])) == (2, 1)
    assert shape(table) == [
        [("Région", 2, 1), ("Années", 1, 2)],
        [("2019", 1, 1), ("2020", 1, 1)],
        [("Ouest", 2, 1), ("1", 1, 1), ("2", 1, 1)],
        [("à venir", 1, 2)],
        [("Total", 1, 1), ("1", 1, 1), ("2", 1, 1)],
    ]
    assert bodies[0][3][0][1][2][1] == {"t": "AlignRight"}


def test_cells_hold_the_markdown_that_was_read_in_them():
    (table,) = read(
        "<table><tr><td>**gras** [lien](a.md)[^n]</td>\n<td>\n\n- un\n- deux\n\n</td></tr></table>\n\n[^n]: N.\n"
    )
    assert table["t"] == "Table"
    kinds = {node["t"] for node in walk(table)}
    assert {"Strong", "Link", "Note", "BulletList"} <= kinds


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<ul><li>mot<li>deux</ul>", "BulletList"),
        ("<ol start=3><li>mot</li><li>deux</li></ol>", "OrderedList"),
        ("<dl><dt>mot<dd>deux</dl>", "DefinitionList"),
        ("<blockquote>mot deux</blockquote>", "BlockQuote"),
        ("<figure><img src='a.png'><figcaption>mot deux</figcaption></figure>", "Figure"),
        ("<h2 align=center>mot deux</h2>", "Header"),
        ("<p align=center>mot deux</p>", "Div"),
        ("<center>mot deux</center>", "Div"),
        ("<div align=right>mot deux</div>", "Div"),
        ("<details><summary>mot</summary>deux</details>", "Div"),
        ("<pre>mot\n deux</pre>", "CodeBlock"),
        ("Un <table><tr><td>mot deux</td></tr></table> fin", "Table"),
    ],
)
def test_an_element_is_a_node_and_its_words_are_read(reader, text, kind):
    blocks = read(f"Avant.\n\n{text}\n\nAprès.\n", reader)
    assert kind in [block["t"] for block in blocks]
    assert not nodes_of(blocks, {"RawBlock"})
    words = _words(blocks)
    assert words[0] == "Avant." and words[-1] == "Après."
    assert words.count("mot") == words.count("deux") == 1


def test_a_raw_block_of_html_is_read_as_well():
    assert shape(read("```{=html}\n<table><tr><td>a</td></tr></table>\n```\n")) == [[("a", 1, 1)]]
    (para,) = read("Un `<b>x y</b>`{=html} deux.\n")
    assert _text(para["c"]) == "Un x y deux."


def test_alignment_ids_and_languages_are_kept():
    (division,) = read('<p align="CENTER" id="ici" lang="en">Text</p>\n')
    assert division["c"][0] == ["ici", ["align-center"], [["lang", "en"]]]


def test_details_are_a_division_that_opens_with_its_summary():
    (details,) = read("<details>\n<summary>Titre **gras**</summary>\n\nTexte.\n\n</details>\n")
    assert details["c"][0][1] == ["details"]
    summary, text = details["c"][1]
    assert summary["c"][0][1] == ["summary"] and text["t"] == "Para"


def test_what_is_never_closed_does_not_swallow_what_follows():
    blocks = read("<div><ul><li>a\n\n## Titre\n\nTexte.\n", "gfm")
    assert [block["t"] for block in blocks] == ["BulletList", "Header", "Para"]
    (table, after) = read_raw_html([raw("<table><tr><td>x"), {"t": "Para", "c": [{"t": "Str", "c": "y"}]}])
    assert (table["t"], after["t"]) == ("Table", "Para")


def test_a_link_around_paragraphs_is_one_in_each():
    blocks = read('<a href="x.md"><p>un</p><p>deux</p></a>\n', "gfm")
    assert [[node["c"][1] for node in nodes_of(block, {"RawInline"})] for block in blocks] == [
        ['<a href="x.md">', "</a>"], ['<a href="x.md">', "</a>"],
    ]  # fmt: skip


def test_rows_of_different_lengths_make_a_table_without_loss():
    html = "<table><tr><td>a<td>b</tr><tr><td>c</tr><tr><td>d<td>e<td>f</tr><tr><td colspan=1000>g</tr></table>"
    assert shape(read_raw_html([raw(html)])) == [
        [("a", 1, 1), ("b", 1, 1), ("", 1, 1)],
        [("c", 1, 1), ("", 1, 1), ("", 1, 1)],
        [("d", 1, 1), ("e", 1, 1), ("f", 1, 1)],
        [("g", 1, 3)],
    ]


def test_a_row_span_ends_with_its_section():
    html = "<table><thead><tr><th rowspan=9>a<th>b</thead><tr><td>c<td rowspan=0>d<tr><td>e</table>"
    assert shape(read_raw_html([raw(html)])) == [
        [("a", 1, 1), ("b", 1, 1)], [("c", 1, 1), ("d", 2, 1)], [("e", 1, 1)],
    ]  # fmt: skip


def test_heads_at_the_left_are_columns_of_heads_and_rows_of_heads_begin_bodies():
    html = (
        "<table><tr><th>x<th>y<tr><th>a<td>1<tr><th colspan=2>Sous-titre<tr><th>b<td>2</table>"
        "<table><tr><td>a<td>1<tr><th>b<td>2</table>"
    )
    first, second = read_raw_html([raw(html)])
    head, bodies = first["c"][3], first["c"][4]
    assert (len(head[1]), [(body[1], len(body[2]), len(body[3])) for body in bodies]) == (1, [(1, 0, 1), (1, 1, 1)])
    assert second["c"][4][0][3][1][1][0][0][1] == ["head-cell"]


def test_a_table_with_too_many_cells_is_opened_and_keeps_its_words():
    html = "<table><tr>" + "<td>x" * 990 + "<tr><td>y" * 400 + "</table>"
    blocks = read_raw_html([raw(html)])
    assert not nodes_of(blocks, {"Table"})
    assert [node["c"] for node in nodes_of(blocks, {"Str"})] == ["x"] * 990 + ["y"] * 400


def test_elements_deep_in_one_another_are_opened_and_keep_their_words():
    blocks = read_raw_html([raw("<blockquote>" * 400 + "fin" + "</blockquote>" * 400)])
    assert len(nodes_of(blocks, {"BlockQuote"})) < 20
    assert _words(blocks) == ["fin"]
    (line,) = read_raw_html([raw("<p>" + "<b>" * 400 + "fin" + "</b>" * 400)])
    assert len(line["c"]) < 50 and _words([line]) == ["fin"]


def test_text_of_a_table_outside_its_cells_stands_before_it():
    blocks = read_raw_html([raw("<table>un<tr>deux<td>trois</td></tr><p>quatre</p></table>")])
    assert [_text([block]) for block in blocks[:-1]] == ["undeux", "quatre"]
    assert shape(blocks) == [[("trois", 1, 1)]]


def test_comments_and_unknown_elements_stay_as_they_are():
    for html in ("<!-- note -->\n", "<Listing number='1'>\n", "<svg><text>a</text></svg>\n"):
        blocks = [raw(html)]
        assert read_raw_html(blocks) is blocks
    assert nodes_of(read_raw_html([raw("<ul><li>a <Box>b</Box></ul>")]), {"RawInline"})[0]["c"][1] == "<Box>b</Box>"


_TAGS = "p div ul ol li dl dt dd table caption thead tbody tfoot tr td th colgroup h2 blockquote figure figcaption "
_TAGS += "details summary pre center b a em span br hr nav section"
_PIECE = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in _TAGS.split()] + [f"</{tag}>" for tag in _TAGS.split()]),
    st.sampled_from(
        ["<td rowspan=3>", "<td colspan=4>", "<th rowspan=0>", "<a href='x'>", "<p id=i align=right>", "\n"]
    ),
    st.integers(1, 999).map(lambda number: f" m{number} "),
)

# A raw block without a tag is no HTML.
_PIECES = st.lists(st.lists(_PIECE, max_size=20).map(lambda parts: "<br>" + "".join(parts)), min_size=1, max_size=4)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(_PIECES)
def test_words_in_are_words_out(pieces):
    blocks = read_raw_html([raw(piece) for piece in pieces])
    assert not nodes_of(blocks, {"RawBlock"})
    found = _words(blocks)
    assert sorted(found) == sorted(re.findall(r"m\d+", " ".join(pieces)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(_PIECES)
def test_pandoc_writes_all_words_of_what_was_read(pieces):
    blocks = read_raw_html([raw(piece) for piece in pieces])
    words = sorted(re.findall(r"m\d+", " ".join(pieces)))
    for written in write_texts([blocks, blocks], to="html5"):
        assert sorted(re.findall(r"\bm\d+", written)) == words


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(_PIECE, min_size=1, max_size=30).map("".join))
def test_what_was_read_stays_as_it_is(html):
    once = read_raw_html([raw(html)])
    assert read_raw_html(once) == once


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!--", "<div>", "</div>", "<table>", "<table><tr><td>", "<td>", "<ul><li>", "<b>", "<b><p>", "<p><b>",
     "<a href=x>", "<dt>", "<li>x", "<details>", "<p>", "</p>", "<i></b>", "<tr><td rowspan=1000>", "<caption>",
     "<tr><td colspan=1000>"],
)  # fmt: skip
def test_time_grows_with_length_only(piece):
    begin = time.process_time()
    read_raw_html([raw("<p>" + piece * 20_000)])
    assert time.process_time() - begin < 10
