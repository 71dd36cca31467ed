"""How texts are cut into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.redline.text.words import is_unseen, pieces, text_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l’économie", ["l’", "économie"]),
        ("Qu'elle", ["Qu'", "elle"]),
        ("jusqu’à", ["jusqu’", "à"]),
        ("aujourd’hui", ["aujourd’hui"]),
        ("don't", ["don't"]),
        ("peut-être,", ["peut-être", ","]),
        ("1\u00a0200,50\u00a0€", ["1\u00a0200,50\u00a0€"]),
        ("12,5\u202f%.", ["12,5\u202f%", "."]),
        ("2018-07-03", ["2018-07-03"]),
        ("«\u00a0oui\u00a0»", ["«", "\u00a0", "oui", "\u00a0", "»"]),
        ("https://example.org/a-b.html.", ["https://example.org/a-b.html", "."]),
        ("q\u0307uux", ["q\u0307uux"]),
        ("每月，GDP增长3%。", ["每", "月", "，", "GDP", "增", "长", "3%", "。"]),
        ("データv2", ["デ", "ー", "タ", "v2"]),
    ],
)
def test_a_string_is_cut_into_words_and_signs(text, expected):
    assert pieces(text) == expected


@given(st.text())
def test_the_pieces_are_the_string(text):
    assert "".join(pieces(text)) == text


def test_a_citation_and_code_count_as_words():
    code = {"t": "Code", "c": [["", [], []], "let x = 1"]}
    assert text_words([{"t": "Str", "c": "see"}, code]) == ["see", "let", "x", "=", "1"]


@pytest.mark.parametrize(
    ("text", "count"),
    [("城市每月公布一次。居民使用", 12), ("GDP增长3%。", 4), ("Le mot 「開放」 reste.", 5), ("데이터를 공개한다", 2)],
)
def test_where_nothing_parts_words_each_sign_counts(text, count):
    assert len(text_words([{"t": "Str", "c": text}])) == count


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        ("<!-- relu -->", True),
        ("<!-- un --> <!-- deux -->\n", True),
        ("<!-- a --> texte <!-- b -->", False),
        ('<a id="ici">', True),
        ("<a name=ici >", True),
        ("</a>", True),
        ('<a id="ici"></a>', True),
        ('<a id="ici" href="https://example.org">', False),
        ('<a href="#ici">', False),
        ('<abbr id="ici">', False),
        ("<br>", False),
        ("", False),
    ],
)
def test_comments_and_anchors_are_not_seen(text, unseen):
    for kind in ("RawInline", "RawBlock"):
        node = {"t": kind, "c": ["html", text]}
        assert is_unseen(node) == unseen
        assert (text_words([node]) == []) == (unseen or not text)
        assert not is_unseen({"t": kind, "c": ["latex", text]})


def test_a_paragraph_of_anchors_is_not_seen_and_one_with_a_word_is():
    anchor = [{"t": "RawInline", "c": ["html", tag]} for tag in ('<a id="ici">', "</a>")]
    assert is_unseen({"t": "Para", "c": [*anchor, {"t": "SoftBreak"}, *anchor]})
    assert not is_unseen({"t": "Para", "c": [*anchor, {"t": "Str", "c": "ici"}]})
    assert not is_unseen({"t": "Para", "c": []})
