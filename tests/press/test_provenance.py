"""The commits behind passages reach the annex: dates, subjects, trailers, and nothing that is not known."""

from __future__ import annotations

from pathlib import Path

from millesime.history.repository import find_repository
from millesime.markup.ast import text_of, walk
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.series.series import load_series
from tests.press.report import FIRST, make_report
from tests.support import TestRepository

TEXT = FIRST["chapters/10-modele.md"]
REGISTER = "- {id: C-2019-001, from: Régie des eaux}\n"


def annex_text(made: TestRepository, *, settings: str = "provenance: true") -> tuple[str, list]:
    made.write({
        "editions/2020.yaml": (
            "date: 2020-07-03\nchapters: [chapters/10-modele.md, chapters/20-services.md]\n"
            f"annexes: [{{redline: '2019', {settings}}}, {{register: contributions}}]\n"
        ),
    })  # fmt: skip
    workspace = Workspace(load_series(made.root), find_repository(made.root))
    report = assemble_edition(workspace, "2020")
    (annex,) = [chapter for chapter in report.chapters if chapter.id == "redline-2019"]
    return text_of(list(annex.blocks)).replace("\u00a0", " ").replace("\u202f", " "), list(annex.blocks)


def test_a_passage_names_its_commit_and_the_contribution_behind_it(tmp_path: Path):
    made = make_report(tmp_path)
    made.commit({
        "chapters/10-modele.md": TEXT.replace("Le conseil décide", "Le conseil municipal décide"),
        "chapters/registers/contributions.yaml": REGISTER,
    }, message="Dire *quel* conseil <b>décide</b>\n\nContribution: C-2019-001\nContribution: C-9\n")  # fmt: skip
    text, blocks = annex_text(made)
    assert "« Dire *quel* conseil <b>décide</b> » ; contribution C-2019-001 (Régie des eaux)" in text
    assert "contribution C-9." in text
    assert "#c-2019-001" in {node["c"][2][0] for node in walk(blocks) if node["t"] == "Link"}
    assert not [node for node in walk(blocks) if node["t"] in ("RawInline", "RawBlock")]


def test_what_is_not_committed_is_said_to_be_in_preparation(tmp_path: Path):
    made = make_report(tmp_path)
    made.write({
        "chapters/10-modele.md": TEXT.replace("Le conseil décide", "Le conseil municipal décide"),
        "chapters/registers/contributions.yaml": REGISTER,
    })  # fmt: skip
    text, _ = annex_text(made)
    assert "Pourquoi : Texte en préparation" in text


def test_without_the_key_no_commit_is_named(tmp_path: Path):
    made = make_report(tmp_path)
    made.commit({
        "chapters/10-modele.md": TEXT.replace("Le conseil décide", "Le conseil municipal décide"),
        "chapters/registers/contributions.yaml": REGISTER,
    }, message="Préciser")  # fmt: skip
    text, _ = annex_text(made, settings="context: 0")
    assert "municipal" in text and "Préciser" not in text and "restera tel quel" not in text
