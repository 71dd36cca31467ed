"""The head of pages: what harvesters and reference managers find in it."""

from hypothesis import given
from lxml import html

from millesime.distribution.metadata import facts
from millesime.distribution.site.page_head import page_head, print_head
from tests.distribution.publications import BASE, MINISTRY, awkward_publications, publication, without_address


def head(path: str, given_publication=None) -> html.HtmlElement:
    printed = print_head(page_head(given_publication or publication(), path))
    return html.document_fromstring(f"<!DOCTYPE html><html><head>{printed}</head><body></body></html>")


def metas(page: html.HtmlElement, name: str) -> list[str]:
    return page.xpath(f"//meta[@name='{name}']/@content")


def links(page: html.HtmlElement, rel: str) -> list[str]:
    return page.xpath(f"//link[@rel='{rel}']/@href")


def test_reference_managers_find_an_edition():
    page = head("2019/index.html")
    assert metas(page, "citation_title") == ["Vers une ville partagée. Première édition complémentaire"]
    assert metas(page, "citation_author") == [MINISTRY, "Prénom de Nom"]
    assert metas(page, "citation_publication_date") == ["2019/07/03"]
    assert metas(page, "citation_pdf_url") == [f"{BASE}/2019/rapport-2019.pdf"]
    assert metas(page, "citation_isbn") == ["978-2-11-145680-8", "978-2-11-145681-5"]
    assert metas(page, "citation_technical_report_institution") == [MINISTRY]
    assert metas(page, "citation_doi") == ["10.1234/rapport-2019"]


def test_dublin_core_names_licence_language_and_identifiers():
    page = head("2019/index.html")
    assert metas(page, "DC.language") == ["fr"] and metas(page, "DCTERMS.issued") == ["2019-07-03"]
    assert metas(page, "DC.rights") == ["Licence Ouverte 2.0 (Etalab)"]
    assert metas(page, "DCTERMS.license") == links(page, "license")
    assert metas(page, "DC.identifier") == [
        f"{BASE}/2019", "https://doi.org/10.1234/rapport-2019", "urn:isbn:9782111456808", "urn:isbn:9782111456815",
    ]  # fmt: skip


def test_signposts_lead_from_the_landing_page_to_files_and_metadata_and_back():
    page = head("2019/index.html")
    assert links(page, "canonical") == [f"{BASE}/2019/"]
    assert links(page, "cite-as") == ["https://doi.org/10.1234/rapport-2019"]
    assert links(page, "item")[0] == "../2019/rapport-2019.pdf"
    assert "../2019/metadata/datacite.xml" in links(page, "describedby")
    assert (links(page, "predecessor-version"), links(page, "latest-version")) == (
        ["../2018/index.html"],
        ["../2020/index.html"],
    )
    assert links(page, "timemap") == ["../timemap.link"]
    assert links(head("2019/modele.html"), "collection") == ["../2019/index.html"]


def test_a_chapter_is_cited_as_part_of_its_edition():
    page = head("2019/modele.html")
    assert metas(page, "citation_title") == ["Chapitre 1. Le modèle"]
    assert metas(page, "citation_inbook_title") == ["Vers une ville partagée. Première édition complémentaire"]
    assert metas(page, "citation_fulltext_html_url") == links(page, "canonical") == [f"{BASE}/2019/modele.html"]


def test_every_page_offers_the_feeds_by_paths_that_work_from_where_it_is():
    for path, up in (("index.html", ""), ("2019/modele.html", "../"), ("redlines/2018/2019/index.html", "../../../")):
        page = head(path)
        assert f"{up}feeds/editions.xml" in links(page, "alternate")
        assert len(links(page, "canonical")) == 1


def test_without_a_base_url_no_page_pretends_to_have_an_address():
    for path in ("index.html", "2019/index.html", "2019/modele.html", "search/index.html"):
        page = head(path, without_address())
        assert not links(page, "canonical") and not links(page, "timemap") and not links(page, "cite-as")
        assert not metas(page, "citation_pdf_url") and not page.xpath("//link[contains(@type, 'atom')]")


def test_nothing_in_a_head_is_run():
    for path in ("index.html", "2019/index.html", "2019/modele.html"):
        assert set(head(path).xpath("//script/@type")) == {"application/ld+json"}
        assert not head(path).xpath("//script[@src]") and not head(path).xpath("//@*[starts-with(name(), 'on')]")


@given(awkward_publications())
def test_whatever_titles_hold_attributes_hold_it_whole(given_publication):
    edition = given_publication.latest
    page = head("2019/index.html", given_publication)
    title = facts.full_title(edition).replace("\x08", "\ufffd")
    assert metas(page, "citation_title") == [title]
    assert page.xpath("count(//body/*)") == 0, "something fell out of the head"
