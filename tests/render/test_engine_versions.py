"""The versions of the PDF engine that pip may install are those that were tried."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from millesime.render.pdf.engine.internals import KNOWN

ROOT = Path(__file__).resolve().parents[2]


def requirement(name: str) -> Requirement:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return next(one for one in map(Requirement, declared) if one.name.lower() == name)


@pytest.mark.parametrize("name", KNOWN)
def test_each_version_that_was_tried_may_be_installed_and_no_later_one(name: str):
    allowed = requirement(name).specifier
    assert all(allowed.contains(version) for version in KNOWN[name])
    last = max(map(Version, KNOWN[name]))
    later = [f"{last.major}.{last.minor}.{last.micro + 1}", f"{last.major}.{last.minor + 1}", f"{last.major + 1}.0"]
    assert not any(allowed.contains(version) for version in later)
