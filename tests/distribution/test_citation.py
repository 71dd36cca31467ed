"""Citations, read back by pandoc and by the Citation File Format's own validator."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import unicodedata

import pypandoc
import pytest
import yaml
from cffconvert.cli.create_citation import create_citation
from hypothesis import given, settings
from hypothesis import strategies as st

from millesime.assembly.report import Author
from millesime.distribution.metadata import citation, facts
from millesime.distribution.publication import Publication
from millesime.series.licences import KNOWN
from tests.distribution.publications import (
    BASE,
    MINISTRY,
    awkward_publications,
    awkward_words,
    publication,
    published_edition,
    without_address,
)

EDITION = publication().edition("2019")
MESSAGE = "Merci de citer ainsi."


def read(format: str, content: bytes) -> list[dict]:
    """Return what pandoc reads, as CSL-JSON."""
    command = [pypandoc.get_pandoc_path(), "--from", format, "--to", "csljson"]
    return json.loads(subprocess.run(command, input=content, capture_output=True, check=True).stdout)


WRITERS = {
    "bibtex": citation.bibtex,
    "biblatex": citation.bibtex,
    "ris": citation.ris,
    "csljson": citation.csl_json,
}


@pytest.mark.parametrize("format", WRITERS)
def test_pandoc_reads_the_same_report_out_of_every_format(format: str):
    (item,) = read(format, WRITERS[format](publication(), EDITION))
    assert item["type"] == "report"
    assert item["title"] == "Vers une ville partagée. Première édition complémentaire"
    assert item["publisher"] == MINISTRY
    assert item["issued"]["date-parts"] == (
        [[2019]] if format == "ris" else [[2019, 7, 3]]
    )  # its reader takes the year
    assert item["URL"] == f"{BASE}/2019/" and item["DOI"] == "10.1234/rapport-2019"
    assert item["id"] == "vers-une-ville-partagee-2019"
    assert item["language"].split("-")[0] == "fr"
    assert item["ISSN" if format == "ris" else "ISBN"] == "978-2-11-145680-8"  # RIS has one tag for both


@pytest.mark.parametrize("format", WRITERS)
def test_a_ministry_with_a_comma_in_its_name_stays_one_name(format: str):
    (item,) = read(format, WRITERS[format](publication(), EDITION))
    ministry, person = item["author"]
    if format == "ris":  # which has no organisations: one name, and a dash for what would divide it
        assert ministry == {"family": MINISTRY.replace(", ", " – ")}
    else:
        assert ministry == {"literal": MINISTRY}
    particle = person.get("non-dropping-particle") or person.get("dropping-particle")  # which pandoc tells by itself
    assert (person["given"], particle, person["family"]) == ("Prénom", "de", "Nom")


def test_a_name_of_two_words_is_not_taken_for_a_person():
    author = Author(name="Mission Ville")
    assert facts.as_person(author) is None
    assert facts.as_person(Author(name="Nom Prénom", family="Nom")) == facts.Person(family="Nom", given="Prénom")
    assert facts.as_person(Author(name="Prénom Le Nom", family="Le Nom")).given == "Prénom"


@settings(max_examples=8)
@given(st.lists(awkward_words, min_size=20, max_size=40))
def test_bibtex_and_csl_give_awkward_texts_back_letter_for_letter(texts: list[str]):
    texts = [" ".join(text.replace("\x08", "").split()) for text in texts]
    editions = [
        dataclasses.replace(
            published_edition("2019"), name=str(number), title=f"A{text}", subtitle="", publisher=f"P{text}",
            authors=(Author(name=f"O{text}"),),
        )
        for number, text in enumerate(texts)
    ]  # fmt: skip
    made = publication(*editions, redlines=())
    written = {
        "bibtex": b"\n".join(citation.bibtex(made, edition) for edition in editions),
        "csljson": json.dumps([citation.csl_item(made, edition) for edition in editions]).encode(),
    }
    for format, content in written.items():
        found = {item["id"]: item for item in read(format, content)}
        for edition in editions:
            item = found[citation.citation_key(edition)]
            assert smart(item["title"]) == smart(edition.title)
            assert smart(item["publisher"]) == smart(edition.publisher)
            assert [smart(author["literal"]) for author in item["author"]] == [smart(edition.authors[0].name)]


def smart(text: str) -> str:
    """pandoc sets apostrophes, and joins letters with their accents."""
    return " ".join(unicodedata.normalize("NFC", text).replace("'", "’").replace("\u2028", " ").split(" "))


@given(awkward_publications())
def test_ris_has_a_line_for_each_field_whatever_they_hold(given_publication: Publication):
    lines = citation.ris(given_publication, given_publication.latest).decode().split("\r\n")
    assert lines[0] == "TY  - RPRT" and lines[-2:] == ["ER  - ", ""]
    assert all(line[:6].strip().isalnum() is False and line[2:6] == "  - " for line in lines[:-1])
    assert sum(line.startswith("ER  - ") for line in lines) == 1


def cff(given_publication: Publication, name: str) -> str:
    return citation.citation_cff(given_publication, given_publication.edition(name), message=MESSAGE).decode()


@pytest.mark.parametrize("given_publication", [publication(), without_address()], ids=["all given", "nothing given"])
def test_citation_cff_is_valid_by_its_own_schema(given_publication: Publication, tmp_path):
    for edition in given_publication.editions:
        (tmp_path / "CITATION.cff").write_text(cff(given_publication, edition.name), encoding="utf-8")
        create_citation(str(tmp_path / "CITATION.cff"), None).validate()


@pytest.mark.parametrize("licence", [*KNOWN, "CC-BY-3.0-IGO", "BlueOak-1.0.0", "Tous droits réservés"])
def test_citation_cff_is_valid_under_every_licence_and_with_every_doi(licence: str, tmp_path):
    edition = published_edition("2019", licence=licence, doi="10.1234/a(b)#c<d>")
    text = cff(publication(edition, redlines=()), "2019")
    (tmp_path / "CITATION.cff").write_text(text, encoding="utf-8")
    create_citation(str(tmp_path / "CITATION.cff"), None).validate()
    tree = yaml.safe_load(text)
    rights = facts.rights(edition)
    assert tree.get("license") == rights.spdx or tree.get("license-url", "") == rights.address
    assert {"type": "url", "value": "https://doi.org/10.1234/a(b)%23c%3Cd%3E"} in tree["identifiers"]


@settings(max_examples=40)
@given(given_publication=awkward_publications())
def test_whatever_titles_hold_citation_cff_gives_them_back(given_publication: Publication, tmp_path_factory):
    edition = given_publication.latest
    text = cff(given_publication, edition.name)
    path = tmp_path_factory.mktemp("cff") / "CITATION.cff"
    path.write_text(text, encoding="utf-8")
    create_citation(str(path), None).validate()
    tree = yaml.safe_load(text)
    assert tree["title"] == facts.full_title(edition)
    assert tree["preferred-citation"]["type"] == "report"


def test_a_key_is_made_of_the_edition_alone_and_stays():
    renamed = publication(*publication().editions[:2], title="Un autre titre", redlines=())
    assert citation.citation_key(renamed.edition("2019")) == citation.citation_key(EDITION)
    assert citation.citation_key(published_edition("2019", title="漢字")) == "report-2019"
    assert len(citation.citation_key(published_edition("2019", title="x" * 500))) < 60
