"""The text that empty references (`[](#id)`) print in an edition, for redlines that quote its passages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from millesime.assembly.assemble import list_targets
from millesime.assembly.references import Directory, has_bare_reference, name_reference, quote_references
from millesime.assembly.sources import ChapterSource
from millesime.markup.ast import Document, Inline, words
from millesime.press.edition.manuscript import Manuscript
from millesime.series.series import ChapterAnnex


class QuotedReferences:
    """Says what references print in their own editions; each is looked through once, if it must be."""

    def __init__(self) -> None:
        self._directories: dict[int, tuple[Manuscript, Directory]] = {}

    def quote(self, value: Any, editions: Mapping[str, Manuscript]) -> Any:
        """Return quoted blocks or inlines with the words of their references; see `quote_references`."""
        if not has_bare_reference(value):
            return value
        return quote_references(value, {name: self.namer(manuscript) for name, manuscript in editions.items()})

    def namer(self, manuscript: Manuscript) -> Callable[[str, str], list[Inline] | None]:
        """Return what gives the words of a reference, by the path of its source and its target."""

        @cache
        def name(path: str, target: str) -> list[Inline] | None:
            return name_reference(target, path=path, directory=self._directory(manuscript), labels=manuscript.labels)

        return name

    def _directory(self, manuscript: Manuscript) -> Directory:
        known = self._directories.get(id(manuscript))
        if known is None:
            edition = manuscript.edition
            known = self._directories[id(manuscript)] = (manuscript, list_targets(
                _all_sources(manuscript), labels=manuscript.labels, numbered=edition.numbering.enabled,
                depth=edition.numbering.depth,
            ))  # fmt: skip
        return known[1]


def _all_sources(manuscript: Manuscript) -> list[ChapterSource]:
    """Return a manuscript's chapters, with a blank page for each annex that is generated: annexes are counted."""
    own = {source.path: source for source in manuscript.chapters if source.role == "annex"}
    annexes = [
        own[annex.chapter]
        if isinstance(annex, ChapterAnnex) and annex.chapter in own
        else ChapterSource(
            path=f"annex-{number}", document=Document(blocks=[]), role="annex", id=f"annex-{number}",
            title=tuple(words("annex")), generated=True,
        )
        for number, annex in enumerate(manuscript.edition.annexes)
    ]  # fmt: skip
    return [*(source for source in manuscript.chapters if source.role != "annex"), *annexes]
