"""A cache that came with a clone: nothing of it is read, since to load an entry may be to run what its writer chose."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from millesime.press.cache.keys import digest
from millesime.press.cache.store import Store
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
