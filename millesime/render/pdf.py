"""A report as a tagged PDF (PDF/UA-1), laid out by WeasyPrint; the only importer of it.

One HTML document holds the book: `templates/pdf/report.html` gives cover,
imprint, contents and openers, `printable` the chapters, `templates/pdf/page.css`
the look. Nothing is fetched: the document sees the theme's fonts and the
report's pictures under addresses of its own, `millesime:…`.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import logging
import os
import re
import sys
import threading
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import lxml.html
from lxml import etree
from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.report import Chapter, Report
from millesime.assembly.theme import read_theme_file
from millesime.problems import EngineError
from millesime.render.artifact import Artifact, write_beside
from millesime.render.fonts import SANS, SERIF, print_font
from millesime.render.fragments import set_labels, to_html, write_fragments, write_titles
from millesime.render.images import media_type, published_image
from millesime.render.printable import heading_text, make_printable, mend_links
from millesime.render.theme import fill, open_theme

SYSTEM_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"

_SCHEME = "millesime:"
_RUNNING_MAX = 78  # characters of a running head
_CONTENTS_MAX = 150  # characters of an entry of the contents
_RECURSION_LIMIT = 20_000  # WeasyPrint calls itself some six times per nested element
_LAYOUT = threading.Lock()  # the recursion limit, the environment and the log belong to the whole process


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedReport:
    """A PDF, and what the engine could not do."""

    content: bytes
    pages: int
    notes: tuple[str, ...] = ()


def render_pdf(report: Report, path: Path, *, jobs: int = 1) -> Artifact:
    """Write the report to a file; the same report gives the same bytes.

    Raises EngineError when WeasyPrint or its libraries are missing.
    """
    printed = print_report(report, jobs=jobs)
    with write_beside(path) as beside:
        beside.write_bytes(printed.content)
    return Artifact(format="pdf", path=path, entry=path, notes=printed.notes)


def print_report(report: Report, *, jobs: int = 1) -> PrintedReport:
    """Return the report as PDF, with what the engine said about it."""
    engine = _engine()
    served: dict[str, tuple[bytes, str]] = {}
    book = build_book(report, serve=lambda content: _serve(content, served), jobs=jobs)
    style = read_theme_file("pdf/page.css", report.theme).decode("utf-8")
    with _LAYOUT, _captured_log() as notes, _pinned_clock(report.imprint.date), _deep_calls():
        fetcher = _fetcher(engine, served, notes)
        fonts = engine.text.fonts.FontConfiguration()
        sheet = engine.CSS(string=style, font_config=fonts, base_url=f"{_SCHEME}/", url_fetcher=fetcher)

        def lay_out(tree: etree._Element):
            document = engine.HTML(string="<title></title>", base_url=f"{_SCHEME}/", url_fetcher=fetcher)
            _put_tree(document.etree_element, tree)
            return document.render(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")

        _spell_out(book, _unprintable(book, lay_out, notes))
        pages = lay_out(book)
        identifier = hashlib.sha256(report.imprint.identifier.encode()).hexdigest()[:32].encode()
        content = pages.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    return PrintedReport(content=content, pages=len(pages.pages), notes=tuple(dict.fromkeys(notes)))


# ---- the book ---------------------------------------------------------------


def build_book(report: Report, *, serve: Callable[[bytes], str | None], jobs: int = 1) -> etree._Element:
    """Return the `html` element of the whole book.

    `serve` gives the address of a picture's bytes, or None for bytes that are
    no picture.
    """
    book = lxml.html.document_fromstring(_front_and_frames(report, write_titles(report, jobs=jobs)))
    mend_links(book)
    labels = set_labels(report)
    fragments = write_fragments(report, jobs=jobs)
    addresses: dict[str, str | None] = {}

    def address(key: str) -> str | None:
        if key not in addresses:
            addresses[key] = serve(report.images[key]) if key in report.images else None
        return addresses[key]

    for frame in list(book.iter("div")):
        ident = frame.attrib.pop("data-chapter", None)
        if ident is None:
            continue
        root = fragments[ident]
        make_printable(root, labels=labels, image_address=address)
        frame.text = root.text
        frame.extend(list(root))
    return book


def _front_and_frames(report: Report, titles: Mapping[str, etree._Element]) -> str:
    imprint = report.imprint
    return fill(
        open_theme(report.theme, language=imprint.language),
        "pdf/report.html",
        {
            "imprint": imprint,
            "labels": set_labels(report),
            "date": long_date(imprint.date, imprint.language),
            "document_title": f"{imprint.title}. {imprint.subtitle}" if imprint.subtitle else imprint.title,
            "running_title": _shortened(imprint.title),
            "revision": imprint.revision[:12],
            "cited_authors": ", ".join(author.name for author in imprint.authors),
            "identifier_link": imprint.identifier if imprint.identifier.startswith(("https://", "http://")) else "",
            "siblings": [_sibling_line(sibling, report) for sibling in imprint.siblings],
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


# ---- what the document may see ----------------------------------------------


def _serve(content: bytes, served: dict[str, tuple[bytes, str]]) -> str | None:
    """Put a picture at an address made of its bytes, so that nothing depends on where files lay."""
    kind = media_type(content)
    if kind is None:
        return None
    address = f"{_SCHEME}image/{hashlib.sha256(content).hexdigest()[:32]}"
    if address not in served:
        served[address] = (published_image(content), kind)
    return address


def _fetcher(engine, served: Mapping[str, tuple[bytes, str]], notes: list[str]):
    class Fetcher(engine.urls.URLFetcher):
        """Serves fonts and pictures, and refuses everything else."""

        def fetch(self, url, headers=None):
            if url in served:
                content, media_type = served[url]
                return engine.urls.URLFetcherResponse(url, content, {"Content-Type": media_type})
            if url.startswith(f"{_SCHEME}font/"):
                return engine.urls.URLFetcherResponse(url, _font(url.rpartition("/")[2]), {"Content-Type": "font/ttf"})
            if url.startswith(_INLINE_PICTURES):
                return super().fetch(url, headers)
            notes.append(f"not fetched: {url[:200]}")
            raise ValueError("nothing outside the report is read")

    return Fetcher(allowed_protocols=("data",))


_INLINE_PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,")


def _font(name: str) -> bytes:
    family, weight, style = name.split("-")
    return print_font({"serif": SERIF, "sans": SANS}[family], int(weight), style)


def _put_tree(root: ElementTree.Element, book: etree._Element) -> None:
    """Make `root`, WeasyPrint's parsed document, the book.

    The tree is handed over as it is: an HTML parser would close a paragraph
    before the list in one of its notes.
    """
    new = ElementTree.fromstring(etree.tostring(book, encoding="utf-8"))
    root.clear()
    root.tag, root.text = new.tag, new.text
    root.attrib.update(new.attrib)
    root.extend(list(new))


# ---- characters without a letterform -----------------------------------------


def _unprintable(book: etree._Element, lay_out, notes: list[str]) -> frozenset[str]:
    """Return the characters that no font on this machine has, by printing all rare ones once on a page of their own."""
    rare = sorted({letter for text in book.itertext() for letter in text if ord(letter) > 0x24F and _is_drawn(letter)})
    if not rare:
        return frozenset()
    proof = lxml.html.document_fromstring("<html lang='en'><title>-</title><body><p></p></body></html>")
    proof.find(".//p").text = " ".join(rare)
    before = len(notes)
    lay_out(proof).write_pdf()
    said = notes[before:]
    del notes[before:]
    missing = frozenset(chr(int(code, 16)) for note in said if ".notdef" in note for code in _CODE.findall(note))
    if missing:
        notes.append(f"no font for {' '.join(sorted(missing))}; install fonts-noto-core, fonts-noto-cjk or the like")
    return missing


def _is_drawn(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf", "Zs", "Zl", "Zp") and not 0xFE00 <= ord(letter) <= 0xFE0F


_CODE = re.compile(r"U\+([0-9A-Fa-f]{4,6})")


def _spell_out(book: etree._Element, missing: frozenset[str]) -> None:
    """Write characters that cannot be printed as their code: a box would hide which one it was, and fails PDF/UA."""
    if not missing:
        return
    codes = {ord(letter): f"[U+{ord(letter):04X}]" for letter in missing}
    for element in book.iter():
        if not isinstance(element.tag, str):
            continue
        element.text = element.text and element.text.translate(codes)
        element.tail = element.tail and element.tail.translate(codes)
        if element.get("data-running"):
            element.set("data-running", element.get("data-running").translate(codes))


# ---- the engine and its surroundings ----------------------------------------


def _engine():
    """Return the weasyprint package."""
    try:
        import weasyprint
        import weasyprint.text.fonts
        import weasyprint.urls
    except ImportError as error:
        raise EngineError(f"WeasyPrint: not found ({error}); install it with `pip install weasyprint`") from error
    except OSError as error:
        first = str(error).splitlines()[0]
        raise EngineError(
            f"WeasyPrint: a system library is missing ({first}); "
            f"on Debian or Ubuntu run `sudo apt-get install {SYSTEM_PACKAGES}`"
        ) from error
    return weasyprint


class _Notes(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        self._notes.append(record.getMessage())


@contextlib.contextmanager
def _captured_log() -> Iterator[list[str]]:
    """Collect what the engine logs, and keep it off the terminal."""
    notes: list[str] = []
    loggers = [logging.getLogger(name) for name in ("weasyprint", "fontTools")]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [_Notes(notes)], False
        logger.setLevel(logging.WARNING)
    try:
        yield notes
    finally:
        for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)


@contextlib.contextmanager
def _pinned_clock(date: datetime.date) -> Iterator[None]:
    """Tell fontTools the edition's date instead of today's; it asks the environment only."""
    name = "SOURCE_DATE_EPOCH"
    before = os.environ.get(name)
    os.environ[name] = str(date_epoch(date))
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def date_epoch(date: datetime.date) -> int:
    """Return noon of a date in seconds since 1970, UTC; never before 1980, where zip files begin."""
    noon = datetime.datetime.combine(date, datetime.time(12), tzinfo=datetime.UTC)
    return max(int(noon.timestamp()), 315_576_000)


@contextlib.contextmanager
def _deep_calls() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
