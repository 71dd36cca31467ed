"""Convert raw HTML in a document to blocks and inlines of pandoc's AST, for every reader.

Readers leave HTML as raw nodes: pandoc's Markdown one for each tag, with the
text between two tags read as Markdown, CommonMark's one for many lines. Word
cannot print raw HTML and a comparison sees nothing in it. Here tables, lists,
quotes, figures, details and paragraphs become nodes; tags inside paragraphs
(`<kbd>`) stay raw inlines of one tag each.

    RawBlock "<ul><li>", Plain a, RawBlock "</li></ul>"  →  BulletList [[Plain a]]

No word is lost. A tag that is not closed in the list of blocks in which it was
opened holds what follows in its own raw node, and nothing after. Tags that no
page of text knows and comments stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

from millesime.markup.ast import SPACE, Block, Inline, Node, attr, div, nodes_of, rewrite, span, string, text_of
from millesime.markup.html_tables import MAX_SPAN, Cell, Row, Section, make_table
from millesime.markup.html_tokens import BLOCK_TAGS, KNOWN_TAGS, Token, html_tokens
from millesime.markup.item_numbers import number_mark
from millesime.markup.source_names import source_classes

_VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})
_LISTS = frozenset({"ul", "ol"})
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_CELLS = frozenset({"td", "th"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TABLE_PARTS = _SECTIONS | _CELLS | {"caption", "colgroup", "col", "tr"}
_DIVISIONS = frozenset("address article aside center details div footer header hgroup main nav section summary".split())
# Elements in which a node of the AST holds others; deeper ones are opened, and their content stays.
_CONTAINERS = _DIVISIONS | _LISTS | {"blockquote", "dl", "figure", "table"}
_MAX_DEPTH = 15
_MAX_REOPENED = 8  # tags of a line that go on in the next block
_MAX_MISNESTED = 50  # unclosed tags among which a closing one looks for its own
_MAX_OPEN = 12  # tags of a line that are open at once; further ones are left out

# Which open elements an opening tag closes, and which of those above it may stand between them.
_ENDS = {
    "li": ({"li"}, {"p", "div", "address", "center"}),
    "dt": ({"dt", "dd"}, {"p", "div", "address", "center"}),
    "dd": ({"dt", "dd"}, {"p", "div", "address", "center"}),
    **dict.fromkeys(_HEADINGS, (_HEADINGS, frozenset())),
}
_HTML = ("html", "html4", "html5")
# Inline tags that authors put around blocks too: an author's own, which says nothing of editions.
_STRIKES = frozenset({"del", "s", "strike"})
_FORMATS = _STRIKES | {"ins", "u"}
STRUCK, UNDERLINED = "struck", "underlined"  # classes of a Div around code, which has no inlines to stand in a tag


def read_raw_html(blocks: list[Block]) -> list[Block]:
    """Return blocks in which HTML between and around paragraphs is read; what holds none is shared with the input."""
    raw = nodes_of(blocks, {"RawBlock", "RawInline"})
    if not any(_is_html(node) and _known_tags(node["c"][1]) for node in raw):
        return blocks
    return _within(rewrite(blocks, _split_inline, kinds={"RawInline"}))


def _is_html(node: Node) -> bool:
    return node["t"] in ("RawBlock", "RawInline") and node["c"][0] in _HTML


def _known_tags(html: str) -> bool:
    """Whether a tag of a page of text seems to stand in HTML: the quick look before the exact one."""
    return _KNOWN_TAG.search(html) is not None


_KNOWN_TAG = re.compile(rf"</?(?:{'|'.join(sorted(KNOWN_TAGS))})(?=[\s/>])", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(BLOCK_TAGS))})(?=[\s/>])", re.IGNORECASE)


def _split_inline(node: Inline) -> Inline | list[Inline]:
    """Return a raw inline as one node for each tag, and words for its text."""
    if not _is_html(node):
        return node
    tokens = html_tokens(node["c"][1])
    if len(tokens) == 1 or not any(token.tag in KNOWN_TAGS for token in tokens):
        return node
    out: list[Inline] = []
    for token in tokens:
        if token.kind == "text":
            out += _spaced(token.text)
        elif token.kind != "comment":
            out.append(_raw(token.source))
    return out


def _within(value: Any) -> Any:
    """Read the lists of blocks under a value, inner ones first."""
    if isinstance(value, dict):
        if "t" not in value:
            return {key: _within(item) for key, item in value.items()}
        content = value.get("c")
        if not isinstance(content, list):
            return value
        inner = _within(content)
        return value if inner is content else {"t": value["t"], "c": inner}
    if isinstance(value, list) and value and not isinstance(value[0], str):
        inner = [_within(item) if isinstance(item, (dict, list)) else item for item in value]
        read = inner
        if isinstance(inner[0], dict):
            edges = _format_edges(inner)
            if edges or any(map(_has_blocks, inner)):
                read = _read(inner, edges)
        same = len(read) == len(value) and all(one is other for one, other in zip(read, value, strict=True))
        return value if same else read
    return value


def _has_blocks(node: Any) -> bool:
    """Whether a block is raw HTML to be read, or a paragraph with tags in it that part paragraphs."""
    if not isinstance(node, dict) or "t" not in node:
        return False
    if node["t"] == "RawBlock":
        return _is_html(node) and _known_tags(node["c"][1])
    return node["t"] in ("Para", "Plain") and any(_parts(inline) for inline in node["c"])


def _parts(inline: Inline) -> bool:
    return (
        _is_html(inline)
        and _BLOCK_TAG.search(inline["c"][1]) is not None
        and any(token.tag in BLOCK_TAGS and token.kind != "foreign" for token in html_tokens(inline["c"][1]))
    )


def _format_edges(blocks: list[Block]) -> set[tuple[int, int]]:
    """Return which tags that strike or underline blocks stand at the edge of a paragraph: indices of block and inline.

    Markdown has `<u>` in a paragraph of its own or in the one behind it, and `</u>` in one or behind the last.
    """
    found: set[tuple[int, int]] = set()
    opened: list[tuple[str, tuple[int, int] | None]] = []  # tag; where it stands, if in a paragraph
    for index, block in enumerate(blocks):
        if not isinstance(block, dict) or "t" not in block:  # not a list of blocks
            return set()
        if block["t"] == "RawBlock" and _is_html(block):
            tags = [(token.kind, token.tag, None) for token in html_tokens(block["c"][1])]
        elif block["t"] in ("Para", "Plain"):
            tags = [(kind, tag, (index, at)) for kind, tag, at in _edge_tags(block["c"])]
        else:
            continue
        for kind, tag, place in tags:
            if tag not in _FORMATS:
                continue
            if kind == "open":
                opened.append((tag, place))
                continue
            at = next((at for at in reversed(range(len(opened))[-_MAX_MISNESTED:]) if opened[at][0] == tag), None)
            if at is not None:
                found |= {one for one in (opened[at][1], place) if one is not None}
                del opened[at]
    return found


def _edge_tags(inlines: list[Inline]) -> list[tuple[str, str, int]]:
    """Return (kind, tag, index) of the opening tags at a paragraph's beginning and the closing tags at its end.

    A tag that is both opened and closed in the paragraph is left out.
    """
    pending: list[tuple[str, str, int]] = []
    for at, inline in enumerate(inlines):
        tokens = html_tokens(inline["c"][1]) if _is_html(inline) else []
        if len(tokens) != 1 or tokens[0].kind not in ("open", "close"):
            continue
        kind, tag = tokens[0].kind, tokens[0].tag
        if kind == "close" and pending and pending[-1][:2] == ("open", tag):
            pending.pop()
        else:
            pending.append((kind, tag, at))

    def is_edge(kind: str, at: int) -> bool:
        beyond = inlines[:at] if kind == "open" else inlines[at + 1 :]
        return len(beyond) < _MAX_OPEN and all(one["t"] in ("Space", "SoftBreak", "RawInline") for one in beyond)

    return [(kind, tag, at) for kind, tag, at in pending if is_edge(kind, at)]


def _read(blocks: list[Block], edges: Collection[tuple[int, int]]) -> list[Block]:
    reader = _Reader(edges)
    for index, block in enumerate(blocks):
        reader.take(block, index)
    root = reader.finish()
    return _flow(root, paragraphs=True)


# ---- a tree of elements -----------------------------------------------------


@dataclass(slots=True, eq=False)
class _Tag:
    """An opening or closing tag inside a line."""

    token: Token
    is_closed: bool = False  # of an opening one: whether its closing tag was found
    source: int = 0


@dataclass(slots=True)
class _Run:
    """Inlines that a reader has already read; `is_whole`: they are a paragraph of their own."""

    inlines: list[Inline]
    kind: str = "Plain"
    is_whole: bool = True
    source: int = 0


@dataclass(slots=True)
class _Leaf:
    """A block that a reader has already read."""

    block: Block
    source: int = 0


@dataclass(slots=True)
class _Element:
    """A block element with what stands in it, in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Any] = field(default_factory=list)
    source: int = 0  # index of the block in which it was opened
    unclosed: list[_Tag] = field(default_factory=list)


class _Reader:
    """Builds the tree of one list of blocks; a simpler form of HTML's tree construction.

    https://html.spec.whatwg.org/multipage/parsing.html#tree-construction
    """

    def __init__(self, edges: Collection[tuple[int, int]] = ()) -> None:
        self.edges = edges
        self.root = _Element("")
        self.open = [self.root]
        self.index = 0

    def take(self, block: Block, index: int) -> None:
        """Add one block of the list."""
        self.index = index
        if block["t"] == "RawBlock" and _is_html(block):
            tokens = html_tokens(block["c"][1])
            if all(token.kind in ("foreign", "comment") or not token.source.strip() for token in tokens):
                self._add(_Leaf(block, index))
                return
            for token in tokens:
                self._token(token)
        elif block["t"] in ("Para", "Plain"):
            self._paragraph(block)
        else:
            self._add(_Leaf(block, index))

    def finish(self) -> _Element:
        """Return the root; what was never closed holds what stands in its own block of the source alone."""
        while len(self.open) > 1:
            element = self.open.pop()
            mine = [child for child in element.children if child.source == element.source]
            self.open[-1].children += [child for child in element.children if child.source != element.source]
            element.children = mine
        return self.root

    def _add(self, child: Any) -> None:
        self.open[-1].children.append(child)

    def _paragraph(self, block: Block) -> None:
        """Add a paragraph between the tags at its edges that strike or underline more than it."""
        at_edges = {at for at in range(len(block["c"])) if (self.index, at) in self.edges} if self.edges else set()
        tags = [html_tokens(block["c"][at]["c"][1])[0] for at in sorted(at_edges)]
        inlines = [inline for at, inline in enumerate(block["c"]) if at not in at_edges]
        for tag in tags:
            if tag.kind == "open":
                self._token(tag)
        if not tags:
            self._line(block)
        elif inlines := _trimmed(inlines):
            self._line({"t": block["t"], "c": inlines})
        for tag in tags:
            if tag.kind == "close":
                self._token(tag)

    def _line(self, block: Block) -> None:
        """Add a paragraph; tags in it that part paragraphs do so."""
        if not any(_parts(inline) for inline in block["c"]):
            self._add(_Run(block["c"], block["t"], source=self.index))
            return
        held: list[Inline] = []
        for inline in [*block["c"], None]:
            if inline is not None and not _is_html(inline):
                held.append(inline)
                continue
            if held:
                self._add(_Run(held, is_whole=False, source=self.index))
                held = []
            if inline is not None:
                for token in html_tokens(inline["c"][1]):
                    self._token(token)

    def _token(self, token: Token) -> None:
        if token.kind == "text":
            self._add(_Run(_spaced(token.text), is_whole=False, source=self.index))
            if self.open[-1].tag == "pre":
                self.open[-1].children[-1] = _Run([string(token.text)], is_whole=False, source=self.index)
        elif token.kind == "foreign":
            self._add(_Run([_raw(token.source)], is_whole=False, source=self.index))
        elif token.kind == "open" and token.tag in BLOCK_TAGS:
            self._start(token)
        elif token.kind == "close" and token.tag in BLOCK_TAGS:
            self._end(token.tag)
        elif token.kind != "comment":
            self._inline_tag(token)

    def _inline_tag(self, token: Token) -> None:
        tag = _Tag(token, source=self.index)
        self._add(tag)
        if token.kind == "open":
            if token.tag not in _VOID:
                self.open[-1].unclosed.append(tag)
            return
        for element in reversed(self.open):
            for place in range(len(element.unclosed) - 1, max(-1, len(element.unclosed) - _MAX_MISNESTED), -1):
                if element.unclosed[place].token.tag == token.tag:
                    element.unclosed.pop(place).is_closed = True
                    return
            if element.tag in _CELLS or element.tag == "caption":
                return

    def _start(self, token: Token) -> None:
        tag = token.tag
        if self.open[-1].tag == "p":
            self.open.pop()
        if tag in _TABLE_PARTS:
            if not self._make_room(tag):
                return
        elif tag in _ENDS:
            closes, between = _ENDS[tag]
            for depth in range(len(self.open) - 1, 0, -1):
                if self.open[depth].tag in closes:
                    del self.open[depth:]
                    break
                if self.open[depth].tag not in between:
                    break
        if tag in _CONTAINERS and sum(element.tag in _CONTAINERS for element in self.open) >= _MAX_DEPTH:
            return
        element = _Element(tag, token.attributes, source=self.index)
        self._add(element)
        if tag not in _VOID:
            self.open.append(element)

    def _make_room(self, tag: str) -> bool:
        """Close what a part of a table cannot stand in, and open what it stands in; False outside tables."""
        depth = self._innermost("table")
        if depth is None:
            return False
        while len(self.open) > depth + 1:
            top = self.open[-1].tag
            if tag in _CELLS and top == "tr" or tag in _CELLS | {"tr"} and top in _SECTIONS:
                break
            self.open.pop()
        if tag in _CELLS and self.open[-1].tag != "tr":
            row = _Element("tr", source=self.index)
            self._add(row)
            self.open.append(row)
        return True

    def _innermost(self, tag: str) -> int | None:
        return next((depth for depth in range(len(self.open) - 1, 0, -1) if self.open[depth].tag == tag), None)

    def _end(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            found = self.open[depth].tag
            if found == tag or tag in _HEADINGS and found in _HEADINGS:
                del self.open[depth:]
                return
            if found == "table" or found in _CELLS | {"caption"} and tag not in _TABLE_PARTS | {"table"}:
                return


# ---- elements as blocks -----------------------------------------------------


def _flow(element: _Element, *, paragraphs: bool, reopened: Sequence[_Tag] = ()) -> list[Block]:
    """Return the blocks of an element. `paragraphs`: a line of its text is a Para, not a Plain.

    `reopened` are tags of a line outside that go on in each line inside.
    """
    blocks: list[Block] = []
    line: list[Any] = []
    going = list(reopened)

    def end_line() -> None:
        nonlocal going
        inlines, going = _line(line, going)
        line.clear()
        if inlines:
            kind = "Para" if paragraphs and not _is_bare(inlines) else "Plain"
            blocks.append({"t": kind, "c": inlines})

    for child in _grouped(element.children):
        if isinstance(child, _Tag) or isinstance(child, _Run) and not child.is_whole:
            line.append(child)
            continue
        end_line()
        if isinstance(child, _Run):
            blocks.append({"t": child.kind, "c": [*_openings(going), *child.inlines, *_closings(going)]})
            continue
        formats = {tag.token.tag: tag for tag in going if tag.token.tag in _FORMATS}
        if isinstance(child, _Leaf):
            built = [child.block]
        else:
            rest = [tag for tag in going if tag.token.tag not in _FORMATS]
            built = _BUILDERS.get(child.tag, _division)(child, rest)
        for tag in formats.values():
            built = [_formatted(block, tag) for block in built]
        blocks += built
    end_line()
    return _parted(blocks)


def _formatted(block: Block, tag: _Tag) -> Block:
    """Return a block whose texts, but not their notes, stand in a tag that strikes or underlines; code in a Div."""
    around = (_openings([tag]), _closings([tag]))

    def line(inlines: list[Inline]) -> list[Inline]:
        return [*around[0], *inlines, *around[1]] if not _is_bare(inlines) else inlines

    def within(value: Any) -> Any:
        if isinstance(value, list):
            return [within(item) if isinstance(item, (dict, list)) else item for item in value]
        match value:
            case {"t": "Para" | "Plain" as kind, "c": inlines}:
                return {"t": kind, "c": line(inlines)}
            case {"t": "Header", "c": [level, attributes, inlines]}:
                return {"t": "Header", "c": [level, attributes, line(inlines)]}
            case {"t": "LineBlock", "c": lines}:
                return {"t": "LineBlock", "c": [line(inlines) for inlines in lines]}
            case {"t": "DefinitionList", "c": items}:
                return {"t": "DefinitionList", "c": [[line(term), within(definitions)] for term, definitions in items]}
            case {"t": "CodeBlock"}:
                return div([value], classes=[STRUCK if tag.token.tag in _STRIKES else UNDERLINED])
            case {"t": "Figure" | "Table" as kind, "c": [attributes, [short, caption], *rest]}:
                return {"t": kind, "c": [attributes, [short, within(caption)], *within(rest)]}
            case {"t": kind, "c": list(content)} if kind != "RawBlock":
                return {"t": kind, "c": within(content)}
        return value

    return within(block)


def _grouped(children: list[Any]) -> Iterator[Any]:
    """Yield children with neighbouring items that stand in no list in one, and terms and definitions too."""
    group: _Element | None = None
    for child in children:
        kind = _LIST_OF.get(child.tag) if isinstance(child, _Element) else None
        if group is not None and (kind == group.tag or _is_blank(child)):
            group.children.append(child)
            continue
        if group is not None:
            yield group
            group = None
        if kind is None:
            yield child
        else:
            group = _Element(kind, children=[child], source=child.source)
    if group is not None:
        yield group


_LIST_OF = {"li": "ul", "dt": "dl", "dd": "dl"}


def _is_blank(child: Any) -> bool:
    return isinstance(child, _Run) and not child.is_whole and all(node["t"] == "Space" for node in child.inlines)


def _parted(blocks: list[Block]) -> list[Block]:
    """Two lines that follow each other are paragraphs: as Plain they would run on."""

    def is_line(block: Block) -> bool:
        return block["t"] == "Plain" and not _is_bare(block["c"])

    if not any(is_line(one) and is_line(other) for one, other in pairwise(blocks)):
        return blocks
    return [{"t": "Para", "c": block["c"]} if is_line(block) else block for block in blocks]


# ---- lines ------------------------------------------------------------------


def _line(parts: Sequence[_Tag | _Run], going: list[_Tag]) -> tuple[list[Inline], list[_Tag]]:
    """Return the inlines of a line, in which each tag is closed, and the tags that go on after it.

    `going` are tags that were opened before. A tag that is closed nowhere ends
    with its line.
    """
    out = _openings(going)
    own = list(going)
    for part in parts:
        if isinstance(part, _Run):
            out += part.inlines
        elif part.token.kind == "open" and part.token.tag in _VOID:
            out.append(_raw(part.token.source))
        elif part.token.kind == "open":
            if len(own) < _MAX_OPEN:
                out.append(_raw(part.token.source))
                own.append(part)
        elif part.token.tag == "br":
            out.append(_raw("<br>"))
        else:
            at = next((at for at in range(len(own) - 1, -1, -1) if own[at].token.tag == part.token.tag), None)
            if at is not None:
                del own[at]
                out.append(_raw(part.token.source))
    out += _closings(own)
    after = [tag for tag in own if tag.is_closed][-_MAX_REOPENED:]
    has_address = any(isinstance(part, _Tag) and _identifier(part.token.attributes) for part in parts)
    return (_trimmed(out) if has_address or not _is_bare(out) else []), after


def _openings(tags: Sequence[_Tag]) -> list[Inline]:
    """Return tags again for a further line, without their ids."""
    out = []
    for tag in tags:
        kept = "".join(
            f' {name}="{escape(value)}"'
            for name, value in tag.token.attributes.items()
            if name in ("class", "href", "lang", "dir", "title")
        )
        out.append(_raw(f"<{tag.token.tag}{kept}>"))
    return out


def _closings(tags: Sequence[_Tag]) -> list[Inline]:
    return [_raw(f"</{tag.token.tag}>") for tag in reversed(tags)]


def _raw(source: str) -> Inline:
    return {"t": "RawInline", "c": ["html", source]}


def _is_tag(node: Inline) -> bool:
    return node["t"] == "RawInline" and not _shows(node)


def _shows(node: Inline) -> bool:
    """Whether a raw inline is a picture, or foreign to pages of text and thus shown as it is."""
    return any(token.tag in ("img", "source") or token.kind == "foreign" for token in html_tokens(node["c"][1]))


def _is_bare(inlines: Sequence[Inline]) -> bool:
    return all(node["t"] in ("Space", "SoftBreak", "LineBreak") or _is_tag(node) for node in inlines)


def _spaced(text: str) -> list[Inline]:
    """Return text as words, white space at its ends kept as one space each."""
    out: list[Inline] = []
    for index, word in enumerate(_WHITE.split(text)):
        out += [SPACE] if index else []
        out += [string(word)] if word else []
    return out


_WHITE = re.compile(r"[ \t\n\f\r]+")


def _trimmed(inlines: list[Inline]) -> list[Inline]:
    """Drop spaces that HTML does not show: at both ends of a line, and behind another, whatever tags are between."""
    out: list[Inline] = []
    after_space = True
    for node in inlines:
        is_space = node["t"] in ("Space", "SoftBreak")
        if is_space and after_space:
            continue
        if not _is_tag(node):
            after_space = is_space or node["t"] == "LineBreak"
        out.append(node)
    place = len(out) - 1
    while place >= 0 and _is_tag(out[place]):
        place -= 1
    if place >= 0 and out[place]["t"] in ("Space", "SoftBreak"):
        del out[place]
    return out


# ---- kinds of elements ------------------------------------------------------


def _division(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    return _named(element, _flow(element, paragraphs=True, reopened=going))


def _named(element: _Element, blocks: list[Block], *classes: str) -> list[Block]:
    """Return blocks in a Div that bears the element's attributes, if it has any that mean something."""
    ident, own, pairs = _attributes(element)
    named = [*classes, *(name for name in own if name not in classes)]
    asks_for_page = any(name == "style" for name, _ in pairs) or _BREAK_CLASS.search(" ".join(named))
    if not ident and not asks_for_page and not (blocks and (named or pairs)):
        return blocks
    return [div(blocks, ident=ident, classes=named, pairs=pairs)]


def _attributes(element: _Element) -> list:
    found = element.attributes
    classes = source_classes(found.get("class", ""))
    if alignment := _alignment(element):
        classes.append(f"align-{alignment}")
    pairs = [(name, found[name]) for name in ("lang", "dir", "title") if found.get(name)]
    if breaks := _BREAK_STYLE.findall(found.get("style", "")):
        pairs.append(("style", "; ".join(breaks)))
    return attr(_identifier(found), classes, pairs)


# What asks for a new page: of a style nothing else is kept.
_BREAK_STYLE = re.compile(r"(?:page-)?break-(?:before|after)\s*:\s*[a-z]+", re.IGNORECASE)
_BREAK_CLASS = re.compile(r"\b(?:page-?break|new-?page|clearpage)\b", re.IGNORECASE)


def _identifier(attributes: Mapping[str, str]) -> str:
    return attributes.get("id") or attributes.get("name") or ""


def _alignment(element: _Element) -> str:
    if element.tag == "center":
        return "center"
    found = _ALIGNED.search(element.attributes.get("style", ""))
    said = (found[1] if found else element.attributes.get("align", "")).strip().lower()
    return said if said in ("left", "right", "center", "justify") else ""


_ALIGNED = re.compile(r"text-align\s*:\s*([a-zA-Z]+)")


def _quote(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    blocks = _flow(element, paragraphs=True, reopened=going)
    return _named(element, [{"t": "BlockQuote", "c": blocks}] if blocks else [])


def _details(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    """Return a Div `details`, its summary in a Div `summary` at the head."""
    heads = [child for child in element.children if isinstance(child, _Element) and child.tag == "summary"][:1]
    rest = _Element("div", children=[child for child in element.children if child not in heads])
    summary = [_flow(head, paragraphs=False, reopened=going) for head in heads]
    opening = [div(blocks, classes=["summary"]) for blocks in summary if blocks]
    return _named(element, [*opening, *_flow(rest, paragraphs=True, reopened=going)], "details")


def _heading(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    inlines, rest = _one_line(_flow(element, paragraphs=False, reopened=going))
    if not inlines:
        return _named(element, rest)
    return [{"t": "Header", "c": [int(element.tag[1]), _attributes(element), inlines]}, *rest]


def _one_line(blocks: list[Block]) -> tuple[list[Inline], list[Block]]:
    """Return the lines of blocks as one, parted by breaks, and the blocks that are none."""
    lines = [block["c"] for block in blocks if block["t"] in ("Para", "Plain")]
    inlines = [inline for index, line in enumerate(lines) for inline in ([{"t": "LineBreak"}] if index else []) + line]
    return inlines, [block for block in blocks if block["t"] not in ("Para", "Plain")]


def _verbatim(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    """Return preformatted text as a CodeBlock; of blocks that Markdown made inside it, the text."""
    parts: list[str] = []
    rest: list[Block] = []
    for child in element.children:
        match child:
            case _Run():
                parts += [_characters(node) for node in child.inlines]
            case _Tag() if child.token.tag == "br":
                parts.append("\n")
            case _Tag() if child.token.tag == "img" and child.token.kind == "open":
                rest.append({"t": "Para", "c": [_raw(child.token.source)]})
            case _Leaf():
                rest.append(child.block)
            case _Element():
                rest += _flow(_Element("", children=[child]), paragraphs=True)
    text = "".join(parts).strip("\n")
    if not text:
        return _named(element, rest)
    return [{"t": "CodeBlock", "c": [_attributes(element), text]}, *rest]


def _characters(node: Inline) -> str:
    match node["t"]:
        case "Space":
            return " "
        case "SoftBreak" | "LineBreak":
            return "\n"
        case "Str":
            return node["c"]
        case "RawInline":
            return node["c"][1]
    return text_of(node)


def _rule(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    return _named(element, [{"t": "HorizontalRule"}])


def _list(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    """Return a list; a list that stands between items belongs to the item before it, other strays are items."""
    items: list[list[Block]] = []
    own_numbers: dict[int, int] = {}  # by the index of an item
    for child in _items(element):
        if child.tag == "li":
            if (value := _whole(child.attributes.get("value", ""))) is not None:
                own_numbers[len(items)] = value
            items.append(_named(child, _flow(child, paragraphs=False, reopened=going)))
            continue
        blocks = _flow(child, paragraphs=False, reopened=going)
        if items and blocks and blocks[0]["t"] in ("BulletList", "OrderedList"):
            items[-1] = [*items[-1], *blocks]
        elif blocks:
            items.append(blocks)
    if not items:
        return _named(element, [])
    if element.tag == "ul":
        return _named(element, [{"t": "BulletList", "c": items}])
    is_reversed = "reversed" in element.attributes
    number = start = _whole(element.attributes.get("start", ""))
    if start is None:
        number = start = len(items) if is_reversed else 1
    for index, item in enumerate(items):
        own = own_numbers.get(index, number)
        if own != number:
            items[index] = [number_mark(own), *item]
        number = own + (-1 if is_reversed else 1)
    style = {"t": _NUMERALS.get(element.attributes.get("type", ""), "DefaultStyle")}
    if is_reversed:
        style["reversed"] = True
    return _named(element, [{"t": "OrderedList", "c": [[start, style, {"t": "DefaultDelim"}], items]}])


def _whole(text: str) -> int | None:
    """Return the number of a list or an item."""
    return int(text) if re.fullmatch(r"\s*-?\d{1,6}\s*", text) else None


_NUMERALS = {"1": "Decimal", "a": "LowerAlpha", "A": "UpperAlpha", "i": "LowerRoman", "I": "UpperRoman"}


def _items(element: _Element, tags: Collection[str] = ("li",)) -> Iterator[_Element]:
    """Yield the children of these tags; what stands between two is an element without a tag."""
    stray = _Element("")
    for child in element.children:
        if isinstance(child, _Element) and child.tag in tags:
            if stray.children:
                yield stray
                stray = _Element("")
            yield child
        else:
            stray.children.append(child)
    if stray.children:
        yield stray


def _definitions(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    """Return a list of definitions; what stands before its first term goes before it."""
    before: list[Block] = []
    items: list[list] = []  # [inlines of the term, definitions]
    parts = [part for child in element.children for part in _opened(child)]
    for child in _items(_Element("dl", children=parts), ("dt", "dd")):
        blocks = _flow(child, paragraphs=False, reopened=going)
        if child.tag == "dt":
            term, rest = _one_line(blocks)
            ident, classes, pairs = _attributes(child)
            if ident or classes or pairs:
                term = [span(term, ident=ident, classes=classes, pairs=pairs)]
            items.append([term, [rest] if rest else []])
        elif child.tag == "dd":
            items += [] if items else [[[], []]]
            items[-1][1].append(_named(child, blocks))
        elif not items:
            before += blocks
        elif items[-1][1]:
            items[-1][1][-1] = [*items[-1][1][-1], *blocks]
        elif blocks:
            items[-1][1].append(blocks)
    return _named(element, [*before, *([{"t": "DefinitionList", "c": items}] if items else [])])


def _opened(child: Any) -> list[Any]:
    """Return a child of a list of definitions; a `div` around terms is its content."""
    return child.children if isinstance(child, _Element) and child.tag == "div" else [child]


def _figure(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    is_caption = [isinstance(child, _Element) and child.tag == "figcaption" for child in element.children]
    parts = list(zip(element.children, is_caption, strict=True))
    body = _flow(_Element("", children=[child for child, caption in parts if not caption]), paragraphs=False)
    captions = [_flow(child, paragraphs=False, reopened=going) for child, caption in parts if caption]
    caption = _parted([block for blocks in captions for block in blocks])
    if not body:
        return _named(element, caption)
    return [{"t": "Figure", "c": [_attributes(element), [None, caption], body]}]


# ---- tables -----------------------------------------------------------------


def _table(element: _Element, going: Sequence[_Tag]) -> list[Block]:
    """Return a table, behind what stands in it outside its cells."""
    caption: list[Block] = []
    strays = _Element("")
    sections: list[Section] = []
    for child in element.children:
        if not isinstance(child, _Element):
            strays.children.append(child)
        elif child.tag == "caption":
            caption += _named(child, _flow(child, paragraphs=False))
        elif child.tag in _SECTIONS:
            sections.append(Section(child.tag, _attributes(child), _rows(child, strays)))
        elif child.tag == "tr":
            if not sections or sections[-1].tag:
                sections.append(Section("", attr(), []))
            sections[-1].rows.append(_row(child, strays))
        else:
            strays.children += [child] if child.tag not in ("colgroup", "col") else child.children
    table = make_table(_attributes(element), _parted(caption), sections)
    return [*_flow(strays, paragraphs=True, reopened=going), *table]


def _rows(section: _Element, strays: _Element) -> list[Row]:
    rows = []
    for child in section.children:
        if isinstance(child, _Element) and child.tag == "tr":
            rows.append(_row(child, strays))
        else:
            strays.children.append(child)
    return rows


def _row(element: _Element, strays: _Element) -> Row:
    cells = []
    for child in element.children:
        if isinstance(child, _Element) and child.tag in _CELLS:
            cells.append(_cell(child))
        else:
            strays.children.append(child)
    return Row(_attributes(element), cells)


def _cell(element: _Element) -> Cell:
    ident, classes, pairs = _attributes(element)
    return Cell(
        attributes=attr(ident, [name for name in classes if not name.startswith("align-")], pairs),
        alignment=_CELL_ALIGNMENTS.get(_alignment(element), "AlignDefault"),
        rows=_number(element.attributes.get("rowspan", "1")),
        columns=_number(element.attributes.get("colspan", "1")),
        is_head=element.tag == "th",
        blocks=_flow(element, paragraphs=False),
    )


_CELL_ALIGNMENTS = {"left": "AlignLeft", "right": "AlignRight", "center": "AlignCenter"}


def _number(text: str) -> int:
    """Return a span, 0 for "to the end of the section"."""
    found = re.match(r"\s*(\d{1,9})", text)
    return min(int(found[1]), MAX_SPAN) if found else 1


_BUILDERS = {
    **dict.fromkeys(_HEADINGS, _heading),
    "blockquote": _quote,
    "details": _details,
    "dl": _definitions,
    "figure": _figure,
    "hr": _rule,
    "ol": _list,
    "pre": _verbatim,
    "table": _table,
    "ul": _list,
}
