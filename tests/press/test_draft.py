"""A draft is quick to read and cannot be taken for the edition."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from millesime.history.repository import find_repository
from millesime.press.edition.workspace import Workspace
from millesime.press.run.draft import draft_edition
from millesime.press.run.workers import local_workers
from millesime.problems import ManifestError
from millesime.series.series import load_series
from tests.press.report import make_report
from tests.support import TestRepository


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    return make_report(tmp_path_factory.mktemp("made"))


def draft(made: TestRepository, out: Path, *chapters: str) -> str:
    workspace = Workspace(load_series(made.root), find_repository(made.root))
    with local_workers(1) as workers:
        printed = draft_edition(workspace, "2019", chapters=chapters, out=out, workers=workers)
    assert printed.path == out / "2019/la-ville-partagee-2019-draft.pdf"
    return subprocess.run(["pdftotext", printed.path, "-"], capture_output=True, text=True, check=True).stdout


def test_a_draft_of_all_has_every_chapter_and_no_annex(made: TestRepository, tmp_path: Path):
    text = draft(made, tmp_path)
    assert "Le conseil décide" in text and "Governing the Commons" in text and "Table de concordance" not in text
    assert text.count("à ne pas diffuser") == text.count("\f")


def test_a_draft_of_one_chapter_has_nothing_else(made: TestRepository, tmp_path: Path):
    text = draft(made, tmp_path, "chapters/20-services.md")
    assert "Les services" in text and "Budget" in text
    assert "Le conseil décide" not in text and "Sommaire" not in text and "Citer" not in text
    assert text.count("\f") == text.count("à ne pas diffuser") == 1
    assert "chapitre 1" not in text and "Tableau 1" in text.replace("\u00a0", " ")


def test_a_chapter_that_is_not_there_is_named(made: TestRepository, tmp_path: Path):
    with pytest.raises(ManifestError, match=r"--chapter servcies: edition 2019 has no such chapter; .*services"):
        draft(made, tmp_path, "servcies")
