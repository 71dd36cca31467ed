"""The commits behind changed passages, written for readers: date, subject, register entries.

Messages are untrusted: they are printed as plain words.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from millesime.assembly.dates import long_date
from millesime.assembly.sources import slug
from millesime.markup.ast import SPACE, Block, Inline, bullet_list, div, link, para, plain, string, words
from millesime.redline.annex.wording import fill, opening
from millesime.redline.model import MOVED_FROM, MOVED_TO, BlockChange, ChapterChange

UNCOMMITTED = ""  # stands for text that is not committed yet
_SHOWN = 4  # commits under one passage
_SUBJECT = 140  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One commit, as readers are told of it."""

    id: str
    date: datetime.date | None  # the author's; None for what is not committed
    subject: str = ""
    trailers: tuple[tuple[str, str], ...] = ()  # ("Contribution", "C-2018-042"): those that name an entry of a register


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What history knows of the changes between two editions.

    `new` and `old` hold, by path, the ids of the commits behind each block:
    those that wrote it as it reads now, those that took it out. A block that
    could not be found in its source is None there.
    """

    reasons: Mapping[str, Reason] = field(default_factory=dict)  # by id of the commit, oldest first
    new: Mapping[str, Sequence[frozenset[str] | None]] = field(default_factory=dict)
    old: Mapping[str, Sequence[frozenset[str] | None]] = field(default_factory=dict)
    chapters: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by path: all that touched the file
    registers: Mapping[str, str] = field(default_factory=dict)  # "C-2018-042" → who or what that is

    def behind(self, chapter: ChapterChange, changes: Iterable[BlockChange]) -> list[Reason]:
        """Return the commits behind some changes of a chapter, oldest first."""
        found: set[str] = set()
        for change in changes:
            found |= self._behind_new(chapter, change) | self._behind_old(chapter, change)
        return [reason for ident, reason in self.reasons.items() if ident in found]

    def rest(self, chapter: ChapterChange) -> list[Reason]:
        """Return the commits that touched a chapter's file and that no passage of it names, oldest first."""
        places = [place for place in (chapter.old, chapter.new) if place]
        touched = {ident for place in places for ident in self.chapters.get(place.path, ())}
        named = {reason.id for reason in self.behind(chapter, (change for change in chapter.blocks if change.told))}
        return [reason for ident, reason in self.reasons.items() if ident in touched - named]

    def _behind_new(self, chapter: ChapterChange, change: BlockChange) -> frozenset[str]:
        if chapter.new is None or change.new_index is None or change.kind == MOVED_FROM or not change.told:
            return frozenset()
        return _at(self.new.get(chapter.new.path, ()), change.new_index)

    def _behind_old(self, chapter: ChapterChange, change: BlockChange) -> frozenset[str]:
        if chapter.old is None or change.old_index is None or change.kind == MOVED_TO or not change.told:
            return frozenset()
        return _at(self.old.get(chapter.old.path, ()), change.old_index)


def tell_reasons(
    reasons: Sequence[Reason], provenance: Provenance, *, labels: Mapping[str, str], language: str, heading: str = ""
) -> list[Block]:
    """Return the lines that stand in small under a passage; [] where nothing is known."""
    if not reasons:
        return []
    # One more is shown: to say that it is there takes as much room.
    shown = list(reasons if len(reasons) <= _SHOWN + 1 else reasons[-_SHOWN:])
    lines = [_told(reason, provenance, labels, language) for reason in shown]
    if len(reasons) > len(shown):
        lines.insert(0, words(fill(labels["annex_why_more"], count=str(len(reasons) - len(shown)))))
    intro = words(heading or labels["annex_why"])
    if len(lines) == 1:
        return [div([para(*intro, SPACE, *lines[0])], classes=["provenance"])]
    return [div([para(*intro), bullet_list([[plain(*line)] for line in lines])], classes=["provenance"])]


def _told(reason: Reason, provenance: Provenance, labels: Mapping[str, str], language: str) -> list[Inline]:
    if reason.date is None:
        return words(labels["annex_why_uncommitted"])
    out = words(long_date(reason.date, language))
    if reason.subject:
        out += [
            string(","),
            SPACE,
            *words(fill(labels["annex_why_subject"], subject=opening(reason.subject, _SUBJECT))),
        ]
    for key, value in reason.trailers:
        label = labels[f"annex_trailer_{key.lower()}"]
        who = provenance.registers.get(value, "")
        named = words(f"{label} {value}")
        out += [string(";"), SPACE, *([link(named, f"#{slug(value)}")] if who else named)]
        if who:
            out += [SPACE, *words(f"({opening(who, 80)})")]
    return [*out, string(".")]


def _at(held: Sequence[frozenset[str] | None], index: int) -> frozenset[str]:
    return (held[index] or frozenset()) if index < len(held) else frozenset()
