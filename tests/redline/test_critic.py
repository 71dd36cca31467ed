"""Markdown with CriticMarkup: what stands where a sign cannot stand inside a text."""

from __future__ import annotations

from documents import chapter

from millesime.markup.pandoc import Source, read_documents
from millesime.redline.compare import compare
from millesime.redline.critic import write_markdown

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
