"""Every code that `check` prints: a folder of what it reports, and of what it leaves alone.

`tests/cases/problems/CODE/bad/` and `good/` hold a chapter, `a.md`, and what
it shows; `templates/` is the report's own theme.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from millesime.assembly.reading_checks import check_reading, contrast
from millesime.markup.ast import header, words
from millesime.press.check import check_edition
from millesime.press.desk import Desk
from millesime.problems import Problem
from millesime.series.series import load_series

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests/cases/problems").iterdir())
PROBLEMS = (ROOT / "docs/problems.md").read_text("utf-8")


def found(case: Path, root: Path) -> list[Problem]:
    manifest = "title: Rapport\nlanguage: fr\n", "date: 2019-07-03\nchapters: [chapters/a.md]\n"
    for name, content in zip(("report", "2019"), manifest, strict=True):
        (root / "editions").mkdir(exist_ok=True)
        (root / f"editions/{name}.yaml").write_text(content, "utf-8")
    for path in case.rglob("*"):
        if path.is_file():
            inner = path.relative_to(case)
            place = root / (inner if inner.parts[0] == "templates" else Path("chapters", inner))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return check_edition(Desk(load_series(root), None), "2019")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_bad_is_reported_with_place_and_hint(case: Path, tmp_path: Path):
    problems = found(case / "bad", tmp_path)
    assert {problem.code for problem in problems} == {case.name}
    for problem in problems:
        assert re.match(r"chapters/a\.md([#:]\S+)?$|templates/\S+:\d+$", problem.where)
        assert problem.text and problem.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_good_is_not_reported(case: Path, tmp_path: Path):
    assert found(case / "good", tmp_path) == []


def test_every_code_has_a_line_in_the_list_a_section_and_a_folder():
    listed = re.findall(r"^\| ([A-Z]\d{3}) ", PROBLEMS, re.MULTILINE)
    sections = re.findall(r"^### ([A-Z]\d{3})", PROBLEMS, re.MULTILINE)
    assert sorted(listed) == sorted(sections) == [case.name for case in CASES]


def test_a_heading_may_go_up_by_any_number_of_levels():
    blocks = [header(level, words("x")) for level in (1, 2, 3, 4, 2)]
    assert list(check_reading("a.md", blocks, language="fr")) == []


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#fff", "#777777") == contrast("#777777", "#fff")
