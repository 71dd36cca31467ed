"""Who does the work: processes of this machine, or of others.

A step is a function of values that gives a value back; it reads and writes no
file of the report. So any `concurrent.futures.Executor` will do, and a worker
that is lost costs no more than its step.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from millesime.press.cache.keys import digest
from millesime.press.inputs import engines
from millesime.problems import EngineError

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

    def __init__(self, executor: Executor, jobs: int) -> None:
        self._executor = executor
        self.jobs = jobs  # how many steps it does at once

    def start(self, prepare: Callable[[], None]) -> None:
        """Start all workers and let them prepare, so that steps may be handed over from any thread."""
        for _ in range(self.jobs):
            self.submit(prepare)

    def submit(self, step: Callable[..., Any], *values: Any) -> Future:
        """Hand a step to a worker, starting one if all are busy.

        A process is born deaf to Ctrl-C, which reaches the whole group of
        processes: the parent ends it, and no half-started worker complains.
        """
        if threading.current_thread() is not threading.main_thread():
            return self._executor.submit(step, *values)
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return self._executor.submit(step, *values)
        finally:
            signal.signal(signal.SIGINT, heard)


@contextmanager
def local_workers(jobs: int, *, prepare: Callable[[], None] | None = None) -> Iterator[Workers]:
    """Give workers on this machine; they end with the block, at once if it fails.

    Each of them calls `prepare` before its first step. Raises EngineError when the system ended one of them.
    """
    # Not `max_tasks_per_child`: with it the pool may wait for ever (https://github.com/python/cpython/issues/115634).
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=prepare)
    try:
        yield Workers(pool, jobs)
    except BrokenProcessPool as error:
        raise EngineError(
            "a worker was ended from outside, perhaps because memory ran out; try again with --jobs 1"
        ) from error
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    pool.shutdown()


@contextmanager
def cluster_workers(scheduler: str) -> Iterator[Workers]:
    """Give the workers of the Dask cluster whose scheduler has this address, "tcp://10.0.0.5:8786".

    They need Millésime and its engines installed, in the versions that are
    here, and share nothing with this machine but the network. A step whose
    worker is lost is done again by another. Raises EngineError when Dask is
    not installed, the cluster does not answer, or its versions differ.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise EngineError(f"Dask: not found ({error}); install it with `pip install millesime[dask]`") from error
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise EngineError(
            f"--scheduler {scheduler}: no Dask scheduler answers there ({error}); "
            "start one with `dask scheduler`, and workers with `dask worker ADDRESS`"
        ) from error
    with client:
        yield _cluster(client, scheduler)


def _cluster(client: Any, scheduler: str) -> Workers:
    here = worker_versions()
    seen = client.run(worker_versions)
    if not seen:
        raise EngineError(
            f"--scheduler {scheduler}: the cluster has no workers; start some with `dask worker {scheduler}`"
        )
    for worker, versions in seen.items():
        for name, version in here.items():
            if versions.get(name) != version:
                raise EngineError(
                    f"--scheduler {scheduler}: {name} differs on the worker {worker}, so its pages would; "
                    "install what is installed here"
                )
    threads = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
    return Workers(client.get_executor(pure=False), threads)


def worker_versions() -> dict[str, str]:
    """Return the digest of each thing that a worker's pages depend on besides what it is given."""
    return {name: digest(part) for name, part in engines().items()}
