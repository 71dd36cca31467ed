"""`build --watch`: what is saved is built, as a build of its own would; what fails is told, and Ctrl-C ends it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from millesime.cli import watch
from millesime.cli.build_request import Request
from millesime.press.cache.store import NO_STORE
from millesime.press.run.build import Outcome
from millesime.press.run.watching import Watcher
from millesime.press.run.workers import local_workers
from tests.press.report import make_report
from tests.press.test_build import build
from tests.support import TestRepository

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"
CHAPTER = "chapters/10-modele.md"


@pytest.fixture
def made(tmp_path: Path) -> TestRepository:
    """A report with an edition in preparation."""
    made = make_report(tmp_path)
    made.write({"editions/2020.yaml": f"date: 2020-07-03\nchapters: [{CHAPTER}, chapters/20-services.md]\n"})
    return made


@contextmanager
def watching(made: TestRepository, out: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "build", "--watch", "--json", "--root", made.root, "--out", out,
         "--cache", out.parent / "cache", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    tired = threading.Timer(120, process.kill)  # a test that waits for a line that does not come
    tired.start()
    try:
        yield process
    finally:
        tired.cancel()
        process.kill()
        process.communicate()


def next_build(process: subprocess.Popen[str]) -> dict:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def next_line(process: subprocess.Popen[str], what: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if what in line)


def save(made: TestRepository, old: str, new: str) -> None:
    path = made.root / CHAPTER
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


EDITS = (("met en commun", "montre"), ("# Le modèle", "# Un modèle"), ("Après débat", "Après un débat"))


def test_what_is_saved_is_built_as_a_build_of_its_own_would(made: TestRepository, tmp_path: Path):
    with watching(made, tmp_path / "out", "--to", "pdf,html") as process:
        first = next_build(process)
        assert {one["edition"] for one in first["artifacts"]} == {"2020"}  # the others have a revision
        next_line(process, "watching")
        for turn, (old, new) in enumerate(EDITS):
            save(made, old, new)
            assert not any(one["kept"] for one in next_build(process)["artifacts"])
            again = tmp_path / f"again-{turn}"
            build(made.root, again, "2020", formats=("pdf", "html"))
            assert contents(tmp_path / "out") == contents(again)
            next_line(process, "watching")


def test_a_build_that_fails_is_told_of_and_the_next_one_is_made(made: TestRepository, tmp_path: Path):
    with watching(made, tmp_path / "out", "--to", "html") as process:
        next_build(process)
        before = contents(tmp_path / "out")
        manifest = (made.root / "editions/2020.yaml").read_text("utf-8")
        made.write({"editions/2020.yaml": manifest.replace("chapters:", "chaptres:")})
        assert "editions/2020.yaml" in next_line(process, "chaptres")
        next_line(process, "watching")
        assert contents(tmp_path / "out") == before
        made.write({"editions/2020.yaml": manifest, CHAPTER: "# Tout autre chose\n\nUne phrase.\n"})
        assert next_build(process)["artifacts"][0]["kept"] is False
        assert any(b"Tout autre chose" in content for content in contents(tmp_path / "out").values())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EBADF])
def test_a_full_disk_is_told_of_and_a_mistake_of_ours_is_not_watched(
    made: TestRepository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
):
    builds: list[Request] = []

    def build(request: Request, **_: object) -> Outcome:
        builds.append(request)
        if len(builds) > 1:
            raise KeyboardInterrupt  # somebody ends it at once
        raise OSError(number, os.strerror(number), "/somewhere")

    monkeypatch.setattr(watch, "make", build)
    monkeypatch.setattr(Watcher, "wait", lambda watcher: [CHAPTER])
    request = Request(
        editions=(), formats=("html",), out=None, draft=False, chapters=(), explain=False, jobs=1, root=made.root,
        as_json=False,
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt if number == errno.ENOSPC else OSError):
        watch.build_on_save(request, store=NO_STORE, open_workers=lambda: local_workers(1))
    said = capsys.readouterr().err
    assert ("make room" in said, len(builds)) == ((True, 2) if number == errno.ENOSPC else (False, 1))


def test_what_was_saved_during_a_build_is_built(made: TestRepository, tmp_path: Path):
    with watching(made, tmp_path / "out", "--to", "html") as process:
        next_line(process, "assembling")  # the chapters were read
        save(made, "met en commun", "montre")
        next_build(process)
        next_build(process)
        assert any(b"montre" in content for content in contents(tmp_path / "out").values())


@pytest.mark.parametrize("moment", ["watching", "assembling"])
def test_ctrl_c_ends_it(made: TestRepository, tmp_path: Path, moment: str):
    with watching(made, tmp_path / "out", "--to", "html", "--no-cache") as process:
        next_line(process, moment)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
        # To end the wait is what it is for; what was being built is not there.
        assert process.returncode == (0 if moment == "watching" else 130) and "Traceback" not in said


def test_what_is_wrong_with_the_cache_is_told_by_the_first_build(made: TestRepository, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with watching(made, tmp_path / "out", "--to", "html", "--cache", str(tmp_path / "file/cache")) as process:
        next_build(process)
        next_line(process, "cache:")
        save(made, "met en commun", "montre")
        next_build(process)
        assert process.stderr is not None
        next_line(process, "saved:")
        said = list(iter(process.stderr.readline, f"watching {made.root}; Ctrl-C ends it\n"))
        assert said and not any("cache:" in line for line in said)


def test_a_draft_can_be_watched(made: TestRepository, tmp_path: Path):
    with watching(made, tmp_path / "out", "--draft") as process:
        next_build(process)
        next_line(process, "watching")
        save(made, "met en commun", "montre")
        assert [Path(one["path"]).name for one in next_build(process)["artifacts"]] == [
            "la-ville-partagee-2020-draft.pdf"
        ]


def test_editions_that_cannot_change_are_not_watched_by_themselves(made: TestRepository, tmp_path: Path):
    made.write({"editions/2020.yaml": None})
    with watching(made, tmp_path / "out") as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2 and "millesime new" in said


def test_only_what_a_build_may_depend_on_is_seen(tmp_path: Path):
    for folder in (".git/logs", "dist/2020", "chapters"):
        (tmp_path / folder).mkdir(parents=True)
    watcher = Watcher(tmp_path, but=[tmp_path / "dist"])
    for path in ("dist/2020/a.pdf", ".git/index", "chapters/.a.md.swp", "chapters/a.md~"):
        (tmp_path / path).write_text("nothing of a report's")
    (tmp_path / "chapters/a.md").write_text("# A")
    (tmp_path / "distant.md").write_text("# B")
    assert watcher.wait() == ["chapters/a.md", "distant.md"]
    (tmp_path / ".git/logs/HEAD").write_text("a commit")
    assert watcher.wait() == [".git/logs/HEAD"]
