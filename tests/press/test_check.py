"""Every code that `check` prints: a folder of what it reports, and of what it leaves alone.

`tests/cases/problems/CODE/bad/` and `good/` hold a chapter, `a.md`, and what
it shows; `templates/` is the report's own theme, `editions/` and `changelog/`
are the report's, and `commit.txt` is the message of the commit of it all.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from millesime.assembly.reading_checks import check_reading, contrast
from millesime.history.repository import find_repository
from millesime.markup.ast import header, words
from millesime.press.cache.store import Store
from millesime.press.edition.workspace import Workspace
from millesime.press.run.check import check_edition
from millesime.problems import Problem
from millesime.series.series import load_series
from tests.support import make_repository

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests/cases/problems").iterdir())
PROBLEMS = (ROOT / "docs/problems.md").read_text("utf-8")


_OF_THE_REPORT = ("templates", "editions", "changelog", "commit.txt")
_PLACES = re.compile(
    r"chapters/a\.md([#:]\S+)?|templates/\S+:\d+|chapters/registers/\w+\.yaml(:\d+)?|changelog/2019\.md:\d+|editions/\w+\.yaml"
)


def found(case: Path, root: Path) -> list[Problem]:
    manifest = "title: Rapport\nlanguage: fr\n", "date: 2019-07-03\nchapters: [chapters/a.md]\n"
    root.mkdir(exist_ok=True)
    for name, content in zip(("report", "2019"), manifest, strict=True):
        (root / "editions").mkdir(exist_ok=True)
        (root / f"editions/{name}.yaml").write_text(content, "utf-8")
    for path in case.rglob("*"):
        if path.is_file():
            inner = path.relative_to(case)
            place = root / (inner if inner.parts[0] in _OF_THE_REPORT else Path("chapters", inner))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    repository = None
    if (message := case / "commit.txt").exists():
        made = make_repository(root / "git")
        shutil.copytree(root, made.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("git"))
        made.commit(message=message.read_text("utf-8"))
        root, repository = made.root, find_repository(made.root)
    return check_edition(Workspace(load_series(root), repository), "2019")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_bad_is_reported_with_place_and_hint(case: Path, tmp_path: Path):
    problems = found(case / "bad", tmp_path)
    assert {problem.code for problem in problems} == {case.name}
    for problem in problems:
        assert _PLACES.fullmatch(problem.where)
        assert problem.text and problem.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_good_is_not_reported(case: Path, tmp_path: Path):
    assert found(case / "good", tmp_path) == []


def test_every_code_has_a_line_in_the_list_a_section_and_a_folder():
    listed = re.findall(r"^\| ([A-Z]\d{3}) ", PROBLEMS, re.MULTILINE)
    sections = re.findall(r"^### ([A-Z]\d{3})", PROBLEMS, re.MULTILINE)
    assert sorted(listed) == sorted(sections) == [case.name for case in CASES]


def test_formulas_are_set_for_an_edition_with_a_pdf_and_kept_for_the_next_check(tmp_path: Path, monkeypatch):
    from millesime.render.pdf import formula_book

    write_report(tmp_path, "# Un\n\n$\\foo$ et $漢$, [$漢$](#un), $x^2$.\n", "formats: [pdf]")
    workspace = Workspace(load_series(tmp_path), None, store=Store(tmp_path / "cache"))
    first = check_edition(workspace, "2019")
    monkeypatch.setattr(formula_book, "set_formulas", refuse)
    assert check_edition(workspace, "2019") == first
    assert [(problem.code, problem.where) for problem in first] == [
        ("S010", "chapters/a.md:3"), ("Q001", "chapters/a.md:3"),
    ]  # fmt: skip
    write_report(tmp_path, "# Un\n\n$\\foo$ et $漢$, $x^2$.\n", "formats: [html]")
    assert [problem.code for problem in check_edition(Workspace(load_series(tmp_path), None), "2019")] == ["S010"]


def set_formulas(source):  # what the store calls a step, it takes from the function's name
    raise AssertionError("set again")


refuse = set_formulas


def write_report(root: Path, text: str, line: str) -> None:
    for name, content in (
        ("editions/report.yaml", "title: Rapport\nlanguage: fr\n"),
        ("editions/2019.yaml", f"date: 2019-07-03\nchapters: [chapters/a.md]\n{line}\n"),
        ("chapters/a.md", text),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content, "utf-8")


def test_a_heading_may_go_up_by_any_number_of_levels():
    blocks = [header(level, words("x")) for level in (1, 2, 3, 4, 2)]
    assert list(check_reading("a.md", blocks, language="fr")) == []


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#fff", "#777777") == contrast("#777777", "#fff")


def test_an_oversized_picture_hides_nothing_else(tmp_path: Path):
    case = tmp_path / "case"
    case.mkdir()
    (case / "a.md").write_text("# Un\n\n![Une vue](b.png)\n\n[là-bas](#nulle-part)\n\n![Autre](c.png)\n", "utf-8")
    (case / "b.png").write_bytes((ROOT / "tests/cases/problems/I005/bad/b.png").read_bytes())
    assert [problem.code for problem in found(case, tmp_path / "root")] == ["I005", "R002", "I001"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.avif", "AVIF"), ("a.tif", "TIFF"), ("a.bmp", "BMP"), ("cut.png", "damaged"), ("empty.png", "empty")],
)
def test_what_is_wrong_with_a_picture_is_said(name: str, said: str, tmp_path: Path):
    case = tmp_path / "case"
    case.mkdir()
    (case / "a.md").write_text(f"# Un\n\n![Une vue]({name})\n", "utf-8")
    (case / name).write_bytes((ROOT / "tests/cases/problems/I004/bad" / name).read_bytes())
    (problem,) = found(case, tmp_path / "root")
    assert problem.code == "I004" and said in problem.text and "version control" not in problem.hint


def test_a_drawing_that_shows_a_picture_of_nowhere_is_reported(tmp_path: Path):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><image href="{}" width="9" height="9"/></svg>'
    case = tmp_path / "case"
    case.mkdir()
    (case / "a.md").write_text("# Un\n\n![Une vue](a.svg)\n\n![Autre](b.svg)\n", "utf-8")
    (case / "a.svg").write_text(drawing.format("p.png"), "utf-8")
    (case / "b.svg").write_text(drawing.format("q.png"), "utf-8")
    (case / "p.png").write_bytes((ROOT / "tests/cases/problems/I001/good/i.png").read_bytes())
    (problem,) = found(case, tmp_path / "root")
    assert problem.code == "I001" and "'q.png'" in problem.text and "b.svg" in problem.text
