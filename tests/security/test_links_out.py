"""A clone whose folders are links to somewhere else: nothing is written, replaced or deleted there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from millesime.beside import refuse_links_out
from millesime.distribution.site.tree import replace_tree
from millesime.problems import OutputError
from tests.press.report import make_report

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"
VICTIM = {"2018/html/index.html": "mine", "2018/.html.1.x.new": "left", "site/index.html": "mine", "notes.txt": "mine"}


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "victim"
    for name, text in VICTIM.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def found(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("link", "to", "words"),
    [
        ("dist", "", ["build", "2018", "--to", "html"]),
        ("dist", "", ["build", "2018", "--draft"]),
        ("dist/2018", "2018", ["build", "2018", "--to", "html"]),
        ("dist", "", ["build", "2018", "--to", "html", "--out", "dist/below"]),
        ("dist", "", ["compare", "2018", "2019", "--to", "html"]),
        ("dist", "", ["publish", "2018"]),
        ("dist/site", "site", ["publish", "2018"]),
        ("changelog", "", ["new", "2020", "--from", "2019"]),
    ],
)
def test_nothing_is_written_through_a_link_that_leads_out(
    link: str, to: str, words: list[str], victim: Path, tmp_path: Path
):
    root = make_report(tmp_path / "made").root
    place = root / link
    if place.is_dir():
        place.rename(root / "aside")
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(victim / to)
    before = found(victim)
    done = subprocess.run(
        [sys.executable, PROGRAM, *words, "--root", "."], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr
    assert f"{place}: is a link that leads out of the report" in done.stderr
    assert found(victim) == before


def test_a_tree_is_not_replaced_through_a_link_in_it(victim: Path, tmp_path: Path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "assets").symlink_to(victim)
    with pytest.raises(OutputError, match="assets: is a link"):
        replace_tree(site, {"assets/notes.txt": b"theirs", "index.html": b"theirs"})
    assert found(victim) == VICTIM and not (site / "index.html").exists()


@pytest.mark.parametrize("name", ["../notes.txt", "assets/../../notes.txt", "/notes.txt"])
def test_a_tree_takes_no_file_that_would_stand_elsewhere(name: str, tmp_path: Path):
    with pytest.raises(OutputError, match="is no path of a file in it"):
        replace_tree(tmp_path / "site", {name: b"theirs"})
    assert not [*tmp_path.iterdir()]


def test_links_within_the_report_and_places_elsewhere_are_the_users_own(tmp_path: Path):
    root = tmp_path / "report"
    (root / "output").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "dist").symlink_to("output")
    (tmp_path / "elsewhere").symlink_to(tmp_path)
    refuse_links_out(root / "dist/2018", root=root)
    refuse_links_out(tmp_path / "elsewhere/2018", root=root)
    (root / "hidden").symlink_to(".git")
    with pytest.raises(OutputError, match="hidden: is a link"):
        refuse_links_out(root / "hidden/hooks", root=root)
