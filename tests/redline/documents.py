"""Random small pandoc documents and edits of them, for the laws; tiny constructors for the examples.

A document is read off tapes of bytes that Hypothesis draws: one tape for each
block, one for each edit. It takes a tenth of the time of drawing node by node,
and still shrinks: fewer tapes are fewer blocks and edits, and a byte of 0, or
a tape that has run out, always means the simplest choice.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, islice
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from millesime.markup.ast import (
    INLINES,
    SPACE,
    Block,
    Inline,
    attr,
    attr_of,
    bullet_list,
    div,
    header,
    link,
    para,
    plain,
    simple_table,
    span,
    string,
    text_of,
    walk,
    with_attr,
    words,
)
from millesime.markup.source_names import source_class, source_key
from millesime.redline.model import ChapterText

# ---- constructors ----------------------------------------------------------


def chapter(*blocks: Block, path: str = "chapters/one.md", ident: str = "", title: str = "") -> ChapterText:
    return ChapterText(path=path, id=ident or path, title=title, blocks=list(blocks))


def note(*blocks: Block) -> Inline:
    return {"t": "Note", "c": list(blocks)}


def ordered_list(items, *, start: int = 1, style: str = "Decimal", delimiter: str = "Period") -> Block:
    return {"t": "OrderedList", "c": [[start, {"t": style}, {"t": delimiter}], list(items)]}


def definition_list(*entries) -> Block:
    return {"t": "DefinitionList", "c": [list(entry) for entry in entries]}


def quote(*blocks: Block) -> Block:
    return {"t": "BlockQuote", "c": list(blocks)}


def code_block(text: str, attribute: list | None = None) -> Block:
    return {"t": "CodeBlock", "c": [attribute or attr(), text]}


def wrapped(kind: str, found: list[Inline]) -> Inline:
    return {"t": kind, "c": found}


def image(target: str, alt: list[Inline], *, title: str = "", attribute: list | None = None) -> Inline:
    return {"t": "Image", "c": [attribute or attr(), alt, [target, title]]}


def figure(caption: list[Block], blocks: list[Block], *, ident: str = "", short: list[Inline] | None = None) -> Block:
    return {"t": "Figure", "c": [attr(ident), [short, caption], blocks]}


# ---- tapes -----------------------------------------------------------------


class Tape:
    """Bytes read as a row of choices; 0 is the simplest choice, and the rest of a tape is all 0."""

    __slots__ = ("_at", "_bytes")

    def __init__(self, content: bytes) -> None:
        self._bytes = content
        self._at = 0

    def below(self, limit: int) -> int:
        self._at += 1
        return self._bytes[self._at - 1] % limit if self._at <= len(self._bytes) else 0

    def pick(self, options: Sequence):
        return options[self.below(len(options))]

    def seldom(self) -> bool:
        return self.below(6) == 5


def _tapes(length: int, most: int):
    return st.lists(st.binary(min_size=length, max_size=length), max_size=most)


# ---- inlines ---------------------------------------------------------------

# Few and repeated words, so that random texts share some; numbers, elisions, quotes, accents composed and not.
WORDS = (
    *(
        "la ville de la donne\u0301e a été l’eau, l'eau qu’elle l’économie peut-être aujourd’hui fin. oui ; non !"
    ).split(),
    *(
        "12 1\u00a0000 1\u202f234\u202f567 1,200.50 3,14. 1 200 300 2018-07-03 50\u00a0€ 5% n°4 article\u00a012 H2O"
    ).split(" "),
    *(
        '«\u00a0oui\u00a0» «\u202fnon\u202f» “yes” "yes" ‘so’ it’s — … the rule rules data e\u0301te\u0301 a\u030a'
    ).split(" "),
    *("soft\u00adhyphen zero\u200djoiner \u0301 \u00a0 insertion x a b").split(" "),
)
_WRAPS = ("Emph", "Strong", "Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps")
_CLASSES = ("box", "insertion", "source-deletion", "moved-to", "deletion", "spacing", "chapter", "wide")


def _attribute(tape: Tape) -> list:
    if tape.below(3) < 2:
        return attr()
    names = [source_class(tape.pick(_CLASSES)) for _ in range(tape.below(3))]
    pairs = [(source_key(tape.pick(("lang", "move", "width"))), tape.pick(("fr", "en", "1")))] if tape.seldom() else []
    return attr(tape.pick(("", "here", "there")), names, pairs)


def text(tape: Tape, most: int = 6) -> list[Inline]:
    return words(" ".join(tape.pick(WORDS) for _ in range(1 + tape.below(most))))


def inlines(tape: Tape, depth: int = 0, most: int = 5) -> list[Inline]:
    out: list[Inline] = []
    for place in range(tape.below(most + 1)):
        if place:
            out += tape.pick(_BREAKS)
        out += inline(tape, depth) if tape.below(8) > 4 else text(tape)
    return out


_BREAKS = ([SPACE], [SPACE], [SPACE], [{"t": "SoftBreak"}], [], [{"t": "LineBreak"}], [SPACE, {"t": "SoftBreak"}])


def inline(tape: Tape, depth: int = 0) -> list[Inline]:
    """Return one inline of any kind (or a few words)."""
    kind = tape.below(16)
    if kind < 2 or depth > 2:
        return text(tape)
    if kind in (14, 15):
        return [tape.pick(_EMPTY)]
    inner = inlines(tape, depth + 1, 3) if kind < 10 else []
    match kind:
        case 2 | 3 | 4:
            return [wrapped(tape.pick(_WRAPS), inner)]
        case 5:
            return [{"t": "Quoted", "c": [{"t": tape.pick(("DoubleQuote", "SingleQuote"))}, inner]}]
        case 6:
            return [{"t": "Link", "c": [_attribute(tape), inner, [tape.pick(_TARGETS), tape.pick(("", "title"))]]}]
        case 7:
            return [{"t": "Span", "c": [_attribute(tape), inner]}]
        case 8:
            return [image(tape.pick(_TARGETS), inner, title=tape.pick(("", "t")), attribute=_attribute(tape))]
        case 9:
            return [note(para(*inner), *([block(tape, depth + 2)] if tape.seldom() else []))]
        case 10:
            return [{"t": "Code", "c": [_attribute(tape), tape.pick(_CODE)]}]
        case 11:
            return [{"t": "Math", "c": [{"t": tape.pick(("InlineMath", "DisplayMath"))}, tape.pick(_FORMULAS)]}]
        case 12:
            return [{"t": "RawInline", "c": [tape.pick(("html", "tex")), tape.pick(("<br>", "", "<b>x</b>"))]}]
    citations = [_citation(tape) for _ in range(1 + tape.below(2))]
    return [{"t": "Cite", "c": [citations, words("[@" + "; @".join(one["citationId"] for one in citations) + "]")]}]


def _citation(tape: Tape) -> dict[str, Any]:
    return {
        "citationId": tape.pick(("doe", "roe2019", "insertion")),
        "citationPrefix": tape.pick(([], words("see"), [wrapped("Emph", words("cf."))])),
        "citationSuffix": tape.pick(([], words("p. 3"), words("pp.\u00a03-4"))),
        "citationHash": tape.below(3),
        "citationMode": {"t": tape.pick(("NormalCitation", "AuthorInText", "SuppressAuthor"))},
        "citationNoteNum": tape.below(3),
    }


_TARGETS = ("a.html", "b.html", "map.svg", "", "#here")
_CODE = ("let x", "", "let y\nlet z", "x")
_FORMULAS = ("x^2", "", "x^3 + 1")
_EMPTY = (
    string(""),
    wrapped("Emph", []),
    span([]),
    span([], ident="here"),
    span([], classes=["source-insertion"]),
    link([], "a.html"),
    {"t": "Quoted", "c": [{"t": "DoubleQuote"}, []]},
    note(),
    note(para()),
    image("map.svg", []),
    {"t": "Cite", "c": [[], []]},
    wrapped("Strong", [wrapped("Emph", [])]),
)

# ---- blocks ----------------------------------------------------------------


def block(tape: Tape, depth: int = 0) -> Block:
    """Return one block of any kind; deep ones are paragraphs."""
    kind = tape.below(24)
    if kind < 7 or depth > 2:
        return para(*inlines(tape, depth))
    match kind:
        case 7:
            return plain(*inlines(tape, depth))
        case 8 | 9:
            level = 1 + tape.below(4)
            return with_attr(header(level, *inlines(tape, depth, 3)), _attribute(tape))
        case 10:
            return {"t": "LineBlock", "c": [inlines(tape, depth, 3) for _ in range(tape.below(4))]}
        case 11 | 12:
            lines = [tape.pick(("fn main() {", "}", "    let x = 1;", "", "# insertion")) for _ in range(tape.below(5))]
            return code_block("\n".join(lines), _attribute(tape))
        case 13:
            return {"t": "RawBlock", "c": [tape.pick(("html", "tex")), tape.pick(("<hr>", "", "<p>\nx y z"))]}
        case 14:
            return {"t": "HorizontalRule"}
        case 15 | 16:
            return bullet_list(_items(tape, depth))
        case 17:
            numbering = {
                "start": 1 + tape.below(3),
                "style": tape.pick(("Decimal", "LowerRoman", "DefaultStyle")),
                "delimiter": tape.pick(("Period", "OneParen", "DefaultDelim")),
            }
            return ordered_list(_items(tape, depth), **numbering)
        case 18:
            entries = [[inlines(tape, depth, 2), _items(tape, depth)] for _ in range(tape.below(3))]
            return definition_list(*entries)
        case 19:
            return quote(*_blocks(tape, depth + 1))
        case 20:
            return {"t": "Div", "c": [_attribute(tape), _blocks(tape, depth + 1)]}
        case 21:
            return _figure(tape, depth)
    return _table(tape, depth)


def _blocks(tape: Tape, depth: int, most: int = 3) -> list[Block]:
    return [block(tape, depth) for _ in range(tape.below(most + 1))]


def _items(tape: Tape, depth: int) -> list[list[Block]]:
    """Return items of a list: tight, loose, with several blocks, empty."""
    make = plain if tape.below(2) else para
    found = []
    for _ in range(tape.below(4)):
        shape = tape.below(8)
        item = [] if shape == 7 else [make(*inlines(tape, depth + 1, 2))]
        found.append([*item, block(tape, depth + 1)] if shape > 4 else item)
    return found


def _figure(tape: Tape, depth: int) -> Block:
    alt = inlines(tape, depth + 2, 2)
    caption = [para(*alt)] if tape.below(4) else _blocks(tape, 2, 2)
    content = [plain(image(tape.pick(_TARGETS), alt))] if tape.below(4) else _blocks(tape, 2, 2)
    return with_attr(figure(caption, content, short=tape.pick((None, None, [], words("short")))), _attribute(tape))


_ALIGNMENTS = ("AlignDefault", "AlignLeft", "AlignRight", "AlignCenter")
_WIDTHS = ({"t": "ColWidthDefault"}, {"t": "ColWidth", "c": 0.25})


def _table(tape: Tape, depth: int) -> Block:
    width = 1 + tape.below(3)
    columns = [[{"t": tape.pick(_ALIGNMENTS)}, tape.pick(_WIDTHS)] for _ in range(width)]
    caption = [tape.pick((None, None, None, [], words("short"))), tape.pick(([], [plain(*words("caption"))]))]
    head = _rows(tape, width, tape.below(3), depth)
    bodies = [
        [_attribute(tape), tape.below(2), _rows(tape, width, int(tape.seldom()), depth), rows]
        for rows in (_rows(tape, width, 1 + tape.below(3), depth) for _ in range(tape.pick((1, 1, 1, 2, 0))))
    ]
    foot = _rows(tape, width, int(tape.seldom()), depth)
    return {"t": "Table", "c": [_attribute(tape), caption, columns, [attr(), head], bodies, [attr(), foot]]}


def _rows(tape: Tape, width: int, number: int, depth: int) -> list:
    """Return rows in which a cell may span two columns or hang into the next row."""
    rows = []
    hanging: set[int] = set()
    for left in range(number, 0, -1):
        cells, taken, column = [], hanging, 0
        hanging = set()
        while column < width:
            if column not in taken:
                shape = tape.below(16)
                wide = 2 if shape == 15 and column + 1 < width and column + 1 not in taken else 1
                tall = 2 if shape == 14 and left > 1 else 1
                hanging |= {column} if tall > 1 else set()
                cells.append([_attribute(tape), {"t": tape.pick(_ALIGNMENTS)}, tall, wide, _cell(tape, depth)])
                column += wide - 1
            column += 1
        rows.append([attr(), cells])
    return rows


def _cell(tape: Tape, depth: int) -> list[Block]:
    shape = tape.below(8)
    if shape == 7:
        return _blocks(tape, depth + 1, 2)
    return [] if shape == 6 else [plain(*(inlines(tape, depth + 1, 1) if shape == 5 else text(tape, 3)))]


# ---- editions --------------------------------------------------------------

_LONG_RUN = os.environ.get("MILLESIME_EXAMPLES")
law = settings(max_examples=int(_LONG_RUN)) if _LONG_RUN else settings()


@st.composite
def chapters(draw, most: int = 3) -> list[ChapterText]:
    """An edition of a few chapters; random, but not distinct in what they say."""
    found = draw(st.lists(_tapes(_BLOCK_BYTES, 5), max_size=most))
    return [
        chapter(*(block(Tape(tape)) for tape in tapes), path=f"{index}.md", title=f"Chapter {index}")
        for index, tapes in enumerate(found)
    ]


@st.composite
def edited_pairs(draw, most: int = 3) -> tuple[list[ChapterText], list[ChapterText]]:
    """An edition and what a few random edits made of it."""
    old = draw(chapters(most=most))
    return old, edit(old, [Tape(tape) for tape in draw(_tapes(_EDIT_BYTES, 6))])


_BLOCK_BYTES, _EDIT_BYTES = 60, 30

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va")


@st.composite
def distinct_chapters(draw, least: int = 1, most: int = 3) -> list[ChapterText]:
    """An edition in which every block says something long that stands nowhere else."""
    numbers = count()
    found = draw(st.lists(st.binary(min_size=8, max_size=8), min_size=least, max_size=most))
    return [
        chapter(*_distinct_blocks(Tape(tape), numbers), path=f"{index}.md", title=f"Chapter {index}")
        for index, tape in enumerate(found)
    ]


def _distinct_blocks(tape: Tape, numbers) -> list[Block]:
    out: list[Block] = []
    for place in range(3 + tape.below(5)):
        out.append(_distinct_block(tape.below(12) if place else 11, numbers))
    return out


def _distinct_block(kind: int, numbers) -> Block:
    def some(number: int = 6) -> list[Inline]:
        return distinct_words(numbers, number)

    match kind:
        case 4:
            return bullet_list([[plain(*some())], [plain(*some())], [plain(*some())]])
        case 5:
            return ordered_list([[para(*some())], [para(*some()), para(*some())]])
        case 6:
            return simple_table([some(2), some(2)], [[some(2), some(2)], [some(2), some(2)], [some(2), some(2)]])
        case 7:
            return quote(para(*some(12)))
        case 8:
            return code_block(text_of(some(14)).replace(" ", "\n"))
        case 9:
            return figure([para(*some(12))], [plain(image("map.svg", some(4)))])
        case 10:
            return definition_list((some(3), [[para(*some(8))], [para(*some(8))]]))
        case 11:
            return header(2, *some(4))
    return para(*some(20), note(para(*some(3))))


def distinct_words(numbers: Iterator[int], many: int) -> list[Inline]:
    """Return so many words, each of which `numbers` has not spelt before."""
    spelt = ("".join(_SYLLABLES[number >> shift & 15] for shift in (0, 4, 8)) for number in islice(numbers, many))
    return words(" ".join(spelt))


def levelled(edition: Sequence[ChapterText], tape: Tape) -> list[ChapterText]:
    """Return the edition with other line breaks, parted strings, NFD, column widths, counters: not an amendment."""
    return [replace(one, blocks=_levelled(one.blocks, tape)) for one in edition]


def _levelled(value: Any, tape: Tape) -> Any:
    if isinstance(value, list):
        out: list = []
        for item in value:
            out += (
                _other_spelling(item, tape) if _kind(item) in ("Str", "Space", "SoftBreak") else [_levelled(item, tape)]
            )
        return out
    if not isinstance(value, dict):
        return value
    if "citationHash" in value:
        value = {**value, "citationHash": tape.below(99), "citationNoteNum": tape.below(99)}
    if _kind(value) == "ColWidthDefault":
        return {"t": "ColWidth", "c": (1 + tape.below(9)) / 10}
    return {key: _levelled(item, tape) for key, item in value.items()}


def _other_spelling(node: Inline, tape: Tape) -> list[Inline]:
    if node["t"] != "Str":
        return tape.pick(([node], [{"t": "SoftBreak"}], [SPACE, SPACE], [{"t": "SoftBreak"}, SPACE]))
    spelt = tape.pick((str, *(partial(unicodedata.normalize, form) for form in ("NFD", "NFC"))))(node["c"])
    cut = tape.below(len(spelt) + 1)
    return [string(spelt[:cut]), string(spelt[cut:])] if 0 < cut < len(spelt) else [string(spelt)]


def _kind(value: Any) -> str:
    return value.get("t", "") if isinstance(value, dict) else ""


# ---- edits -----------------------------------------------------------------


def edit(old: Sequence[ChapterText], tapes: Sequence[Tape]) -> list[ChapterText]:
    """Return the edition after one random edit for each tape."""
    new = list(old)
    for tape in tapes:
        # Copied each time: an edit may have put in a node that stands elsewhere, or in this module.
        new = [replace(one, blocks=json.loads(json.dumps(one.blocks))) for one in new]
        change, finds = tape.pick(EDITS)
        target = finds(new)
        if target:
            change(tape, tape.pick(target))
        else:
            _edit_chapters(tape, new)
    return new


def _runs(edition: list[ChapterText]) -> list[list[Inline]]:
    """Return every list of inlines, the empty ones of paragraphs included."""
    found: list = []
    for one in edition:
        _collect(one.blocks, INLINES, found)
    return found


def _block_lists(edition: list[ChapterText]) -> list[list[Block]]:
    found: list = []
    for one in edition:
        _collect(one.blocks, _BLOCKS, found)
        if not one.blocks:
            found.append(one.blocks)
    return found


def _collect(value: Any, kinds: frozenset[str], found: list) -> None:
    if isinstance(value, list):
        if value and _kind(value[0]) in kinds:
            found.append(value)
        for item in value:
            if isinstance(item, (dict, list)):
                _collect(item, kinds, found)
    elif isinstance(value, dict):
        if kinds is INLINES and value.get("t") in ("Para", "Plain", "Emph") and not value["c"]:
            found.append(value["c"])
        for item in value.values():
            if isinstance(item, (dict, list)):
                _collect(item, kinds, found)


def _nodes(*kinds: str):
    return lambda edition: [node for one in edition for node in walk(one.blocks) if node["t"] in kinds]


def _chapters(edition: list[ChapterText]) -> list[list[ChapterText]]:
    return [edition]


def _edit_words(tape: Tape, run: list[Inline]) -> None:
    at, some = tape.below(len(run) + 1), 1 + tape.below(3)
    match tape.below(6):
        case 0 | 1:
            run[at:at] = [*text(tape, 3), SPACE]
        case 2:
            del run[at : at + some]
        case 3 | 4:
            run[at : at + some] = text(tape, 3)
        case 5:
            run[at:at] = run[at : at + some]


def _swap(tape: Tape, run: list) -> None:
    if run:
        one, other = tape.below(len(run)), tape.below(len(run))
        run[one], run[other] = run[other], run[one]


def _respell(tape: Tape, node: Inline) -> None:
    """Change signs inside a string: quotes, a number, an accent, a comma, a space in the midst of a word."""
    found = node["c"]
    cut = tape.below(len(found) + 1)
    node["c"] = tape.pick(
        (
            found.replace("’", "'"),
            found.replace("'", "’"),
            found.replace("«\u00a0", "“").replace("\u00a0»", "”"),
            found.replace("\u202f", "\u00a0"),
            found.replace("\u00a0", ""),
            found.replace("1", "2"),
            found + ",",
            "(" + found,
            found[:cut] + "s" + found[cut:],
            found[:cut] + "\u0301" + found[cut:],
            found[cut:],
            found.upper(),
        )
    )


def _edit_spaces(tape: Tape, run: list[Inline]) -> None:
    spaces = [place for place, node in enumerate(run) if node["t"] == "Space"]
    if spaces:
        choices = ([string("\u00a0")], [string("\u202f")], [{"t": "LineBreak"}], [], [{"t": "SoftBreak"}])
        place = tape.pick(spaces)
        run[place : place + 1] = tape.pick(choices)


def _format(tape: Tape, run: list[Inline]) -> None:
    """Put formatting, quotes, a link or a span around some inlines."""
    at, some = tape.below(len(run) + 1), 1 + tape.below(4)
    inner = run[at : at + some]
    run[at : at + some] = [
        tape.pick(
            (
                wrapped(tape.pick(_WRAPS), inner),
                {"t": "Quoted", "c": [{"t": "DoubleQuote"}, inner]},
                link(inner, "a.html"),
                span(inner, classes=["box"]),
                note(para(*inner)),
            )
        )
    ]


def _unformat(tape: Tape, run: list[Inline]) -> None:
    places = [place for place, node in enumerate(run) if node["t"] in (*_WRAPS, "Quoted", "Link", "Span")]
    if places:
        place = tape.pick(places)
        content = run[place]["c"]
        run[place : place + 1] = content if run[place]["t"] in _WRAPS else content[1]


def _insert_inline(tape: Tape, run: list[Inline]) -> None:
    at = tape.below(len(run) + 1)
    run[at:at] = inline(tape)


def _retarget(tape: Tape, node: Inline) -> None:
    node["c"][2] = [tape.pick(_TARGETS), tape.pick(("", "title", "t"))]


def _retype(tape: Tape, node: Inline) -> None:
    """Change what a citation cites, a formula, code or raw text says, or which quotes stand around."""
    content = node["c"]
    match node["t"]:
        case "Cite":
            if content[0]:
                content[0][tape.below(len(content[0]))] = _citation(tape)
            if tape.below(2):
                content[1] = words("[@other]")
        case "Quoted":
            content[0] = {"t": tape.pick(("SingleQuote", "DoubleQuote"))}
        case "Math":
            content[:] = [{"t": tape.pick(("InlineMath", "DisplayMath"))}, tape.pick(_FORMULAS)]
        case "CodeBlock" | "RawBlock":
            lines = content[1].split("\n")
            at = tape.below(len(lines) + 1)
            lines[at : at + tape.below(2)] = tape.pick((["y = 2;"], [], ["    let x = 2;", "}"], [""]))
            content[1] = "\n".join(lines)
        case _:
            content[1] = tape.pick(_CODE)


def _edit_attribute(tape: Tape, node) -> None:
    node["c"] = with_attr(node, _attribute(tape))["c"]


def _with_attributes(edition: list[ChapterText]) -> list:
    return [node for one in edition for node in walk(one.blocks) if attr_of(node) is not None]


def _edit_heading(tape: Tape, node: Block) -> None:
    node["c"][0] = 1 + tape.below(6)


def _edit_list(tape: Tape, node: Block) -> None:
    ordered = node["t"] == "OrderedList"
    items = node["c"][1] if ordered else node["c"]
    match tape.below(5):
        case 0:  # loose or tight
            kind = tape.pick(("Plain", "Para"))
            for item in items:
                item[:] = [{"t": kind, "c": one["c"]} if one["t"] in ("Plain", "Para") else one for one in item]
        case 1:
            items.insert(tape.below(len(items) + 1), [plain(*text(tape))])
        case 2 if items:
            items.insert(tape.below(len(items)), items.pop(tape.below(len(items))))
        case 3 if items:
            items.pop(tape.below(len(items)))
        case _ if ordered:
            node["c"][0] = [1 + tape.below(4), {"t": tape.pick(("Decimal", "UpperAlpha"))}, {"t": "Period"}]
        case _:
            node.update(ordered_list(items))


def _edit_entries(tape: Tape, node: Block) -> None:
    """Change a definition list, or the lines of a line block: which entries there are, in which order."""
    entries = node["c"]
    at = tape.below(len(entries) + 1)
    match tape.below(4):
        case 0 if node["t"] == "LineBlock":
            entries.insert(at, text(tape))
        case 0:
            entries.insert(at, [text(tape, 2), [[para(*text(tape))]]])
        case 1:
            entries[at : at + 1] = []
        case 2 if entries:
            entries.insert(at, entries.pop(tape.below(len(entries))))
        case _ if entries and node["t"] == "DefinitionList":
            entries[at - 1][1].insert(0, [para(*text(tape))])


def _edit_figure(tape: Tape, node: Block) -> None:
    _, caption, content = node["c"]
    match tape.below(3):
        case 0:
            caption[0] = tape.pick((None, words("short")))
        case 1:
            caption[1][:1] = [para(*text(tape))]
        case 2:
            content[:1] = [plain(image(tape.pick(_TARGETS), text(tape, 2)))]


def _edit_table(tape: Tape, node: Block) -> None:
    _, caption, columns, head, bodies, foot = node["c"]
    row_lists = [head[1], foot[1], *(rows for body in bodies for rows in body[2:])]
    rows = [row for found in row_lists for row in found]
    cells = [cell for row in rows for cell in row[1]]
    body_rows = bodies[-1][3] if bodies else foot[1]
    at, other = tape.below(len(columns) + 1), tape.below(len(columns) + 1)
    match tape.below(14):
        case 0 | 1:  # a column comes
            columns.insert(at, [{"t": "AlignDefault"}, {"t": "ColWidthDefault"}])
            for row in rows:
                row[1].insert(at, [attr(), {"t": "AlignDefault"}, 1, 1, [plain(*text(tape, 2))]])
        case 2 | 3:  # a column goes
            for found in (columns, *(row[1] for row in rows)):
                del found[at : at + 1]
        case 4:  # a column moves
            for found in (columns, *(row[1] for row in rows)):
                moved = found[at : at + 1]
                del found[at : at + 1]
                found[other:other] = moved
        case 5:
            new = [[attr(), {"t": "AlignDefault"}, 1, 1, [plain(*text(tape, 2))]] for _ in columns]
            body_rows.insert(tape.below(len(body_rows) + 1), [attr(), new])
        case 6:
            found = tape.pick(row_lists)
            place = tape.below(len(found) + 1)
            del found[place : place + 1]
        case 7:
            source, target = tape.pick(row_lists), tape.pick(row_lists)
            if source:
                target.insert(tape.below(len(target) + 1), source.pop(tape.below(len(source))))
        case 8 if cells:
            tape.pick(cells)[4] = _cell(tape, 1)
        case 9 if columns:
            columns[at - 1][0] = {"t": tape.pick(_ALIGNMENTS)}
        case 10 if cells:
            cell = tape.pick(cells)
            cell[0], cell[1] = _attribute(tape), {"t": tape.pick(_ALIGNMENTS)}
        case 11 if cells:
            cell = tape.pick(cells)
            cell[2], cell[3] = 1 + tape.below(2), 1 + tape.below(2)
        case 12:
            caption[:] = [tape.pick((None, words("brief"))), tape.pick(([], [plain(*text(tape))]))]
        case _ if bodies and tape.below(2):
            bodies[-1][1] = tape.below(3)
        case _:
            bodies.append([attr(), 0, [], body_rows[1:]])
            del body_rows[1:]


def _edit_blocks(tape: Tape, blocks: list[Block]) -> None:
    at = tape.below(len(blocks) + 1)
    if tape.below(4) == 0 or at == len(blocks):
        blocks.insert(at, block(tape))
        return
    one = blocks[at]
    is_text = one["t"] in ("Para", "Plain")
    match tape.below(9):
        case 0:
            del blocks[at]
        case 1:
            blocks.insert(tape.below(len(blocks)), blocks.pop(at))
        case 2:
            blocks.insert(at, json.loads(json.dumps(one)))
        case 3:
            blocks[at] = quote(one) if tape.below(2) else div([one], classes=["box"])
        case 4 if one["t"] in ("BlockQuote", "Div"):
            blocks[at : at + 1] = one["c"] if one["t"] == "BlockQuote" else one["c"][1]
        case 4 | 5 if is_text:
            cut = tape.below(len(one["c"]) + 1)
            blocks[at : at + 1] = [{"t": one["t"], "c": one["c"][:cut]}, {"t": one["t"], "c": one["c"][cut:]}]
        case 6 if is_text and at + 1 < len(blocks) and blocks[at + 1]["t"] == one["t"]:
            blocks[at : at + 2] = [{"t": one["t"], "c": one["c"] + [SPACE] + blocks[at + 1]["c"]}]
        case 7 if is_text:
            blocks[at] = tape.pick((header(2, *one["c"]), plain(*one["c"]), para(*one["c"])))
        case _:
            blocks[at] = block(tape)


def _move_blocks(tape: Tape, edition: list[ChapterText]) -> None:
    """Move a block, a few, or a section to another place of the edition."""
    source, target = (tape.pick(edition).blocks, tape.pick(edition).blocks) if edition else ([], [])
    at = tape.below(len(source) + 1)
    stop = at + 1 + tape.below(2)
    if tape.below(2):
        stop = next((place for place in range(at + 1, len(source)) if source[place]["t"] == "Header"), len(source))
    moved = source[at:stop]
    del source[at:stop]
    if moved and tape.seldom():
        runs: list = []
        _collect(moved, INLINES, runs)
        if runs:
            _edit_words(tape, tape.pick(runs))
    place = tape.below(len(target) + 1)
    target[place:place] = moved


def _move_inside(tape: Tape, edition: list[ChapterText]) -> None:
    """Move a block or an item to another list of such: into a quote, a Div, a deeper list, or out of one."""
    if tape.below(2):
        lists = _block_lists(edition)
    else:
        found = _nodes("BulletList", "OrderedList")(edition)
        lists = [node["c"] if node["t"] == "BulletList" else node["c"][1] for node in found]
    if not lists:
        return
    source, target = tape.pick(lists), tape.pick(lists)
    if not source:
        return
    moved = source.pop(tape.below(len(source)))
    if any(target is held for held in _lists_in(moved)):
        source.append(moved)  # it cannot go into itself
    else:
        target.insert(tape.below(len(target) + 1), moved)


def _lists_in(value: Any) -> Iterator[list]:
    if isinstance(value, list):
        yield value
        for item in value:
            yield from _lists_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _lists_in(item)


def _edit_chapters(tape: Tape, edition: list[ChapterText]) -> None:
    at = tape.below(len(edition) + 1)
    if at == len(edition):
        made = [block(tape) for _ in range(tape.below(3))]
        edition.insert(tape.below(len(edition) + 1), chapter(*made, path=_free_path(edition), title="New"))
        return
    one = edition[at]
    match tape.below(7):
        case 0:
            del edition[at]
        case 1:
            edition.insert(tape.below(len(edition)), edition.pop(at))
        case 2:
            edition[at] = replace(one, path=_free_path(edition))
        case 3:
            edition[at] = replace(one, path=_free_path(edition), id="other", title="Other")
        case 4:
            edition[at] = replace(one, title="Retitled")
        case 5:
            cut = tape.below(len(one.blocks) + 1)
            second = chapter(*one.blocks[cut:], path=_free_path(edition), title="Second half")
            edition[at : at + 1] = [replace(one, blocks=one.blocks[:cut]), second]
        case 6 if at + 1 < len(edition):
            edition[at : at + 2] = [replace(one, blocks=one.blocks + edition[at + 1].blocks)]


def _free_path(edition: list[ChapterText]) -> str:
    taken = {one.path for one in edition}
    return next(path for path in (f"{number}.md" for number in count()) if path not in taken)


_BLOCKS = frozenset(
    "Plain Para LineBlock CodeBlock RawBlock BlockQuote OrderedList BulletList DefinitionList Header HorizontalRule"
    " Table Figure Div".split()
)

# What an edit does, and what it finds to do it to; the commoner ones several times.
EDITS = (
    *[(_edit_words, _runs)] * 6,
    (_swap, _runs),
    (_edit_spaces, _runs),
    *[(_format, _runs)] * 2,
    *[(_unformat, _runs)] * 2,
    *[(_insert_inline, _runs)] * 2,
    *[(_respell, _nodes("Str"))] * 2,
    (_retarget, _nodes("Link", "Image")),
    (_retype, _nodes("Cite", "Quoted", "Math", "Code", "RawInline")),
    (_retype, _nodes("CodeBlock", "RawBlock")),
    (_edit_attribute, _with_attributes),
    (_edit_heading, _nodes("Header")),
    *[(_edit_list, _nodes("BulletList", "OrderedList"))] * 2,
    (_edit_entries, _nodes("DefinitionList", "LineBlock")),
    (_edit_figure, _nodes("Figure")),
    *[(_edit_table, _nodes("Table"))] * 3,
    *[(_edit_blocks, _block_lists)] * 4,
    *[(_move_blocks, _chapters)] * 3,
    *[(_move_inside, _chapters)] * 3,
    *[(_edit_chapters, _chapters)] * 3,
)
