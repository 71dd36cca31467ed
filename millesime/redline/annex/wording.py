"""Helpers for an annex's language: labels filled in, counts, numbers before titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from millesime.assembly.numbers import shown_number
from millesime.markup.ast import SPACE, Block, Inline, simple_table, span, string, words
from millesime.redline.model import KEPT, ChapterChange
from millesime.redline.reading.word_counts import Figures

_SILENT = "typography"  # no-break spaces and the like: no reader is told


def fill(text: str, **names: str) -> str:
    """Put names into a label: `{old}`; a label is the theme's and may lack some."""
    for key, value in names.items():
        text = text.replace("{" + key + "}", value)
    return text


def counted(value: int, language: str) -> str:
    """Return a count with its thousands apart, as the language has them."""
    return shown_number(value, language)


def numbered(number: str, title: str | Sequence[Inline]) -> list[Inline]:
    """Return "3. Title" for a chapter, "3.2 Title" for a section, or the title alone."""
    inlines = words(title) if isinstance(title, str) else list(title)
    if not number or not inlines:
        return inlines or words(number)
    return [string(number if "." in number else f"{number}."), SPACE, *inlines]


def shown_kinds(chapter: ChapterChange) -> tuple[str, ...]:
    """Return what readers are told of a chapter: its kinds without typography."""
    return tuple(kind for kind in chapter.kinds if kind != _SILENT) or (KEPT,)


def is_shown(chapter: ChapterChange) -> bool:
    """Whether there is anything of which a reader wants to hear."""
    return shown_kinds(chapter) != (KEPT,)


def joined(labels: Mapping[str, str], kinds: Iterable[str]) -> str:
    """Return kinds of change in words, "renommé, remanié"."""
    return ", ".join(labels[f"annex_{kind}"] for kind in kinds)


def word_balance(figures: Figures, language: str, *, moved: bool = False) -> str:
    """Return "+12 −3", and with `moved` "→43" for words that came from or went to another place; "" for nothing."""
    signed = [("+", figures.words_inserted), ("−", figures.words_deleted)]
    if moved:
        signed.append(("→", max(figures.words_moved, figures.words_moved_away)))
    return "\N{NO-BREAK SPACE}".join(f"{sign}{counted(value, language)}" for sign, value in signed if value)


def small(inlines: Sequence[Inline]) -> Inline:
    return span(inlines, classes=["aside"])


def strong(inlines: Sequence[Inline]) -> Inline:
    return {"t": "Strong", "c": list(inlines)}


def wide_table(
    head: list[list[Inline]], rows: list[list[list[Inline]]], *, classes: Sequence[str], shares: Sequence[float]
) -> Block:
    """Return a table whose columns have fixed shares of the text's width."""
    table = simple_table(head, rows, classes=classes)
    table["c"][2] = [[{"t": "AlignLeft"}, {"t": "ColWidth", "c": share}] for share in shares]
    return table


def opening(text: str, length: int = 90) -> str:
    """Return the first words of a text, an ellipsis after them where it goes on."""
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(" ,;:.–—-(«") + "…"
