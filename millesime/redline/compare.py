"""The redline of two editions: pair chapters, align blocks, find moves, mark words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millesime.at_work import at_work
from millesime.collector import collector_at_rest
from millesime.markup.ast import Block, nodes_of
from millesime.markup.normalise import normalise
from millesime.redline.merging.block_changes import Moves, block_changes
from millesime.redline.merging.chapter_pair import Pairing, pairing_of
from millesime.redline.model import BlockChange, ChapterChange, ChapterPlace, ChapterText, Redline
from millesime.redline.pairing.align import Unit
from millesime.redline.pairing.chapter_parts import part_chapters
from millesime.redline.pairing.chapters import likenesses, moved_pairs, name_hints, pair_chapters
from millesime.redline.pairing.memory import CHAPTER, Memory
from millesime.redline.pairing.units import Chapter, Comparison, block_unit, read_chapter


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
    with collector_at_rest():  # no cycles are made; to look for them among two books takes an eighth of the time
        return _compare(old, new, renames or {}, memory or Memory())


def _compare(
    old: Sequence[ChapterText], new: Sequence[ChapterText], renames: Mapping[str, str], memory: Memory
) -> Redline:
    memory.begin()
    comparison = Comparison(memory.vocabulary, memory.lexicon)
    before, after = ([_read(chapter, memory) for chapter in edition] for edition in (old, new))
    hints = name_hints(old, new, renames)
    with at_work("all chapters", "find which of them became which"):
        alike = likenesses(before, after, memory, hinted=hints)
        pairs = pair_chapters(before, after, alike=alike, hints=hints)
        olds, news, pairs = part_chapters(before, after, pairs, alike, memory)
        moved = moved_pairs(pairs, [news[q].words for _, q in pairs])

    def both(p: int | None, q: int | None) -> at_work:
        paths = [] if p is None else [old[olds[p].chapter].path]
        paths += [] if q is None else [new[news[q].chapter].path]
        return at_work(" and ".join(dict.fromkeys(paths)), "compare its two versions" if len(paths) > 1 else "mark it")

    def paired(p: int, q: int) -> Pairing:
        with both(p, q):
            return pairing_of(olds[p], news[q], memory)

    def changed(p: int | None, q: int | None) -> tuple[BlockChange, ...]:
        with both(p, q):
            return tuple(block_changes(p, q, known.get((p, q)), moves, memory))

    known = {(p, q): paired(p, q) for p, q in pairs}
    with at_work("all chapters", "find what moved between them"):
        moves = Moves(olds, news, known, comparison)
    chapters = [
        ChapterChange(
            old=None if p is None else _place(old[olds[p].chapter], olds[p].chapter),
            new=None if q is None else _place(new[news[q].chapter], news[q].chapter),
            blocks=changed(p, q),
            moved=(p, q) in moved,
            split=p is not None and not olds[p].whole,
            merged=q is not None and not news[q].whole,
        )
        for p, q in _reading_order(len(olds), dict(pairs), len(news))
    ]
    return Redline(chapters=tuple(chapters), moves=moves.listed(old, new))


def _read(chapter: ChapterText, memory: Memory) -> Chapter:
    with at_work(chapter.path, "make it ready to be compared"):
        return _recalled(chapter, memory)


def _recalled(chapter: ChapterText, memory: Memory) -> Chapter:
    name = memory.name(chapter)

    def read() -> Chapter:
        units = [_unit(block, chapter.images) for block in normalise(chapter.blocks)]
        return read_chapter(name, units, memory.vocabulary)

    return memory.recall((CHAPTER, name), read)


def _unit(block: Block, images: Mapping[str, str]) -> Unit:
    unit = block_unit(block)
    if images and '"Image"' in unit.key:
        targets = [node["c"][2][0] for node in nodes_of(block, {"Image"})]
        unit.images = tuple(images.get(target, "") for target in targets)
        unit.key += "".join(f"\n{ident}" for ident in unit.images)
    return unit


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
