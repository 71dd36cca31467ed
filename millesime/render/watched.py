"""Limit the time and memory of untrusted templates, which run in a thread of this process."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 60  # of processor time, for one page
BYTES = 2 * 1024**3  # that this process may grow by meanwhile
_LOOK_EVERY_S = 0.1
_STATUS = Path("/proc/self/statm")


class TakesTooMuch(Exception):
    """The block took more than it may."""

    def __str__(self) -> str:
        return f"takes more than {SECONDS} s of processor time, or {BYTES // 1024**3} GiB of memory"


@contextmanager
def watched() -> Iterator[None]:
    """Raise TakesTooMuch in the block, between two steps of Python, when its thread has taken more than it may.

    A thread beside looks ten times a second, which a step that stays in C can
    outlive: it ends the loops of a template, not one multiplication.
    """
    thread, clock = threading.get_ident(), time.pthread_getcpuclockid(threading.get_ident())
    until, most = time.clock_gettime(clock) + SECONDS, _held_bytes() + BYTES
    # https://docs.python.org/3/c-api/init.html#c.PyThreadState_SetAsyncExc
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    done, deciding = threading.Event(), threading.Lock()

    def watch() -> None:
        while not done.wait(_LOOK_EVERY_S):
            if time.clock_gettime(clock) > until or _held_bytes() > most:
                with deciding:
                    if not done.is_set():
                        raise_in(ctypes.c_ulong(thread), ctypes.py_object(TakesTooMuch))
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with deciding:
            done.set()


def _held_bytes() -> int:
    """Return the memory that this process holds; 0 where the system does not say."""
    try:
        return int(_STATUS.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
