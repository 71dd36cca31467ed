"""All metadata files of a site (feeds, records, citations), by path from the site's root."""

from __future__ import annotations

from collections.abc import Iterable

from millesime.distribution.metadata import citation, datacite, facts, feeds, onix, opds, sitemap, timemap, webpub
from millesime.distribution.publication import Publication, PublishedEdition

# What is made of the publication as a whole, and means nothing without an address to be fetched from.
_OF_THE_SITE = {
    feeds.EDITIONS_PATH: feeds.editions_feed,
    feeds.CHANGES_PATH: feeds.changes_feed,
    opds.PATH_1: opds.opds_1,
    opds.PATH_2: opds.opds_2,
    timemap.LINK_PATH: timemap.timemap_link,
    timemap.JSON_PATH: timemap.timemap_json,
}
# What is made of each edition, by its name in the edition's `metadata/`.
_OF_AN_EDITION = {
    "citation.bib": citation.bibtex,
    "citation.ris": citation.ris,
    "citation.json": citation.csl_json,
    citation.CFF_NAME: lambda publication, edition: _cff(publication, edition),
    datacite.NAME: datacite.datacite_record,
    onix.NAME: onix.onix_message,
    webpub.NAME: webpub.web_publication,
}
# What readers are offered on a page, and what it is called there.
_OFFERED = {
    "citation.bib": "BibTeX",
    "citation.ris": "RIS",
    "citation.json": "CSL-JSON",
    citation.CFF_NAME: "CITATION.cff",
    datacite.NAME: "DataCite",
    onix.NAME: "ONIX",
}


def catalogue_files(publication: Publication, *, pages: Iterable[str]) -> dict[str, bytes]:
    """Return every file for programs; `pages` are the paths of the pages that search engines should know.

    Without a base URL, what needs one is left out: `left_out` names it.
    """
    files: dict[str, bytes] = {}
    if publication.base_url:
        files |= {path: make(publication) for path, make in _OF_THE_SITE.items()}
        files |= sitemap.sitemap_files(publication, pages)
    files[citation.CFF_NAME] = _cff(publication, publication.latest)
    for edition in publication.editions:
        files |= {facts.metadata_path(edition, name): one for name, one in edition_files(publication, edition).items()}
    return files


def edition_files(publication: Publication, edition: PublishedEdition) -> dict[str, bytes]:
    """Return the files about one edition by their names: what its `metadata/` holds."""
    return {name: make(publication, edition) for name, make in _OF_AN_EDITION.items()}


def left_out(publication: Publication) -> tuple[str, ...]:
    """Return the paths of what cannot be made without a base URL, and is missing for that."""
    return () if publication.base_url else (*_OF_THE_SITE, sitemap.PATH)


def offered_files(publication: Publication) -> dict[str, list[tuple[str, str]]]:
    """Return, by edition and "" for the report, the files that a page offers: what each is called, and its path."""
    offered: dict[str, list[tuple[str, str]]] = {
        edition.name: [(title, facts.metadata_path(edition, name)) for name, title in _OFFERED.items()]
        for edition in publication.editions
    }
    offered[""] = [("CITATION.cff", citation.CFF_NAME)]
    if publication.base_url:
        offered[""] += [
            (facts.label("feed_editions", publication.language), feeds.EDITIONS_PATH),
            (facts.label("feed_changes", publication.language), feeds.CHANGES_PATH),
            ("OPDS", opds.PATH_1),
        ]
    return offered


def _cff(publication: Publication, edition: PublishedEdition) -> bytes:
    return citation.citation_cff(publication, edition, message=facts.label("citation_message", edition.language))
