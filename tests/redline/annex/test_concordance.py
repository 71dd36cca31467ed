"""Old numbers of sections and new ones, and what became of each, through two editions and more."""

from __future__ import annotations

from millesime.markup.ast import text_of, walk
from millesime.redline.annex.concordance import concordance_table
from millesime.redline.annex.follow import write_follow
from millesime.redline.annex.sections import section_changes
from millesime.redline.compare import compare
from tests.redline.annex.test_annex import LABELS, edition

LONG = "Un texte de plusieurs mots, que l'on reconnaît partout où il se trouve dans le rapport"


def rows(old: dict[str, str], new: dict[str, str]) -> list[list[str]]:
    (old_side, old_texts), (new_side, new_texts) = edition("2018", **old), edition("2019", **new)
    changes = section_changes(compare(old_texts, new_texts), old=old_side, new=new_side)
    return cells(concordance_table(changes, old=old_side, new=new_side, labels=LABELS, language="fr"))


def cells(table: dict) -> list[list[str]]:
    return [[text_of(cell[4]).replace("\u00a0", " ") for cell in row[1]] for row in table["c"][4][0][3]]


def chapter(*sections: tuple[str, str]) -> str:
    return "# A\n\n" + "\n\n".join(f"## {title}\n\n{LONG}, {title}. {text}" for title, text in sections)


def test_a_section_put_in_between_shifts_the_numbers_of_those_after_it():
    old = chapter(("Un", "x"), ("Deux", "x"), ("Trois", "x"))
    new = chapter(("Un", "x"), ("Neuf", "tout autre chose"), ("Deux", "x"), ("Trois", "x"))
    found = rows({"a": old}, {"a": new})
    assert ["—", "1.2 Neuf", "nouvelle"] in found
    assert ["1.2 à 1.3", "1.3 à 1.4", "inchangées, nouveaux numéros"] in found


def test_a_renamed_section_is_paired_by_its_text():
    old = chapter(("Un", "x"), ("Méthodes", "y"))
    new = chapter(("Un", "x"), ("Méthodes", "y")).replace("## Méthodes", "## Comment nous avons travaillé")
    assert ["1.2 Méthodes", "1.2 Comment nous avons travaillé", "nouveau titre"] in rows({"a": old}, {"a": new})


def test_unchanged_chapters_share_a_row():
    texts = {name: f"# {name.upper()}\n\n{LONG}, {name}." for name in "abcd"}
    assert ["1 à 3", "1 à 3", "inchangés"] in rows(texts, texts | {"d": texts["d"] + " Et encore."})


def test_a_section_that_went_to_another_chapter_is_found_from_both():
    a, b = chapter(("Un", "x"), ("Deux", "y")), "# B\n\n## Trois\n\nautre"
    moved = f"## Deux\n\n{LONG}, Deux. y"
    found = rows({"a": a, "b": b}, {"a": chapter(("Un", "x")), "b": f"{b}\n\n{moved}"})
    assert [row[:2] for row in found].count(["1.2", "2.2 Deux"]) == 2


def test_sections_are_followed_through_three_editions():
    first = chapter(("Un", "x"), ("Deux", "x"), ("Trois", "x"), ("Quatre", "x"))
    second = chapter(("Un", "x"), ("Neuf", "tout autre chose"), ("Deux", "x"), ("Trois", "x"), ("Quatre", "x"))
    third = chapter(("Neuf", "tout autre chose"), ("Deux", "x et un ajout"), ("Trois", "x"), ("Quatre", "x"))
    editions = [edition(name, a=text) for name, text in (("2018", first), ("2019", second), ("2020", third))]
    steps = [compare(editions[at][1], editions[at + 1][1]) for at in (0, 1)]
    blocks = write_follow(steps, [side for side, _ in editions], labels=LABELS, language="fr")
    (table,) = [node for node in walk(blocks) if node["t"] == "Table"]
    assert cells(table)[1:] == [
        ["1.1 Un", "1.1", "retirée"],
        ["—", "1.2 Neuf · nouvelle", "1.1 · nouveau numéro"],
        ["1.2 Deux", "1.3 · nouveau numéro", "1.2 · remaniée (+3)"],
        ["1.3 à 1.4", "1.4 à 1.5", "1.3 à 1.4"],
    ]


def test_in_a_long_table_edited_sections_share_a_row():
    def sections(ending: str) -> str:
        return chapter(*((f"Section {number}", f"{number} {ending if number % 2 else ''}") for number in range(200)))

    found = rows({"a": sections("")}, {"a": sections("neuf")})
    assert len(found) == 2
    assert found[1][0] == "1.1 à 1.200" and found[1][2].startswith("remaniées : 1.2 (+1), 1.4 (+1)")
