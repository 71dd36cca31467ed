"""An edition as its annexes name it: chapters, numbers, address."""

from __future__ import annotations

from millesime.press.edition.manuscript import Manuscript
from millesime.redline.annex.side import Side
from millesime.series.series import ChapterAnnex


def side(manuscript: Manuscript) -> Side:
    """Return an edition as the redline annex names it."""
    edition = manuscript.edition
    listed = {source.path for source in manuscript.chapters}
    return Side(
        name=edition.name, date=edition.date, chapters=manuscript.chapters,
        address=f"{edition.base_url}/{edition.name}" if edition.base_url else "",
        numbered=edition.numbering.enabled, depth=edition.numbering.depth,
        annexes=tuple(
            annex.chapter if isinstance(annex, ChapterAnnex) and annex.chapter in listed else ""
            for annex in edition.annexes
        ),
    )  # fmt: skip
