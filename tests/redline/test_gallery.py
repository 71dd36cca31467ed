"""The gallery of redlines is what the golden cases make it."""

from __future__ import annotations

from tests.redline.gallery import GROUPS, PAGE, gallery, read_cases


def test_the_gallery_is_made_from_the_cases():
    assert PAGE.read_text(encoding="utf-8") == gallery(read_cases()), f"{PAGE}: run make gallery"


def test_every_group_has_cases():
    assert {case.group for case in read_cases()} == set(GROUPS)


def test_every_case_says_something_else():
    cases = read_cases()
    assert len({case.shows for case in cases}) == len(cases)
    assert len({(case.old, case.new) for case in cases}) == len(cases)
