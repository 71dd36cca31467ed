"""A report in a folder of a larger repository: every verb does there what it does at the top."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.cli.here import run
from tests.press.report import FIRST, MANIFEST, SECOND
from tests.support import TestRepository, make_repository

FOLDER = "docs/le rapport"
OTHERS = {"README.md": "# Un logiciel\n", "chapters/10-modele.md": "# Un autre texte\n", "templates/x.css": "x"}
REGISTER = "- {id: C-2019-001, from: Régie des eaux}\n"


def within(files: dict[str, str]) -> dict[str, str]:
    return {f"{FOLDER}/{path}": text for path, text in files.items()}


def make_clone(folder: Path) -> TestRepository:
    """Return a repository with other things at its top and a report of two tagged editions in a folder."""
    made = make_repository(folder)
    made.commit(OTHERS, message="Un logiciel")
    made.commit(within(FIRST), message="Première édition", tag="v2018")
    made.commit(within({"chapters/registers/contributions.yaml": REGISTER}))
    made.commit(within(SECOND), message="Mettre en commun\n\nContribution: C-2019-001\n", tag="v2019")
    manifest = MANIFEST.replace("[pdf, epub, html, docx]", "[html]")
    made.commit(within({
        "editions/2018.yaml": manifest.format(date="2018-07-03", revision="v2018"),
        "editions/2019.yaml": manifest.format(date="2019-07-03", revision="v2019")
        + 'annexes: [{redline: "2018", provenance: true}]\n',
        "editions/2020.yaml": "date: 2020-07-03\nformats: [html]\nchapters: [chapters/10-modele.md]\n"
        'annexes: [{redline: "2019"}]\n',
    }), message="Décrire les éditions")  # fmt: skip
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    """The clone, its first two editions sealed."""
    made = make_clone(tmp_path_factory.mktemp("made"))
    done = run("seal", "2018", "2019", "--root", made.root / FOLDER)
    assert done.returncode == 0, done.stderr
    made.commit(message="Sceller")
    return made


@pytest.fixture
def report(made: TestRepository) -> Path:
    return made.root / FOLDER


def test_editions_of_revisions_and_of_the_working_tree_are_built(report: Path, tmp_path: Path):
    done = run("build", "--root", report, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("2018", "2019", "2020"):
        text = (tmp_path / name / "html/modele.html").read_text(encoding="utf-8")
        assert "La ville partage ses données" in text and "Un autre texte" not in text
    annex = (tmp_path / "2019/html/redline-2018.html").read_text(encoding="utf-8")
    assert "Deux changements" in annex  # changelog/2019.md
    assert "C-2019-001" in annex and "Régie des eaux" in annex  # provenance, and the register


def test_the_report_is_found_from_its_folders(report: Path):
    done = run("list", "--json", cwd=report / "chapters/figures")
    assert [row["name"] for row in json.loads(done.stdout)] == ["2018", "2019", "2020"], done.stderr


def test_list_check_and_new(report: Path):
    rows = json.loads(run("list", "--json", "--root", report).stdout)
    assert [row["error"] for row in rows] == ["", "", ""] and rows[1]["words_inserted"] == 3
    assert rows[0]["sealed"] and not rows[2]["sealed"]
    done = run("check", "2019", "--root", report)
    assert done.returncode == 0, done.stderr
    done = run("new", "2021", "--from", "2018", "--root", report)
    note = (report / "changelog/2021.md").read_text(encoding="utf-8")
    for path in ("editions/2021.yaml", "changelog/2021.md"):
        (report / path).unlink()
    assert done.returncode == 0 and "Mettre en commun" in note and "Un logiciel" not in note


@pytest.mark.parametrize("names", [("2018", "2019"), ("v2018", "v2019"), ("v2018", "."), ("2018", "HEAD")])
def test_compare(report: Path, names: tuple[str, str]):
    done = run("compare", *names, "--json", "--root", report)
    assert done.returncode == 0, done.stderr
    redline = json.loads(done.stdout)
    chapter = next(one for one in redline["chapters"] if one["new"] and one["new"]["path"] == "chapters/10-modele.md")
    assert chapter["old"]["path"] == "chapters/10-modele.md" and chapter["figures"]["words_inserted"] == 3
    assert "Un autre texte" not in done.stdout


def test_seals_hold_trees_of_the_report_and_are_verified(made: TestRepository, report: Path):
    seal = (report / "editions/2019.yaml").read_text(encoding="utf-8")
    tree = made.git("rev-parse", f"v2019:{FOLDER}/chapters")
    assert f"chapters: {tree}" in seal and "docs:" not in seal
    done = run("verify", "--root", report)
    assert done.returncode == 0 and done.stdout.count("verified") == 2, done.stdout + done.stderr


def test_a_sealed_edition_outlives_its_commit_and_a_move_of_the_report(made: TestRepository, tmp_path: Path):
    clone = made.clone(tmp_path / "clone")
    # The same files at the top, in a history of its own.
    lone = make_repository(tmp_path / "lone")
    files = {path: (clone.root / FOLDER / path).read_bytes() for path in ("editions/2018.yaml", "editions/report.yaml")}
    lone.commit(FIRST, message="Importer")
    lone.commit(files, message="Le manifeste")
    done = run("verify", "2018", "--root", lone.root)
    assert "verified" in done.stdout, done.stdout + done.stderr
    assert "whose content is the sealed one" in done.stderr
    lone.git("mv", "chapters", "moved")
    (lone.root / "sub").mkdir()
    lone.git("mv", "moved", "sub/chapters")
    lone.git("mv", "editions", "sub/editions")
    lone.commit(message="Ranger")
    done = run("verify", "2018", "--root", lone.root / "sub")
    assert "verified" in done.stdout, done.stdout + done.stderr


def test_a_bundle_is_made_again(report: Path, tmp_path: Path):
    for options in ((), ("--without-history",)):
        place = tmp_path / f"{len(options)}.zip"
        done = run("bundle", "2019", "--root", report, "-o", place, *options)
        assert done.returncode == 0, done.stderr
        with zipfile.ZipFile(place) as archive:
            readme = archive.read(next(name for name in archive.namelist() if name.endswith("-bundle/README.txt")))
        assert f'"../report/{FOLDER}/"' in readme.decode()
        done = run("verify", "--bundle", place)
        assert done.returncode == (1 if options else 0), done.stdout + done.stderr
        # Without history an annex cannot name its commits: other bytes, and nothing worse.
        assert ("bytes" if options else "verified") in done.stdout or "history" in done.stdout


def test_publish(report: Path, tmp_path: Path):
    done = run("publish", "--no-search", "--root", report, "--out", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "Un autre texte" not in (tmp_path / "site/2019/modele.html").read_text(encoding="utf-8")


def test_a_report_is_begun_in_a_clone_and_built(tmp_path: Path):
    """The recipe of the README, in a repository that holds other things."""
    made = make_repository(tmp_path)
    made.commit(OTHERS)
    assert run("init", "rapport", cwd=made.root).returncode == 0
    done = run("build", "--to", "html", "--root", "rapport", cwd=made.root)
    assert done.returncode == 0, done.stderr
    status = subprocess.run(["git", "status", "--short", "-uall"], cwd=made.root, capture_output=True, text=True).stdout
    assert "rapport/dist" not in status


def test_an_edition_from_before_the_report_moved_is_read_where_it_was(tmp_path: Path):
    made = make_repository(tmp_path)
    made.commit(FIRST, tag="v2018")
    for name in ("chapters", "editions"):
        made.write({f"rapport/{path}": text for path, text in FIRST.items() if path.startswith(f"{name}/")})
        made.git("rm", "-r", "--quiet", name)
    made.commit(within({}), message="Ranger le rapport dans un dossier")
    made.write({
        "rapport/editions/2018.yaml": MANIFEST.format(date="2018-07-03", revision="v2018"),
        "rapport/editions/2019.yaml": MANIFEST.replace("revision: '{revision}'\n", "").format(date="2019-07-03")
        + 'annexes: [{redline: "2018", provenance: true}]\n',
    })  # fmt: skip
    done = run("compare", "2018", "2019", "--exit-code", "--root", made.root / "rapport")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("build", "2018", "2019", "--to", "epub", "--root", made.root / "rapport", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "has no folder 'rapport'; read from the top of the repository there" in done.stderr


def test_trailers_of_commits_outside_the_report_name_no_entry_of_it(tmp_path: Path):
    """A second report of the repository has registers of its own."""
    made = make_clone(tmp_path / "clone")
    made.commit({"chapters/10-modele.md": "# Un texte\n"}, message="Reprendre\n\nContribution: C-2019-900\n")
    made.commit(within({"chapters/10-modele.md": "# Modèle\n\nMot.\n"}), message="Revoir\n\nContribution: C-2019-800\n")
    done = run("check", "2020", "--json", "--root", made.root / FOLDER)
    told = [problem["text"] for problem in json.loads(done.stdout)["2020"] if problem["code"] == "Y004"]
    assert len(told) == 1 and "C-2019-800" in told[0], told
