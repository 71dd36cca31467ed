"""The redline annex: an ordinary chapter that tells readers what changed.

It holds `insertion` and `deletion` marks as the redline's AST has them; no
renderer knows that it is about two editions. Images are named from the
repository's root, those of the old edition with its name before:
"@2018/chapters/figures/a.svg".
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from millesime.assembly.dates import long_date
from millesime.assembly.images import image_key
from millesime.assembly.outline import without_notes
from millesime.assembly.sources import ROLES, ChapterSource, chapter_numbers
from millesime.markup.ast import (
    SPACE,
    Block,
    Inline,
    Node,
    attr_of,
    bullet_list,
    div,
    has_class,
    header,
    link,
    para,
    simple_table,
    span,
    string,
    text_of,
    walk,
    with_attr,
    words,
)
from millesime.redline.ast import blocks_ast
from millesime.redline.figures import Figures, count_chapter, total_figures
from millesime.redline.model import KEPT, OLD_ONLY, ChapterChange, Redline
from millesime.redline.passages import Heading, changed_chapters, passages
from millesime.redline.reading import for_readers

CONTEXT = 1  # unchanged blocks on either side of a passage
_SENTENCE = re.compile(r"(?<=[.!?…])\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two editions, as the annex names it."""

    name: str
    date: datetime.date
    chapters: tuple[ChapterSource, ...]

    def numbers(self) -> dict[str, str]:
        """Return the number each chapter bears in this edition, by path; "" where unnumbered."""
        ordered = sorted(self.chapters, key=lambda source: ROLES.index(source.role))
        return {source.path: number for source, (_, number) in zip(ordered, chapter_numbers(ordered), strict=True)}


def annex_title(old: Side, labels: Mapping[str, str], language: str) -> list[Inline]:
    """Return the annex's title, "Ce qui change depuis l'édition 2018"."""
    return words(_fill(labels["annex_title"], old=old.name, old_date=long_date(old.date, language)))


def write_annex(
    redline: Redline,
    *,
    old: Side,
    new: Side,
    note: Sequence[Block],
    labels: Mapping[str, str],
    language: str,
    detail: str = "passages",
) -> list[Block]:
    """Return the blocks of the annex, as a chapter's source would hold them; headings begin at level 2.

    `note` is the editor's note to readers. `detail`: "summary" leaves out the
    passages, "passages" shows them with a block of context, "full" prints
    every changed chapter whole.
    """
    figures = [count_chapter(chapter) for chapter in redline.chapters]
    names = {
        "old": old.name,
        "new": new.name,
        "old_date": long_date(old.date, language),
        "new_date": long_date(new.date, language),
    }
    out: list[Block] = []
    if note:
        out += [header(2, labels["annex_note"]), *_quoted(list(note), path="changelog/note.md", edition="")]
    out.append(header(2, labels["annex_glance"]))
    if redline.is_empty:
        return [*out, para(_fill(labels["annex_nothing"], **names))]
    out += [para(_fill(labels["annex_intro"], **names)), _glance(redline, total_figures(figures), labels, language)]
    out += _recommendations(redline, labels)
    out += [
        header(2, labels["annex_concordance"]),
        para(_fill(labels["annex_concordance_intro"], **names)),
        _concordance(redline, figures, old, new, labels, language),
    ]
    if detail != "summary":
        out += [header(2, labels["annex_passages"]), para(labels["annex_passages_intro"])]
        for chapter in changed_chapters(redline):
            title, blocks = annex_chapter(chapter, old=old, new=new, labels=labels, full=detail == "full")
            out += [header(3, *title, classes=["changed-chapter"]), *blocks]
    out += [header(2, labels["annex_reading"]), *_how_to_read(labels, names)]
    return out


# ---- at a glance -----------------------------------------------------------


def _glance(redline: Redline, total: Figures, labels: Mapping[str, str], language: str) -> Block:
    chapters = redline.chapters
    rows = [
        ("annex_words", total.words_old, total.words_new),
        ("annex_words_inserted", None, total.words_inserted),
        ("annex_words_deleted", total.words_deleted, None),
        ("annex_words_moved", None, total.words_moved),
        ("annex_chapters", sum(c.old is not None for c in chapters), sum(c.new is not None for c in chapters)),
        ("annex_chapters_inserted", None, sum(c.inserted for c in chapters)),
        ("annex_chapters_deleted", sum(c.deleted for c in chapters), None),
        ("annex_chapters_edited", None, sum(c.edited for c in chapters)),
    ]
    shown = [
        [words(labels[label]), *([string(_number(value, language))] if value is not None else [] for value in values)]
        for label, *values in rows
        if any(values)
    ]
    return simple_table(
        [words(labels["annex_measure"]), words(labels["annex_old"]), words(labels["annex_new"])],
        shown,
        classes=["figures"],
        alignments=["AlignLeft", "AlignRight", "AlignRight"],
    )


def _recommendations(redline: Redline, labels: Mapping[str, str]) -> list[Block]:
    """New, reworded and withdrawn recommendations, by their ids."""
    old: dict[str, str] = {}
    new: dict[str, str] = {}
    for chapter in redline.chapters:
        for change in chapter.blocks:
            if change.kind != "moved-to":
                old |= _recommendations_in(change.old)
            if change.kind != "moved-from":
                new |= _recommendations_in(change.new)
    groups = (
        ("annex_rec_new", [ident for ident in new if ident not in old], new),
        ("annex_rec_reworded", [ident for ident in new if ident in old and old[ident] != new[ident]], new),
        ("annex_rec_withdrawn", [ident for ident in old if ident not in new], old),
    )
    out: list[Block] = []
    for label, idents, texts in groups:
        if idents:
            items = [[para(*_recommendation(ident, texts[ident], linked=texts is new))] for ident in idents]
            out += [para({"t": "Strong", "c": words(f"{labels[label]} ({len(idents)})")}), bullet_list(items)]
    return [header(2, labels["annex_recommendations"]), *out] if out else []


def _recommendations_in(block: Block | None) -> dict[str, str]:
    if block is None:
        return {}
    return {
        node["c"][0][0]: text_of(node["c"][1])
        for node in walk(block)
        if node["t"] == "Div" and has_class(node, "recommendation") and node["c"][0][0]
    }


def _recommendation(ident: str, text: str, *, linked: bool) -> list[Inline]:
    first = _SENTENCE.split(text, maxsplit=1)[0]
    shown = words(first)
    return [link(shown, f"#{ident}")] if linked else shown


# ---- concordance -----------------------------------------------------------


def _concordance(
    redline: Redline, figures: Sequence[Figures], old: Side, new: Side, labels: Mapping[str, str], language: str
) -> Block:
    old_numbers, new_numbers = old.numbers(), new.numbers()
    rows = []
    for chapter, counted in zip(redline.chapters, figures, strict=True):
        before = _numbered(old_numbers.get(chapter.old.path, ""), chapter.old.title) if chapter.old else words("—")
        after = _numbered(new_numbers.get(chapter.new.path, ""), chapter.new.title) if chapter.new else words("—")
        if chapter.new:
            after = [link(after, f"#{chapter.new.id}")]
        what = ", ".join(labels[f"annex_{kind}"] for kind in chapter.kinds)
        if chapter.edited:
            what += f" (+{_number(counted.words_inserted, language)} −{_number(counted.words_deleted, language)})"
        rows.append([before, after, words(what)])
    return simple_table(
        [words(labels["annex_old"]), words(labels["annex_new"]), words(labels["annex_change"])],
        rows,
        classes=["concordance"],
    )


def _numbered(number: str, title: str) -> list[Inline]:
    return words(f"{number}. {title}" if number else title)


# ---- passages --------------------------------------------------------------


def annex_chapter(
    chapter: ChapterChange,
    *,
    old: Side,
    new: Side,
    labels: Mapping[str, str],
    full: bool,
    linked: bool = True,
    context: int = CONTEXT,
) -> tuple[list[Inline], list[Block]]:
    """Return the title of a changed chapter as the annex gives it, and its changed passages.

    `full` shows the whole chapter, unchanged text included; `linked` points to
    the chapter itself, where it is in the same report; `context` is how many
    unchanged blocks stand on either side of a passage.
    """
    number = new.numbers().get(chapter.new.path, "") if chapter.new else old.numbers().get(chapter.old.path, "")
    what = ", ".join(labels[f"annex_{kind}"] for kind in chapter.kinds)
    out: list[Block] = [div([para(*_chapter_line(chapter, what, labels, linked=linked))], classes=["change-kind"])]
    if full:
        return _numbered(number, chapter.title), [
            *out,
            *_quoted_passage(for_readers(blocks_ast(chapter.blocks)), chapter, old),
        ]
    for passage in passages(chapter, context=context):
        inner: list[Block] = []
        trail = _trail(passage.trail_new or passage.trail_old, chapter)
        if trail and passage.blocks[0]["t"] != "Header":
            inner.append(div([para(*trail)], classes=["passage-trail"]))
        blocks = list(passage.blocks)
        while len(blocks) > 1 and blocks[-1]["t"] == "Header" and passage.changes[-1].kind == KEPT:
            blocks.pop()  # the heading of what follows says nothing of what changed
        inner += _quoted_passage(blocks, chapter, old)
        out.append(div(inner, classes=["passage"]))
    return _numbered(number, chapter.title), out


def _chapter_line(chapter: ChapterChange, what: str, labels: Mapping[str, str], *, linked: bool) -> list[Inline]:
    line = words(what[:1].upper() + what[1:] + ".")
    if chapter.retitled and chapter.old:
        line += [SPACE, *words(_fill(labels["annex_was_titled"], title=chapter.old.title))]
    if chapter.new and linked:
        line += [SPACE, link(words(labels["annex_see"]), f"#{chapter.new.id}")]
    return line


def _trail(headings: Sequence[Heading], chapter: ChapterChange) -> list[Inline]:
    """The titles of the sections that a passage stands in, the chapter's own left out."""
    shown = [heading for heading in headings if text_of(list(heading.inlines)) != chapter.title]
    out: list[Inline] = []
    for heading in shown:
        out += [SPACE, string("›"), SPACE] if out else []
        out += without_notes(list(heading.inlines))
    return out


def _quoted_passage(blocks: list[Block], chapter: ChapterChange, old: Side) -> list[Block]:
    path = (chapter.new or chapter.old).path
    old_path = (chapter.old or chapter.new).path
    return _quoted(blocks, path=path, edition=old.name, old_path=old_path)


def _quoted(blocks: list[Block], *, path: str, edition: str, old_path: str = "") -> list[Block]:
    """Blocks of a chapter as they stand in the annex: no headings, no ids, images from the root."""
    return [
        _quote(block, path=path, edition=edition, old_path=old_path or path, gone=edition and _is_old(block))
        for block in blocks
    ]


def _quote(value, *, path: str, edition: str, old_path: str, gone: bool):
    if isinstance(value, list):
        out = [
            _quote(item, path=path, edition=edition, old_path=old_path, gone=gone)
            if isinstance(item, (dict, list))
            else item
            for item in value
        ]
        return out
    if "t" not in value:
        return {
            key: _quote(item, path=path, edition=edition, old_path=old_path, gone=gone)
            if isinstance(item, (dict, list))
            else item
            for key, item in value.items()
        }
    gone = gone or _is_old(value)
    if "c" in value and isinstance(value["c"], (list, dict)):
        value = {"t": value["t"], "c": _quote(value["c"], path=path, edition=edition, old_path=old_path, gone=gone)}
    attributes = attr_of(value)
    if value["t"] == "Header":
        level, (_, classes, _), inlines = value["c"]
        kept = [name for name in classes if name != "unnumbered"]
        return div([para(span(inlines, classes=["quoted-heading", f"level-{level}"]))], classes=kept)
    if value["t"] == "Image":
        found = image_key(value["c"][2][0], old_path if gone else path)
        target = found if found is not None else value["c"][2][0]
        if gone and edition and found is not None and not found.startswith("@"):
            target = f"@{edition}/{found}"
        return {"t": "Image", "c": [["", *value["c"][0][1:]], value["c"][1], [target, value["c"][2][1]]]}
    if attributes and attributes[0]:
        return with_attr(value, ["", *attributes[1:]])
    return value


def _is_old(node: Node) -> bool:
    attributes = attr_of(node)
    return attributes is not None and bool(OLD_ONLY & set(attributes[1]))


# ---- how to read -----------------------------------------------------------


def _how_to_read(labels: Mapping[str, str], names: Mapping[str, str]) -> list[Block]:
    inserted = span(words(labels["annex_example_inserted"]), classes=["insertion"])
    deleted = span(words(labels["annex_example_deleted"]), classes=["deletion"])
    return [
        bullet_list([
            [para(inserted, SPACE, labels["annex_reading_inserted"])],
            [para(deleted, SPACE, labels["annex_reading_deleted"])],
            [para(labels["annex_reading_moved"])],
            [para(labels["annex_reading_replaced"])],
        ]),
        para(_fill(labels["annex_made"], **names)),
    ]  # fmt: skip


def _number(value: int, language: str) -> str:
    """Return a count with its thousands apart, by a narrow no-break space."""
    return f"{value:,}".replace(",", "\u202f" if language.split("-")[0] == "fr" else ",")


def _fill(text: str, **names: str) -> str:
    """Put names into a label: `{old}`; a label is the theme's and may lack some."""
    for key, value in names.items():
        text = text.replace("{" + key + "}", value)
    return text
