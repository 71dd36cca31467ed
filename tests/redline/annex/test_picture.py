"""The picture of a redline: well-formed and whole for any redline, true to its figures, safe, and of a page's size."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from millesime.markup.ast import header, para
from millesime.redline.annex.picture import change_picture, picture_facts
from millesime.redline.annex.picture_layout import (
    GONE,
    HEIGHT,
    KEPT,
    LEAST_STRIPE,
    MOVED,
    NEW,
    REWORDED,
    lay_out,
    share,
)
from millesime.redline.compare import compare
from millesime.redline.model import ChapterChange, ChapterPlace, Redline
from millesime.redline.reading.word_counts import count_redline
from tests.redline.documents import chapter, edited_pairs

ROOT = Path(__file__).resolve().parents[3]
LABELS = {name: yaml.safe_load((ROOT / f"templates/labels/{name}.yaml").read_text()) for name in ("fr", "en")}
SVG = "{http://www.w3.org/2000/svg}"
LONG = "The council publishes every year a report on the use of its open data"
HOSTILE = '</title><script>alert(1)</script>" onload="x" &lt; ]]> \x00\ud800 {old} é'


def draw(redline: Redline, *, language: str = "en", **options) -> etree._Element:
    text = change_picture(redline, old="2018", new="2019", labels=LABELS[language], language=language, **options)
    return etree.fromstring(text)


def facts(redline: Redline) -> list[str]:
    return picture_facts(redline, labels=LABELS["en"], language="en")


def many(count: int, *, words: int = 400) -> list:
    """Chapters of different lengths and texts of their own."""
    return [
        chapter(
            header(1, f"Chapter {number}"),
            *[para(f"{LONG}, {number} {part}.") for part in range(max(1, words * (number % 7) // 40))],
            path=f"{number:03}.md",
            title=f"Chapter {number} of a long book about the city and its data",
        )
        for number in range(count)
    ]


def words_of(picture: etree._Element) -> str:
    return "\n".join(text.text for text in picture.iter(f"{SVG}text"))


redlines = edited_pairs(most=4).map(lambda pair: compare(*pair))


@given(redlines)
def test_every_chapter_of_both_editions_is_one_bar_of_stripes(redline):
    layout = lay_out(redline)
    for bars, places in (
        (layout.old, {(one.old.index, one.old.path) for one in redline.chapters if one.old}),
        (layout.new, {(one.new.index, one.new.path) for one in redline.chapters if one.new}),
    ):
        assert [(bar.place.index, bar.place.path) for bar in bars] == sorted(places)
    for bar in (*layout.old, *layout.new):
        if bar.stripes:
            assert sum(stripe.height for stripe in bar.stripes) == pytest.approx(bar.height)
            assert bar.stripes[0].top == bar.top
            assert bar.stripes[-1].span[1] == pytest.approx(bar.bottom)
            assert all(upper.span[1] == pytest.approx(lower.top) for upper, lower in itertools.pairwise(bar.stripes))


@given(redlines, st.sampled_from(["fr", "en"]), st.booleans())
def test_any_redline_can_be_drawn_the_same_way_twice(redline, language, linked):
    targets = {index: f"#c{index}" for index in range(len(redline.chapters))} if linked else None
    picture = draw(redline, language=language, targets=targets)
    assert etree.tostring(picture) == etree.tostring(draw(redline, language=language, targets=targets))
    groups = [group for group in picture.iter(f"{SVG}a", f"{SVG}g") if group.get("class") == "chapter"]
    assert len(groups) == len(redline.chapters)
    assert not picture.xpath("//@id")  # two pictures may stand on one page


def test_bars_do_not_overlap_and_stay_on_the_page():
    redline = compare(many(111), many(111)[::-1])
    layout = lay_out(redline)
    assert layout.height <= HEIGHT + 0.1
    for bars in (layout.old, layout.new):
        for panel in range(layout.panels):
            column = sorted((bar for bar in bars if bar.panel == panel), key=lambda bar: bar.top)
            assert all(upper.bottom <= lower.top for upper, lower in itertools.pairwise(column))


def test_a_longer_chapter_has_a_taller_bar():
    text = [chapter(*[para(f"{LONG} {place}.") for place in range(size)], path=f"{size}.md") for size in (5, 20, 40)]
    heights = [bar.height for bar in lay_out(compare(text, text)).new]
    assert heights[1] == pytest.approx(4 * heights[0], rel=0.1)
    assert heights[2] == pytest.approx(8 * heights[0], rel=0.1)


def test_stripes_tell_what_became_of_blocks():
    before, after = para(f"First of all, {LONG}, {LONG}."), para(f"After that, {LONG}.")
    wells = para("The state of every well is made public each spring.")
    old = chapter(
        before, para(LONG + " in spring."), after, wells, para("Nobody remembers why these words stood here.")
    )
    new = chapter(wells, before, para(LONG + " in autumn."), after, para("Something else altogether, quite fresh."))
    layout = lay_out(compare([old], [new]))
    (left,), (right,) = layout.old, layout.new
    assert [stripe.kind for stripe in left.stripes] == [KEPT, REWORDED, KEPT, MOVED, GONE]
    assert [stripe.kind for stripe in right.stripes] == [MOVED, KEPT, REWORDED, KEPT, NEW]
    assert 0 < left.stripes[1].amount < 0.5
    picture = draw(compare([old], [new]))
    assert len(picture.findall(f".//{SVG}path[@class='move']")) == 2  # one, and one in the legend


def test_of_stripes_that_cannot_be_told_apart_none_that_changed_is_lost():
    old = [para(f"{LONG} {number}.") for number in range(300)]
    new = [block if number % 2 else para(f"{LONG} {number}, in spring.") for number, block in enumerate(old)]
    for bar in lay_out(compare([chapter(*old)], [chapter(*new)])).new:
        assert all(stripe.height >= LEAST_STRIPE * 0.99 for stripe in bar.stripes)
        assert any(stripe.kind == REWORDED for stripe in bar.stripes)


def test_shares_have_a_least_length_and_add_up():
    assert share(10, [1, 1, 98], least=1) == pytest.approx([1, 1, 8])
    assert share(2, [1, 1, 98], least=1) == pytest.approx([2 / 3] * 3)
    assert share(5, [], least=1) == []


def test_a_chapter_that_was_split_has_one_old_bar_beside_its_parts():
    half = [[para(f"{LONG}, {part} {number}.") for number in range(6)] for part in ("water", "energy")]
    redline = compare(
        [chapter(*half[0], *half[1], path="both.md", title="Water and energy")],
        [chapter(*half[0], path="water.md", title="Water"), chapter(*half[1], path="energy.md", title="Energy")],
    )
    assert [one.split for one in redline.chapters] == [True, True]
    layout = lay_out(redline)
    (bar,) = layout.old
    assert (bar.changes, layout.level) == ((0, 1), {0, 1})
    assert bar.span(0)[1] == pytest.approx(bar.span(1)[0])
    assert words_of(draw(redline)).count("Water and energy") == 1


def test_a_chapter_that_left_its_place_is_tied_by_a_slanting_band():
    old = many(6)
    picture = draw(compare(old, [old[5], *old[:5]]))
    assert len(picture.findall(f".//{SVG}path[@class='tie slanting']")) == 1
    assert len(picture.findall(f".//{SVG}path[@class='tie']")) == 5


def test_far_places_of_a_folded_picture_are_tied_by_a_letter():
    old = many(80)
    picture = draw(compare(old, [*old[1:], replace(old[0])]))
    letters = [text.text for text in picture.iter(f"{SVG}text") if text.get("class") == "letter"]
    assert letters == ["A", "A"]
    assert LABELS["en"]["picture_letters"] in words_of(picture)


def test_titles_are_text_whatever_they_hold():
    redline = compare(
        [chapter(para(LONG), path="a.md", title=HOSTILE + "old")],
        [chapter(para(LONG + " More."), path="a.md", title=HOSTILE), chapter(para("New."), path="b.md", title=HOSTILE)],
    )
    for targets in (None, {0: '#"><script>', 1: "#x"}):
        picture = draw(redline, targets=targets, numbers=({"a.md": "<1>"}, {"a.md": '"'}))
        assert {etree.QName(element).localname for element in picture.iter()} <= {
            "svg", "title", "desc", "g", "a", "rect", "path", "text",
        }  # fmt: skip
        assert not [name for element in picture.iter() for name in element.attrib if name.startswith("on")]
        assert "{old}" in picture.findtext(f"{SVG}desc")  # braces of a title are no names to fill in


def test_a_picture_with_targets_is_a_group_of_links_and_one_without_is_an_image():
    redline = compare(many(4), [*many(4)[:3], chapter(para("Quite new."), path="z.md", title="New one")])
    index = next(index for index, one in enumerate(redline.chapters) if one.inserted)
    linked, plain = draw(redline, targets={index: "#c3"}), draw(redline)
    assert (linked.get("role"), plain.get("role")) == ("group", "img")
    (link,) = linked.iter(f"{SVG}a")
    assert link.get("href") == "#c3"
    assert link.get("aria-label").startswith("New one (new): words inserted: 2")
    assert not list(plain.iter(f"{SVG}a"))
    assert plain.findtext(f"{SVG}title") == plain.get("aria-label")
    assert plain.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_the_facts_are_the_figures_of_the_redline():
    old = many(4)
    new = [*old[:2], chapter(*old[2].blocks, para("Three new words."), path="002.md", title=old[2].title)]
    new.append(chapter(para("Quite new."), path="z.md", title="New one"))
    redline = compare(old, new)
    total = count_redline(redline)
    words, counted, *rest = facts(redline)
    assert words == (
        f"Words: {total.words_old} before, {total.words_new} after; inserted: {total.words_inserted}; "
        f"deleted: {total.words_deleted}; moved unchanged: {total.words_moved}."
    )
    assert counted == "Chapters: 4 before, 4 after; new: 1; withdrawn: 1; edited: 1; unchanged: 2."
    assert f"{old[2].title} (edited): words inserted: 3." in rest
    assert "New one (new): words inserted: 2." in rest
    assert rest[-1] == f"Unchanged chapters: {old[0].title}; {old[1].title}."
    assert draw(redline).findtext(f"{SVG}desc").startswith(words)


def test_a_passage_that_went_to_another_chapter_is_told():
    old, wells = many(3, words=200), para("The state of every well is published each spring by the council.")
    before = [
        chapter(*old[1].blocks, wells, path="1.md", title="One"),
        chapter(*old[2].blocks, path="2.md", title="Two"),
    ]
    after = [
        chapter(*old[1].blocks, path="1.md", title="One"),
        chapter(*old[2].blocks, wells, path="2.md", title="Two"),
    ]
    assert "Passage moved from “One” to “Two”; words: 12." in facts(compare(before, after))


@given(redlines)
def test_every_changed_chapter_is_told(redline):
    told = facts(redline)
    assert all(any(one.title in fact for fact in told) for one in redline.chapters if one.changed)


def test_a_long_report_fits_a_page_and_a_file():
    old = many(111, words=3000)
    new = [
        chapter(
            *[
                block if at % 3 else para(f"{LONG} of {at} {one.title}, in spring.")
                for at, block in enumerate(one.blocks)
            ],
            path=one.path,
            title=one.title,
        )
        for one in old
    ]
    redline = compare(old, new)
    text = change_picture(redline, old="2018", new="2019", labels=LABELS["en"], language="en")
    assert len(text.encode()) < 300_000
    picture = etree.fromstring(text)
    width, height = map(float, picture.get("viewBox").split()[2:])
    assert (width, height <= 600) == (374, True)
    assert sum(text.text.startswith("Chapter ") for text in picture.iter(f"{SVG}text")) == 111
    sizes = {float(text.get("font-size", picture.get("font-size"))) for text in picture.iter(f"{SVG}text")}
    assert min(sizes) >= 7


def test_of_more_chapters_than_lines_those_that_changed_are_named():
    old = many(400)
    new = [*old[:200], chapter(para("Quite new."), path="z.md", title="New one"), *old[200:]]
    picture = draw(compare(old, new))
    named = sorted(
        (float(text.get("x")), float(text.get("y"))) for text in picture.iter(f"{SVG}text") if not text.get("font-size")
    )
    assert "New one" in words_of(picture)
    assert 100 < len(named) < 300
    assert all(one[0] != two[0] or two[1] - one[1] >= 7 for one, two in itertools.pairwise(named))
    assert float(picture.get("viewBox").split()[3]) <= 600


def test_an_empty_redline_is_a_picture_all_the_same():
    assert draw(Redline(chapters=())).tag == f"{SVG}svg"
    place = ChapterPlace(path="a.md", id="a", title="", index=0)
    hollow = Redline(chapters=(ChapterChange(old=place, new=place, blocks=()),))
    assert "a.md" in words_of(draw(hollow))
