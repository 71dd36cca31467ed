"""The values of a publication: what a report has published, and where each of its files is on the site.

Everything that speaks of published editions, from the home page to a library's
catalogue, is made from one `Publication`, so that all say the same. Paths are
made of ASCII letters, digits and `-._/`: each is its own address.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from millesime.assembly.report import Author

# What a publication puts below its root beside the editions' own folders; no edition may bear one of these names.
LATEST, ASSETS, PASSAGES, REDLINES, REGISTERS, SEARCH = (
    "latest", "assets", "passages", "redlines", "registers", "search",
)  # fmt: skip
CATALOGUE, FEEDS, STATEMENTS = "catalogue", "feeds", "statements"
RESERVED = (LATEST, ASSETS, PASSAGES, REDLINES, REGISTERS, SEARCH, CATALOGUE, FEEDS, STATEMENTS, "pagefind")
METADATA = "metadata"  # a folder in each edition's own

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "application/zip",  # all pages in one archive, to keep
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One artifact of an edition as the site serves it."""

    format: str  # "pdf", "epub", "docx"; "html": the pages of the edition, zipped
    path: str  # from the site's root: "2019/rapport-2019.pdf"
    size: int  # bytes
    sha256: str  # hexadecimal
    pages: int | None = None  # of a PDF
    isbn: str = ""  # of this format of this edition, 13 digits

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedChapter:
    """A page of an edition on the site. Texts are plain, typography set."""

    path: str  # from the site's root: "2019/gouvernance.html"
    id: str
    role: str  # "front", "body", "annex" or "back"
    label: str  # "Chapitre 4", ""
    title: str
    part: str = ""  # the title of the part it stands in
    is_written: bool = True  # by authors; annexes, registers and bibliographies are generated


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEdition:
    """One edition that was published. Texts are plain, typography set."""

    name: str
    title: str
    subtitle: str = ""
    date: datetime.date
    language: str  # BCP 47
    publisher: str = ""
    authors: tuple[Author, ...] = ()
    licence: str = ""  # SPDX id or name, as the manifest has it
    description: str = ""
    keywords: tuple[str, ...] = ()
    identifier: str  # a stable URI: below base_url, or urn:uuid:…
    doi: str = ""  # "10.1234/abc"
    nor: str = ""  # number of the French official journal, "TERL1800000X"
    revision: str = ""  # the commit it was built from
    sealed: bool = False
    words: int = 0
    files: tuple[PublishedFile, ...] = ()  # in the order of `series.values.FORMATS`
    chapters: tuple[PublishedChapter, ...] = ()  # in the order of print

    @property
    def path(self) -> str:
        """The edition's page, from the site's root: "2019/"."""
        return f"{self.name}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRedline:
    """What changed between two editions, on pages of its own."""

    old: str  # the editions' names
    new: str
    path: str  # from the site's root: "redlines/2018/2019/"
    summary: str  # a sentence or two in the language of `new`, for feeds and lists
    words_inserted: int = 0
    words_deleted: int = 0
    words_moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The report and the editions it has published, by date, the oldest first."""

    title: str
    subtitle: str = ""
    language: str
    publisher: str = ""
    authors: tuple[Author, ...] = ()
    licence: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    base_url: str = ""  # without a slash at its end; "": what needs absolute addresses is left out
    issn: str = ""  # of the series, "1234-5679"
    editions: tuple[PublishedEdition, ...]
    redlines: tuple[PublishedRedline, ...] = ()

    @property
    def latest(self) -> PublishedEdition:
        return self.editions[-1]

    def edition(self, name: str) -> PublishedEdition:
        return next(edition for edition in self.editions if edition.name == name)

    def address(self, path: str) -> str:
        """Return the absolute address of a path below the site's root; the path itself without a base URL."""
        return f"{self.base_url}/{path}" if self.base_url else path

    def later(self, edition: PublishedEdition) -> Sequence[PublishedEdition]:
        """Return the editions after one."""
        return self.editions[self.editions.index(edition) + 1 :]
