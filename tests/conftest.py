"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile(
    "millesime", max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("millesime")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected files of golden cases")


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs that tests run keep what they make in a folder of the tests' own, never in the user's."""
    os.environ["MILLESIME_CACHE"] = str(tmp_path_factory.mktemp("cache") / "millesime")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("--update-golden")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of the real books; tests that need it are skipped where it is not given."""
    folder = os.environ.get("MILLESIME_CORPORA")
    if not folder:
        pytest.skip("MILLESIME_CORPORA is not set: the folder that holds the corpora's bundles")
    return Path(folder).resolve()
