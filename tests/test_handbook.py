"""The handbook is a report of Millésime's own, `docs/`, and nothing in it is left to mend."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_check_finds_nothing_in_the_handbook():
    command = [sys.executable, "build.py", "check", "--strict", "--json", "--root", "docs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(problems == [] for problems in json.loads(done.stdout).values())


def test_every_page_is_in_the_handbook():
    manifest = (ROOT / "docs/editions/0.1.yaml").read_text(encoding="utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.name not in manifest] == []
