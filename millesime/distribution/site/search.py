"""The index that the search page asks, made by pagefind from the pages of the site. https://pagefind.app"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from millesime.at_work import at_work
from millesime.distribution.site.search_order import order_index
from millesime.distribution.site.search_words import searchable_page
from millesime.problems import EngineError

BUNDLE = "pagefind"  # the folder of the index, below the site's root
_LIMIT_S = 600


def search_is_available() -> bool:
    """Whether pagefind and its program are installed."""
    return all(importlib.util.find_spec(name) for name in ("pagefind", "pagefind_bin"))


def index_pages(pages: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the index of pages, by their paths from the site's root.

    `pages` are by path; pagefind takes what stands below `data-pagefind-body`.
    Raises EngineError where it fails.
    """
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder:
        site, bundle = Path(folder, "site"), Path(folder, BUNDLE)
        for path, content in pages.items():
            place = site / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with at_work(path, "read what can be searched in this page of the site"):
                place.write_bytes(searchable_page(content))
        command = [sys.executable, "-m", "pagefind", "--site", site, "--output-path", bundle, "--keep-index-url"]
        try:
            done = subprocess.run(
                [*command, "--quiet"], capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, cwd=folder
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineError(f"pagefind: cannot be run: {error}; publish without it: --no-search") from error
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise EngineError(f"pagefind: {said[-1] if said else done.returncode}; publish without it: --no-search")
        return order_index({
            f"{BUNDLE}/{file.relative_to(bundle).as_posix()}": file.read_bytes()
            for file in sorted(bundle.rglob("*"))
            if file.is_file() and file.name not in _UNUSED
        })  # fmt: skip


# Interfaces of pagefind's own, which our search page does without.
_UNUSED = frozenset({
    "pagefind-ui.js", "pagefind-ui.css", "pagefind-modular-ui.js", "pagefind-modular-ui.css",
    "pagefind-component-ui.js", "pagefind-component-ui.css", "pagefind-highlight.js",
})  # fmt: skip
