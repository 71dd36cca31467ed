"""What a check says of one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An artifact to check: a file, or the folder of an HTML edition."""

    kind: str  # "pdf", "epub", "html", "docx"
    path: Path
    name: str  # how it is called in reports: "demonstration/2019.pdf"
    language: str = "fr"  # whose typography it must follow
    pair: tuple[Path, Path] | None = None  # of a redline: the two editions' own files of that kind
    pages: int | None = None  # so many pages of an HTML edition are opened in the browser; None: all
    is_quick: bool = False  # leave out the slow checks, whose verdicts quicker checks of the same rules give as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found in one target."""

    check: str
    kind: str
    target: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    counted: str = ""  # what was looked at, in words: "35 pages in 4 views"
    seconds: float = 0.0  # a share, where one program looked at several files at once

    @property
    def passed(self) -> bool:
        return not self.errors

    def line(self) -> str:
        word = "PASS" if self.passed else "FAIL"
        said = f", {len(self.errors)} errors" if self.errors else ""
        said += f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"{word} {self.check:<18} {self.target}: {self.counted}{said} ({self.seconds:.1f} s)"


def write_verdicts(verdicts: Sequence[Verdict], folder: Path) -> None:
    """Write a file for each check, with what it found in every target."""
    folder.mkdir(parents=True, exist_ok=True)
    for check in dict.fromkeys(verdict.check for verdict in verdicts):
        found = [asdict(verdict) for verdict in verdicts if verdict.check == check]
        path = folder / f"{check}.json"
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
