"""The values of one assembled report: what every renderer prints.

Everything is resolved: numbers stand in the text (`Span.number`), references
are links to anchors that are unique in the whole report, citations are set,
typography is right. A renderer lays out and never decides.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import Block, Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who signs the report; `sector` is political, academic or economic (the triple helix)."""

    name: str
    role: str = ""
    sector: str = ""
    family: str = ""  # a person's family name, as it begins or ends `name`; "" for an organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """An earlier edition of the same report."""

    name: str  # "2019"
    date: datetime.date
    subtitle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What the cover and the metadata say. Texts are plain, typography set."""

    name: str  # the edition's name, "2019"
    title: str
    subtitle: str = ""
    date: datetime.date
    language: str  # BCP 47: "fr", "en-GB"
    publisher: str = ""
    authors: tuple[Author, ...] = ()
    licence: str = ""  # SPDX id, or in words; see assembly/printed_identifiers.py
    isbn: Mapping[str, str] = field(default_factory=dict)  # format → 13 digits
    doi: str = ""  # "10.1234/abc"
    issn: str = ""  # of the series, "2271-9342"
    nor: str = ""  # number of the French official journal
    description: str = ""
    keywords: tuple[str, ...] = ()
    base_url: str = ""
    identifier: str  # a stable URI: urn:uuid:…, or below base_url
    revision: str = ""  # the commit the edition was built from; "" in preparation
    earlier: tuple[Sibling, ...] = ()  # editions before this one, by date: what it says must not change with later ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An entry of the table of contents below a chapter."""

    anchor: str
    number: str  # "4.2"; "" where unnumbered
    title: tuple[Inline, ...]  # without number and notes
    level: int  # of its heading: 2 for a section, 3 below it, to 6
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One chapter as the edition prints it.

    `blocks` leave out the chapter's own heading: headings in them are of
    level 2 to 6. Every block has its anchor: its own id where pandoc's node
    has one, else a `Div` around it with the attribute `wrapper=1`, which
    pandoc's HTML writer turns into `<p id=…>`.
    """

    id: str  # stable across editions; the chapter's anchor, and its page's file name
    path: str  # of the source, from the repository root; "" where generated
    role: str  # "front", "body", "annex" or "back"
    label: str  # "Chapitre 4", "Annexe A", "" where unnumbered
    number: str  # "4", "A", ""
    title: tuple[Inline, ...]
    blocks: Sequence[Block]
    sections: tuple[Section, ...] = ()
    part: int | None = None  # index in Report.parts
    images: tuple[str, ...] = ()  # keys of Report.images that it shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part opens before its first chapter."""

    anchor: str
    label: str  # "Partie I"
    number: str  # "I"
    title: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One edition, ready to print.

    `anchors` names the chapter each anchor is in: a link `#x` leads to the
    page of `anchors["x"]`. An `Image` whose target is a key of `images` shows
    those bytes; there are no other images.
    """

    imprint: Imprint
    chapters: tuple[Chapter, ...]
    parts: tuple[Part, ...] = ()
    anchors: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, bytes] = field(default_factory=dict)  # "chapters/figures/a.svg" → bytes
    labels: Mapping[str, str] = field(default_factory=dict)  # words in the edition's language
    theme: Mapping[str, bytes] = field(default_factory=dict)  # templates of the snapshot, over the default theme
    fragments: Mapping[str, bytes] = field(default_factory=dict)  # chapters that render/fragments.py wrote, by id
    limits: Limits = DEFAULTS

    def as_written(self) -> Report:
        """Return the report without the blocks of chapters that are among `fragments`: a fifth of it to send.

        That is all that PDF, EPUB and HTML are made of.
        """
        chapters = (replace(one, blocks=()) if one.id in self.fragments else one for one in self.chapters)
        return replace(self, chapters=tuple(chapters))
