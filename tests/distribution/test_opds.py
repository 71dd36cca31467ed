"""Both catalogues for reading apps: what an app finds in them."""

import json

from hypothesis import find, settings
from lxml import etree

from millesime.distribution.metadata.opds import OPEN_ACCESS, TYPE_1, opds_1, opds_2
from tests.distribution.publications import BASE, MINISTRY, awkward_publications, publication

NS = {"a": "http://www.w3.org/2005/Atom", "dc": "http://purl.org/dc/terms/"}


def test_an_app_can_have_every_format_of_every_edition_the_newest_first(thorium):
    for kind, content in (("opds1", opds_1(publication())), ("opds2", opds_2(publication()))):
        (feed,) = thorium(kind, content)
        assert [one["metadata"]["identifier"] for one in feed["publications"]] == [
            f"{BASE}/2020", f"{BASE}/2019", f"{BASE}/2018",
        ]  # fmt: skip
        links = [link for link in feed["publications"][1]["links"] if link["rel"] == OPEN_ACCESS]
        assert [(link["href"], link["type"]) for link in links] == [
            (f"{BASE}/{file.path}", file.media_type) for file in publication().edition("2019").files
        ], kind


def test_an_app_reads_the_same_of_an_edition_in_both(thorium):
    (one,), (other,) = thorium("opds1", opds_1(publication())), thorium("opds2", opds_2(publication()))
    for old, new in zip(one["publications"], other["publications"], strict=True):
        for key in ("identifier", "language", "published", "author", "publisher", "description"):
            assert old["metadata"][key] == new["metadata"][key], key
    assert other["publications"][1]["metadata"]["author"] == [MINISTRY, "Prénom de Nom"]
    assert other["publications"][1]["metadata"]["published"].startswith("2019-07-03")


def test_a_feed_says_where_it_is_and_where_the_catalogue_starts():
    root = etree.fromstring(opds_1(publication()))
    for rel in ("self", "start"):
        (link,) = root.xpath(f"a:link[@rel='{rel}']", namespaces=NS)
        assert (link.get("href"), link.get("type")) == (f"{BASE}/catalogue/opds.xml", TYPE_1)
    links = {link["rel"]: link["href"] for link in json.loads(opds_2(publication()))["links"]}
    assert links["self"] == links["start"] == f"{BASE}/catalogue/opds.json"


def test_an_entry_says_language_date_licence_and_numbers():
    entry = etree.fromstring(opds_1(publication())).findall("a:entry", NS)[1]
    assert entry.findtext("dc:language", namespaces=NS) == "fr"
    assert entry.findtext("dc:issued", namespaces=NS) == "2019-07-03"
    assert entry.findtext("a:rights", namespaces=NS) == "Licence Ouverte 2.0 (Etalab)"
    assert entry.xpath("dc:identifier/text()", namespaces=NS) == [
        f"{BASE}/2019", "https://doi.org/10.1234/rapport-2019", "urn:isbn:9782111456808", "urn:isbn:9782111456815",
    ]  # fmt: skip


def test_whatever_titles_hold_apps_read_them_whole(thorium):
    """A few publications that hypothesis finds, read in one start of the program."""
    awkward = []
    find(
        awkward_publications(),
        lambda one: awkward.append(one) is None and len(awkward) >= 60,
        settings=settings(max_examples=80, database=None),
    )
    contents = [opds_2(one) for one in awkward]
    for given_publication, feed in zip(awkward, thorium("opds2", *contents), strict=True):
        assert feed["publications"][0]["metadata"]["title"] == given_publication.latest.title
