"""Worker processes: of this machine, or of a Dask cluster.

A step is a function of values that gives a value back; it reads and writes no
file of the report. So any `concurrent.futures.Executor` will do, and a worker
that is lost costs no more than its step.
"""

from __future__ import annotations

import concurrent.futures
import gc
import logging
import multiprocessing
import os
import pickle
import platform
import signal
import socket
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache, cached_property, partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from millesime.collector import tidy
from millesime.press.cache.keys import digest
from millesime.press.cache.toolchain import engines
from millesime.press.cache.versions import tool_version
from millesime.problems import EngineError, ReportError

_WORKER_BYTES = 700_000_000  # what a worker may come to need
_MEMORY = Path("/proc/meminfo")
# Of control groups, as containers are limited by: version 2, version 1.
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usable_jobs() -> int:
    """Return how many workers there are cores and memory for, one at least."""
    memory = free_memory()
    return max(1, usable_cores() if memory is None else min(usable_cores(), memory // _WORKER_BYTES))


def free_memory() -> int | None:
    """Return the bytes that processes may still take; None where the system does not say."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMORY.read_text().splitlines())
        found = [int(lines["MemAvailable"].split()[0]) * 1024]
    except (OSError, KeyError, ValueError, IndexError):
        return None
    for place in _LIMITS:
        try:
            found.append(int(place.read_text()))
        except (OSError, ValueError):  # no such group, or no limit ("max")
            continue
    return min(found)


class Workers:
    """An executor, and how to hand steps to it."""

    def __init__(self, open_executor: Callable[[Callable[[], None] | None], Executor], jobs: int) -> None:
        """`open_executor` is handed what each new process is to do while there is nothing else for it, if anything."""
        self._open_executor = open_executor
        self._prepare: Callable[[], None] | None = None
        self.jobs = jobs  # how many steps it does at once
        self.started = jobs  # how many workers there are already; the others are started when all these are busy
        self._preparing: list[Future] = []
        self.font_files: dict[str, bytes] = {}  # that came home, by hash: nearly the same ones for all pages of a build

    @cached_property
    def executor(self) -> Executor:
        """What does the steps; made with the first of them, for a build that finds all it needs has none."""
        return self._open_executor(self._prepare)

    def start(self, prepare: Callable[[], None], *, alone: bool = False) -> None:
        """Start all workers, or one `alone`, and let them prepare while there is nothing else to do for them."""
        self._prepare = prepare  # also by itself: a worker that is ready would prepare in the place of a new one
        self._preparing = [self.submit(prepare) for _ in range(1 if alone else self.jobs)]

    @property
    def are_prepared(self) -> bool:
        """Whether one of the workers that were started has prepared."""
        return not self._preparing or any(future.done() for future in self._preparing)

    def await_start(self) -> None:
        """Wait until one of the workers that were started has prepared."""
        concurrent.futures.wait(self._preparing, return_when=concurrent.futures.FIRST_COMPLETED)

    def submit(self, step: Callable[..., Any], *values: Any) -> Future:
        """Hand a step to a worker, starting one if all are busy."""
        with _safe_path():
            # First the executor: with it comes a process of Python's own, behind which Ctrl-C is heard again.
            executor = self.executor
            with _deaf_children():
                return executor.submit(step, *values)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes that this thread starts be deaf to Ctrl-C, which reaches the whole group of processes.

    The parent ends them, and no half-started worker complains.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let Python, started until the block ends, look for no modules in the folder where it is: a report's, perhaps."""
    with _ENVIRONMENT:  # which all threads share
        before = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        try:
            yield
        finally:
            if before is None:
                os.environ.pop(_SAFE_PATH, None)
            else:
                os.environ[_SAFE_PATH] = before


_ENVIRONMENT = threading.Lock()
_SAFE_PATH = "PYTHONSAFEPATH"  # https://docs.python.org/3/using/cmdline.html#envvar-PYTHONSAFEPATH


class _Local(Workers):
    """Processes of this machine, which live for this build."""

    def __init__(self, open_executor: Callable[[Callable[[], None] | None], Executor], jobs: int) -> None:
        super().__init__(open_executor, jobs)
        self.started = 0
        self._in_hand: list[Future] = []
        self._counting = threading.Lock()

    def submit(self, step: Callable[..., Any], *values: Any) -> Future:
        """Hand a step to a process, which tidies up after it."""
        future = super().submit(_do_and_tidy, step, *values)
        with self._counting:
            self._in_hand = [one for one in self._in_hand if not one.done()] + [future]
            self.started = min(self.jobs, max(self.started, len(self._in_hand)))
        return future


def _begin_work(prepare: Callable[[], None] | None, load: Callable[[], None] | None) -> None:
    """Make a new process a worker: no cycle collector that runs by itself, and no long farewell at its end.

    It ends with its parent: a build that was killed leaves nobody waiting for steps.
    """
    gc.disable()
    Finalize(None, os._exit, args=(0,), exitpriority=_LAST)
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if prepare:
        prepare()
    if load:
        with suppress(Exception):  # the first step will say so
            load()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _do_and_tidy(step: Callable[..., Any], *values: Any) -> Any:
    """Do a step, then free what it left if that is much: after each it would be a fifth of the time of small steps."""
    try:
        return step(*values)
    finally:
        tidy(much=_MUCH)


_LAST = -1000  # of what a process does at its end
_MUCH = 1_000_000  # objects that hold others: some 150 pages, 200 MB


@contextmanager
def local_workers(jobs: int, *, prepare: Callable[[], None] | None = None) -> Iterator[Workers]:
    """Give workers on this machine; they end with the block, at once if it fails.

    Each of them calls `prepare` before its first step. Raises EngineError when the system ended one of them.
    """
    pool: ProcessPoolExecutor | None = None

    def open_pool(load: Callable[[], None] | None) -> ProcessPoolExecutor:
        nonlocal pool
        # Not `max_tasks_per_child`: with it the pool may wait for ever (https://github.com/python/cpython/issues/115634).
        pool = ProcessPoolExecutor(
            jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_work, initargs=(prepare, load)
        )
        return pool

    try:
        yield _Local(open_pool, jobs)
    except BaseException as error:
        if pool is not None:
            _end(pool)
        if isinstance(error, BrokenProcessPool):
            raise EngineError(
                "a worker was ended from outside, perhaps because memory ran out; try again with --jobs 1"
            ) from error
        raise
    if pool is not None:
        pool.shutdown()


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool at once, and the thread that looks after them."""
    # Asked before: a pool that is shut down has forgotten them.
    processes = getattr(pool, "_processes", None) or {}
    keeper = getattr(pool, "_executor_manager_thread", None)
    # Without `cancel_futures`: nobody would wake who waits for what was cancelled. A pool that broke wakes all.
    pool.shutdown(wait=False)
    for process in list(processes.values()):
        process.terminate()
    if keeper:
        # It closes what Python, when it ends, calls it with: Python would find that closed at times, and complain.
        keeper.join()


# ---- a Dask cluster ----------------------------------------------------------


@contextmanager
def cluster_workers(scheduler: str) -> Iterator[Workers]:
    """Give the workers of the Dask cluster whose scheduler has this address, "tcp://10.0.0.5:8786".

    They need Millésime and its engines installed, in the versions that are
    here, and share nothing with this machine but the network. A step whose
    worker is lost is done again by another; when the block fails, what is
    still to be done is taken back. Raises EngineError when Dask is not
    installed, the cluster does not answer or is lost, or its versions differ.
    """
    try:
        import dask
        from distributed import Client, KilledWorker, Security
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise EngineError(f"Dask: not found ({error}); install it with `pip install 'millesime[dask]'`") from error
    with _quiet(), dask.config.set(_SETTINGS):
        try:
            _knock(get_address_host_port(scheduler), hears_first="tcp" in scheduler or "://" not in scheduler)
            # Dask would raise as well, and wait for what it did not start.
            security, encrypted = Security(), scheduler.startswith("tls://")
            if encrypted and not security.get_connection_args("client")["ssl_context"]:
                raise ValueError("Dask's configuration names no certificate: distributed.comm.tls")
            if security.require_encryption and not encrypted:
                raise ValueError("Dask's configuration requires encryption, tls://")
            client = Client(scheduler, timeout=_ANSWERS_WITHIN_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise EngineError(
                f"--scheduler {scheduler}: no Dask scheduler answers there ({error}); "
                "start one with `dask scheduler`, and workers with `dask worker ADDRESS`"
            ) from error
        try:
            workers = _Cluster(client, scheduler, _check_workers(client, scheduler))
            try:
                yield workers
            except BaseException:
                workers.take_back()
                raise
        except KilledWorker as error:
            raise EngineError(
                f"--scheduler {scheduler}: a step lost each worker that began it, perhaps because memory ran out; "
                "give workers more of it, `dask worker --memory-limit`"
            ) from error
        except ReportError:
            raise
        except Exception as error:
            if client.status == "running" and not isinstance(error, CancelledError):
                raise
            raise EngineError(f"--scheduler {scheduler}: the connection to the scheduler was lost") from error
        finally:
            with suppress(OSError):  # it may be gone
                client.close(timeout=_ANSWERS_WITHIN_S)


_ANSWERS_WITHIN_S = 10
_SETTINGS = {"distributed.admin.large-graph-warning-threshold": "1GB"}  # a chapter's pictures are no mistake


def _knock(place: tuple[str, int], *, hears_first: bool) -> None:
    """Raise OSError unless somebody is there; Dask would wait for ever for one that takes a call and says nothing."""
    with socket.create_connection(place, timeout=_ANSWERS_WITHIN_S) as line:
        if hears_first and not line.recv(1):
            raise ConnectionError("it hung up")


class _Cluster(Workers):
    """The workers of a Dask cluster; each does one step at a time, however many threads it has."""

    def __init__(self, client: Any, scheduler: str, addresses: Sequence[str]) -> None:
        super().__init__(
            lambda _: client.get_executor(), len(addresses)
        )  # never called: it may lose a result, and wait for ever
        self._client, self._scheduler, self._addresses = client, scheduler, addresses
        self._versions = digest(worker_versions())
        self._pending: dict[Future, Any] = {}  # with the cluster's own futures

    def start(self, prepare: Callable[[], None], *, alone: bool = False) -> None:
        """Let each worker prepare, for the builds to come as well."""
        for address in self._addresses:
            self._submit(prepare, workers=[address], allow_other_workers=True)

    def submit(self, step: Callable[..., Any], *values: Any) -> Future:
        """Hand a step to the cluster."""
        return self._submit(step, *values)

    def _submit(self, step: Callable[..., Any], *values: Any, **where: Any) -> Future:
        inner = pickle.dumps((step, values), protocol=5)
        call = pickle.dumps(_Call(do_alone, self._scheduler, self._versions, inner), protocol=5)
        future: Future = Future()
        self._pending[future] = self._client.submit(pickle.loads, call, pure=False, **where)
        self._pending[future].add_done_callback(partial(self._settle, future))
        return future

    def _settle(self, future: Future, far: Any) -> None:
        """Bring home what became of a step."""
        try:
            outcome, settle = far.result(), future.set_result
        except BaseException as error:  # a step's own, or the network's
            outcome, settle = error, future.set_exception
        if self._pending.pop(future, None) is not None:
            settle(outcome)

    def take_back(self) -> None:
        """Cancel what was not begun, and wake who waits for it; workers end what they are at, and go on living."""
        taken = {future: self._pending.pop(future, None) for future in tuple(self._pending)}
        for future in [future for future, far in taken.items() if far is not None]:
            future.cancel()
            future.set_running_or_notify_cancel()
        with suppress(Exception):  # the cluster may be gone; what ended the build is what matters
            self._client.cancel([far for far in taken.values() if far is not None])


class _Call:
    """A call that happens where it is unpickled.

    A scheduler reads the tasks that pass through it, except for what is mere
    bytes: so it needs no Millésime, and reads no pictures.
    """

    def __init__(self, function: Callable[..., Any], *values: Any) -> None:
        self._call = function, values

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


def do_alone(scheduler: str, versions: str, pickled: bytes) -> Any:
    """Do a step on a worker of a cluster: alone in its process, and only with the versions that the build has.

    A worker may have joined after the build began, and have threads. What
    steps set belongs to the process: the recursion limit, the collector's
    pause, the environment. `pickled` is (step, values).
    """
    if digest(worker_versions()) != versions:
        raise EngineError(
            f"--scheduler {scheduler}: a worker on {platform.node()} joined with other versions; "
            "install what is installed here, restart it and build again"
        )
    step, values = pickle.loads(pickled)
    with _ALONE:
        return step(*values)


_ALONE = threading.Lock()


def _check_workers(client: Any, scheduler: str) -> list[str]:
    """Return the addresses of all workers. Raises EngineError when there are none, or one has other versions."""
    here = worker_versions()
    seen = client.run(worker_versions, on_error="return")
    if not seen:
        raise EngineError(
            f"--scheduler {scheduler}: the cluster has no workers; start some with `dask worker {scheduler}`"
        )
    for worker, versions in seen.items():
        if isinstance(versions, Exception):
            raise EngineError(
                f"--scheduler {scheduler}: the worker {worker} does not have this Millésime ({versions}); "
                "install what is installed here, and restart it"
            ) from versions
        if other := [name for name in here | versions if versions.get(name) != here.get(name)]:
            raise EngineError(
                f"--scheduler {scheduler}: not the same on the worker {worker}: {', '.join(other)}; its pages would "
                "differ: install what is installed here, and restart it"
            )
    return list(seen)


@cache
def worker_versions() -> dict[str, str]:
    """Return the digest of each thing that a worker's pages depend on besides what it is given."""
    parts = {
        **engines(),
        **{name: tool_version(name) for name in ("uharfbuzz", "brotli", "zopfli")},  # these write fonts
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "rsvg-convert": _drawing_version(),  # pandoc calls it for drawings in Word files
    }
    return {name: digest(part) for name, part in parts.items()}


def _drawing_version() -> str:
    try:
        return subprocess.run(["rsvg-convert", "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep off the terminal what Dask logs: what matters of it is raised."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    loggers = [logger for name in names if not (logger := logging.getLogger(name)).disabled]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in loggers:
            logger.disabled = False
