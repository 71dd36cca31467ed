"""Limits of time, memory, depth and size for one chapter or picture, so that hostile input cannot block a build.

A limit changes nothing that is printed: it only refuses. `editions/report.yaml`
may set its own, up to `MAXIMA`, because a cloned report is not trusted; who
runs the build has the last word, by MILLESIME_LIMITS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from millesime.problems import ReportError, did_you_mean

VARIABLE = "MILLESIME_LIMITS"
_MEBIBYTE = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one text, one part of a book, one picture may take."""

    reading: int = 120  # seconds of processor time in pandoc, for one chapter
    layout: int = 900  # seconds of processor time in a worker, for one part of a PDF or one other artifact
    work: int = 600  # seconds of processor time in the leading process, for one chapter, pair of chapters or page
    memory: int = 4096  # MiB: the most that pandoc's heap, a worker, git or one piece of work may hold
    pixels: int = 80  # million pixels of one picture, unpacked
    nesting: int = 50  # levels at which nodes of the text may stand in one another

    @property
    def memory_bytes(self) -> int:
        return self.memory * _MEBIBYTE

    @property
    def picture_pixels(self) -> int:
        return self.pixels * 1_000_000


DEFAULTS = Limits()
MINIMA = Limits(reading=1, layout=1, work=1, memory=256, pixels=1, nesting=5)
MAXIMA = Limits(reading=3600, layout=36_000, work=36_000, memory=65_536, pixels=2000, nesting=100)
UNITS = {
    "reading": "seconds",
    "layout": "seconds",
    "work": "seconds",
    "memory": "MiB",
    "pixels": "million pixels",
    "nesting": "levels",
}
NAMES = tuple(field.name for field in fields(Limits))


class LimitError(ReportError):
    """A chapter or picture takes more than it may."""

    exit_status = 5  # as for every text that cannot be read


def overruled(limits: Limits, environment: Mapping[str, str]) -> Limits:
    """Return limits as whoever runs the build wants them: MILLESIME_LIMITS="reading=60,memory=2048".

    Raises ReportError for what is no such list.
    """
    chosen: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in environment.get(VARIABLE, "").split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in NAMES:
            hint = did_you_mean(name, NAMES) or "there are " + ", ".join(NAMES)
            raise ReportError(f"{VARIABLE}: no limit {name!r}; {hint}")
        if not re.fullmatch(r"[1-9]\d{0,8}", value):
            raise ReportError(f"{VARIABLE}: {name}={value!r} is no number of {UNITS[name]}; write {name}=60")
        if name == "nesting" and int(value) > MAXIMA.nesting:
            raise ReportError(
                f"{VARIABLE}: nesting={value}: our own code goes {MAXIMA.nesting} deep; write nesting={MAXIMA.nesting}"
            )
        chosen[name] = int(value)
    return replace(limits, **chosen)


def raise_hint(name: str, limits: Limits) -> str:
    """Return what to do about a limit that was met: "raise `limits: {reading: 120}` in editions/report.yaml"."""
    return f"mend it, or raise `limits: {{{name}: {getattr(limits, name)}}}` in editions/report.yaml"
