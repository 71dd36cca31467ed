"""What a reader cannot see makes no difference."""

from __future__ import annotations

from millesime.markup.ast import SPACE, attr, header, para, simple_table, string
from millesime.markup.normalise import equality_key, normalise


def text(*inlines):
    return {"t": "Para", "c": list(inlines)}


def test_a_soft_break_is_a_space():
    assert normalise([text(string("a"), {"t": "SoftBreak"}, string("b"))]) == [para("a b")]


def test_neighbouring_strings_are_one_and_composed_across_their_border():
    assert normalise([text(string("e"), string("\u0301te"))]) == [text(string("éte"))]


def test_runs_of_spaces_are_one():
    assert normalise([text(string("a"), SPACE, {"t": "SoftBreak"}, SPACE, string("b"))]) == [para("a b")]


def test_a_line_break_and_a_no_break_space_stay():
    kept = [text(string("a\u00a0:"), {"t": "LineBreak"}, string("b"))]
    assert normalise(kept) == kept


def test_the_counters_of_a_citation_are_nought():
    def cite(number):
        return {
            "t": "Cite",
            "c": [
                [
                    {
                        "citationId": "x",
                        "citationPrefix": [string("see"), {"t": "SoftBreak"}],
                        "citationSuffix": [],
                        "citationMode": {"t": "NormalCitation"},
                        "citationNoteNum": number,
                        "citationHash": number,
                    }
                ],
                [string("[@x]")],
            ],
        }

    first, second = normalise([text(cite(1))]), normalise([text(cite(7))])
    assert first == second
    assert first[0]["c"][0]["c"][0][0]["citationPrefix"] == [string("see"), SPACE]


def test_the_width_of_columns_is_dropped_and_their_alignment_kept():
    table = simple_table([[string("a")]], [], alignments=["AlignRight"])
    wide = {"t": "Table", "c": [*table["c"][:2], [[{"t": "AlignRight"}, {"t": "ColWidth", "c": 0.4}]], *table["c"][3:]]}
    assert normalise([wide]) == [table]


def test_the_id_of_a_heading_stays_and_does_not_count():
    old, new = header(2, "Wells", ident="wells"), header(2, "Wells", ident="wells-1")
    assert normalise([old]) == [old]
    assert equality_key([old]) == equality_key([new])
    assert equality_key({"t": "Div", "c": [attr(), [old]]}) == equality_key({"t": "Div", "c": [attr(), [new]]})
    assert equality_key(old) != equality_key(header(3, "Wells", ident="wells"))


def test_code_is_left_as_it_is():
    code = [{"t": "CodeBlock", "c": [attr(), "a  b\n  c"]}]
    assert normalise(code) is code
