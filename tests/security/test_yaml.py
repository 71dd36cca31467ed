"""YAML that makes objects or multiplies, wherever a report holds YAML."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from millesime.assembly.theme import load_labels
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.problems import ReportError
from millesime.series.series import load_series
from tests.security.artifacts import assemble, write_report

TAGS = [
    "!!python/object/apply:os.system ['touch WITNESS']",
    "!!python/object/new:os.system ['touch WITNESS']",
    "!!python/name:os.system",
    "!!python/module:os",
    "!<tag:yaml.org,2002:python/object/apply:subprocess.check_output> [['touch', 'WITNESS']]",
    "!!binary dG91Y2g=",
    "!include /etc/passwd",
    "!!js/function 'x'",
]
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
BOMBS = {
    "laughs": LAUGHS,
    "itself": "a: &a [*a]\n",
    "laughs-in-an-entry": "- id: A-1\n"
    + "  a0: &a0 [x]\n"
    + "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 6)),
    "merge": "a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(9)),
    "flow": "a: " + "[" * 20_000,
    "mapping": "a: " + "{a: " * 20_000,
    "block": "".join(f"{' ' * level}a:\n" for level in range(900)),
    "key": "? " * 20_000,
    "documents": "---\na: 1\n" * 9,
    "long": "a: " + "x" * 600_000,
    "number": "a: " + "9" * 100_000,
    "sexagesimal": "a: 1" + ":59" * 20_000,
}


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("place", ["report", "edition", "register", "front matter"])
def test_no_tag_makes_an_object(tag: str, place: str, tmp_path: Path, witness: Path):
    value = tag.replace("WITNESS", str(witness))
    register = "- {id: A-1, title: Une audition, organisation: Mairie, date: 2018-01-01"
    write_report(
        tmp_path / "report",
        {
            "chapters/a.md": f"---\nid: {value}\n---\n\n# Un\n" if place == "front matter" else "# Un\n",
            "chapters/registers/hearings.yaml": f"{register}, role: {value if place == 'register' else 'x'}}}\n",
        },
        report=f"subtitle: {value}\n" if place == "report" else "",
        manifest="chapters: [chapters/a.md]\nannexes: [{register: hearings}]\n"
        + (f"subtitle: {value}\n" if place == "edition" else ""),
    )
    try:
        assemble(tmp_path / "report")
    except ReportError as error:
        assert "report.yaml" in str(error) or "2019.yaml" in str(error) or "chapters/" in str(error)
    assert not witness.exists()


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("place", ["report", "register"])
def test_no_yaml_multiplies(bomb: str, place: str, tmp_path: Path):
    write_report(
        tmp_path,
        {"chapters/a.md": "# Un\n", "chapters/registers/hearings.yaml": BOMBS[bomb] if place == "register" else ""},
        report=BOMBS[bomb] if place == "report" else "",
        manifest="chapters: [chapters/a.md]\nannexes: [{register: hearings}]",
    )
    began = time.process_time()
    with pytest.raises(ReportError) as raised:
        assemble_edition(Workspace(load_series(tmp_path), None), "2019")
    assert ("editions/report.yaml" if place == "report" else "hearings") in str(raised.value)
    assert len(str(raised.value)) < 3_000
    assert time.process_time() - began < 10


LABELS = {
    **{bomb: BOMBS[bomb] for bomb in ("laughs", "itself", "merge", "flow", "mapping", "block", "key", "documents")},
    "a list": "[contents, notes]",
    "a list of words": "contents: [Sommaire, Table]",
    "a number": "5",
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_a_theme_that_are_none_are_named(labels: str):
    began = time.process_time()
    with pytest.raises(ReportError, match=r"templates/labels/fr\.yaml"):
        load_labels("fr", {"labels/fr.yaml": labels.encode()})
    assert time.process_time() - began < 10
