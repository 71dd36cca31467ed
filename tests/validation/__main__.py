"""Validate artifacts: all of ours, or what is named.

python -m tests.validation [demonstration] [redline] [corpora] [site]
python -m tests.validation install       only fetches the validators
python -m tests.validation html DIR…     folders of pages; with --sites, what `publish` makes
python -m tests.validation pdf FILE…     or epub, docx
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.corpora.books import BOOKS, IN_FULL
from tests.validation import targets as find
from tests.validation.checks import CHECKS, run_check
from tests.validation.install import InstallError, Tools, install
from tests.validation.results import write_results
from tests.validation.verdict import Target, Verdict, write_verdicts

SETS = ("demonstration", "redline", "corpora", "site")
RESULTS = "checks.json"  # of the demonstration, for `publish --checks`


def main() -> int:
    """Return 0 if no check found an error, 1 if one did, 2 if nothing could be checked."""
    asked = _arguments()
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{words} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)

    try:
        tools = install()
        say("validators are installed")
        if asked.what == ["install"]:
            return 0
        with ProcessPoolExecutor(asked.jobs) as pool:
            checking = Checking(pool, tools=tools, out=asked.out, only=asked.only, quiet=asked.json)
            try:
                _begin_all(asked, checking, say)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            verdicts = checking.verdicts()
    except (InstallError, find.BuildError) as error:
        print(f"validate: {error}", file=sys.stderr)
        return 2
    if not checking.targets:
        print("validate: nothing to check", file=sys.stderr)
        return 2
    write_verdicts(verdicts, asked.out)
    if asked.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
    failed = sum(1 for verdict in verdicts if not verdict.passed)
    found = f"{len(verdicts)} verdicts on {len(checking.targets)} artifacts, {failed} failed"
    say(f"{found}; reports: {os.path.relpath(asked.out)}")
    return 1 if failed or not verdicts else 0


class Checking:
    """Checks under way: those of what is built already run while the next is built."""

    def __init__(self, pool: Executor, *, tools: Tools, out: Path, only: Sequence[str], quiet: bool) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.tools, self.out, self.targets = tools, out, []
        self._pool, self._only, self._quiet = pool, only, quiet
        self._running: list[Future[list[Verdict]]] = []

    def begin(self, targets: Sequence[Target]) -> None:
        """Begin all checks of these targets, heavy ones first; a line for each verdict is printed as it comes."""
        self.targets += targets
        work = []
        for check in CHECKS:
            wanted = [target for target in targets if target.kind == check.kind and check.wants(target)]
            if self._only and check.name not in self._only:
                continue
            for start in range(0, len(wanted), check.batch):
                batch = wanted[start : start + check.batch]
                work.append((check.weight * len(batch), check, batch))
        work.sort(key=lambda one: -one[0])
        for _, check, batch in work:
            running = self._pool.submit(run_check, check.name, check.kind, batch, self.tools, self.out)
            if not self._quiet:
                running.add_done_callback(_print_all)
            self._running.append(running)

    def running(self) -> list[Future[list[Verdict]]]:
        """Return all checks that were begun."""
        return list(self._running)

    def verdicts(self, checks: Sequence[Future[list[Verdict]]] | None = None) -> list[Verdict]:
        """Wait for these checks, or for all that were begun, and return what they found."""
        chosen = self._running if checks is None else checks
        found = [verdict for check in chosen for verdict in check.result()]
        return sorted(found, key=lambda verdict: (verdict.check, verdict.target))


def _print_all(done: Future[list[Verdict]]) -> None:
    if not done.cancelled() and not done.exception():
        for verdict in done.result():
            _print(verdict)


def _print(verdict: Verdict) -> None:
    print(verdict.line(), flush=True)
    for error in verdict.errors[:8]:
        print(f"     {error[:300]}", flush=True)
    if len(verdict.errors) > 8:
        print(f"     … and {len(verdict.errors) - 8} more", flush=True)


def _is_asked(asked: argparse.Namespace, name: str) -> bool:
    return name in (asked.what or SETS)


def _begin_all(asked: argparse.Namespace, checking: Checking, say: Callable[[str], None]) -> None:
    """Build what is asked for, one set after the other, and begin its checks. Raises BuildError."""
    if asked.what and asked.what[0] in find.FORMATS:
        paths = [Path(path) for path in asked.what[1:]]
        checking.begin(list(find.given(asked.what[0], paths, language=asked.language, are_sites=asked.sites)))
        return
    work = find.Work(root=find.ROOT, folder=asked.work)
    results = asked.out / RESULTS
    if _is_asked(asked, "demonstration"):
        checking.begin(list(find.demonstration(work, is_whole=asked.all)))
        say("demonstration is built")
    of_report, report = checking.running(), list(checking.targets)
    if _is_asked(asked, "redline"):
        checking.begin(list(find.redline(work)))
        say("redline is built")
    if _is_asked(asked, "corpora"):
        checking.begin(_corpora(asked, work, say))
    if _is_asked(asked, "demonstration"):
        write_results(checking.verdicts(of_report), report, checking.tools, results)
    if _is_asked(asked, "site"):
        # After the report's own checks: what they found is in the statements that the site shows.
        checking.begin(list(find.site(work, results if results.is_file() else None)))
        say("site is published")


def _corpora(asked: argparse.Namespace, work: find.Work, say: Callable[[str], None]) -> list[Target]:
    if not os.environ.get("MILLESIME_CORPORA"):
        say("MILLESIME_CORPORA is not set: the real books are NOT looked at")
        return []
    built = os.environ.get("MILLESIME_BOOKS")
    sources = Path(os.environ["MILLESIME_CORPORA"]).resolve()
    books = tuple(BOOKS) if asked.all else (IN_FULL,)
    found = list(find.corpora(work, sources, Path(built).resolve() if built else None, books=books, is_whole=asked.all))
    say("corpora are built" if asked.all else f"{IN_FULL} is built; --all looks at all three real books")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.validation", description=__doc__)
    parser.add_argument(
        "what", nargs="*", metavar="WHAT", help=f"{', '.join(SETS)}; or pdf, epub, html, docx and paths"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="CHECK", choices=[check.name for check in CHECKS]
    )
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--language", default="fr", help="of files named on the command line")
    parser.add_argument(
        "--all",
        action="store_true",
        help="all three real books (without it one, MILLESIME_BOOK), and all of the older editions",
    )
    parser.add_argument("--sites", action="store_true", help="folders named are whole sites: two pages of each kind")
    parser.add_argument("--out", type=Path, default=find.ROOT / "dist/validation", help="folder of the reports")
    parser.add_argument("--work", type=Path, default=find.ROOT / "dist/validated", help="folder of what is built")
    asked = parser.parse_args()
    kinds = ("install", *SETS, *find.FORMATS)
    if asked.what and asked.what[0] not in kinds:
        parser.error(f"{asked.what[0]!r} is none of {', '.join(kinds)}")
    if asked.what and asked.what[0] in find.FORMATS and len(asked.what) == 1:
        parser.error(f"which {asked.what[0]}?")
    return asked


if __name__ == "__main__":
    sys.exit(main())
