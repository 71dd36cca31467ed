"""The real books, cloned, each with three manifests that only list what order.txt lists."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

BOOKS = {"cnil-guide-rgpd": "fr", "noaa-soe-tech-doc": "en", "rust-book": "en"}
# The book that a run of the ordinary tests and validators takes in full; `make test-all` takes all three.
IN_FULL = os.environ.get("MILLESIME_BOOK", "cnil-guide-rgpd")


def clone_book(corpora: Path, name: str, folder: Path, *, annexes: bool = True) -> Path:
    """Return a clone of a book with the manifests of its three editions in its working tree.

    With `annexes` the second and third have a redline annex against the edition before.
    """
    root = folder / name
    subprocess.run(["git", "clone", "--quiet", corpora / f"{name}.bundle", root], check=True, capture_output=True)
    (root / "editions").mkdir()
    (root / "editions/report.yaml").write_text(f"title: {name}\nlanguage: {BOOKS[name]}\n")
    previous = ""
    for tag in _git(root, "tag").split():
        edition = tag.removeprefix("edition-")
        files = _git(root, "-c", "core.quotepath=off", "ls-tree", "-r", "--name-only", tag).splitlines()
        chapters = dict.fromkeys(line for line in _git(root, "show", f"{tag}:order.txt").splitlines() if line)
        lines = [f"date: {_git(root, 'log', '-1', '--format=%as', tag).strip()}", f"revision: {tag}", "chapters:"]
        lines += [f'  - "{path}"' for path in chapters]
        bibliography = [f'  - "{path}"' for path in files if path.endswith(".bib")]
        lines += ["bibliography:", *bibliography] if bibliography else []
        lines += [f'annexes: [{{redline: "{previous}"}}]'] if previous and annexes else []
        (root / f"editions/{edition}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        previous = edition
    return root


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True).stdout
