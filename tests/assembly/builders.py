"""Tiny constructors: chapters from Markdown, reports from chapters."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.report import Imprint, Report
from millesime.assembly.sources import ChapterSource
from millesime.assembly.theme import load_labels
from millesime.markup.ast import words
from millesime.markup.pandoc import Source, read_documents, read_references

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def imprint(language: str = "fr", **settings) -> Imprint:
    settings = {"title": "La ville partagée", "date": datetime.date(2019, 7, 3), "identifier": "urn:x", **settings}
    return Imprint(name="2019", language=language, **settings)


def chapter(text: str, path: str = "chapters/10-essai.md", **settings) -> ChapterSource:
    (document,) = read_documents([Source(path=path, content=text.encode())])
    if isinstance(settings.get("title"), str):
        settings["title"] = tuple(words(settings["title"]))
    return ChapterSource(path=path, document=document, **{"role": "body", **settings})


def materials(
    *chapters: ChapterSource,
    language: str = "fr",
    bibliography: str = "",
    images: Sequence[str] = (),
    parts: Sequence[str] = (),
    read_image: Callable[[str], bytes | None] | None = None,
) -> Materials:
    references = read_references([Source(path="references.bib", content=bibliography.encode())]) if bibliography else []
    return Materials(
        imprint=imprint(language),
        sources=chapters,
        parts=tuple(parts),
        references=tuple(references),
        read_image=read_image or (lambda key: PNG if key in images else None),
        labels=load_labels(language),
        theme={},
    )


def report(*chapters: ChapterSource, **settings) -> Report:
    """Return the report of chapters; the settings are those of `materials`."""
    return assemble(materials(*chapters, **settings))
