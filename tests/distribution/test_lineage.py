"""Every block of every edition is followed: it goes on, or it was withdrawn; none is forgotten, none invented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given

from millesime.distribution.site.lineage import (
    MERGED_INTO,
    MOVED,
    MOVED_REWORDED,
    NEW,
    PARTED,
    REWORDED,
    SAME,
    BlockRef,
    Line,
    succession,
    trace,
)
from millesime.markup.ast import Block, header, para
from millesime.redline.compare import compare
from millesime.redline.model import ChapterText
from tests.redline.documents import chapter, edited_pairs

ONE = "chapters/one.md"
DATA = "La donnée publique appartient aux habitants qui la produisent, et la ville en répond devant eux chaque année."
WATER = "Les compteurs de la régie de l'eau envoient leur relevé chaque nuit vers le centre de gestion de la commune."
STREET = "L'éclairage de la rue baisse après minuit, sauf aux carrefours et devant les arrêts de la ligne de nuit."


def follow(*editions: Sequence[ChapterText]) -> list[Line]:
    steps = [succession(compare(old, new)) for old, new in pairwise(editions)]
    return trace([{one.path: len(one.blocks) for one in edition} for edition in editions], steps)


def states(lines: Sequence[Line]) -> list[list[str]]:
    return [[version.state for version in line.versions] for line in lines]


def edition(*blocks: Block) -> list[ChapterText]:
    return [chapter(*blocks)]


def test_a_paragraph_is_followed_through_three_editions():
    reworded = DATA.replace("chaque année", "tous les six mois")
    lines = follow(edition(para(DATA), para(WATER)), edition(para(reworded), para(WATER)), edition(para(reworded)))
    assert states(lines) == [[NEW, REWORDED, SAME], [NEW, SAME]]


def test_what_moved_is_followed_to_where_it_stands():
    old = edition(header(1, "Un"), para(DATA), para(WATER), para(STREET))
    new = edition(header(1, "Un"), para(STREET.replace("minuit", "une heure")), para(DATA), para(WATER))
    line = next(line for line in follow(old, new) if line.versions[0].block == BlockRef(ONE, 3))
    assert [(version.state, version.block) for version in line.versions] == [
        (NEW, BlockRef(ONE, 3)),
        (MOVED_REWORDED, BlockRef(ONE, 1)),
    ]


def test_a_move_to_another_chapter_names_that_chapter():
    other = "chapters/two.md"
    before = [chapter(para(DATA), para(WATER)), chapter(para(STREET), path=other)]
    after = [chapter(para(WATER)), chapter(para(STREET), para(DATA), path=other)]
    line = follow(before, after)[0]
    assert (line.versions[1].state, line.versions[1].block) == (MOVED, BlockRef(other, 1))


def test_a_new_paragraph_begins_a_line_and_a_withdrawn_one_ends_its_own():
    lines = follow(edition(para(DATA)), edition(para(WATER)))
    assert states(lines) == [[NEW], [NEW]]
    assert [line.versions[0].edition for line in lines] == [0, 1]


def test_paragraphs_that_were_joined_go_on_in_what_they_became():
    lines = follow(edition(para(DATA), para(WATER)), edition(para(f"{DATA} {WATER}")))
    assert states(lines) == [[NEW, REWORDED], [NEW, MERGED_INTO]]
    assert {line.versions[1].block for line in lines} == {BlockRef(ONE, 0)}


def test_a_paragraph_that_was_parted_goes_on_in_its_first_part():
    lines = follow(edition(para(f"{DATA} {WATER}")), edition(para(DATA), para(WATER)))
    assert states(lines) == [[NEW, PARTED], [NEW]]


def test_typography_alone_is_no_change():
    lines = follow(edition(para("La ville partagée : un bien.")), edition(para("La ville partagée\u00a0: un bien.")))
    assert states(lines) == [[NEW, SAME]]
    assert not lines[0].changed


@given(edited_pairs())
def test_every_block_is_in_a_line_and_no_two_lines_begin_with_one_block(pair):
    old, new = pair
    editions = [old, new, old]
    lines = follow(*editions)
    blocks = [
        Counter(BlockRef(one.path, index) for one in edition for index in range(len(one.blocks)))
        for edition in editions
    ]
    for number, expected in enumerate(blocks):
        owned = Counter(
            version.block
            for line in lines
            for version in line.versions
            if version.edition == number and version.state != MERGED_INTO
        )
        merged = {
            version.block
            for line in lines
            for version in line.versions
            if version.edition == number and version.state == MERGED_INTO
        }
        assert owned == expected
        assert merged <= set(expected)
    for line in lines:
        editions_seen = [version.edition for version in line.versions]
        assert editions_seen == list(range(editions_seen[0], editions_seen[0] + len(editions_seen)))
        assert [version.state == NEW for version in line.versions] == [True, *([False] * (len(editions_seen) - 1))]
