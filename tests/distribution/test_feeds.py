"""Atom: valid by RFC 4287, read by others, and the same bytes for the same publication."""

from pathlib import Path

import feedparser
from hypothesis import given
from lxml import etree

from millesime.distribution.metadata import facts
from millesime.distribution.metadata.feeds import changes_feed, editions_feed
from millesime.distribution.metadata.opds import opds_1
from tests.distribution.publications import BASE, awkward_publications, publication, published_edition

ATOM = "{http://www.w3.org/2005/Atom}"
# Written here from RFC 4287, section 4: no package brings the schema of its appendix.
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))


def valid(content: bytes) -> etree._Element:
    root = etree.fromstring(content)
    assert SCHEMA.validate(root), SCHEMA.error_log
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    for holder in (root, *root.iter(f"{ATOM}entry")):  # RFC 4287, 4.1.1 and 4.1.2
        kinds = [(one.get("type"), one.get("hreflang")) for one in holder.findall(f"{ATOM}link[@rel='alternate']")]
        assert len(set(kinds)) == len(kinds)
    return root


def test_the_schema_refuses_what_rfc_4287_forbids():
    root = etree.fromstring(editions_feed(publication()))
    for name in ("id", "title", "updated"):
        broken = etree.fromstring(etree.tostring(root))
        broken.remove(broken.find(f"{ATOM}{name}"))
        assert not SCHEMA.validate(broken), name
    root.find(f"{ATOM}updated").text = "2019-07-03"
    assert not SCHEMA.validate(root)


def test_each_edition_is_an_entry_under_its_own_identifier_the_newest_first():
    root = valid(editions_feed(publication()))
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [f"{BASE}/2020", f"{BASE}/2019", f"{BASE}/2018"]
    assert [entry.findtext(f"{ATOM}updated")[:10] for entry in entries] == ["2020-07-03", "2019-07-03", "2018-07-03"]
    assert [entry.get("{http://www.w3.org/XML/1998/namespace}lang") for entry in entries] == ["en-GB", "fr", "fr"]


def test_each_step_is_an_entry_and_leads_to_its_page():
    root = valid(changes_feed(publication()))
    links = root.xpath("//a:entry/a:link[@rel='alternate']/@href", namespaces={"a": ATOM[1:-1]})
    assert links == [f"{BASE}/redlines/2019/2020/", f"{BASE}/redlines/2018/2019/"]
    assert root.findtext(f"{ATOM}entry/{ATOM}summary") == "Mots ajoutés : 12."


def test_an_edition_in_another_language_steps_from_the_newest_it_is_compared_with():
    three = publication()
    only = tuple(redline for redline in three.redlines if (redline.old, redline.new) != ("2019", "2020"))
    assert [(step.old, step.new) for step in facts.steps(publication(redlines=only))] == [
        ("2018", "2019"),
        ("2018", "2020"),
    ]


def test_a_report_without_authors_is_signed_by_its_publisher_and_else_by_itself():
    alone = published_edition("2019", authors=(), publisher="")
    root = valid(editions_feed(publication(alone, redlines=())))
    assert root.findtext(f"{ATOM}entry/{ATOM}author/{ATOM}name") == "Vers une ville partagée"
    root = valid(editions_feed(publication(published_edition("2019", authors=()), redlines=())))
    assert root.findtext(f"{ATOM}author/{ATOM}name").startswith("Ministère")


def test_a_reader_of_feeds_finds_what_we_wrote():
    read = feedparser.parse(editions_feed(publication()))
    assert not read.bozo and read.version == "atom10"
    newest, middle, _ = read.entries
    assert (newest.title, newest.id, newest.link) == ("Towards a shared city", f"{BASE}/2020", f"{BASE}/2020/")
    assert middle.updated_parsed[:3] == (2019, 7, 3)
    assert [tag.term for tag in middle.tags] == ["ville", "données & services"]
    assert {one.type for one in middle.enclosures} >= {"application/pdf", "application/epub+zip"}


@given(awkward_publications())
def test_whatever_titles_hold_feeds_are_well_formed_and_lose_nothing(given_publication):
    valid(changes_feed(given_publication))
    edition = given_publication.latest
    for feed in (editions_feed, opds_1):
        entry = valid(feed(given_publication)).find(f"{ATOM}entry")
        assert entry.findtext(f"{ATOM}title") == facts.full_title(edition).replace("\x08", "\ufffd")
        names = [name.text for name in entry.iter(f"{ATOM}name")]
        assert names == [author.name.replace("\x08", "\ufffd") for author in facts.signatories(edition)]
