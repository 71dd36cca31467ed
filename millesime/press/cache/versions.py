"""Digests of our code, the default theme and tool versions, as parts of cache keys.

A step's code is found by its imports, not by a list that somebody would have
to keep: a key that forgets a module is a wrong edition a year later.
"""

from __future__ import annotations

import os
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from millesime.assembly.theme import theme_folder
from millesime.markup.pandoc import pandoc_version
from millesime.press.cache.keys import digest

PACKAGE = Path(__file__).resolve().parents[2]
# Reading Python properly takes fifty times as long. A line of a docstring that looks like an import costs a rebuild.
_FROM = re.compile(r"from[ \t]+(millesime[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|.*)")
_PLAIN = re.compile(r"import[ \t]+(millesime.*)")
_OURS = re.compile(r"millesime")
_NAME = re.compile(r"[\w.]+")


@cache
def code_version(*modules: str) -> str:
    """Return the digest of modules and packages, "render.pdf" or "markup", and of all they import of our own.

    Files that lie beside the modules, such as a Lua script, belong to them.
    """
    paths = code_modules(*modules)
    folders = {path.parent for path in paths}
    beside = {path for path in _files() if path.suffix != ".py" and path.parent in folders}
    return digest([(path.relative_to(PACKAGE).as_posix(), _read(path)[0]) for path in sorted(paths | beside)])


@cache
def theme_version() -> str:
    """Return the digest of the default theme, which stands behind each report's own."""
    folder = theme_folder()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest([(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files])


@cache
def tool_version(name: str) -> str:
    """Return the version of "python", of "pandoc", or of an installed package, "weasyprint"; "" if there is none."""
    if name == "python":
        return platform.python_version()
    if name == "pandoc":
        return pandoc_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def code_modules(*modules: str) -> frozenset[Path]:
    """Return the files of modules, of packages whole, and of all modules of ours that these import."""
    known = _modules()
    waiting: list[str] = []
    for module in modules:
        name = f"millesime.{module}"
        assert name in known, f"Millésime has no module {module!r}"
        waiting += [name, *(other for other in known if other.startswith(f"{name}."))]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in known:
            waiting += _read(known[name])[1]
        # Python runs the packages around a module first. And what looks like a module may be a name in one.
        waiting.append(name.rpartition(".")[0])
    return frozenset(known[name] for name in seen if name in known)


def imported_names(source: str) -> frozenset[str]:
    """Return what a module imports of ours; "millesime.x.y" may be a module y or a name in x."""
    found: set[str] = set()
    for ours in _OURS.finditer(source):
        line = source.rfind("\n", 0, ours.start()) + 1
        before = source[line : ours.start()]
        keyword = before.strip(" \t")
        start = line + before.find(keyword)
        if keyword == "from" and (named := _FROM.match(source, start)):
            found.update(f"{named[1]}.{name}" for name in _NAME.findall(named[2]))
        elif keyword == "import" and (named := _PLAIN.match(source, start)):
            found.update(name for name in _NAME.findall(named[1]) if name.startswith("millesime"))
    return frozenset(found)


@cache
def _modules() -> dict[str, Path]:
    """The files of our modules and packages by their names, "millesime.render.pdf"."""
    found = {}
    for path in _files():
        if path.suffix == ".py":
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            found[".".join(("millesime", *parts)).removesuffix(".__init__")] = path
    return found


@cache
def _files() -> tuple[Path, ...]:
    folders = [(folder, files) for folder, _, files in os.walk(PACKAGE) if not folder.endswith("__pycache__")]
    return tuple(Path(folder, name) for folder, files in folders for name in files)


@cache
def _read(path: Path) -> tuple[str, frozenset[str]]:
    """The digest of a file, and what it imports."""
    content = path.read_bytes()
    return digest(content), imported_names(content.decode("utf-8")) if path.suffix == ".py" else frozenset()
