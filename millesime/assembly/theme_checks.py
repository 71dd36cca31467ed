"""Name what of a report's own theme runs or fetches in the pages of its readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from millesime.problems import Problem

# By the ending of a file: what in it runs or fetches, and how that is said. "": the whole file.
_ACTIVE = {
    "js": [("", "a script of the report's own is published as it is")],
    "svg": [("", "a drawing of the report's own theme is published as it is")],
    "html": [(r"<script\b|\son[a-z]+\s*=", "a template of the report's own has a script in it")],
    "css": [
        (r"@import|url\(\s*['\"]?\s*(?!data:)(?:[a-z][a-z0-9+.-]{0,20}:|//)", "a sheet of the report's own fetches")
    ],
}


def check_theme(theme: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield the files of a report's own theme that run or fetch in a reader's browser, each with the first line of it.

    They are allowed, and published as they are; who merges them is to know.
    """
    for name, content in sorted(theme.items()):
        if not name.startswith(("html/", "site/", "epub/")):
            continue
        text = content.decode("utf-8", "replace")
        for pattern, said in _ACTIVE.get(name.rpartition(".")[2].lower(), ()):
            if found := re.search(pattern, text, re.IGNORECASE):
                line = text.count("\n", 0, found.start()) + 1
                hint = "look at it as you look at a program: it runs, or asks other servers, where readers read"
                yield Problem("J001", f"templates/{name}:{line}", said, hint, "note")
