"""Facts that all metadata formats share (addresses, dates, names, licence), computed once from a publication.

Metadata that disagree are worse than none, for whoever harvests two of them
keeps the wrong one. So nothing here is decided twice: the modules that write a
format ask this one, and only lay out what it answers.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from millesime.assembly.printed_identifiers import doi_address
from millesime.assembly.report import Author
from millesime.assembly.theme import load_labels
from millesime.assembly.typography import set_text
from millesime.distribution.publication import METADATA, Publication, PublishedEdition, PublishedRedline
from millesime.series.licences import find_licence

INDEX = "index.html"


def stamp(date: datetime.date) -> str:
    """Return an edition's date where a format asks for a moment: midnight UTC, as in its EPUB."""
    return f"{date.isoformat()}T00:00:00Z"


def page_address(publication: Publication, path: str) -> str:
    """Return the one address of a page; that of a folder for its `index.html`.

    Absolute with a base URL, else from the site's root.
    """
    if path == INDEX or path.endswith(f"/{INDEX}"):
        path = path[: -len(INDEX)]
    return publication.address(path)


def metadata_path(edition: PublishedEdition, name: str) -> str:
    """Return where a file about an edition stands, from the site's root: "2019/metadata/onix.xml"."""
    return f"{edition.path}{METADATA}/{name}"


def report_identifier(publication: Publication) -> str:
    """Return a URI of the report as a whole, the same for all its editions."""
    if publication.base_url:
        return f"{publication.base_url}/"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, publication.title)}"


def cited_address(edition: PublishedEdition) -> str:
    """Return what a citation ends with: the DOI, for it outlives addresses, else the edition's identifier."""
    return doi_address(edition.doi) if edition.doi else edition.identifier


def reading_address(publication: Publication, edition: PublishedEdition) -> str:
    """Return where an edition is read, for formats that give a DOI a place of its own: "" where it is nowhere yet."""
    if publication.base_url:
        return page_address(publication, edition.path)
    return doi_address(edition.doi) if edition.doi else ""


def label(key: str, language: str, **values: str) -> str:
    """Return words of the labels in a language, with values in their places, set as text is set."""
    text = load_labels(language)[key]
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return set_text(text, language)


def is_address(uri: str) -> bool:
    """Whether a URI leads somewhere in a browser."""
    return uri.startswith(("https://", "http://"))


def full_title(work: PublishedEdition | Publication) -> str:
    """Return title and subtitle where a format has one place for both, as the PDF's own title."""
    return f"{work.title}. {work.subtitle}" if work.subtitle else work.title


def position(publication: Publication, edition: PublishedEdition) -> int:
    """Return the edition's number among all, by date, 1-based."""
    return publication.editions.index(edition) + 1


def steps(publication: Publication) -> tuple[PublishedRedline, ...]:
    """Return the comparisons from one edition to the next, the oldest first.

    Of all that lead to an edition it is the one from the newest before it: an
    edition may have no comparison with the one before it, which may be in
    another language.
    """
    order = [edition.name for edition in publication.editions]
    latest: dict[str, PublishedRedline] = {}
    for redline in publication.redlines:
        known = latest.get(redline.new)
        if order.index(redline.old) < order.index(redline.new) and (
            known is None or order.index(known.old) < order.index(redline.old)
        ):
            latest[redline.new] = redline
    return tuple(latest[name] for name in order if name in latest)


# ---- who made it -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A name in two parts."""

    family: str
    given: str


def as_person(author: Author) -> Person | None:
    """Return an author's name in two parts, or None for an organisation.

    A person is who has a family name in the manifest; nothing is guessed from
    how a name looks, and a ministry is never taken apart.
    """
    family, name = author.family, author.name
    if not family or family == name:
        return None
    if name.endswith(family):
        return Person(family=family, given=name[: -len(family)].strip())
    if name.startswith(family):
        return Person(family=family, given=name[len(family) :].strip())
    return None


def signatories(work: PublishedEdition | Publication) -> tuple[Author, ...]:
    """Return who signs: the authors, else the publisher, else the report by its title, for a name must stand there."""
    if work.authors:
        return work.authors
    return (Author(name=work.publisher or work.title),)


def publisher_name(work: PublishedEdition | Publication) -> str:
    """Return who publishes, where a format demands it: the publisher, else the first author."""
    return work.publisher or signatories(work)[0].name


# ---- under which licence -----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The licence of a work as catalogues name it; `address`, `spdx` and `spdx_address` are "" for one in words."""

    name: str  # in full, in the work's language
    address: str = ""  # the page that states it
    spdx: str = ""  # "etalab-2.0"
    spdx_address: str = ""


def rights(work: PublishedEdition | Publication) -> Rights | None:
    """Return the licence of an edition, or of the report, or None if none is given."""
    if not work.licence:
        return None
    licence = find_licence(work.licence)
    if licence is None:
        return Rights(name=work.licence)
    return Rights(
        name=licence.name(work.language), address=licence.address, spdx=licence.id, spdx_address=licence.spdx_address
    )
