"""The redline of two editions: pair chapters, align blocks, find moves, mark words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from millesime.markup.ast import Block, walk
from millesime.markup.normalise import normalise
from millesime.redline.align import Unit, align_units, phrases
from millesime.redline.ast import escape_marks
from millesime.redline.changes import Moves, block_changes
from millesime.redline.chapters import likenesses, moved_pairs, pair_chapters
from millesime.redline.memory import Memory
from millesime.redline.merge import note_merger
from millesime.redline.model import MARKS, ChapterChange, ChapterPlace, ChapterText, Redline
from millesime.redline.parts import Part, part_chapters
from millesime.redline.splits import Group, find_groups
from millesime.redline.units import Comparison, block_unit


def compare(
    old: Sequence[ChapterText],
    new: Sequence[ChapterText],
    *,
    renames: Mapping[str, str] | None = None,
    memory: Memory | None = None,
) -> Redline:
    """Return what changed from the old edition to the new one.

    Both are chapters in their edition's order; `renames` maps old paths to new
    ones where git saw a file renamed. The sources need not be normalised.
    `memory` is what earlier comparisons left, and takes what this one finds.
    The laws: nothing is lost (`laws.py`), and equal editions give an empty
    redline.
    """
    memory = memory or Memory()
    memory.begin()
    comparison = Comparison(memory.vocabulary)
    before, after = ([_read(chapter, memory) for chapter in edition] for edition in (old, new))
    alike = likenesses(*([(text.digest, text.phrases) for text in edition] for edition in (before, after)), memory)
    sizes = [[text.words for text in edition] for edition in (before, after)]
    pairs = pair_chapters(old, new, *sizes, alike=alike, renames=renames or {})
    olds, news, pairs = part_chapters(
        [text.units for text in before], [text.units for text in after], pairs, alike, comparison.vocabulary
    )
    moved = moved_pairs(pairs, [sum(len(unit.words) for unit in news[q].units) for _, q in pairs])
    aligned: dict[tuple[int, int], list[tuple[int, int]]] = {}
    groups: dict[tuple[int, int], dict[tuple[int, int], Group]] = {}
    for p, q in pairs:
        key = (before[olds[p].chapter].digest, olds[p].start, after[news[q].chapter].digest, news[q].start)
        ends = (len(olds[p].units), len(news[q].units))
        aligned[p, q], groups[p, q] = memory.recall(
            ("aligned", *key, *ends), lambda p=p, q=q: _aligned(olds[p], news[q], comparison)
        )
    moves = Moves(olds, news, aligned, groups, comparison)
    chapters = [
        ChapterChange(
            old=None if p is None else _place(old[olds[p].chapter], olds[p].chapter),
            new=None if q is None else _place(new[news[q].chapter], news[q].chapter),
            blocks=tuple(block_changes(p, q, aligned.get((p, q), []), groups.get((p, q), {}), moves, memory)),
            moved=(p, q) in moved,
            split=p is not None and not olds[p].whole,
            merged=q is not None and not news[q].whole,
        )
        for p, q in _reading_order(len(olds), dict(pairs), len(news))
    ]
    return Redline(chapters=tuple(chapters), moves=moves.listed(old, new))


@dataclass(frozen=True, slots=True)
class _Chapter:
    """A chapter as its comparison needs it."""

    digest: bytes
    units: list[Unit]
    words: int
    phrases: set[int]


def _read(chapter: ChapterText, memory: Memory) -> _Chapter:
    digest = memory.digest(chapter)
    return memory.recall(("chapter", digest), lambda: _chapter(chapter, digest))


def _chapter(chapter: ChapterText, digest: bytes) -> _Chapter:
    units = [_unit(block, chapter.images) for block in normalise(chapter.blocks)]
    words = [word for unit in units for word in unit.words]
    return _Chapter(digest, units, len(words), phrases(words))


def _unit(block: Block, images: Mapping[str, str]) -> Unit:
    unit = block_unit(block)
    if any(name in unit.key for name in MARKS):  # as a class, perhaps
        unit = block_unit(escape_marks([block])[0])
    if images and '"Image"' in unit.key:
        targets = [node["c"][2][0] for node in walk(block) if node["t"] == "Image"]
        unit.images = tuple(images.get(target, "") for target in targets)
        unit.key += "".join(f"\n{ident}" for ident in unit.images)
    return unit


def _aligned(
    old: Part, new: Part, comparison: Comparison
) -> tuple[list[tuple[int, int]], dict[tuple[int, int], Group]]:
    pairs = align_units(old.units, new.units, comparison.vocabulary)
    return pairs, find_groups(old.units, new.units, pairs, note_merger(comparison))


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
