"""Readium's manifest of an edition's pages."""

import json
import posixpath

import pytest

from millesime.distribution.metadata import facts
from millesime.distribution.metadata.webpub import web_publication
from tests.distribution.publications import BASE, publication, without_address

EDITION = publication().edition("2019")


@pytest.mark.parametrize("given_publication", [publication(), without_address()], ids=["all given", "nothing given"])
def test_an_app_opens_an_edition_as_a_book(given_publication, thorium):
    edition = given_publication.edition("2019")
    (book,) = thorium("webpub", web_publication(given_publication, edition))
    assert book["metadata"]["title"] == edition.title and book["metadata"]["language"] == "fr"
    assert book["metadata"]["published"].startswith("2019-07-03")
    assert [page["href"] for page in book["readingOrder"]] == [
        "../index.html", "../avant-propos.html", "../modele.html", "../services.html", "../conclusion.html",
    ]  # fmt: skip
    assert [(entry["title"], [one["title"] for one in entry.get("children", [])]) for entry in book["toc"]] == [
        ("Avant-propos", []),
        ("Partie I", ["Chapitre 1. Le modèle", "Chapitre 2. Les services"]),
        ("Conclusion", []),
    ]


def test_every_link_of_the_manifest_leads_to_a_page_or_file_of_the_edition():
    manifest = json.loads(web_publication(publication(), EDITION))
    folder = posixpath.dirname(facts.metadata_path(EDITION, "webpub.json"))
    known = {chapter.path for chapter in EDITION.chapters} | {file.path for file in EDITION.files} | {"2019/index.html"}
    links = [*manifest["readingOrder"], *manifest["resources"], *manifest["toc"]]
    links += [link for link in manifest["links"] if link["rel"] == "alternate"]
    assert {posixpath.normpath(posixpath.join(folder, link["href"])) for link in links} <= known
    assert manifest["links"][0] == {
        "rel": "self", "href": f"{BASE}/2019/metadata/webpub.json", "type": "application/webpub+json",
    }  # fmt: skip


def test_an_edition_says_nothing_of_those_after_it():
    alone = publication(*publication().editions[:2])
    assert web_publication(alone, EDITION) == web_publication(publication(), EDITION)
