"""A redline as Markdown with CriticMarkup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from millesime.markup.ast import SPACE, Attr, Block, Inline, Node, div, rewrite, string, text_of, walk
from millesime.markup.item_numbers import counts_down, lists_apart, take_numbers
from millesime.markup.pandoc import write_texts
from millesime.markup.source_names import names_as_written
from millesime.redline.exact_document import to_ast
from millesime.redline.marks import NEW, OLD, classes_of, mark_inlines, mark_of, take_side
from millesime.redline.merging.code import RESPACED
from millesime.redline.model import DELETION, INSERTION, MOVED_FROM, MOVED_TO, OLD_ONLY, ChapterChange, Redline
from millesime.redline.reading.passages import changed_chapters, passages
from millesime.redline.reading.readers_view import DETAIL, for_readers
from millesime.redline.text.tokens import WRAPS, children_of, with_children

_MARKDOWN = "markdown" + "".join(
    f"-{extension}"
    for extension in (
        "smart",
        "raw_attribute",
        "native_divs",
        "native_spans",
        "simple_tables",
        "multiline_tables",
    )
)


def write_markdown(redline: Redline, *, full: bool = False, context: int = 1) -> str:
    """Return the redline as Markdown with CriticMarkup (criticmarkup.com).

    `{++new++}`, `{--old--}`; what moved is marked in both places, with a
    comment that names the move: `{>>moved from here: move-1<<}`. A comment
    line opens each chapter; `[…]` stands for unchanged blocks left out, unless
    `full`.
    """
    chapters = to_ast(redline) if full else None
    documents: list[list[Block]] = []
    for index, chapter in enumerate(redline.chapters):
        if chapters is not None:
            documents.append(critic_blocks(chapters[index]["c"][1]))
        elif chapter.changed:
            documents.append(critic_blocks(_elided(chapter, context)))
    heads = [_chapter_line(chapter) for chapter in (redline.chapters if full else changed_chapters(redline))]
    notes: list[list[list[Block]]] = []  # of each chapter
    numbers = count(1)
    for place, document in enumerate(documents):
        documents[place], found = _without_notes(document, numbers)
        notes.append(found)
    told = [names_as_written(blocks) for blocks in (*documents, *(note for found in notes for note in found))]
    texts = iter(write_texts(told, to=_MARKDOWN, options={"wrap_text": "none", "columns": 10_000}))
    bodies = [next(texts).strip() for _ in documents]
    numbers = count(1)
    parts = []
    for head, body, found in zip(heads, bodies, notes, strict=True):
        defined = [_definition(next(numbers), next(texts)) for _ in found]
        parts.append("\n\n".join(filter(None, (head, body, *defined))))
    return "\n\n".join(parts) + "\n" if parts else ""


def _without_notes(blocks: list[Block], numbers: Iterator[int]) -> tuple[list[Block], list[list[Block]]]:
    """Return a chapter with a label in the place of each note, and the notes; a note in a note comes before it.

    pandoc would number those of every chapter from 1, and chapters are one
    text: a label that is defined twice leads to one of both notes.
    """
    found: list[list[Block]] = []

    def change(node: Node) -> Node:
        found.append(node["c"])
        return _raw(f"[^{next(numbers)}]")

    return rewrite(blocks, change, kinds={"Note"}), found


def _definition(number: int, text: str) -> str:
    first, *rest = text.strip("\n").split("\n")
    return "\n".join([f"[^{number}]: {first}", *(f"    {line}" if line else "" for line in rest)])


def _elided(chapter: ChapterChange, context: int) -> list[Block]:
    out: list[Block] = []
    after = 0
    for passage in passages(chapter, context=context):
        if passage.before:
            out.append(_raw_block("[…]"))
        out += passage.blocks
        after = passage.after
    return [*out, _raw_block("[…]")] if after else out


def _chapter_line(chapter: ChapterChange) -> str:
    places = [place.path for place in (chapter.old, chapter.new) if place is not None]
    return f"{{>>{', '.join(chapter.kinds)}: {' → '.join(dict.fromkeys(places))}<<}}"


def critic_blocks(blocks: Sequence[Block]) -> list[Block]:
    """Return marked blocks with CriticMarkup in place of the marks, for pandoc's Markdown writer."""
    shown = rewrite(for_readers(list(blocks)), _as_numbered, kinds={"OrderedList"})
    return _critic(shown, "", "")


def _as_numbered(ordered: Node) -> Node | list[Node]:
    """Markdown knows no list that counts down, and no number of an item but the first."""
    return lists_apart(ordered) if counts_down(ordered) or take_numbers(ordered)[0] is not ordered else ordered


def _critic(value: Any, mark: str, comment: str) -> Any:
    """Return blocks, inlines or rows with signs around the text that `mark` covers, and a comment behind each."""
    if not isinstance(value, list):
        return value
    out: list = []
    for item in _code_joined(value):
        inner = mark_of(item)
        if not isinstance(item, (dict, list)):
            out.append(item)
        elif isinstance(item, list):
            marked = _critic(item, inner or mark, "" if inner else comment)
            out.append(_ending(marked, _comment(item, inner)) if inner else marked)  # a row: told in its last cell
        elif mark == MOVED_TO and inner in OLD_ONLY:
            out += _removed(item)
        elif (special := _special(item, mark)) is not None:
            out += special
        elif inner and item["t"] == "Span":
            out += _span(item, inner)
        elif inner:
            out += _critic(item["c"][1], inner, _comment(item["c"], inner))
        elif "t" not in item:  # a citation
            out.append(item)
        else:
            out += _critic_node(item, mark, comment)
    return out


def _code_joined(items: list) -> list:
    """Return blocks in which code that went and code that came in its place are one `Div.code-diff`."""
    out: list = []
    for item in items:
        if out and mark_of(item) == INSERTION and mark_of(out[-1]) == DELETION and _is_code(item) and _is_code(out[-1]):
            lines = [[mark_inlines(mark_of(one), [string(line)])] for one in (out.pop(), item) for line in _lines(one)]
            item = div([{"t": "LineBlock", "c": lines}], classes=["code-diff"])
        out.append(item)
    return out


def _is_code(item: Node) -> bool:
    return isinstance(item, dict) and [block["t"] for block in item["c"][1]] == ["CodeBlock"]


def _lines(item: Node) -> list[str]:
    return item["c"][1][0]["c"][1].split("\n")


def _special(item: Node, mark: str) -> list[Node] | None:
    """Return what stands for a Span or Div that `readers_view.py` made, or None for all others."""
    names = classes_of(item)
    if DETAIL in names or "relinked" in names or "side-by-side" in names:
        return _critic(item["c"][1], mark if item["t"] == "Div" else "", "")
    if "reformatted" in names:
        return [*_critic(item["c"][1], "", ""), _raw("{>>formatting<<}")]
    if "code-diff" in names:
        return [_diff(_diff_lines(item["c"][1][0]["c"]))]
    return None


def _diff(lines: Sequence[str]) -> Block:
    return {"t": "CodeBlock", "c": [["", ["diff"], []], "\n".join(line.rstrip() for line in lines)]}


def _diff_lines(lines: list[list[Inline]]) -> list[str]:
    """Return lines as a unified diff has them; one with its words marked is out and in."""
    out: list[str] = []
    for line in lines:
        if len(line) == 1 and RESPACED in classes_of(line[0]):
            line = line[0]["c"][1]
        marks = [mark_of(node) for node in line]
        if not any(marks):
            out.append("  " + _code_text(line))
            continue
        if any(mark != INSERTION for mark in marks):
            out.append("- " + _code_text([node for node, mark in zip(line, marks, strict=True) if mark != INSERTION]))
        if any(mark != DELETION for mark in marks):
            out.append("+ " + _code_text([node for node, mark in zip(line, marks, strict=True) if mark != DELETION]))
    return out


def _code_text(inlines: list[Inline]) -> str:
    return "".join(
        node["c"] if node["t"] == "Str" else node["c"][1] for node in walk(inlines) if node["t"] in ("Str", "Code")
    )


def _critic_node(node: Node, mark: str, comment: str) -> list[Node]:
    """Return what stands for a node without a mark of its own; the comment stands once, at its end."""
    kind = node["t"]
    opening, closing = _signs(mark) if mark else ("", "")
    match kind:
        case "Para" | "Plain" | "Header":
            *before, inlines = node["c"] if kind == "Header" else [node["c"]]
            inlines = _moved_text(inlines) if mark == MOVED_TO else _critic(inlines, "", "")
            if mark and inlines:
                inlines = _raw_joined([_raw(opening), *inlines, _raw(closing + comment)])
            return [{"t": kind, "c": [before[0], ["", [], []], inlines] if before else inlines}]
        case "HorizontalRule":  # pandoc's is as wide as the page
            return _between(opening, [_raw_block("---")], closing + comment)
        case "CodeBlock" if mark:
            sign = "- " if mark in OLD_ONLY else "+ "
            return [_diff([sign + line for line in node["c"][1].split("\n")]), *_remark(comment)]
        case "RawBlock" if mark and node["c"][0] in _PLAINLY_WRITTEN:
            text = node["c"][1].strip("\n")
            end = "\n" if "\n" in text else ""
            return [_raw_block(f"{opening}{end}{text}{end}{closing}{comment}")]
        case "RawBlock":
            return _between(opening, [node], closing + comment)
        case "Figure":
            if mark and (image := _figure_image(node, mark)) is not None:
                return [_paragraph([_raw(opening), image, _raw(closing + comment)])]
            return _between(opening, [_figure(node)], closing + comment)
    if not isinstance(node.get("c"), list) or kind in _CLOSED:
        return [node]
    marked = {"t": kind, "c": _critic(node["c"], mark, "")}
    if not comment:
        return [marked]
    if kind == "Table" and marked["c"][1][1]:
        table = marked["c"]
        return [{"t": kind, "c": [table[0], _ending(table[1], comment), *table[2:]]}]
    ended = _ending(marked, comment) if kind != "Table" else marked
    return [ended] if ended is not marked else [marked, *_remark(comment)]


def _between(opening: str, blocks: list[Block], closing: str) -> list[Block]:
    return [_raw_block(opening), *blocks, _raw_block(closing)] if opening else blocks


def _remark(comment: str) -> list[Block]:
    return [_raw_block(comment)] if comment else []


def _ending(value: Any, comment: str) -> Any:
    """Return a subtree with a comment at the end of its last text, or the same subtree where it has none."""
    if not comment:
        return value
    if isinstance(value, list):
        for place in reversed(range(len(value))):
            if isinstance(value[place], (dict, list)):
                ended = _ending(value[place], comment)
                if ended is not value[place]:
                    return [*value[:place], ended, *value[place + 1 :]]
        return value
    if value["t"] in ("Para", "Plain"):
        return {"t": value["t"], "c": [*value["c"], _raw(comment)]}
    if not isinstance(value.get("c"), list) or value["t"] not in _CONTAINERS:
        return value
    ended = _ending(value["c"], comment)
    return value if ended is value["c"] else {"t": value["t"], "c": ended}


# ---- figures -------------------------------------------------------------------


def _figure(figure: Block) -> Block:
    """Return a figure whose alternative text is left out where it only repeats the caption."""
    found = _parts_of_figure(figure)
    if found is None:
        return figure
    attributes, image, caption = found
    caption = _critic(caption, "", "")
    alternative = caption if _says_the_same(image, found[2]) else image["c"][1]
    image = {"t": "Image", "c": [image["c"][0], alternative, image["c"][2]]}
    body = {"t": "Plain", "c": [image]}
    return {"t": "Figure", "c": [attributes, [None, [{"t": "Plain", "c": caption}]], [body]]}


def _figure_image(figure: Block, mark: str) -> Inline | None:
    """Return a figure as the image that Markdown writes for it, `![caption](file)`, or None if it holds more."""
    found = _parts_of_figure(figure)
    if found is None:
        return None
    (ident, classes, pairs), image, caption = found
    if mark == INSERTION:
        caption = take_side(caption, NEW)
    own_ident, own_classes, own_pairs = image["c"][0]
    if not _says_the_same(image, caption):
        own_pairs = [["alt", text_of(image["c"][1])], *own_pairs]
    attributes = [ident or own_ident, [*classes, *own_classes], [*pairs, *own_pairs]]
    return {"t": "Image", "c": [attributes, _critic(caption, "", ""), image["c"][2]]}


def _parts_of_figure(figure: Block) -> tuple[Attr, Inline, list[Inline]] | None:
    """Return attributes, image and caption of a figure of one image and one line."""
    attributes, (_, caption), body = figure["c"]
    texts = ("Plain", "Para")
    if len(body) != 1 or body[0]["t"] not in texts or [node["t"] for node in body[0]["c"]] != ["Image"]:
        return None
    if len(caption) > 1 or any(block["t"] not in texts for block in caption):
        return None
    return attributes, body[0]["c"][0], caption[0]["c"] if caption else []


def _says_the_same(image: Inline, caption: list[Inline]) -> bool:
    return text_of(image["c"][1]) in {text_of(take_side(caption, side)) for side in (OLD, NEW)}


_CLOSED = frozenset({"Str", "Code", "Math", "RawInline", "CodeBlock", "RawBlock"})
_PLAINLY_WRITTEN = frozenset({"html", "tex", "latex", "markdown"})  # raw code that needs no fence
_CONTAINERS = frozenset({"BulletList", "OrderedList", "DefinitionList", "BlockQuote", "LineBlock", "Div"})


# ---- what moved and was edited ---------------------------------------------------


def _moved_text(inlines: Sequence[Inline]) -> list[Inline]:
    """Return the text of a place that something moved to, with remarks on what was edited in it.

    Marks cannot stand in marks. And who rejects all has the old words where
    they stood: here nothing may stay. So the mark ends before each remark,
    and begins anew behind it.
    """
    out: list[Inline] = []
    place = 0
    while place < len(inlines):
        node = inlines[place]
        place += 1
        names, mark = classes_of(node), mark_of(node)
        if DETAIL in names:
            if out and out[-1] == SPACE:
                out.pop()
            out.append(_interrupting(_detail(node)))
        elif "relinked" in names or "side-by-side" in names:
            out += _moved_text(node["c"][1])
        elif "reformatted" in names:
            out += [*_moved_text(node["c"][1]), _interrupting("{>>formatting<<}")]
        elif mark in OLD_ONLY:
            old, new = node["c"][1], []
            if place < len(inlines) and mark_of(inlines[place]) == INSERTION:
                new = inlines[place]["c"][1]
                place += 1
            out += _with_remark(_critic(new, "", ""), _said("was" if new else "removed", text_of(old)))
        elif mark:
            out += _with_remark(_critic(node["c"][1], "", ""), _said("added", text_of(node["c"][1])))
        elif node["t"] in WRAPS:
            out.append(with_children(node, _moved_text(children_of(node))))
        else:
            out += _critic([node], "", "")
    return out


def _removed(item: Node) -> list[Block]:
    """Return a remark in place of blocks that are not among what moved any more."""
    blocks = item["c"][1]
    kind = "Plain" if blocks and blocks[0]["t"] == "Plain" else "Para"  # a tight list stays tight
    return [{"t": kind, "c": [_raw(said)]}] if (said := _said("removed", text_of(blocks))) else []


def _with_remark(inlines: list[Inline], remark: str) -> list[Inline]:
    """Return inlines with a remark behind them, before a space that they end with."""
    if not remark:
        return inlines
    if inlines and inlines[-1] == SPACE:
        return [*inlines[:-1], _interrupting(remark), SPACE]
    return [*inlines, _interrupting(remark)]


def _detail(node: Inline) -> str:
    """Return what `readers_view.py` says beside a change, "(link old new)", as a remark."""
    label, *_ = text_of(node).lstrip("(").split(" ", 1)
    old, new = (
        " ".join(text_of(part["c"][1]) for part in walk(node["c"][1]) if mark_of(part) == kind)
        for kind in (DELETION, INSERTION)
    )
    return _said(label.rstrip(":"), " → ".join(filter(None, (old, new))))


def _said(what: str, text: str) -> str:
    return f"{{>>{what}: {text.replace('<<}', '<< }')}<<}}" if text else ""


def _interrupting(remark: str) -> Inline:
    opening, closing = _signs(MOVED_TO)
    return _raw(f"{closing}{remark}{opening}")


def _raw_joined(inlines: list[Inline]) -> list[Inline]:
    """Return inlines without marks around nothing."""
    out: list[Inline] = []
    for node in inlines:
        if _is_raw(node) and out and _is_raw(out[-1]):
            node = _raw(out.pop()["c"][1] + node["c"][1])
        out.append(node)
    empty = "".join(_signs(MOVED_TO))
    return [_raw(node["c"][1].replace(empty, "")) if _is_raw(node) else node for node in out]


def _is_raw(node: Inline) -> bool:
    return node["t"] == "RawInline" and node["c"][0] == "markdown"


# ---- signs ---------------------------------------------------------------------


def _span(item: Inline, mark: str) -> list[Inline]:
    opening, closing = _signs(mark)
    return [_raw(opening), *_critic(_with_breaks_shown(item["c"][1]), "", ""), _raw(closing)]


def _with_breaks_shown(inlines: Any) -> Any:
    """Return inlines in which a sign stands for a hard line break."""
    if isinstance(inlines, list):
        return [_with_breaks_shown(item) for item in inlines]
    if not isinstance(inlines, dict) or "c" not in inlines:
        return _raw("↵") if inlines == {"t": "LineBreak"} else inlines
    return inlines if inlines["t"] in _CLOSED else {"t": inlines["t"], "c": _with_breaks_shown(inlines["c"])}


def _signs(mark: str) -> tuple[str, str]:
    return ("{--", "--}") if mark in OLD_ONLY else ("{++", "++}")


def _comment(marked: list, mark: str) -> str:
    """Return what is said of a move; `marked` begins with the Attr that names it."""
    name = dict(marked[0][2]).get("move", "")
    named = f": {name}" if name else ""
    if mark == MOVED_FROM:
        return f"{{>>moved from here{named}<<}}"
    if mark == MOVED_TO:
        return f"{{>>moved here{named}<<}}"
    return ""


def _raw(text: str) -> Inline:
    return {"t": "RawInline", "c": ["markdown", text]}


def _raw_block(text: str) -> Block:
    return _paragraph([_raw(text)])


def _paragraph(inlines: list[Inline]) -> Block:
    return {"t": "Para", "c": inlines}
