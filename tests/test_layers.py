"""The stages import in the order in which data flows, and the outside world has one door each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "millesime"
LAYERS = [{"series", "history", "markup"}, {"assembly"}, {"redline", "render"}, {"distribution"}, {"press"}, {"cli"}]
TOP = {"beside", "collector", "limits", "problems"}  # modules beside the stages, for all of them
# series and history: a sealed edition is resolved by its manifest's seal.
ALLOWED_WITHIN = {("history", "series"), ("history", "markup")}
DOORS = {
    "git": {"history/repository.py"},
    "pypandoc": {"markup/pandoc.py"},
    "watchfiles": {"press/watching.py"},
    "weasyprint": {
        "render/pdf/engine.py",
        "render/pdf/folios.py",
        "render/pdf/footnotes.py",
        "render/pdf/glyph_codes.py",
        "render/pdf/internals.py",
        "render/pdf/shortcuts/__init__.py",
        "render/pdf/whole_notes.py",
    },
}
# Who may ask for the time, the environment or the working directory.
WORLDLY = {
    ("os", "environ"),
    ("os", "getenv"),
    ("os", "getcwd"),
    ("time", "time"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("date", "today"),
    ("Path", "cwd"),
}


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "theme" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def level(stage: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if stage in layer)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_stage_imports_only_itself_and_earlier_stages(path: Path):
    stage = path.relative_to(PACKAGE).parts[0]
    if stage.endswith(".py"):
        return  # beside.py, collector.py, limits.py, problems.py, __main__.py
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "millesime" or len(parts) == 1 or parts[1] in TOP:
            continue
        other = parts[1]
        if other == stage or (stage, other) in ALLOWED_WITHIN:
            continue
        assert level(other) < level(stage), f"{stage} must not import {other}"


def test_the_redline_does_not_know_of_its_annex():
    outside = [path for path in modules() if path.parent == PACKAGE / "redline"]
    assert outside
    for path in outside:
        assert not any(name.startswith("millesime.redline.annex") for name in imports(path)), path


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_outside_world_has_one_door_each(path: Path):
    place = str(path.relative_to(PACKAGE))
    for name in imports(path):
        for library, doors in DOORS.items():
            if name.split(".")[0] == library:
                assert place in doors, f"only {sorted(doors)} may import {library}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_stage_reads_the_clock_the_environment_or_the_working_directory(path: Path):
    stage = path.relative_to(PACKAGE).parts[0]
    if stage in {"cli", "press"}:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            seen = (node.value.id, node.attr)
            if seen == ("os", "environ") and str(path.relative_to(PACKAGE)) in ENVIRONMENT_DOORS:
                continue
            assert seen not in WORLDLY, f"line {node.lineno}: {'.'.join(seen)}"


# Engines that take settings from the environment only.
ENVIRONMENT_DOORS = {"history/repository.py", "render/pdf/engine.py", "markup/pandoc.py"}


def test_build_py_has_three_lines():
    lines = (ROOT / "build.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.strip()] == [
        'if __name__ == "__main__":',
        "    from millesime.cli import main  # here: a worker process reads this file too",
        "    main()",
    ]
