"""Random small pandoc documents and edits of them, for the laws; tiny constructors for the examples."""

from __future__ import annotations

from hypothesis import strategies as st

from millesime.markup.ast import Block, attr, bullet_list, div, header, link, para, plain, simple_table, span, words
from millesime.redline.model import ChapterText

# Few and repeated words, so that random texts share some; elisions, numbers, accents both composed and not.
WORDS = (
    "la",
    "de",
    "ville",
    "données",
    "donne\u0301es",
    "l’eau,",
    "l'eau",
    "qu’elle",
    "12",
    "1\u00a0000",
    "3,14.",
    "fin.",
    "«\u00a0oui\u00a0»",
    "a",
    "peut-être",
    "the",
    "rule",
    "rules",
)


def chapter(*blocks: Block, path: str = "chapters/one.md", ident: str = "", title: str = "") -> ChapterText:
    return ChapterText(path=path, id=ident or path, title=title, blocks=list(blocks))


def note(*blocks: Block) -> dict:
    return {"t": "Note", "c": list(blocks)}


def ordered_list(items, *, start: int = 1) -> Block:
    return {"t": "OrderedList", "c": [[start, {"t": "Decimal"}, {"t": "Period"}], list(items)]}


def quote(*blocks: Block) -> Block:
    return {"t": "BlockQuote", "c": list(blocks)}


def code_block(text: str) -> Block:
    return {"t": "CodeBlock", "c": [attr(), text]}


def _joined(parts: list) -> list:
    return [inline for part in parts for inline in part]


_text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda found: words(" ".join(found)))
_breaks = st.sampled_from([[{"t": "Space"}], [{"t": "SoftBreak"}], [{"t": "LineBreak"}], []])
_atoms = st.sampled_from(
    [
        {"t": "Code", "c": [attr(), "let x"]},
        {"t": "Math", "c": [{"t": "InlineMath"}, "x^2"]},
        {"t": "RawInline", "c": ["html", "<br>"]},
        {"t": "Emph", "c": []},
        span([], ident="here"),
        {"t": "Image", "c": [attr(), words("a map"), ["map.svg", ""]]},
        {
            "t": "Cite",
            "c": [
                [
                    {
                        "citationId": "x",
                        "citationPrefix": [],
                        "citationSuffix": words("p. 3"),
                        "citationHash": 4,
                        "citationMode": {"t": "NormalCitation"},
                        "citationNoteNum": 2,
                    }
                ],
                words("[@x p. 3]"),
            ],
        },
    ]
).map(lambda node: [node])


def _wrapped(inner):
    return st.one_of(
        st.tuples(st.sampled_from(["Emph", "Strong"]), inner).map(lambda pair: [{"t": pair[0], "c": pair[1]}]),
        st.tuples(inner, st.sampled_from(["a.html", "b.html"])).map(lambda pair: [link(*pair)]),
        st.tuples(inner, st.sampled_from([[], ["insertion"], ["source-deletion"]])).map(
            lambda pair: [span(pair[0], classes=pair[1])]
        ),
        inner.map(lambda found: [{"t": "Quoted", "c": [{"t": "DoubleQuote"}, found]}]),
        inner.map(lambda found: [note({"t": "Para", "c": found})]),
    )


inlines = st.recursive(
    st.lists(st.one_of(_text, _text, _breaks, _atoms), max_size=4).map(_joined),
    lambda inner: st.lists(st.one_of(_text, _breaks, _wrapped(inner)), max_size=3).map(_joined),
    max_leaves=5,
)
_cells = st.lists(inlines, min_size=2, max_size=2)
_leaves = st.one_of(
    inlines.map(lambda found: {"t": "Para", "c": found}),
    inlines.map(lambda found: {"t": "Para", "c": found}),
    inlines.map(lambda found: {"t": "Plain", "c": found}),
    st.tuples(st.integers(1, 3), inlines).map(lambda pair: header(pair[0], *pair[1], ident="h")),
    st.sampled_from([code_block("fn main"), {"t": "HorizontalRule"}, {"t": "RawBlock", "c": ["html", "<hr>"]}]),
    st.tuples(_cells, st.lists(_cells, max_size=3)).map(lambda pair: simple_table(*pair)),
    st.lists(inlines, min_size=1, max_size=3).map(lambda lines: {"t": "LineBlock", "c": lines}),
)


def _containers(inner):
    some = st.lists(inner, max_size=3)
    items = st.lists(some, max_size=4)
    return st.one_of(
        items.map(bullet_list),
        st.tuples(items, st.integers(1, 2)).map(lambda pair: ordered_list(pair[0], start=pair[1])),
        some.map(lambda found: quote(*found)),
        st.tuples(some, st.sampled_from([[], ["box"], ["moved-to"]])).map(lambda pair: div(pair[0], classes=pair[1])),
        st.lists(st.tuples(inlines, items), max_size=2).map(
            lambda entries: {"t": "DefinitionList", "c": [list(entry) for entry in entries]}
        ),
    )


blocks = st.recursive(_leaves, _containers, max_leaves=6)


@st.composite
def chapters(draw, most: int = 3) -> list[ChapterText]:
    texts = draw(st.lists(st.lists(blocks, max_size=5), max_size=most))
    return [chapter(*found, path=f"{index}.md") for index, found in enumerate(texts)]


@st.composite
def edited(draw, old: list[ChapterText]) -> list[ChapterText]:
    """A new edition made from an old one: blocks moved, dropped, repeated, replaced, edited inside."""
    texts = [list(one.blocks) for one in old]
    for _ in range(draw(st.integers(0, 6))):
        places = [(i, j) for i, text in enumerate(texts) for j in range(len(text))]
        if not places:
            break
        i, j = draw(st.sampled_from(places))
        what = draw(st.sampled_from(["move", "drop", "repeat", "replace", "insert", "inside", "inside", "inside"]))
        if what in ("move", "drop"):
            block = texts[i].pop(j)
            if what == "move":
                target = draw(st.integers(0, len(texts) - 1))
                texts[target].insert(draw(st.integers(0, len(texts[target]))), block)
        elif what == "repeat":
            texts[i].insert(j, texts[i][j])
        elif what == "inside":
            texts[i][j] = draw(_edited_inside(texts[i][j]))
        else:
            texts[i][j : j + (what == "replace")] = [draw(blocks)]
    order = draw(st.permutations(range(len(texts)))) if draw(st.booleans()) else range(len(texts))
    return [chapter(*texts[i], path=old[i].path) for i in order]


@st.composite
def _edited_inside(draw, value):
    """Somewhere inside a block: drop, repeat, swap or replace an element of a list of nodes or items."""
    lists = [found for found in _lists(value) if found]
    if not lists:
        return value
    where = draw(st.integers(0, len(lists) - 1))
    at = draw(st.integers(0, len(lists[where]) - 1))
    what = draw(st.sampled_from(["drop", "repeat", "swap", "text"]))
    target = lists[where]
    if what == "drop":
        new = target[:at] + target[at + 1 :]
    elif what == "repeat":
        new = [*target[:at], target[at], *target[at:]]
    elif what == "swap":
        new = [*target[at:], *target[:at]]
    elif isinstance(target[at], dict) and target[at]["t"] in ("Str", "Space", "SoftBreak"):
        new = target[:at] + draw(_text) + target[at + 1 :]
    else:
        new = target
    return _replaced(value, target, new)


def _lists(value):
    if isinstance(value, list):
        # Only lists of nodes or of items: not the fixed lists of Attr, rows and cells.
        if all(isinstance(item, dict) and "t" in item for item in value) or (
            all(isinstance(item, list) and all(isinstance(part, dict) for part in item) for item in value)
        ):
            yield value
        for item in value:
            yield from _lists(item)
    elif isinstance(value, dict) and value.get("t") not in ("Table", "Link", "Image", "Cite", "Quoted", "Math"):
        content = value.get("c")
        if value.get("t") in ("Header", "OrderedList", "Div", "Span"):
            yield from _lists(content[-1])
        elif isinstance(content, list) and value.get("t") != "DefinitionList":
            yield from _lists(content)


def _replaced(value, target, new):
    if value is target:
        return new
    if isinstance(value, list):
        return [_replaced(item, target, new) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, target, new) for key, item in value.items()}
    return value


__all__ = [
    "blocks",
    "chapter",
    "chapters",
    "code_block",
    "edited",
    "header",
    "inlines",
    "note",
    "ordered_list",
    "para",
    "plain",
    "quote",
]
