"""The readers' view of marked blocks: text that the exact form repeats is shown once.

The redline's AST gives both editions back exactly; a reader wants less. A
*twin* (see `marks.py`) holds the old version of a thing in a deletion and the
new one in an insertion; here it becomes one thing with the change said beside
it. This is the one place that turns the first into the second, for the annex,
the figures and every output but `ast`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from millesime.markup.ast import (
    SPACE,
    Block,
    Inline,
    Node,
    attr_of,
    code,
    div,
    nodes_of,
    para,
    span,
    string,
    text_of,
    walk,
)
from millesime.markup.item_numbers import counts_down, numbers_of, own_numbers
from millesime.markup.source_names import as_written, names_as_written
from millesime.redline.marks import (
    ATTRIBUTES,
    CAPTION,
    CITATION,
    CODE,
    FORMATTING,
    FRAME,
    IMAGE,
    JOINED_TEXT,
    LEVEL,
    LINK,
    NEW,
    NUMBERING,
    OLD,
    SPLIT_TEXT,
    TWINS,
    classes_of,
    mark_inlines,
    mark_of,
    take_side,
)
from millesime.redline.merging.code import code_lines
from millesime.redline.merging.inlines import merge_inlines
from millesime.redline.model import DELETED, DELETION, INSERTION, KEPT, NEW_ONLY, QUIET, BlockChange, Redline

DETAIL = "change-detail"  # the class of what is said beside a change; its words are not counted
PARAGRAPH_END = "paragraph-end"  # of the detail that is a pilcrow: one paragraph became two here, or two became one
SPACED = "spaced"  # of the same: the paragraph that became two had a space here

FORMATTING_AND_LINKS = frozenset({FORMATTING, LINK})

# How a detail is named, before its old and new value; the annex passes its own.
LABELS = {
    "change_level": "level",
    "change_numbering": "numbering",
    "change_target": "link",
    "change_title": "link title",
    "change_text": "alternative text",
    "change_language": "language",
    "change_attributes": "attributes",
}


def for_readers(
    value: Any,
    *,
    labels: Mapping[str, str] = LABELS,
    whole: bool = False,
    details: bool = True,
    tracked: bool = False,
) -> Any:
    """Return marked blocks (or inlines, items, rows) as every output but `ast` shows them.

    A changed code block is a `Div.code-diff` that holds a line block, its
    long unchanged stretches left out unless `whole`; what changed beside the
    text (a link's target, a heading's level) follows it in a
    `Span.change-detail`, with `details`. `tracked`, for changes that can be
    refused: words whose link or formatting changed stand there twice, old and
    new, and a paragraph that was split or joined says where, in any case.
    """
    reader = _Reader(labels, whole, details, FORMATTING_AND_LINKS if tracked else frozenset(), tracked)
    return _list(value, reader) if isinstance(value, list) else _node(value, reader)


def without_typography(value: Any) -> Any:
    """Return marked blocks in which differences of typography and list spacing read as in the new edition."""
    if isinstance(value, list):
        out: list = []
        for item in value:
            if isinstance(item, dict) and mark_of(item) and QUIET.intersection(classes_of(item)):
                if mark_of(item) in NEW_ONLY:
                    out += without_typography(item["c"][1])
            else:
                out.append(without_typography(item) if isinstance(item, (list, dict)) else item)
        return out
    if "t" not in value or not isinstance(value.get("c"), list):
        return value
    return {"t": value["t"], "c": without_typography(value["c"])}


def ignore_typography(redline: Redline) -> Redline:
    """Return the redline without what no reader is told of: typography, list spacing and comments.

    Rejecting it gives the old edition in the new one's typography, with the
    new one's comments.
    """
    chapters = []
    for chapter in redline.chapters:
        kept = [change for change in chapter.blocks if not (change.quiet and change.kind == DELETED)]
        chapters.append(replace(chapter, blocks=tuple(map(_without_quiet, kept))))
    return replace(redline, chapters=tuple(chapters))


def _without_quiet(change: BlockChange) -> BlockChange:
    if change.quiet:
        return replace(change, kind=KEPT, edited=False, merged=(change.new,), aspects=frozenset())
    if change.aspects & QUIET and change.merged:
        merged = tuple(without_typography(list(change.merged)))
        return replace(change, merged=merged, aspects=change.aspects - QUIET)
    return change


class _Reader:
    """How details are named, whether code and details are shown, and which twins are left as they are."""

    def __init__(
        self, labels: Mapping[str, str], whole: bool, details: bool, kept: frozenset[str], tracked: bool
    ) -> None:
        self.labels, self.whole, self.details, self.kept = labels, whole, details, kept
        self.ends = details or tracked

    def detail(self, name: str, old: str, new: str) -> list[Inline]:
        """Return "(level 2 3)", the old value marked deleted and the new one inserted."""
        if not self.details:
            return []
        label = self.labels.get(f"change_{name}", LABELS[f"change_{name}"])
        parts = [string(f"({label}"), SPACE]
        told = code if name == "attributes" else string  # attributes are told as the source writes them
        if old:
            parts.append(mark_inlines(DELETION, [told(old)]))
        if old and new:
            parts.append(SPACE)
        if new:
            parts.append(mark_inlines(INSERTION, [told(new)]))
        return [SPACE, span([*parts, string(")")], classes=[DETAIL])]


def _list(items: list, reader: _Reader) -> list:
    out: list = []
    place = 0
    changed = False
    while place < len(items):
        item = items[place]
        place += 1
        if isinstance(item, dict):
            if item.get("t") in _MARKABLE and (mark := mark_of(item)):
                aspects = classes_of(item)
                what = twin_of(items, place - 1)
                if SPLIT_TEXT in aspects or JOINED_TEXT in aspects:
                    shown = _parted(item, reader)
                elif FRAME in aspects:  # what it holds has marks of its own
                    shown = _list(item["c"][1], reader)
                elif QUIET.intersection(aspects):
                    shown = _list(item["c"][1], reader) if mark in NEW_ONLY else []
                elif what in _SHOWN and what not in reader.kept:
                    shown = _SHOWN[what](item["c"][1], items[place]["c"][1], reader)
                    place += 1
                else:
                    shown = [_node(item, reader)]
                out += shown
                changed = True
                continue
            new = _node(item, reader)
        elif isinstance(item, list) and item and not isinstance(item[0], str):  # no Attr, nor a part of one
            new = _list(item, reader)
        else:
            new = item
        changed = changed or new is not item
        out.append(new)
    return out if changed else items


_MARKABLE = frozenset({"Div", "Span"})


def twin_of(items: list, place: int) -> str:
    """Return what a twin that begins at `place` is about, or "" where none does."""
    if place + 1 >= len(items) or not isinstance(items[place], dict) or not isinstance(items[place + 1], dict):
        return ""
    if mark_of(items[place]) != DELETION or mark_of(items[place + 1]) != INSERTION:
        return ""
    shared = TWINS.intersection(classes_of(items[place])).intersection(classes_of(items[place + 1]))
    return next(iter(shared), "")


def _node(node: Node, reader: _Reader) -> Node:
    content = node.get("c")
    if "t" not in node or not isinstance(content, list) or node["t"] in _LEAVES:
        return node
    shown = _list(content, reader)
    return node if shown is content else {"t": node["t"], "c": shown}


_LEAVES = frozenset({"Str", "Code", "Math", "RawInline", "CodeBlock", "RawBlock", "Cite", "Image"})


def _parted(item: Node, reader: _Reader) -> list:
    """Show the text that went to another paragraph once, where it is now, and a pilcrow where a paragraph ends."""
    is_split = SPLIT_TEXT in classes_of(item)
    shown = _list(item["c"][1], reader) if mark_of(item) == INSERTION else []
    if item["t"] == "Div" or not reader.ends:
        return shown
    spaced = is_split and item["c"][1][:1] == [SPACE]
    pilcrow = mark_inlines(INSERTION if is_split else DELETION, [string("¶")])
    return [span([pilcrow], classes=[DETAIL, PARAGRAPH_END, *([SPACED] if spaced else [])]), *shown]


# ---- one twin each -----------------------------------------------------------


def _formatting(old: list[Inline], new: list[Inline], reader: _Reader) -> list:
    return [span(_list(new, reader), classes=["reformatted"])]


def _link(old: list[Inline], new: list[Inline], reader: _Reader) -> list:
    name, part = ("target", 0) if _targets(old, 0) != _targets(new, 0) else ("title", 1)
    detail = reader.detail(name, _targets(old, part), _targets(new, part))
    return [span(_list(new, reader), classes=["relinked"]), *detail]


def _targets(inlines: list[Inline], part: int) -> str:
    return ", ".join(node["c"][2][part] for node in walk(inlines) if node["t"] in ("Link", "Image"))


def _code(old: list[Block], new: list[Block], reader: _Reader) -> list[Block]:
    return [code_lines(old[0], new[0], whole=reader.whole)]


def _level(old: list[Block], new: list[Block], reader: _Reader) -> list[Block]:
    level, attributes, inlines = _node(new[0], reader)["c"]
    detail = reader.detail("level", str(old[0]["c"][0]), str(level))
    return [{"t": "Header", "c": [level, attributes, [*inlines, *detail]]}]


def _numbering(old: list[Block], new: list[Block], reader: _Reader) -> list[Block]:
    lists = [old[0], take_side(new, NEW)[0]]
    are_plain = not any(counts_down(one) or own_numbers(one) for one in lists if one["t"] == "OrderedList")
    before, after = (_numbers(one, 1 if are_plain else _SHOWN_NUMBERS) for one in lists)
    return [*_beside(reader.detail("numbering", before, after)), *_list(new, reader)]


_SHOWN_NUMBERS = 12  # of a list in which they do not just count up


def _numbers(block: Block, count: int) -> str:
    """Return the first numbers of a list, as they are printed: "3., 2., 1."."""
    if block["t"] == "BulletList":
        return "•"
    _, style, delimiter = block["c"][0]
    numbers = [(_STYLES.get(style["t"], str) if number > 0 else str)(number) for number in numbers_of(block)]
    around = {"OneParen": "{})", "TwoParens": "({})"}.get(delimiter["t"], "{}.")
    shown = ", ".join(around.format(number) for number in numbers[:count])
    return f"{shown}, …" if 1 < count < len(numbers) else shown


def _letter(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26)


def _roman(number: int) -> str:
    out = ""
    for value, sign in ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
                        (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):  # fmt: skip
        while number >= value:
            out, number = out + sign, number - value
    return out


_STYLES: dict[str, Callable[[int], str]] = {
    "LowerAlpha": _letter,
    "UpperAlpha": lambda number: _letter(number).upper(),
    "LowerRoman": _roman,
    "UpperRoman": lambda number: _roman(number).upper(),
}


def _caption(old: list[Block], new: list[Block], reader: _Reader) -> list[Block]:
    """Show the new version, with its caption marked inserted, or the old one's marked deleted in its place."""
    (shown,) = _list(new, reader)
    at = 1  # of a table and of a figure alike
    (_, gone), (short, come) = old[0]["c"][at], shown["c"][at]
    caption = [div(come, classes=[INSERTION])] if come else [div(gone, classes=[DELETION])]
    return [{"t": shown["t"], "c": [*shown["c"][:at], [short, caption], *shown["c"][at + 1 :]]}]


def _attributes(old: list[Block], new: list[Block], reader: _Reader) -> list[Block]:
    name = "language" if _other_language(old[0], new[0]) else "attributes"
    text = _language if name == "language" else _attr_text
    before, after = text(old[0]), text(new[0])
    shown = _list(new, reader)
    return [*_beside(reader.detail(name, before, after)), *shown] if before != after else shown


def _other_language(old: Block, new: Block) -> bool:
    """Whether nothing but the language of a code block changed: its first class."""
    if not old["t"] == new["t"] == "CodeBlock":
        return False
    sides = [[ident, classes[1:], pairs] for ident, classes, pairs in (old["c"][0], new["c"][0])]
    return sides[0] == sides[1]


def _language(block: Block) -> str:
    return as_written(next(iter(block["c"][0][1]), ""))


def _beside(detail: list[Inline]) -> list[Block]:
    return [para(*detail[1:])] if detail else []


def _attr_text(block: Block) -> str:
    ident, classes, pairs = names_as_written(attr_of(block) or ["", [], []])
    parts = [f"#{ident}"] if ident else []
    return " ".join([*parts, *(f".{name}" for name in classes), *(f'{key}="{value}"' for key, value in pairs)])


def _image(old: list, new: list, reader: _Reader) -> list:
    """Images side by side; one image with both texts if only its text alternative changed."""
    before, after = _images(old), _images(new)
    texts = [", ".join(text_of(image["c"][1]) for image in side) for side in (before, after)]
    same_files = [image["c"][2] for image in before] == [image["c"][2] for image in after]
    if same_files and texts[0] != texts[1]:  # the same names and the same texts: what the files hold has changed
        shown = _list(new, reader)
        if shown[0]["t"] != "Figure":
            return [*shown, *_alternative(before, after, reader)]
        captions = [text_of(take_side(figure[0]["c"][1][1], side)) for figure, side in ((old, OLD), (new, NEW))]
        # Pandoc takes the caption for the text where the source has none: what is marked in it is told.
        return [*shown, *_beside(_alternative(before, after, reader))] if captions != texts else shown
    if not reader.details:
        new = take_side(new, NEW)  # counted as another figure, not by the marks in its caption
    old_mark, new_mark = {"classes": [DELETION, IMAGE]}, {"classes": [INSERTION, IMAGE]}
    if new[0]["t"] != "Image":
        return [div([div(old, **old_mark), div(_list(new, reader), **new_mark)], classes=["side-by-side"])]
    return [span([span(old, **old_mark), span(new, **new_mark)], classes=["side-by-side"])]


def _alternative(old: list[Inline], new: list[Inline], reader: _Reader) -> list[Inline]:
    """Return what changed in the text of an image, by words where most of them stay."""
    texts = [", ".join(text_of(image["c"][1]) for image in side) for side in (old, new)]
    detail = reader.detail("text", *texts)
    if not detail or not all(texts) or not len(old) == len(new) == 1:
        return detail
    merged = merge_inlines(old[0]["c"][1], new[0]["c"][1], merge_note=lambda old, new: None)
    if merged is None:
        return detail
    label, *_ = detail[1]["c"][1]
    told = [string(f"{label['c']}:"), SPACE, *_list(merged, reader), string(")")]
    return [SPACE, span(told, classes=[DETAIL])]


def _images(value: list) -> list[Inline]:
    return nodes_of(value, {"Image"})


_SHOWN: dict[str, Callable[[list, list, _Reader], list]] = {
    FORMATTING: _formatting,
    LINK: _link,
    CODE: _code,
    LEVEL: _level,
    NUMBERING: _numbering,
    ATTRIBUTES: _attributes,
    CAPTION: _caption,
    IMAGE: _image,
}

__all__ = ["CITATION", "DETAIL", "LABELS", "for_readers", "ignore_typography", "twin_of", "without_typography"]
