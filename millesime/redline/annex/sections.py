"""What became of every chapter and section: which old one is which new one, and how much of it changed.

for rows in section_changes(redline, old=old, new=new):      # one list for each chapter of the redline
    for row in rows:                                          # the chapter first, then its sections
        row.old, row.new    # Place or None
        row.kinds           # ("kept",), ("renumbered", "edited"), …

Headings are paired as the redline paired their blocks; of those it left, two
are one section under a new heading if most of its text stayed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from millesime.redline.annex.side import Place, Side
from millesime.redline.annex.wording import shown_kinds
from millesime.redline.model import (
    DELETED,
    EDITED,
    INSERTED,
    JOINED,
    KEPT,
    MOVED_FROM,
    MOVED_TO,
    REPLACED,
    BlockChange,
    ChapterChange,
    Redline,
)
from millesime.redline.reading.word_counts import Figures, count_changes
from millesime.redline.text.words import count_words

_MOST = 0.5  # share of a section's words that makes it the same section under another heading
_Key = tuple[str, int]  # path of a chapter, index of a heading in it


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChange:
    """What became of one section, or chapter; the sections below it have rows of their own.

    `kinds`: ("kept",), or some of inserted, deleted, renumbered, retitled,
    moved, edited, merged, split and those of a ChapterChange. A deleted
    section that went on in another one ("merged"), and a new one that came
    out of another ("split"), name that one in `into`.
    """

    old: Place | None
    new: Place | None
    kinds: tuple[str, ...]
    figures: Figures = field(default_factory=Figures)
    into: Place | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing but its number may have changed."""
        return set(self.kinds) <= {KEPT, "renumbered"}


def section_changes(redline: Redline, *, old: Side, new: Side) -> list[list[SectionChange]]:
    """Return the rows of each chapter of the redline, in its order: the chapter itself, then its sections.

    Sections are those that bear a number on one side; in an edition without
    numbers, those of level 2. A section that moved to another chapter has a
    row in both.
    """
    threads = _Threads(redline, old, new)
    return [threads.rows(chapter) for chapter in redline.chapters]


class _Threads:
    """The pairs of old and new headings of a redline, and the blocks below each."""

    def __init__(self, redline: Redline, old: Side, new: Side) -> None:
        self.redline, self.old, self.new = redline, old, new
        self.old_of: dict[_Key, _Key] = {}  # new heading → old heading
        self.new_of: dict[_Key, _Key] = {}
        self.own: dict[_Key, list[tuple[ChapterChange, BlockChange]]] = {}  # by new heading: blocks that stand there
        self.gone: dict[_Key, list[tuple[ChapterChange, BlockChange]]] = {}  # by old heading: what left it, or the text
        self.stayed: dict[_Key, list[tuple[ChapterChange, BlockChange]]] = {}  # by old heading: what is in both
        for chapter in redline.chapters:
            for change in chapter.blocks:
                self._note(chapter, change)
        self._pair_by_text()

    # -- where blocks stand --

    def old_place(self, chapter: ChapterChange, change: BlockChange) -> Place | None:
        """Return the section that a block stood in, wherever it is now."""
        if change.old_index is None:
            return None
        path = chapter.old.path if chapter.old else ""
        if change.kind == MOVED_TO and change.move in self.redline.moves:
            path = self.redline.moves[change.move].old_path
        return self.old.place(path, change.old_index)

    def new_place(self, chapter: ChapterChange, change: BlockChange) -> Place | None:
        if change.kind in (DELETED, MOVED_FROM) or change.new_index is None or chapter.new is None:
            return None
        return self.new.place(chapter.new.path, change.new_index)

    def _note(self, chapter: ChapterChange, change: BlockChange) -> None:
        before, after = self.old_place(chapter, change), self.new_place(chapter, change)
        if after:
            self.own.setdefault(_key(after), []).append((chapter, change))
            if before:
                self.stayed.setdefault(_key(before), []).append((chapter, change))
                if after.index == change.new_index and before.index == change.old_index:
                    self._join(before, after)
        elif before:
            self.gone.setdefault(_key(before), []).append((chapter, change))

    def _join(self, before: Place, after: Place) -> None:
        if before.index >= 0 and _key(after) not in self.old_of and _key(before) not in self.new_of:
            self.old_of[_key(after)], self.new_of[_key(before)] = _key(before), _key(after)

    def _pair_by_text(self) -> None:
        """Pair headings that were rewritten by the text below them."""
        for places in self.new.places.values():
            for place in places[1:]:
                if _key(place) in self.old_of:
                    continue
                source = self.source(place)
                if source and source.level == place.level and _key(source) not in self.new_of:
                    went = self.destination(source)
                    if went and _key(went) == _key(place):
                        self._join(source, place)

    def source(self, place: Place) -> Place | None:
        """Return the old section that most words of a new one come from."""
        weights: Counter[_Key] = Counter()
        found: dict[_Key, Place] = {}
        total = 0
        for chapter, change in self.own.get(_key(place), []):
            if change.new_index == place.index:
                continue
            size = count_words(change.new)
            total += size
            before = self.old_place(chapter, change)
            if before and change.kind in (KEPT, EDITED, REPLACED, MOVED_TO):
                weights[_key(before)] += size
                found[_key(before)] = before
        return _most(weights, found, total)

    def destination(self, place: Place) -> Place | None:
        """Return the new section that most words of an old one are in."""
        weights: Counter[_Key] = Counter()
        found: dict[_Key, Place] = {}
        for chapter, change in self.stayed.get(_key(place), []):
            after = self.new_place(chapter, change)
            if after and change.old_index != place.index:
                weights[_key(after)] += count_words(change.old)
                found[_key(after)] = after
        lost = sum(count_words(change.old) for _, change in self.gone.get(_key(place), []) if change.kind == DELETED)
        return _most(weights, found, sum(weights.values()) + lost)

    # -- rows --

    def rows(self, chapter: ChapterChange) -> list[SectionChange]:
        before = self.old.place(chapter.old.path) if chapter.old else None
        after = self.new.place(chapter.new.path) if chapter.new else None
        kinds = shown_kinds(chapter)
        if before and after and before.number != after.number:
            kinds = ("renumbered", *(kind for kind in kinds if kind != KEPT))
        figures = count_told(chapter.blocks) if "edited" in kinds else Figures()
        out = [SectionChange(old=before, new=after, kinds=kinds, figures=figures)]
        for place in self._reading_order(chapter):
            row = self._new_row(place) if chapter.new and place in self._new_places(chapter) else self._old_row(place)
            if row and self._is_listed(row):
                out.append(row)
        return out

    def _new_places(self, chapter: ChapterChange) -> tuple[Place, ...]:
        return self.new.places.get(chapter.new.path, ()) if chapter.new else ()

    def _reading_order(self, chapter: ChapterChange) -> list[Place]:
        """The sections of a chapter as the redline reads: new ones, and old ones where they stood."""
        out: list[Place] = []
        for change in chapter.blocks:
            after = self.new_place(chapter, change)
            if after and after.index == change.new_index and after.index >= 0:
                out.append(after)
            elif not after and change.old_index is not None:
                before = self.old_place(chapter, change)
                if before and before.index == change.old_index:
                    out.append(before)
        return out

    def _new_row(self, place: Place) -> SectionChange:
        before_key = self.old_of.get(_key(place))
        if before_key is None:
            source = self.source(place)
            kinds = ("split",) if source else (INSERTED,)
            return SectionChange(old=None, new=place, kinds=kinds, into=source)
        before = self.old.place(*before_key)
        assert before is not None
        kinds = []
        if self._is_renumbered(before, place):
            kinds.append("renumbered")
        if before.text != place.text:
            kinds.append("retitled")
        if any(change.kind == MOVED_TO for _, change in self.own[_key(place)] if change.new_index == place.index):
            kinds = ["moved", *(kind for kind in kinds if kind != "renumbered")]
        if self._is_edited(before, place):
            kinds.append("edited")
        return SectionChange(old=before, new=place, kinds=tuple(kinds) or (KEPT,), figures=self._figures(before, place))

    def _is_renumbered(self, before: Place, after: Place) -> bool:
        """Whether a section has another number within its chapter; the chapter's own is told in the chapter's row."""
        chapters = (self.old.place(before.path), self.new.place(after.path))
        own = (place.number.removeprefix(head.number) for place, head in zip((before, after), chapters, strict=True))
        return len(set(own)) > 1

    def _old_row(self, place: Place) -> SectionChange | None:
        after_key = self.new_of.get(_key(place))
        if after_key is not None:
            if after_key[0] == place.path or self._is_same_chapter(place.path, after_key[0]):
                return None  # its row stands at the new place, near by
            return SectionChange(old=place, new=self.new.place(*after_key), kinds=("moved",))
        into = self.destination(place)
        kinds = ("merged",) if into else (DELETED,)
        return SectionChange(old=place, new=None, kinds=kinds, into=into)

    def _is_same_chapter(self, old_path: str, new_path: str) -> bool:
        pairs = ((c.old.path, c.new.path) for c in self.redline.chapters if c.old and c.new)
        return (old_path, new_path) in pairs

    def _is_listed(self, row: SectionChange) -> bool:
        if any(place and place.number for place in (row.old, row.new)):
            return True
        bare = not any(place.number for side in (self.old, self.new) for held in side.places.values() for place in held)
        return bare and any(place and place.level == 2 for place in (row.old, row.new))

    def _is_edited(self, before: Place, after: Place) -> bool:
        for chapter, change in self.own[_key(after)]:
            if change.new_index == after.index:
                continue
            if not change.told:
                continue
            if change.kind != MOVED_TO or change.edited:
                return True
            came = self.old_place(chapter, change)
            if came is None or _key(came) != _key(before):
                return True
        for _, change in self.gone.get(_key(before), []):
            if change.old_index == before.index:
                continue
            if change.kind in (DELETED, JOINED):
                return True
            if change.kind == MOVED_FROM and change.move in self.redline.moves:
                move = self.redline.moves[change.move]
                went = None if change.new_index is None else self.new.place(move.new_path, change.new_index)
                if went is None or _key(went) != _key(after):
                    return True
        return False

    def _figures(self, before: Place, after: Place) -> Figures:
        """The words that came and went below a heading; its own are told by its titles."""
        held = [(c, change) for c, change in self.own.get(_key(after), []) if change.new_index != after.index]
        held += [(c, change) for c, change in self.gone.get(_key(before), []) if change.old_index != before.index]
        return count_told(change for _, change in held)


def count_told(changes: Iterable[BlockChange]) -> Figures:
    """Return the words that came and went in some blocks; what stayed is not counted."""
    return count_changes(change for change in changes if change.told)


def _key(place: Place) -> _Key:
    return place.path, place.index


def _most(weights: Counter[_Key], found: Mapping[_Key, Place], total: int) -> Place | None:
    if not weights:
        return None
    key, weight = weights.most_common(1)[0]
    return found[key] if weight >= _MOST * total else None
