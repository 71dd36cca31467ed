"""What a comparison leaves for the next process spares it work, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from millesime.history.repository import find_repository
from millesime.press.cache.store import NO_STORE, Store, open_store
from millesime.press.edition.workspace import Workspace
from millesime.redline.outputs.json import redline_json
from millesime.redline.pairing import memory
from millesime.redline.pairing.memory import Memory
from millesime.series.series import load_series
from tests.press.report import make_report
from tests.support import TestRepository

TEXT = "chapters/10-modele.md"


@pytest.fixture
def made(tmp_path: Path) -> TestRepository:
    """A report whose edition of 2019 is in preparation."""
    report = make_report(tmp_path / "report")
    manifest = report.root / "editions/2019.yaml"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    manifest.write_text("".join(line for line in lines if not line.startswith("revision")), encoding="utf-8")
    return report


def compared(made: TestRepository, store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[dict, float]:
    """Return the redline as a new process finds it, and the share of its pairs of chapters that it had to make."""
    memories: list[Memory] = []

    class Noted(Memory):
        def __init__(self) -> None:
            super().__init__()
            memories.append(self)

    monkeypatch.setattr(memory, "Memory", Noted)
    workspace = Workspace(load_series(made.root), find_repository(made.root), store=store)
    redline = workspace.redline(workspace.manuscript("2018"), workspace.manuscript("2019"))
    return redline_json(redline, full=True), memories[0].share_made


def edit(made: TestRepository, old: str, new: str) -> None:
    path = made.root / TEXT
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_next_process_makes_the_edited_chapter_alone(made, tmp_path, monkeypatch):
    store = open_store(tmp_path / "cache")
    first, share = compared(made, store, monkeypatch)
    assert share == 1
    assert compared(made, store, monkeypatch) == (first, 0)
    edit(made, "mot pour mot", "à un mot près")
    second, share = compared(made, store, monkeypatch)
    assert share == 1 / 2
    assert second == compared(made, NO_STORE, monkeypatch)[0] != first


def test_what_was_damaged_is_made_again(made, tmp_path, monkeypatch):
    store = open_store(tmp_path / "cache")
    first, _ = compared(made, store, monkeypatch)
    (entry,) = (tmp_path / "cache/redline").iterdir()
    entry.write_bytes(entry.read_bytes()[:-1] + b"?")
    assert compared(made, store, monkeypatch) == (first, 1)


def test_what_is_kept_is_written_again_only_if_much_is_new(made, tmp_path, monkeypatch):
    store = open_store(tmp_path / "cache")
    compared(made, store, monkeypatch)
    (entry,) = (tmp_path / "cache/redline").iterdir()
    before = entry.read_bytes()
    compared(made, store, monkeypatch)
    assert entry.read_bytes() == before
    edit(made, "met en commun", "partage")
    compared(made, store, monkeypatch)
    assert entry.read_bytes() != before


def test_without_a_cache_nothing_is_left(made, tmp_path, monkeypatch):
    assert compared(made, NO_STORE, monkeypatch)[1] == 1
    assert compared(made, NO_STORE, monkeypatch)[1] == 1
