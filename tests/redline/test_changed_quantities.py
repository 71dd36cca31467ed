"""What changes in figures: laws, then examples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from documents import chapter, chapters, code_block, edited_pairs, note, ordered_list, para
from hypothesis import given
from hypothesis import strategies as st

from millesime.markup.ast import bullet_list, header, link, plain, simple_table, words
from millesime.redline.compare import compare
from millesime.redline.model import ChapterChange, Redline
from millesime.redline.reading.changed_quantities import READABLE, QuantityChange, changed_quantities
from millesime.redline.text.quantities import read_tokens

CONSTRUCTED = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "quantities" / "construits.yaml").read_text(encoding="utf-8")
)
NUMBERS = st.sampled_from(["12", "1 000", "3,5 millions d’euros", "12 %", "3 juillet 2018", "2018", "douze", "18 mois"])
SENTENCES = st.lists(
    st.tuples(
        st.sampled_from(["La ville de Nantes consacre {} à ce projet.", "Le conseil a retenu {} en séance."]), NUMBERS
    ),
    min_size=1,
    max_size=4,
).map(lambda found: " ".join(sentence.format(number) for sentence, number in found))


def figures(old, new) -> list[tuple[str, str]]:
    """The figures that changed from one chapter's blocks to another's; texts are paragraphs."""
    sides = [[block if isinstance(block, dict) else para(block) for block in side] for side in (old, new)]
    found = changed_quantities(compare([chapter(*sides[0])], [chapter(*sides[1])]))
    return [(change.old, change.new) for change in found]


def table(*rows: str):
    head, *body = ([words(cell.strip()) for cell in row.split("|")] for row in rows)
    return simple_table(head, body)


# ---- laws ------------------------------------------------------------------


@given(chapters())
def test_no_figure_changes_between_an_edition_and_itself(edition):
    assert changed_quantities(compare(edition, edition)) == []


@given(edited_pairs())
def test_swapping_the_editions_swaps_old_and_new(editions):
    redline = compare(*editions)
    found, back = changed_quantities(redline), changed_quantities(_swapped(redline))
    assert sorted(map(_both, back)) == sorted((new, old) for old, new in map(_both, found))


@given(SENTENCES, SENTENCES)
def test_swapping_two_texts_swaps_old_and_new(old, new):
    there, back = figures([old], [new]), figures([new], [old])
    assert sorted(back) == sorted((before, after) for after, before in there)


@given(SENTENCES, SENTENCES)
def test_what_changed_is_printed_in_its_sentence_and_is_not_the_same(old, new):
    for change in changed_quantities(compare([chapter(para(old))], [chapter(para(new))])):
        assert change.old in change.sentence_old
        assert change.new in change.sentence_new
        assert change.old != change.new


def _both(change: QuantityChange) -> tuple[str, str]:
    return change.old, change.new


def _swapped(redline: Redline) -> Redline:
    return Redline(
        chapters=tuple(
            ChapterChange(
                old=one.new,
                new=one.old,
                blocks=tuple(replace(change, old=change.new, new=change.old) for change in one.blocks),
            )
            for one in redline.chapters
        )
    )


# ---- constructed cases -----------------------------------------------------


@pytest.mark.parametrize("case", CONSTRUCTED, ids=lambda case: case["old"])
def test_constructed_case(case):
    expected = [tuple(pair) for pair in case["changes"]]
    assert figures([case["old"]], [case["new"]]) == expected


# ---- where figures stand ---------------------------------------------------


def test_a_change_says_where_it_is():
    old, new = "Le programme réunit douze villes.", "Le programme réunit 15 villes."
    one = compare([chapter(para("Même texte."), para(old))], [chapter(para("Même texte."), para(new))])
    assert changed_quantities(one) == [
        QuantityChange(kind="number", old="douze", new="15", sentence_old=old, sentence_new=new, chapter=0, block=1)
    ]


def test_a_long_sentence_is_cut_around_its_figure():
    old = "mot " * 100 + "douze villes " + "mot " * 100
    (change,) = changed_quantities(compare([chapter(para(old))], [chapter(para(old.replace("douze", "quinze")))]))
    assert change.sentence_new.startswith("… ") and change.sentence_new.endswith(" …")
    assert "quinze villes" in change.sentence_new and len(change.sentence_new) <= READABLE + 4


def test_a_figure_in_a_sentence_that_moved_and_changed_is_found():
    old = ["Le budget du projet atteint 3 M€. Les villes sont contentes de leur choix."]
    new = ["Les villes sont contentes de leur choix. Le budget du projet atteint 4 M€."]
    assert figures(old, new) == [("3 M€", "4 M€")]


def test_a_figure_in_a_paragraph_that_moved_and_changed_is_found_once():
    moved = "La métropole consacre chaque année {} à la rénovation de ses écoles publiques."
    other = ["Un paragraphe assez long qui ne change pas du tout ici.", "Un autre paragraphe qui reste à sa place."]
    assert figures([moved.format("3 M€"), *other], [*other, moved.format("4 M€")]) == [("3 M€", "4 M€")]


def test_notes_items_and_links_are_read():
    def blocks(number):
        return [
            para("Un texte", note(para(f"Enquête menée auprès de {number} communes de France.")), " suit."),
            bullet_list([[plain("Nantes")], [plain(f"Lyon : {number} capteurs installés")]]),
            para("Voir ", link(words(f"les {number} fiches du guide public"), "https://a.fr/1")),
        ]

    assert figures(blocks("12"), blocks("15")) == [("12", "15")] * 3


def test_code_formulas_and_the_numbers_of_lists_are_not_read():
    def blocks(number):
        code = {"t": "Code", "c": [["", [], []], f"x = {number}"]}
        return [
            para("Un même texte avec du code ", code, " et une suite assez longue."),
            code_block(f"let x = {number};"),
            ordered_list([[plain("Ouvrir les données")], [plain("Publier")]], start=number),
            header(2, f"{number}. Les données publiques de la ville"),
        ]

    assert figures(blocks(3), blocks(4)) == []


def test_a_cell_that_changed_in_an_aligned_row_is_found():
    old = table("Ville | Capteurs | Budget", "Nantes | 12 | 3 M€", "Lyon | 30 | 5 M€")
    new = table("Ville | Capteurs | Budget", "Lyon | 30 | 6 M€", "Paris | 8 | 1 M€", "Nantes | 15 | 3 M€")
    assert figures([old], [new]) == [("5 M€", "6 M€"), ("12", "15")]


def test_rows_that_were_renumbered_are_not_changes():
    old = table("N° | Ville | Budget", "1 | Nantes | 3 M€", "2 | Lyon | 5 M€")
    new = table("N° | Ville | Budget", "1 | Paris | 1 M€", "2 | Nantes | 3 M€", "3 | Lyon | 5 M€")
    assert figures([old], [new]) == []


def test_a_column_that_came_does_not_shift_the_others():
    old = table("Ville | 2017 | 2018", "Nantes | 12 | 15", "Lyon | 20 | 25")
    new = table("Ville | 2017 | 2018 | 2019", "Nantes | 12 | 16 | 18", "Lyon | 20 | 25 | 27")
    assert figures([old], [new]) == [("15", "16")]


# ---- reading ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1 234,5", "number", "1234.5"),
        ("1,234.5", "number", "1234.5"),
        ("1.234.567", "number", "1234567"),
        ("quatre-vingt-dix-sept", "number", "97"),
        ("vingt et un", "number", "21"),
        ("two hundred and five", "number", "205"),
        ("deux mille trois cents", "number", "2300"),
        ("3,5 milliards d’euros", "amount", "3500000000"),
        ("€3.5 million", "amount", "3500000"),
        ("12 pour cent", "percentage", "12"),
        ("six mois", "duration", "6"),
        ("−5 °C", "measure", "-5"),
        ("2018–2020", "year", "2018..2020"),
        ("1er mars 2019", "date", "2019-3-1"),
        ("March 1, 2019", "date", "2019-3-1"),
        ("01/03/2019", "date", "2019-3-1"),
        ("entre", "", None),
        ("COVID-19", "label", None),
        ("deux-roues", "", None),
    ],
)
def test_a_quantity_is_read(text, kind, value):
    token = read_tokens(text)[0]
    assert token.kind == kind
    assert value is None or value in token.values
    assert value is None or token.text == text


@given(st.text(max_size=60))
def test_any_text_is_read_to_its_end(text):
    tokens = read_tokens(text)
    assert "".join("".join(token.text.split()) for token in tokens) == "".join(text.split())


def test_spaces_only_part_words():
    assert [token.text for token in read_tokens("L’eau, 12 €.")] == ["L", "’", "eau", ",", "12 €", "."]
