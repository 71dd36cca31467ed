"""DataCite's records by its own schema."""

from pathlib import Path

import pytest
import validator
from hypothesis import given, settings
from lxml import etree

from millesime.distribution.metadata.datacite import datacite_record
from tests.distribution.publications import MINISTRY, awkward_publications, publication, without_address

NS = {"d": "http://datacite.org/schema/kernel-4", "x": "http://www.w3.org/2001/XMLSchema"}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """Return the schema of DataCite 4.6 as ETH's validator brings it, without the one thing ETH demands beside it."""
    path = Path(validator.__file__).parent / "schema" / "metadata.xsd"
    document = etree.parse(path)
    (rights,) = document.xpath("//x:element[@name='rightsList']", namespaces=NS)
    assert rights.get("minOccurs") == "1"  # in DataCite's own a licence is optional
    rights.set("minOccurs", "0")
    return etree.XMLSchema(document)


@pytest.mark.parametrize("given_publication", [publication(), without_address()], ids=["all given", "nothing given"])
def test_each_record_is_valid(given_publication, schema):
    for edition in given_publication.editions:
        assert schema.validate(etree.fromstring(datacite_record(given_publication, edition))), schema.error_log


@settings(max_examples=60)
@given(given_publication=awkward_publications())
def test_whatever_titles_hold_records_are_valid_and_lose_nothing(given_publication, schema):
    edition = given_publication.latest
    root = etree.fromstring(datacite_record(given_publication, edition))
    assert schema.validate(root), schema.error_log
    assert root.findtext(".//d:title", namespaces=NS) == edition.title.replace("\x08", "\ufffd")


def test_a_doi_names_the_record_and_else_its_own_identifier_does():
    with_doi = etree.fromstring(datacite_record(publication(), publication().edition("2019")))
    assert with_doi.xpath("d:identifier/@identifierType", namespaces=NS) == ["DOI"]
    assert with_doi.findtext("d:identifier", namespaces=NS) == "10.1234/rapport-2019"
    address = etree.fromstring(datacite_record(publication(), publication().edition("2020")))
    assert address.xpath("d:identifier/@identifierType", namespaces=NS) == ["URL"]
    urn = etree.fromstring(datacite_record(without_address(), without_address().latest))
    assert urn.xpath("d:identifier/@identifierType", namespaces=NS) == ["URN"]


def test_it_says_which_edition_it_follows_and_none_that_follows_it():
    three = publication()
    assert datacite_record(three, three.edition("2018")) == datacite_record(
        publication(*three.editions[:1], issn=three.issn), three.edition("2018")
    )
    root = etree.fromstring(datacite_record(three, three.edition("2019")))
    path = "//d:relatedIdentifier[@relationType='IsNewVersionOf']/text()"
    assert root.xpath(path, namespaces=NS) == ["10.1234/rapport-2018"]


def test_organisations_stay_whole_and_persons_are_told_apart():
    root = etree.fromstring(datacite_record(publication(), publication().edition("2019")))
    names = root.xpath("//d:creatorName", namespaces=NS)
    assert [(name.text, name.get("nameType")) for name in names] == [
        (MINISTRY, "Organizational"), ("de Nom, Prénom", "Personal"),
    ]  # fmt: skip
