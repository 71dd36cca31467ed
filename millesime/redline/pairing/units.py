"""The units of a comparison (blocks, items, lines, rows), and the state that one comparison shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from millesime.markup.ast import Block, Inline, rewrite, text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.marks import NEW, OLD, take_side
from millesime.redline.model import DELETION
from millesime.redline.pairing.align import Unit, Vocabulary, phrases
from millesime.redline.text.tokens import Lexicon
from millesime.redline.text.words import text_words


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
    """What one run of `compare` shares: its words, the numbers given to moves, what moved into and out of blocks."""

    vocabulary: Vocabulary
    lexicon: Lexicon = field(default_factory=Lexicon)
    named: int = 0  # moves that have a number
    # Items and blocks inside others that moved: (identity of the list that holds them, index) to the move,
    # and for the new place to the item or block as it was.
    gone: dict[tuple[int, int], Run] = field(default_factory=dict)
    come: dict[tuple[int, int], tuple[Run, Any]] = field(default_factory=dict)
    _across: dict[int, list[tuple[tuple[int, ...], Run, str]]] = field(default_factory=dict)  # by the top-level block
    _met: list[Run] | None = None  # while moves are named for themselves: those that were met

    def leave(self, run: Run, block: Block, path: tuple[int, ...]) -> None:
        """Note that something left its place inside a top-level block of the old edition; see `inside.py` for paths."""
        self.gone[id(_holder(block, path)), path[-1]] = run
        self._across.setdefault(id(block), []).append((path, run, ""))

    def arrive(self, run: Run, block: Block, path: tuple[int, ...], source: Any) -> None:
        """Note that something, as it was in `source`, stands inside a top-level block of the new edition now."""
        self.come[id(_holder(block, path)), path[-1]] = (run, source)
        self._across.setdefault(id(block), []).append((path, run, equality_key(source)))

    def across(self, *blocks: Block) -> Across:
        """Return the moves into and out of these top-level blocks."""
        if not self._across:
            return NOTHING_ACROSS
        runs: list[Run] = []
        key: list[tuple] = []
        for block in blocks:
            for path, run, source in self._across.get(id(block), ()):
                if not any(run is known for known in runs):
                    runs.append(run)
                key.append((path, source, next(at for at, known in enumerate(runs) if known is run)))
            key.append(())
        return Across(tuple(key), tuple(runs)) if runs else NOTHING_ACROSS

    def has_moves_inside(self, block: Block, kind: str) -> bool:
        """Whether something inside a block of one edition left it, or came into it; `kind` is DELETION or INSERTION."""
        known = self.gone if kind == DELETION else self.come
        return bool(known) and _has_any(held_by(block), known)

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
    """Moves into and out of blocks, as far as one or two blocks are concerned."""

    key: tuple  # equal keys: the same things inside these blocks, in the same moves
    runs: tuple[Run, ...]

    def place(self, run: Run) -> int | None:
        """Return the index of a move among these, or None for a move that stays inside its block."""
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
    key = equality_key(block)
    label = block["c"][1][0] if kind == "Header" else ""
    if kind in ("Para", "Plain") and NOTE in key:
        label = " ".join(own_words(block))
    return Unit(block, key, _ONE_KIND.get(kind, kind), _THRESHOLDS.get(kind, 0.5), label)


NOTE = '"Note"'  # in the key of what has one


def own_words(text: Block) -> list[str]:
    """Return the words of a paragraph without those of its notes."""
    return text_words(rewrite(text, lambda note: [], kinds={"Note"}))


def item_unit(item: list[Block]) -> Unit:
    return Unit(item, equality_key(item), "item", 0.4)


def line_unit(line: list[Inline]) -> Unit:
    return Unit(line, equality_key(line), "line", 0.5)


def row_unit(row: list) -> Unit:
    cells = row[1]
    return Unit(row, equality_key(row), f"row of {len(cells)}", 0.4, text_of(cells[0][4]) if cells else "")


def held_by(block: Block) -> list:
    """Return the list itself of the items of a list, or of the blocks of a quote or Div; other blocks hold nothing."""
    match block["t"]:
        case "BlockQuote":
            return block["c"]
        case "Div":
            return block["c"][1]
    return items_of(block)


def _holder(block: Block, path: tuple[int, ...]) -> list:
    """Return the list of items or blocks in which the last index of a path counts."""
    held = held_by(block)
    for place in path[:-1]:
        inner = held[place]
        held = inner if isinstance(inner, list) else held_by(inner)
    return held


def _has_any(held: list, known: Mapping[tuple[int, int], Any]) -> bool:
    return any(
        (id(held), place) in known or _has_any(one if isinstance(one, list) else held_by(one), known)
        for place, one in enumerate(held)
    )


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
