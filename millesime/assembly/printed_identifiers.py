"""The licence and the identifiers (ISBN, DOI, …) that an edition prints, the same in all formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from millesime.assembly.report import Imprint
from millesime.series.identifiers import printed_isbn
from millesime.series.licences import find_licence


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number that an edition bears."""

    kind: str  # "ISBN", "DOI", "ISSN" or "NOR"
    text: str  # as readers see it: "978-2-11-145678-5"
    uri: str = ""  # as machines name it: "urn:isbn:9782111456785", "https://doi.org/10.1234/abc"; none for a NOR
    address: str = ""  # where it leads; ISBN and ISSN lead nowhere


def edition_identifiers(imprint: Imprint, format: str) -> tuple[Identifier, ...]:
    """Return the numbers that one format of an edition bears, its own ISBN and not the other formats'."""
    found = []
    if isbn := imprint.isbn.get(format):
        found.append(Identifier(kind="ISBN", text=printed_isbn(isbn), uri=f"urn:isbn:{isbn}"))
    if imprint.doi:
        found.append(
            Identifier(kind="DOI", text=imprint.doi, uri=doi_address(imprint.doi), address=doi_address(imprint.doi))
        )
    if imprint.issn:
        found.append(Identifier(kind="ISSN", text=imprint.issn, uri=f"urn:issn:{imprint.issn}"))
    if imprint.nor:
        found.append(Identifier(kind="NOR", text=imprint.nor))
    return tuple(found)


def doi_address(doi: str) -> str:
    """Return where a DOI leads, which is also how the DOI Foundation wants it shown."""
    return "https://doi.org/" + quote(doi, safe="/:;().,-_~!$&'*=@")


def cited_address(imprint: Imprint) -> str:
    """Return what a citation ends with: the DOI, for it outlives addresses, else the edition's identifier."""
    return doi_address(imprint.doi) if imprint.doi else imprint.identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceLine:
    """An edition's licence in one line."""

    label: str  # the word before the name, where the name needs one: "Licence"
    name: str  # "Creative Commons Attribution 4.0 International"
    address: str = ""  # the page that states it; none for a licence in words
    uri: str = ""  # SPDX's address of it, for machines


def licence_line(imprint: Imprint, labels: Mapping[str, str]) -> LicenceLine | None:
    """Return the edition's licence as readers see it, or None if it has none."""
    if not imprint.licence:
        return None
    licence = find_licence(imprint.licence)
    if licence is None:
        return LicenceLine(label=labels["licence"], name=imprint.licence)
    name = licence.name(imprint.language)
    said = labels["licence"].lower() in name.lower() or "licen" in name.lower()  # "Licence Ouverte" needs no more
    label = "" if said else labels["licence"]
    return LicenceLine(label=label, name=name, address=licence.address, uri=licence.spdx_address)
