"""The tutorial of the handbook, done as it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOX = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tutorial_does_what_it_says(tmp_path: Path):
    commands = "".join(BOX.findall((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")))
    assert commands.count("millesime ") >= 8
    program = tmp_path / "bin" / "millesime"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m millesime "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "GIT_AUTHOR_NAME": "Rédaction",
        "GIT_AUTHOR_EMAIL": "redaction@example.org", "GIT_COMMITTER_NAME": "Rédaction",
        "GIT_COMMITTER_EMAIL": "redaction@example.org",
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-eu", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = tmp_path / "my-report"
    assert (report / "dist/2027/the-quiet-city-2027.pdf").is_file()
    annex = (report / "dist/2027/html/redline-2026.html").read_text(encoding="utf-8")
    assert re.search(r"<ins[^>]*>.*?and section", annex, re.DOTALL)
    with zipfile.ZipFile(report / "changes.docx") as archive:
        assert b"<w:ins " in archive.read("word/document.xml")
    record = json.loads((report / "dist/site/publication.json").read_text(encoding="utf-8"))
    assert set(record["editions"]) == {"2026", "2027"}
