from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from builders import chapter, hostile_report, markdown, report, sample_report
from lxml import html

from millesime.markup.ast import nodes_of, para, simple_table, span, words
from millesime.problems import OutputError, ReportError
from millesime.render.artifact import write_beside
from millesime.render.html.pages import page_names, render_html


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return render_html(sample_report(revision="3f9c2ab"), tmp_path_factory.mktemp("sample") / "html").path


@pytest.fixture(scope="module", params=["sample", "hostile"])
def folder(request, tmp_path_factory) -> Path:
    whole = sample_report() if request.param == "sample" else hostile_report()
    return render_html(whole, tmp_path_factory.mktemp(request.param) / "html").path


def page(folder: Path, name: str):
    return html.document_fromstring((folder / name).read_bytes().decode())


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_there_is_a_page_for_each_chapter_and_a_cover(sample):
    assert {path.name for path in sample.glob("*.html")} == {
        "index.html",
        "gouvernance.html",
        "donnees.html",
        "annexe-2018.html",
    }


def test_every_link_inside_the_folder_finds_its_page_and_anchor(folder):
    pages = {path.name: page(folder, path.name) for path in folder.glob("*.html")}
    ids = {name: set(tree.xpath("//@id")) for name, tree in pages.items()}
    for name, tree in pages.items():
        for href in tree.xpath("//a/@href | //link/@href | //img/@src"):
            parts = urlsplit(href)
            if parts.scheme or parts.path.startswith("../../"):
                continue
            target = unquote(parts.path) or name
            assert (folder / target).is_file(), f"{name}: {href}"
            if parts.fragment:
                assert unquote(parts.fragment) in ids[target], f"{name}: {href}"


def test_no_id_is_used_twice_on_a_page(folder):
    for path in folder.glob("*.html"):
        ids = page(folder, path.name).xpath("//@id")
        assert len(ids) == len(set(ids)), path.name


def test_pages_ask_nothing_of_the_network_and_run_no_script(folder):
    for path in folder.rglob("*"):
        if path.suffix in (".html", ".css"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"""(src|url\()\s*=?\s*["']?(https?:)?//""", text)
            assert "@import" not in text
        if path.suffix == ".html":
            tree = page(folder, path.name)
            assert not tree.xpath("//script | //iframe | //style | //@style | //form")
            assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]


def test_each_page_says_the_language_the_title_and_the_date_of_the_edition(sample):
    for path in sample.glob("*.html"):
        tree = page(sample, path.name)
        assert tree.get("lang") == "fr"
        assert "3\u00a0juillet 2019" in tree.text_content() or "3 juillet 2019" in tree.text_content()
        assert tree.findtext(".//title")
    assert page(sample, "donnees.html").findtext(".//title").startswith("Chapitre 2. Les données — Vers une ville")


def test_each_page_has_one_main_one_first_heading_and_a_skip_link(folder):
    for path in folder.glob("*.html"):
        tree = page(folder, path.name)
        assert len(tree.xpath("//main")) == len(tree.xpath("//h1")) == 1
        assert tree.xpath("//body/a[1]/@href") == ["#page-text"]


def test_pages_lead_to_earlier_editions_and_to_the_newest_where_the_report_has_an_address(tmp_path):
    folder = render_html(sample_report(base_url="https://example.org/rapport"), tmp_path / "html").path
    links = page(folder, "donnees.html").xpath("//details[@class='editions']//a/@href")
    assert links == ["https://example.org/rapport/latest/", "https://example.org/rapport/2018/"]


def test_without_an_address_earlier_editions_are_named(sample):
    (editions,) = page(sample, "donnees.html").xpath("//details[@class='editions']")
    assert "3 juillet 2018" in editions.text_content() and not editions.xpath(".//a")


def test_an_edition_without_a_revision_says_that_it_is_in_preparation(tmp_path, sample):
    folder = render_html(sample_report(), tmp_path / "html").path
    assert "en préparation" in page(folder, "index.html").text_content()
    assert "en préparation" not in page(sample, "index.html").text_content()


def test_a_part_opens_on_the_page_of_its_first_chapter(sample):
    assert page(sample, "gouvernance.html").xpath("//p[@id='partie-modele']")
    assert not page(sample, "donnees.html").xpath("//p[@class='part-opening']")


def test_neighbours_follow_the_order_of_the_report(sample):
    tree = page(sample, "donnees.html")
    assert tree.xpath("//a[@rel='prev']/@href") == ["gouvernance.html"]
    assert tree.xpath("//a[@rel='next']/@href") == ["annexe-2018.html"]


def test_the_contents_list_annexes(sample):
    assert "annexe-2018.html" in page(sample, "index.html").xpath("//nav//ol[@class='chapters']//a/@href")


def test_a_table_stands_in_a_region_with_a_name(tmp_path):
    table = simple_table([words("A")], [[words("x")]], caption=words("Légende"), ident="t")
    folder = render_html(report(chapter("un", table, para("x"))), tmp_path / "html").path
    (frame,) = page(folder, "un.html").xpath("//div[@class='table-frame']")
    assert frame.get("id") == "t" and frame.get("tabindex") == "0"
    assert page(folder, "un.html").xpath(f"//caption[@id='{frame.get('aria-labelledby')}']")


def test_addresses_beside_blocks_are_hidden_from_screen_readers_and_keyboards(sample):
    anchors = page(sample, "gouvernance.html").xpath("//a[@class='anchor']")
    assert anchors
    assert all(anchor.get("aria-hidden") == "true" and anchor.get("tabindex") == "-1" for anchor in anchors)


def test_a_chapter_named_index_does_not_take_the_cover_s_page():
    assert page_names(report(chapter("index"), chapter("a/b")))["index"] == "index-chapter.html"


def test_pages_of_ids_that_differ_in_case_alone_are_files_of_their_own_everywhere():
    names = list(page_names(report(chapter("Eau"), chapter("eau"), chapter("EAU"))).values())
    assert names == ["Eau.html", "eau-2.html", "EAU-2-2.html"]
    assert len({name.casefold() for name in names}) == 3


def test_the_same_report_gives_the_same_bytes(tmp_path):
    first = files_of(render_html(sample_report(), tmp_path / "a").path)
    assert first == files_of(render_html(sample_report(), tmp_path / "b").path)


def test_rendering_again_replaces_the_folder_whole(tmp_path):
    folder = tmp_path / "html"
    render_html(sample_report(), folder)
    (folder / "old.html").write_text("x")
    render_html(sample_report(), folder)
    assert not (folder / "old.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_report_s_own_template_stands_before_the_default_one(tmp_path):
    whole = sample_report()
    own = {"html/index.html": b"{{ imprint.title }}"}
    folder = render_html(replace(whole, theme=own), tmp_path / "html").path
    assert (folder / "index.html").read_text() == "Vers une ville partagée"


def with_title_notes():
    """A chapter whose title has two notes, and whose text has one, as assembly gives it."""
    notes = nodes_of(markdown("x^[Une note.]^[Une autre.]"), {"Note"})
    blocks = [para(span(notes, classes=["title-notes"])), *markdown("Un texte^[Du texte.].")]
    return report(chapter("un", *blocks, title="Un titre"))


def test_the_notes_of_a_title_are_called_behind_it_and_stand_in_the_list_of_all(tmp_path):
    whole = page(render_html(with_title_notes(), tmp_path / "html").path, "un.html")
    (title,) = whole.iter("h1")
    assert " ".join(title.text_content().split("\u2009")) == "Un titre1 2"
    assert "titre1" not in whole.find(".//title").text
    assert not whole.find_class("title-notes"), "no paragraph of calls"
    calls = whole.find_class("footnote-ref")
    assert [call.text_content() for call in calls] == ["1", "2", "3"]
    (section,) = whole.find_class("footnotes")
    notes = [item.get("id") for item in section.iter("li")]
    assert [unquote(call.get("href")) for call in calls] == [f"#{ident}" for ident in notes]
    backs = [unquote(link.get("href")) for link in section.find_class("footnote-back")]
    assert backs == [f"#{call.get('id')}" for call in calls]


def test_a_template_older_than_the_notes_of_titles_keeps_them_before_the_text(tmp_path):
    own = {"html/chapter.html": b"<!doctype html><html><body><h1>{{ title }}</h1>{{ text }}</body></html>"}
    whole = page(render_html(replace(with_title_notes(), theme=own), tmp_path / "html").path, "un.html")
    assert [call.text_content() for call in whole.find_class("footnote-ref")] == ["1", "2", "3"]


def test_a_template_that_cannot_be_filled_is_named(tmp_path):
    own = {"html/index.html": b"{{ nothing.here }}"}
    with pytest.raises(ReportError, match=r"templates/html/index.html"):
        render_html(replace(sample_report(), theme=own), tmp_path / "html")
    assert not list(tmp_path.iterdir())


def test_a_template_cannot_reach_out_of_its_sandbox(tmp_path):
    own = {"html/index.html": b"{{ ''.__class__.__mro__[1].__subclasses__() }}"}
    with pytest.raises(ReportError):
        render_html(replace(sample_report(), theme=own), tmp_path / "html")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "x.epub"
    target.write_text("old")
    with pytest.raises(RuntimeError), write_beside(target) as new:
        new.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.epub"]


def test_an_output_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"), write_beside(tmp_path / "file" / "x.epub"):
        pass


def test_no_cell_of_a_table_breaks_a_number_or_a_word(sample):
    sheet = (sample / "assets" / "style.css").read_text(encoding="utf-8")
    cells = [rule for rule in re.findall(r"[^{}]*\{[^{}]*\}", sheet) if re.search(r"\b(td|th)\b", rule.split("{")[0])]
    assert any("overflow-wrap: normal" in rule for rule in cells)
    assert not [rule for rule in cells if "anywhere" in rule or "break-word" in rule]
    assert re.search(r"\.table-frame \{[^}]*overflow-x: auto", sheet)
