"""One report out of chapters: what every renderer may rely on."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millesime.assembly.checks import check_report
from millesime.assembly.report import Report
from millesime.markup.ast import Node, attr_of, has_class, nodes_of, text_of, walk
from millesime.problems import ManifestError
from tests.assembly.builders import chapter, report


def nodes(built: Report, kind: str) -> list[Node]:
    return [node for found in built.chapters for node in walk(list(found.blocks)) if node["t"] == kind]


def text(built: Report, index: int = 0) -> str:
    return text_of(list(built.chapters[index].blocks), notes=True)


def codes(built: Report) -> list[str]:
    return [problem.code for problem in check_report(built)]


# ---- titles, levels and numbers --------------------------------------------


def test_the_first_heading_is_the_title_and_leaves_the_text():
    built = report(chapter("# Gouverner *bien*\n\nTexte."))
    assert text_of(list(built.chapters[0].title)) == "Gouverner bien"
    assert not nodes(built, "Header")


def test_a_title_in_the_front_matter_comes_before_a_heading():
    built = report(chapter("---\ntitle: Gouverner\n---\n\n# Introduction\n\nTexte."))
    assert text_of(list(built.chapters[0].title)) == "Gouverner"
    assert [header["c"][0] for header in nodes(built, "Header")] == [2]


def test_the_manifest_names_a_chapter_anew_and_its_heading_is_not_repeated():
    built = report(chapter("# Ancien\n\nTexte.", title="Nouveau"))
    assert text_of(list(built.chapters[0].title)) == "Nouveau"
    assert "Ancien" not in text(built)


def test_a_chapter_without_any_title_is_named_after_its_file():
    assert text_of(list(report(chapter("Texte.", path="a/03-Tests utiles.md")).chapters[0].title)) == "Tests utiles"


def test_levels_begin_at_two_and_skip_none():
    built = report(chapter("# Titre\n\n#### A\n\n###### B\n\n## C\n"))
    assert [header["c"][0] for header in nodes(built, "Header")] == [2, 3, 2]


def test_an_anchor_in_a_heading_leaves_nothing_empty_in_the_contents():
    built = report(chapter('# <a name="a"></a>Titre\n\n## <a id="b"></a>Section []{.x}[^n]\n\nTexte.\n\n[^n]: Note.\n'))
    (found,) = built.chapters
    kinds = {node["t"] for node in walk([list(found.title), list(found.sections[0].title)])}
    assert "Span" not in kinds and text_of(list(found.sections[0].title)) == "Section"
    assert [attr_of(node)[0] for node in nodes(built, "Span") if attr_of(node)[0]] == ["b"]


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        ("### A\n\n### B\n\n## C", [2, 2, 2]),
        ("## A\n\n## B\n\n# C\n\n## D", [2, 2, 2, 3]),
        ("#### A\n\n#### B\n\n##### C\n\n#### D\n\n### E\n\n#### F", [2, 2, 3, 2, 2, 3]),
        ("## A\n\n##### B\n\n#### C\n\n##### D\n\n## E", [2, 3, 3, 4, 2]),
        ("::: x\n### A\n:::\n\n::: x\n### B\n:::\n\n## C", [2, 2, 2]),
        ("## A\n\n> # Cité\n>\n> ## Dessous\n\n## B\n\n### C", [2, 3, 4, 2, 3]),
        ("- # En liste\n\n## A\n\n## B", [2, 2, 2]),
    ],
)  # fmt: skip
def test_siblings_stay_siblings_where_a_level_is_left_out(source: str, levels: list[int]):
    built = report(chapter(f"# Titre\n\n{source}\n"))
    assert [header["c"][0] for header in nodes(built, "Header")] == levels


def test_chapters_and_sections_are_numbered_through_parts_and_matter_is_not():
    built = report(
        chapter("# Avant", "0.md", role="front", numbered=False),
        chapter("# Un\n\n## A\n\n### AA\n\n## B", "1.md", part=0),
        chapter("# Deux\n\n## C", "2.md", part=1),
        chapter("# Lettre\n\n## D", "3.md", role="annex"),
        parts=["Le modèle", "Les services"],
    )
    assert [found.label for found in built.chapters] == ["", "Chapitre\u00a01", "Chapitre\u00a02", "Annexe\u00a0A"]
    assert [part.label for part in built.parts] == ["Partie\u00a0I", "Partie\u00a0II"]
    assert [text_of(header["c"][2]) for header in nodes(built, "Header")] == [
        "1.1 A", "1.1.1 AA", "1.2 B", "2.1 C", "A.1 D"]  # fmt: skip
    assert [section.number for section in built.chapters[1].sections] == ["1.1", "1.2"]
    assert built.chapters[1].sections[0].sections[0].number == "1.1.1"


def test_captions_are_numbered_through_the_report_and_uncaptioned_ones_are_not():
    table = "| a |\n|---|\n| b |\n"
    built = report(
        chapter(f"# Un\n\n{table}\n: Budget\n\n{table}", "1.md"),
        chapter(f"# Deux\n\n{table}\n: Emplois\n\n![Carte](c.png)", "2.md"), images=["c.png"],
    )  # fmt: skip
    assert "Tableau\u00a01. Budget" in text(built) and "Tableau\u00a02. Emplois" in text(built, 1)
    assert "Figure\u00a01. Carte" in text(built, 1)


def test_recommendations_are_numbered_through_the_report():
    box = "::: {.recommendation #rec-%s}\n**Faire.**\n:::\n"
    built = report(
        chapter("# Un\n\n" + box % "a", "1.md"), chapter("# Deux\n\nVoir [](#rec-b).\n\n" + box % "b", "2.md")
    )
    assert "Voir recommandation\u00a02." in text(built, 1)


# ---- anchors ---------------------------------------------------------------


def test_every_block_has_an_anchor():
    built = report(chapter("# T\n\nA.\n\n- b\n- c\n\n> d\n\n```\ne\n```\n\nf\n:   g\n"))
    for block in built.chapters[0].blocks:
        attributes = attr_of(block)
        assert attributes and built.anchors[attributes[0]] == "essai"


def test_a_heading_id_that_all_chapters_use_is_told_apart():
    built = report(chapter("# Un\n\n## Methods", "1.md", id="un"), chapter("# Deux\n\n## Methods", "2.md", id="deux"))
    assert [header["c"][1][0] for header in nodes(built, "Header")] == ["un-methods", "deux-methods"]


def test_a_heading_id_of_390_characters_becomes_a_short_anchor_that_links_still_find():
    long = "a-long-heading-" * 26
    built = report(chapter(f"# T\n\n## Long {{#{long}}}\n\n[là](#{long})"))
    (link,) = nodes(built, "Link")
    assert len(link["c"][2][0]) < 90 and link["c"][2][0][1:] in built.anchors


def test_two_chapters_that_state_one_id_are_refused_by_name():
    with pytest.raises(ManifestError, match=r"'x' is the id of 1\.md as well"):
        report(chapter("---\nid: x\n---\n# Un", "1.md"), chapter("---\nid: x\n---\n# Deux", "2.md"))


def test_files_of_one_name_in_two_folders_get_two_ids():
    built = report(chapter("# Un", "a/index.md"), chapter("# Deux", "b/index.md"))
    assert [found.id for found in built.chapters] == ["a-index", "b-index"]


def test_a_chapter_keeps_its_id_when_its_order_number_changes():
    ids = [report(chapter("# T", path)).chapters[0].id for path in ("c/10-gouverner.md", "c/11-gouverner.md")]
    assert ids == ["gouverner", "gouverner"]


# ---- references ------------------------------------------------------------


def test_an_empty_link_names_what_it_leads_to():
    built = report(
        chapter("# Un {#un}\n\n## Qui ? {#qui}\n\n| a |\n|---|\n| b |\n\n: T {#tab-x}", "1.md", id="un"),
        chapter("# Deux\n\n[](#un), [](#qui), [](#tab-x), [](#preface), [ici](#qui)", "2.md"),
        chapter("# Préface", "0.md", role="front", id="preface", numbered=False),
    )
    body = next(found for found in built.chapters if found.id == "2" or found.path == "2.md")
    assert text_of(list(body.blocks)) == (
        "chapitre\u00a01, section\u00a01.1, tableau\u00a01, «\u00a0Préface\u00a0», ici"
    )


def test_a_link_to_another_chapters_file_leads_to_the_chapter():
    built = report(chapter("# Un\n\n[x](2.html#la) [y](../b/3.md)", "a/1.md"), chapter("# D\n\n## L {#la}", "a/2.md"),
                   chapter("# Trois", "b/3.md", id="trois"))  # fmt: skip
    assert [link["c"][2][0] for link in nodes(built, "Link")] == ["#la", "#trois"]


def test_a_heading_is_found_by_the_words_of_its_title():
    built = report(chapter("# T\n\n[x](#Fiche_n°1%c2%a0:_Les_données)\n\n## Fiche n°1 : Les données"))
    assert nodes(built, "Link")[0]["c"][2][0][1:] in built.anchors


def test_an_unresolved_reference_is_visible_and_reported():
    built = report(chapter("# T\n\n[voir](#nulle-part) et [](#nulle-part)"))
    assert [has_class(span, "unresolved") for span in nodes(built, "Span")] == [True, True]
    assert text(built) == "voir et [#nulle-part]"
    assert codes(built) == ["R002", "R002"]


def test_a_link_to_a_file_outside_the_report_keeps_its_words_and_is_reported():
    built = report(chapter("# T\n\n[licence](LICENSE) [js](javascript:alert(1)) [f](file:///etc/passwd)"))
    assert not nodes(built, "Link") and text(built) == "licence js f"
    assert codes(built) == ["R004"] * 3


# ---- citations -------------------------------------------------------------

BIBLIOGRAPHY = "@book{ostrom, author={Ostrom, Elinor}, title={Governing the Commons}, year=1990, publisher={CUP}}"


def test_citations_are_set_and_one_bibliography_closes_the_report():
    built = report(chapter("# T\n\nVoir [@ostrom, p. 3]."), bibliography=BIBLIOGRAPHY)
    assert built.chapters[-1].role == "back" and "Ostrom" in text(built, 1)
    assert "Ostrom" in text(built) and "1990" in text(built)
    assert {link["c"][2][0] for link in nodes(built, "Link")} <= {f"#{anchor}" for anchor in built.anchors}


def test_an_unknown_key_stays_visible_and_an_address_stays_text():
    built = report(chapter("# T\n\n[@inconnu] et @quelquun."), bibliography=BIBLIOGRAPHY)
    assert text(built) == "[@inconnu] et @quelquun." and codes(built) == ["R003"]


def test_a_citation_inside_another_citation_is_not_lost():
    built = report(chapter("# T\n\n[@ostrom, voir aussi [@ostrom]]."), bibliography=BIBLIOGRAPHY)
    assert text(built).count("1990") + text(built).count("ostrom") >= 1


# ---- images and foreign constructs -----------------------------------------


def test_images_are_read_once_relative_to_their_chapter():
    built = report(chapter("# T\n\n![a](figures/x.png) ![b](../c/figures/x.png)", "c/1.md"), images=["c/figures/x.png"])
    assert list(built.images) == ["c/figures/x.png"]


@pytest.mark.parametrize("target", ["absent.png", "https://a.b/x.png", "../../etc/x.png", "file:///x.png", "data:,x"])
def test_an_image_that_cannot_be_shown_leaves_its_alternative_and_is_reported(target: str):
    built = report(chapter(f"# T\n\nAvant ![la carte]({target}) après", "c/1.md"), images=["c/x.png"])
    assert text(built) == "Avant la carte après" and codes(built) == ["I001"] and not built.images


def test_raw_html_with_a_meaning_becomes_text_of_every_format():
    built = report(chapter("# T\n\nH<sub>2</sub>O <kbd>x</kbd> <a id='la'></a>a<br>b [c](#la) <!-- non -->"))
    assert nodes(built, "Subscript") and nodes(built, "LineBreak") and not nodes(built, "RawInline")
    assert not codes(built)


def test_raw_tags_without_a_meaning_are_shown_as_text_and_reported():
    built = report(chapter('# T\n\n<Listing number="1-1" caption="Un">\n\ntexte\n\n</Listing>\n\n\\foo{bar}'))
    assert 'caption="Un"' in text(built) and "\\foo{bar}" in text(built)
    assert codes(built) == ["S006"] * 3


def test_a_latex_equation_is_mathematics():
    built = report(chapter("# T\n\n\\begin{equation}\na = b\n\\end{equation}\n\n\\newpage\n\nx"))
    assert nodes(built, "Math")[0]["c"][1] == "a = b" and not codes(built)


def test_characters_that_xml_forbids_are_shown_as_replaced():
    assert text(report(chapter("# T\n\na\x08b"))) == "a\ufffdb"


# ---- laws ------------------------------------------------------------------

PIECES = st.sampled_from([
    "# A", "## B {#b}", "### C", "#### D {.unnumbered}", "Texte [x](#b) ![](i.png).", "- a\n- b", "1. a\n\n   b",
    "> c", "| a |\n|---|\n| b |\n\n: L {#t}", "::: {.recommendation #r}\nx\n:::", "<b>x</b>", "<p>x", "\\x{y}",
    "[](#r) [](#t) [](#nul)", "a[^1]\n\n[^1]: n", "`code`", "@x [@y]", "***", "x\n:   y", "{{#include x}}",
])  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.lists(PIECES, max_size=6), min_size=1, max_size=4))
def test_anchors_are_unique_links_lead_to_them_and_no_word_is_lost(chapters: list[list[str]]):
    sources = [chapter("\n\n".join(pieces), f"{index}.md") for index, pieces in enumerate(chapters)]
    built = report(*sources, language="en", images=["i.png"])
    given_ids = Counter(
        attributes[0]
        for found in built.chapters
        for node in walk(list(found.blocks))
        if (attributes := attr_of(node)) and attributes[0]
    )
    assert all(count == 1 for count in given_ids.values())
    assert not set(given_ids) & {found.id for found in built.chapters}
    for link in nodes(built, "Link"):
        assert link["c"][2][0][1:] in built.anchors
    for source, found in zip(sources, built.chapters, strict=True):
        printed = text_of([*found.title, {"t": "Space"}, *found.blocks], notes=True)
        for word in text_of(source.document.blocks, notes=True).split():
            assert word in printed


def test_a_link_from_the_root_of_the_repository_leads_to_its_chapter():
    first = chapter("# Un {#un}\n\n[](/chapters/b.md#la) et [mots](/chapters/b.md)\n", "chapters/parts/a.md")
    second = chapter("# Deux\n\n## Là {#la}\n", "chapters/b.md")
    targets = [node["c"][2][0] for node in nodes_of(list(report(first, second).chapters[0].blocks), {"Link"})]
    assert targets == ["#la", "#b"]
