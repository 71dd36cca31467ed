"""The same build on a Dask cluster whose workers share nothing with us but the network: the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from distributed import Client

from millesime.history.repository import find_repository
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.edition.workspace import Workspace
from millesime.press.run import workers as press_workers
from millesime.press.run.build import Progress, build_editions
from millesime.press.run.workers import Workers, cluster_workers, local_workers
from millesime.problems import EngineError
from millesime.series.series import load_series
from tests.press.report import make_report
from tests.press.test_build import checksums
from tests.support import TestRepository

ROOT = Path(__file__).resolve().parents[2]
# Fonts that a user installed are the machine's, and must be the same; so are they, though homes are not.
_FONTS = (".fonts", ".local/share/fonts", ".config/fontconfig")


@dataclass
class Machine:
    """A process as on a machine of its own: folder, home, temporary folder and cache are there for it alone."""

    process: subprocess.Popen
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def stop(self, how: int = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait(timeout=30)


def start_machine(folder: Path, *command: str, path: Path | None) -> Machine:
    """Start a Dask program; `path` is where Millésime is installed there, None: nowhere."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    for variable, name in (("HOME", "home"), ("TMPDIR", "tmp"), ("XDG_CACHE_HOME", "cache"), ("PWD", "cwd")):
        (folder / name).mkdir(parents=True)
        environment[variable] = str(folder / name)
    for name in _FONTS:
        if (Path.home() / name).is_dir():
            (folder / "home" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "home" / name).symlink_to(Path.home() / name)
    if path:
        environment["PYTHONPATH"] = str(path)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder / "cwd", env=environment, stdout=log, stderr=log
        )
    return Machine(process, folder)


@dataclass
class Cluster:
    address: str
    scheduler: Machine
    workers: list[Machine]


@contextmanager
def cluster(folder: Path, *, workers: int, threads: int = 1, path: Path | None = ROOT) -> Iterator[Cluster]:
    """Give a scheduler that has no Millésime, and workers that have it."""
    told = folder / "scheduler.json"
    listening = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    machines = [start_machine(folder / "scheduler", "distributed.cli.dask_scheduler", *listening, path=None)]
    try:
        deadline = time.monotonic() + 60
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < deadline and machines[0].process.poll() is None, machines[0].log
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        options = ("--no-nanny", "--no-dashboard", "--nthreads", str(threads))
        for number in range(workers):
            machines.append(
                start_machine(folder / f"worker-{number}", "distributed.cli.dask_worker", address, *options, path=path)
            )
        if workers:
            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=60)
        yield Cluster(address, machines[0], machines[1:])
    finally:
        for machine in machines:
            machine.stop()


def build(root: Path, out: Path, workers: Workers, *, store: Store = NO_STORE) -> None:
    workspace = Workspace(load_series(root), find_repository(root), store=store)
    names = [edition.name for edition in workspace.series.editions]
    build_editions(workspace, names, formats=None, out=out, workers=workers, progress=Progress())


def build_pdf(root: Path, out: Path, workers: Workers) -> None:
    """Build what has the most steps, and no more."""
    workspace = Workspace(load_series(root), find_repository(root))
    build_editions(workspace, ["2018"], formats=("pdf",), out=out, workers=workers, progress=Progress())


def run(root: Path, out: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `build` as users do."""
    return subprocess.run(
        [sys.executable, ROOT / "build.py", "build", "--no-cache", "--root", root, "--out", out, *options],
        capture_output=True, text=True, timeout=120, env=os.environ | variables,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    return make_report(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def built(made: TestRepository, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a local build makes."""
    out = tmp_path_factory.mktemp("dist")
    with local_workers(2) as workers:
        build(made.root, out, workers)
    return checksums(out)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that live through the tests of this module."""
    with cluster(tmp_path_factory.mktemp("pair"), workers=2) as started:
        yield started


def test_a_cluster_makes_the_same_bytes(made: TestRepository, built: dict[str, str], pair: Cluster, tmp_path: Path):
    done = run(made.root, tmp_path / "out", "--executor", "dask", "--scheduler", pair.address)
    assert done.returncode == 0, done.stderr
    assert checksums(tmp_path / "out") == built
    assert "distributed" not in done.stderr, "what Dask logs is not for users"
    for worker in pair.workers:
        assert not list((worker.folder / "cwd").iterdir()), "a worker needs no files of its own"


def test_a_cluster_and_this_machine_share_a_cache(
    made: TestRepository, built: dict[str, str], pair: Cluster, tmp_path: Path
):
    store = Store(tmp_path / "cache")
    with cluster_workers(pair.address) as workers:
        build(made.root, tmp_path / "first", workers, store=store)
    assert checksums(tmp_path / "first") == built
    again = Store(tmp_path / "cache")
    with local_workers(1) as workers:
        build(made.root, tmp_path / "again", workers, store=again)
    assert checksums(tmp_path / "again") == built
    assert all(entry.hit for entry in again.explained)


def test_a_font_file_comes_home_few_times(made: TestRepository, pair: Cluster, tmp_path: Path):
    with cluster_workers(pair.address) as workers:
        home = watch_results(workers)
        build_pdf(made.root, tmp_path / "out", workers)
    together = [result if isinstance(result, list) else [result] for result in home]  # margins of pages come in lists
    units = [one for some in together for one in some if hasattr(one, "files")]
    fonts = [sum(map(len, unit.files.values())) for unit in units]
    assert len(units) > 8
    assert sum(fonts) <= 2 * workers.jobs * max(fonts), "those that are at work when the first comes home"


def watch_results(workers: Workers) -> list:
    """Return a list of what steps of `workers` will have given back."""
    home: list = []
    submit = workers.submit

    def watched(step, *values):
        future = submit(step, *values)
        future.add_done_callback(lambda done: done.cancelled() or done.exception() or home.append(done.result()))
        return future

    workers.submit = watched
    return home


def test_a_worker_that_is_lost_costs_its_step_and_no_more(made: TestRepository, built: dict[str, str], tmp_path: Path):
    with cluster(tmp_path / "cluster", workers=2) as started, cluster_workers(started.address) as workers:
        lost = threading.Event()
        submit = workers.submit

        def watched(step, *values):
            if any(getattr(value, "__name__", "") == "lay_out" for value in values) and not lost.is_set():
                lost.set()
                threading.Thread(target=kill_when_busy, args=(started,)).start()
            return submit(step, *values)

        workers.submit = watched
        build_pdf(made.root, tmp_path / "out", workers)
        assert [worker.process.poll() for worker in started.workers].count(None) == 1
    assert checksums(tmp_path / "out").items() <= built.items()


def kill_when_busy(started: Cluster) -> None:
    """End the worker that is the first to lay out a unit, in the middle of it."""
    with Client(started.address, set_as_default=False) as client:
        while not (busy := client.run(is_laying_out, on_error="ignore")) or not any(busy.values()):
            time.sleep(0.02)
    port = next(address for address, is_busy in busy.items() if is_busy).rpartition(":")[2]
    next(worker for worker in started.workers if f":{port}\n" in worker.log).stop()


def is_laying_out() -> bool:
    """Whether a thread of this process is in `lay_out`."""
    for frame in sys._current_frames().values():
        while frame:
            if frame.f_code.co_name == "lay_out":
                return True
            frame = frame.f_back
    return False


def test_threads_of_a_worker_do_one_step_at_a_time(made: TestRepository, built: dict[str, str], tmp_path: Path):
    with (
        cluster(tmp_path / "cluster", workers=1, threads=4) as started,
        cluster_workers(started.address) as workers,
    ):
        assert workers.jobs == 1
        spans = [workers.submit(begin_and_end) for _ in range(4)]
        build_pdf(made.root, tmp_path / "out", workers)
        ends = sorted(span.result() for span in spans)
    assert checksums(tmp_path / "out").items() <= built.items()
    assert all(end <= begin for (_, end), (begin, _) in pairwise(ends))


def begin_and_end() -> tuple[float, float]:
    began = time.monotonic()
    time.sleep(0.05)
    return began, time.monotonic()


# ---- what goes wrong ----------------------------------------------------------


def test_interrupting_takes_back_what_is_pending_and_leaves_the_workers(
    made: TestRepository, pair: Cluster, tmp_path: Path
):
    process = subprocess.Popen(
        [
            *(sys.executable, ROOT / "build.py", "build", "--no-cache", "--root", made.root, "--out", tmp_path),
            *("--executor", "dask", "--scheduler", pair.address),
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    with Client(pair.address, set_as_default=False) as client:
        while not any(client.processing().values()):
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        began = time.monotonic()
        _, complaint = process.communicate(timeout=20)
        assert time.monotonic() - began < 3
        assert process.returncode == 130 and "Traceback" not in complaint and "distributed" not in complaint, complaint
        deadline = time.monotonic() + 20
        while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
            assert time.monotonic() < deadline, "tasks stay on the cluster"
            time.sleep(0.05)
    assert all(worker.process.poll() is None for worker in pair.workers)


@pytest.mark.parametrize("options", [("--executor", "dask"), ("--scheduler", "tcp://127.0.0.1:1")])
def test_options_that_contradict_are_refused(made: TestRepository, tmp_path: Path, options: tuple[str, ...]):
    done = run(made.root, tmp_path / "out", *options)
    assert done.returncode == 2 and "belong together" in done.stderr


def test_an_error_of_the_cluster_is_an_engine_s(made: TestRepository, tmp_path: Path):
    done = run(made.root, tmp_path / "out", "--executor", "dask", "--scheduler", "no such thing")
    assert done.returncode == 6 and "no Dask scheduler answers there" in done.stderr
    assert "Traceback" not in done.stderr and "distributed" not in done.stderr


def test_a_scheduler_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(press_workers, "_ANSWERS_WITHIN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with (
            pytest.raises(EngineError, match=f"{port}: no Dask scheduler answers"),
            cluster_workers(f"tcp://127.0.0.1:{port}"),
        ):
            pass
    with (
        pytest.raises(EngineError, match=f"{port}: no Dask scheduler answers"),
        cluster_workers(f"tcp://127.0.0.1:{port}"),
    ):
        pass  # closed


def test_a_certificate_that_is_not_configured_is_named():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tls://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(EngineError, match="no certificate"), cluster_workers(address):
            pass


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError, match=r"millesime\[dask\]"), cluster_workers("tcp://127.0.0.1:1"):
        pass


def test_a_cluster_without_workers_is_named(tmp_path: Path):
    with (
        cluster(tmp_path, workers=0) as started,
        pytest.raises(EngineError, match="no workers"),
        cluster_workers(started.address),
    ):
        pass


def test_a_worker_with_another_version_or_none_is_named(made: TestRepository, pair: Cluster, tmp_path: Path):
    for path, complaint in ((other_version(tmp_path), "own code"), (None, "does not have this Millésime")):
        with (
            joined(pair, tmp_path / f"at-{path is None}", path=path),
            pytest.raises(EngineError, match=complaint),
            cluster_workers(pair.address),
        ):
            pass


def test_a_worker_that_joins_with_another_version_does_no_step(pair: Cluster, tmp_path: Path):
    with (
        pytest.raises(EngineError, match="joined with other versions"),
        cluster_workers(pair.address) as workers,
        joined(pair, tmp_path / "late", path=other_version(tmp_path)),
    ):
        for future in [workers.submit(time.sleep, 0.5) for _ in range(6)]:
            future.result()


def other_version(folder: Path) -> Path:
    """Return a folder with another version of Millésime."""
    other = folder / "other"
    shutil.copytree(ROOT / "millesime", other / "millesime", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", other / "templates")
    with (other / "millesime/press/run/pdf_units.py").open("a") as module:
        module.write("# of another version\n")
    return other


@contextmanager
def joined(started: Cluster, folder: Path, *, path: Path | None) -> Iterator[Machine]:
    """Let a worker join for a while."""
    with Client(started.address, set_as_default=False) as client:
        count = len(client.run(os.getpid))
        options = ("--no-nanny", "--no-dashboard", "--nthreads", "1")
        machine = start_machine(folder, "distributed.cli.dask_worker", started.address, *options, path=path)
        try:
            client.wait_for_workers(count + 1, timeout=60)
            yield machine
        finally:
            machine.stop()
            while len(client.run(os.getpid, on_error="ignore")) > count:
                time.sleep(0.02)


@pytest.mark.thorough  # half a minute of timeouts
def test_a_scheduler_that_is_lost_ends_the_build(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    with (
        cluster(tmp_path, workers=1) as started,
        pytest.raises(EngineError, match="the connection to the scheduler was lost"),
        cluster_workers(started.address) as workers,
    ):
        future = workers.submit(time.sleep, 30)
        started.scheduler.stop()
        future.result(timeout=30)
    assert not capfd.readouterr().err, "what Dask logs is not for users"
