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
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from functools import partial
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
        work = find.Work(root=find.ROOT, folder=asked.work)
        chosen = list(_targets(asked, work, say))
    except (InstallError, find.BuildError) as error:
        print(f"validate: {error}", file=sys.stderr)
        return 2
    if not chosen and not _is_asked(asked, "site"):
        print("validate: nothing to check", file=sys.stderr)
        return 2
    run = partial(validate, tools=tools, out=asked.out, only=asked.only, jobs=asked.jobs, quiet=asked.json)
    verdicts = run(chosen)
    if _is_asked(asked, "demonstration"):
        write_results(verdicts, chosen, tools, asked.out / RESULTS)
    if _is_asked(asked, "site"):
        # After the others: what they found is in the statements that the site shows.
        results = asked.out / RESULTS
        try:
            site = list(find.site(work, results if results.is_file() else None))
        except find.BuildError as error:
            print(f"validate: {error}", file=sys.stderr)
            return 2
        say("site is published")
        chosen += site
        verdicts += run(site)
    write_verdicts(verdicts, asked.out)
    if asked.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
    failed = sum(1 for verdict in verdicts if not verdict.passed)
    say(f"{len(verdicts)} verdicts on {len(chosen)} artifacts, {failed} failed; reports: {os.path.relpath(asked.out)}")
    return 1 if failed or not verdicts else 0


def validate(
    chosen: Sequence[Target], *, tools: Tools, out: Path, only: Sequence[str] = (), jobs: int = 2, quiet: bool = False
) -> list[Verdict]:
    """Run all checks, heavy ones first, and print a line for each verdict as it comes."""
    out.mkdir(parents=True, exist_ok=True)
    work = []
    for check in CHECKS:
        wanted = [target for target in chosen if target.kind == check.kind and check.wants(target)]
        if only and check.name not in only:
            continue
        for start in range(0, len(wanted), check.batch):
            batch = wanted[start : start + check.batch]
            work.append((check.weight * len(batch), check, batch))
    work.sort(key=lambda one: -one[0])
    verdicts: list[Verdict] = []
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(run_check, check.name, check.kind, batch, tools, out) for _, check, batch in work]
        for done in as_completed(running):
            for verdict in done.result():
                verdicts.append(verdict)
                if not quiet:
                    _print(verdict)
    return sorted(verdicts, key=lambda verdict: (verdict.check, verdict.target))


def _print(verdict: Verdict) -> None:
    print(verdict.line(), flush=True)
    for error in verdict.errors[:8]:
        print(f"     {error[:300]}", flush=True)
    if len(verdict.errors) > 8:
        print(f"     … and {len(verdict.errors) - 8} more", flush=True)


def _is_asked(asked: argparse.Namespace, name: str) -> bool:
    return name in (asked.what or SETS)


def _targets(asked: argparse.Namespace, work: find.Work, say) -> list[Target]:
    if asked.what and asked.what[0] in find.FORMATS:
        paths = [Path(path) for path in asked.what[1:]]
        return list(find.given(asked.what[0], paths, language=asked.language, are_sites=asked.sites))
    found: list[Target] = []
    for name in SETS[:-1]:
        if not _is_asked(asked, name):
            continue
        if name == "demonstration":
            found += find.demonstration(work, is_whole=asked.all)
        elif name == "redline":
            found += find.redline(work)
        elif os.environ.get("MILLESIME_CORPORA"):
            built = os.environ.get("MILLESIME_BOOKS")
            sources = Path(os.environ["MILLESIME_CORPORA"]).resolve()
            books = tuple(BOOKS) if asked.all else (IN_FULL,)
            found += find.corpora(work, sources, Path(built).resolve() if built else None, books=books)
            if not asked.all:
                say(f"of the real books, {IN_FULL} alone is looked at; --all takes all three")
        else:
            say("MILLESIME_CORPORA is not set: the real books are NOT looked at")
            continue
        say(f"{name} is built")
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
