"""The repository that tests of history write and read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from millesime.history.repository import Repository, open_repository
from tests.support import TestRepository, make_repository


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestRepository:
    """A repository in a sealed environment, which Millésime's own git sees too."""
    made = make_repository(tmp_path)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made.home / ".config"))
    return made


@pytest.fixture
def repository(repo: TestRepository) -> Iterator[Repository]:
    """The same, opened by Millésime."""
    with open_repository(repo.root) as opened:
        yield opened
