"""Long lists and tables are cut to what changed."""

from __future__ import annotations

import pytest

from millesime.markup.ast import bullet_list, plain, simple_table, span, string, text_of, words
from millesime.redline.annex.shortened import shorten


def items(count: int, *, changed: int | None) -> list:
    return [
        [plain(span([string(f"i{number}")], classes=["insertion"]) if number == changed else f"i{number}")]
        for number in range(count)
    ]


def test_unchanged_items_far_from_a_change_are_left_out():
    shown = [text_of(block).split() for block in shorten([bullet_list(items(9, changed=5))])]
    assert shown == [["⋮"], ["i4", "i5", "i6", "i7", "i8"]]


def test_a_short_list_without_changes_and_one_in_which_little_would_be_saved_stay():
    for block in (bullet_list(items(8, changed=None)), bullet_list(items(4, changed=3))):
        assert shorten([block]) == [block]


def test_a_long_list_without_changes_keeps_its_ends():
    shown = [text_of(block).split() for block in shorten([bullet_list(items(20, changed=None))])]
    assert shown == [["i0", "i1"], ["⋮"], ["i18", "i19"]]


def test_a_numbered_list_keeps_its_numbers():
    numbered = {"t": "OrderedList", "c": [[1, {"t": "Decimal"}, {"t": "Period"}], items(12, changed=6)]}
    lists = [block for block in shorten([numbered]) if block["t"] == "OrderedList"]
    assert [(block["c"][0][0], len(block["c"][1])) for block in lists] == [(6, 3)]


@pytest.mark.parametrize("changed", [0, 7])
def test_rows_of_a_table_are_left_out_in_one_row(changed: int):
    cells = [[words(f"r{number}"), words("x")] for number in range(15)]
    cells[changed][1] = [span([string("y")], classes=["insertion"])]
    (table,) = shorten([simple_table([words("A"), words("B")], cells)])
    shown = [text_of(row[1][0][4]) for row in table["c"][4][0][3]]
    near = [f"r{number}" for number in range(max(0, changed - 1), changed + 2)]
    assert shown == (["⋮"] if changed else []) + near + ["⋮"]
