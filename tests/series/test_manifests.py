"""Every kind of mistake in a manifest, by its folder in tests/cases/manifests."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.problems import ManifestError
from millesime.series.manifest import BRANCHES, Author, EditionManifest, Numbering, ReportManifest, Seal
from millesime.series.mistakes import keys_of
from millesime.series.series import load_series

CASES = Path(__file__).resolve().parent.parent / "cases" / "manifests"
FOLDERS = sorted(folder for folder in CASES.iterdir() if folder.is_dir())


def copy_manifests(case: Path, root: Path) -> Path:
    """Lay the manifests of one case out as a report has them."""
    editions = root / "editions"
    editions.mkdir()
    for path in case.iterdir():
        if path.name != "expected.txt":
            (editions / path.name).write_bytes(path.read_bytes())
    return root


@pytest.mark.parametrize("case", FOLDERS, ids=lambda folder: folder.name)
def test_a_wrong_manifest_says_where_what_and_what_to_do(case: Path, tmp_path: Path, update_golden: bool):
    with pytest.raises(ManifestError) as raised:
        load_series(copy_manifests(case, tmp_path))
    seen = f"{raised.value}\n"
    expected = case / "expected.txt"
    if update_golden:
        expected.write_text(seen, encoding="utf-8")
    assert seen == expected.read_text(encoding="utf-8")
    for line in seen.splitlines():
        assert line.startswith("editions"), "no line without its file"
        assert "; " in line, f"nothing says what to do: {line}"


def test_there_are_at_least_24_kinds_of_mistakes():
    assert len(FOLDERS) >= 24


RIGHT = """\
date: 2019-07-03
title: &t "La ville"
subtitle: *t
front_matter: [a.md]
chapters:
  - part: Le modèle
    chapters: [b.md, {path: c.md, id: c, numbered: true}]
  - d.md
annexes: [{redline: 2018, detail: full}, {register: hearings}, {chapter: e.md}]
formats: [pdf, html]
seal:
  commit: 0123456789012345678901234567890123456789
  trees: {chapters: 0123456789012345678901234567890123456789}
"""
PIECES = [*"{}[]:,-&*!|>'\"%@#?\n\t \0\x07é\ufeff", "null", "- ", ": ", "<<", "---\n", "...\n", "!!python/x ", "2e4"]


@given(st.integers())
def test_whatever_a_manifest_holds_no_other_exception_escapes(tmp_path_factory: pytest.TempPathFactory, seed: int):
    chance = random.Random(seed)
    text = RIGHT
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        text = text[:start] + chance.choice([*PIECES, ""]) + text[start + chance.choice([0, 0, 1, 1, 3, 20]) :]
    root = tmp_path_factory.mktemp("report")
    (root / "editions").mkdir()
    (root / "editions" / "report.yaml").write_bytes(b"title: T\nlanguage: fr\n")
    (root / "editions" / "2018.yaml").write_bytes(b"date: 2018-07-03\nchapters: [a.md]\n")
    (root / "editions" / "2019.yaml").write_bytes(text.encode())
    try:
        load_series(root)
    except ManifestError as error:
        for line in str(error).splitlines():
            assert line.startswith("editions/2019.yaml: "), line
            assert "; " in line, line


def test_the_reference_names_every_key():
    reference = (CASES.parent.parent.parent / "docs" / "manifests.md").read_text(encoding="utf-8")
    for model in (ReportManifest, EditionManifest, Author, Numbering, Seal, *BRANCHES.values()):
        for key in keys_of(model):
            assert f"`{key}" in reference or f"{{{key}:" in reference or f", {key}:" in reference, key
