"""What stands in the head of a page for programs: Dublin Core, Highwire, Signposting, feeds, JSON-LD.

The elements are values, which a template prints; nothing here depends on how a
page looks. Links between pages of the site are relative, so that they work
from a folder; what only means something as an address is absolute, and left
out without a base URL.

- Dublin Core in HTML, https://www.dublincore.org/specifications/dublin-core/dcq-html/
- Highwire Press tags, as Google Scholar and Zotero read them
- Signposting, https://signposting.org/FAIR/; cite-as is RFC 8574, versions are RFC 5829, timemap RFC 7089
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from millesime.distribution.metadata import citation, datacite, facts, feeds, onix, opds, schema_org, timemap, webpub
from millesime.distribution.publication import Publication, PublishedChapter, PublishedEdition
from millesime.render.sanitise import replace_forbidden
from millesime.series.identifiers import printed_isbn


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadElement:
    """One element of a page's head."""

    name: str  # "meta", "link" or "script"
    attributes: tuple[tuple[str, str], ...]
    text: str = ""  # of a script: data, ready to stand there


def page_head(publication: Publication, path: str) -> tuple[HeadElement, ...]:
    """Return what belongs into the head of the page at a path from the site's root."""
    if path == facts.INDEX:
        return report_head(publication)
    for edition in publication.editions:
        if path == f"{edition.path}{facts.INDEX}":
            return edition_head(publication, edition)
        for chapter in edition.chapters:
            if path == chapter.path:
                return chapter_head(publication, edition, chapter)
    return (*_canonical(publication, path), *_subscriptions(publication, path))


def print_head(elements: Iterable[HeadElement]) -> str:
    """Return elements as HTML, one on each line."""
    lines = []
    for one in elements:
        attributes = "".join(f' {name}="{escape(replace_forbidden(value))}"' for name, value in one.attributes)
        lines.append(f"<{one.name}{attributes}>" + (f"{one.text}</{one.name}>" if one.name == "script" else ""))
    return "\n".join(lines) + "\n" if lines else ""


def report_head(publication: Publication) -> tuple[HeadElement, ...]:
    """Return the head of the report's page."""
    path = facts.INDEX
    return (
        *_canonical(publication, path),
        *_subscriptions(publication, path),
        *_licence_links(publication),
        *_versions(publication, publication.latest, path),
        *_script(schema_org.report_thing(publication)),
    )


def edition_head(publication: Publication, edition: PublishedEdition) -> tuple[HeadElement, ...]:
    """Return the head of an edition's page: the landing page that catalogues send readers to."""
    path = f"{edition.path}{facts.INDEX}"
    return (
        *_canonical(publication, path),
        *_subscriptions(publication, path),
        *_licence_links(edition),
        *_cite_as(edition),
        *_versions(publication, edition, path),
        *_signposts(edition, path),
        *_dublin_core(publication, edition),
        *_highwire(publication, edition),
        *_script(schema_org.edition_thing(publication, edition)),
    )


def chapter_head(
    publication: Publication, edition: PublishedEdition, chapter: PublishedChapter
) -> tuple[HeadElement, ...]:
    """Return the head of a chapter's page."""
    home = _relative(f"{edition.path}{facts.INDEX}", chapter.path)
    return (
        *_canonical(publication, chapter.path),
        *_subscriptions(publication, chapter.path),
        *_licence_links(edition),
        *_cite_as(edition),
        link("collection", home, type="text/html"),
        *_highwire_of_chapter(publication, edition, chapter),
        *_script(schema_org.chapter_thing(publication, edition, chapter)),
    )


def meta(name: str, content: str) -> HeadElement:
    return HeadElement(name="meta", attributes=(("name", name), ("content", content)))


def link(rel: str, href: str, **others: str) -> HeadElement:
    more = tuple((name, value) for name, value in others.items() if value)
    return HeadElement(name="link", attributes=(("rel", rel), ("href", href), *more))


def _relative(path: str, page: str) -> str:
    return "../" * page.count("/") + path


def _canonical(publication: Publication, path: str) -> Iterable[HeadElement]:
    if publication.base_url:
        yield link("canonical", facts.page_address(publication, path))


def _subscriptions(publication: Publication, path: str) -> Iterable[HeadElement]:
    if not publication.base_url:
        return
    for where, type, title in (
        (feeds.EDITIONS_PATH, feeds.ATOM_TYPE, "feed_editions"),
        (feeds.CHANGES_PATH, feeds.ATOM_TYPE, "feed_changes"),
        (opds.PATH_1, opds.TYPE_1, "feed_catalogue"),
        (opds.PATH_2, opds.TYPE_2, "feed_catalogue"),
    ):
        yield link("alternate", _relative(where, path), type=type, title=facts.label(title, publication.language))


def _licence_links(work: PublishedEdition | Publication) -> Iterable[HeadElement]:
    rights = facts.rights(work)
    if rights and rights.address:
        yield link("license", rights.address)


def _cite_as(edition: PublishedEdition) -> Iterable[HeadElement]:
    cited = facts.cited_address(edition)
    if facts.is_address(cited):
        yield link("cite-as", cited)


def _versions(publication: Publication, edition: PublishedEdition, path: str) -> Iterable[HeadElement]:
    earlier = publication.editions[: publication.editions.index(edition)]
    if earlier and path != facts.INDEX:
        yield link("predecessor-version", _relative(f"{earlier[-1].path}{facts.INDEX}", path))
    yield link("latest-version", _relative(f"{publication.latest.path}{facts.INDEX}", path))
    if publication.base_url:
        yield link("timemap", _relative(timemap.LINK_PATH, path), type=timemap.LINK_TYPE)


def _signposts(edition: PublishedEdition, path: str) -> Iterable[HeadElement]:
    """Tell a harvester which files are the edition, which describe it, and what kind of thing it is."""
    yield link("type", "https://schema.org/AboutPage")
    yield link("type", "https://schema.org/Report")
    for file in edition.files:
        yield link("item", _relative(file.path, path), type=file.media_type)
    described = [
        (name, type) for name, type in (*citation.TYPES.items(), (datacite.NAME, datacite.TYPE), (onix.NAME, onix.TYPE))
    ]
    for name, type in described:
        yield link("describedby", _relative(facts.metadata_path(edition, name), path), type=type)
    if edition.chapters:
        yield link("alternate", _relative(facts.metadata_path(edition, webpub.NAME), path), type=webpub.TYPE)


def _dublin_core(publication: Publication, edition: PublishedEdition) -> Iterable[HeadElement]:
    yield link("schema.DC", "http://purl.org/dc/elements/1.1/")
    yield link("schema.DCTERMS", "http://purl.org/dc/terms/")
    yield meta("DC.title", facts.full_title(edition))
    for author in facts.signatories(edition):
        yield meta("DC.creator", author.name)
    if edition.publisher:
        yield meta("DC.publisher", edition.publisher)
    yield meta("DCTERMS.issued", edition.date.isoformat())
    yield meta("DC.language", edition.language)
    yield meta("DC.type", "Text")
    yield meta("DC.identifier", edition.identifier)
    for number in webpub.numbers(edition):
        yield meta("DC.identifier", number)
    if publication.issn:
        yield meta("DCTERMS.isPartOf", f"urn:issn:{publication.issn}")
    if edition.description:
        yield meta("DC.description", edition.description)
    for keyword in edition.keywords:
        yield meta("DC.subject", keyword)
    if rights := facts.rights(edition):
        yield meta("DC.rights", rights.name)
        if rights.address:
            yield meta("DCTERMS.license", rights.address)


def _highwire(publication: Publication, edition: PublishedEdition) -> Iterable[HeadElement]:
    yield meta("citation_title", facts.full_title(edition))
    yield from _highwire_of_both(publication, edition)
    yield meta("citation_technical_report_institution", facts.publisher_name(edition))
    yield meta("citation_technical_report_number", edition.name)
    if edition.doi:
        yield meta("citation_doi", edition.doi)
    for file in edition.files:
        if file.isbn:
            yield meta("citation_isbn", printed_isbn(file.isbn))
    if publication.issn:
        yield meta("citation_issn", publication.issn)
    for keyword in edition.keywords:
        yield meta("citation_keywords", keyword)
    if not publication.base_url:
        return
    yield meta("citation_abstract_html_url", facts.page_address(publication, edition.path))
    for file in edition.files:
        if file.format == "pdf":
            yield meta("citation_pdf_url", publication.address(file.path))


def _highwire_of_chapter(
    publication: Publication, edition: PublishedEdition, chapter: PublishedChapter
) -> Iterable[HeadElement]:
    yield meta("citation_title", webpub.chapter_line(chapter))
    yield meta("citation_inbook_title", facts.full_title(edition))
    yield from _highwire_of_both(publication, edition)
    if publication.base_url:
        yield meta("citation_fulltext_html_url", facts.page_address(publication, chapter.path))


def _highwire_of_both(publication: Publication, edition: PublishedEdition) -> Iterable[HeadElement]:
    for author in facts.signatories(edition):
        yield meta("citation_author", author.name)
    yield meta("citation_publication_date", edition.date.strftime("%Y/%m/%d"))
    yield meta("citation_language", edition.language)
    if edition.publisher:
        yield meta("citation_publisher", edition.publisher)


def _script(thing: schema_org.Thing) -> Iterable[HeadElement]:
    yield HeadElement(name="script", attributes=(("type", "application/ld+json"),), text=schema_org.script_text(thing))
