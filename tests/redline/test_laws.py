"""The laws of DESIGN.md on random documents: nothing is lost, equal editions differ in nothing, moves are moves.

Each law is tried on 300 examples, the same ones every time. A long run tries
others, as many as asked for:

    MILLESIME_EXAMPLES=100000 pytest tests/redline/test_laws.py tests/redline/test_oracle.py
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from documents import Tape, chapter, chapters, distinct_chapters, edited_pairs, law, levelled, quote
from hypothesis import given
from hypothesis import strategies as st

from millesime.markup.ast import INLINES, attr, bullet_list, div, para, plain, span, string
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.compare import compare
from millesime.redline.exact_document import to_ast
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.marks import mark_of
from millesime.redline.model import EDITED, KEPT, MOVED_FROM, MOVED_TO, NEW_ONLY, OLD_ONLY
from millesime.redline.reading.word_counts import count_redline
from millesime.redline.text.words import count_words

tapes = st.binary(min_size=12, max_size=12).map(Tape)
long_tapes = st.binary(min_size=160, max_size=160).map(Tape)


# ---- 1: nothing is lost ------------------------------------------------------


def keys(by_path):
    return {path: equality_key(blocks) for path, blocks in by_path.items()}


def texts(edition):
    return keys({one.path: normalise(one.blocks) for one in edition})


def assert_lossless(old, new):
    redline = compare(old, new)
    assert keys(accept_all(redline)) == texts(new)
    assert keys(reject_all(redline)) == texts(old)


@law
@given(chapters(), chapters())
def test_accepting_gives_the_new_edition_and_rejecting_the_old_one(old, new):
    assert_lossless(old, new)


@law
@given(edited_pairs())
def test_editing_and_moving_loses_nothing(pair):
    assert_lossless(*pair)


def test_a_caption_that_goes_beside_an_empty_short_one_loses_nothing():
    def table(caption):
        cell = [attr(), {"t": "AlignDefault"}, 1, 1, [plain("the same words stand here on both sides")]]
        columns = [[{"t": "AlignDefault"}, {"t": "ColWidthDefault"}]]
        body = [attr(), 0, [], [[attr(), [cell]]]]
        return {"t": "Table", "c": [attr(), [[], caption], columns, [attr(), []], [body], [attr(), []]]}

    assert_lossless([chapter(table([plain("caption")]))], [chapter(table([]))])
    assert_lossless([chapter(table([]))], [chapter(table([plain("caption")]))])


def test_an_empty_item_that_became_tight_is_not_lost_with_its_list():
    """Found at 100,000 examples: the item's blank line came and went, and the item with it."""
    empty, tight = {"t": "Para", "c": []}, plain()
    long = para("la la la la la la la")
    assert_lossless(
        [chapter(empty, bullet_list([[long], [empty], [tight]]))],
        [chapter(bullet_list([[empty], [long], [tight]]), empty)],
    )


def test_empty_items_and_paragraphs_survive_next_to_deleted_ones():
    empty = {"t": "Para", "c": []}
    old = [chapter(bullet_list([[], [plain("gone")], [empty]]), empty, para("also gone"))]
    new = [chapter(bullet_list([[], [empty]]), empty)]
    assert_lossless(old, new)
    assert_lossless(new, old)


# ---- 2: silent on nothing ----------------------------------------------------


@law
@given(chapters())
def test_an_edition_does_not_differ_from_itself(edition):
    assert compare(edition, edition).is_empty


@law
@given(chapters(), long_tapes)
def test_what_a_reader_cannot_see_is_no_amendment(edition, tape):
    other = levelled(edition, tape)
    assert compare(edition, other).is_empty
    assert compare(other, edition).is_empty


# ---- 3: moves are moves ------------------------------------------------------


@law
@given(distinct_chapters(), tapes)
def test_a_block_or_a_section_that_moved_is_neither_deleted_nor_inserted(old, tape):
    new, moved = with_something_moved(old, tape)
    redline = compare(old, new)
    assert_only_moved(redline)
    assert redline.is_empty == (texts(old) == texts(new))
    shown = [block.new for one in redline.chapters for block in one.blocks if block.kind == MOVED_TO]
    assert weight(shown) <= weight(moved)  # where two changed places, the shorter one moved


@law
@given(distinct_chapters(), tapes)
def test_a_block_that_moved_and_changed_is_reported_as_both(old, tape):
    new, moved = with_something_moved(old, tape, edited=True)
    redline = compare(old, new)
    assert_only_moved(redline, edited=1 if moved else 0)


@law
@given(distinct_chapters(), tapes)
def test_chapters_in_another_order_under_other_names_moved_and_nothing_in_them_changed(old, tape):
    new = list(old)
    for _ in range(1 + tape.below(2)):
        new.insert(tape.below(len(new)), new.pop(tape.below(len(new))))
    at = tape.below(len(new) + 1)
    new[at : at + 1] = [replace(one, path="renamed.md", id="renamed", title="Renamed") for one in new[at : at + 1]]
    redline = compare(old, new)
    assert all(block.kind == KEPT for one in redline.chapters for block in one.blocks)
    assert not any(one.inserted or one.deleted for one in redline.chapters)
    order = [one.blocks for one in old] != [one.blocks for one in new]
    assert any(one.moved for one in redline.chapters) == order
    assert any(one.renamed for one in redline.chapters) == (at < len(new))


@law
@given(distinct_chapters(), tapes)
def test_a_chapter_split_in_two_or_merged_with_its_neighbour_loses_no_block(whole, tape):
    at = tape.below(len(whole))
    blocks = whole[at].blocks
    cuts = [cut for cut in range(len(blocks) + 1) if has_text(blocks[:cut]) and has_text(blocks[cut:])]
    if not cuts:
        return
    cut = tape.pick(cuts)
    halves = [replace(whole[at], blocks=blocks[:cut]), chapter(*blocks[cut:], path="half.md", title="The other half")]
    parted = [*whole[:at], *halves, *whole[at + 1 :]]
    assert_only_moved(compare(whole, parted))
    assert_only_moved(compare(parted, whole))


@law
@given(distinct_chapters(), tapes)
def test_what_was_put_into_a_quote_or_a_frame_moved_and_what_came_out_of_one_too(old, tape):
    at = tape.below(len(old))
    blocks = old[at].blocks
    start = tape.below(len(blocks))
    framed = blocks[start : start + 1 + tape.below(3)]
    if not has_text(framed):
        return
    # A quote in a quote is taken for the same quote, edited.
    quotes = tape.below(2) and all(block["t"] != "BlockQuote" for block in framed)
    around = quote(*framed) if quotes else div(framed, classes=["box"])
    new = list(old)
    new[at] = replace(old[at], blocks=[*blocks[:start], around, *blocks[start + len(framed) :]])
    for one, other in ((old, new), (new, old)):
        figures = count_redline(compare(one, other))
        assert figures.words_inserted == figures.words_deleted == 0
        assert figures.words_moved == figures.words_moved_away == count_words(framed)


def with_something_moved(old, tape, *, edited=False):
    """Return an edition in which a block or a section stands elsewhere, and the blocks that moved.

    No heading moves alone, and nothing moves over headings alone: that is no move (docs/redline.md). Nor does all the
    text of a chapter go to a shorter one: that is a chapter renamed, which took the other's blocks in, its first
    heading alone among them.
    """
    contents = [list(one.blocks) for one in old]
    source, target = tape.pick(contents), tape.pick(contents)
    at = tape.below(len(source))
    stop = at + 1
    while stop < len(source) and source[at]["t"] == "Header" and source[stop]["t"] != "Header":
        stop += 1
    moved = source[at:stop]
    if target is source:
        places = [place for place in range(len(target) + 1) if has_text(source[stop:place] or source[place:at])]
    else:
        stays = has_text([*source[:at], *source[stop:]]) or weight(moved) < weight(target)
        places = list(range(len(target) + 1)) if stays else []
    paragraphs = [place for place, block in enumerate(moved) if block["t"] == "Para"]
    if not places or not has_text(moved) or (edited and not paragraphs):
        return old, []
    place = tape.pick(places)
    del source[at:stop]
    if target is source and place > at:
        place -= stop - at
    if edited:
        changed = tape.pick(paragraphs)
        first, space, _, *rest = moved[changed]["c"]
        moved[changed] = para(first, space, "reworded", *rest)
    target[place:place] = moved
    return [replace(one, blocks=blocks) for one, blocks in zip(old, contents, strict=True)], moved


def has_text(blocks):
    return any(block["t"] != "Header" for block in blocks)


def assert_only_moved(redline, *, edited=0):
    blocks = [block for one in redline.chapters for block in one.blocks]
    allowed = {KEPT, MOVED_TO, MOVED_FROM} | ({EDITED} if edited else set())
    assert {block.kind for block in blocks} <= allowed
    assert sum(block.edited for block in blocks if block.kind != MOVED_FROM) == edited


def weight(blocks):
    return sum(len(equality_key(block)) for block in blocks)


# ---- 5: no word and no number is split ---------------------------------------


@law
@given(edited_pairs())
def test_no_mark_begins_or_ends_inside_a_word_or_a_number(pair):
    document = to_ast(compare(*pair))
    assert [*split_words(document, drop=NEW_ONLY), *split_words(document, drop=OLD_ONLY)] == []


def test_a_mark_inside_a_word_or_a_number_is_noticed():
    def marked(before, inside, after):
        return [para(before, span([string(inside)], classes=["insertion"]), after)]

    assert list(split_words(marked("écono", "m", "ie"), drop=OLD_ONLY)) == ["écono|mie", "conom|ie"]
    assert list(split_words(marked("1\u00a0", "000", "\u00a0€"), drop=OLD_ONLY)) == ["1\u00a0|000\u00a0€"]
    assert list(split_words(marked("x", "\u0301", "."), drop=OLD_ONLY)) == ["x|\u0301."]
    assert list(split_words(marked("l’", "économie", "."), drop=OLD_ONLY)) == []
    assert list(split_words(marked("écono", "m", "ie"), drop=NEW_ONLY)) == []


def split_words(document, *, drop) -> Iterator[str]:
    """Yield what stands at each border of an inline mark that parts a word or number, in the text of one side.

    Where formatting changes in the midst of a word, as in H₂O, a mark may
    begin or end; and the no-break space inside a number may become another
    one, which is a mark of class `typography` that no reader is shown.
    """
    for inlines in _inline_lists(document):
        signs: list[tuple[str, tuple]] = []  # each with the wrappers around it
        borders: set[tuple[int, bool]] = set()  # with whether it is one of typography alone
        _flatten(inlines, drop, (), signs, borders)
        text = "".join(sign for sign, _ in signs)
        in_number = {place for found in _NUMBER.finditer(text) for place in range(found.start() + 1, found.end())}
        for border, typography in sorted(borders):
            if not 0 < border < len(signs) or signs[border - 1][1] != signs[border][1]:
                continue
            left, right = text[border - 1], text[border]
            in_word = (_is_of_word(left) and _is_of_word(right)) or (_is_mark(right) and not left.isspace())
            if in_word or (border in in_number and not typography):
                yield f"{text[max(0, border - 5) : border]}|{text[border : border + 5]}"


_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:[.,\u00a0\u202f]\d{3})*(?:[.,]\d+)?(?!\w)")


def _inline_lists(value, *, inside=False) -> Iterator[list]:
    """Yield the lists of inlines that no inline holds, and those of notes."""
    if isinstance(value, list):
        if not inside and value and isinstance(value[0], dict) and value[0].get("t") in INLINES:
            yield value
            inside = True
        for item in value:
            if isinstance(item, (list, dict)):
                yield from _inline_lists(item, inside=inside)
    elif isinstance(value, dict):
        for item in value.values():
            if isinstance(item, (list, dict)):
                yield from _inline_lists(item, inside=inside and value.get("t") != "Note")


def _flatten(inlines, drop, around: tuple, signs: list, borders: set[tuple[int, bool]]) -> None:
    for node in inlines:
        kind, mark = node["t"], mark_of(node)
        if mark in drop:
            continue
        if mark:
            typography = "typography" in node["c"][0][1]
            borders.add((len(signs), typography))
            _flatten(node["c"][1], drop, around, signs, borders)
            borders.add((len(signs), typography))
        elif kind == "Str":
            signs += [(sign, around) for sign in node["c"]]
        elif kind in ("Space", "SoftBreak"):
            signs.append((" ", around))
        elif kind in _WRAPS and (inner := node["c"][1] if kind in _HOLD_MORE else node["c"]):
            _flatten(inner, drop, (*around, id(node)), signs, borders)
        else:  # an image, a formula, an anchor: a sign of its own
            signs.append(("\ufffc", (*around, id(node))))


_HOLD_MORE = frozenset({"Quoted", "Link", "Span"})
_WRAPS = _HOLD_MORE | {"Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps"}


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or _is_mark(sign) or sign in "\u00ad\u200c\u200d\u2060"


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M"
