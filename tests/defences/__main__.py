"""Take each defence out of a copy of Millésime, and see that the tests which watch over it fail.

python -m tests.defences [NAME…]        all of them, or those named: a line for each
python -m tests.defences --list         their names, where they stand, what would hold without them

Ends with status 1 where a defence was taken out and no test failed, or failed for another reason.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.defences.table import DEFENCES, Defence

ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("millesime", "tests", "templates", "docs", "pyproject.toml", "build.py")
_LEFT_OUT = shutil.ignore_patterns("*-pytest-*.pyc", ".pytest_cache")
IMPORTED = "tests/defences/test_table.py::test_millesime_is_imported_from_where_its_tests_are"
_TIMEOUT_S = 600
_FAILED = 1  # https://docs.pytest.org/en/stable/reference/exit-codes.html: others are errors of use or collection
# What a replacement raises that is none, but a mistake in the table.
_MISTAKES = frozenset({"SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "NameError"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of some tests in a copy came to."""

    status: int  # pytest's own; -1 where it was ended after its time
    seconds: float
    failed: str = ""  # the first test that failed, "test_paths.py::test_x[a]"
    error: str = ""  # of what kind: "AssertionError"; "setup" where the test had not begun
    output: str = ""

    @property
    def is_proof(self) -> bool:
        """Whether a test ran, and failed at what it looks at."""
        return self.status == _FAILED and bool(self.failed) and self.error not in {"setup", *_MISTAKES}


def main() -> int:
    """Return 0 if each defence that was taken out was missed by a test, 1 if one was not, 2 for a wrong name."""
    asked = _arguments()
    known = {defence.name: defence for defence in DEFENCES}
    if unknown := [name for name in asked.names if name not in known]:
        print(f"defences: none is called {unknown[0]!r}; --list names them", file=sys.stderr)
        return 2
    chosen = [known[name] for name in asked.names] or list(DEFENCES)
    if asked.list:
        for defence in chosen:
            behind = f"; behind it: {defence.behind}" if defence.behind else ""
            print(f"{defence.name}: {defence.module}{behind}")
        return 0
    began, wrong = time.monotonic(), 0
    with _copy() as folder:
        places = [word for defence in chosen for word in defence.tests if word.startswith("tests/")]
        whole = run_tests(folder, (IMPORTED,) if asked.only_without else (IMPORTED, *dict.fromkeys(places)))
    if whole.status:
        _say(f"with all defences: FAILS: {whole.failed} ({whole.error})\n{whole.output[-3000:]}")
        return 1
    _say(f"with all defences: all tests pass, {whole.seconds:.0f} s")
    for defence in chosen:
        outcome = try_without(defence)
        wrong += not outcome.is_proof
        _say(_line(defence, outcome))
    _say(f"{len(chosen)} defences taken out, {wrong} mistakes, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


def try_without(defence: Defence) -> Outcome:
    """Run a defence's tests in a copy of Millésime that lacks it."""
    with _copy() as folder:
        module = folder / defence.module
        text = module.read_text("utf-8")
        assert text.count(defence.there) == 1, f"{defence.name}: {defence.module} does not hold its text once"
        module.write_text(text.replace(defence.there, defence.instead), "utf-8")
        for compiled in module.parent.glob(f"__pycache__/{module.stem}.*.pyc"):
            compiled.unlink()
        return run_tests(folder, defence.tests)


def run_tests(folder: Path, tests: Sequence[str]) -> Outcome:
    """Run tests of a copy until the first fails, with the copy alone to import from."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider",
               f"--junitxml={report}", f"--basetemp={folder / 'tmp'}", *tests]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(folder), "MILLESIME_DEFENCES": str(folder)}
    began = time.monotonic()
    # Into a file: what a test left running would hold a pipe open.
    with (folder / "output.txt").open("w+", encoding="utf-8", errors="replace") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            status = process.wait(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            status = -1
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        stream.seek(0)
        output = stream.read()
    failed, error = _first_failure(report)
    return Outcome(status=status, seconds=time.monotonic() - began, failed=failed, error=error, output=output)


def _first_failure(report: Path) -> tuple[str, str]:
    """Return the test that failed and how, as JUnit's XML tells: `failure` in the test itself, `error` around it."""
    if not report.is_file():
        return "", ""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        for what in case:
            if what.tag in ("failure", "error"):
                name = f"{case.get('classname', '').rpartition('.')[2]}.py::{case.get('name')}"
                if what.tag == "error":
                    return name, "setup"
                found = re.match(r"(?:[\w.]*\.)?(\w+)(?::|$)", what.get("message", ""))
                return name, found[1] if found else "AssertionError"
    return "", ""


def _line(defence: Defence, outcome: Outcome) -> str:
    took = f"{outcome.seconds:.1f} s"
    if outcome.is_proof:
        return f"{defence.name}: {outcome.failed} fails ({outcome.error}), {took}"
    if outcome.status == 0:
        return f"{defence.name}: NO TEST FAILS without it: {' '.join(defence.tests)}, {took}"
    why = f"{outcome.failed}: {outcome.error}" if outcome.failed else f"pytest ended with {outcome.status}"
    return f"{defence.name}: NOT SHOWN, {why}, {took}\n{outcome.output[-3000:]}"


@contextmanager
def _copy() -> Iterator[Path]:
    """Yield a folder with a copy of what tests import, and of nothing else."""
    with tempfile.TemporaryDirectory(prefix="defences-") as name:
        folder = Path(name).resolve()
        for part in _COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=_LEFT_OUT, symlinks=True)
            else:
                shutil.copy2(ROOT / part, folder / part)
        yield folder


def _say(words: str) -> None:
    print(words, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.defences", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="defences to take out (default: all)")
    parser.add_argument("--list", action="store_true", help="name the defences, and run nothing")
    parser.add_argument("--only-without", action="store_true", help="do not run the tests with all defences first")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
