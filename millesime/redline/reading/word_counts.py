"""Count the words and blocks that a redline inserts, deletes and moves, by chapter and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz.distance import LCSseq

from millesime.redline.exact_document import blocks_ast
from millesime.redline.marks import CLOSED, mark_of
from millesime.redline.model import DELETION, INSERTION, KEPT, MOVED_FROM, MOVED_TO, BlockChange, ChapterChange, Redline
from millesime.redline.reading.readers_view import for_readers, twin_of
from millesime.redline.text.words import count_words, text_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of one chapter, or of the whole redline.

    A word is what stands between white space; code counts. What moved counts
    in `words_moved` once, as it reads now, and in neither of the other two;
    words changed inside what moved count as inserted and deleted.
    """

    words_old: int = 0
    words_new: int = 0
    words_inserted: int = 0
    words_deleted: int = 0
    words_moved: int = 0
    words_moved_away: int = 0  # as they read before; what moved inside a chapter is in both
    blocks: Mapping[str, int] = field(default_factory=dict)  # by kind of BlockChange; kinds without any are left out

    @property
    def similarity(self) -> float:
        """Return the share of words of both editions that stayed or moved, 0 to 1."""
        both = self.words_old + self.words_new
        changed = self.words_inserted + self.words_deleted
        return 1.0 if not both else max(0.0, 1 - changed / both)

    @property
    def words_changed(self) -> int:
        return self.words_inserted + self.words_deleted + self.words_moved

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            words_old=self.words_old + other.words_old,
            words_new=self.words_new + other.words_new,
            words_inserted=self.words_inserted + other.words_inserted,
            words_deleted=self.words_deleted + other.words_deleted,
            words_moved=self.words_moved + other.words_moved,
            words_moved_away=self.words_moved_away + other.words_moved_away,
            blocks=dict(Counter(self.blocks) + Counter(other.blocks)),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "words_old": self.words_old,
            "words_new": self.words_new,
            "words_inserted": self.words_inserted,
            "words_deleted": self.words_deleted,
            "words_moved": self.words_moved,
            "words_moved_away": self.words_moved_away,
            "similarity": round(self.similarity, 4),
            "blocks": dict(sorted(self.blocks.items())),
        }


def count_chapter(chapter: ChapterChange) -> Figures:
    """Return the figures of one chapter."""
    return count_changes(chapter.blocks)


def count_changes(changes: Iterable[BlockChange]) -> Figures:
    """Return the figures of some blocks."""
    words = [0] * 6
    blocks: Counter[str] = Counter()
    for change in changes:
        blocks[change.kind] += 1
        for place, number in enumerate(_words_of(change)):
            words[place] += number
    old, new, inserted, deleted, moved, moved_away = words
    return Figures(
        words_old=old,
        words_new=new,
        words_inserted=inserted,
        words_deleted=deleted,
        words_moved=moved,
        words_moved_away=moved_away,
        blocks=dict(blocks),
    )


def _words_of(change: BlockChange) -> tuple[int, int, int, int, int, int]:
    """Return the words of one block in the order of `Figures`; they are counted once for all that ask."""
    if change.counted is None:
        marked: Counter[str] = Counter()
        if change.kind != KEPT:
            _count_marks(for_readers(blocks_ast([change]), details=False), marked)
        old = count_words(change.old) if change.old is not None and change.kind != MOVED_TO else 0
        if change.kind == KEPT:
            new = old
        else:
            new = count_words(change.new) if change.new is not None and change.kind != MOVED_FROM else 0
        found = (old, new, marked[INSERTION], marked[DELETION], marked[MOVED_TO], marked[MOVED_FROM])
        object.__setattr__(change, "counted", found)
    return change.counted


def count_redline(redline: Redline) -> Figures:
    """Return the figures of the whole redline."""
    return total_figures([count_chapter(chapter) for chapter in redline.chapters])


def total_figures(figures: Sequence[Figures]) -> Figures:
    total = Figures()
    for chapter in figures:
        total = total + chapter
    return total


def _count_marks(value: Any, marked: Counter[str]) -> None:
    """Add the words of each outermost mark; words changed inside a move are not counted as moved."""
    if isinstance(value, list):
        place = 0
        while place < len(value):
            item = value[place]
            if isinstance(item, dict) and item.get("t") in CLOSED:
                pass
            elif twin_of(value, place):  # what both versions share did not change
                _count_twin(item, value[place + 1], marked)
                place += 1
            elif isinstance(item, (list, dict)):
                _count_mark(item, marked)
            place += 1
    elif isinstance(value, dict):
        for item in value.values():
            if isinstance(item, (list, dict)):
                _count_mark(item, marked)


def _count_twin(old: Any, new: Any, marked: Counter[str]) -> None:
    gone, come = text_words(old["c"][1]), text_words(new["c"][1])
    kept = LCSseq.similarity(gone, come)
    marked.update({DELETION: len(gone) - kept, INSERTION: len(come) - kept})


def _count_mark(item: Any, marked: Counter[str]) -> None:
    mark = mark_of(item)
    if mark in (INSERTION, DELETION):
        marked[mark] += count_words(item)
    elif mark == MOVED_TO:
        inside: Counter[str] = Counter()
        _count_marks(item, inside)
        marked[MOVED_TO] += count_words(item) - inside[INSERTION] - inside[DELETION]
        marked.update({INSERTION: inside[INSERTION], DELETION: inside[DELETION]})
    elif mark == MOVED_FROM:
        marked[MOVED_FROM] += count_words(item)
    else:
        _count_marks(item, marked)
