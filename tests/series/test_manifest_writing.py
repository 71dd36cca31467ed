"""Manifests that Millésime writes are manifests that it reads."""

import datetime
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.problems import ManifestError
from millesime.series.manifest import Seal
from millesime.series.manifest_writing import add_seal, first_edition_text, next_edition_text, report_text
from millesime.series.series import load_series

SEAL = Seal(commit="0" * 40, trees={"chapters": "12e4567" + "0" * 33}, tools={"pandoc": "3.9"})
OTHER_SEAL = Seal(
    commit="b" * 40, trees={"chapters": "c" * 40, "à part: x": "d" * 40}, toolchain="a" * 40,
    beside={"editions/2018.yaml": "f" * 64}, fonts={"DejaVu Sans.ttf": "0" * 64}, artifacts={"r # s.pdf": "e" * 64},
    tools={f"library {number}": f"{number}.0, built: 'x' # {number}" for number in range(20)},
    report={
        "title": "L’été : no", "language": "fr", "numbering": {"enabled": False, "depth": 2}, "formats": ["pdf"],
        "authors": [{"name": "A: b", "sector": "academic"}], "keywords": ["a, b", "{c}"], "description": "mot " * 60,
    },
)  # fmt: skip
OLD = """\
date: 2018-07-03 # the day
subtitle: Première
revision: 1234567
front_matter: [chapters/00.md]
chapters:
  - part: "Le modèle : un essai"
    chapters: [chapters/01.md, {path: chapters/02.md, id: deux, numbered: false}]
  - chapters/03.md
annexes: [{register: hearings}, {chapter: chapters/z.md}]
bibliography: [refs.bib]
"""


def lay(root: Path, **texts: str) -> Path:
    folder = root / "editions"
    folder.mkdir(exist_ok=True)
    (folder / "report.yaml").write_text(report_text(title="L’été : no", language="fr"), encoding="utf-8")
    for name, text in texts.items():
        (folder / f"{name[1:]}.yaml").write_text(text, encoding="utf-8")
    return root


def test_the_next_edition_has_the_structure_of_the_old_one_and_a_redline(tmp_path: Path):
    old = load_series(lay(tmp_path, e2018=OLD)).edition("2018")
    text = next_edition_text(old, date=datetime.date(2019, 7, 3))
    new = load_series(lay(tmp_path, e2019=text)).edition("2019")
    assert [replace(entry, where="") for entry in new.chapter_entries] == [
        replace(entry, where="") for entry in old.chapter_entries
    ]
    assert (new.parts, new.bibliography) == (old.parts, old.bibliography)
    assert (new.revision, new.seal, new.subtitle) == ("", None, "")
    assert text.splitlines()[0] == "date: 2019-07-03"
    assert "  - {redline: '2018'}\n  - {register: hearings}\n  - {chapter: chapters/z.md}\n" in text


def test_a_new_report_is_read_back(tmp_path: Path):
    text = first_edition_text(date=datetime.date(2018, 7, 3), chapters=["chapters/a: b.md"], formats=["html", "pdf"])
    series = load_series(lay(tmp_path, e2018=text))
    assert series.report.title == "L’été : no"
    assert series.edition("2018").chapter_entries[0].path == "chapters/a: b.md"
    assert series.edition("2018").formats == ("html", "pdf")


@pytest.mark.parametrize("text", [
    OLD,
    OLD.rstrip("\n"),
    "---\n" + OLD + "...\n",
    OLD + "# the last word\n",
    OLD + "seal:\n  commit: x\n  trees:\n    a: |\n      long\n    b: [1,\n      2]\n# after\nformats: [pdf]\n",
    OLD + "seal: {commit: x,\n  trees: {}} # gone\nformats: [pdf]\n",
    "seal: 3\n" + OLD,
    OLD.replace("Première", '"Première\u2028suite\u2029fin"'),
], ids=range(8))  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
def test_a_seal_is_added_and_replaced_and_nothing_else_changes(tmp_path: Path, text: str, ending: str, bom: bytes):
    path = lay(tmp_path) / "editions" / "2018.yaml"
    path.write_bytes(bom + text.replace("\n", ending).encode())
    add_seal(path, SEAL)
    assert load_series(tmp_path).edition("2018").seal == SEAL
    once = path.read_bytes()
    assert once.startswith(bom)
    assert ending == "\n" or once.count(b"\n") == once.count(b"\r\n")
    if "seal" not in text and "..." not in text:
        assert once.startswith(bom + text.replace("\n", ending).encode())
    add_seal(path, OTHER_SEAL)
    assert load_series(tmp_path).edition("2018").seal == OTHER_SEAL
    add_seal(path, SEAL)
    assert path.read_bytes() == once, "a second sealing leaves no trace of the first"
    assert sorted(path.parent.iterdir()) == [path, path.parent / "report.yaml"], "no temporary file is left"


def test_comments_stay_when_a_manifest_is_sealed(tmp_path: Path):
    path = lay(tmp_path, e2018=OLD) / "editions" / "2018.yaml"
    add_seal(path, SEAL)
    assert path.read_text(encoding="utf-8").startswith(OLD + "# What freezes this edition")


def test_a_manifest_in_braces_is_not_sealed(tmp_path: Path):
    text = "{date: 2018-07-03, chapters: [a.md]}\n"
    path = lay(tmp_path, e2018=text) / "editions" / "2018.yaml"
    with pytest.raises(ManifestError, match="keys inside braces; write them one on each line"):
        add_seal(path, SEAL)
    assert path.read_text(encoding="utf-8") == text


def test_the_rights_of_a_sealed_manifest_stay(tmp_path: Path):
    path = lay(tmp_path, e2018=OLD) / "editions" / "2018.yaml"
    path.chmod(0o640)
    add_seal(path, SEAL)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_sealed_edition_keeps_the_report_that_it_was_sealed_with(tmp_path: Path):
    root = lay(tmp_path, e2018=OLD, e2019=OLD.replace("2018", "2019"))
    add_seal(root / "editions/2018.yaml", OTHER_SEAL)
    series = load_series(root)
    assert series.edition("2018").formats == ("pdf",) and series.edition("2018").authors[0].name == "A: b"
    assert series.edition("2019").formats == ("pdf", "epub", "html") and series.edition("2019").authors == ()


def test_a_run_killed_while_it_writes_leaves_the_manifest_whole_and_the_next_one_tidies(tmp_path: Path):
    path = lay(tmp_path, e2018=OLD) / "editions/2018.yaml"
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.series.test_manifest_writing import SEAL, add_seal\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "add_seal(Path(sys.argv[1]), SEAL)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], cwd=Path(__file__).resolve().parents[2])
    assert done.returncode == -signal.SIGKILL
    assert path.read_text(encoding="utf-8") == OLD and len(list(path.parent.iterdir())) == 3
    assert load_series(tmp_path).edition("2018").seal is None
    add_seal(path, SEAL)
    assert load_series(tmp_path).edition("2018").seal == SEAL
    assert sorted(path.parent.iterdir()) == [path, path.parent / "report.yaml"]


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cn"]), min_size=1).filter(lambda text: text.strip(" ")))
def test_any_title_survives_being_written(tmp_path_factory: pytest.TempPathFactory, title: str):
    root = tmp_path_factory.mktemp("report")
    (root / "editions").mkdir()
    text = report_text(title=title, language="fr")
    (root / "editions" / "report.yaml").write_text(text, encoding="utf-8", newline="")
    edition = first_edition_text(date=datetime.date(2018, 1, 1), chapters=["a.md"])
    (root / "editions" / "1.yaml").write_text(edition, encoding="utf-8")
    assert load_series(root).report.title.replace(" ", "") == title.replace(" ", "")
