"""The summary: a line for each chapter of the new edition, and one for each withdrawn one."""

from __future__ import annotations

from documents import para

from millesime.markup.ast import words
from millesime.redline.model import EDITED, KEPT, BlockChange, ChapterChange, ChapterPlace, Redline
from millesime.redline.outputs.terminal import write_summary


def place(name: str, index: int = 0) -> ChapterPlace:
    return ChapterPlace(path=f"{name.lower()}.md", id=name.lower(), title=name, index=index)


def part(old: ChapterPlace, new: ChapterPlace, *, split: bool = False, merged: bool = False) -> ChapterChange:
    text = para(*words("Les compteurs sont relevés."))
    blocks = (BlockChange(kind=KEPT, old=text, new=text, old_index=0, new_index=0, merged=(text,)),)
    return ChapterChange(old=old, new=new, blocks=blocks, split=split, merged=merged)


def summary(*changes: ChapterChange) -> list[str]:
    return [" ".join(line.split()) for line in write_summary(Redline(chapters=changes)).splitlines()]


WATER, HEAT, LIGHT, GRIDS = place("Eau"), place("Chaleur", 1), place("Lampes", 2), place("Réseaux")


def test_chapters_that_became_another_one_are_one_line():
    found = summary(part(WATER, GRIDS, merged=True), part(HEAT, GRIDS, merged=True), part(LIGHT, GRIDS, merged=True))
    assert found[:2] == [
        "Réseaux | merged from “Eau”, “Chaleur” and “Lampes”",
        "1 chapter of 1 changed: 0 words inserted, 0 deleted, 0 moved; 100% stayed",
    ]


def test_a_part_of_a_chapter_that_went_to_another_is_called_one():
    found = summary(
        part(WATER, WATER, split=True), part(WATER, HEAT, split=True, merged=True), part(HEAT, HEAT, merged=True)
    )
    assert found[:2] == ["Eau | split into “Eau” and “Chaleur”", "Chaleur | a part of “Eau” merged into it"]
    assert found[2].startswith("2 chapters of 2 changed")


def test_many_parts_are_counted():
    parts = [place(f"Partie {number}", number) for number in range(5)]
    found = summary(*(part(GRIDS, new, split=True) for new in parts))
    assert "“Réseaux” split into “Partie 0”, “Partie 1”, “Partie 2” and 2 more" in found
    assert sum("split" in line for line in found) == 1


def test_a_comment_of_the_source_is_no_change():
    text = para(*words("Les compteurs sont relevés."))
    block = BlockChange(kind=EDITED, old=text, new=text, merged=(text,), edited=True, aspects=frozenset({"comment"}))
    assert summary(ChapterChange(old=WATER, new=WATER, blocks=(block,))) == ["no change in 1 chapter, 4 words"]


def test_a_note_longer_than_a_line_goes_on_in_the_next_one():
    halves = [place("Les réseaux de chaleur du nord de la ville", 0), place("Les lampes et les bornes de la ville", 1)]
    lines = write_summary(Redline(chapters=tuple(part(GRIDS, new, split=True) for new in halves)), width=70)
    assert lines.splitlines()[1:3] == [
        "     “Réseaux” split into “Les réseaux de chaleur du nord de la vi…”",
        "       and “Les lampes et les bornes de la ville”",
    ]
