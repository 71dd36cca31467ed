"""Write a document as Markdown, one sentence on each line, so that `git diff` compares sentences."""

from __future__ import annotations

import re
from typing import Any

from millesime.markup.ast import Block, Document, Inline, header, rewrite_inlines
from millesime.markup.normalise import normalise
from millesime.markup.pandoc import write_texts

_MARKDOWN = "markdown-smart-raw_attribute-simple_tables-multiline_tables-grid_tables-native_divs-native_spans"
# An end of a sentence: its sign, closing quotes and brackets, perhaps set off by a no-break space. Not after an
# initial ("J. Dupont"), nor after what is cut short and goes on ("art. 3", "M. Le Pen", "cf. Annexe").
_END = re.compile(r"[.!?…][»”’\"')\] \u00a0\u202f]*$")
_ABBREVIATED = re.compile(
    r"(?:^|[\W_])(?:[^\W\d_]|art|av|bd|cf|chap|dr|éd|ed|env|etc|fig|hab|max|min|mm|mme|mlle|mr|mrs|ms|no|n°|p|pp|"
    r"prof|resp|st|ste|suiv|tab|tél|vol|vs|e\.g|i\.e)\.$",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"[«“‘\"'(\[¿¡—– \u00a0\u202f-]*[^\W_]")
_ROW = re.compile(r"^(?:> )*\|.*\|$", re.MULTILINE)
_BREAK: Inline = {"t": "SoftBreak"}


def write_sentences(document: Document) -> str:
    """Return a document's title and blocks as Markdown; every sentence begins a line, and no other line is broken."""
    blocks: list[Block] = rewrite_inlines(normalise(document.blocks), _broken)
    title = document.meta.get("title")
    if title and title["t"] == "MetaInlines":
        blocks = [header(1, *title["c"]), *blocks]
    (text,) = write_texts([blocks], to=_MARKDOWN, options={"wrap_text": "preserve", "columns": 10_000})
    text = _ROW.sub(_narrow, text)
    return text.strip() + "\n" if text.strip() else ""


def _narrow(row: re.Match[str]) -> str:
    """A row without its padding: a longer cell must not change the rows around it."""
    return re.sub(r"-{2,}", "--", re.sub(r" {2,}", " ", row[0]))


def _broken(inlines: list[Inline]) -> list[Inline]:
    """Return inlines with a line end in place of each space between two sentences."""
    out = list(inlines)
    for place in range(1, len(inlines) - 1):
        if (
            inlines[place]["t"] == "Space"
            and _ends(inlines[max(0, place - 3) : place])
            and _begins(inlines[place + 1 : place + 4])
        ):
            out[place] = _BREAK
    return out


def _ends(before: list[Inline]) -> bool:
    # Where an author sets a quote off by plain spaces, its marks are strings of their own.
    text = "".join(" " if node["t"] == "Space" else _edge(node, -1) for node in before)
    return _END.search(text) is not None and not _ABBREVIATED.search(text)


def _begins(after: list[Inline]) -> bool:
    text = "".join(" " if node["t"] == "Space" else _edge(node, 0) for node in after)
    found = _BEGIN.match(text)
    return found is not None and not found[0][-1].islower()


def _edge(node: Any, at: int) -> str:
    """Return the first or last string of an inline, as far as a reader sees it."""
    while isinstance(node, dict):
        content = node.get("c")
        match node["t"]:
            case "Str":
                return content
            case "Quoted":
                # The mark itself stands at the edge: a sentence may end inside it.
                return f"{_edge(content[1], at)}”" if at else f"“{_edge(content[1], at)}"
            case "Note":
                return "." if at else ""
            case "Link" | "Span" | "Cite":
                node = content[1]
            case "Emph" | "Strong" | "Underline" | "Strikeout" | "SmallCaps" | "Superscript" | "Subscript":
                node = content
            case _:
                return ""
        if isinstance(node, list):
            node = node[at] if node else None
    return node if isinstance(node, str) else ""
