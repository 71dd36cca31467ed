"""Readium Web Publication Manifest of an edition's pages (https://readium.org/webpub-manifest/).

With it a reading app opens the HTML edition as a book. Its links are relative
to itself, so that it works without a base URL too.
"""

from __future__ import annotations

import posixpath
from typing import Any

from millesime.assembly.printed_identifiers import doi_address
from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import without_empty, write_json
from millesime.distribution.publication import Publication, PublishedChapter, PublishedEdition

NAME = "webpub.json"
TYPE = "application/webpub+json"
CONTEXT = "https://readium.org/webpub-manifest/context.jsonld"


def web_publication(publication: Publication, edition: PublishedEdition) -> bytes:
    """Return the manifest of an edition's pages, to stand at `metadata/webpub.json` in its folder."""
    folder = posixpath.dirname(facts.metadata_path(edition, NAME))

    def href(path: str) -> str:
        return posixpath.relpath(path, folder)

    cover = f"{edition.path}{facts.INDEX}"
    links: list[dict[str, Any]] = [{"rel": "self", "href": _self(publication, edition), "type": TYPE}]
    links += [
        {"rel": "alternate", "href": href(file.path), "type": file.media_type, "size": file.size}
        for file in edition.files
    ]
    rights = facts.rights(edition)
    if rights and rights.address:
        links.append({"rel": "license", "href": rights.address})
    pages = [{"href": href(cover), "type": "text/html", "title": edition.title}]
    pages += [{"href": href(one.path), "type": "text/html", "title": chapter_line(one)} for one in edition.chapters]
    return write_json(
        {
            "@context": CONTEXT,
            "metadata": edition_metadata(publication, edition),
            "links": links,
            "readingOrder": pages,
            "resources": [{"rel": "contents", "href": href(cover), "type": "text/html"}],
            "toc": _contents(edition, href),
        }
    )


def _self(publication: Publication, edition: PublishedEdition) -> str:
    """A manifest must say its own address; without a base URL it is the file beside itself."""
    path = facts.metadata_path(edition, NAME)
    return publication.address(path) if publication.base_url else NAME


def edition_metadata(publication: Publication, edition: PublishedEdition) -> dict[str, Any]:
    """Return an edition's metadata as Readium's manifests and OPDS 2.0 write them."""
    series = {
        "name": edition.title,
        "identifier": f"urn:issn:{publication.issn}" if publication.issn else "",
        "position": facts.position(publication, edition),
    }
    return without_empty({
        "@type": "http://schema.org/Report",
        "identifier": edition.identifier,
        "altIdentifier": list(numbers(edition)),
        "title": edition.title,
        "subtitle": edition.subtitle,
        "language": edition.language,
        "author": [_contributor(author.name) for author in edition.authors],
        "publisher": _contributor(edition.publisher) if edition.publisher else None,
        "published": edition.date.isoformat(),
        "modified": facts.stamp(edition.date),
        "description": edition.description,
        "subject": list(edition.keywords),
        "numberOfPages": next((file.pages for file in edition.files if file.pages), None),
        "belongsTo": {"series": without_empty(series)},
    })  # fmt: skip


def _contributor(name: str) -> dict[str, str]:
    return {"name": name}


def numbers(edition: PublishedEdition) -> tuple[str, ...]:
    """Return the URIs by which others know an edition: its DOI, and the ISBN of each format."""
    isbns = [f"urn:isbn:{file.isbn}" for file in edition.files if file.isbn]
    return (*([doi_address(edition.doi)] if edition.doi else []), *isbns)


def chapter_line(chapter: PublishedChapter) -> str:
    """Return a chapter's label and title in a line: "Chapitre 4. Gouverner la donnée"."""
    return f"{chapter.label}. {chapter.title}" if chapter.label else chapter.title


def _contents(edition: PublishedEdition, href) -> list[dict[str, Any]]:
    """Return the table of contents, chapters below their parts."""
    contents: list[dict[str, Any]] = []
    part = ""
    for chapter in edition.chapters:
        entry = {"href": href(chapter.path), "type": "text/html", "title": chapter_line(chapter)}
        if not chapter.part:
            contents.append(entry)
        elif chapter.part != part:
            # A part has no page of its own: it opens where its first chapter does.
            contents.append({"href": entry["href"], "type": "text/html", "title": chapter.part, "children": [entry]})
        else:
            contents[-1]["children"].append(entry)
        part = chapter.part
    return contents
