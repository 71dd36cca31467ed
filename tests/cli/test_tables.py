"""Tables: rows stay whole for programs, and cells stay whole on narrow terminals."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from millesime.cli.terminal import print_table
from tests.cli.here import run
from tests.press.report import FIRST, MANIFEST
from tests.support import make_repository

TITLES = ("edition", "revision", "words")
ROWS = [("2018", "une-branche-au-nom-tres-long-qui-ne-tient-pas", "1,234"), ("2019", "v2", "")]


def test_a_row_of_list_is_one_line_for_programs(tmp_path: Path):
    made = make_repository(tmp_path)
    made.commit(FIRST)
    branch = "relecture/une-branche-au-nom-tres-long-qui-ne-tient-pas-dans-quatre-vingts-colonnes"
    made.git("branch", branch)
    made.commit({"editions/2018.yaml": MANIFEST.format(date="2018-07-03", revision=branch)})
    done = run("list", "--root", made.root, COLUMNS="40")
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and branch in lines[1] and lines[1].split()[:2] == ["2018", "2018-07-03"], done.stderr


@pytest.mark.parametrize("width", [20, 40, 200])
def test_no_cell_is_broken_on_a_terminal(width: int, capsys: pytest.CaptureFixture[str]):
    screen = io.StringIO()
    print_table(TITLES, ROWS, right=("words",), terminal=Console(file=screen, width=width, force_terminal=False))
    shown = screen.getvalue() + capsys.readouterr().out
    assert all(cell in shown for row in ROWS for cell in row)
    if width == 200:
        assert len(shown.splitlines()) == 3
    else:
        assert shown.splitlines() == [
            "2018",
            f"  revision  {ROWS[0][1]}",
            "  words     1,234",
            "2019",
            "  revision  v2",
        ]
