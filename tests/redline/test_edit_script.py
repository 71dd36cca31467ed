"""A shortest edit script in bounded memory, and what is parted because it is too long."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from millesime.redline.text import edit_script as module
from millesime.redline.text.edit_script import edit_script, kept_runs, likeness

TEXTS = st.text("abcdefgh", max_size=60)


@pytest.mark.parametrize("most", [1, 30, 200, module.MOST_CELLS])
@given(old=TEXTS, new=TEXTS)
def test_a_script_tells_all_of_both_texts_wherever_they_are_parted(most: int, old: str, new: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_CELLS", most)
        script, runs = list(edit_script(old, new)), kept_runs(old, new)
    assert "".join(old[op.old.start : op.old.stop] for op in script) == old
    assert "".join(new[op.new.start : op.new.stop] for op in script) == new
    for op in script:
        if op.is_equal:
            assert old[op.old.start : op.old.stop] == new[op.new.start : op.new.stop]
        else:
            assert not op.old or not op.new
    assert sum(run.length for run in runs) == sum(len(op.old) for op in script if op.is_equal)


@given(old=TEXTS, new=TEXTS)
def test_a_script_of_texts_that_are_not_parted_is_a_shortest_one(old: str, new: str):
    kept = sum(run.length for run in kept_runs(old, new))
    assert len(old) + len(new) - 2 * kept == Indel.distance(old, new)
    assert likeness(old, new) == pytest.approx(Indel.normalized_similarity(old, new) if old or new else 0)


def test_an_edited_text_that_is_parted_keeps_nearly_all_that_stays(monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(1)
    letters = [chr(0xE000 + chance.randrange(800)) for _ in range(6000)]
    old = "".join(letters)
    new = "".join(letter if chance.random() > 0.1 else chr(0xE000 + chance.randrange(800)) for letter in letters)
    exact = sum(run.length for run in kept_runs(old, new))
    monkeypatch.setattr(module, "MOST_CELLS", 250_000)
    assert sum(run.length for run in kept_runs(old, new)) > 0.995 * exact
