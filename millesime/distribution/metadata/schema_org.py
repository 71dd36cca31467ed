"""What search engines read: JSON-LD in the words of https://schema.org.

The report is a `CreativeWorkSeries`, an edition a `Report` in it, each format
of it a `Book` that is an example of that work, a chapter a `Chapter` of it.
Everything has an `@id`, so that what one page says joins what another says.
"""

from __future__ import annotations

import json
from typing import Any

from millesime.assembly.printed_identifiers import doi_address
from millesime.assembly.report import Author
from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import without_empty
from millesime.distribution.publication import Publication, PublishedChapter, PublishedEdition, PublishedFile

CONTEXT = "https://schema.org"

Thing = dict[str, Any]


def report_thing(publication: Publication) -> Thing:
    """Return the report as its home page describes it."""
    return _page({
        "alternativeHeadline": publication.subtitle,
        "description": publication.description,
        "keywords": list(publication.keywords),
        "inLanguage": publication.language,
        "author": [_author(author) for author in publication.authors],
        "publisher": _publisher(publication),
        "license": _licence(publication),
        "startDate": publication.editions[0].date.isoformat(),
        "isAccessibleForFree": True,
        "hasPart": [_edition(publication, edition) for edition in publication.editions],
    }, _series(publication))  # fmt: skip


def edition_thing(publication: Publication, edition: PublishedEdition) -> Thing:
    """Return an edition as its page describes it."""
    return _page({
        "alternativeHeadline": edition.subtitle,
        "description": edition.description,
        "keywords": list(edition.keywords),
        "author": [_author(author) for author in edition.authors],
        "publisher": _publisher(edition),
        "license": _licence(edition),
        "identifier": _identifiers(edition),
        "sameAs": doi_address(edition.doi) if edition.doi else "",
        "wordCount": edition.words or None,
        "isAccessibleForFree": True,
        "isPartOf": _series(publication),
        "position": facts.position(publication, edition),
        "workExample": [_format(publication, edition, file) for file in edition.files],
        "hasPart": [_chapter(publication, edition, chapter) for chapter in edition.chapters],
    }, _edition(publication, edition))  # fmt: skip


def chapter_thing(publication: Publication, edition: PublishedEdition, chapter: PublishedChapter) -> Thing:
    """Return a chapter as its page describes it."""
    return _page({
        "inLanguage": edition.language,
        "datePublished": edition.date.isoformat(),
        "author": [_author(author) for author in edition.authors],
        "publisher": _publisher(edition),
        "license": _licence(edition),
        "isAccessibleForFree": True,
        "isPartOf": _edition(publication, edition) | {"isPartOf": _series(publication)},
    }, _chapter(publication, edition, chapter))  # fmt: skip


def script_text(thing: Thing) -> str:
    """Return a thing as it stands between `<script type="application/ld+json">` and its end.

    The text is data, never run; no character in it can end the element.
    """
    text = json.dumps(thing, ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _page(told: Thing, thing: Thing) -> Thing:
    """Return a thing with what is told of it on its own page alone."""
    return {"@context": CONTEXT, **thing, **without_empty(told)}


def _series(publication: Publication) -> Thing:
    return without_empty({
        "@type": "CreativeWorkSeries",
        "@id": facts.report_identifier(publication),
        "name": publication.title,
        "url": facts.page_address(publication, "") if publication.base_url else "",
        "issn": publication.issn,
    })  # fmt: skip


def _edition(publication: Publication, edition: PublishedEdition) -> Thing:
    return without_empty({
        "@type": "Report",
        "@id": edition.identifier,
        "name": edition.title,
        "version": edition.name,
        "url": facts.page_address(publication, edition.path) if publication.base_url else "",
        "inLanguage": edition.language,
        "datePublished": edition.date.isoformat(),
    })  # fmt: skip


def _chapter(publication: Publication, edition: PublishedEdition, chapter: PublishedChapter) -> Thing:
    address = facts.page_address(publication, chapter.path)
    return without_empty({
        "@type": "Chapter",
        "@id": address if publication.base_url else f"{edition.identifier}#{chapter.id}",
        "name": chapter.title,
        "alternateName": chapter.label,
        "position": edition.chapters.index(chapter) + 1,
        "url": address if publication.base_url else "",
    })  # fmt: skip


def _format(publication: Publication, edition: PublishedEdition, file: PublishedFile) -> Thing:
    return without_empty({
        "@type": "Book",
        "@id": publication.address(file.path) if publication.base_url else f"{edition.identifier}#{file.format}",
        "name": facts.full_title(edition),
        "bookFormat": "https://schema.org/EBook",
        "isbn": file.isbn,
        "numberOfPages": file.pages,
        "inLanguage": edition.language,
        "datePublished": edition.date.isoformat(),
        "encoding": {
            "@type": "MediaObject",
            "contentUrl": publication.address(file.path),
            "encodingFormat": file.media_type,
            "contentSize": f"{file.size} B",
            "sha256": file.sha256,
        },
    })  # fmt: skip


def _author(author: Author) -> Thing:
    person = facts.as_person(author)
    if person is None:
        return {"@type": "Organization", "name": author.name}
    return {"@type": "Person", "name": author.name, "familyName": person.family, "givenName": person.given}


def _publisher(work: PublishedEdition | Publication) -> Thing | None:
    return {"@type": "Organization", "name": work.publisher} if work.publisher else None


def _licence(work: PublishedEdition | Publication) -> str | Thing | None:
    rights = facts.rights(work)
    if rights is None:
        return None
    return rights.address or {"@type": "CreativeWork", "name": rights.name}


def _identifiers(edition: PublishedEdition) -> list[Any]:
    named = [("DOI", edition.doi), ("NOR", edition.nor)]
    values = [{"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in named if value]
    return [edition.identifier, *values]
