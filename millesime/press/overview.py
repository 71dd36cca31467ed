"""One line about each edition, as `list` prints it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from millesime.press.edition.manuscript import chapter_texts
from millesime.press.edition.workspace import Workspace
from millesime.problems import ReportError
from millesime.redline.reading.word_counts import count_redline
from millesime.redline.text.words import count_words
from millesime.series.values import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionOverview:
    """One edition; the changes are since the edition before it by date, None for the first."""

    name: str
    date: str  # ISO
    revision: str  # as the manifest names it; "" in preparation
    commit: str = ""
    sealed: bool
    artifacts_sealed: int = 0  # how many; 0 of a seal of content alone
    built: tuple[str, ...]  # formats found in dist
    chapters: int = 0
    words: int = 0
    words_inserted: int | None = None
    words_deleted: int | None = None
    words_moved: int | None = None
    error: str = ""  # why the edition cannot be read

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def overview(workspace: Workspace, out: Path) -> list[EditionOverview]:
    """Return every edition by date; one that cannot be read says why and does not hide the others."""
    rows = []
    previous = None
    for edition in workspace.series.editions:
        known: dict[str, Any] = {
            "name": edition.name, "date": edition.date.isoformat(), "revision": edition.revision,
            "sealed": edition.seal is not None, "built": _built(out / edition.name),
            "artifacts_sealed": len(edition.seal.artifacts) if edition.seal else 0,
        }  # fmt: skip
        try:
            manuscript = workspace.manuscript(edition.name)
            chapters = chapter_texts(manuscript)
            known["commit"] = manuscript.snapshot.commit.id if manuscript.snapshot.commit else ""
            known["chapters"] = len(chapters)
            known["words"] = sum(count_words(chapter.blocks) for chapter in chapters)
            if previous is not None:
                figures = count_redline(workspace.redline(previous, manuscript))
                known["words_inserted"] = figures.words_inserted
                known["words_deleted"] = figures.words_deleted
                known["words_moved"] = figures.words_moved
            previous = manuscript
        except ReportError as error:
            known["error"] = str(error)
        rows.append(EditionOverview(**known))
    return rows


def _built(folder: Path) -> tuple[str, ...]:
    found = {path.suffix.lstrip(".") for path in folder.glob("*.*")} if folder.is_dir() else set()
    if (folder / "html" / "index.html").is_file():
        found.add("html")
    return tuple(kind for kind in FORMATS if kind in found)
