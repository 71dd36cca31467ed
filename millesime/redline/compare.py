"""The redline of two editions: pair chapters, align blocks, find moves, mark words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block
from millesime.markup.normalise import normalise
from millesime.redline.align import Unit, align_units
from millesime.redline.ast import escape_marks
from millesime.redline.chapters import moved_pairs, pair_chapters
from millesime.redline.lists import items_of, mark_items, unpaired_items
from millesime.redline.marks import aspects_of
from millesime.redline.merge import merge_blocks, merge_pair
from millesime.redline.model import (
    DELETED,
    DELETION,
    EDITED,
    INSERTED,
    INSERTION,
    KEPT,
    MARKS,
    MOVED_FROM,
    MOVED_TO,
    REPLACED,
    BlockChange,
    ChapterChange,
    ChapterPlace,
    ChapterText,
    Move,
    Redline,
)
from millesime.redline.moves import Place, find_moves
from millesime.redline.units import Comparison, Run, block_unit, item_unit


def compare(
    old: Sequence[ChapterText], new: Sequence[ChapterText], *, renames: Mapping[str, str] | None = None
) -> Redline:
    """Return what changed from the old edition to the new one.

    Both are chapters in their edition's order; `renames` maps old paths to new
    ones where git saw a file renamed. The sources need not be normalised.
    The laws: nothing is lost (`laws.py`), and equal editions give an empty
    redline.
    """
    comparison = Comparison()
    before, after = [_units(chapter) for chapter in old], [_units(chapter) for chapter in new]
    pairs = pair_chapters(old, new, _words(before), _words(after), renames=renames or {})
    moved = moved_pairs(pairs, [sum(len(unit.words) for unit in after[j]) for _, j in pairs])
    aligned = {pair: align_units(before[pair[0]], after[pair[1]], comparison.vocabulary) for pair in pairs}
    moves = _Moves(before, after, aligned, comparison)
    new_of = dict(pairs)
    chapters = [
        ChapterChange(
            old=None if i is None else _place(old[i], i),
            new=None if j is None else _place(new[j], j),
            blocks=tuple(_changes(i, j, before, after, aligned.get((i, j), []), moves, comparison)),
            moved=(i, j) in moved,
        )
        for i, j in _reading_order(len(old), new_of, len(new))
    ]
    return Redline(chapters=tuple(chapters), moves=moves.listed(old, new))


def _units(chapter: ChapterText) -> list[Unit]:
    return [_unit(block) for block in normalise(chapter.blocks)]


def _unit(block: Block) -> Unit:
    unit = block_unit(block)
    if any(name in unit.key for name in MARKS):  # as a class, perhaps
        return block_unit(escape_marks([block])[0])
    return unit


def _words(chapters: Sequence[Sequence[Unit]]) -> list[list[str]]:
    return [[word for unit in units for word in unit.words] for units in chapters]


def _place(chapter: ChapterText, index: int) -> ChapterPlace:
    return ChapterPlace(path=chapter.path, id=chapter.id, title=chapter.title, index=index)


def _reading_order(old_count: int, new_of: Mapping[int, int], new_count: int) -> list[tuple[int | None, int | None]]:
    """Return all chapters in the order of the new edition; a deleted one follows its old predecessor."""
    old_of = {j: i for i, j in new_of.items()}
    order: list[tuple[int | None, int | None]] = []

    def deleted_after(i: int) -> None:
        while i + 1 < old_count and i + 1 not in new_of:
            i += 1
            order.append((i, None))

    deleted_after(-1)
    for j in range(new_count):
        order.append((old_of.get(j), j))
        if j in old_of:
            deleted_after(old_of[j])
    return order


@dataclass(slots=True, init=False)
class _Moves:
    comparison: Comparison
    by_old: dict[Place, tuple[Run, Place]] = field(default_factory=dict)
    by_new: dict[Place, tuple[Run, Place]] = field(default_factory=dict)

    def __init__(self, before, after, aligned, comparison: Comparison) -> None:
        self.comparison = comparison
        self.by_old, self.by_new = {}, {}
        stayed = {(i, row) for (i, _), rows in aligned.items() for row, _ in rows}
        stands = {(j, column) for (_, j), rows in aligned.items() for _, column in rows}
        gone = _unpaired(before, stayed)
        come = _unpaired(after, stands)
        for pairs in find_moves(gone, come, comparison.vocabulary):
            run = Run(pairs, edited=any(gone[source].key != come[target].key for source, target in pairs))
            for source, target in pairs:
                self.by_old[source] = (run, target)
                self.by_new[target] = (run, source)
        self._find_item_moves(before, after, aligned, gone, come)

    def _find_item_moves(self, before, after, aligned, gone, come) -> None:
        """Find the items that changed lists: a list was parted in two, or an item went to another chapter."""
        olds: dict[Any, Unit] = {}  # by ((chapter, block), item)
        news: dict[Any, Unit] = {}
        for (i, j), pairs in aligned.items():
            for row, column in pairs:
                old, new = before[i][row], after[j][column]
                if old.key == new.key or old.kind not in ("BulletList", "OrderedList"):
                    continue
                left, right = unpaired_items(items_of(old.value), items_of(new.value), self.comparison)
                olds |= {((i, row), item): unit for item, unit in left.items()}
                news |= {((j, column), item): unit for item, unit in right.items()}
        for units, places, taken in ((olds, gone, self.by_old), (news, come, self.by_new)):
            for place, unit in places.items():
                if unit.kind == "BulletList" and place not in taken:
                    units |= {(place, item): item_unit(value) for item, value in enumerate(unit.value["c"])}
        for pairs in find_moves(olds, news, self.comparison.vocabulary):
            run = Run(pairs)
            for ((i, row), item), ((j, column), other) in pairs:
                source, target = items_of(before[i][row].value), items_of(after[j][column].value)
                self.comparison.items_gone[id(source), item] = run
                self.comparison.items_come[id(target), other] = (run, source[item])

    def listed(self, old: Sequence[ChapterText], new: Sequence[ChapterText]) -> dict[str, Move]:
        runs = {run.name: run for run, _ in self.by_old.values()}
        return {
            name: Move(
                id=name,
                old_path=old[run.pairs[0][0][0]].path,
                new_path=new[run.pairs[0][1][0]].path,
                old_indices=tuple(source[1] for source, _ in run.pairs),
                new_indices=tuple(target[1] for _, target in run.pairs),
                edited=run.edited,
            )
            for name, run in sorted(runs.items(), key=lambda entry: int(entry[0].rsplit("-", 1)[1]))
        }


def _unpaired(chapters: Sequence[Sequence[Unit]], paired: set[Place]) -> dict[Place, Unit]:
    return {
        (index, place): unit
        for index, units in enumerate(chapters)
        for place, unit in enumerate(units)
        if (index, place) not in paired
    }


def _changes(i, j, before, after, pairs, moves: _Moves, comparison: Comparison) -> list[BlockChange]:
    """Return a chapter's blocks in reading order; `i` or `j` is None for a new or a deleted chapter."""
    olds = before[i] if i is not None else []
    news = after[j] if j is not None else []
    out: list[BlockChange] = []
    row = column = 0
    for next_row, next_column in [*pairs, (len(olds), len(news))]:
        out += [_gone(i, place, olds, after, moves) for place in range(row, next_row)]
        out += [_come(j, place, news, before, moves) for place in range(column, next_column)]
        if next_row < len(olds) and next_column < len(news):
            out.append(_stayed(olds[next_row], news[next_column], next_row, next_column, comparison))
        row, column = next_row + 1, next_column + 1
    return out


def _gone(chapter: int, place: int, olds: Sequence[Unit], after, moves: _Moves) -> BlockChange:
    unit = olds[place]
    if (chapter, place) not in moves.by_old:
        marked = mark_items(unit.value, DELETION, moves.comparison, merge_blocks)
        return BlockChange(kind=DELETED, old=unit.value, old_index=place, merged=(marked,) if marked else ())
    run, target = moves.by_old[chapter, place]
    other = after[target[0]][target[1]]
    return BlockChange(
        kind=MOVED_FROM,
        old=unit.value,
        new=other.value,
        old_index=place,
        new_index=target[1],
        move=moves.comparison.name(run),
        edited=unit.key != other.key,
    )


def _come(chapter: int, place: int, news: Sequence[Unit], before, moves: _Moves) -> BlockChange:
    unit = news[place]
    if (chapter, place) not in moves.by_new:
        marked = mark_items(unit.value, INSERTION, moves.comparison, merge_blocks)
        return BlockChange(kind=INSERTED, new=unit.value, new_index=place, merged=(marked,) if marked else ())
    run, source = moves.by_new[chapter, place]
    other = before[source[0]][source[1]]
    name = moves.comparison.name(run)
    merged = merge_pair(other.value, unit.value, moves.comparison) if unit.key != other.key else []
    return BlockChange(
        kind=MOVED_TO,
        old=other.value,
        new=unit.value,
        old_index=source[1],
        new_index=place,
        merged=tuple(merged or [unit.value]),
        aspects=aspects_of(merged),
        move=name,
        edited=unit.key != other.key,
    )


def _stayed(old: Unit, new: Unit, row: int, column: int, comparison: Comparison) -> BlockChange:
    both = {"old": old.value, "new": new.value, "old_index": row, "new_index": column}
    if old.key == new.key:
        return BlockChange(kind=KEPT, merged=(new.value,), **both)
    merged = merge_pair(old.value, new.value, comparison)
    kind = EDITED if merged else REPLACED
    return BlockChange(kind=kind, edited=True, merged=tuple(merged), aspects=aspects_of(merged), **both)
