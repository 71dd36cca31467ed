"""Print tables: our PDF and plain WeasyPrint, Typst and Chromium, in the same session. See docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.press.peers import PEERS, PLAIN, pandoc_version
from bench.press.study import Study, study_cut, study_editions
from bench.press.table import write_tables
from bench.redline.study import say

BOOK = "rust-book"
CUTS = ("100", "200", "whole")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.press", description=__doc__)
    parser.add_argument(
        "--cut", action="append", metavar="PAGES", help="only the first chapters of about so many pages, or `whole`"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each task is run; medians are printed")
    parser.add_argument("--quick", action="store_true", help="one round, 100 pages, without the three editions")
    parser.add_argument("--alone", action="store_true", help="without Typst and Chromium")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--no-editions", action="store_true", help="without the three editions, which take the longest")
    which.add_argument("--only-editions", action="store_true", help="nothing but the three editions")
    parser.add_argument("--json", action="store_true", help="one object a line for each study, with all runs")
    parser.add_argument("--limit", type=int, default=900, help="seconds that one run may take")
    args = parser.parse_args()
    bundle = _bundle()
    cuts = () if args.only_editions else args.cut or (CUTS[:1] if args.quick else CUTS)
    rounds = 1 if args.quick else args.rounds
    few = args.alone or args.only_editions
    unavailable = {name: "left out" for name in PEERS if few and name != PLAIN}
    unavailable |= {
        name: reason for name, peer in PEERS.items() if name not in unavailable and (reason := peer.install())
    }
    versions = _versions(unavailable)
    say("; ".join(f"{name} {version}" for name, version in versions.items()))
    studies: list[Study] = []
    editions = None
    with tempfile.TemporaryDirectory(prefix="millesime-bench-") as temporary:
        for cut in cuts:
            say(f"{BOOK}, {cut}")
            pages = None if cut == "whole" else int(cut)
            folder = Path(temporary, cut)
            studies.append(
                study_cut(bundle, folder, pages=pages, unavailable=unavailable, rounds=rounds, limit_s=args.limit)
            )
            if args.json:
                _print_json(studies[-1])
        if args.only_editions or not (args.quick or args.no_editions):
            say(f"{BOOK}, three editions")
            editions = study_editions(bundle, Path(temporary, "editions"), rounds=rounds, limit_s=args.limit)
            if args.json:
                _print_json(editions)
    if not args.json:
        print(write_tables(studies, editions, versions))


def _bundle() -> Path:
    folder = os.environ.get("MILLESIME_CORPORA")
    if not folder:
        sys.exit("MILLESIME_CORPORA is not set: the folder that holds the corpora's bundles")
    path = Path(folder, f"{BOOK}.bundle").resolve()
    if not path.is_file():
        sys.exit(f"{path}: no such file")
    return path


def _versions(unavailable: dict[str, str]) -> dict[str, str]:
    peers = {name: unavailable.get(name) or peer.version() for name, peer in PEERS.items()}
    return {"Python": platform.python_version(), "pandoc": pandoc_version(), **peers}


def _print_json(study: Study) -> None:
    print(json.dumps(asdict(study), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
