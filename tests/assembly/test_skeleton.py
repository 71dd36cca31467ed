"""An edit of one chapter, with skeletons in the place of all others, gives the report that assembling all gives."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from millesime.assembly.assemble import Materials, Opened, assemble, open_chapter
from millesime.assembly.skeleton import counts_named, skeleton
from millesime.assembly.sources import ChapterSource
from millesime.markup.ast import Document, header, link, para, string
from millesime.redline.model import ChapterText
from tests.assembly.builders import PNG, chapter, materials
from tests.redline.documents import chapters, figure, image

TWO = [
    [header(1, "Un", ident="un"), para("Voir ", link([], "2.md"), " et ", link([], "#deux-p1"), ".")],
    [header(1, "Deux", ident="deux"), para("Des mots."), header(2, "Là", ident="la"), para("Encore.")],
]


def sources_of(texts: Sequence[list]) -> list[ChapterSource]:
    return [
        ChapterSource(path=f"chapters/{number}.md", document=Document(blocks=blocks), role="body")
        for number, blocks in enumerate(texts, start=1)
    ]


def bare(one: Opened) -> Opened:
    return Opened(title=one.title, blocks=skeleton(one.blocks), aliases=one.aliases)


def all_but(made: Materials, edited: int) -> None:
    """Assemble with skeletons for all chapters but one, and compare."""
    whole = assemble(made)
    opened = [open_chapter(source) for source in made.sources]
    known = {one.id: one for index, one in enumerate(whole.chapters) if index != edited}
    mixed = [one if index == edited else bare(one) for index, one in enumerate(opened)]
    assert assemble(made, opened=mixed, known=known) == whole


@given(editions=chapters(most=4), edited=st.integers(min_value=0, max_value=3))
def test_what_a_chapter_can_see_of_another_is_its_skeleton(editions: list[ChapterText], edited: int):
    all_but(materials(*sources_of([list(one.blocks) for one in editions])), edited)


@given(edited=st.integers(min_value=0, max_value=1))
@example(edited=0)
def test_references_find_what_stands_in_a_skeleton(edited: int):
    all_but(materials(*sources_of(TWO)), edited)


@given(editions=chapters(most=2), number=st.integers(min_value=0, max_value=12))
def test_a_skeleton_names_blocks_by_their_count_as_its_chapter_does(editions: list[ChapterText], number: int):
    name = f"un-p{number}"
    named = [header(2, name), para({"t": "Emph", "c": [link([string("là")], f"2.md#{name}")]}, " ou ", link([], name))]
    for blocks in [list(one.blocks) for one in editions] + TWO:
        whole = [*blocks, *named, {"t": "Div", "c": [[name, [], []], blocks]}]
        taken, linked = counts_named("un", skeleton(whole))
        assert (taken, linked) == counts_named("un", whole)
        assert name in taken and name in linked


def test_citations_are_set_in_the_order_of_all_chapters():
    bibliography = "@book{b, title={Zzz}, author={Besson, A.}, year={2001}}\n@book{a, title={Aaa}, author={Alix, B.}}"
    texts = ["# Un\n\nDit [@b, p. 4] et *encore [@a]*.", "# Deux\n\nAussi [@a; @b]."]
    sources = [chapter(text, path=f"chapters/{number}.md") for number, text in enumerate(texts)]
    for edited in range(2):
        all_but(materials(*sources, bibliography=bibliography), edited)


def test_images_of_kept_chapters_are_shown():
    picture = figure([para("Une figure")], [para(image("figures/a.png", [string("A")]))], ident="fig-a")
    made = materials(*sources_of([[header(1, "Un"), picture], TWO[1]]), images=["chapters/figures/a.png"])
    all_but(made, 1)
    assert assemble(made).images == {"chapters/figures/a.png": PNG}


def test_a_skeleton_has_no_words():
    blocks = [
        para("Des mots ", {"t": "Emph", "c": [string("secrets")]}, " ici."),
        {"t": "CodeBlock", "c": [["", [], []], "du code"]},
    ]
    assert "secrets" not in str(skeleton(blocks)) and "code" not in str(skeleton(blocks)[1]["c"][1])
