"""The checker of French typography, tried on right and on broken text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.validation.french import check_paragraphs, check_text, paragraphs_of

NB, NNB = "\u00a0", "\u202f"
RIGHT = [
    f"Pourquoi{NNB}? Parce que{NNB}; enfin{NNB}! Deux points{NB}: oui.",
    f"Il a dit «{NB}oui{NB}», puis «{NB}non{NB}»{NNB}!",
    f"Les 25{NNB}000 habitants, 12{NB}% de 3{NB}€, en 2018 à 12:30 (n°{NB}5).",
    "L’heure d’été, le 1er et la 2e, le xixe siècle…",
    "Voir https://example.org/a?b=c;d et nom@example.org, ou a.md.",
    "En 2018 250 personnes ; ".replace(" ;", f"{NNB};").strip(),
]
BROKEN = {
    "Pourquoi ?": "an ordinary space before a high sign",
    "Pourquoi?": "no space before a high sign",
    "Deux points : oui": "an ordinary space before a high sign",
    "Deux points: oui": "no space before a high sign",
    f"« oui{NB}»": "no no-break space behind «",
    f"«{NB}oui »": "an ordinary space before a high sign",
    f"«{NB}oui»": "no no-break space before »",
    "12 % des voix": "an ordinary space before a unit",
    "à 300 km d’ici": "an ordinary space before a unit",
    "les 25 000 habitants": "an ordinary space between groups of digits",
    "l'heure": "a straight apostrophe",
    'le "mot" juste': "straight quotation marks",
    "la 2ème fois": "an ordinal otherwise",
    "le n° 5": "n° without",
    "et ainsi...": "three points",
}


@pytest.mark.parametrize("text", RIGHT)
def test_nothing_is_found_in_right_text(text: str):
    assert list(check_text(text)) == []


@pytest.mark.parametrize("text", BROKEN)
def test_each_fault_is_found(text: str):
    found = list(check_text(text))
    assert any(line.startswith(BROKEN[text]) for line in found), found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("; la suite", "a line begins"),
        ("le mot «", "a line ends"),
        ("le mot; la suite", "no space before"),
        ("l'heure", "a straight"),
        (f"«{NB}oui{NB}» ; deux : trois", ""),
    ],
)
def test_lines_of_print_are_looked_at_where_they_break(line: str, words: str):
    found = list(check_text(line, printed=True))
    assert any(one.startswith(words) for one in found) if words else found == []


def test_code_formulas_other_languages_and_other_versions_are_left_alone(tmp_path: Path):
    (tmp_path / "page.html").write_text(
        "<html lang='fr'><body><p>Du <code>code ; là</code> et <i lang='en'>why?</i> ici.</p><pre>a ; b</pre>"
        "<p lang='en'>Why? Because: so.</p><p>le <del>mot</del><ins>; la suite</ins>.</p><p>Faux ?</p></body></html>",
        encoding="utf-8",
    )
    count, errors = check_paragraphs(paragraphs_of("html", tmp_path))
    assert count >= 3
    assert [line.rpartition(":")[2].strip() for line in errors] == ["'Faux ?'"]


def test_deleted_words_of_a_word_file_are_not_read(tmp_path: Path):
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    text = (
        f"<w:document {space}><w:body><w:p><w:r><w:t>le mot</w:t></w:r><w:del><w:r><w:delText>; non</w:delText></w:r>"
        "</w:del><w:r><w:t> ? oui</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", text)
    assert list(paragraphs_of("docx", tmp_path / "a.docx")) == ["le mot ? oui"]
