"""What an edition's artifacts depend on: nothing of the editions after it."""

from __future__ import annotations

from pathlib import Path

from millesime.history.repository import find_repository
from millesime.press.cache.keys import digest
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifact_inputs import edition_inputs
from millesime.series.series import load_series
from tests.press.report import make_report


def inputs(root: Path, name: str) -> str:
    return digest(edition_inputs(Workspace(load_series(root), find_repository(root)), name))


def test_an_edition_that_comes_later_changes_nothing_in_those_before_it(tmp_path: Path):
    root = make_report(tmp_path / "report").root
    before = {name: inputs(root, name) for name in ("2018", "2019")}
    manifest = (root / "editions/2019.yaml").read_text("utf-8").replace("2019-07-03", "2020-07-03")
    (root / "editions/2020.yaml").write_text(manifest, "utf-8")
    assert {name: inputs(root, name) for name in before} == before


def test_an_edition_that_came_before_is_named_and_counts(tmp_path: Path):
    root = make_report(tmp_path / "report").root
    before = inputs(root, "2019")
    file = root / "editions/2018.yaml"
    file.write_text(file.read_text("utf-8") + "subtitle: Édition initiale\n", "utf-8")
    assert inputs(root, "2019") != before


def test_a_seal_does_not_count_but_for_the_commit_that_is_printed(tmp_path: Path):
    made = make_report(tmp_path / "report")
    before = inputs(made.root, "2018")
    file = made.root / "editions/2018.yaml"
    revision = next(line for line in file.read_text("utf-8").splitlines() if line.startswith("revision")).split("'")[1]
    tree = made.git("rev-parse", f"{revision}:chapters").strip()
    seal = f"seal:\n  commit: {revision}\n  trees: {{chapters: {tree}}}\n"
    file.write_text(file.read_text("utf-8") + seal, "utf-8")
    assert inputs(made.root, "2018") == before
    file.write_text(file.read_text("utf-8") + f"  artifacts: {{a.pdf: '{'0' * 64}'}}\n", "utf-8")
    assert inputs(made.root, "2018") == before
    other = made.commit({"README.md": "r"})
    file.write_text(file.read_text("utf-8").replace(f"  commit: {revision}", f"  commit: {other}"), "utf-8")
    assert inputs(made.root, "2018") != before


def test_a_seal_keeps_the_report_that_an_edition_was_printed_with(tmp_path: Path):
    made = make_report(tmp_path / "report")
    file, report = made.root / "editions/2018.yaml", made.root / "editions/report.yaml"
    text = file.read_text("utf-8")
    revision = next(line for line in text.splitlines() if line.startswith("revision")).split("'")[1]
    tree = made.git("rev-parse", f"{revision}:chapters").strip()
    frozen = "report: {title: La ville partagée, language: fr, licence: etalab-2.0}"
    before = inputs(made.root, "2018")
    file.write_text(f"{text}seal:\n  commit: {revision}\n  trees: {{chapters: {tree}}}\n  {frozen}\n", "utf-8")
    report.write_text(report.read_text("utf-8") + "publisher: Ministère de la Ville\n", "utf-8")
    assert inputs(made.root, "2018") == before


def test_limits_do_not_count(tmp_path: Path):
    root = make_report(tmp_path / "report").root
    before = inputs(root, "2018")
    file = root / "editions/report.yaml"
    file.write_text(file.read_text("utf-8") + "limits: {reading: 7, pixels: 3}\n", "utf-8")
    assert load_series(root).limits.pixels == 3
    assert inputs(root, "2018") == before
