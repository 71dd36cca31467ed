"""JSON-LD against the vocabulary itself: every property is one of its type's, and of a kind that it may be."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import msgspec_schemaorg.enums as enumerations
import msgspec_schemaorg.models as vocabulary
from hypothesis import given
from lxml import html

from millesime.distribution.metadata.schema_org import Thing, chapter_thing, edition_thing, report_thing
from millesime.distribution.site.page_head import edition_head, print_head
from tests.distribution.publications import BASE, MINISTRY, awkward_publications, publication, without_address

_WORDS = {"str", "int", "float", "bool", "date", "datetime", "time"}


def check(thing: Thing) -> None:
    """Assert that a thing, and all in it, is made of what schema.org defines."""
    kind = getattr(vocabulary, thing["@type"])
    for name, value in thing.items():
        if name.startswith("@"):
            continue
        expected = next((one.__annotations__[name] for one in kind.__mro__ if name in _annotations(one)), None)
        assert expected is not None, f"{thing['@type']} has no property {name}"
        for one in value if isinstance(value, list) else [value]:
            check_value(name, one, set(re.findall(r"[A-Za-z]+", str(expected))))


def _annotations(kind: type) -> dict[str, Any]:
    return inspect.get_annotations(kind)


def check_value(name: str, value: Any, expected: set[str]) -> None:
    if isinstance(value, dict):
        kinds = {kind.__name__ for kind in getattr(vocabulary, value["@type"]).__mro__}
        assert kinds & expected, f"{name} may not be a {value['@type']}"
        check(value)
        return
    if isinstance(value, str) and value.startswith("https://schema.org/"):  # a member of an enumeration, by its address
        members = {str(member.value) for kind in expected for member in getattr(enumerations, kind, ())}
        assert value.rpartition("/")[2] in members, f"{name} may not be {value}"
        return
    wanted = (
        {"bool"} if isinstance(value, bool) else {"int", "float"} if isinstance(value, int) else {"str", "URL", "date"}
    )
    assert wanted & expected, f"{name} may not be {value!r}"


def things(given_publication) -> list[Thing]:
    edition = given_publication.latest
    return [
        report_thing(given_publication),
        *(edition_thing(given_publication, one) for one in given_publication.editions),
        *(chapter_thing(given_publication, edition, chapter) for chapter in edition.chapters),
    ]


def test_the_check_refuses_what_the_vocabulary_does_not_have():
    for wrong in (
        {"@type": "Report", "isbn": "1"},
        {"@type": "Report", "isPartOf": {"@type": "Organization", "name": "x"}},
    ):
        try:
            check(wrong)
        except AssertionError:
            continue
        raise AssertionError(wrong)


def test_every_property_is_one_that_schema_org_defines_for_its_type():
    for given_publication in (publication(), without_address()):
        for thing in things(given_publication):
            assert thing["@context"] == "https://schema.org"
            check(thing)


def test_an_edition_shows_its_formats_with_checksum_size_and_isbn():
    edition = publication().edition("2019")
    pdf, epub, pages, word = edition_thing(publication(), edition)["workExample"]
    assert (pdf["isbn"], pdf["numberOfPages"], epub["isbn"]) == ("9782111456808", 210, "9782111456815")
    assert "isbn" not in pages and "isbn" not in word
    assert pdf["encoding"] == {
        "@type": "MediaObject",
        "contentUrl": f"{BASE}/2019/rapport-2019.pdf",
        "encodingFormat": "application/pdf",
        "contentSize": "123456 B",
        "sha256": edition.files[0].sha256,
    }


def test_what_pages_say_joins_by_id():
    report, edition = report_thing(publication()), edition_thing(publication(), publication().edition("2019"))
    chapter = chapter_thing(publication(), publication().edition("2019"), publication().edition("2019").chapters[1])
    assert edition["@id"] in [part["@id"] for part in report["hasPart"]]
    assert edition["isPartOf"]["@id"] == report["@id"]
    assert chapter["isPartOf"]["@id"] == edition["@id"]
    assert chapter["@id"] in [part["@id"] for part in edition["hasPart"]]


def test_a_ministry_is_an_organisation_and_a_person_one():
    ministry, person = edition_thing(publication(), publication().edition("2019"))["author"]
    assert ministry == {"@type": "Organization", "name": MINISTRY}
    assert (person["@type"], person["familyName"], person["givenName"]) == ("Person", "de Nom", "Prénom")


@given(awkward_publications())
def test_no_title_ends_the_script_and_none_is_lost(given_publication):
    edition = given_publication.latest
    page = html.document_fromstring(
        f"<!DOCTYPE html><head>{print_head(edition_head(given_publication, edition))}</head>"
    )
    (script,) = page.xpath("//script")
    assert script.get("type") == "application/ld+json"
    thing = json.loads(script.text)
    assert thing["name"] == edition.title and thing == edition_thing(given_publication, edition)
    check(thing)
