"""Workers that work in the process that asks them, for tests of what is built rather than of who builds it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager

from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.run.workers import Workers


def here(store: Store = NO_STORE) -> Workers:
    """Return workers that work in this process: to start another takes as long as an EPUB."""
    keep_installed(store)
    return Workers(lambda load: _Here(), 1)


@contextmanager
def workers_here(jobs: int, *, prepare: Callable[[], None] | None = None) -> Iterator[Workers]:
    """Stand in for `local_workers`."""
    if prepare:
        prepare()
    yield Workers(lambda load: _Here(), 1)


class _Here(Executor):
    """Does each step at once; steps of several threads one after the other, as a worker process does."""

    def __init__(self) -> None:
        self._alone = threading.Lock()

    def submit(self, step, /, *values, **options) -> Future:
        done: Future = Future()
        try:
            with self._alone:
                done.set_result(step(*values, **options))
        except Exception as error:
            done.set_exception(error)
        return done
