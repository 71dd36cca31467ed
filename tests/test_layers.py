"""The stages import in the order in which data flows, and the outside world has one door each."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from scripts import rooms

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "millesime"
LAYERS = [{"series", "history", "markup"}, {"assembly"}, {"redline", "render"}, {"distribution"}, {"press"}, {"cli"}]
TOP = {"at_work", "beside", "collector", "limits", "packing", "problems"}  # modules beside the stages, for all of them
# series and history: a sealed edition is resolved by its manifest's seal.
ALLOWED_WITHIN = {("history", "series"), ("history", "markup")}
DOORS = {
    "git": {"history/repository.py"},
    "pypandoc": {"markup/pandoc.py"},
    "msgspec": {"packing.py"},
    # To read what these wrote may be to run what its writer chose: workers alone, of values that their parent sent.
    "pickle": {"press/run/workers.py"},
    "marshal": set(),
    "shelve": set(),
    "watchfiles": {"press/run/watching.py"},
    "weasyprint": {
        "render/pdf/engine/environment.py",
        "render/pdf/engine/folios.py",
        "render/pdf/engine/footnotes.py",
        "render/pdf/engine/glyph_codes.py",
        "render/pdf/engine/internals.py",
        "render/pdf/engine/weasyprint_patches/__init__.py",
        "render/pdf/engine/tall_rows.py",
        "render/pdf/engine/whole_notes.py",
    },
}
# The rooms of a package, and its modules that stand in none. Each line imports what stands below it in the list.
ROOMS = {
    "press": [{"site", "overview", "scaffold"}, {"archive"}, {"compare"}, {"run"}, {"edition"}, {"cache"}],
    "redline": [
        {"annex", "outputs", "compare", "laws", "memory_file"},
        {"reading"},
        {"exact_document", "merging"},
        {"pairing"},
        {"marks"},
        {"model"},
        {"text"},
    ],
    "distribution": [{"site"}, {"metadata"}, {"trust", "publication"}],
    "render/pdf": [None, {"engine"}, {"drawn"}, {"values"}],  # None: what stands in no room
}
FORMATS = {"html", "docx", "epub", "pdf"}  # of `render`: none knows another
# Who may ask for the time, the environment or the working directory.
WORLDLY = {
    "os.environ",
    "os.getenv",
    "os.getcwd",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "Path.cwd",
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
        return  # at_work.py, beside.py, collector.py, limits.py, packing.py, problems.py, __main__.py
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "millesime" or len(parts) == 1 or parts[1] in TOP:
            continue
        other = parts[1]
        if other == stage or (stage, other) in ALLOWED_WITHIN:
            continue
        assert level(other) < level(stage), f"{stage} must not import {other}"


def place(name: str) -> str:
    """The file of an imported module, or of the module that an imported name stands in: "press/run/build.py"."""
    return "/".join(rooms.parts_of(name))


def imported_places(path: Path) -> Iterator[str]:
    """The files of ours that a module imports, whether it names a module or what stands in one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "millesime":
            yield from (place(f"{node.module}.{alias.name}") for alias in node.names)


def floor(package: str, file: str) -> int:
    """How far down in the list of its package's rooms a file stands."""
    room, below, _ = file.removeprefix(f"{package}/").partition("/")
    named = room if below else room.removesuffix(".py")
    for index, level in enumerate(ROOMS[package]):
        if named in (level or ()) or (level is None and not below):
            return index
    raise AssertionError(f"{file} stands in no room of {package}: name it in ROOMS")


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_one_way(package: str):
    for path in modules():
        file = path.relative_to(PACKAGE).as_posix()
        if not file.startswith(f"{package}/") or file == f"{package}/__init__.py":
            continue
        room = file.removeprefix(f"{package}/").partition("/")[0]
        for other in imported_places(path):
            if not other.startswith(f"{package}/") or other == f"{package}/__init__.py":
                continue
            if (
                other.removeprefix(f"{package}/").partition("/")[0] == room
                or ROOMS[package][floor(package, file)] is None
            ):
                continue
            assert floor(package, other) > floor(package, file), f"{file} must not import {other}"


def test_formats_do_not_know_each_other():
    for path in modules():
        stage, *below = path.relative_to(PACKAGE).parts
        if stage == "render" and below[0] in FORMATS:
            others = {other.split("/")[1] for other in imported_places(path) if other.startswith("render/")}
            assert not others & (FORMATS - {below[0]}), path


def test_no_two_modules_have_one_name():
    names = Counter(path.name for path in modules() if "cli" not in path.parts and path.name != "__init__.py")
    assert not [name for name, count in names.items() if count > 1]


def test_no_modules_import_each_other_in_a_circle():
    """Not even in two functions: what one cannot be read without the other are one."""
    graph = {path.relative_to(PACKAGE).as_posix(): set(imported_places(path)) for path in modules()}
    sorter = TopologicalSorter(
        {file: {other for other in others if not other.endswith("__init__.py")} for file, others in graph.items()}
    )
    sorter.prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_outside_world_has_one_door_each(path: Path):
    place = str(path.relative_to(PACKAGE))
    for name in imports(path):
        for library, doors in DOORS.items():
            if name.split(".")[0] == library:
                assert place in doors, f"only {sorted(doors)} may import {library}"


def worldly(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The lines of a module that ask for the time, the environment or the working directory, and what they say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            asked = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            asked = [".".join(ast.unparse(node).split(".")[-2:])]  # "datetime.now" of "datetime.datetime.now"
        else:
            continue
        yield from ((node.lineno, name) for name in asked if name in WORLDLY)


@pytest.mark.parametrize(
    "line",
    [
        "datetime.datetime.now()", "datetime.now(UTC)", "datetime.date.today()", "date.today()", "time.time()",
        "from time import time", "from os import environ", "os.environ['HOME']", "pathlib.Path.cwd()",
    ],
)  # fmt: skip
def test_each_way_to_ask_for_the_time_or_the_surroundings_is_seen(line: str):
    assert list(worldly(ast.parse(line)))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_stage_reads_the_clock_the_environment_or_the_working_directory(path: Path):
    stage = path.relative_to(PACKAGE).parts[0]
    if stage in {"cli", "press"}:
        return
    for line, asked in worldly(ast.parse(path.read_text(encoding="utf-8"))):
        if asked == "os.environ" and str(path.relative_to(PACKAGE)) in ENVIRONMENT_DOORS:
            continue
        raise AssertionError(f"line {line}: {asked}")


# Engines that take settings from the environment only.
ENVIRONMENT_DOORS = {"history/repository.py", "render/pdf/engine/environment.py", "markup/pandoc.py"}


def test_the_drawing_of_the_rooms_is_that_of_the_imports():
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.draw(), "run `make pictures`"


def test_build_py_has_three_lines():
    lines = (ROOT / "build.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.strip()] == [
        'if __name__ == "__main__":',
        "    from millesime.cli import main  # here: a worker process reads this file too",
        "    main()",
    ]


def test_one_module_alone_prints():
    """What it prints is shown so that text of others steers no terminal (tests/security/test_terminal.py)."""
    printing = {"print", "click.echo", "click.secho", "click.style", "click.echo_via_pager", "sys.stdout.write",
                "sys.stderr.write", "rich.print", "Console"}  # fmt: skip
    found = {
        place.relative_to(PACKAGE).as_posix()
        for place in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(place.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in printing
    }
    assert found == {"cli/terminal.py"}
