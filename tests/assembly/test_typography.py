"""French spaces and quotation marks: in text, in every place of it, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.assembly.typography import NBSP, NNBSP, set_text, set_typography
from millesime.markup.ast import text_of, walk
from tests.assembly.builders import chapter


def french(markdown: str) -> str:
    """The text as it is printed: "~" for a no-break space, "_" for a narrow one."""
    blocks = set_typography(chapter(markdown).document.blocks, "fr")
    return text_of(blocks, notes=True).replace(NBSP, "~").replace(NNBSP, "_")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Pourquoi ? Parce que ; enfin !", "Pourquoi_? Parce que_; enfin_!"),
        ("Pourquoi? Parce que; enfin!", "Pourquoi_? Parce que_; enfin_!"),
        ("Quoi ?! Non…!", "Quoi_?! Non…_!"),
        ("Deux points : oui. Exemple: non.", "Deux points~: oui. Exemple~: non."),
        ("« mot » et «mot»", "«~mot~» et «~mot~»"),
        ('"Mot" et "un \'autre\' mot"', "«~Mot~» et «~un ‘autre’ mot~»"),
        ("*Quoi* ? **Oui** : [là](http://a.b) ; `x` !", "Quoi_? Oui~: là_; x_!"),
        ("*Quoi*? [Là](http://a.b): oui", "Quoi_? Là~: oui"),
        ("25 000 habitants, 12 %, 3 € et n° 5", "25_000 habitants, 12~%, 3~€ et n°~5"),
        ("1 250 000 euros en 2018 000", "1_250_000 euros en 2018 000"),
        ("Déjà\u00a0? Déjà\u202f: oui\u00a0; «\u202foui\u202f»", "Déjà_? Déjà~: oui_; «~oui~»"),
        ("(vraiment ?) [?]", "(vraiment_?) [?]"),
        ("À 12:30, ratio 3:1", "À 12:30, ratio 3:1"),
        ("mot [ancien]{.deletion}[; suite]{.insertion}", "mot_ancien; suite"),
        ("Note[^1] !\n\n[^1]: Vraiment ?", "NoteVraiment_? _!"),
    ],
)
def test_french_text_gets_its_no_break_spaces(written: str, printed: str):
    assert french(written) == printed


@pytest.mark.parametrize(
    "written",
    ["`a ? b : c`", "<https://exemple.fr/x?y=1;z>", "[https://a.b/c?d=1](https://a.b/c?d=1)", "$a ; b$",
     "    code : bloc ;", "[Really ? Yes : no]{lang=en}", "voir https://a.b/c?d=e;f!g"],
)  # fmt: skip
def test_code_addresses_and_other_languages_stay_as_they_are(written: str):
    assert not set(french(written)) & set("~_")


def test_other_languages_are_left_alone():
    blocks = chapter("Why ? No : « this » ; 25 000!").document.blocks
    assert set_typography(blocks, "en") == blocks


def test_a_french_passage_in_an_english_report_is_french():
    blocks = set_typography(chapter("He said [quoi ?]{lang=fr} and so ?").document.blocks, "en")
    assert text_of(blocks) == f"He said quoi{NNBSP}? and so ?"


def test_titles_and_tables_have_it_too():
    printed = french("# Pour qui ?\n\n| a ? | b |\n|---|---|\n| c ! | d |\n\n: Légende ; suite")
    assert "Pour qui_?" in printed and "a_?" in printed and "c_!" in printed and "Légende_; suite" in printed


def test_plain_titles_are_set():
    assert set_text("La ville : pour qui ?", "fr-CA") == f"La ville{NBSP}: pour qui{NNBSP}?"
    assert set_text("L'état d'«urgence»", "fr") == f"L’état d’«{NBSP}urgence{NBSP}»"
    assert set_text("The city: for whom?", "en") == "The city: for whom?"


SPACES = str.maketrans({NBSP: " ", NNBSP: " ", "’": "'", "«": '"', "»": '"', "“": '"', "”": '"'})


@given(st.text(alphabet="abé ?!:;«»()\"'.,-123 %€\n*_", max_size=60))
def test_nothing_but_spaces_and_quotation_marks_changes(text: str):
    before = chapter(text).document.blocks
    after = set_typography(before, "fr")

    def letters(blocks) -> str:
        return "".join(text_of(blocks, notes=True).translate(SPACES).split()).replace('"', "")

    assert letters(after) == letters(before)


WORDS = st.sampled_from([
    "mot", "mot ?", "mot?", "mot\u00a0!", "mot\u202f;", "«mot»", "« mot »", "«\u202fmot\u202f»", "(mot ?)", "12 %",
    "25 000",
    "mot :", "mot:", "n° 5", "*mot* ?", '"mot"', "`x`;", "?!", "[mot](http://a.b):",
])  # fmt: skip


@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_setting_twice_is_setting_once(text: str):
    once = set_typography(chapter(text).document.blocks, "fr")
    assert set_typography(once, "fr") == once


def test_adjacent_strings_are_one():
    blocks = set_typography(chapter("mot ? mot").document.blocks, "fr")
    assert [node["t"] for node in walk(blocks)] == ["Para", "Str", "Space", "Str"]
