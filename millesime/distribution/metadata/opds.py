"""Catalogues for reading apps: OPDS 2.0 (https://drafts.opds.io/opds-2.0) and OPDS 1.2 (https://specs.opds.io/opds-1.2).

Both are acquisition feeds of all editions, the newest first, each format to be
had by everyone. They need a base URL, for an app subscribes to an address.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from millesime.distribution.metadata import facts, webpub
from millesime.distribution.metadata.feeds import ATOM, add_authors, add_categories, add_rights, open_feed
from millesime.distribution.metadata.serialise import (
    XML_LANG,
    add,
    element,
    set_attribute,
    without_empty,
    write_json,
    write_xml,
)
from millesime.distribution.publication import CATALOGUE, Publication, PublishedEdition

DC = "http://purl.org/dc/terms/"
PATH_1, PATH_2 = f"{CATALOGUE}/opds.xml", f"{CATALOGUE}/opds.json"
TYPE_1 = "application/atom+xml;profile=opds-catalog;kind=acquisition"
TYPE_2 = "application/opds+json"
OPEN_ACCESS = "http://opds-spec.org/acquisition/open-access"


def opds_2(publication: Publication) -> bytes:
    """Return the catalogue in JSON."""
    metadata = {
        "title": publication.title,
        "subtitle": publication.subtitle,
        "description": publication.description,
        "identifier": facts.report_identifier(publication),
        "modified": facts.stamp(publication.latest.date),
        "numberOfItems": len(publication.editions),
    }
    links = [
        {"rel": "self", "href": publication.address(PATH_2), "type": TYPE_2},
        {"rel": "start", "href": publication.address(PATH_2), "type": TYPE_2},
        {"rel": "alternate", "href": publication.address(PATH_1), "type": TYPE_1},
        {"rel": "alternate", "href": facts.page_address(publication, ""), "type": "text/html"},
    ]
    publications = [_publication(publication, edition) for edition in reversed(publication.editions)]
    return write_json({"metadata": without_empty(metadata), "links": links, "publications": publications})


def _publication(publication: Publication, edition: PublishedEdition) -> dict[str, Any]:
    links: list[dict[str, Any]] = [
        {
            "rel": OPEN_ACCESS,
            "href": publication.address(file.path),
            "type": file.media_type,
            "size": file.size,
        }
        for file in edition.files
    ]
    if edition.chapters:
        manifest = publication.address(facts.metadata_path(edition, webpub.NAME))
        links.append({"rel": "alternate", "href": manifest, "type": webpub.TYPE})
    links.append({"rel": "alternate", "href": facts.page_address(publication, edition.path), "type": "text/html"})
    rights = facts.rights(edition)
    if rights and rights.address:
        links.append({"rel": "license", "href": rights.address})
    return {"metadata": webpub.edition_metadata(publication, edition), "links": links}


def opds_1(publication: Publication) -> bytes:
    """Return the catalogue in Atom."""
    root = open_feed(publication, PATH_1, publication.title, type=TYPE_1)
    add(root, f"{{{ATOM}}}link", rel="start", href=publication.address(PATH_1), type=TYPE_1)
    add(root, f"{{{ATOM}}}link", rel="alternate", href=publication.address(PATH_2), type=TYPE_2)
    for edition in reversed(publication.editions):
        root.append(_entry(publication, edition))
    return write_xml(root)


def _entry(publication: Publication, edition: PublishedEdition) -> etree._Element:
    entry = element(f"{{{ATOM}}}entry", attributes={XML_LANG: edition.language}, nsmap={None: ATOM, "dc": DC})
    add(entry, "id", edition.identifier)
    add(entry, "title", facts.full_title(edition))
    add(entry, "published", facts.stamp(edition.date))
    add(entry, "updated", facts.stamp(edition.date))
    add_authors(entry, edition)
    add(entry, f"{{{DC}}}language", edition.language)
    add(entry, f"{{{DC}}}issued", edition.date.isoformat())
    if edition.publisher:
        add(entry, f"{{{DC}}}publisher", edition.publisher)
    for number in (edition.identifier, *webpub.numbers(edition)):  # apps take the first for the edition's identity
        add(entry, f"{{{DC}}}identifier", number)
    if publication.issn:
        add(entry, f"{{{DC}}}isPartOf", f"urn:issn:{publication.issn}")
    add_categories(entry, edition)
    add_rights(entry, edition)
    if edition.description:
        add(entry, "summary", edition.description)
    for file in edition.files:
        href = publication.address(file.path)
        link = add(entry, "link", rel=OPEN_ACCESS, href=href, type=file.media_type)
        set_attribute(link, "length", str(file.size))
    add(entry, "link", rel="alternate", href=facts.page_address(publication, edition.path), type="text/html")
    return entry
