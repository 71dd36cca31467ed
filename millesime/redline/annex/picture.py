"""The picture of a redline: a map of the change on one page, and the same facts in words.

The old edition stands on the left, the new one on the right; a chapter is a
bar, its blocks are stripes. What a stripe means is told by its shape first: new
ones reach out of their bar, reworded ones fill it as far as their words
changed, deleted ones are hatched, moved ones are tied to where they went.
Titles are untrusted; nothing is written unescaped, and no ids: several
pictures can stand on one page.

A report shows it as an image of class `change-picture` named "@annex/….svg":
pages of HTML hold the drawing itself, whose bars lead to what changed
(`render/images.py`); all other formats show the image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millesime.assembly.numbers import shown_number
from millesime.assembly.typography import set_text
from millesime.redline.annex.picture_drawing import Numbers, draw_picture, title_of
from millesime.redline.annex.picture_text import fill_in
from millesime.redline.model import ChapterChange, Redline
from millesime.redline.reading.word_counts import Figures, count_chapter, total_figures
from millesime.redline.text.words import count_words

_FACTS_IN_DESCRIPTION = 12


def change_picture(
    redline: Redline,
    *,
    old: str,
    new: str,
    labels: Mapping[str, str],
    language: str,
    targets: Mapping[int, str] | None = None,
    numbers: tuple[Numbers, Numbers] = ({}, {}),
    figures: Sequence[Figures] | None = None,
) -> str:
    """Return the map of a redline as SVG text, 374 pt wide and at most a page high.

    `old` and `new` are the editions' names as printed. `targets`: index into
    `redline.chapters` → "#…", where its changed passages are; with them the
    picture is a group of links, without them it is an image. `numbers`: those
    the chapters bear in the old and the new edition. `figures`: one for each of
    `redline.chapters`, where they are counted already.
    """
    words = {key: set_text(str(text), language) for key, text in labels.items()}
    counted = list(figures) if figures is not None else [count_chapter(chapter) for chapter in redline.chapters]
    facts = _facts(redline, counted, words, language)
    return draw_picture(
        redline,
        old=old,
        new=new,
        description=" ".join(facts[:_FACTS_IN_DESCRIPTION]) + (" …" if len(facts) > _FACTS_IN_DESCRIPTION else ""),
        told=[_chapter_fact(*pair, words, language) for pair in zip(redline.chapters, counted, strict=True)],
        figures=counted,
        labels=words,
        language=language,
        targets=targets or {},
        numbers=numbers,
    )


def picture_facts(
    redline: Redline, *, labels: Mapping[str, str], language: str, figures: Sequence[Figures] | None = None
) -> list[str]:
    """Return what the picture shows, a sentence each: totals, each changed chapter, moves between chapters."""
    counted = figures if figures is not None else [count_chapter(chapter) for chapter in redline.chapters]
    return _facts(redline, counted, labels, language)


def _facts(redline: Redline, figures: Sequence[Figures], labels: Mapping[str, str], language: str) -> list[str]:
    facts = [*_totals(redline, figures, labels, language)]
    for chapter, counted in zip(redline.chapters, figures, strict=True):
        if chapter.changed:
            facts.append(_chapter_fact(chapter, counted, labels, language) + ".")
    facts += _moves_between(redline, labels, language)
    kept = [title_of(chapter.new) for chapter in redline.chapters if not chapter.changed and chapter.new]
    if kept:
        facts.append(fill_in(labels["picture_unchanged"], titles="; ".join(kept)))
    return facts


def _totals(redline: Redline, figures: Sequence[Figures], labels: Mapping[str, str], language: str) -> list[str]:
    total = total_figures(figures)
    chapters = redline.chapters
    counted = {
        "old": len({(one.old.index, one.old.path) for one in chapters if one.old}),
        "new": len({(one.new.index, one.new.path) for one in chapters if one.new}),
        "inserted": sum(one.inserted for one in chapters),
        "deleted": sum(one.deleted for one in chapters),
        "edited": sum(one.edited for one in chapters),
        "kept": sum(not one.changed for one in chapters),
    }
    words = {
        "old": total.words_old,
        "new": total.words_new,
        "inserted": total.words_inserted,
        "deleted": total.words_deleted,
        "moved": total.words_moved,
    }
    return [
        fill_in(labels[label], **{key: shown_number(value, language) for key, value in values.items()})
        for label, values in (("picture_words", words), ("picture_chapters", counted))
    ]


def _chapter_fact(chapter: ChapterChange, counted: Figures, labels: Mapping[str, str], language: str) -> str:
    """ "Title (edited): words inserted: 12; deleted: 3; moved: 0"."""
    change = ", ".join(labels.get(f"annex_{kind}", kind) for kind in chapter.kinds)
    if chapter.retitled and chapter.old and chapter.new:
        named = fill_in(labels["picture_was"], change=change, old=title_of(chapter.old), title=title_of(chapter.new))
    else:
        named = fill_in(labels["picture_chapter"], change=change, title=title_of(chapter.new or chapter.old))
    counts = {
        "picture_words_inserted": counted.words_inserted,
        "picture_words_deleted": counted.words_deleted,
        "picture_words_moved": counted.words_moved,
    }
    said = [fill_in(labels[key], count=shown_number(count, language)) for key, count in counts.items() if count]
    if not said:
        return named
    french = language.split("-")[0] == "fr"
    told = f"{named} : {' ; '.join(said)}" if french else f"{named}: {'; '.join(said)}"
    return set_text(told, language)


def _moves_between(redline: Redline, labels: Mapping[str, str], language: str) -> list[str]:
    """Name the passages that went to another chapter."""
    ends: dict[str, list[list]] = {}
    for chapter in redline.chapters:
        for block in chapter.blocks:
            if block.move and block.kind in ("moved-from", "moved-to"):
                at = block.kind == "moved-to"
                entry = ends.setdefault(block.move, [None, None, []])
                entry[at] = chapter.new if at else chapter.old
                if at:
                    entry[2].append(block)
    out = []
    for left, reached, blocks in ends.values():
        if left is None or reached is None or any(c.old == left and c.new == reached for c in redline.chapters):
            continue
        count = shown_number(sum(count_words(block.new) for block in blocks), language)
        out.append(fill_in(labels["picture_move"], words=count, old=title_of(left), new=title_of(reached)))
    return out
