"""Turn the PDF engine's messages into problems with chapter, place and picture."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from millesime.assembly.report import Report
from millesime.problems import Problem
from millesime.render.images import GENERATED
from millesime.render.pdf.drawn.drawings import is_stand_in, rsvg_version
from millesime.render.pdf.engine.environment import SCHEME

_ADDRESS = re.compile(rf"'?({re.escape(SCHEME)}image/[0-9a-f]+)'?")


def missing_problems(book: etree._Element, missing: Iterable[str], report: Report) -> tuple[Problem, ...]:
    """Return where the characters stand that no font has: the first place of each in each chapter."""
    letters = set(missing)
    if not letters:
        return ()
    found: dict[tuple[str, str], str] = {}  # (chapter, letter) → anchor
    chapter, anchor = "", ""
    paths = {one.id: one.path or one.id for one in report.chapters}
    for event, element in etree.iterwalk(book, events=("start", "end")):
        if event == "start":
            ident = element.get("id")
            if ident:
                chapter, anchor = report.anchors.get(ident, chapter), ident
            words = element.text
        else:
            words = element.tail
        for letter in letters.intersection(words or ""):
            if chapter in paths:
                found.setdefault((chapter, letter), anchor)
    return tuple(
        Problem(
            "W002",
            f"{paths[chapter]}#{anchor}",
            f"no font of this machine has U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()
            + ": its code is printed",
            "install fonts-noto-core, fonts-noto-cjk or the like",
        )
        for (chapter, letter), anchor in found.items()
    )


def drawing_problems(
    served: Mapping[str, tuple[bytes, str]], pictures: Mapping[str, str], report: Report
) -> tuple[Problem, ...]:
    """Return which drawings of authors librsvg did not draw, so that the engine does."""
    left = [
        key
        for address, key in pictures.items()
        if served[address][1] == "image/svg+xml"
        and not is_stand_in(served[address][0])
        and not key.startswith(GENERATED)
    ]
    hint = "look at it in the PDF" if rsvg_version() else "install librsvg2-bin, and look at it in the PDF"
    return tuple(
        Problem(
            "W001",
            chapter.path or chapter.id,
            f"librsvg did not draw {key!r}: the PDF engine does, which knows less of SVG",
            hint,
        )
        for key in left
        for chapter in report.chapters
        if key in chapter.images
    )


def note_problems(
    notes: Iterable[tuple[str, Iterable[str]]], report: Report, pictures: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Return what the engine said as problems.

    `notes` are what was said of a part of the book, with the anchors in it;
    `pictures` the keys of pictures by the addresses that the engine knows.
    """
    return tuple(
        dict.fromkeys(problem for said, anchors in notes for problem in _located(said, anchors, report, pictures))
    )


def _located(said: str, anchors: Iterable[str], report: Report, pictures: Mapping[str, str]) -> Iterator[Problem]:
    addressed = _ADDRESS.search(said)
    key = pictures.get(addressed[1], "") if addressed else ""
    chapters = {chapter.id: chapter for chapter in report.chapters}
    if key:
        places = [chapter.path or chapter.id for chapter in report.chapters if key in chapter.images]
        said = said.replace(addressed[0], repr(key))
    else:
        ids = [report.anchors.get(anchor, "") for anchor in anchors]
        found = next((chapters[ident] for ident in ids if ident in chapters), None)
        places = [found.path or found.id] if found else []
    for place in places or [f"editions/{report.imprint.name}.yaml"]:
        yield Problem(
            "W001",
            place,
            f"the PDF engine says: {said}",
            "look at it in the PDF, and write or save otherwise what is not as it should be",
        )
