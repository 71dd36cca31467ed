"""HTML as tokens: nothing of the source is lost, and time grows with length only."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millesime.markup.html_tokens import html_tokens, tags_alone, without_comments

_PIECES = st.sampled_from(
    ["<", ">", "<!--", "-->", "<a ", "<a href='x>", '"', "'", "=", "</", "</a>", "<td>", "<script>", "</script>",
     "<X-y>", "</X-y>", "<![CDATA[", "]]>", "<?", "<!", "&amp;", "&#0;", "mot", " ", "\n", "İ"]
)  # fmt: skip


def kinds(html: str) -> list[tuple[str, str]]:
    return [(token.kind, token.source) for token in html_tokens(html)]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_the_sources_of_all_tokens_are_the_piece(html):
    assert "".join(token.source for token in html_tokens(html)) == html


def test_a_tag_has_its_name_and_its_attributes():
    (token,) = html_tokens("<TD Rowspan=2 title='a > b' x y=\"&eacute;\" x=2>")
    assert (token.kind, token.tag) == ("open", "td")
    assert token.attributes == {"rowspan": "2", "title": "a > b", "x": "", "y": "é"}


def test_a_tag_or_comment_without_an_end_is_text():
    assert kinds("a <b c") == [("text", "a <b c")]
    assert kinds("a <!-- b") == [("text", "a <!-- b")]


def test_an_unknown_element_is_one_token_with_all_that_it_holds():
    assert kinds("<p><Box><td>1</td></Box></p>") == [
        ("open", "<p>"), ("foreign", "<Box><td>1</td></Box>"), ("close", "</p>"),
    ]  # fmt: skip


def test_what_stands_in_a_script_is_no_tag():
    assert kinds("<script>'<td>'</script><br>") == [("foreign", "<script>'<td>'</script>"), ("open", "<br>")]


def test_comments_can_be_taken_out_and_tags_be_told_from_text():
    assert without_comments("a<!-- <b> -->b<!DOCTYPE html>c") == "abc"
    assert [tag.tag for tag in tags_alone("<img src=a> <br>")] == ["img", "br"]
    assert tags_alone("<b>x</b>") is None


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!--", "<", "</", "<!", "<?", "<![CDATA[", '<a b="', "<a b='c' ", "<script>", "<textarea><", "<x-y>",
     "<b></x>", "<!-->", "<a =", "<td><"],
)  # fmt: skip
def test_time_grows_with_length_only(piece):
    def took(count: int) -> float:
        begin = time.process_time()
        html_tokens(piece * count)
        return time.process_time() - begin

    assert min(took(30_000) for _ in range(2)) < 5
