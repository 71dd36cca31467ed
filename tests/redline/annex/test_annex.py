"""The annex tells readers what changed, as an ordinary chapter."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from millesime.assembly.sources import ChapterSource
from millesime.assembly.theme import load_labels
from millesime.markup.ast import Document, attr_of, text_of, walk
from millesime.markup.pandoc import Source, read_documents
from millesime.redline.annex.annex import Side, annex_chapter, annex_title, write_annex
from millesime.redline.compare import compare
from millesime.redline.model import ChapterText

LABELS = load_labels("fr")


def edition(name: str, **chapters: str) -> tuple[Side, list[ChapterText]]:
    """An edition of chapters by id; their path is the id's."""
    documents = read_documents([Source(path=ident, content=text.encode()) for ident, text in chapters.items()])
    sources, texts = [], []
    for ident, document in zip(chapters, documents, strict=True):
        path = f"chapters/{ident}.md"
        sources.append(ChapterSource(path=path, document=Document(blocks=document.blocks), role="body", id=ident))
        title = text_of(document.blocks[0])
        texts.append(ChapterText(path=path, id=ident, title=title, blocks=document.blocks))
    return Side(name=name, date=datetime.date(int(name), 7, 3), chapters=tuple(sources)), texts


def annex(old: dict[str, str], new: dict[str, str], **settings) -> list:
    (old_side, old_texts), (new_side, new_texts) = edition("2018", **old), edition("2019", **new)
    return write_annex(
        compare(old_texts, new_texts), old=old_side, new=new_side, labels=LABELS, language="fr",
        **{"note": [], **settings},
    )  # fmt: skip


def headings(blocks: list) -> list[tuple[int, str]]:
    return [(node["c"][0], text_of(node)) for node in walk(blocks) if node["t"] == "Header"]


def test_equal_editions_give_an_annex_that_says_so():
    blocks = annex({"a": "# A\n\nTexte."}, {"a": "# A\n\nTexte."})
    assert "Rien n'a changé" in text_of(blocks) and not headings(blocks)[1:]


def test_the_concordance_has_old_and_new_numbers():
    text = text_of(
        annex({"a": "# A\n\nx", "b": "# B\n\ny z"}, {"n": "# N\n\nnouveau", "a": "# A\n\nx", "b": "# B\n\ny t"})
    )
    assert "— 1. N nouveau" in text and "1 2. A nouveau numéro" in text
    assert "2 3. B remanié (+1\u00a0−1)" in text


def test_headings_and_ids_of_the_chapters_are_not_headings_and_ids_of_the_annex():
    blocks = annex({"a": "# A\n\n## S {#s}\n\nun"}, {"a": "# A\n\n## S {#s}\n\ndeux\n\n## T {#t}\n\ntrois"})
    assert (2, "S") not in headings(blocks) and (2, "T") not in headings(blocks)
    given = [ident for node in walk(blocks) if (found := attr_of(node)) and (ident := found[0])]
    assert given == ["redline-2018-a"]  # the chapter's passages


def test_an_image_of_the_old_edition_is_named_by_it():
    blocks = annex({"a": "# A\n\n![Carte](f/x.png)"}, {"a": "# A\n\n![Carte](f/y.png)"})
    targets = {node["c"][2][0] for node in walk(blocks) if node["t"] == "Image"}
    assert targets == {"@2018/chapters/f/x.png", "chapters/f/y.png"}


def test_recommendations_are_told_apart_by_their_ids():
    box = "::: {{.recommendation #rec-{0}}}\n**{1}.** Suite.\n:::\n\n"
    old = "# R\n\n" + box.format("a", "Faire") + box.format("b", "Retirer")
    new = "# R\n\n" + box.format("a", "Mieux faire") + box.format("c", "Ajouter")
    text = text_of(annex({"r": old}, {"r": new}, detail="summary"))
    assert "Nouvelles (1) Recommandation\u00a02. Ajouter." in text
    assert "Reformulées (1) Édition 2018 Édition 2019 Recommandation\u00a01 Faire. Suite. Recommandation\u00a01" in text
    assert "Retirées (1) Recommandation\u00a02. Retirer." in text


def test_detail_says_how_much_is_shown():
    old = {"a": "# A\n\n" + "\n\n".join(f"Alinéa {number}." for number in range(9)) + "\n\nun"}
    new = {"a": old["a"].removesuffix("un") + "nouveauté"}
    summary, passages, full = (text_of(annex(old, new, detail=detail)) for detail in ("summary", "passages", "full"))
    assert "nouveauté" not in summary
    assert "nouveauté" in passages and "Alinéa 8." in passages and "Alinéa 0." not in passages
    assert "nouveauté" in full and "Alinéa 0." in full


def test_context_says_how_many_unchanged_blocks_stand_around_a_passage():
    text = "# A\n\n" + "\n\n".join(f"Alinéa {number}." for number in range(5))
    (old_side, old), (new_side, new) = edition("2018", a=text), edition("2019", a=text + "\n\nNouveauté.")
    (chapter,) = compare(old, new).chapters

    def shown(context: int) -> str:
        _, blocks = annex_chapter(
            chapter, old=old_side, new=new_side, labels=LABELS, full=False, linked=False, context=context
        )
        return text_of(blocks)

    assert "Alinéa" not in shown(0) and "Nouveauté" in shown(0)
    assert "Alinéa 4." in shown(1) and "Alinéa 3." not in shown(1)
    assert "Alinéa 2." in shown(3)


def test_a_new_chapter_is_named_by_its_sections_for_it_can_be_read_in_the_report():
    text = text_of(annex({"a": "# A\n\nx"}, {"a": "# A\n\nx", "n": "# N\n\n## Première\n\ncorps\n\n## Seconde"}))
    assert "2.1 Première" in text and "2.2 Seconde" in text and "corps" not in text


def test_what_moved_is_shown_once_and_its_old_place_says_so():
    moved = "Un alinéa assez long pour que l'on reconnaisse qu'il a changé de place sans changer de texte."
    rest = "Un autre alinéa, tout aussi long, qui reste exactement là où il se trouvait auparavant."
    old = {"a": f"# A\n\n## Un\n\n{moved}\n\n{rest}", "b": f"# B\n\n## Deux\n\n{rest} Bis."}
    new = {"a": f"# A\n\n## Un\n\n{rest}", "b": f"# B\n\n## Deux\n\n{rest} Bis.\n\n{moved}"}
    blocks = annex(old, new)
    text = text_of(blocks)
    assert text.count("sans changer de texte") == 1
    assert "Déplacé d'ici (17 mots)" in text and "se lit maintenant dans 2.1 Deux" in text
    assert "Ancienne place : 1.1 Un (Édition 2018)" in text
    targets = {node["c"][2][0] for node in walk(blocks) if node["t"] == "Link"}
    anchors = {f"#{found[0]}" for node in walk(blocks) if (found := attr_of(node)) and found[0]}
    assert anchors & targets == {target for target in targets if target.startswith("#redline-2018-")}


REST = "Ce paragraphe reste là où il est, et ne change en rien d'une édition à l'autre."
MOVED = "Un alinéa assez long pour que l'on reconnaisse qu'il a changé de place sans changer de texte."
NEWS = "Du neuf tout à fait neuf, et rien que cela."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{MOVED}\n\n{REST}", f"{REST}\n\n{MOVED}"),
        (f"{MOVED}\n\n{REST}", f"{REST}\n\n> {MOVED}"),
        (f"> {MOVED}\n\n{REST}", f"{REST}\n\n{MOVED}"),
        (f"{MOVED}\n\n{REST}", f"{REST}\n\n::: note\n{NEWS}\n\n{MOVED}\n:::"),
        (f"{MOVED}\n\n{REST}", f"{REST}\n\n# B\n\n{NEWS}\n\n{MOVED}"),
    ],
    ids=["another place", "a quote", "out of a quote", "a frame", "a new chapter"],
)
@pytest.mark.parametrize("detail", ["passages", "full"])
def test_the_old_place_of_a_move_leads_to_its_new_one(old: str, new: str, detail: str):
    def chapters(text: str) -> dict[str, str]:
        first, *others = f"# A\n\n## Un\n\n{text}".split("\n\n# B")
        return {"a": first} | {f"b{number}": f"# B{other}" for number, other in enumerate(others)}

    blocks = annex(chapters(old), chapters(new), detail=detail)
    ids = {found[0] for node in walk(blocks) if (found := attr_of(node)) and found[0]}
    targets = [node["c"][2][0] for node in walk(blocks) if node["t"] == "Link"]
    assert {target for target in targets if "-move-" in target} <= {f"#{ident}" for ident in ids}
    away = [node for node in walk(blocks) if node["t"] == "Div" and "moved-away" in node["c"][0][1]]
    assert all(any(inner["t"] == "Link" for inner in walk(node["c"][1])) for node in away)
    assert bool(away) == (not old.startswith(">"))


def test_a_passage_leads_to_its_section_in_both_editions():
    (old_side, old_texts), (new_side, new_texts) = (
        edition("2018", a="# A\n\n## Un {#un}\n\nancien"),
        edition("2019", a="# A\n\n## Zéro\n\nneuf\n\n## Un {#un}\n\nnouveau"),
    )
    old_side = replace(old_side, address="https://example.org/2018")
    blocks = write_annex(
        compare(old_texts, new_texts), old=old_side, new=new_side, note=[], labels=LABELS, language="fr"
    )
    targets = [node["c"][2][0] for node in walk(blocks) if node["t"] == "Link"]
    assert "chapters/a.md#un" in targets and "https://example.org/2018/a.html#un" in targets
    assert "Édition 2018 : 1.1" in text_of(blocks)


def test_figures_that_changed_are_in_a_table_of_their_own():
    old, new = (
        "# A\n\nLe service compte {} agents et coûte {} euros par an.".format(*pair) for pair in ((12, 300), (15, 300))
    )
    text = text_of(annex({"a": old}, {"a": new}, detail="summary"))
    assert "Ce qui change en chiffres" in text and "12 agents 15 agents" in text or "12 15" in text
    assert "Aucun nombre" in text_of(annex({"a": "# A\n\nun mot"}, {"a": "# A\n\nun autre mot"}))


def test_what_has_no_words_leaves_no_hole_in_the_sentence_of_a_figure():
    line = "# A\n\nLe réseau, que développe le [](#b), a servi {} foyers [@sen] avec `x` et $y$ cette année."
    blocks = annex({"a": line.format(12)}, {"a": line.format(15)}, detail="summary")
    assert "que développe le […], a servi 15 foyers […] avec […] et […] cette année." in text_of(blocks)


def test_typography_alone_is_not_shown():
    text = text_of(annex({"a": "# A\n\nOui ?\n\nx", "b": "# B\n\nx"}, {"a": "# A\n\nOui\u00a0?\n\nx", "b": "# B\n\ny"}))
    assert "2. B" in text and "1. A inchangé" in text


def test_a_chapter_that_was_split_names_its_parts():
    def part(name: str) -> str:
        return "\n\n".join(
            f"Le {name} numéro {n} est décrit ici par une phrase qui lui est propre, {n * 7}." for n in range(9)
        )

    old = {"ab": f"# Eau et énergie\n\n{part('réseau')}\n\n{part('bâtiment')}"}
    new = {"a": f"# Eau\n\n{part('réseau')}", "b": f"# Énergie\n\n{part('bâtiment')}"}
    assert text_of(annex(old, new)).count("divisé") >= 2


def test_the_note_of_the_editors_opens_the_annex():
    blocks = annex({"a": "# A\n\nx"}, {"a": "# A\n\ny"}, note=[{"t": "Para", "c": [{"t": "Str", "c": "Bonjour"}]}])
    assert headings(blocks)[0] == (2, "Le mot de la rédaction") and text_of(blocks[1]) == "Bonjour"


def test_the_title_names_the_other_edition():
    side, _ = edition("2018", a="# A")
    assert text_of(annex_title(side, LABELS, "fr")) == "Ce qui change depuis l'édition 2018"


def test_the_alternative_text_of_the_map_is_short_whatever_the_book():
    chapters = {f"c{number}": f"# Un chapitre au titre long, numéro {number}\n\nTexte." for number in range(60)}
    blocks = annex(chapters, {name: text + " Et encore." for name, text in chapters.items()}, picture="@annex/x.svg")
    (image,) = [node for node in walk(blocks) if node["t"] == "Image"]
    alternative = dict(image["c"][0][2])["alt"]
    assert len(alternative) <= 600 and "60" in alternative


def test_a_passage_of_which_nothing_shows_is_left_out():
    old = {"a": "# A\n\nUn.\n\n## B\n\nDeux.\n\n## C\n\nTrois."}
    new = {"a": "# A\n\nUn et demi.\n\n## B\n\nDeux.\n\n</Listing>\n\n## C\n\nTrois."}
    passages = [node for node in walk(annex(old, new)) if node["t"] == "Div" and "passage" in attr_of(node)[1]]
    assert len(passages) == 1


def test_passages_of_one_section_have_its_line_once():
    old = {"a": "# A\n\n## B\n\n" + "\n\n".join(f"Le paragraphe numéro {number} demeure." for number in range(9))}
    new = {"a": old["a"].replace("1 demeure", "1 reste").replace("7 demeure", "7 reste")}
    blocks = annex(old, new)
    classes = [attr_of(node)[1] for node in walk(blocks) if node["t"] == "Div"]
    assert sum("passage" in names for names in classes) == 2
    assert sum("passage-trail" in names for names in classes) == 1


def test_an_id_or_a_class_that_changed_is_not_told_in_an_annex():
    old = {"a": "# A\n\n::: {.recommendation #rec-a}\nTester chaque puits de la commune.\n:::\n"}
    new = {"a": "# A\n\n::: {.recommendation #rec-b}\nTester chaque puits de la ville.\n:::\n"}
    text = text_of(annex(old, new))
    assert "rec-a" not in text and "rec-b" not in text and "ville" in text
