"""Print one table: our redline and its peers, in the same session. See docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.redline.editions import read_pairs
from bench.redline.oracle import ask_oracle
from bench.redline.peers import PEERS
from bench.redline.study import Study, say, study_pair
from bench.redline.table import write_table

COMPARED = "rust-book"  # peers are run on the largest book, and on those that --book names


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.redline", description=__doc__)
    parser.add_argument("--book", action="append", help="only this book, by the name of its bundle; peers run on it")
    parser.add_argument("--quick", action="store_true", help="one round, and only the smallest book")
    parser.add_argument("--alone", action="store_true", help="only ours, without the peers")
    parser.add_argument(
        "--json", action="store_true", help="one object a line for each pair, as soon as it is measured, seconds too"
    )
    parser.add_argument("--limit", type=int, default=120, help="CPU seconds that a tool may take for one comparison")
    parser.add_argument("--oracle", type=Path, default=os.environ.get("MILLESIME_ORACLE"), help="redline_oracle.py")
    args = parser.parse_args()
    bundles = _bundles(args.book, quick=args.quick)
    wanted = {} if args.alone else PEERS
    unavailable = {name: reason for name, peer in wanted.items() if (reason := peer.install())}
    for name, reason in unavailable.items():
        say(f"{name}: {reason}")
    studies: list[Study] = []
    with tempfile.TemporaryDirectory(prefix="millesime-bench-") as temporary:
        for bundle in bundles:
            for pair in read_pairs(bundle, Path(temporary)):
                say(pair.name)
                study = study_pair(
                    pair,
                    Path(temporary, f"{pair.book}-{pair.old_tag}"),
                    unavailable=unavailable,
                    peers=not args.alone and (bool(args.book) or args.quick or pair.book == COMPARED),
                    rounds=1 if args.quick else 3,
                    limit_s=args.limit,
                )
                studies.append(study)
                if args.oracle:
                    study.oracle = ask_oracle(args.oracle, pair, Path(temporary, f"oracle-{pair.book}-{pair.old_tag}"))
                if args.json:
                    print(json.dumps(asdict(study), ensure_ascii=False), flush=True)
    if not args.json:
        print(write_table(studies))


def _bundles(books: list[str] | None, *, quick: bool) -> list[Path]:
    folder = os.environ.get("MILLESIME_CORPORA")
    if not folder:
        sys.exit("MILLESIME_CORPORA is not set: the folder that holds the corpora's bundles")
    found = {path.stem: path.resolve() for path in sorted(Path(folder).glob("*.bundle"))}
    unknown = [book for book in books or [] if book not in found]
    if unknown or not found:
        sys.exit(f"{folder}: no {(unknown or ['*'])[0]}.bundle; there are {', '.join(found) or 'none'}")
    if books:
        return [found[book] for book in books]
    by_size = sorted(found.values(), key=lambda path: path.stat().st_size)
    return by_size[:1] if quick else by_size


if __name__ == "__main__":
    main()
