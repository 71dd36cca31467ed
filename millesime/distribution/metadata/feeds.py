"""Atom feeds, RFC 4287: of the editions, and of what changed from one to the next.

Identifiers are the editions' own, which never change; `updated` is the
edition's date, so that publishing again wakes no reader. Feeds need a base
URL: what cannot be fetched cannot be subscribed to.
"""

from __future__ import annotations

from lxml import etree

from millesime.assembly.printed_identifiers import doi_address
from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import XML_LANG, add, element, set_attribute, write_xml
from millesime.distribution.publication import FEEDS, Publication, PublishedEdition, PublishedRedline

ATOM = "http://www.w3.org/2005/Atom"
ATOM_TYPE = "application/atom+xml"
EDITIONS_PATH, CHANGES_PATH = f"{FEEDS}/editions.xml", f"{FEEDS}/changes.xml"


def editions_feed(publication: Publication) -> bytes:
    """Return the feed of the editions, the newest first."""
    root = open_feed(publication, EDITIONS_PATH, publication.title)
    for edition in reversed(publication.editions):
        root.append(_edition_entry(publication, edition))
    return write_xml(root)


def changes_feed(publication: Publication) -> bytes:
    """Return the feed of what changed, an entry for each step from an edition to the next, the newest first."""
    title = f"{publication.title} – {facts.label('feed_changes', publication.language)}"
    root = open_feed(publication, CHANGES_PATH, title)
    for step in reversed(facts.steps(publication)):
        root.append(_change_entry(publication, step))
    return write_xml(root)


def open_feed(publication: Publication, path: str, title: str, *, type: str = ATOM_TYPE) -> etree._Element:
    """Return a feed without entries. Its id is its address, and its date that of the newest edition."""
    address = publication.address(path)
    root = element(f"{{{ATOM}}}feed", attributes={XML_LANG: publication.language}, nsmap={None: ATOM})
    add(root, "id", address)
    add(root, "title", title)
    if publication.subtitle:
        add(root, "subtitle", publication.subtitle)
    add(root, "updated", facts.stamp(publication.latest.date))
    add_authors(root, publication)
    add(root, "link", rel="self", href=address, type=type)
    add(root, "link", rel="alternate", href=facts.page_address(publication, ""), type="text/html")
    add_rights(root, publication)
    add(root, "generator", "Millésime")
    return root


def add_authors(parent: etree._Element, work: Publication | PublishedEdition) -> None:
    """Add who signs: RFC 4287 wants an author of every entry."""
    for author in facts.signatories(work):
        add(add(parent, f"{{{ATOM}}}author"), "name", author.name)


def add_rights(parent: etree._Element, work: Publication | PublishedEdition) -> None:
    """Add the licence: its name, and the link of RFC 4946."""
    rights = facts.rights(work)
    if rights is None:
        return
    add(parent, f"{{{ATOM}}}rights", rights.name)
    if rights.address:
        add(parent, f"{{{ATOM}}}link", rel="license", href=rights.address)


def add_categories(parent: etree._Element, edition: PublishedEdition) -> None:
    for keyword in edition.keywords:
        add(parent, f"{{{ATOM}}}category", term=keyword, label=keyword)


def _edition_entry(publication: Publication, edition: PublishedEdition) -> etree._Element:
    entry = element(f"{{{ATOM}}}entry", attributes={XML_LANG: edition.language}, nsmap={None: ATOM})
    add(entry, "id", edition.identifier)
    add(entry, "title", facts.full_title(edition))
    add(entry, "published", facts.stamp(edition.date))
    add(entry, "updated", facts.stamp(edition.date))
    add_authors(entry, edition)
    add(entry, "link", rel="alternate", href=facts.page_address(publication, edition.path), type="text/html")
    for file in edition.files:
        link = add(entry, "link", rel="enclosure", href=publication.address(file.path), type=file.media_type)
        set_attribute(link, "length", str(file.size))
    if edition.doi:
        add(entry, "link", rel="related", href=doi_address(edition.doi))
    add_rights(entry, edition)
    add_categories(entry, edition)
    add(entry, "summary", edition.description or f"{facts.label('edition', edition.language)} {edition.name}")
    return entry


def _change_entry(publication: Publication, step: PublishedRedline) -> etree._Element:
    new = publication.edition(step.new)
    address = facts.page_address(publication, step.path)
    entry = element(f"{{{ATOM}}}entry", attributes={XML_LANG: new.language}, nsmap={None: ATOM})
    add(entry, "id", address)
    title = facts.label("feed_change", new.language, old=step.old, new=step.new)
    add(entry, "title", f"{new.title} – {title}")
    add(entry, "published", facts.stamp(new.date))
    add(entry, "updated", facts.stamp(new.date))
    add_authors(entry, new)
    add(entry, "link", rel="alternate", href=address, type="text/html")
    for name in (step.old, step.new):
        edition = publication.edition(name)
        page = facts.page_address(publication, edition.path)
        add(entry, "link", rel="related", href=page, type="text/html", title=facts.full_title(edition))
    add_rights(entry, new)
    add(entry, "summary", step.summary or title)
    return entry
