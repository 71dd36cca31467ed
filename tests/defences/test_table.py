"""The table of defences fits the code: nothing in it is out of date, and the runner tells what it must."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import millesime
from tests.defences import __main__ as runner
from tests.defences.table import DEFENCES, Defence

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("defence", DEFENCES, ids=lambda defence: defence.name)
def test_the_text_of_a_defence_stands_once_in_its_module_and_its_tests_exist(defence: Defence):
    text = (ROOT / defence.module).read_text("utf-8")
    assert text.count(defence.there) == 1
    changed = text.replace(defence.there, defence.instead)
    assert changed != text
    if defence.module.endswith(".py"):
        compile(changed, defence.module, "exec")
    files = [word.partition("::") for word in defence.tests if word.startswith("tests/")]
    assert files
    for file, _, test in files:
        assert (ROOT / file).is_file(), file
        assert not test or re.search(
            rf"^def {re.escape(test.partition('[')[0])}\(", (ROOT / file).read_text("utf-8"), re.M
        )


def test_names_are_distinct():
    names = [defence.name for defence in DEFENCES]
    assert sorted(set(names)) == sorted(names)


def test_each_line_of_the_page_on_security_has_a_defence():
    page = (ROOT / "docs/security.md").read_text("utf-8").partition("## Which defence")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")][2:]
    modules = {place for row in rows for place in re.findall(r"`([\w/]+\.(?:py|lua))(?::\w+)?`", row[2])}
    assert len(rows) > 15 and all(len(row) == 4 for row in rows)
    assert modules - {defence.module.removeprefix("millesime/") for defence in DEFENCES} == set()


def test_millesime_is_imported_from_where_its_tests_are():
    """Also in the copies that the command makes: else a defence would be looked for where it still is."""
    place = Path(os.environ.get("MILLESIME_DEFENCES", ROOT)).resolve()
    assert Path(millesime.__file__).resolve().parents[1] == place == ROOT
    code = "import millesime; print(millesime.__file__)"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert Path(said.strip()).resolve().parents[1] == place


WATCHED = "tests/press/test_resource_limits.py::test_nothing_remains_of_a_limit"


@pytest.mark.parametrize(
    ("there", "instead", "error", "is_proof"),
    [
        ("return step(*values)\n    except", "return 7\n    except", "AssertionError", True),
        ("No Exception, which", "An exception, which", "", False),  # nothing is missed
        ("import signal\n", "import no_such_module\n", "setup", False),
    ],
)
def test_a_test_that_fails_is_told_from_none_and_from_a_mistake_in_the_table(
    there: str, instead: str, error: str, is_proof: bool
):
    defence = Defence(
        name="x", module="millesime/press/run/resource_limits.py", there=there, instead=instead, tests=(WATCHED,)
    )
    outcome = runner.try_without(defence)
    assert (outcome.is_proof, outcome.error) == (is_proof, error), outcome.output
    assert (outcome.status == 0) == (there.startswith("No Exception"))
