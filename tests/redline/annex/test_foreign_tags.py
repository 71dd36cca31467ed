"""Between editions, tags that no page knows are told by their values."""

from __future__ import annotations

import time

from millesime.markup.ast import Block, div, para, span, text_of, walk
from millesime.redline.annex.foreign_tags import tell_tags


def raw(text: str, *, kind: str = "RawBlock") -> Block:
    return {"t": kind, "c": ["html", text]}


def inline(text: str) -> Block:
    return para(raw(text, kind="RawInline"))


def test_a_tag_is_its_values_and_a_closing_one_nothing():
    told = tell_tags([inline('<Listing number="2-1" caption="A &amp; B">'), para("x"), inline("</Listing>")])
    assert [text_of(block) for block in told] == ["2-1 · A & B", "x"]


def test_only_the_values_that_changed_are_marked():
    old, new = (raw(f'<Listing number="{number}" caption="C">', kind="RawInline") for number in (1, 2))
    twin = para(span([old], classes=["deletion", "raw"]), span([new], classes=["insertion", "raw"]))
    (told,) = tell_tags([twin])
    marked = [(node["c"][0][1][0], text_of(node["c"][1])) for node in walk([told]) if node["t"] == "Span"]
    assert marked == [("foreign-tag", "1 2 · C"), ("deletion", "1"), ("insertion", "2")]


def test_a_raw_block_that_changed_becomes_one_paragraph():
    sides = [
        div([raw(f'<Listing number="{number}">')], classes=[name, "raw"])
        for number, name in ((1, "deletion"), (2, "insertion"))
    ]
    (told,) = tell_tags(sides)
    assert told["t"] == "Para" and text_of(told) == "1 2"


def test_a_mark_that_held_nothing_else_goes_along():
    assert tell_tags([div([inline("</Listing>")], classes=["insertion"]), para("x")]) == [para("x")]


def test_tags_that_pages_know_stay():
    for block in (raw('<figure class="wide">'), raw('<img src="a.svg" alt="A">'), raw("text <Listing>")):
        assert tell_tags([block]) == [block]


def test_a_value_may_hold_angle_brackets():
    (told,) = tell_tags([inline('<Listing caption="A `Box<T>` of `<a>`">')])
    assert text_of(told) == "A `Box<T>` of `<a>`"


def test_comments_and_empty_anchors_are_nothing():
    anchor = para(raw('<a id="x">', kind="RawInline"), raw("</a>", kind="RawInline"))
    comment = raw('<!-- Old headings.\nDo not remove. -->\n<a id="y"></a>')
    assert tell_tags([div([comment, anchor], classes=["insertion"]), para("x")]) == [para("x")]
    linked = para(raw('<a href="#x">', kind="RawInline"), "text", raw("</a>", kind="RawInline"))
    assert tell_tags([linked]) == [linked]


def test_many_comments_before_a_text_take_no_time():
    begin = time.process_time()
    tell_tags([raw("<!-- a -->" * 2000 + "x")])
    assert time.process_time() - begin < 5
