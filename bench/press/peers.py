"""The peers: how each is installed, and run on what `sheets` wrote."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.press.sheets import GLUE
from bench.redline.install import cache_folder, install_apt
from millesime.markup.pandoc import pandoc_path

PLAIN, TYPST, CHROMIUM = "plain WeasyPrint", "Typst", "Chromium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program that prints a folder of `sheets` as PDF."""

    install: Callable[[], str]  # why it cannot run, or ""
    version: Callable[[], str]
    command: Callable[[Path, Path], list[str]]  # of the folder, and the PDF that it writes
    environment: Mapping[str, str] = field(default_factory=dict)


def _install_typst() -> str:
    folder = _python_folder()
    if (folder / "typst").exists():
        return ""
    line = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*line, "--no-deps", "--target", str(folder), "typst"], capture_output=True, text=True, check=False
    )
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return f"not installed: pip says {''.join(said[-1:])[:200]}" if done.returncode else ""


def _python_folder() -> Path:
    return cache_folder() / "python"


def _typst_version() -> str:
    found = importlib.metadata.distributions(name="typst", path=[str(_python_folder())])
    return next((one.version for one in found), "")


def _chromium_version() -> str:
    done = subprocess.run(["chromium", "--version"], capture_output=True, text=True, check=False)
    return next((word for word in done.stdout.split() if word[0].isdigit()), "")


def pandoc_version() -> str:
    done = subprocess.run([pandoc_path(), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[1]


PEERS: dict[str, Peer] = {
    PLAIN: Peer(
        install=lambda: "",  # a dependency of ours
        version=lambda: importlib.metadata.version("weasyprint"),
        command=lambda folder, out: [sys.executable, str(GLUE / "plain.py"), str(folder), str(out)],
    ),
    TYPST: Peer(
        install=_install_typst,
        version=_typst_version,
        command=lambda folder, out: [
            sys.executable,
            str(GLUE / "typst_print.py"),
            str(folder / "book.typ"),
            str(out),
        ],
        environment={"PYTHONPATH": str(_python_folder())},
    ),
    CHROMIUM: Peer(
        install=lambda: install_apt("chromium", "chromium"),
        version=_chromium_version,
        command=lambda folder, out: [
            *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--no-first-run", "--no-pdf-header-footer", f"--user-data-dir={folder / 'profile'}"),
            *(f"--print-to-pdf={out}", (folder / "book.html").as_uri()),
        ],
    ),
}
