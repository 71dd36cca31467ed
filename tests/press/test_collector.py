"""Python's cycle collector in workers: what nobody holds is freed when it is much, and not before."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace

from millesime.collector import tidy
from millesime.press.run.steps import run_step


class _Ring:
    """Something that holds itself, as WeasyPrint's boxes do."""

    def __init__(self) -> None:
        self.itself = self


def _lost_ring() -> weakref.ref:
    return weakref.ref(_Ring())


def test_little_is_left_and_much_is_freed(monkeypatch):
    monkeypatch.setattr(gc, "freeze", lambda: None)
    gc.disable()
    try:
        ring = _lost_ring()
        tidy(much=10**9)
        assert ring() is not None
        tidy(much=0)
        assert ring() is None
    finally:
        gc.enable()


def test_there_is_room_before_a_long_unit_is_laid_out(monkeypatch):
    monkeypatch.setattr(gc, "freeze", lambda: None)
    gc.disable()
    try:
        much = [[] for _ in range(60_000)]
        ring = _lost_ring()
        seen = [
            run_step(lambda source: ring() is None, SimpleNamespace(html=bytes(size)), frozenset())
            for size in (9, 10**6)
        ]
    finally:
        gc.enable()
    assert seen == [False, True]
    assert len(much) == 60_000
