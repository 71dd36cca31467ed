"""What goes into keys: parts that nothing confuses, code found by its imports, versions of tools."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.press.cache import versions
from millesime.press.cache.keys import digest, encode
from millesime.press.cache.versions import (
    PACKAGE,
    code_modules,
    code_version,
    imported_names,
    theme_version,
    tool_version,
)

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=6)
    | st.binary(max_size=6)
    # What would be taken for borders if there were none.
    | st.sampled_from(["n", "i1:", b"s0:", "l2:", "", b"", "0", 0, 0.0, False, "\ud83d\ude00", "😀"])
)
PARTS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


def identity(part: object) -> object:
    """What parts have in common exactly if they are the same to a key: written another way than keys write them."""
    if isinstance(part, list | tuple):
        return "list", tuple(map(identity, part))
    if isinstance(part, dict):
        return "mapping", frozenset((identity(key), identity(value)) for key, value in part.items())
    if isinstance(part, float):
        return "float", repr(part)  # 0.0 == -0.0
    return type(part).__name__, part


@given(st.lists(PARTS, max_size=4), st.lists(PARTS, max_size=4))
def test_only_the_same_parts_are_encoded_alike(old: list, new: list):
    assert (encode(*old) == encode(*new)) == (identity(old) == identity(new))


@given(st.text(max_size=8), st.integers(0, 8))
def test_where_a_part_ends_is_part_of_the_key(text: str, cut: int):
    if 0 < cut < len(text):
        assert len({digest(text), digest(text[:cut], text[cut:]), digest((text[:cut], text[cut:]))}) == 3
        assert digest((text[:cut],), text[cut:]) != digest(text[:cut], (text[cut:],))


def test_a_digest_is_the_same_in_every_process_and_release():
    parts = ("text", b"bytes", 7, None, True, 0.5, ["a", {"b": 1, "a": 2}])
    assert digest(*parts) == digest(*parts[:-1], ("a", {"a": 2, "b": 1}))
    # Kept caches outlive a release; a change here has to be meant.
    assert digest(*parts) == "9dced4e10d6e5108fa6193dbc875929c5255a0b105eefaebad257596b364e365"


def test_what_has_no_one_form_cannot_be_part_of_a_key():
    with pytest.raises(TypeError, match="set"):
        digest({"a", "b"})
    with pytest.raises(TypeError, match="Path"):
        digest(["x", Path("chapters")])


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "millesime"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_is_overlooked(path: Path):
    assert _imported(path) <= imported_names(path.read_text(encoding="utf-8"))


def test_the_code_of_a_step_is_what_python_loads_for_it():
    for module in ("render.pdf", "redline.compare", "press.run.build"):
        loaded = subprocess.run(
            [sys.executable, "-c", f"import sys, millesime.{module}; print(*(getattr(m, '__file__', '') for name, m "
             "in sys.modules.items() if name.split('.')[0] == 'millesime'), sep='\\n')"],
            capture_output=True, text=True, check=True, timeout=120, cwd=PACKAGE.parent,
        ).stdout.splitlines()  # fmt: skip
        assert set(map(Path, loaded)) <= code_modules(module)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small millesime: a imports b, c stands alone, b has a script beside it."""
    files = {
        "__init__.py": "", "one/__init__.py": "", "one/a.py": "from millesime.two import (\n    b,\n)\n",
        "two/__init__.py": "", "two/b.py": "import os\n", "two/driver.lua": "-- 1", "three/__init__.py": "",
        "three/c.py": "", "three/d.py": "def later():\n    from millesime.three.c import x\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(versions, "PACKAGE", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """What a new process knows of the code."""
    for known in (code_version, versions._modules, versions._files, versions._read):
        known.cache_clear()


def changes(package: Path, name: str, *modules: str) -> bool:
    before = code_version(*modules)
    with (package / name).open("a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")
    forget()
    return code_version(*modules) != before


@pytest.mark.parametrize(
    ("name", "modules", "expected"),
    [
        ("one/a.py", ["one.a"], True),
        ("two/b.py", ["one.a"], True),
        ("two/driver.lua", ["one.a"], True),
        ("two/__init__.py", ["one.a"], True),
        ("__init__.py", ["one.a"], True),
        ("three/c.py", ["one.a"], False),
        ("three/c.py", ["one.a", "three.c"], True),
        ("three/c.py", ["three"], True),
        ("three/c.py", ["three.d"], True),
        ("three/d.py", ["three.c"], False),
    ],
)
def test_code_changes_what_imports_it_and_nothing_else(package: Path, name: str, modules: list[str], expected: bool):
    assert changes(package, name, *modules) is expected


def test_a_module_that_is_not_there_is_our_mistake(package: Path):
    with pytest.raises(AssertionError, match="no module"):
        code_version("one.z")


def test_the_default_theme_has_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf/page.css").write_text("a")
    monkeypatch.setattr(versions, "theme_folder", lambda: tmp_path)
    seen = set()
    for change in (lambda: None, lambda: (tmp_path / "pdf/page.css").write_text("b"),
                   lambda: (tmp_path / "pdf/page.css").rename(tmp_path / "pdf/other.css")):  # fmt: skip
        change()
        theme_version.cache_clear()
        seen.add(theme_version())
    theme_version.cache_clear()
    assert len(seen) == 3


def test_tools_have_versions():
    assert tool_version("python").startswith("3.") and tool_version("pandoc")[0].isdigit()
    assert int(tool_version("weasyprint").split(".")[0]) >= 70 and tool_version("no-such-tool") == ""
