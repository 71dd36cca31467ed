"""A note to readers that is still as `new` drafted it is neither sealed nor published."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from millesime.distribution.trust.record import Record
from millesime.history.repository import find_repository
from millesime.press.archive.seal import seal_content
from millesime.press.edition.draft_note import check_note, draft_line
from millesime.press.edition.workspace import Workspace
from millesime.press.scaffold import begin_edition
from millesime.press.site.publish import _chosen
from millesime.problems import ManifestError
from millesime.series.series import load_series
from tests.support import TestRepository, make_repository


def open_workspace(made: TestRepository) -> Workspace:
    return Workspace(load_series(made.root), find_repository(made.root))


@pytest.fixture(params=["fr", "en", "it"])
def drafted(request: pytest.FixtureRequest, tmp_path: Path) -> TestRepository:
    """A report whose second edition was begun by `new` and committed as it was."""
    made = make_repository(tmp_path)
    first = made.commit({
        "chapters/a.md": "# Un\n\nTexte.\n",
        "editions/report.yaml": f"title: Rapport\nlanguage: {request.param}\n",
        "editions/2018.yaml": "date: 2018-07-03\nchapters: [chapters/a.md]\n",
    })  # fmt: skip
    made.commit({"editions/2018.yaml": f"date: 2018-07-03\nrevision: '{first}'\nchapters: [chapters/a.md]\n"})
    begin_edition(open_workspace(made), "2019", old="2018", date=datetime.date(2019, 7, 3))
    second = made.commit()
    manifest = (made.root / "editions/2019.yaml").read_text("utf-8")
    made.commit({"editions/2019.yaml": f"{manifest}revision: '{second}'\n"})
    return made


def test_a_draft_is_reported_and_neither_sealed_nor_published(drafted: TestRepository):
    workspace = open_workspace(drafted)
    assert [(one.code, one.where) for one in check_note(workspace, "2019")] == [("N001", "changelog/2019.md:1")]
    with pytest.raises(ManifestError, match=r"^changelog/2019\.md:1: the note to readers is still a draft; rewrite"):
        seal_content(workspace, "2019")
    with pytest.raises(ManifestError, match=r"^changelog/2019\.md:1: "):
        _chosen(workspace, ["2019"], Record(editions={}, addresses={}))
    assert "seal" not in (drafted.root / "editions/2019.yaml").read_text("utf-8")


def test_a_note_that_was_rewritten_is_sealed(drafted: TestRepository):
    second = drafted.commit({"changelog/2019.md": "Un chapitre de plus.\n"})
    manifest = (drafted.root / "editions/2019.yaml").read_text("utf-8")
    lines = [line for line in manifest.splitlines() if not line.startswith("revision:")]
    drafted.commit({"editions/2019.yaml": "\n".join([*lines, f"revision: '{second}'", ""])})
    workspace = open_workspace(drafted)
    assert check_note(workspace, "2019") == [] and seal_content(workspace, "2018").state == "content"
    assert seal_content(workspace, "2019").state == "content"


def test_a_draft_is_known_by_its_line_however_it_is_spaced_and_wherever_it_stands():
    assert (
        draft_line(
            "# Titre\n\n> Brouillon à récrire pour les lecteurs\u00a0: ce qui change dans cette édition, et pourquoi."
        )
        == 3
    )
    assert draft_line("Un brouillon de loi.") is None
