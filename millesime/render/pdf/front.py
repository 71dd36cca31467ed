"""What stands around the chapters of a book: cover, imprint, contents, openers, and a frame for each chapter."""

from __future__ import annotations

from collections.abc import Mapping

import lxml.html
from lxml import etree
from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.identifiers import cited_address
from millesime.assembly.report import Chapter, Report
from millesime.render.fragments import set_labels, to_html, write_titles
from millesime.render.printable import heading_text, mend_links
from millesime.render.sanitise import MATHML
from millesime.render.theme import fill, open_theme

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
    mend_links(book)
    return etree.tostring(book, encoding="utf-8")


def _filled(report: Report, titles: Mapping[str, etree._Element]) -> str:
    imprint, labels = report.imprint, set_labels(report)
    cited = cited_address(imprint)
    return fill(
        open_theme(report.theme, language=imprint.language),
        "pdf/report.html",
        {
            "imprint": imprint,
            "labels": labels,
            "date": long_date(imprint.date, imprint.language),
            "document_title": f"{imprint.title}. {imprint.subtitle}" if imprint.subtitle else imprint.title,
            "running_title": _shortened(imprint.title),
            "revision": imprint.revision[:12],
            "cited_authors": ", ".join(author.name for author in imprint.authors),
            "cited_address": cited,
            "identifier_link": cited if cited.startswith(("https://", "http://")) else "",
            "earlier": [_sibling_line(sibling, report) for sibling in imprint.earlier],
            "units": _units(report, titles),
        },
    )


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
