"""Load WeasyPrint, control what it may fetch, and set the environment (date, locale) it works in."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import locale
import logging
import os
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping

from lxml import etree

from millesime.problems import EngineError
from millesime.render.artifact import date_epoch
from millesime.render.fonts import SANS, SERIF, print_font
from millesime.render.text_engine import engine_versions

SCHEME = "millesime:"  # of the addresses of fonts and pictures
SYSTEM_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"

_PACKAGES = ("weasyprint", "pydyf", "tinycss2", "cssselect2", "pyphen", "fonttools", "pillow", "tinyhtml5")
_RECURSION_LIMIT = 20_000  # WeasyPrint calls itself some six times per nested element
_LAYOUT = threading.Lock()  # the recursion limit, the environment and the log belong to the whole process


def load_engine():
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


def versions() -> dict[str, str]:
    """Return the versions of what lays out pages, by name; raises EngineError when WeasyPrint is missing."""
    try:
        found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    except importlib.metadata.PackageNotFoundError as error:
        raise EngineError(f"{error.name}: not found; install it with `pip install {error.name}`") from error
    return {**found, **engine_versions()}


@contextlib.contextmanager
def surroundings(date: datetime.date) -> Iterator[list[str]]:
    """Hold what the engine needs of the process, and yield the list that takes what it says."""
    with _LAYOUT, _captured_log() as notes, pinned_clock(date), _plain_locale(), _deep_calls():
        yield notes


def fetcher(engine, served: Mapping[str, tuple[bytes, str]], notes: list[str]):
    """Return what serves fonts and pictures to the engine, and refuses everything else."""

    class Fetcher(engine.urls.URLFetcher):
        """Serves fonts and pictures, and refuses everything else."""

        def fetch(self, url, headers=None):
            if url in served:
                content, media_type = served[url]
                return engine.urls.URLFetcherResponse(url, content, {"Content-Type": media_type})
            if url.startswith(f"{SCHEME}font/"):
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


def put_tree(root: ElementTree.Element, book: etree._Element) -> None:
    """Make `root`, WeasyPrint's parsed document, the book.

    The tree is handed over as it is: an HTML parser would close a paragraph
    before the list in one of its notes.
    """
    new = ElementTree.fromstring(etree.tostring(book, encoding="utf-8"))
    root.clear()
    root.tag, root.text = new.tag, new.text
    root.attrib.update(new.attrib)
    root.extend(list(new))


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
def pinned_clock(date: datetime.date) -> Iterator[None]:
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


@contextlib.contextmanager
def _plain_locale() -> Iterator[None]:
    """Keep the user's language away from Pango, which shapes text without a language of its own as that one's.

    In Turkish, "fi" is no ligature. It asks the C library once, before the first text.
    """
    before = locale.setlocale(locale.LC_CTYPE)
    for name in ("C.UTF-8", "C"):  # the second has no letters but ASCII's, and is everywhere
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            break
    try:
        yield
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


@contextlib.contextmanager
def _deep_calls() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
