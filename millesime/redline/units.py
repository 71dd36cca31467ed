"""What is compared: blocks, items, lines and rows as units, and what one comparison shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block, Inline, text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.align import Unit, Vocabulary, phrases
from millesime.redline.leaves import Lexicon
from millesime.redline.marks import NEW, OLD, take_side


@dataclass(slots=True)
class Run:
    """One move: the places it left and those it went to. Named when it is first met in reading order."""

    pairs: list[tuple[Any, Any]]
    edited: bool = False
    name: str = ""


@dataclass(slots=True)
class Chapter:
    """A chapter as its comparison needs it."""

    name: str  # of its content: equal names, equal content
    units: Sequence[Unit]
    words: int
    phrase_count: int  # of different phrases
    keys: Set[str]  # of its units
    _phrases: Set[int] | None = None

    def phrases(self, vocabulary: Vocabulary) -> Set[int]:
        """Return the chapter's phrases, see `align.phrases`, the same numbers in every process."""
        if self._phrases is None:
            self._phrases = phrases(vocabulary.numbers(word for unit in self.units for word in unit.words))
        return self._phrases


def read_chapter(name: str, units: Sequence[Unit], vocabulary: Vocabulary) -> Chapter:
    words = vocabulary.numbers(word for unit in units for word in unit.words)
    found = phrases(words)
    return Chapter(name, units, len(words), len(found), frozenset(unit.key for unit in units), found)


@dataclass(slots=True)
class Comparison:
    """What one run of `compare` shares: its words, the numbers given to moves, items that changed lists."""

    vocabulary: Vocabulary
    lexicon: Lexicon = field(default_factory=Lexicon)
    named: int = 0  # moves that have a number
    # Items that moved from one list to another: (identity of the list's items, index) to the move,
    # and for the new place the item as it was.
    items_gone: dict[tuple[int, int], Run] = field(default_factory=dict)
    items_come: dict[tuple[int, int], tuple[Run, list[Block]]] = field(default_factory=dict)
    _across: dict[int, list[tuple[int, Run, str]]] = field(default_factory=dict)  # of these, by the list's block
    _met: list[Run] | None = None  # while moves are named for themselves: those that were met

    def move_item(self, run: Run, source: tuple[Block, int], target: tuple[Block, int]) -> None:
        """Note that an item moved: (list, index of the item) to (list, index)."""
        (old, place), (new, other) = source, target
        item = items_of(old)[place]
        self.items_gone[id(items_of(old)), place] = run
        self.items_come[id(items_of(new)), other] = (run, item)
        self._across.setdefault(id(old), []).append((place, run, ""))
        self._across.setdefault(id(new), []).append((other, run, equality_key(item)))

    def across(self, *blocks: Block) -> Across:
        """Return the moves of items into and out of these lists."""
        if not self._across:
            return NOTHING_ACROSS
        runs: list[Run] = []
        key = []
        for block in blocks:
            for place, run, item in self._across.get(id(block), ()):
                if not any(run is known for known in runs):
                    runs.append(run)
                key.append((place, item, next(at for at, known in enumerate(runs) if known is run)))
            key.append(())
        return Across(tuple(key), tuple(runs)) if runs else NOTHING_ACROSS

    def name(self, run: Run) -> str:
        if self._met is not None:
            place = next((place for place, known in enumerate(self._met) if known is run), len(self._met))
            if place == len(self._met):
                self._met.append(run)
            return local_name(place)
        if not run.name:
            self.named += 1
            run.name = f"move-{self.named}"
        return run.name

    def apart(self, make: Callable[[], Any]) -> tuple[Any, list[Run]]:
        """Return what `make` makes, moves in it named by `local_name`, and these moves in order."""
        before, self._met = self._met, []
        try:
            return make(), self._met
        finally:
            self._met = before


@dataclass(frozen=True, slots=True)
class Across:
    """Moves of items between lists, as far as one or two lists are concerned."""

    key: tuple  # equal keys: the same items of these lists, in the same moves
    runs: tuple[Run, ...]

    def place(self, run: Run) -> int | None:
        """Return the index of a move among these, or None for a move within one list."""
        return next((place for place, known in enumerate(self.runs) if known is run), None)


NOTHING_ACROSS = Across((), ())


def local_name(place: int) -> str:
    """Return what the moves of one block are called before the moves of the book have their names."""
    return f"move-{place + 1}"


# ---- units -----------------------------------------------------------------

_THRESHOLDS = {
    "Para": 0.4,
    "Plain": 0.4,
    "Header": 0.35,
    "BulletList": 0.25,
    "OrderedList": 0.25,
    "BlockQuote": 0.25,
    "Div": 0.25,
    "Table": 0.25,
    "CodeBlock": 0.4,
    "DefinitionList": 0.25,
    "LineBlock": 0.3,
}


# Kinds that become each other: a list became loose, or was numbered.
_ONE_KIND = {"Plain": "Para", "BulletList": "List", "OrderedList": "List"}


def block_unit(block: Block) -> Unit:
    kind = block["t"]
    label = block["c"][1][0] if kind == "Header" else ""
    return Unit(block, equality_key(block), _ONE_KIND.get(kind, kind), _THRESHOLDS.get(kind, 0.5), label)


def item_unit(item: list[Block]) -> Unit:
    return Unit(item, equality_key(item), "item", 0.4)


def item_units(block: Unit) -> list[Unit]:
    """Return the items of a list as units, made once."""
    if block.parts is None:
        block.parts = [item_unit(item) for item in items_of(block.value)]
    return block.parts


def line_unit(line: list[Inline]) -> Unit:
    return Unit(line, equality_key(line), "line", 0.5)


def row_unit(row: list) -> Unit:
    cells = row[1]
    return Unit(row, equality_key(row), f"row of {len(cells)}", 0.4, text_of(cells[0][4]) if cells else "")


def items_of(block: Block) -> list[list[Block]]:
    """Return the items of a bullet or ordered list; other blocks have none."""
    if block["t"] == "BulletList":
        return block["c"]
    return block["c"][1] if block["t"] == "OrderedList" else []


# ---- merging ---------------------------------------------------------------


def proves(merged: list, old: list, new: list) -> bool:
    """Whether both versions come out of what was merged."""
    return _comes_out(merged, OLD, old) and _comes_out(merged, NEW, new)


def _comes_out(merged: list, side: str, version: list) -> bool:
    found = normalise(take_side(merged, side))
    return found == version or equality_key(found) == equality_key(version)  # ids of headings may differ


def steps(pairs: Sequence[tuple[int, int]], old_length: int, new_length: int) -> Iterator[tuple]:
    """Yield, in reading order, (range, range) of what has no partner and (index, index) of each pair."""
    i = j = 0
    for row, column in pairs:
        if i < row or j < column:
            yield range(i, row), range(j, column)
        yield row, column
        i, j = row + 1, column + 1
    if i < old_length or j < new_length:
        yield range(i, old_length), range(j, new_length)
