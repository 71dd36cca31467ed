"""Split blocks into sentences and rows of cells, and pair the sentences of two versions.

Code, formulas, citations, images and references without words are one sign
each, OPAQUE: they keep the words on their two sides apart and say nothing
themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz.distance import Indel, LCSseq

from millesime.markup.ast import INLINES, Block
from millesime.redline.pairing.align import Unit, Vocabulary, like_pairs
from millesime.redline.text.quantities import countable

OPAQUE = "\ufffc"
MIN_LIKENESS = 0.5  # of two sentences, numbers left out; below it they are not the same sentence
MIN_LIKENESS_ALONE = 0.3  # of two sentences that are all that two versions of one block say
LEAST_PARTED = 5  # words of a sentence that may be found inside another
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class TableText:
    """A table as plain text, without its caption, which is among the sentences."""

    header: list[str]  # of its last header row; [] if it has none
    rows: list[list[str]]  # of all bodies and the foot


@dataclass(frozen=True, slots=True)
class BlockText:
    """The sentences of a block, of its notes and captions too, and its tables."""

    sentences: list[str] = field(default_factory=list)
    tables: list[TableText] = field(default_factory=list)


def read_block(block: Block) -> BlockText:
    """Return the sentences and tables of a block, in reading order; notes follow their paragraph."""
    found = BlockText()
    _collect([block], found)
    return found


def _collect(value: Any, found: BlockText) -> None:
    if isinstance(value, list):
        if value and isinstance(value[0], dict) and value[0].get("t") in INLINES:
            notes: list[Any] = []
            found.sentences.extend(_sentences(_text(value, notes)))
            _collect(notes, found)
            return
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        kind = value.get("t")
        if kind == "Table":
            found.tables.append(_table(value))
            _collect(value["c"][1], found)
        elif kind not in ("CodeBlock", "RawBlock"):
            _collect(value.get("c"), found)


# The full stop of an abbreviation or initial ends no sentence.
_SENTENCE_END = re.compile(
    r"[.!?…](?<!\b[A-ZÀ-Ý]\.)(?<!\bart\.)(?<!\bal\.)(?<!\bcf\.)(?<!\bp\.)(?<!\b[Ff]ig\.)(?<!\bvol\.)(?<!\bn\.)(?<!e\.g\.)"
    r"[»”’\")\]]*\s+(?=[«“\"(\[]?\s?[A-ZÀ-Ý\d])"
)


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[start : end.end()].strip()
        start = end.end()
    if rest := text[start:].strip():
        yield rest


def _table(table: Block) -> TableText:
    _, _, _, head, bodies, foot = table["c"]
    bodied = [row for body in bodies for row in (*body[2], *body[3])]
    header = _cells(head[1][-1]) if head[1] else []
    return TableText(header, [_cells(row) for row in (*bodied, *foot[1])])


def _cells(row: list) -> list[str]:
    texts = []
    for cell in row[1]:
        content = BlockText()
        _collect(cell[4], content)
        texts.append(" ".join(content.sentences))
    return texts


_RAISED = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")


def _text(inlines: Sequence[Any], notes: list[Any]) -> str:
    parts: list[str] = []
    for node in inlines:
        match node["t"]:
            case "Str":
                parts.append(node["c"])
            case "Space" | "SoftBreak" | "LineBreak":
                parts.append(" ")
            case "Code" | "Math" | "Cite" | "Image":
                parts.append(OPAQUE)
            case "RawInline":
                pass
            case "Note":
                notes.append(node["c"])
            case "Superscript":
                parts.append(_text(node["c"], notes).translate(_RAISED))
            case "Link":  # without words: a reference, of which assembly makes "chapitre 4"
                parts.append(_text(node["c"][1], notes) or OPAQUE)
            case "Span":
                parts.append(_text(node["c"][1], notes))
            case "Quoted":
                parts.append(f"“{_text(node['c'][1], notes)}”")
            case _:
                parts.append(_text(node["c"], notes))
    return "".join(parts)


# ---- pairing -------------------------------------------------------------


def pair_sentences(old: Sequence[str], new: Sequence[str], vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Pair the sentences that are not equal by likeness, the likeliest first, in any order; sorted by the new ones."""
    if old > new:  # so that what is decided by chance is decided alike when the editions are swapped
        return sorted(((i, j) for j, i in pair_sentences(new, old, vocabulary)), key=lambda pair: pair[1])
    rows, columns = _without_equal(old, new), _without_equal(new, old)
    if not any(countable().search(line) for line in (*(old[i] for i in rows), *(new[j] for j in columns))):
        return []
    before, after = [_unit(old[i], vocabulary) for i in rows], [_unit(new[j], vocabulary) for j in columns]
    least = MIN_LIKENESS if len(old) > 1 or len(new) > 1 else MIN_LIKENESS_ALONE
    alike = like_pairs(before, after, range(len(rows)), range(len(columns)), vocabulary, threshold=lambda _: least)
    # Of equally alike ones, those whose numbers are alike as well, then the nearest.
    ranked = sorted(
        (-likeness, -Indel.normalized_similarity(old[rows[i]], new[columns[j]]), abs(i - j), i, j)
        for i, j, likeness in alike
    )
    pairs: dict[int, int] = {}
    for *_, i, j in ranked:
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    found = [*pairs.items(), *_parted(before, after, pairs)]
    return sorted(((rows[i], columns[j]) for i, j in found), key=lambda pair: (pair[1], pair[0]))


def _parted(before: list[Unit], after: list[Unit], pairs: dict[int, int]) -> list[tuple[int, int]]:
    """Pair what is left with a sentence that holds nearly all its words: one was parted in two, or two joined."""
    partners = {j: i for i, j in pairs.items()}
    left = [i for i in range(len(before)) if i not in pairs]
    right = [j for j in range(len(after)) if j not in partners]
    found = [(i, j) for i in left if (j := _whole(before, i, after, partners)) is not None]
    return found + [(i, j) for j in right if (i := _whole(after, j, before, pairs)) is not None]


def _whole(mine: list[Unit], part: int, others: list[Unit], partners: dict[int, int]) -> int | None:
    """Return the one sentence of which a sentence is a part, beside the part that it is paired with."""
    length = len(mine[part].words)
    found = [
        index
        for index, other in enumerate(others)
        if length >= LEAST_PARTED
        and length + (len(mine[partners[index]].words) if index in partners else 0) <= 1.2 * len(other.words)
        and LCSseq.similarity(mine[part]._spelt, other._spelt) >= 0.8 * length
    ]
    return found[0] if len(found) == 1 else None


def _without_equal(mine: Sequence[str], others: Sequence[str]) -> list[int]:
    left = Counter(others)
    out = []
    for index, line in enumerate(mine):
        left[line] -= 1
        if left[line] < 0:
            out.append(index)
    return out


def _unit(line: str, vocabulary: Vocabulary) -> Unit:
    words = [word.casefold().rstrip("sx") for word in WORD.findall(countable().sub("0", line)) if word != "0"]
    return Unit(line, line, "sentence", MIN_LIKENESS, _words=words, _spelt=vocabulary.spell(words))
