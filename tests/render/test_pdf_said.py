"""What the engine of pages says reaches the editor with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from millesime.press.run.artifacts import split_notes
from millesime.problems import Problem
from millesime.render.pdf import render_pdf
from millesime.render.pdf.engine_messages import note_problems
from millesime.render.pdf.plain import print_plain
from tests.render.builders import anchored, chapter, markdown, para, report

WRECK = b"\x89PNG\r\n\x1a\n" + b"x" * 99


def one():
    return report(
        chapter("un", *markdown("Un texte.")),
        chapter(
            "deux", anchored("p-lettre", para("Une lettre \U0001e900 rare.")), *markdown("![Une vue](b.png)"),
            images=("b.png",),
        ),
        images={"b.png": WRECK},
    )  # fmt: skip


@pytest.mark.parametrize("path", ["by unit", "plain"])
def test_missing_glyphs_and_wrecks_are_named_with_their_chapter_and_place(path: str, tmp_path: Path):
    done = print_plain(one()) if path == "plain" else render_pdf(one(), tmp_path / "a.pdf")
    found = {problem.code: problem for problem in done.problems}
    assert set(found) == {"W001", "W002"}
    assert found["W001"].where == "chapters/deux.md" and "'b.png'" in found["W001"].text
    assert found["W002"].where == "chapters/deux.md#p-lettre" and "U+1E900" in found["W002"].text


def test_a_book_of_which_the_engine_says_nothing_has_no_problems(tmp_path: Path):
    assert render_pdf(report(chapter("un", *markdown("Un texte."))), tmp_path / "a.pdf").problems == ()


def test_a_note_without_a_picture_has_the_chapter_that_was_laid_out():
    (problem,) = note_problems([("Unknown image mode: I;16", ["un", "deux"])], one(), {})
    assert problem.where == "chapters/un.md" and "Unknown image mode" in problem.text and problem.hint


def test_problems_are_kept_with_the_artifact():
    problem = Problem("W001", "chapters/a.md", "dit", "fais")
    assert split_notes(["une note", ("W001", "chapters/a.md", "dit", "fais", "warning")]) == {
        "notes": ("une note",),
        "problems": (problem,),
    }
