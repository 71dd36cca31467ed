"""Steps within limits: what exceeds one is ended and named, and the process is as before."""

from __future__ import annotations

import resource
import signal
import threading

import pytest

from millesime.at_work import at_work
from millesime.limits import LimitError, Limits
from millesime.press.run.resource_limits import run_limited
from millesime.press.run.workers import local_workers

SMALL = Limits(layout=1, memory=256)


def spin(rounds: int | None) -> str:
    while rounds is None or rounds > 0:
        rounds = rounds and rounds - 1
    return "done"


def hoard(mebibytes: int) -> int:
    return len([bytearray(1024**2) for _ in range(mebibytes)])


def test_a_step_that_takes_too_long_is_ended_and_named():
    with local_workers(1) as workers, pytest.raises(LimitError, match=r"^gouvernance: .*more than 1 s;.*layout: 1"):
        workers.submit(run_limited, SMALL, "gouvernance", spin, None).result(timeout=60)


def test_a_step_that_takes_too_much_memory_is_ended_and_its_worker_lives():
    with local_workers(1) as workers:
        with pytest.raises(LimitError, match=r"^gouvernance: .*more than 256 MiB;.*memory: 256"):
            workers.submit(run_limited, SMALL, "gouvernance", hoard, 1024).result(timeout=60)
        assert workers.submit(run_limited, SMALL, "gouvernance", hoard, 8).result(timeout=60) == 8


def test_nothing_remains_of_a_limit():
    before = resource.getrlimit(resource.RLIMIT_DATA), signal.getsignal(signal.SIGPROF)
    assert run_limited(Limits(), "gouvernance", spin, 10) == "done"
    assert (resource.getrlimit(resource.RLIMIT_DATA), signal.getsignal(signal.SIGPROF)) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_steps_in_threads_are_done_without_limits():
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(run_limited(SMALL, "gouvernance", spin, 10)))
    thread.start()
    thread.join(timeout=30)
    assert seen == ["done"]


def spin_at(where: str) -> None:
    with at_work(where, "lay it out"):
        spin(None)


def hoard_at(where: str) -> None:
    with at_work(where, "lay it out"):
        hoard(1024)


@pytest.mark.parametrize("step", [spin_at, hoard_at])
def test_a_limit_that_strikes_in_a_step_names_the_chapter(step):
    with local_workers(1) as workers, pytest.raises(LimitError, match=r"^edition 2019, html, chapters/a\.md: to make"):
        workers.submit(run_limited, SMALL, "edition 2019, html", step, "chapters/a.md").result(timeout=120)
