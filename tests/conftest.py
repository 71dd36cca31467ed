"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

# CI's run of a push repeats the same examples, so that a red run speaks of the push; all other runs try new ones.
IS_PUSH = bool(os.environ.get("MILLESIME_PUSH"))
EXAMPLES, EXAMPLES_OF_ALL = 100, 300  # of a law that names no number of its own: in an ordinary run, with --all

if os.environ.get("MILLESIME_CANARY"):
    from tests.canary import trust_installed

    trust_installed()

# The modules that take longest, so that no worker process is left alone with one of them at the end.
LONGEST_FIRST = (
    "tests/corpora/test_books.py",
    "tests/faults/test_disk.py",
    "tests/faults/test_kills.py",
    "tests/faults/test_surroundings.py",
    "tests/faults/test_together.py",
    "tests/press/test_cluster.py",
    "tests/press/test_build.py",
    "tests/render/test_pdf_by_unit.py",
    "tests/render/test_tracked_changes.py",
    "tests/press/test_site_in_browser.py",
    "tests/redline/test_corpora.py",
    "tests/redline/test_changed_quantities_corpora.py",
    "tests/cli/test_watch.py",
    "tests/cli/test_tutorial.py",
)
# Folders whose modules share what takes long to make: one worker process has all of them.
TOGETHER = ("tests/faults/",)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected files of golden cases")
    parser.addoption("--all", action="store_true", help="run also the tests marked 'thorough', as `make test-all` does")


def pytest_configure(config: pytest.Config) -> None:
    """Say how many random examples a law tries, before the tests are read, which ask for it."""
    hypothesis.settings.register_profile(
        "millesime",
        max_examples=EXAMPLES_OF_ALL if config.getoption("--all") else EXAMPLES,
        deadline=None,
        derandomize=IS_PUSH,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("millesime")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """Hand modules to worker processes, and the folders of TOGETHER whole."""
    return _Together(config, log) if config.getoption("dist") == "loadscope" else None


class _Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        together = [folder for folder in TOGETHER if nodeid.startswith(folder)]
        return together[0] if together else super()._split_scope(nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out thorough tests, but for those named by their id or with --all; put the longest modules first."""
    if not config.getoption("--all") and not any("::" in word for word in config.args):
        left = [item for item in items if item.get_closest_marker("thorough")]
        if left:
            config.hook.pytest_deselected(items=left)
            items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    places = {name: index for index, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if not config.getoption("--all"):
        terminalreporter.write_line("tests marked 'thorough' were left to `make test-all`, see docs/tests.md")


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs that tests run keep what they make in a folder of the tests' own, never in the user's.

    The worker processes of one run share the folder: what one has made, another takes.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    os.environ["MILLESIME_CACHE"] = str(folder / "cache-of-the-tests" / "millesime")


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
