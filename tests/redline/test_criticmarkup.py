"""Markdown with CriticMarkup: what stands where a sign cannot stand inside a text."""

from __future__ import annotations

import re

import pytest
from documents import chapter, edited_pairs
from hypothesis import given

from millesime.markup.pandoc import Source, read_documents
from millesime.redline.compare import compare
from millesime.redline.outputs.criticmarkup import write_markdown

STAYS = "La régie publie chaque mois le rendement de son réseau, secteur par secteur.\n\n"
ALSO = "Les compteurs sont relevés à distance, et l'abonné est prévenu d'une fuite.\n\n"


def shown(old: str, new: str) -> str:
    sources = [Source(path="one.md", content=text.encode()) for text in (old, new)]
    before, after = (document.blocks for document in read_documents(sources))
    return write_markdown(compare([chapter(*before)], [chapter(*after)])).split("<<}\n\n", 1)[1]


def test_code_that_came_among_other_blocks_is_a_diff():
    found = shown(STAYS, STAYS + "Ainsi :\n\n```sh\nmake carte\n\nmake tout\n```\n")
    assert found.endswith("{++Ainsi :++}\n\n``` diff\n+ make carte\n+\n+ make tout\n```\n")


def test_a_list_that_moved_says_so_once():
    moved = "- les écoles de la ville\n- les piscines du nord\n\n"
    found = shown(moved + STAYS + ALSO, STAYS + ALSO + moved)
    assert found.count("moved from here: move-1") == found.count("moved here: move-1") == 1
    assert "- {--les piscines du nord--}{>>moved from here: move-1<<}\n" in found


def test_a_table_without_caption_that_moved_says_so_below():
    moved = "| Ville | Capteurs |\n|---|---|\n| Lyon | trois cents |\n| Nantes | deux cents |\n\n"
    found = shown(moved + STAYS + ALSO, STAYS + ALSO + moved)
    assert found.endswith("| {++Nantes++} | {++deux cents++}  |\n\n{>>moved here: move-1<<}\n")


def test_a_figure_that_came_has_its_attributes_and_its_own_text():
    found = shown(STAYS, STAYS + '![Le réseau](reseau.png){#carte alt="Un plan de la ville"}\n')
    assert '{++![Le réseau](reseau.png){#carte alt="Un plan de la ville"}++}' in found


def test_a_hard_line_break_that_came_is_a_sign():
    assert shown("Maison du rapport, 12, quai\n", "Maison du rapport\\\n12, quai\n") == (
        "Maison du rapport{--, --}{++↵++}12, quai\n"
    )


def test_raw_html_of_several_lines_stands_between_signs_of_their_own():
    found = shown(STAYS, STAYS + "```{=html}\n<object>\n</object>\n```\n")
    assert found.endswith("{++\n<object>\n</object>\n++}\n")


# ---- what moved and was edited ----------------------------------------------------


def words_of(markdown: str, side: str) -> list[str]:
    """Return the words that stay when all marks are accepted ("new") or rejected ("old")."""
    text = re.sub(r"\{>>.*?<<\}", "", markdown)
    gone, kept = (r"\{--(.*?)--\}", r"\{\+\+(.*?)\+\+\}")[:: 1 if side == "new" else -1]
    return re.sub(kept, r"\1", re.sub(gone, "", text)).split()


MOVED = "Le **conseil** de la vallée répond chaque année de l'état de toutes ses routes et de tous ses ponts.\n\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("toutes ses routes", "toutes les routes", "de toutes les++}{>>was: ses<<}{++ routes"),
        ("toutes ses", "toutes ses belles", "toutes ses belles++}{>>added: belles<<}{++ routes"),
        ("chaque année ", "", "{++Le **conseil** de la vallée répond ++}{>>removed: chaque année<<}{++de l"),
        ("**conseil**", "**comité**", "{++Le **comité**++}{>>was: conseil<<}{++ de la vallée"),
        ("**conseil**", "conseil", "{++Le conseil++}{>>formatting<<}{++ de la vallée"),
        ("tous ses ponts.", "ses ponts.", "{>>removed: tous<<}{++ses ponts.++}{>>moved here: move-1<<}"),
        ("Le **conseil**", "Notre **conseil**", "{++Notre++}{>>was: Le<<}{++ **conseil** de"),
    ],
)
def test_what_was_edited_in_what_moved_is_a_remark(old: str, new: str, expected: str):
    assert old in MOVED
    edited = MOVED.replace(old, new)
    found = shown(MOVED + STAYS + ALSO, STAYS + ALSO + edited)
    assert expected.replace("'", "’") in found
    assert words_of(found, "new") == words_of(shown("", STAYS + ALSO + edited), "new")
    assert words_of(found, "old") == words_of(shown("", MOVED + STAYS + ALSO), "new")


def test_a_link_whose_target_changed_in_what_moved_is_told_in_a_remark():
    old = MOVED.replace("routes", "[routes](a.html)")
    found = shown(old + STAYS + ALSO, STAYS + ALSO + old.replace("a.html", "b.html"))
    assert "[routes](b.html)++}{>>link: a.html → b.html<<}{++ et de tous" in found


def test_an_item_that_went_from_a_list_that_moved_is_a_remark():
    items = "- les écoles de la ville\n- les piscines du nord\n- les stades et les gymnases\n\n"
    fewer = items.replace("- les piscines du nord\n", "")
    found = shown(items + STAYS + ALSO, STAYS + ALSO + fewer)
    assert "- {--les piscines du nord--}\n" in found
    assert "- {>>removed: les piscines du nord<<}\n" in found
    assert "{++les écoles de la ville++}\n- {>>" in found  # as tight as it was


@given(edited_pairs())
def test_no_mark_stands_in_a_mark(pair):
    for text in re.split(r"^```.*?^```$", write_markdown(compare(*pair)), flags=re.DOTALL | re.MULTILINE):
        open_mark = ""
        for sign in re.findall(r"\{\+\+|\+\+\}|\{--|--\}|\{>>|<<\}", text):
            if sign.startswith("{"):
                assert not open_mark, text
                open_mark = sign
            else:
                assert _CLOSES[sign] == open_mark, text
                open_mark = ""


_CLOSES = {"++}": "{++", "--}": "{--", "<<}": "{>>"}
