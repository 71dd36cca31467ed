"""What validators of others found in the report's own editions, as `publish --checks` reads it: docs/publishing.md."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.validation.checks import sample_pages
from tests.validation.install import Tools
from tests.validation.verdict import Target, Verdict

REPORT = "demonstration/"


def write_results(verdicts: Sequence[Verdict], targets: Sequence[Target], tools: Tools, path: Path) -> None:
    """Write a list of objects: edition, format, tool, version, rules, count of files or pages, failures."""
    found = list(_results(verdicts, {target.name: target for target in targets}, tools))
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _results(verdicts: Sequence[Verdict], targets: dict[str, Target], tools: Tools) -> Iterator[dict]:
    versions: dict[str, str] = {}
    for verdict in verdicts:
        if verdict.check not in _VALIDATORS or not verdict.target.startswith(REPORT):
            continue
        tool, rules, version = _VALIDATORS[verdict.check]
        target = targets[verdict.target]
        yield {
            "edition": verdict.target.removeprefix(REPORT).removesuffix(f".{verdict.kind}"),
            "format": verdict.kind,
            "tool": tool,
            "version": versions.setdefault(verdict.check, version(tools)),
            "rules": rules,
            "count": len(sample_pages(target)) if verdict.kind == "html" else 1,
            "failures": len(verdict.errors),
        }


def _of_jar(path: Callable[[Tools], Path], module: str) -> Callable[[Tools], str]:
    def version(tools: Tools) -> str:
        with zipfile.ZipFile(path(tools)) as jar:
            properties = jar.read(f"META-INF/maven/{module}/pom.properties").decode()
        return re.search(r"^version=(\S+)", properties, re.M)[1]

    return version


def _of_npm(name: str) -> Callable[[Tools], str]:
    return lambda tools: json.loads((tools.folder / "node_modules" / name / "package.json").read_text())["version"]


_VALIDATORS: dict[str, tuple[str, str, Callable[[Tools], str]]] = {
    "verapdf": ("veraPDF", "PDF/UA-1", _of_jar(lambda tools: tools.verapdf, "org.verapdf/core")),
    "epubcheck": (
        "EPUBCheck", "EPUB 3.3", _of_jar(lambda tools: Path(tools.epubcheck.split(":")[0]), "org.w3c/epubcheck"),
    ),
    "ace": ("Ace by DAISY", "EPUB Accessibility 1.1", _of_npm("@daisy/ace-cli")),
    "vnu": ("Nu Html Checker", "HTML", _of_npm("vnu-jar")),
    "axe": ("axe-core", "WCAG 2.2 AA", _of_npm("axe-core")),
}  # fmt: skip
