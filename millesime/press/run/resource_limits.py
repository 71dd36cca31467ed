"""Run a step within limits of memory and time; one that exceeds a limit ends the build with a message that names it.

Both are limits of a process. Time is processor time, since the machine may be
busy. A step that runs in a thread has neither: a Dask cluster limits its own
workers.
"""

from __future__ import annotations

import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from millesime.at_work import subject_of
from millesime.limits import LimitError, Limits, raise_hint


def run_limited(limits: Limits, what: str, step: Callable[..., Any], *values: Any) -> Any:
    """Return `step(*values)`; `what` names it for messages: "gouvernance in 2019.pdf".

    Raises LimitError where it takes more memory or time than it may.
    """
    if threading.current_thread() is not threading.main_thread():
        return step(*values)
    try:
        with _limited_memory(limits.memory_bytes), _limited_time(limits.layout):
            return step(*values)
    except _TimeUp as error:
        raise LimitError(
            f"{what}{_at(error)}: to make it took more than {limits.layout} s; {raise_hint('layout', limits)}"
        ) from error
    except MemoryError as error:
        raise LimitError(
            f"{what}{_at(error)}: to make it needed more than {limits.memory} MiB; {raise_hint('memory', limits)}"
        ) from error


def _at(error: BaseException) -> str:
    """Return the chapter or picture at which a limit struck, "" where there is no name for it."""
    return f", {named.where}" if (named := subject_of(error)) else ""


@contextmanager
def _limited_memory(size: int) -> Iterator[None]:
    """Let this process take no more memory than `size` bytes.

    What counts is what it may write to, RLIMIT_DATA: addresses alone, of which
    pandoc reserves a terabyte, do not. Linux counts so since 4.7.
    """
    before = resource.getrlimit(resource.RLIMIT_DATA)
    within = [value for value in (size, *before) if value != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(within), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


class _TimeUp(BaseException):
    """No Exception, which an engine might take for one of its own and go on."""


@contextmanager
def _limited_time(seconds: int) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, _time_is_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _time_is_up(number: int, frame: object) -> None:
    raise _TimeUp
