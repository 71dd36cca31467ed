"""The command line as its users meet it: output, exit status, and words instead of tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import here
from tests.press.report import make_report
from tests.support import TestRepository

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    return make_report(tmp_path_factory.mktemp("made"))


def test_help_names_every_verb():
    done = run("--help")
    assert done.returncode == 0
    for verb in ("build", "compare", "list", "check", "new", "seal", "verify", "bundle", "init"):
        assert f"\n  {verb} " in done.stdout
        assert here.run(verb, "--help").returncode == 0


def test_build_prints_paths_and_tells_of_progress_elsewhere(made: TestRepository, tmp_path: Path):
    done = run("build", "2018", "--to", "html", "--out", tmp_path, "--root", made.root)
    assert done.returncode == 0 and done.stdout.strip().endswith("2018/html/index.html")
    assert "2018: html" in done.stderr


def test_build_speaks_json(made: TestRepository, tmp_path: Path):
    done = run("build", "2018", "--to", "epub", "--out", tmp_path, "--root", made.root, "--json")
    (artifact,) = json.loads(done.stdout)["artifacts"]
    assert artifact["edition"] == "2018" and Path(artifact["path"]).is_file()


def test_the_report_is_found_from_a_folder_inside_it(made: TestRepository):
    assert run("list", cwd=made.root / "chapters" / "figures").returncode == 0


def test_list_counts_words_and_changes(made: TestRepository):
    rows = json.loads(here.run("list", "--json", "--root", made.root).stdout)
    assert [row["name"] for row in rows] == ["2018", "2019"]
    assert rows[0]["words_inserted"] is None and rows[1]["words_inserted"] == 3 and rows[1]["words_deleted"] == 1
    assert "2019-07-03" in run("list", "--root", made.root).stdout


def test_compare_sums_up_and_takes_revisions(made: TestRepository):
    summary = run("compare", "2018", "2019", "--root", made.root).stdout
    assert "Le modèle" in summary and "+3" in summary
    revisions = here.run("compare", "HEAD~2", "HEAD", "--to", "md", "--root", made.root)
    assert "{--publie--}" in revisions.stdout.replace(".", "") or "publie" in revisions.stdout
    assert here.run("compare", "2019", ".", "--root", made.root).stdout.startswith("no change")


def test_compare_writes_every_format(made: TestRepository, tmp_path: Path):
    done = run("compare", "2018", "2019", "--to", "html,pdf,epub,docx,md,json,ast", "-o", tmp_path, "--root", made.root)
    assert done.returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"s-2018-s-2019", *(
        f"s-2018-s-2019.{ending}" for ending in ("pdf", "epub", "docx", "md", "json", "ast.json"))}  # fmt: skip
    assert "insertion" in (tmp_path / "s-2018-s-2019.ast.json").read_text(encoding="utf-8")


def test_check_says_what_is_wrong_and_fails(tmp_path: Path):
    made = make_report(tmp_path)
    made.write({
        "editions/2020.yaml": "date: 2020-07-03\nchapters: [chapters/10-modele.md, chapters/20-services.md]\n",
        "chapters/10-modele.md": "# Modèle {#modele}\n\n[voir](#servces) {{#include a.rs}} ![](absent.png)\n",
    })  # fmt: skip
    done = run("check", "2020", "--root", made.root)
    assert done.returncode == 1
    assert "chapters/10-modele.md#modele-p1: R002 nothing has the id 'servces'; did you mean 'services'?" in done.stderr
    assert "S001" in done.stderr and "I001" in done.stderr
    assert run("check", "2018", "--root", made.root).returncode == 0


def test_new_drafts_an_edition_that_builds(tmp_path: Path):
    made = make_report(tmp_path)
    made.commit({"chapters/10-modele.md": "# Autre\n"}, message="modele: récrire\n\nPourquoi.\n\nMeeting: M-03")
    done = run("new", "2020", "--from", "2019", "--date", "2020-07-03", "--root", made.root)
    assert done.returncode == 0
    note = (made.root / "changelog/2020.md").read_text(encoding="utf-8")
    assert "modele: récrire" in note and "Meeting: M-03" in note
    assert 'redline: "2019"' in (manifest := (made.root / "editions/2020.yaml").read_text()) or "'2019'" in manifest
    assert run("build", "2020", "--to", "html", "--root", made.root).returncode == 0
    assert run("new", "2020", "--from", "2019", "--root", made.root).returncode == 3


def test_init_makes_a_report_that_builds_at_once(tmp_path: Path):
    for language in ("fr", "en"):
        folder = tmp_path / language
        assert run("init", folder, "--language", language).returncode == 0
        assert run("build", "--to", "html", "--root", folder).returncode == 0
        assert run("check", "--strict", "--root", folder).returncode == 0
        assert run("init", folder).returncode == 7


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["build", "2099"], 3, "no edition named '2099'"),
        (["build", "--to", "pfd"], 2, "'pfd' is not one of pdf, epub, html, docx"),
        (["compare", "2018", "nulle-part"], 4, "nulle-part"),
        (["compare", "./2018", "--output=x"], 2, "Missing argument"),
        (["new", "../x", "--from", "2019"], 3, "no name"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_mistakes_of_use_are_said_with_their_own_status(
    made: TestRepository, arguments: list[str], status: int, said: str
):
    root = [] if arguments[0] == "frobnicate" else ["--root", made.root]
    done = run(*arguments, *root)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr


def test_a_folder_without_a_report_is_told_how_to_begin(tmp_path: Path):
    done = run("build", "--root", tmp_path)
    assert done.returncode == 3 and "millesime init" in done.stderr
