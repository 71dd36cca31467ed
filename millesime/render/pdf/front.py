"""The front matter of a book (cover, imprint, contents, part pages), and the frame of each chapter."""

from __future__ import annotations

from collections.abc import Mapping

import lxml.html
from lxml import etree
from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.printed_identifiers import cited_address
from millesime.assembly.report import Chapter, Report
from millesime.render.fragments import set_labels, to_html, write_titles
from millesime.render.pdf.printable import heading_text, mend_links, part_addresses, place_formulas
from millesime.render.sanitise import MATHML
from millesime.render.templates import fill, open_theme

_RUNNING_MAX = 78  # characters of a running head
_CONTENTS_MAX = 150  # characters of an entry of the contents


def front_and_frames(report: Report) -> bytes:
    """Return the book's HTML as XML; a `div` with `data-chapter` stands where the blocks of a chapter go.

    Raises ReportError for a template that cannot be filled in.
    """
    book = lxml.html.document_fromstring(_filled(report, write_titles(report)))
    for formula in book.iter("math"):
        for element in formula.iter(etree.Element):
            element.tag = f"{{{MATHML}}}{element.tag}"  # an HTML parser leaves the namespace out
    for link in list(book.iter("a")):
        place_formulas(link, lambda formula: None)  # a link holds text alone
    part_addresses(book.find("body"))
    mend_links(book)
    return etree.tostring(book, encoding="utf-8")


def _filled(report: Report, titles: Mapping[str, etree._Element]) -> str:
    imprint, labels = report.imprint, set_labels(report)
    cited = cited_address(imprint)
    filled = fill(
        open_theme(report.theme, language=imprint.language),
        "pdf/report.html",
        {
            "imprint": imprint,
            "labels": labels,
            "date": long_date(imprint.date, imprint.language),
            "document_title": f"{imprint.title}. {imprint.subtitle}" if imprint.subtitle else imprint.title,
            "running_title": _shortened(imprint.title),
            "cover_room": _cover_room(imprint),
            "revision": imprint.revision[:12],
            "cited_authors": ", ".join(author.name for author in imprint.authors),
            "cited_address": cited,
            "identifier_link": cited if cited.startswith(("https://", "http://")) else "",
            "earlier": [_sibling_line(sibling, report) for sibling in imprint.earlier],
            "units": _units(report, titles),
        },
    )
    return filled.translate(_ENDS_OF_LINES)


# Unicode's line and paragraph separators, at which the engine would break a line that it does not know to be one.
_ENDS_OF_LINES = {0x2028: " ", 0x2029: " "}


def _cover_room(imprint) -> str:
    """Return how a cover holds what it says: "" at its usual size, "crowded" in smaller type, "overfull" on two pages.

    Lines are counted from characters: title and foot stand apart on the sheet, and would lie on top of each other.
    """

    def height(*, title: float, subtitle: float, year: float, author: float, above: float, letters: tuple) -> float:
        title_letters, subtitle_letters, author_letters = letters
        lines = [len(f"{author_.name}, {author_.role}") for author_ in imprint.authors]
        return (
            above
            + title * _lines(imprint.title, title_letters)
            + (5 + subtitle * _lines(imprint.subtitle, subtitle_letters) if imprint.subtitle else 0)
            + year
            + author * sum(-(-count // author_letters) for count in lines)
            + _COVER_SMALL
        )

    long = len(imprint.title) > 60
    usual = height(
        title=11.3 if long else 14.5, subtitle=8.2, year=32.2, author=5.2, above=75.4,
        letters=(26 if long else 19, 40, 72),
    )  # fmt: skip
    if usual <= _COVER_SHEET:
        return ""
    smaller = height(title=8.9, subtitle=6.4, year=18.1, author=4.3, above=51.4, letters=(34, 52, 80))
    return "crowded" if smaller <= _COVER_SHEET else "crowded overfull"


def _lines(text: str, letters: int) -> int:
    """Return about how many lines a text takes, each of some letters; long words leave room at their end."""
    return -(-len(text) // letters) + (1 if len(text) > 3 * letters else 0)


_COVER_SHEET = 232.0  # mm: the height of `.cover-sheet`
_COVER_SMALL = 27.0  # mm: the date, the revision and the licence, and the room between title and foot


def _sibling_line(sibling, report: Report) -> str:
    date = long_date(sibling.date, report.imprint.language)
    return f"{report.labels['edition_of']} {date}" + (f", {sibling.subtitle}" if sibling.subtitle else "")


def _units(report: Report, titles: Mapping[str, etree._Element]) -> list[dict]:
    """What follows the contents: chapters, and parts that hold chapters, as the template prints them."""
    units: list[dict] = []
    previous_role = ""
    for chapter in report.chapters:
        entry = _chapter_entry(chapter, titles)
        if chapter.part is None:
            entry["recto"] = entry["apart"] = chapter.role != previous_role
            units.append(entry)
        else:
            part = report.parts[chapter.part]
            if not (units and units[-1]["anchor"] == part.anchor):
                units.append(
                    {
                        "kind": "part",
                        "anchor": part.anchor,
                        "label": part.label,
                        "number": part.number,
                        "title": _markup(titles[part.anchor]),
                        "chapters": [],
                        "bookmark": f"{part.label} — {heading_text(titles[part.anchor])}",
                    }
                )
            units[-1]["chapters"].append({**entry, "in_part": True})
        previous_role = chapter.role
    return units


def _chapter_entry(chapter: Chapter, titles: Mapping[str, etree._Element]) -> dict:
    words = heading_text(titles[chapter.id])
    return {
        "kind": "chapter",
        "anchor": chapter.id,
        "role": chapter.role,
        "label": chapter.label,
        "number": chapter.number,
        "title": _markup(titles[chapter.id]),
        "running": _shortened(words),
        "recto": False,
        "apart": False,
        "in_part": False,
        "bookmark": f"{chapter.number}\u2002{words}" if chapter.number else words,
        "sections": [
            {"anchor": section.anchor, "number": section.number, "title": _contents_title(titles[section.anchor])}
            for section in chapter.sections
            if section.level == 2 and section.anchor
        ],
    }


def _contents_title(title: etree._Element) -> Markup | str:
    """A heading as the contents list it: whole paragraphs set as headings are cut."""
    words = heading_text(title)
    return _markup(title) if len(words) <= _CONTENTS_MAX else _shortened(words, _CONTENTS_MAX)


def _markup(title: etree._Element) -> Markup:
    return Markup(to_html(title))


def _shortened(text: str, length: int = _RUNNING_MAX) -> str:
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(" ,;:\u00a0\u202f") + "…"
