"""A build opens no socket: not this program, not its workers, not pandoc, not git."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from millesime.markup.pandoc import pandoc_path
from tests.security.artifacts import SVG
from tests.security.sealed import can_seal
from tests.support import make_repository

ROOT = Path(__file__).resolve().parents[2]
REMOTE = """\
# Un

![a](https://evil.example/a.png) ![b](//evil.example/b.png) ![c](http://127.0.0.1/c.svg) ![d](d.svg) [@evil]

<img src=https://evil.example/e.png><iframe src=https://evil.example/></iframe><video src=https://evil.example/v></video>

<link rel=stylesheet href=https://evil.example/a.css><style>@import 'https://evil.example/a.css';</style>

`<img src="https://evil.example/e.png"/>`{=html} [x]{style="background:url(https://evil.example/a.png)"}

![f](ftp://evil.example/f.png) ![g](file://evil.example/g.png) ![h](\\\\\\\\evil.example\\\\h.png)
"""
DRAWING = (
    f"<?xml version='1.0'?><!DOCTYPE svg SYSTEM 'http://evil.example/a.dtd'>{SVG}"
    "<image href='https://evil.example/a.png'/><style>@import 'https://evil.example/a.css';</style></svg>"
)
SHEET = "@import url(https://evil.example/a.css);\n@font-face {font-family: x; src: url(https://evil.example/a.woff)}\n"

pytestmark = pytest.mark.skipif(not can_seal(), reason="no seccomp filter for this system and processor")


def sealed(*command: str, folder: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MILLESIME_CACHE": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-m", "tests.security.sealed", *command],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", ["import socket; socket.socket()", "import subprocess, sys; subprocess.run(PANDOC, check=True)"]
)
def test_the_seal_ends_who_asks_for_a_socket(words: str, tmp_path: Path):
    (tmp_path / "a.md").write_text("![x](http://127.0.0.1:9/a.png)", "utf-8")
    pandoc = [pandoc_path(), "a.md", "-o", "a.docx"]
    done = sealed(sys.executable, "-c", words.replace("PANDOC", repr(pandoc)), folder=tmp_path)
    assert done.returncode == -signal.SIGSYS or "SIGSYS" in done.stderr, done.stderr


def test_no_process_of_a_build_asks_for_a_socket(tmp_path: Path):
    repo = make_repository(tmp_path)
    first = repo.commit({
        "chapters/a.md": REMOTE,
        "chapters/d.svg": DRAWING,
        "works.bib": "@book{evil, title={T}, year=1990, url={https://evil.example/}, doi={10.1234/x}}\n",
        "templates/pdf/page.css": SHEET,
        "editions/report.yaml": "title: Rapport\nlanguage: fr\nbase_url: https://evil.example/\n",
    })  # fmt: skip
    second = repo.commit({"chapters/a.md": REMOTE.replace("# Un", "# Un\n\nUn alinéa de plus.")})
    for name, revision, more in (("2018", first, ""), ("2019", second, 'annexes: [{redline: "2018"}]\n')):
        repo.write({f"editions/{name}.yaml": f"date: {name}-07-03\nrevision: '{revision}'\nchapters: [chapters/a.md]\n"
                    f"bibliography: [works.bib]\nformats: [pdf, epub, html, docx]\n{more}"})  # fmt: skip
    done = sealed(sys.executable, str(ROOT / "build.py"), "build", "2019", "--root", str(repo.root), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.suffix for path in (repo.root / "dist/2019").iterdir()} == {".pdf", ".epub", ".docx", ""}
    done = sealed(sys.executable, str(ROOT / "build.py"), "check", "--root", str(repo.root), folder=tmp_path)
    assert "I001" in done.stdout + done.stderr, done.stderr
