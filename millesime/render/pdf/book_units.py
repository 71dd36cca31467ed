"""The book cut into units that are laid out alone: cover and imprint, contents, part pages, chapters."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from xml.sax.saxutils import quoteattr

from lxml import etree

from millesime.assembly.report import Report
from millesime.problems import Problem
from millesime.render.pdf.book import build_book
from millesime.render.pdf.characters import missing_note, rare_characters, shown_of, spell_out
from millesime.render.pdf.engine.folios import PLACEHOLDER, anchor_of
from millesime.render.pdf.engine.theme_scope import FOLIO_ATTRIBUTE, Scope, theme_scope
from millesime.render.pdf.engine_messages import drawing_problems, missing_problems
from millesime.render.pdf.layout import UNDATED, ProofSource, UnitSource, find_missing_characters
from millesime.render.pdf.plain import file_identifier
from millesime.render.pdf.values.layout_steps import Run, key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit before its links' folios are known."""

    html: tuple[bytes, ...]  # what stands before, between and after the folios it prints
    asks: tuple[str, ...]  # the anchors of these folios
    foreign: tuple[str, ...]
    pictures: Mapping[str, tuple[bytes, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The units of a book in their order, and what they share."""

    units: tuple[Unit, ...]
    root: bytes
    head: bytes
    style: str
    sided: bool  # the theme tells left pages from right ones by more than their margins
    obstacles: tuple[str, ...]  # why the book must be laid out in one piece, if it must
    date: datetime.date
    identifier: bytes
    versions: str
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    pictures: Mapping[str, str]  # keys of pictures, by their addresses

    def source(self, number: int, *, side: str, folios: Mapping[str, int] | None) -> UnitSource:
        """Return what unit `number` (0-based) is laid out from; before any folios are known, they are left open."""
        unit = self.units[number]
        first, *others = unit.html
        html = first + b"".join(
            _folio(folios or {}, anchor) + text for anchor, text in zip(unit.asks, others, strict=True)
        )
        awaits_folios = folios is None and bool(unit.asks)
        head, date = (self.head, self.date) if number == 0 else (b"", UNDATED)
        parts = [self.versions.encode(), self.root, head, html, self.style.encode(), side.encode()]
        parts += [*(anchor.encode() for anchor in unit.foreign), b"", *(name.encode() for name in unit.pictures)]
        return UnitSource(
            key=key_of("open" if awaits_folios else "unit", *parts, str(date).encode()),
            html=html,
            root=self.root,
            head=head,
            style=self.style,
            pictures=unit.pictures,
            foreign=unit.foreign,
            side="" if number == 0 else side,
            date=date,
            awaits_folios=awaits_folios,
        )


def plan_pdf(report: Report, *, run: Run, versions: str, jobs: int = 1) -> Book:
    """Return the units of a report's book. `versions` names what lays it out, and goes into every key."""
    served: dict[str, tuple[bytes, str]] = {}
    unset: list[Problem] = []  # formulas
    pictures: dict[str, str] = {}
    tree = build_book(report, served=served, pictures=pictures, problems=unset, run=run, jobs=jobs)
    scope = theme_scope(report.theme)
    rare = rare_characters(tree)
    key = key_of("proof", versions, rare, scope.style)
    (missing,) = run([(find_missing_characters, ProofSource(key=key, rare=rare, style=scope.style))])
    shown = shown_of(tree, missing)
    problems = tuple(unset) + missing_problems(tree, shown, report) + drawing_problems(served, pictures, report)
    spell_out(tree, missing)
    head, body = tree.find("head"), tree.find("body")
    return Book(
        units=tuple(_units(body, scope, served)),
        root=_opening(tree) + b"<head/>" + _opening(body),
        head=etree.tostring(head, encoding="utf-8", with_tail=False),
        style=scope.style,
        sided=scope.sided,
        obstacles=scope.obstacles,
        date=report.imprint.date,
        identifier=file_identifier(report.imprint.identifier),
        versions=versions,
        notes=(missing_note(shown),) if shown else (),
        problems=problems,
        pictures=pictures,
    )


def _units(body: etree._Element, scope: Scope, served: Mapping[str, tuple[bytes, str]]):
    groups: list[list[etree._Element]] = [[]]
    for section in body:
        if section.get("class") not in ("cover", "imprint"):
            groups.append([])
        groups[-1].append(section)
    homes = {element.get("id"): at for at, group in enumerate(groups) for root in group for element in root.iter()}
    homes.pop(None, None)
    for at, group in enumerate(groups):
        asked: list[tuple[etree._Element, str, str]] = []  # element, attribute, anchor
        foreign: dict[str, None] = {}
        pictures = {}
        for element in [element for root in group for element in root.iter() if isinstance(element.tag, str)]:
            for name in scope.folio_attributes:
                anchor = anchor_of(element.get(name))
                if anchor in homes:
                    asked.append((element, f"{FOLIO_ATTRIBUTE}{name}", anchor))
            if element.tag == "a" and homes.get(anchor_of(element.get("href")), at) != at:
                foreign[anchor_of(element.get("href"))] = None
            if element.tag == "img" and element.get("src") in served:
                pictures[element.get("src")] = served[element.get("src")]
        html, asks = _around_folios(group, asked)
        yield Unit(
            html=html,
            asks=asks,
            foreign=tuple(sorted(foreign)),
            pictures=pictures,
        )


def _around_folios(
    group: list[etree._Element], asked: list[tuple[etree._Element, str, str]]
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Return a unit's HTML, cut where folios go, and the anchor of each of these.

    The sign that stands for a folio while the HTML is written is one that the text does not hold.
    """
    for attempt in count():
        sign = f"folio-{attempt}-"
        for place, (element, name, _) in enumerate(asked):
            element.set(name, f"{sign}{place}-")
        html = b"".join(etree.tostring(root, encoding="utf-8", with_tail=False) for root in group)
        first, *others = re.split(f"{sign}(\\d+)-".encode(), html)
        if len(others) == 2 * len(asked):
            return (first, *others[1::2]), tuple(asked[int(place)][2] for place in others[::2])
    raise AssertionError("no text holds every number")


def _folio(folios: Mapping[str, int], anchor: str) -> bytes:
    return str(folios.get(anchor, PLACEHOLDER)).encode()


def _opening(element: etree._Element) -> bytes:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attrib.items())
    return f"<{element.tag}{attributes}>".encode()
