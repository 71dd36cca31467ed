"""The opening of an annex: counts of changes by kind, the picture, and links to the largest changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millesime.assembly.sources import slug
from millesime.markup.ast import SPACE, Block, Inline, bullet_list, link, plain, simple_table, string, words
from millesime.redline.annex.picture import picture_facts
from millesime.redline.annex.side import Side
from millesime.redline.annex.wording import counted, is_shown, numbered, opening, shown_kinds, strong, word_balance
from millesime.redline.model import DELETED, INSERTED, ChapterChange, Redline
from millesime.redline.reading.word_counts import Figures, total_figures

_MOST_CHANGED = 5  # chapters
_LINES = 12  # chapters that are named one below the other
_SUMMARY_FACTS = 2  # of words, of chapters
_ALTERNATIVE_MAX = 600  # characters: read out in one go, it cannot be skimmed


def passages_anchor(name: str, chapter: ChapterChange) -> str:
    """Return the id under which an annex against the edition `name` shows a chapter's passages."""
    place = chapter.new or chapter.old
    assert place is not None
    return slug(f"redline-{name}-{place.id}")


def passage_targets(redline: Redline, name: str) -> dict[int, str]:
    """Return a link to the passages of each changed chapter, by its index in the redline: for the picture."""
    return {
        index: f"#{passages_anchor(name, chapter)}"
        for index, chapter in enumerate(redline.chapters)
        if is_shown(chapter)
    }


def figures_table(
    redline: Redline, figures: Sequence[Figures], *, old: Side, new: Side, labels: Mapping[str, str], language: str
) -> Block:
    """Return the table of words and chapters, old and new."""
    total = total_figures(figures)
    chapters = redline.chapters
    old_paths = {chapter.old.path for chapter in chapters if chapter.old}
    new_paths = {chapter.new.path for chapter in chapters if chapter.new}
    rows = [
        ("annex_words", total.words_old, total.words_new),
        ("annex_words_inserted", None, total.words_inserted),
        ("annex_words_deleted", total.words_deleted, None),
        ("annex_words_moved", None, total.words_moved),
        ("annex_chapters", len(old_paths), len(new_paths)),
        ("annex_chapters_inserted", None, _count(chapters, INSERTED)),
        ("annex_chapters_deleted", _count(chapters, DELETED), None),
        ("annex_chapters_edited", None, _count(chapters, "edited")),
    ]
    shown = [
        [words(labels[label]), *([string(counted(value, language))] if value is not None else [] for value in values)]
        for label, *values in rows
        if any(values)
    ]
    return simple_table(
        [words(labels["annex_measure"]), words(old.name), words(new.name)],
        shown,
        classes=["figures"],
        alignments=["AlignLeft", "AlignRight", "AlignRight"],
    )


def where_to_begin(
    redline: Redline,
    figures: Sequence[Figures],
    *,
    old: Side,
    new: Side,
    labels: Mapping[str, str],
    language: str,
    targets: Mapping[int, str],
) -> list[Block]:
    """Return what is new, what is gone and what changed most, by name: for a reader with ten minutes.

    `targets`: index into `redline.chapters` → "#…", where its passages are.
    """
    changes = [(index, chapter, figures[index]) for index, chapter in enumerate(redline.chapters)]

    def named(index: int, chapter: ChapterChange, counts: Figures, *, balance: bool) -> list[Inline]:
        side, place = (new, chapter.new) if chapter.new else (old, chapter.old)
        found = side.place(place.path)
        name = numbered(found.number, found.short) if found else words(chapter.title)
        out = [link(name, targets[index])] if index in targets else name
        if balance and (text := word_balance(counts, language)):
            out = [*out, SPACE, *words(f"({text})")]
        return out

    edited = [change for change in changes if "edited" in shown_kinds(change[1]) and change[2].words_changed]
    edited.sort(key=lambda change: -change[2].words_changed)
    groups = (
        ("annex_begin_new", [change for change in changes if INSERTED in shown_kinds(change[1])], False),
        ("annex_begin_gone", [change for change in changes if DELETED in shown_kinds(change[1])], False),
        ("annex_begin_most", edited[:_MOST_CHANGED], True),
    )
    items = [
        _listed(labels[label], [named(*change, balance=balance) for change in group])
        for label, group, balance in groups
        if group
    ]
    return [bullet_list(items)] if items else []


def _listed(label: str, names: Sequence[list[Inline]]) -> list[Block]:
    """Return names below their label, a line each; a single one, or very many, in the same line."""
    head = [strong(words(label))]
    if 1 < len(names) <= _LINES:
        return [plain(*head), bullet_list([[plain(*name)] for name in names])]
    for number, name in enumerate(names):
        head += [*([string(";")] if number else []), SPACE, *name]
    return [plain(*head, string("."))]


def picture_figure(
    redline: Redline, key: str, *, old: Side, new: Side, labels: Mapping[str, str], language: str
) -> Block:
    """Return the picture as a figure whose alternative text says what it sums up to.

    What it shows of each chapter is in the table of concordance.
    """
    facts = picture_facts(redline, labels=labels, language=language)[:_SUMMARY_FACTS]
    names = {"{old}": old.name, "{new}": new.name}
    texts = {name: labels[name] for name in ("picture_title", "picture_alt")}
    for name, text in texts.items():
        for place, value in names.items():
            text = text.replace(place, value)
        texts[name] = text
    alternative = opening(" ".join([texts["picture_alt"], *facts]), _ALTERNATIVE_MAX)
    image = {"t": "Image", "c": [["", ["change-picture"], [["alt", alternative]]], words(alternative), [key, ""]]}
    caption = [None, [plain(*words(texts["picture_title"]))]]
    return {"t": "Figure", "c": [["", ["change-picture"], []], caption, [{"t": "Plain", "c": [image]}]]}


def _count(chapters: Sequence[ChapterChange], kind: str) -> int:
    return sum(kind in shown_kinds(chapter) for chapter in chapters)
