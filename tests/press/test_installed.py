"""Typefaces that were kept are those that would be made."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from millesime.press.cache import installed
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import Store
from millesime.render.fonts import SANS, SERIF, print_font, web_font
from millesime.render.installed_files import MAKE_ANEW, keep_with

MAKERS = [(make, family) for make in (print_font, web_font) for family in (SERIF, SANS)]


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    yield
    keep_with(MAKE_ANEW)


def test_each_face_comes_back_as_it_was_made(tmp_path: Path, nothing_kept: None):
    made = [make.__wrapped__(family) for make, family in MAKERS]
    for _ in range(2):
        store = Store(tmp_path / "cache")
        keep_installed(store)
        assert [make.__wrapped__(family) for make, family in MAKERS] == made
    assert store.counts.hits == len(MAKERS) == len(set(made))


@pytest.mark.parametrize("library", ["HarfBuzz", "zlib"])
def test_another_library_of_the_system_makes_the_typefaces_anew(
    library: str, tmp_path: Path, nothing_kept: None, monkeypatch: pytest.MonkeyPatch
):
    print_font.__wrapped__(SANS)
    keep_installed(Store(tmp_path / "cache"))
    print_font.__wrapped__(SANS)
    if library == "zlib":
        monkeypatch.setattr(zlib, "ZLIB_RUNTIME_VERSION", "0")
    else:
        monkeypatch.setattr(installed, "engine_versions", lambda: {"HarfBuzz": "0"})
    store = Store(tmp_path / "cache")
    keep_installed(store)
    print_font.__wrapped__(SANS)
    assert store.counts.hits == 0
