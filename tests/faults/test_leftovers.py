"""What killed processes leave is told from what is being written, and swept; what they moved aside comes back."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from millesime.beside import hold_beside, recover, recover_all
from millesime.press.run.scratch import scratch_folder
from millesime.press.run.workers import local_workers
from millesime.press.scaffold import begin_report
from millesime.problems import OutputError
from millesime.render import artifact
from millesime.render.artifact import write_beside

ROOT = Path(__file__).resolve().parents[2]
DAY = datetime.date(2018, 7, 3)


def kill_in(code: str, *arguments: object) -> None:
    """Run code that kills its own process."""
    given = [sys.executable, "-c", "import os, signal, sys\nfrom pathlib import Path\n" + code, *map(str, arguments)]
    assert subprocess.run(given, cwd=ROOT, timeout=60).returncode == -signal.SIGKILL


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- beside a place ------------------------------------------------------------


@pytest.mark.parametrize("folder", [False, True])
def test_what_is_being_written_is_not_swept_and_what_was_abandoned_is(tmp_path: Path, folder: bool):
    place = tmp_path / "edition.pdf"
    with hold_beside(place, folder=folder) as beside:
        recover(place)
        assert names(tmp_path) == [beside.name]
        # As one that was killed leaves it, its number now being that of a process that lives: our own.
        (tmp_path / f".edition.pdf.{os.getpid()}.12345678.new").mkdir()
        (tmp_path / ".edition.pdf.1.12345678.new").write_text("half")
        recover(place)
        assert names(tmp_path) == [beside.name]
    assert names(tmp_path) == []


def test_only_what_is_named_like_ours_is_swept(tmp_path: Path):
    for name in (".edition.pdf.swp", ".edition.pdf.backup.new", ".other.pdf.1.12345678.new", ".edition.pdf.2.x.y.new"):
        (tmp_path / name).write_text("theirs")
    before = names(tmp_path)
    recover(tmp_path / "edition.pdf")
    assert names(tmp_path) == before


def test_a_build_of_one_format_sweeps_what_is_left_of_the_others(tmp_path: Path):
    (tmp_path / ".edition.pdf.1.12345678.new").write_text("half")
    (tmp_path / ".html.1.12345678.new").mkdir()
    (tmp_path / "notes.txt").write_text("theirs")
    recover_all(tmp_path)
    recover_all(tmp_path / "nowhere")
    assert names(tmp_path) == ["notes.txt"]


# Where two folders cannot change places in one step, as on some network disks.
TWO_STEPS = """
from millesime.render import artifact
artifact._exchange = lambda one, other: False
renames, rename = [], os.rename
def watched(*paths):
    rename(*paths)
    renames.append(paths)
    if len(renames) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
os.rename = watched
with artifact.write_beside(Path(sys.argv[1]), folder=True) as beside:
    (beside / "index.html").write_text("new")
"""


@pytest.mark.parametrize(("killed_after", "found"), [(1, "old"), (2, "new")])
def test_a_folder_that_stepped_aside_comes_back(tmp_path: Path, killed_after: int, found: str):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("old")
    kill_in(TWO_STEPS, site, killed_after)
    assert site.exists() == (found == "new") and len(names(tmp_path)) > 1
    recover(site)
    assert (site / "index.html").read_text() == found and names(tmp_path) == ["site"]


def test_two_that_make_the_same_folder_for_the_first_time_both_succeed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "html"
    replace = os.replace

    def late(new: Path, path: Path) -> None:
        if not path.exists():
            path.mkdir()
            (path / "index.html").write_text("the other's")
        replace(new, path)

    monkeypatch.setattr(os, "replace", late)
    with write_beside(place, folder=True) as beside:
        (beside / "index.html").write_text("ours")
    assert (place / "index.html").read_text() == "ours" and names(tmp_path) == ["html"]


def test_a_disk_that_becomes_read_only_has_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(artifact.os, "replace", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with (
        pytest.raises(OutputError, match=r"a\.txt: cannot be written: Read-only file system; what was there is as it"),
        write_beside(tmp_path / "a.txt") as beside,
    ):
        beside.write_text("new")


# ---- temporary files -------------------------------------------------------------


def test_temporary_files_go_with_the_run_and_those_of_a_killed_one_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    kill_in(
        "import tempfile\nfrom millesime.press.run.scratch import scratch_folder\n"
        "with scratch_folder():\n    tempfile.mkdtemp(prefix='millesime-')\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert len(list(tmp_path.rglob("millesime-*"))) == 2
    (tmp_path / "millesime-theirs").mkdir()
    with scratch_folder():
        own = Path(tempfile.mkdtemp())
        assert names(tmp_path) == sorted(["millesime-theirs", own.parent.name])
        with scratch_folder():
            pass
        assert own.exists() and os.environ["TMPDIR"] == str(own.parent)
    assert names(tmp_path) == ["millesime-theirs"] and os.environ["TMPDIR"] == str(tmp_path)


# ---- workers ---------------------------------------------------------------------

WAITING = """
from functools import partial
import time
from millesime.press.run.workers import local_workers
if __name__ == "__main__":
    with local_workers(1) as workers:
        print(workers.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def test_workers_end_when_their_build_is_killed(tmp_path: Path):
    program = tmp_path / "waiting.py"
    program.write_text("import os\n" + WAITING)
    with subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as build:
        assert build.stdout is not None
        worker = int(build.stdout.readline())
        build.kill()
    deadline = time.monotonic() + 20
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(worker)


BROKEN = """
import os
from millesime.press.run.workers import local_workers
from millesime.problems import EngineError
if __name__ == "__main__":
    try:
        with local_workers(1) as workers:
            os.kill(workers.submit(os.getpid).result(), 9)
            workers.submit(os.getpid).result()
    except EngineError as error:
        print(error)
"""


def test_a_build_whose_worker_is_killed_says_so(tmp_path: Path):
    program = tmp_path / "broken.py"
    program.write_text(BROKEN)
    done = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.stdout == "a worker was ended from outside, perhaps because memory ran out; try again with --jobs 1\n"


def test_a_build_that_fails_ends_its_workers_and_the_thread_that_looks_after_them():
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError), local_workers(2) as workers:
        workers.submit(time.sleep, 60)
        worker = workers.submit(os.getpid).result()
        raise ZeroDivisionError
    assert set(threading.enumerate()) <= before and not _runs(worker)


def _runs(process: int) -> bool:
    """Whether a process is there and no zombie: nobody may be left to wait for it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---- a new report ----------------------------------------------------------------

BEGINNING = """
import datetime
from millesime.press.scaffold import begin_report
links, link = [], os.link
def watched(*paths):
    if len(links) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    links.append(paths)
    link(*paths)
os.link = watched
begin_report(Path(sys.argv[1]), title="Un rapport", language="fr", date=datetime.date(2018, 7, 3))
"""


@pytest.mark.parametrize("after", [0, 2, 4])
def test_a_report_whose_beginning_was_killed_begins_at_the_next_try(tmp_path: Path, after: int):
    kill_in(BEGINNING, tmp_path / "one", after)
    for name in ("one", "undisturbed"):
        begin_report(tmp_path / name, title="Un rapport", language="fr", date=DAY)
    one, other = ({path.relative_to(tmp_path / name): path.read_bytes() if path.is_file() else None
                   for path in (tmp_path / name).rglob("*")} for name in ("one", "undisturbed"))  # fmt: skip
    assert one == other
    with pytest.raises(OutputError, match="there is a report here already"):
        begin_report(tmp_path / "one", title="Un rapport", language="fr", date=DAY)


def test_a_report_never_begins_over_a_text_of_others(tmp_path: Path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/20-methode.md").write_text("Le mien.\n")
    with pytest.raises(OutputError, match=r"20-methode\.md: there is such a file already"):
        begin_report(tmp_path, title="Un rapport", language="fr", date=DAY)
    assert names(tmp_path) == ["chapters"] and names(tmp_path / "chapters") == ["20-methode.md"]
