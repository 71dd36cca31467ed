"""Citations that stand where pandoc looks for the label of an example: "@ostrom. Text" at the head of a block.

`@ostrom. Text` is an example list for pandoc, and then every `@ostrom` of the
file prints its number. Where a bibliography has that key, it is a citation: a
mark of the same length stands for its "@" while pandoc reads, so that columns
of tables stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from millesime.markup.ast import Document, Inline, string

# What a line may have before the first word of a block: indents, quotes, list markers, the label of a note.
_OPENING = re.compile(
    r"""(?mx) ^ (?: [ \t>|] | [-*+:~](?=[ \t]) | \[\^[^\]\s]+\]: | \[[ xX]\](?=[ \t])
      | \(? (?: \d+ | [A-Za-z#] | [ivxlcdm]+ | [IVXLCDM]+ | @[\w-]+ ) [.)] (?=\s) )+"""
)
_LABEL = re.compile(r"@([\w-]+)(?=[.)])")
_MARKS = range(0xE000, 0xF8FF)  # private use


def example_labels(text: str) -> set[str]:
    """Return the keys that stand where pandoc would take them for labels of examples."""
    if "@" not in text:
        return set()
    return {label[1] for opening in _OPENING.finditer(text) for label in _LABEL.finditer(opening[0])}


def hide_citations(text: str, keys: Collection[str]) -> tuple[str, str]:
    """Return a text in which those of the keys are no labels, and the mark that stands for their "@"."""
    mark = next(chr(code) for code in _MARKS if chr(code) not in text)

    def hide(label: re.Match[str]) -> str:
        return mark + label[1] if label[1] in keys else label[0]

    return _OPENING.sub(lambda opening: _LABEL.sub(hide, opening[0]), text), mark


def show_citations(document: Document, mark: str) -> Document:
    """Return what pandoc read of a text of `hide_citations`, with the citations in their places."""
    return Document(blocks=_shown(document.blocks, mark), meta=_shown(document.meta, mark))


def _shown(value: Any, mark: str) -> Any:
    if isinstance(value, str):
        return value.replace(mark, "@")
    if isinstance(value, list):
        out: list = []
        for item in value:
            if isinstance(item, dict) and item.get("t") == "Str" and mark in item["c"]:
                out += _citations(item["c"], mark)
            else:
                out.append(_shown(item, mark))
        return out
    return {key: _shown(item, mark) for key, item in value.items()} if isinstance(value, dict) else value


def _citations(text: str, mark: str) -> list[Inline]:
    before, *others = text.split(mark)
    out = [string(before)] if before else []
    for other in others:
        key = re.match(r"[\w-]+", other)
        assert key is not None, "a mark stands before a key"
        citation = {
            "citationId": key[0], "citationPrefix": [], "citationSuffix": [], "citationMode": {"t": "AuthorInText"},
            "citationNoteNum": 0, "citationHash": 0,
        }  # fmt: skip
        out.append({"t": "Cite", "c": [[citation], [string(f"@{key[0]}")]]})
        if rest := other[key.end() :]:
            out.append(string(rest))
    return out
