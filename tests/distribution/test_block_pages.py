"""No page and no id of one passage takes the place of another's."""

from __future__ import annotations

import datetime

from millesime.distribution.site.block_pages import EditionPlaces, home_of, passage_ident
from millesime.distribution.site.lineage import NEW, SAME, BlockRef, Line, Version


def places(name: str, chapter: str) -> EditionPlaces:
    return EditionPlaces(
        name=name, date=datetime.date(2018, 7, 3), anchors={"a.md": ["p1"]}, chapter_ids={"a.md": chapter},
        pages={chapter: f"{name}/{chapter}.html"},
    )  # fmt: skip


def line(*versions: int) -> Line:
    found = [
        Version(edition=at, block=BlockRef("a.md", 0), state=SAME if index else NEW)
        for index, at in enumerate(versions)
    ]
    return Line(versions=tuple(found))


def test_chapters_whose_ids_differ_in_case_alone_share_the_page_of_the_first():
    editions = [places("2018", "Eau"), places("2019", "eau"), places("2020", "puits")]
    assert [home_of(line(at), editions) for at in range(3)] == ["Eau", "Eau", "puits"]


def test_passages_of_editions_that_a_slug_takes_for_one_have_ids_of_their_own():
    names = ["1-0", "1.0", "2"]
    found = [passage_ident(name, "eau-p1", editions=names) for name in names]
    assert len(set(found)) == 3
    assert [found[0], found[2]] == [passage_ident("1-0", "eau-p1"), passage_ident("2", "eau-p1")]
    assert passage_ident("1.0", "eau-p1", editions=["1.0", "1-0"]) == passage_ident("1.0", "eau-p1")
