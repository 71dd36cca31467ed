"""What the annex shows: changed passages with the headings above them."""

from __future__ import annotations

from documents import chapter, header, para

from millesime.redline.compare import compare
from millesime.redline.outputs.json import redline_json
from millesime.redline.outputs.terminal import write_summary
from millesime.redline.reading.passages import changed_chapters, passages
from millesime.redline.reading.word_counts import count_chapter

LONG = "The council publishes every year a report on the use of its open data."


def one_chapter(old, new):
    (found,) = compare([chapter(*old)], [chapter(*new)]).chapters
    return found


def test_a_passage_has_the_headings_above_it_and_one_block_of_context():
    top = [header(1, "Report", ident="report"), para("First."), para("Second.")]
    old = [*top, header(2, "Data", ident="data"), para("Before."), para(LONG), para("After."), para("End.")]
    new = [*old[:5], para(LONG + " It is debated."), *old[6:]]
    (passage,) = passages(one_chapter(old, new))
    assert [heading.id for heading in passage.trail_new] == ["report", "data"]
    assert (passage.first, passage.last, passage.before, passage.after) == (4, 6, 4, 1)
    assert [change.kind for change in passage.changes] == ["kept", "edited", "kept"]


def test_each_edition_has_its_own_trail():
    old = [header(2, "Open data", ident="open-data"), para("Before."), para(LONG)]
    new = [header(2, "Open public data", ident="open-public-data"), para("Before."), para(LONG + " More.")]
    (first,) = passages(one_chapter(old, new), context=1)
    assert first.trail_new == ()  # the heading is what changed
    _, second = passages(one_chapter(old, new), context=0)
    assert [heading.id for heading in second.trail_old] == ["open-data"]
    assert [heading.id for heading in second.trail_new] == ["open-public-data"]


def test_passages_whose_context_touches_are_one():
    old = [para(LONG), para("Between."), para(LONG + " Again.")]
    new = [para(LONG + " New."), para("Between."), para(LONG + " Again and again.")]
    assert len(passages(one_chapter(old, new), context=1)) == 1
    assert len(passages(one_chapter(old, new), context=0)) == 2


def test_a_kept_chapter_has_no_passage_and_is_not_listed():
    redline = compare([chapter(para(LONG))], [chapter(para(LONG))])
    assert changed_chapters(redline) == []
    assert passages(redline.chapters[0]) == []


def test_words_that_moved_are_neither_inserted_nor_deleted():
    old = [para(LONG), para("One two three."), para("Four five six.")]
    figures = count_chapter(one_chapter(old, [*old[1:], old[0]]))
    assert (figures.words_inserted, figures.words_deleted) == (0, 0)
    assert figures.words_moved == figures.words_moved_away == 6  # the two short ones passed the long one
    assert figures.words_old == figures.words_new == 20
    assert figures.similarity == 1


def test_a_chapter_without_a_title_is_named_by_its_path():
    redline = compare([chapter(para(LONG))], [chapter(para(LONG + " More."))])
    assert write_summary(redline).startswith(" chapters/one.md | +1")


def test_the_json_leaves_out_what_stayed_unless_asked():
    redline = compare([chapter(para("Same."), para(LONG))], [chapter(para("Same."), para(LONG + " More."))])
    (short,), (full,) = redline_json(redline)["chapters"], redline_json(redline, full=True)["chapters"]
    assert [block["kind"] for block in short["blocks"]] == ["edited"]
    assert [block["kind"] for block in full["blocks"]] == ["kept", "edited"]
    assert short["figures"]["words_inserted"] == 1
