"""The redline annex: an ordinary chapter that tells readers what changed.

It holds `insertion` and `deletion` marks as the redline's AST has them; no
renderer knows that it is about two editions. Images are named from the
repository's root, those of the old edition with its name before:
"@2018/chapters/figures/a.svg". Its parts stand in the order in which a reader
wants them: see "The annex, for a reader" in docs/redline.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millesime.assembly.dates import long_date
from millesime.at_work import at_work
from millesime.markup.ast import SPACE, Block, Inline, bullet_list, div, header, para, span, words
from millesime.redline.annex.advice import write_advice
from millesime.redline.annex.concordance import concordance_table
from millesime.redline.annex.excerpts import CONTEXT, annex_chapter, moves_reached
from millesime.redline.annex.glance import (
    figures_table,
    passage_targets,
    passages_anchor,
    picture_figure,
    where_to_begin,
)
from millesime.redline.annex.quantity_table import write_quantities
from millesime.redline.annex.quoted import quote_blocks
from millesime.redline.annex.reasons import Provenance
from millesime.redline.annex.sections import section_changes
from millesime.redline.annex.side import Side
from millesime.redline.annex.wording import fill, is_shown
from millesime.redline.model import Redline
from millesime.redline.reading.word_counts import count_chapter

__all__ = ["Side", "annex_chapter", "annex_title", "write_annex"]


def annex_title(old: Side, labels: Mapping[str, str], language: str) -> list[Inline]:
    """Return the annex's title, "Ce qui change depuis l'édition 2018"."""
    return words(fill(labels["annex_title"], old=old.name, old_date=long_date(old.date, language)))


def write_annex(
    redline: Redline,
    *,
    old: Side,
    new: Side,
    note: Sequence[Block],
    labels: Mapping[str, str],
    language: str,
    detail: str = "passages",
    context: int = CONTEXT,
    picture: str = "",
    provenance: Provenance | None = None,
    targets: Mapping[int, str] | None = None,
) -> list[Block]:
    """Return the blocks of the annex, as a chapter's source would hold them; headings begin at level 2.

    `note` is the editor's note to readers. `detail`: "summary" leaves out the
    passages, "passages" shows them with `context` blocks on either side,
    "full" prints every changed chapter whole. `picture` is the key of the
    image of `change_picture`; with `provenance`, passages name their commits.
    `targets`: index into `redline.chapters` → "#…", where passages are that
    stand elsewhere than in the annex.
    """
    names = {
        "old": old.name,
        "new": new.name,
        "old_date": long_date(old.date, language),
        "new_date": long_date(new.date, language),
    }
    words_for = {"old": old, "new": new, "labels": labels, "language": language}
    out: list[Block] = []
    if note:
        out += [header(2, labels["annex_note"]), *quote_blocks(list(note), path="changelog/note.md")]
    out.append(header(2, labels["annex_glance"]))
    if redline.is_empty:
        return [*out, para(fill(labels["annex_nothing"], **names))]
    figures = [count_chapter(chapter) for chapter in redline.chapters]
    if targets is None:
        targets = passage_targets(redline, old.name) if detail != "summary" else {}
    out += [
        para(fill(labels["annex_intro"], **names)),
        *where_to_begin(redline, figures, targets=targets, **words_for),
        figures_table(redline, figures, **words_for),
    ]
    if picture:
        out.append(picture_figure(redline, picture, **words_for))
    out += write_advice(redline, old=old, new=new, labels=labels)
    out += write_quantities(redline, **words_for)
    out += [
        header(2, labels["annex_concordance"]),
        div([para(fill(labels["annex_concordance_intro"], **names))], classes=["table-intro"]),
        concordance_table(section_changes(redline, old=old, new=new), **words_for),
    ]
    if detail != "summary":
        intro = labels["annex_full_intro" if detail == "full" else "annex_passages_intro"]
        out += [header(2, labels["annex_passages"]), para(intro)]
        full = detail == "full"
        reached = moves_reached(redline, full=full)
        for chapter in filter(is_shown, redline.chapters):
            with at_work((chapter.new or chapter.old).path, "write what changed in it"):
                title, blocks = annex_chapter(
                    chapter, full=full, context=context, moves=redline.moves, reached=reached, provenance=provenance,
                    **words_for,
                )  # fmt: skip
            ident = passages_anchor(old.name, chapter)
            out += [header(3, *title, ident=ident, classes=["changed-chapter"]), *blocks]
    return [*out, header(2, labels["annex_reading"]), *_how_to_read(labels, names, provenance is not None)]


def _how_to_read(labels: Mapping[str, str], names: Mapping[str, str], has_reasons: bool) -> list[Block]:
    inserted = span(words(labels["annex_example_inserted"]), classes=["insertion"])
    deleted = span(words(labels["annex_example_deleted"]), classes=["deletion"])
    dotted = span(words(labels["annex_example_dotted"]), classes=["reformatted"])
    return [
        bullet_list([
            [para(inserted, SPACE, labels["annex_reading_inserted"])],
            [para(deleted, SPACE, labels["annex_reading_deleted"])],
            [para(dotted, SPACE, labels["annex_reading_dotted"])],
            [para(labels["annex_reading_moved"])],
            [para(labels["annex_reading_code"])],
            [para(labels["annex_reading_replaced"])],
            *([[para(labels["annex_reading_why"])]] if has_reasons else []),
        ]),
        para(fill(labels["annex_made"], **names)),
    ]  # fmt: skip
