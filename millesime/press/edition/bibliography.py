"""The bibliography of an edition, and its citations as they are printed."""

from __future__ import annotations

from typing import Any

from millesime.assembly.citations import printed_citations
from millesime.assembly.sources import ROLES, split_title
from millesime.assembly.theme import has_theme_file, read_theme_file
from millesime.markup.ast import Inline
from millesime.markup.pandoc import Source, check_style, read_references
from millesime.press.edition.manuscript import Manuscript
from millesime.problems import MarkupError


def edition_references(manuscript: Manuscript, *, language: str = "", jobs: int = 1) -> list[dict[str, Any]]:
    """Return the works of an edition's bibliography, their kinds named in its language or in `language`.

    Raises ReportError for a file that is missing or unreadable.
    """
    contents = manuscript.snapshot.read_many(manuscript.edition.bibliography, where=manuscript.edition.content_paths)
    sources = [Source(path=path, content=content) for path, content in contents.items()]
    language = language or manuscript.edition.language
    return read_references(sources, language=language, jobs=jobs, limits=manuscript.limits)


def citation_style(manuscript: Manuscript) -> bytes | None:
    """Return the manifest's CSL style, else the theme's for the language, else None for pandoc's own."""
    edition = manuscript.edition
    if edition.csl:
        style = manuscript.snapshot.read(edition.csl, where=edition.content_paths[edition.csl])
        check_style(style, where=edition.csl)
        return style
    for language in (edition.language, edition.language.split("-")[0]):
        name = f"csl/{language}.csl"
        if has_theme_file(name, manuscript.theme):
            return read_theme_file(name, manuscript.theme)
    return None


def quoted_citations(manuscript: Manuscript, *, beside: Manuscript, jobs: int = 1) -> dict[str, list[Inline]]:
    """Return an edition's citations as it prints them, for a redline that quotes it; see `assembly/citations.py`.

    The works are the edition's own, the style and the language those of the
    edition that stands `beside` it: what differs is what was cited. Where
    files are missing or cannot be read, as in a revision that had none,
    citations stay as they were written.
    """
    snapshots = (manuscript.snapshot, beside.snapshot)
    needed = (manuscript.edition.bibliography, (beside.edition.csl,) if beside.edition.csl else ())
    if not needed[0] or not all(
        snapshot.has(path) for snapshot, paths in zip(snapshots, needed, strict=True) for path in paths
    ):
        return {}
    try:
        references = edition_references(manuscript, language=beside.edition.language, jobs=jobs)
    except MarkupError:
        return {}
    sources = sorted(manuscript.chapters, key=lambda source: ROLES.index(source.role))
    return printed_citations(
        [split_title(source)[1] for source in sources],
        references=references, style=citation_style(beside), language=beside.edition.language,
        limits=beside.limits,
    )  # fmt: skip
