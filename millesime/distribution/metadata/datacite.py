"""An edition's record for DataCite, https://schema.datacite.org/meta/kernel-4/.

The schema wants a DOI of whoever registers one. Without it the record bears
the edition's own identifier, as URL or URN: repositories that read DataCite's
XML take it, and whoever registers a DOI later puts it there.

It refers to earlier editions alone, so that it stays when later ones come.
"""

from __future__ import annotations

from lxml import etree

from millesime.assembly.report import Author
from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import XML_LANG, add, element, set_attribute, write_xml
from millesime.distribution.publication import Publication, PublishedEdition
from millesime.series.licences import SPDX

NAME = "datacite.xml"
TYPE = "application/vnd.datacite.datacite+xml"
NAMESPACE = "http://datacite.org/schema/kernel-4"
_SCHEMA = "https://schema.datacite.org/meta/kernel-4/metadata.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def datacite_record(publication: Publication, edition: PublishedEdition) -> bytes:
    """Return the record, in the order of the schema's documentation."""
    root = element(f"{{{NAMESPACE}}}resource", nsmap={None: NAMESPACE, "xsi": _XSI})
    set_attribute(root, f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} {_SCHEMA}")
    kind, value = _identifier(edition)
    add(root, "identifier", value, identifierType=kind)
    creators = add(root, "creators")
    for author in facts.signatories(edition):
        _add_creator(creators, author)
    titles = add(root, "titles")
    _in_language(add(titles, "title", edition.title), edition)
    if edition.subtitle:
        _in_language(add(titles, "title", edition.subtitle, titleType="Subtitle"), edition)
    add(root, "publisher", facts.publisher_name(edition))
    add(root, "publicationYear", str(edition.date.year))
    add(root, "resourceType", "Report", resourceTypeGeneral="Report")
    if edition.keywords:
        subjects = add(root, "subjects")
        for keyword in edition.keywords:
            _in_language(add(subjects, "subject", keyword), edition)
    add(add(root, "dates"), "date", edition.date.isoformat(), dateType="Issued")
    add(root, "language", edition.language)
    _add_alternate_identifiers(root, edition)
    _add_related(root, publication, edition)
    if edition.files:
        sizes, formats = add(root, "sizes"), add(root, "formats")
        for file in edition.files:
            add(sizes, "size", f"{file.size} bytes ({file.media_type})")
            add(formats, "format", file.media_type)
    add(root, "version", edition.name)
    _add_rights(root, edition)
    if edition.description:
        descriptions = add(root, "descriptions")
        _in_language(add(descriptions, "description", edition.description, descriptionType="Abstract"), edition)
    return write_xml(root)


def _identifier(edition: PublishedEdition) -> tuple[str, str]:
    """Return kind and value of what names an edition."""
    if edition.doi:
        return "DOI", edition.doi
    return "URL" if facts.is_address(edition.identifier) else "URN", edition.identifier


def _add_creator(creators: etree._Element, author: Author) -> None:
    creator = add(creators, "creator")
    person = facts.as_person(author)
    if person is None:
        add(creator, "creatorName", author.name, nameType="Organizational")
        return
    add(creator, "creatorName", f"{person.family}, {person.given}", nameType="Personal")
    add(creator, "givenName", person.given)
    add(creator, "familyName", person.family)


def _in_language(made: etree._Element, edition: PublishedEdition) -> None:
    set_attribute(made, XML_LANG, edition.language)


def _add_alternate_identifiers(root: etree._Element, edition: PublishedEdition) -> None:
    kind, _ = _identifier(edition)
    found = [("URL" if facts.is_address(edition.identifier) else "URN", edition.identifier)] if kind == "DOI" else []
    found += [("ISBN", file.isbn) for file in edition.files if file.isbn]
    found += [("NOR", edition.nor)] if edition.nor else []
    if found:
        numbers = add(root, "alternateIdentifiers")
        for name, value in found:
            add(numbers, "alternateIdentifier", value, alternateIdentifierType=name)


def _add_related(root: etree._Element, publication: Publication, edition: PublishedEdition) -> None:
    found = []
    if publication.issn:
        found.append(("IsPartOf", "ISSN", publication.issn))
    elif publication.base_url:
        found.append(("IsPartOf", "URL", facts.report_identifier(publication)))
    earlier = publication.editions[: publication.editions.index(edition)]
    if earlier:
        found.append(("IsNewVersionOf", *_identifier(earlier[-1])))
    if found:
        related = add(root, "relatedIdentifiers")
        for relation, kind, value in found:
            add(related, "relatedIdentifier", value, relatedIdentifierType=kind, relationType=relation)


def _add_rights(root: etree._Element, edition: PublishedEdition) -> None:
    rights = facts.rights(edition)
    if rights is None:
        return
    scheme = {"rightsIdentifierScheme": "SPDX", "schemeURI": SPDX} if rights.spdx else {}
    said = add(
        add(root, "rightsList"), "rights", rights.name, rightsURI=rights.address, rightsIdentifier=rights.spdx, **scheme
    )
    _in_language(said, edition)
