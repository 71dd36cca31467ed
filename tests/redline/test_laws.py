"""The laws of DESIGN.md, on random documents: nothing is lost, equal editions differ in nothing."""

from __future__ import annotations

from documents import chapter, chapters, edited
from hypothesis import given
from hypothesis import strategies as st

from millesime.markup.ast import bullet_list, div, para, plain
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.compare import compare
from millesime.redline.laws import accept_all, reject_all


def keys(by_path):
    return {path: equality_key(blocks) for path, blocks in by_path.items()}


def texts(edition):
    return keys({one.path: normalise(one.blocks) for one in edition})


def assert_lossless(old, new):
    redline = compare(old, new)
    assert keys(accept_all(redline)) == texts(new)
    assert keys(reject_all(redline)) == texts(old)
    return redline


@given(chapters(), chapters())
def test_accepting_gives_the_new_edition_and_rejecting_the_old_one(old, new):
    assert_lossless(old, new)


@given(chapters().flatmap(lambda old: st.tuples(st.just(old), edited(old))))
def test_editing_and_moving_loses_nothing(pair):
    assert_lossless(*pair)


@given(chapters())
def test_an_edition_does_not_differ_from_itself(edition):
    assert compare(edition, edition).is_empty


def test_a_source_that_uses_the_names_of_the_marks_comes_back():
    old = [chapter(div([para("Old words here.")], classes=["insertion"]))]
    new = [chapter(div([para("New words here.")], classes=["insertion"]), para("More."))]
    assert_lossless(old, new)


def test_empty_items_and_paragraphs_survive_next_to_deleted_ones():
    empty = {"t": "Para", "c": []}
    old = [chapter(bullet_list([[], [plain("gone")], [empty]]), empty, para("also gone"))]
    new = [chapter(bullet_list([[], [empty]]), empty)]
    assert_lossless(old, new)
    assert_lossless(new, old)
