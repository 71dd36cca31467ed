"""French spaces and quotation marks: in text, in every place of it, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.assembly.foreign import settle_foreign
from millesime.assembly.typography import NBSP, NNBSP, set_text, set_typography
from millesime.markup.ast import para, string, text_of, walk
from millesime.markup.source_names import names_as_written
from tests.assembly.builders import chapter


def french(markdown: str) -> str:
    """The text as it is printed: "~" for a no-break space, "_" for a narrow one."""
    blocks = set_typography(names_as_written(chapter(markdown).document.blocks), "fr")
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


def quoted(markdown: str, language: str) -> str:
    return text_of(set_typography(chapter(markdown).document.blocks, language), notes=True)


@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("de", "„Ja, ‚wirklich‘“"), ("de-CH", "«Ja, ‹wirklich›»"), ("en", "“Ja, ‘wirklich’”"),
        ("pl", "„Ja, ‚wirklich’”"),
        ("es", "«Ja, “wirklich”»"), ("sv", "”Ja, ’wirklich’”"),
        ("ja", "「Ja, 『wirklich』」"), ("nl", "“Ja, ‘wirklich’”"),
        ("pt-PT", "«Ja, “wirklich”»"), ("pt-BR", "“Ja, ‘wirklich’”"), ("fr-CA", f"«{NBSP}Ja, ‘wirklich’{NBSP}»"),
    ],
)  # fmt: skip
def test_every_language_has_its_quotation_marks(language: str, printed: str):
    assert quoted("\"Ja, 'wirklich'\"", language) == printed


def test_quotes_in_quotes_take_turns_and_begin_anew_in_a_note():
    def double(*inlines):
        return {"t": "Quoted", "c": [{"t": "DoubleQuote"}, list(inlines)]}

    inner = {"t": "Emph", "c": [double(string("b"), double(string("c")))]}
    noted = {"t": "Note", "c": [para(double(string("e")))]}
    blocks = [para(double(string("a"), inner, string("d"), noted))]
    assert text_of(set_typography(blocks, "de"), notes=True) == "„a‚b„c“‘d„e“ “"


@pytest.mark.parametrize(
    "passage", ['["x"]{lang=de}', '::: {lang=de}\n"x"\n:::', '## "x" {lang=de}', '["x"](#a){lang=de}']
)
def test_a_passage_has_the_marks_of_its_own_language(passage: str):
    assert "„x“" in quoted(passage, "fr") and "„x“" in quoted(passage, "en")
    assert f"«{NBSP}y{NBSP}»" in quoted(passage.replace("de", "fr").replace("x", "y"), "de")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Les '90s et '68, rock 'n' roll", "Les ’90s et ’68, rock ’n’ roll"),
        ("En '90 d'or, dit 'oui' enfin", "En ’90 d’or, dit ‘oui’ enfin"),
        ("dit '12 hommes' enfin", "dit ‘12 hommes’ enfin"),
    ],
)
def test_the_apostrophe_of_a_decade_opens_no_quote(written: str, printed: str):
    assert quoted(written, "fr") == quoted(written, "en") == quoted(written, "nl") == printed


def test_a_line_block_keeps_its_indents():
    lines = '| un\n|     deux ;\n|   trois "x"\n'
    french = text_of(set_typography(chapter(lines).document.blocks, "fr"))
    assert f"{NBSP * 4}deux{NNBSP};" in french and f"{NBSP * 2}trois «{NBSP}x{NBSP}»" in french


def test_the_marks_of_a_raw_q_are_those_of_the_language():
    blocks = settle_foreign(chapter("Il dit <q>oui</q> et <q lang=de>ja</q>.").document.blocks)
    assert text_of(set_typography(blocks, "fr")) == f"Il dit «{NBSP}oui{NBSP}» et „ja“."
