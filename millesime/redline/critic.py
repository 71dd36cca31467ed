"""A redline as Markdown with CriticMarkup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millesime.markup.ast import Block, Inline, Node, walk
from millesime.markup.pandoc import write_texts
from millesime.redline.ast import to_ast
from millesime.redline.marks import classes_of, mark_of
from millesime.redline.model import DELETION, INSERTION, MOVED_FROM, MOVED_TO, OLD_ONLY, ChapterChange, Redline
from millesime.redline.passages import changed_chapters, passages
from millesime.redline.reading import DETAIL, for_readers

_MARKDOWN = "markdown" + "".join(
    f"-{extension}"
    for extension in (
        "smart",
        "raw_attribute",
        "fenced_divs",
        "bracketed_spans",
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
    texts = write_texts(documents, to=_MARKDOWN, options={"wrap_text": "none", "columns": 10_000})
    parts = [f"{head}\n\n{text.strip()}".strip() for head, text in zip(heads, texts, strict=True)]
    return "\n\n".join(parts) + "\n" if parts else ""


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
    return _critic(for_readers(list(blocks)), "", "")


def _critic(value: Any, mark: str, move: str) -> Any:
    """Return blocks, inlines or rows with signs around the text that `mark` covers."""
    if isinstance(value, list):
        out: list = []
        for item in value:
            if not isinstance(item, (dict, list)):
                out.append(item)
                continue
            inner = mark_of(item)
            if isinstance(item, dict) and (special := _special(item)) is not None:
                out += special
                continue
            if isinstance(item, dict) and inner:
                name = dict(item["c"][0][2]).get("move", "")
                out += _span(item, inner) if item["t"] == "Span" else _critic(item["c"][1], inner, name)
                continue
            if isinstance(item, list):
                out.append(_critic(item, inner or mark, move))
            elif "t" not in item:  # a citation
                out.append(item)
            else:
                out.append(_critic_node(item, mark, move))
                if item["t"] in _OPAQUE and mark:
                    opening, closing = _signs(mark)
                    out[-1:] = [_raw_block(opening), out[-1], _raw_block(closing + _comment(mark, move))]
        return out
    return value


def _special(item: Node) -> list[Node] | None:
    """Return what stands for a Span or Div that `reading.py` made, or None for all others."""
    names = classes_of(item)
    if DETAIL in names or "relinked" in names or "side-by-side" in names:
        return _critic(item["c"][1], "", "")
    if "reformatted" in names:
        return [*_critic(item["c"][1], "", ""), _raw("{>>formatting<<}")]
    if "code-diff" in names:
        return [{"t": "CodeBlock", "c": [["", ["diff"], []], "\n".join(_diff_lines(item["c"][1][0]["c"]))]}]
    return None


def _diff_lines(lines: list[list[Inline]]) -> list[str]:
    """Return lines as a unified diff has them; one with its words marked is out and in."""
    out: list[str] = []
    for line in lines:
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


_OPAQUE = frozenset({"CodeBlock", "RawBlock", "HorizontalRule", "Figure"})


def _critic_node(node: Node, mark: str, move: str) -> Node:
    kind = node["t"]
    if kind in ("Para", "Plain", "Header"):
        content = list(node["c"]) if kind == "Header" else node["c"]
        inlines = content[2] if kind == "Header" else content
        inlines = _critic(inlines, "", "")
        if mark and inlines:
            opening, closing = _signs(mark)
            inlines = [_raw(opening), *inlines, _raw(closing + _comment(mark, move))]
        if kind == "Header":
            return {"t": kind, "c": [content[0], ["", [], []], inlines]}
        return {"t": kind, "c": inlines}
    if isinstance(node.get("c"), list) and kind not in _CLOSED:
        return {"t": kind, "c": _critic(node["c"], mark, move)}
    return node


_CLOSED = frozenset({"Str", "Code", "Math", "RawInline", "CodeBlock", "RawBlock"})


def _span(item: Inline, mark: str) -> list[Inline]:
    opening, closing = _signs(mark)
    return [_raw(opening), *_critic(item["c"][1], "", ""), _raw(closing)]


def _signs(mark: str) -> tuple[str, str]:
    return ("{--", "--}") if mark in OLD_ONLY else ("{++", "++}")


def _comment(mark: str, move: str) -> str:
    if mark == MOVED_FROM:
        return f"{{>>moved from here: {move}<<}}"
    if mark == MOVED_TO:
        return f"{{>>moved here: {move}<<}}"
    return ""


def _raw(text: str) -> Inline:
    return {"t": "RawInline", "c": ["markdown", text]}


def _raw_block(text: str) -> Block:
    return {"t": "RawBlock", "c": ["markdown", text]}
