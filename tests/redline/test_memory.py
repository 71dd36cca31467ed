"""What is remembered never changes what is found."""

from __future__ import annotations

import hashlib
import marshal
from dataclasses import replace

from documents import Tape, bullet_list, chapter, chapters, edit, edited_pairs, header, note
from hypothesis import given
from hypothesis import strategies as st

from millesime.markup.ast import para, plain
from millesime.redline.compare import compare
from millesime.redline.memory_file import dump_memory, load_memory
from millesime.redline.outputs.json import redline_json
from millesime.redline.pairing.memory import Memory

edits = st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=3)


def assert_the_same_as_alone(memory, old, new):
    remembered = redline_json(compare(old, new, memory=memory), full=True)
    assert remembered == redline_json(compare(old, new), full=True)


@given(edited_pairs(), chapters())
def test_a_second_comparison_finds_what_a_first_one_would(pair, other):
    old, new = pair
    memory = Memory()
    compare(old, other, memory=memory)
    compare(old, new, memory=memory)
    assert_the_same_as_alone(memory, old, new)


@given(edited_pairs(), st.lists(edits, min_size=1, max_size=4))
def test_comparing_after_each_edit_finds_what_a_first_comparison_would(pair, tapes):
    """Either side is edited in turn, as drafts are: moves come and go, and with them the names of all others."""
    old, new = pair
    memory = Memory()
    compare(old, new, memory=memory)
    for number, tape in enumerate(tapes):
        side = edit(old if number % 2 else new, [Tape(part) for part in tape])
        old, new = (side, new) if number % 2 else (old, side)
        assert_the_same_as_alone(memory, old, new)
        assert_the_same_as_alone(memory, new, old)


@given(edited_pairs(), st.integers(0, 3))
def test_chapters_in_another_order_or_under_other_names_are_found_again(pair, turn):
    old, new = pair
    memory = Memory()
    compare(old, new, memory=memory)
    turned = [replace(one, path=f"{place}.md") for place, one in enumerate([*new[turn:], *new[:turn]])]
    assert_the_same_as_alone(memory, old, turned)
    assert_the_same_as_alone(memory, turned, old)


# ---- for a later process ------------------------------------------------------


def digested(edition):
    return [replace(one, digest=hashlib.sha256(marshal.dumps(one.blocks, 2)).hexdigest()) for one in edition]


@given(edited_pairs(), edits)
def test_what_another_process_left_changes_nothing_either(pair, tapes):
    old, new = pair
    first, later = Memory(), Memory()
    compare(digested(old), digested(new), memory=first)
    load_memory(later, dump_memory(first))
    edited = edit(new, [Tape(tape) for tape in tapes])
    for one, other in ((old, edited), (old, new), (edited, old)):
        remembered = redline_json(compare(digested(one), digested(other), memory=later), full=True)
        assert remembered == redline_json(compare(one, other), full=True)


def test_a_paragraph_that_came_into_an_item_is_found_again_by_another_process():
    old, new = (
        digested([chapter({"t": "BulletList", "c": [[*items, para("And", "this.")]]})])
        for items in ([], [para("Come", "in", "between.")])
    )
    first, later = Memory(), Memory()
    compare(old, new, memory=first)
    load_memory(later, dump_memory(first))
    assert_the_same_as_alone(later, old, new)


def test_another_process_makes_only_what_was_edited():
    old, new = digested(lists(*ITEMS)), digested(lists(*ITEMS[1:], ITEMS[0]))
    others = [
        digested([chapter(*one.blocks, para(number), path=f"{number}.md") for number in "123"]) for one in (*old, *new)
    ]
    first, later = Memory(), Memory()
    compare([*old, *others[0]], [*new, *others[1]], memory=first)
    assert first.share_made == 1
    load_memory(later, dump_memory(first))
    compare([*old, *others[0]], [*new, *others[1]], memory=later)
    assert later.share_made == 0
    edited = digested([replace(new[0], blocks=[*new[0].blocks, REST])])
    compare([*old, *others[0]], [*edited, *others[1]], memory=later)
    assert later.share_made == 1 / 4


def test_chapters_without_a_digest_are_not_kept_for_another_process():
    first, later = Memory(), Memory()
    old, new = lists(*ITEMS), lists(*ITEMS[1:])
    compare(old, new, memory=first)
    load_memory(later, dump_memory(first))
    compare(old, new, memory=later)
    assert later.share_made == 1


# ---- moves are numbered through the book, whatever is remembered ----------------


ITEMS = [
    [plain(f"The {name} council answers for the state of its roads and bridges.")]
    for name in ("northern", "southern", "eastern")
]
MOVED = para("Every household of the valley draws its water from the same two springs.")
REST = para("Nothing else in this chapter has changed since the last edition of the report.")


def lists(*items):
    return [chapter(bullet_list(items), path="lists.md")]


def test_the_moves_inside_a_list_are_named_after_those_that_came_before_it():
    memory = Memory()
    old, new = lists(*ITEMS), lists(*ITEMS[1:], ITEMS[0])
    compare(old, new, memory=memory)
    before, after = chapter(MOVED, REST, path="a.md"), chapter(REST, MOVED, path="a.md")
    assert_the_same_as_alone(memory, [before, *old], [after, *new])
    assert_the_same_as_alone(memory, old, new)


def test_an_item_that_went_to_another_list_only_now_is_a_move_of_both_lists():
    memory = Memory()
    gone = [plain("The western council has no roads, and answers for the ferries instead.")]
    old = [*lists(*ITEMS, gone), chapter(bullet_list(ITEMS[:2]), path="others.md")]
    without = [*lists(*ITEMS), chapter(bullet_list(ITEMS[:2]), path="others.md")]
    moved = [*lists(*ITEMS), chapter(bullet_list([*ITEMS[:2], gone]), path="others.md")]
    before, after = chapter(MOVED, REST, path="a.md"), chapter(REST, MOVED, path="a.md")
    for new in (without, moved, without):
        assert_the_same_as_alone(memory, old, new)
        assert_the_same_as_alone(memory, [before, *new], [after, *old])


def test_moves_in_the_notes_of_a_paragraph_that_was_split_are_named_in_their_order():
    first = "The council of the valley answers for the state of all its roads and bridges."
    second = "It reports to the assembly in the spring of each year, in public."
    memory = Memory()
    old = [chapter(para(first, note(bullet_list(ITEMS)), second), path="notes.md")]
    new = [chapter(para(first, note(bullet_list([*ITEMS[1:], ITEMS[0]]))), para(second), path="notes.md")]
    compare(old, new, memory=memory)
    before, after = chapter(MOVED, REST, path="a.md"), chapter(REST, MOVED, path="a.md")
    assert_the_same_as_alone(memory, [before, *old], [after, *new])


# ---- what it is -------------------------------------------------------------------


def test_what_did_not_change_is_made_once():
    memory, made = Memory(), []
    memory.begin()
    for _ in range(2):
        memory.recall(("chapter", "x"), lambda: made.append(1))
    assert made == [1]


def test_what_nobody_asks_for_is_forgotten():
    memory, made = Memory(), []
    memory.recall(("chapter", "x"), lambda: made.append(1))
    for _ in range(5):
        memory.begin()
    memory.recall(("chapter", "x"), lambda: made.append(1))
    assert made == [1, 1]


def test_equal_chapters_have_one_name_and_others_have_another():
    def text(*words: str, images=None):
        return replace(chapter(header(1, "Title"), *map(para, words), para("end")), images=images or {})

    memory = Memory()
    name = memory.name(text("one two", "three"))
    assert memory.name(text("one two", "three")) == name
    assert memory.name(replace(text("one two", "three"), path="elsewhere.md")) == name
    others = [text("one two", "four"), text("one two"), text("one two", "three", images={"a.svg": "1"}), chapter()]
    assert len({name, *map(memory.name, others)}) == 1 + len(others)


def test_a_paragraph_edited_in_a_book_leaves_the_other_chapters_as_they_are():
    """Not only the same: the changes of other chapters are taken over, not made again."""
    old = [chapter(*lists(*ITEMS)[0].blocks, MOVED, path=f"{name}.md") for name in "abc"]
    new = [chapter(*lists(*ITEMS[1:])[0].blocks, MOVED, path=f"{name}.md") for name in "abc"]
    memory = Memory()
    first = compare(old, new, memory=memory)
    edited = [replace(new[0], blocks=[*new[0].blocks, REST]), *new[1:]]
    second = compare(old, edited, memory=memory)
    for before, after in zip(first.chapters[1:], second.chapters[1:], strict=True):
        assert all(one is other for one, other in zip(before.blocks, after.blocks, strict=True))
