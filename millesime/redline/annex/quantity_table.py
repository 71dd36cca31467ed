"""What changes in figures, as a table: the sentence, the old value, the new value, the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from millesime.markup.ast import SPACE, Block, Inline, header, link, para, string, words
from millesime.redline.annex.side import Place, Side
from millesime.redline.annex.wording import fill, strong, wide_table
from millesime.redline.model import MOVED_FROM, Redline
from millesime.redline.reading.changed_quantities import QuantityChange, changed_quantities
from millesime.redline.reading.sentences import OPAQUE

_SHARES = (0.5, 0.17, 0.17, 0.16)
_LISTED = "; "
_LEFT_OUT = "[…]"  # a formula, code, a citation, a reference that the report words: a sentence is quoted in words
_AROUND = 70  # characters of a sentence on either side of its figure


def write_quantities(
    redline: Redline, *, old: Side, new: Side, labels: Mapping[str, str], language: str, linked: bool = True
) -> list[Block]:
    """Return the section of the annex; it says so where no figure changed."""
    changes = changed_quantities(redline)
    out = [header(2, labels["annex_quantities"])]
    if not changes:
        return [*out, para(labels["annex_quantities_none"])]
    rows = []
    for _, same in groupby(changes, key=lambda change: (change.chapter, change.block, change.sentence_new)):
        held = list(same)
        old_values, new_values = zip(*((change.old, change.new) for change in held), strict=True)
        rows.append(
            [
                _sentence(held[0].sentence_new, new_values),
                words(_LISTED.join(old_values)),
                [strong(words(_LISTED.join(new_values)))],
                _where(redline, held[0], new, linked),
            ]
        )
    heads = [
        words(labels["annex_quantity_what"]),
        *(words(fill(labels["annex_edition"], name=side.name)) for side in (old, new)),
        words(labels["annex_quantity_where"]),
    ]
    table = wide_table(heads, rows, classes=["quantities"], shares=_SHARES)
    return [*out, para(labels["annex_quantities_intro"]), table]


def _sentence(text: str, values: Sequence[str]) -> list[Inline]:
    """The sentence as it reads now, cut, its figures emphasised."""
    text = text.replace(OPAQUE, _LEFT_OUT)
    spans: list[tuple[int, int]] = []
    at = 0
    for value in values:
        found = text.find(value, at)
        if found >= 0:
            spans.append((found, found + len(value)))
            at = found + len(value)
    if not spans:
        return words(text)
    first, last = max(0, spans[0][0] - _AROUND), min(len(text), spans[-1][1] + _AROUND)
    first = text.find(" ", first, spans[0][0]) + 1 if first else 0
    last = text.rfind(" ", spans[-1][1], last) if last < len(text) and " " in text[spans[-1][1] : last] else last
    out: list[Inline] = [string("…")] if first else []
    for start, stop in spans:
        out += [*_spaced(text[first:start]), strong(words(text[start:stop]))]
        first = stop
    return [*out, *_spaced(text[first:last]), *([string("…")] if last < len(text) else [])]


def _spaced(text: str) -> list[Inline]:
    """Words with the spaces at their ends."""
    if not text.strip(" "):
        return [SPACE] if text else []
    return [*([SPACE] if text[0] == " " else []), *words(text), *([SPACE] if text[-1] == " " else [])]


def _where(redline: Redline, change: QuantityChange, new: Side, linked: bool) -> list[Inline]:
    place = _place(redline, change, new)
    if place is None:
        return []
    name = [string(place.number)] if place.number else words(place.text)
    return [link(name, place.target)] if linked else name


def _place(redline: Redline, change: QuantityChange, new: Side) -> Place | None:
    chapter = redline.chapters[change.chapter]
    block = chapter.blocks[change.block]
    if chapter.new is None or block.new_index is None or block.kind == MOVED_FROM:
        return None
    return new.place(chapter.new.path, block.new_index)
