"""Find numbers, amounts, percentages and dates that changed in a redline.

    for change in changed_quantities(redline):
        change.old, change.new    # "12 communes" became "15": ("12", "15"); ("3,5 millions d’euros", "4 M€")

A figure has changed where one quantity stands in the place of another: in the
same sentence, table cell or list item of two aligned blocks, between the same
words, and of the same kind. So what came or went with its sentence, moved with
it, or was only written otherwise ("1000", "1 000", "mille") is not one; nor
is what a number only names (`redline/text/quantities.py`: chapters, figures, versions,
laws), nor code, formulas, citations and the numbers of lists and rows.

The blocks are cut into sentences; equal ones drop out; the rest is paired by
likeness, quantities left out of the account, whatever their order. Inside a
pair, words are aligned by a shortest edit script, and the quantities that it
does not keep are matched, in order, by the words around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from millesime.redline.model import MOVED_FROM, BlockChange, Redline
from millesime.redline.pairing.align import Vocabulary, heaviest_chain
from millesime.redline.reading.sentences import TableText, pair_sentences, read_block
from millesime.redline.text.edit_script import kept_runs
from millesime.redline.text.quantities import ARTICLE, Token, figure, read_tokens

READABLE = 240  # characters of a sentence shown, around its quantity
MIN_CONTEXT = 2.0  # words that two quantities must share on both sides together
REACH = 4  # words on either side that count as context
SHORT_GAP = 5  # words: in a gap no longer, one quantity on each side stand for one another
COMPARABLE = ({"year", "date"}, {"year", "number"})  # "2008" may become "décembre 2006", "2000 agents" "2 500"
UNITED = frozenset({"number", "amount", "percentage", "measure", "duration"})
SEPARATORS = frozenset({",", ";", "et", "and", "&", "ou", "or"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityChange:
    """One figure that changed: what the old edition printed, what the new one prints, and where."""

    kind: str  # number, amount, percentage, date, year, time, duration, measure, rank
    old: str  # as printed, with its unit: "3,5 millions d’euros", "12 %", "3 juillet 2018"
    new: str
    sentence_old: str  # the sentence, caption or table row around it, as plain text, cut with "…"
    sentence_new: str
    chapter: int  # index into redline.chapters
    block: int  # index into that chapter's `blocks`


@dataclass(frozen=True, slots=True)
class _Pair:
    old: Token
    new: Token
    old_text: str  # the sentence, or the row of the table
    new_text: str


def changed_quantities(redline: Redline) -> list[QuantityChange]:
    """Return the figures that changed, in the order in which the new edition prints them.

    Looks into blocks that both editions have: edited, replaced, or moved and
    edited; into list items, quotes, notes, captions and cells of tables.
    """
    vocabulary = Vocabulary()
    return [
        QuantityChange(
            kind=_kind(pair),
            old=pair.old.text,
            new=pair.new.text,
            sentence_old=_cut(pair.old_text, pair.old),
            sentence_new=_cut(pair.new_text, pair.new),
            chapter=chapter,
            block=block,
        )
        for chapter, changed in enumerate(redline.chapters)
        for block, change in enumerate(changed.blocks)
        if change.edited and change.kind != MOVED_FROM
        for pair in _changed_in(change, vocabulary)
    ]


def _kind(pair: _Pair) -> str:
    return min(pair.old.kind, pair.new.kind) if ARTICLE not in (pair.old.kind, pair.new.kind) else "number"


def _cut(text: str, token: Token) -> str:
    """Return the part of a sentence that stands around a quantity, cut at words."""
    if len(text) <= READABLE:
        return text
    start = max(0, min(token.start - READABLE // 2, len(text) - READABLE))
    stop = max(start + READABLE, token.stop)
    if start:
        start = text.find(" ", start, token.start) + 1 or start
    if stop < len(text):
        stop = max(text.rfind(" ", token.stop, stop), token.stop)
    return ("… " if start else "") + text[start:stop].strip() + (" …" if stop < len(text) else "")


def _changed_in(change: BlockChange, vocabulary: Vocabulary) -> Iterator[_Pair]:
    """Yield the changed figures of a block: of its sentences, then of its tables."""
    assert change.old is not None and change.new is not None
    old, new = read_block(change.old), read_block(change.new)
    for i, j in pair_sentences(old.sentences, new.sentences, vocabulary):
        yield from _changed_between(old.sentences[i], new.sentences[j], vocabulary)
    for old_table, new_table in zip(old.tables, new.tables, strict=False):
        yield from _changed_cells(old_table, new_table, vocabulary)


# ---- quantities ------------------------------------------------------------


def _changed_between(
    old_text: str, new_text: str, vocabulary: Vocabulary, *, least: float = MIN_CONTEXT
) -> list[_Pair]:
    """Return the quantities of two versions of a sentence that took each other's place, in order."""
    if old_text > new_text:
        swapped = _changed_between(new_text, old_text, vocabulary, least=least)
        return [_Pair(pair.new, pair.old, pair.new_text, pair.old_text) for pair in swapped]
    if figure().findall(old_text) == figure().findall(new_text):  # a quick look: most edits leave all figures alone
        return []
    old, new = read_tokens(old_text), read_tokens(new_text)
    kept = kept_runs(vocabulary.spell(token.key for token in old), vocabulary.spell(token.key for token in new))
    gaps_old = _gaps(old, [range(run.old_start, run.old_start + run.length) for run in kept])
    gaps_new = _gaps(new, [range(run.new_start, run.new_start + run.length) for run in kept])
    _drop_moved(old, new, gaps_old, gaps_new)
    scores = []
    for i, gap in gaps_old.items():
        for j, other in gaps_new.items():
            if _is_comparable(old, new, i, j) and not _is_grown_list(old, new, i, j):
                sides = _context(old, new, i, j)
                alone = gap[:2] == other[:2] == (gap[0], 1)
                score = sum(sides) + (MIN_CONTEXT if alone and gap[2] and other[2] else 0)
                if score >= least and (all(sides) or alone):
                    scores.append((i, j, score))
    chain = heaviest_chain(scores)
    return [_Pair(old[i], new[j], old_text, new_text) for i, j in chain if not _is_same(old[i], new[j])]


def _gaps(tokens: list[Token], kept: list[range]) -> dict[int, tuple[int, int, bool]]:
    """Return the gap of each quantity that was not kept: words kept before, values in it, whether it is short."""
    found: dict[int, tuple[int, int, bool]] = {}
    before = start = 0
    for run in [*kept, range(len(tokens), len(tokens))]:
        inside = [index for index in range(start, run.start) if tokens[index].is_quantity]
        values = {tokens[index].key for index in inside}
        found |= dict.fromkeys(inside, (before, len(values), run.start - start <= SHORT_GAP))
        before, start = before + len(run), run.stop
    return found


def _drop_moved(old: list[Token], new: list[Token], gaps_old: dict[int, Any], gaps_new: dict[int, Any]) -> None:
    """Drop the quantities that stand elsewhere in the sentence with a neighbour of theirs: they only moved."""
    for i in list(gaps_old):
        for j in list(gaps_new):
            beside = any(_stem(old, i + step) == _stem(new, j + step) != "" for step in (-1, 1))
            if beside and _is_same(old[i], new[j]):
                del gaps_old[i], gaps_new[j]
                break


def _stem(tokens: list[Token], place: int) -> str:
    return tokens[place].stem if 0 <= place < len(tokens) else ""


def _is_same(old: Token, new: Token) -> bool:
    return (old.unit == new.unit or "number" in (old.kind, new.kind)) and not old.values.isdisjoint(new.values)


def _is_comparable(old: list[Token], new: list[Token], i: int, j: int) -> bool:
    kinds = {old[i].kind, new[j].kind}
    if ARTICLE in kinds:  # "une commune" may become "deux communes"; "un rapport" no figure
        return kinds == {ARTICLE, "number"} and _stem(old, i + 1) == _stem(new, j + 1) != ""
    if len(kinds) == 1 or kinds in COMPARABLE:
        return True
    # A number that got a unit, or lost it, has to stand between the same words.
    return "number" in kinds and kinds <= UNITED and sum(_context(old, new, i, j)) > MIN_CONTEXT


def _context(old: list[Token], new: list[Token], i: int, j: int) -> tuple[float, float]:
    """Return how many words stand alike before and after two quantities, at most REACH; signs count half."""
    scores = []
    for step in (-1, 1):
        score = 0.0
        for distance in range(step, step * (REACH + 1), step):
            at_old, at_new = i + distance, j + distance
            inside = 0 <= at_old < len(old), 0 <= at_new < len(new)
            if not all(inside):
                score += 0 if any(inside) else 0.5  # both stand at the end
                break
            left, right = old[at_old], new[at_new]
            if left.is_quantity and right.is_quantity and left.kind == right.kind:
                score += 0.5
            elif left.key == right.key:
                score += 1 if left.text[0].isalnum() else 0.5
            else:
                break
        scores.append(score)
    return scores[0], scores[1]


def _is_grown_list(old: list[Token], new: list[Token], i: int, j: int) -> bool:
    """Whether two quantities stand in enumerations of which one is longer: "2018, 2020" and "2017, 2018, 2020"."""
    count_old, values_old = _enumerated(old, i)
    count_new, values_new = _enumerated(new, j)
    return count_old + count_new > 2 and (
        count_old != count_new or values_old.issubset(values_new) or values_new.issubset(values_old)
    )


def _enumerated(tokens: list[Token], place: int) -> tuple[int, set[str]]:
    """Return how many quantities stand in a row there, parted by nothing but commas and "and", and their values."""
    run = [tokens[place]]
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(tokens) and (tokens[at].is_quantity or tokens[at].stem in SEPARATORS):
            run.append(tokens[at])
            at += step
    quantities = [token for token in run if token.is_quantity]
    return len(quantities), {value for token in quantities for value in _spread(token)}


def _spread(token: Token) -> set[str]:
    """Return the values of a quantity; of a run of years, each of them."""
    first, _, last = min(token.values).partition("..")
    if token.kind == "year" and last.isdecimal() and int(last) - int(first) < 200:
        return {str(year) for year in range(int(first), int(last) + 1)}
    return set(token.values)


# ---- tables ----------------------------------------------------------------


def _changed_cells(old: TableText, new: TableText, vocabulary: Vocabulary) -> Iterator[_Pair]:
    """Yield the figures that changed in cells of one row and one column; numbers that name rows do not count."""
    columns = _paired_columns(old, new)
    for old_row, new_row in [(old.header, new.header), *_paired_rows(_unnumbered(old), _unnumbered(new), vocabulary)]:
        for i, j in columns:
            if min(len(old_row) - i, len(new_row) - j) > 0 and old_row[i] != new_row[j] and not _names_row(old_row, i):
                for pair in _changed_between(old_row[i], new_row[j], vocabulary, least=1):
                    yield _in_row(pair, old_row, i, new_row, j)


def _in_row(pair: _Pair, old_row: list[str], i: int, new_row: list[str], j: int) -> _Pair:
    shifts = [sum(len(cell) + len(" | ") for cell in row[:place]) for row, place in ((old_row, i), (new_row, j))]
    tokens = [
        replace(token, start=token.start + shift, stop=token.stop + shift)
        for token, shift in zip((pair.old, pair.new), shifts, strict=True)
    ]
    return _Pair(*tokens, " | ".join(old_row), " | ".join(new_row))


def _paired_columns(old: TableText, new: TableText) -> list[tuple[int, int]]:
    """Pair columns by their titles; those without the same title, by their place."""
    width_old, width_new = (max(map(len, [table.header, *table.rows])) for table in (old, new))
    pairs = [
        (i, new.header.index(title))
        for i, title in enumerate(old.header)
        if title and old.header.count(title) == new.header.count(title) == 1
    ]
    taken_old, taken_new = {i for i, _ in pairs}, {j for _, j in pairs}
    if width_old == width_new:
        pairs += [(i, i) for i in range(width_old) if i not in taken_old and i not in taken_new]
    return sorted(pairs, key=lambda pair: pair[1])


def _unnumbered(table: TableText) -> list[list[str]]:
    """Return the rows of a table; a first column that only counts them is emptied."""
    numbers = [row[0].strip(" .)") for row in table.rows if row]
    counts = len(numbers) > 1 and all(map(str.isdecimal, numbers))
    if counts and all(int(after) == int(before) + 1 for before, after in pairwise(numbers)) and int(numbers[0]) < 2:
        return [["", *row[1:]] for row in table.rows]
    return table.rows


def _paired_rows(
    old: list[list[str]], new: list[list[str]], vocabulary: Vocabulary
) -> list[tuple[list[str], list[str]]]:
    """Pair rows by their first cell where it has a word, else by likeness; in the order of the new ones."""
    pairs = []
    names_old, names_new = ([_name_of(row) for row in rows] for rows in (old, new))
    for j, name in enumerate(names_new):
        if name and names_old.count(name) == names_new.count(name) == 1:
            pairs.append((names_old.index(name), j))
    rows = sorted(set(range(len(old))) - {i for i, _ in pairs})
    columns = sorted(set(range(len(new))) - {j for _, j in pairs})
    texts = [[" | ".join(found[index]) for index in left] for found, left in ((old, rows), (new, columns))]
    pairs += [(rows[i], columns[j]) for i, j in pair_sentences(*texts, vocabulary)]
    return [(old[i], new[j]) for i, j in sorted(pairs, key=lambda pair: pair[1])]


def _name_of(row: list[str]) -> str:
    return " ".join(row[0].split()) if row else ""


def _names_row(row: list[str], column: int) -> bool:
    return column == 0 and not any(map(str.isalpha, row[0]))
