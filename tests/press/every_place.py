"""Reports that hold each constructor of pandoc's AST in each place where words can stand, each with a word of its own.

A word is "Q0042Q": nothing else looks like it, no language has a rule for it,
and it is found although a line breaks in it.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pikepdf
from lxml import etree, html

from millesime.markup.ast import (
    SPACE,
    Block,
    Document,
    Inline,
    attr,
    code,
    div,
    header,
    link,
    para,
    plain,
    span,
    string,
)

IMAGE = "chapters/plan.svg"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#246"/></svg>'
BIBLIOGRAPHY = "@book{ostrom, author={Ostrom, Elinor}, title={Governing}, year={1990}}"


@dataclass(slots=True)
class Words:
    """Gives out words, and remembers what each stands for."""

    meanings: dict[str, str] = field(default_factory=dict)

    def new(self, meaning: str) -> str:
        word = f"Q{len(self.meanings):04}Q"
        self.meanings[word] = meaning
        return word


def cite(prefix: list[Inline], suffix: list[Inline], written: list[Inline], *, key: str = "ostrom") -> Inline:
    citation = {
        "citationId": key, "citationPrefix": prefix, "citationSuffix": suffix, "citationMode": {"t": "NormalCitation"},
        "citationNoteNum": 0, "citationHash": 0,
    }  # fmt: skip
    return {"t": "Cite", "c": [[citation], written]}


def note(*blocks: Block) -> Inline:
    return {"t": "Note", "c": list(blocks)}


def image(description: list[Inline], *, target: str = "plan.svg") -> Inline:
    return {"t": "Image", "c": [attr(), description, [target, ""]]}


def raw(kind: str, form: str, text: str) -> Block | Inline:
    return {"t": kind, "c": [form, text]}


def ordered(*items: list[Block]) -> Block:
    return {"t": "OrderedList", "c": [[1, {"t": "Decimal"}, {"t": "Period"}], list(items)]}


def definitions(term: list[Inline], *blocks: Block) -> Block:
    return {"t": "DefinitionList", "c": [[term, [list(blocks)]]]}


def cell(*blocks: Block) -> list:
    return [attr(), {"t": "AlignDefault"}, 1, 1, list(blocks)]


def table(*, caption: list[Block] = (), head: list[Block] = (), heads: list[Block] = (), first: list[Block] = (),
          body: list[Block] = (), foot: list[Block] = ()) -> Block:  # fmt: skip
    """Return a table of two columns, the first of row headers; each argument is one cell."""

    def row(one: list[Block], two: list[Block]) -> list:
        return [attr(), [cell(*one), cell(*two)]]

    label = [plain("intitulé")]
    return {"t": "Table", "c": [
        attr(), [None, list(caption)], [[{"t": "AlignDefault"}, {"t": "ColWidthDefault"}]] * 2,
        [attr(), [row(label, head or label)]],
        [[attr(), 1, [row(label, heads)] if heads else [], [row(first or label, body or label)]]],
        [attr(), [row(label, foot)] if foot else []],
    ]}  # fmt: skip


def figure(caption: list[Block], *blocks: Block) -> Block:
    return {"t": "Figure", "c": [attr(), [None, caption], list(blocks)]}


def _wrapped(name: str) -> Callable[[list[Inline]], Inline]:
    return lambda inner: {"t": name, "c": inner}


# What holds inlines, as an inline.
AROUND: dict[str, Callable[[list[Inline]], Inline]] = {
    **{name: _wrapped(name) for name in (
        "Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps")},
    "single quotes": lambda inner: {"t": "Quoted", "c": [{"t": "SingleQuote"}, inner]},
    "double quotes": lambda inner: {"t": "Quoted", "c": [{"t": "DoubleQuote"}, inner]},
    "citation's prefix": lambda inner: cite(inner, [], [string("[@ostrom]")]),
    "citation's suffix": lambda inner: cite([], [string(","), *inner], [string("[@ostrom]")]),
    "unknown citation": lambda inner: cite([], [], inner, key="personne"),
    "link": lambda inner: link(inner, "https://example.org/"),
    "link to the chapter": lambda inner: link(inner, "#"),
    "link that leads nowhere": lambda inner: link(inner, "#rien"),
    "link to a file": lambda inner: link(inner, "LICENSE"),
    "image's description": lambda inner: image(inner),
    "description of a missing image": lambda inner: image(inner, target="rien.svg"),
    "note": lambda inner: note(para(*inner)),
    "second paragraph of a note": lambda inner: note(para("une"), para(*inner)),
    "note in a note": lambda inner: note(para("une", note(para(*inner)))),
    "span": lambda inner: span(inner, classes=["x"]),
    "span in another language": lambda inner: span(inner, pairs=[("lang", "en")]),
    "insertion": lambda inner: span(inner, classes=["insertion"]),
    "deletion": lambda inner: span(inner, classes=["deletion"]),
}  # fmt: skip

# Constructors without inlines.
LEAVES: dict[str, Callable[[str], Inline]] = {
    "Str": string,
    "Code": code,
    "inline Math": lambda word: {"t": "Math", "c": [{"t": "InlineMath"}, rf"\text{{{word}}}"]},
    "display Math": lambda word: {"t": "Math", "c": [{"t": "DisplayMath"}, rf"x = \text{{{word}}}"]},
    "wrong Math": lambda word: {"t": "Math", "c": [{"t": "InlineMath"}, rf"\nothing{{{word}}}"]},
    "RawInline html, text": lambda word: raw("RawInline", "html", f"<b>{word}</b>"),
    "RawInline html, unknown tag": lambda word: raw("RawInline", "html", f"<widget>{word}</widget>"),
    "RawInline html, script": lambda word: raw("RawInline", "html", f"<script>{word}</script>"),
    "RawInline tex": lambda word: raw("RawInline", "tex", rf"\textsc{{{word}}}"),
    "RawInline latex": lambda word: raw("RawInline", "latex", rf"\textsc{{{word}}}"),
    "RawInline openxml": lambda word: raw("RawInline", "openxml", f"<w:r><w:t>{word}</w:t></w:r>"),
    "RawInline rst": lambda word: raw("RawInline", "rst", f"|{word}|"),
}

# What holds blocks, as a block.
BLOCKS_AROUND: dict[str, Callable[[list[Block]], Block]] = {
    "Div": lambda inner: div(inner, classes=["x"]),
    "recommendation": lambda inner: div(inner, classes=["recommendation"]),
    "controversy": lambda inner: div(inner, classes=["controversy"]),
    "inserted Div": lambda inner: div(inner, classes=["insertion"]),
    "deleted Div": lambda inner: div(inner, classes=["deletion"]),
    "BlockQuote": lambda inner: {"t": "BlockQuote", "c": inner},
    "bullet": lambda inner: {"t": "BulletList", "c": [inner]},
    "second block of a bullet": lambda inner: {"t": "BulletList", "c": [[para("une"), *inner]]},
    "task": lambda inner: {"t": "BulletList", "c": [[plain("☐ tâche"), *inner]]},
    "number": lambda inner: ordered(inner),
    "definition": lambda inner: definitions([string("terme")], *inner),
    "note of blocks": lambda inner: para("appel", note(*inner)),
    "note after a paragraph": lambda inner: para("appel", note(para("une"), *inner)),
    "note in a note, of blocks": lambda inner: para("appel", note(para("une", note(*inner)))),
    "table's caption": lambda inner: table(caption=inner),
    "head of a table": lambda inner: table(head=inner),
    "head of a table's body": lambda inner: table(heads=inner),
    "row's header": lambda inner: table(first=inner),
    "cell": lambda inner: table(body=inner),
    "foot of a table": lambda inner: table(foot=inner),
    "figure": lambda inner: figure([], *inner),
    "figure with a caption": lambda inner: figure([plain("légende")], *inner),
    "figure's caption": lambda inner: figure(inner, plain(image([string("plan")]))),
    "caption of a figure of text": lambda inner: figure(inner, para("texte")),
}  # fmt: skip

# What holds inlines, as a block.
LINES: dict[str, Callable[[list[Inline]], Block]] = {
    "Plain": lambda inner: plain(*inner),
    "Para": lambda inner: para(*inner),
    "heading": lambda inner: header(2, *inner),
    "deep heading": lambda inner: header(6, *inner),
    "line block": lambda inner: {"t": "LineBlock", "c": [[string("une")], inner]},
    "term": lambda inner: definitions(inner, plain("définition")),
    "term without a definition": lambda inner: {"t": "DefinitionList", "c": [[inner, []]]},
    "checked task": lambda inner: {"t": "BulletList", "c": [[plain("☒ ", *inner)]]},
    "alone in a figure": lambda inner: figure([plain(*inner)], plain(image([]))),
}

BLOCK_LEAVES: dict[str, Callable[[str], Block]] = {
    "CodeBlock": lambda word: {"t": "CodeBlock", "c": [attr(), f"a\n{word}"]},
    "RawBlock html": lambda word: raw("RawBlock", "html", f"<p>{word}</p>"),
    "RawBlock html, details": lambda word: raw(
        "RawBlock", "html", f"<details><summary>plus</summary>{word}</details>"),
    "RawBlock html, script": lambda word: raw("RawBlock", "html", f"<script>{word}</script>"),
    "RawBlock html, unknown tag": lambda word: raw("RawBlock", "html", f"<widget>{word}</widget>"),
    "RawBlock html, table": lambda word: raw("RawBlock", "html", f"<table><tr><td>{word}</td></tr></table>"),
    "RawBlock tex": lambda word: raw("RawBlock", "tex", rf"\chapitre{{{word}}}"),
    "RawBlock latex equation": lambda word: raw(
        "RawBlock", "latex", rf"\begin{{equation}}\text{{{word}}}\end{{equation}}"),
    "RawBlock openxml": lambda word: raw("RawBlock", "openxml", f"<w:p><w:r><w:t>{word}</w:t></w:r></w:p>"),
    "RawBlock rst": lambda word: raw("RawBlock", "rst", f".. note:: {word}"),
}  # fmt: skip


def every_inline(words: Words, place: str) -> Iterator[Inline]:
    """Yield each inline, with a word in it."""
    for name, make in LEAVES.items():
        yield make(words.new(f"{name} in {place}"))
    for name, make_around in AROUND.items():
        yield make_around([string(words.new(f"{name} in {place}"))])


def every_block(words: Words, place: str) -> Iterator[Block]:
    """Yield each block, with a word in it."""
    for name, make in BLOCK_LEAVES.items():
        yield make(words.new(f"{name} in {place}"))
    for name, make_line in LINES.items():
        yield make_line([string(words.new(f"{name} in {place}"))])
    for name, make_around in BLOCKS_AROUND.items():
        yield make_around([para(words.new(f"{name} in {place}"))])


def full_places(words: Words) -> Iterator[Document]:
    """Yield a chapter for each place, in which each constructor stands beside all others."""
    for name, line in LINES.items():
        yield chapter(name, line(spaced(every_inline(words, name))))
    for name, around in AROUND.items():
        yield chapter(name, para("m", SPACE, around(spaced(every_inline(words, name))), SPACE, "n"))
    yield chapter("chapter", *every_block(words, "chapter"))
    for name, block in BLOCKS_AROUND.items():
        inlines = para(*spaced(every_inline(words, f"a paragraph in {name}")))
        yield chapter(name, block([inlines, *every_block(words, name)]))
    title = spaced(every_inline(words, "title"))
    yield Document(blocks=[header(1, *title), para("texte")])


def single_places(words: Words) -> Iterator[Document]:
    """Yield a chapter for each place, in which each constructor stands alone in a place of its own."""
    for name, line in LINES.items():
        yield chapter(name, *(line([inline]) for inline in every_inline(words, name)))
    for name, around in AROUND.items():
        yield chapter(name, *(para(around([inline])) for inline in every_inline(words, name)))
    for name, block in BLOCKS_AROUND.items():
        yield chapter(name, *(block([plain(inline)]) for inline in every_inline(words, f"a paragraph in {name}")))
        yield chapter(name, *(block([inner]) for inner in every_block(words, name)))


def one_of_each_place(words: Words) -> Document:
    """Return a chapter that holds each place once, with a word and a note in it."""
    blocks: list[Block] = []
    for name, line in LINES.items():
        blocks.append(line(_word_and_note(words, name)))
    for name, around in AROUND.items():
        blocks.append(para(around(_word_and_note(words, name))))
    for name, block in BLOCKS_AROUND.items():
        leaves = [BLOCK_LEAVES[leaf](words.new(f"{leaf} in {name}")) for leaf in ("CodeBlock", "RawBlock html, table")]
        blocks.append(block([para(*_word_and_note(words, name)), *leaves]))
    return chapter("Essai", *blocks)


def _word_and_note(words: Words, place: str) -> list[Inline]:
    word, noted = words.new(f"word in {place}"), words.new(f"note in {place}")
    return [string(word), note(para(noted)), SPACE, string("suite")]


def chapter(title: str, *blocks: Block) -> Document:
    return Document(blocks=[header(1, title), *blocks])


def spaced(inlines: Iterator[Inline]) -> list[Inline]:
    return [part for inline in inlines for part in (string("a"), inline, SPACE)]


# ---- what comes out -----------------------------------------------------------


def text_of_html(content: bytes) -> str:
    root = html.document_fromstring(content).find("body")
    return root.text_content() + " ".join(root.xpath("//img/@alt"))


def text_of_zip(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = []
    for name, part in parts.items():
        if name.endswith(".xhtml"):
            out.append(text_of_html(part))
        elif name in ("word/document.xml", "word/footnotes.xml"):
            root = etree.fromstring(part)
            out.append("".join(root.itertext("{*}t", "{*}delText")) + " ".join(root.xpath("//@descr")))
    return " ".join(out)


def text_of_pdf(content: bytes) -> str:
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=content, capture_output=True, check=True)
    with pikepdf.open(io.BytesIO(content)) as document:
        said = [str(one.Alt) for one in document.objects if isinstance(one, pikepdf.Dictionary) and "/Alt" in one]
    return done.stdout.decode("utf-8") + " ".join(said)


def words_in(text: str) -> list[str]:
    return re.findall(r"Q\d{4}Q", re.sub(r"[\s\u00ad\u200b\u2060-]", "", text))
