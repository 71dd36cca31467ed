"""A cache that somebody else wrote: one that git tracks is not read, and what is read of any runs nothing."""

from __future__ import annotations

import marshal
import pickle
import shutil
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import pytest

from millesime.packing import Unreadable, pack, reader_of
from millesime.press.cache.keys import digest
from millesime.press.cache.store import Store
from millesime.press.compare import edition_lineage
from millesime.press.edition import incremental_assembly, parsed_sources
from millesime.press.run import artifacts, pdf_units
from millesime.press.run import build as build_editions
from millesime.press.site.edition_pages import Pages
from millesime.redline.memory_file import load_memory
from millesime.redline.pairing.memory import Memory
from millesime.render.pdf.engine import startup
from millesime.render.pdf.engine.theme_scope import Scope
from tests.press.report import make_report
from tests.support import make_repository

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"
KEY = digest("one")


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_cache_that_git_tracks_is_refused_and_nothing_of_it_runs(tmp_path: Path):
    made = make_report(tmp_path)
    cache, sprung = made.root / ".cache/millesime", tmp_path / "sprung"
    command = [sys.executable, PROGRAM, "build", "2018", "--to", "html,pdf", "--root", made.root, "--cache", cache]
    subprocess.run(command, capture_output=True, check=True)
    before = Store(cache)
    for entry in [path for path in cache.rglob("*") if len(path.name) == len(KEY)]:
        before.put(entry.parent.name, entry.name, pickle.dumps(Trap(sprung)))
    (cache / ".gitignore").unlink()
    made.commit(message="Un cache empoisonné")
    clone = made.clone(tmp_path / "clone")
    cache = clone.root / ".cache/millesime"
    for path in cache.rglob("*"):
        path.chmod(0o700)
    command[-3:] = [clone.root, "--cache", cache]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not sprung.exists()
    assert done.returncode == 0 and f"{cache}: git tracks files of this folder" in done.stderr


def code() -> bytes:
    """Return marshalled code that makes a file `ran` where it is run."""
    return marshal.dumps(compile("import pathlib; pathlib.Path('ran').touch()", "code", "exec"))


READERS = [
    artifacts.check_packed,
    incremental_assembly._read_kept,
    incremental_assembly._check_skeleton,
    build_editions._read_problems,
    edition_lineage._read_report,
    edition_lineage._read_outline,
    edition_lineage._read_steps,
    reader_of(edition_lineage.Change),
    reader_of(Pages),
    reader_of(Scope),
    parsed_sources._read_document,
    startup._read_patterns,
    *(reader_of(kind) for kind in pdf_units._KINDS.values() if kind is not bytes),
]  # fmt: skip
HOSTILE = {
    "a pickle": lambda sprung: pickle.dumps(Trap(sprung)),
    "code": lambda sprung: code(),
    "a value of another type": lambda sprung: pack({"t": [1, None, {"c": b"text"}]}),
    "nothing": lambda sprung: b"",
    "brackets without end": lambda sprung: b"\x91" * 100_000,
    "an artifact that would be written elsewhere": lambda sprung: pack(("html", {b"../../ran": b""}, (), 1.0)),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A report, and a cache that holds an entry for each thing that building it keeps."""
    made = make_report(tmp_path_factory.mktemp("report"))
    cache = tmp_path_factory.mktemp("cache") / "cache"
    for command in ("build", "publish"):
        build(made.root, cache, cache.parent / command, command)
    return made.root, cache


def build(report: Path, cache: Path, out: Path, command: str = "build") -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, PROGRAM, command, "--root", report, "--cache", cache, "--out", out],
        capture_output=True, text=True, check=False, cwd=report,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def entries(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if len(path.name) == len(KEY)]


@pytest.mark.parametrize("command", ["build", "publish"])
def test_what_is_read_of_a_cache_runs_nothing(command: str, filled: tuple[Path, Path], tmp_path: Path):
    report, kept = filled
    cache, out = tmp_path / "cache", tmp_path / "deep/out"
    shutil.copytree(kept, cache)
    spoilt, sprung = Store(cache), tmp_path / "sprung"
    for entry, what in zip(entries(cache), cycle(HOSTILE.values()), strict=False):
        # What a step keeps as it is, such as a font, is no value: whoever writes it has only to say something else.
        if entry.parent.name not in RAW:
            spoilt.put(entry.parent.name, entry.name, what(sprung))
    build(report, cache, out, command)
    assert not sprung.exists() and not [*tmp_path.rglob("ran"), *report.rglob("ran")]
    assert tree(out) == tree(kept.parent / command)


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("read", [*READERS, load_memory], ids=lambda read: getattr(read, "__qualname__", ""))
def test_no_reader_of_entries_takes_what_it_does_not_know(read, what: str, tmp_path: Path):
    content = HOSTILE[what](tmp_path / "sprung")
    with pytest.raises(Unreadable):
        read(Memory(), content) if read is load_memory else read(content)
    assert not (tmp_path / "sprung").exists()


RAW = {"typeface", "fontfile", "drawing", "count"}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_cache_in_a_repository_that_git_does_not_track_is_used(tmp_path: Path):
    made = make_repository(tmp_path)
    made.commit({"README.md": "Un rapport"})
    cache = made.root / ".cache"
    Store(cache).put("read", KEY, b"kept")
    assert Store(cache).get("read", KEY) == b"kept"
    made.git("add", "--force", ".cache")
    refused = Store(cache)
    assert refused.get("read", KEY) is None
    assert "git tracks files of this folder" in "".join(refused.troubles)
