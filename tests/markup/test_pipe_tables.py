"""Rows longer than their line of dashes are printed, and nothing else is read differently."""

from __future__ import annotations

import time

import pytest

from millesime.markup.ast import Block, nodes_of, text_of
from millesime.markup.pandoc import Source, read_documents
from millesime.markup.pipe_tables import long_rows


def read(text: str, reader: str = "markdown") -> list[Block]:
    (document,) = read_documents([Source(path="a.md", content=text.encode())], reader=reader)
    return document.blocks


def cells(text: str, reader: str = "markdown") -> list[list[str]]:
    (table,) = nodes_of(read(text, reader), {"Table"})
    _, _, _, head, bodies, _ = table["c"]
    return [[text_of(cell[4]) for cell in row[1]] for row in [*head[1], *bodies[0][3]]]


@pytest.mark.parametrize("reader", ["markdown", "markdown_phpextra", "markdown_mmd"])
def test_no_column_is_lost_where_the_dashes_are_too_few(reader):
    assert cells("| a | b |\n|--|\n| 1 | 2 |\n", reader) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("reader", ["markdown", "gfm", "commonmark_x"])
def test_a_cell_too_many_is_printed(reader):
    text = "| a | b |\n|---|---|\n| 1 | 2 | trois |\n| 4 |\n"
    assert cells(text, reader) == [["a", "b", ""], ["1", "2", "trois"], ["4", "", ""]]


@pytest.mark.parametrize("reader", ["markdown", "gfm"])
def test_titles_beyond_the_dashes_are_printed(reader):
    text = "| a | b | fin |\n|---|---|\n| 1 | 2 |\n"
    assert "fin" in "".join(text_of(block) for block in read(text, reader))


def test_pipes_in_code_formulas_and_escapes_part_no_cells():
    text = "| a | b |\n|---|---|\n| `x|y` | $|x|$ |\n| a\\|b | ``c`|`` |\n"
    assert long_rows(text) == []
    assert all(len(row) == 2 for row in cells(text))


def test_a_column_that_says_nothing_is_not_made():
    assert cells("| a | b |\n|---|---|\n| 1 | 2 | |\n") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    "text", ["```\n| a | b |\n|--|\n```\n", "    | a | b |\n    |--|\n", "- ```\n  | a | b |\n  |--|\n  ```\n"]
)
def test_code_that_looks_like_a_table_stays_as_it_is(text):
    (code,) = nodes_of(read(text), {"CodeBlock"})
    assert code["c"][1] == "| a | b |\n|--|"


def test_each_long_row_is_named_by_its_line():
    text = "Texte.\r\n\r\n| a | b |\r\n|---|---|\r\n| 1 | 2 | 3 |\r\n"
    assert [(row.line, row.cells, row.columns) for row in long_rows(text)] == [(5, 3, 2)]


@pytest.mark.parametrize("piece", ["`", "$x", "|", "\\|", "``` `", "|-", "-|-\n|x|\n"])
def test_time_grows_with_length_only(piece):
    begin = time.process_time()
    long_rows("| a |\n|---|\n|" + piece * 50_000)
    long_rows(piece * 50_000)
    assert time.process_time() - begin < 10
