"""What is remembered never changes what is found."""

from __future__ import annotations

from documents import chapters, edited_pairs
from hypothesis import given

from millesime.markup.ast import para
from millesime.redline.compare import compare
from millesime.redline.memory import Memory
from millesime.redline.model import ChapterText
from millesime.redline.write import redline_json


@given(edited_pairs(), chapters())
def test_a_second_comparison_finds_what_a_first_one_would(pair, other):
    old, new = pair
    memory = Memory()
    compare(old, other, memory=memory)
    compare(old, new, memory=memory)
    assert redline_json(compare(old, new, memory=memory), full=True) == redline_json(compare(old, new), full=True)


def test_what_did_not_change_is_made_once():
    memory, made = Memory(), []
    memory.begin()
    for _ in range(2):
        memory.recall(("chapter", b"x"), lambda: made.append(1))
    assert made == [1]


def test_what_nobody_asks_for_is_forgotten():
    memory, made = Memory(), []
    memory.recall(("chapter", b"x"), lambda: made.append(1))
    for _ in range(5):
        memory.begin()
    memory.recall(("chapter", b"x"), lambda: made.append(1))
    assert made == [1, 1]


def test_equal_chapters_have_equal_digests_and_others_have_not():
    def text(words: str) -> ChapterText:
        return ChapterText(path="a.md", id="a", title="", blocks=[para(words)])

    memory = Memory()
    assert memory.digest(text("one two")) == memory.digest(text("one two"))
    assert memory.digest(text("one two")) != memory.digest(text("one three"))
