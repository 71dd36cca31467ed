"""What changes in figures, measured on three real books against verdicts written by hand.

`tests/cases/quantities/<book>.yaml` lists every change of figures between the
editions of a book, and decoys: numbers that differ and are none. Precision is
over all that is found, listed or not; recall over all that is listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from test_corpora import BOOKS, _git, _read

from millesime.redline.compare import compare
from millesime.redline.reading.changed_quantities import QuantityChange, changed_quantities

CASES = Path(__file__).parents[1] / "cases" / "quantities"
LEAST = 0.95


@dataclass
class Tally:
    """What became of the verdicts of one or more books."""

    listed: int = 0
    decoys: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)  # a decoy, or not listed: needs review
    missed: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("listed", "decoys", "right", "wrong", "missed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.listed)

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}, recall {self.recall:.3f}: {self.right} of {self.listed} changes found,"
            f" {len(self.wrong)} wrong, {self.decoys} decoys; wrong: {self.wrong}; missed: {self.missed}"
        )


@pytest.mark.thorough
def test_figures_that_changed_in_real_books_are_found_and_no_others(corpora: Path, tmp_path: Path) -> None:
    total = Tally()
    for book in BOOKS:
        total.add(_judge_book(book, corpora, tmp_path))
    print(f"all: {total}")
    assert total.listed >= 30
    assert total.decoys >= 30
    assert total.precision >= LEAST
    assert total.recall >= LEAST


def test_figures_that_changed_in_one_book_are_found_and_no_others(corpora: Path, tmp_path: Path) -> None:
    total = _judge_book("noaa-soe-tech-doc", corpora, tmp_path)
    assert total.listed
    assert total.precision >= LEAST
    assert total.recall >= LEAST


@pytest.mark.parametrize("book", BOOKS)
def test_every_pair_of_editions_has_verdicts(book: str) -> None:
    first, second, third = (tag.removeprefix("edition-") for tag in BOOKS[book])
    listed = yaml.safe_load((CASES / f"{book}.yaml").read_text(encoding="utf-8"))
    assert set(listed) == {f"{first}-{second}", f"{second}-{third}", f"{first}-{third}"}


def _judge_book(book: str, corpora: Path, folder: Path) -> Tally:
    total = Tally()
    verdicts = yaml.safe_load((CASES / f"{book}.yaml").read_text(encoding="utf-8"))
    clone = folder / book
    _git("clone", "--quiet", "--no-checkout", str(corpora / f"{book}.bundle"), str(clone))
    editions = {tag.removeprefix("edition-"): _read(clone, tag) for tag in BOOKS[book]}
    for pair, listed in verdicts.items():
        old, new = pair.split("-")
        tally = _judge(changed_quantities(compare(editions[old], editions[new])), listed)
        print(f"{book} {pair}: {tally}")
        total.add(tally)
    return total


def _judge(found: list[QuantityChange], listed: list[dict]) -> Tally:
    """Compare what was found with the verdicts of one pair of editions."""
    tally = Tally(decoys=sum(entry["verdict"] == "decoy" for entry in listed))
    left = list(found)
    for entry in sorted(listed, key=lambda entry: entry["verdict"] != "change"):
        times = entry.get("times", 1)
        hits = [change for change in left if _is(change, entry)][:times]
        for change in hits:
            left.remove(change)
        if entry["verdict"] == "change":
            tally.listed += times
            tally.right += len(hits)
            tally.missed += [f"{entry['old']} → {entry['new']} ({entry['near']})"] * (times - len(hits))
        elif entry["verdict"] == "decoy":
            tally.wrong += [f"decoy {change.old} → {change.new} ({entry['why']})" for change in hits]
    tally.wrong += [f"not listed: {change.old} → {change.new} in {change.sentence_new!r}" for change in left]
    return tally


def _is(change: QuantityChange, entry: dict) -> bool:
    return (
        (change.old, change.new) == (entry["old"], entry["new"].removesuffix("+"))
        or (change.old, change.new) == (entry["old"], entry["new"])
        or (change.old, change.new.removesuffix("+")) == (entry["old"], entry["new"])
    ) and entry["near"] in change.sentence_new
