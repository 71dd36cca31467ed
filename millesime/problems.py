"""What can go wrong, said to the person who can mend it.

A *problem* is found by a check and leaves the build running; an *error* ends
it. Both say where, what was seen and what to do, and neither shows a
traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing an editor can fix."""

    code: str  # stable, listed in docs/problems.md: "R002"
    where: str  # file, and the place in it: "chapters/04-hearings.md#evidence"
    text: str  # what was seen
    hint: str = ""  # what to do
    severity: str = "warning"  # "note"; "warning"; or "error": `check` then fails

    def __str__(self) -> str:
        return f"{self.where}: {self.code} {self.text}" + (f"; {self.hint}" if self.hint else "")

    def as_json(self) -> dict[str, str]:
        return asdict(self)


OF_ENGINES = frozenset({"W001", "W002"})  # codes of what only a build can see: `check` lays nothing out


class ReportError(Exception):
    """Ends the run with a message for the user: *where: what; what to do*."""

    exit_status = 1


class ManifestError(ReportError):
    """A manifest in `editions/` is wrong."""

    exit_status = 3


class RevisionError(ReportError):
    """A revision, or a file at a revision, cannot be had from git."""

    exit_status = 4


class MarkupError(ReportError):
    """A chapter, bibliography or image cannot be read."""

    exit_status = 5


class EngineError(ReportError):
    """pandoc, WeasyPrint or a system library is missing, too old, or failed."""

    exit_status = 6


class OutputError(ReportError):
    """An artifact cannot be written where it should go."""

    exit_status = 7


class SealError(ReportError):
    """What was sealed, signed or given a checksum is not what is there."""

    exit_status = 8


def did_you_mean(seen: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the nearest known spelling, or "".

    Of many names the nearest few are chosen by a count of the letters that
    must change, by which they are at least as alike as difflib says: difflib takes 17 µs
    for each name, and a text may have thousands of both.
    """
    if len(seen) > _LONGEST_NAME:
        return ""
    names = list(known)
    if len(names) > _FEW:
        from rapidfuzz import process
        from rapidfuzz.distance import Indel

        near = process.extract(seen, names, scorer=Indel.normalized_similarity, score_cutoff=_ALIKE, limit=_FEW)
        names = [name for name, _, _ in near]
    nearest = difflib.get_close_matches(seen, names, n=1, cutoff=_ALIKE)
    return f"did you mean {nearest[0]!r}?" if nearest else ""


_ALIKE = 0.6  # of 1: names less alike are not thought of
_FEW = 30
_LONGEST_NAME = 200  # characters
