"""The redlines of random documents, checked by a program that shares no code with ours.

The checker is the file that MILLESIME_ORACLE names, or `oracle/redline_oracle.py`
beside the folder MILLESIME_CORPORA; without either, these tests are skipped.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest
from documents import chapters, edited_pairs, law
from hypothesis import given

from millesime.redline.compare import compare
from millesime.redline.exact_document import to_ast


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    named = os.environ.get("MILLESIME_ORACLE")
    beside = os.environ.get("MILLESIME_CORPORA")
    path = Path(named) if named else Path(beside, "..", "oracle", "redline_oracle.py") if beside else None
    if path is None or not path.is_file():
        pytest.skip(f"no checker at {path}: MILLESIME_ORACLE names the file redline_oracle.py")
    spec = importlib.util.spec_from_file_location("redline_oracle", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@law
@given(edited_pairs())
def test_the_checker_finds_both_editions_in_the_redline_of_an_edited_one(oracle, pair):
    assert_found_by(oracle, *pair)


@law
@given(chapters(), chapters())
def test_the_checker_finds_both_editions_in_any_redline(oracle, old, new):
    assert_found_by(oracle, old, new)


def assert_found_by(oracle: ModuleType, old, new) -> None:
    redline = {"blocks": to_ast(compare(old, new))}
    for edition, drop, unwrap, key in (
        (new, oracle.OLD_ONLY, oracle.NEW_ONLY, "new-path"),
        (old, oracle.NEW_ONLY, oracle.OLD_ONLY, "old-path"),
    ):
        found = oracle.chapters(redline, drop, unwrap, key)
        expected = {one.path: oracle.normalise(one.blocks) for one in edition}
        assert {path: oracle.normalise(blocks) for path, blocks in found.items()} == expected
