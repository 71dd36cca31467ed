"""Headings, anchors and numbers: the skeleton of a report.

Levels are settled first (the chapter's title is level 1, its sections begin
at 2, none is skipped), then every block gets its anchor, then what readers
cite by number gets one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from millesime.assembly.report import Section
from millesime.assembly.sources import slug, unique_id
from millesime.markup.ast import (
    BLOCKS_WITH_ATTR,
    SPACE,
    WITH_ATTR,
    Attr,
    Block,
    Inline,
    Node,
    attr_of,
    div,
    has_class,
    nodes_of,
    plain,
    rewrite,
    span,
    string,
    text_of,
    with_attr,
)
from millesime.markup.html_tokens import text_of_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an anchor leads to, for the text of references without one."""

    anchor: str
    chapter: str  # its chapter's id
    kind: str  # "chapter", "section", "figure", "table", "recommendation", "controversy", "passage"
    number: str  # "4.2"; "" where unnumbered
    title: tuple[Inline, ...] = ()


@dataclass(slots=True)
class Counters:
    """Numbers that run through the whole report, and the anchors given so far."""

    anchors: set[str] = field(default_factory=set)
    figure: int = 0
    table: int = 0
    recommendation: int = 0
    controversy: int = 0


# ---- levels ----------------------------------------------------------------


def settle_levels(blocks: list[Block]) -> list[Block]:
    """Return blocks whose headings begin at level 2 and never skip a level on the way down.

    Screen readers and PDF/UA take a skipped level for a missing section. Each
    heading stands one level below the nearest heading before it that is
    higher in the source, so that siblings stay siblings: of `###`, `###`, `##`
    all are 2. A heading in a quote, list, table or note is below the section
    that it stands in, and has no part in the levels of the sections.
    """
    headings = nodes_of(blocks, {"Header"})
    if not headings:
        return blocks
    outer = {id(heading) for heading in _section_headings(blocks)}
    sections: list[tuple[int, int]] = []  # headings that are open: level in the source, level in print
    quoted: list[tuple[int, int]] = []  # the same for headings inside other blocks
    settled: list[int] = []
    for heading in headings:
        level = heading["c"][0]
        above = 1
        if id(heading) in outer:
            quoted.clear()
            opened = sections
        else:
            opened = quoted
            above = sections[-1][1] if sections else 1
        while opened and opened[-1][0] >= level:
            opened.pop()
        above = opened[-1][1] if opened else above
        opened.append((level, min(above + 1, 6)))
        settled.append(opened[-1][1])
    remaining = iter(settled)

    def change(node: Node) -> Node:
        return {"t": "Header", "c": [next(remaining), *node["c"][1:]]}

    return rewrite(blocks, change, kinds={"Header"})


def _section_headings(blocks: Sequence[Block]) -> Iterator[Node]:
    """Yield the headings that open sections: those of the chapter itself and of its divs."""
    for block in blocks:
        if block["t"] == "Header":
            yield block
        elif block["t"] == "Div":
            yield from _section_headings(block["c"][1])


# ---- anchors ---------------------------------------------------------------


def source_ids(blocks: list[Block]) -> list[str]:
    """Return the ids that a chapter's own text gives, in document order."""
    return [found[0] for node in nodes_of(blocks, WITH_ATTR) if (found := attr_of(node)) and found[0]]


def shared_ids(chapters: Sequence[tuple[str, list[Block], Sequence[str]]]) -> Counter[str]:
    """Return how many chapters use each id, of chapters as (id, blocks, ids that mean the chapter itself)."""
    shared = Counter(
        ident for _, blocks, aliases in chapters for ident in (*dict.fromkeys(source_ids(blocks)), *aliases)
    )
    shared.update(ident for ident, _, _ in chapters)  # an id that is a chapter's stays the chapter's
    return shared


def set_anchors(
    blocks: list[Block], *, chapter: str, shared: Mapping[str, int], counters: Counters
) -> tuple[list[Block], dict[str, str]]:
    """Return blocks that each have an anchor, and the anchor of each id in the source.

    An id that only this chapter uses (`shared` counts them) is its own
    anchor; others are put behind the chapter's id. Blocks without an id are
    numbered through the chapter, "gouvernance-p12", as a reader would count.
    """
    names: dict[str, str] = {}
    number = 0

    def anchor_for(ident: str) -> str:
        name = slug(ident) or f"{chapter}-x"
        if shared.get(ident, 1) > 1 or name == chapter:
            name = f"{chapter}-{name}"
        name = unique_id(name, counters.anchors)
        counters.anchors.add(name)
        names.setdefault(ident, name)
        return name

    def rename(node: Node) -> Node:
        attributes = attr_of(node)
        if attributes is None or not attributes[0]:
            return node
        return with_attr(node, [anchor_for(attributes[0]), *attributes[1:]])

    def ordinal() -> str:
        nonlocal number
        number += 1
        name = unique_id(f"{chapter}-p{number}", counters.anchors)
        counters.anchors.add(name)
        return name

    def give(block: Block) -> Block:
        kind = block["t"]
        if kind in ("HorizontalRule", "Null", "RawBlock"):
            return block
        if kind == "Div":
            attributes, inner = block["c"]
            if dict(attributes[2]).get("wrapper"):
                return block if attributes[0] else with_attr(block, [ordinal(), *attributes[1:]])
            ident = attributes[0] or ordinal() if attributes[1] else attributes[0]
            return div([give(item) for item in inner], ident=ident, classes=attributes[1], pairs=attributes[2])
        if kind in BLOCKS_WITH_ATTR:
            attributes = attr_of(block)
            if attributes[0]:
                return block
            ident = anchor_for(text_of(block)) if kind == "Header" and slug(text_of(block)) else ordinal()
            return with_attr(block, [ident, *attributes[1:]])
        if kind == "Plain":  # which becomes no element that could bear an id: text between raw tags
            return plain(span(block["c"], ident=ordinal()))
        return div([block], ident=ordinal(), pairs=[("wrapper", "1")])

    renamed = rewrite(blocks, rename, kinds=WITH_ATTR)
    return [give(block) for block in renamed], names


# ---- numbers ---------------------------------------------------------------


def set_numbers(
    blocks: list[Block],
    *,
    chapter: str,
    number: str,
    counters: Counters,
    labels: Mapping[str, str],
    numbered: bool = True,
    depth: int = 3,
) -> tuple[list[Block], tuple[Section, ...], list[Target]]:
    """Return blocks with numbers printed, the tree of sections, and what can be referred to.

    Sections are numbered below the chapter's `number` ("4" gives 4.1, 4.1.1);
    figures, tables, recommendations and controversies through the report.
    Headings of a level above `depth` bear no number (1: chapters alone do).
    """
    at = [0] * 7
    sections: list[tuple[int, str, str, tuple[Inline, ...]]] = []
    targets: list[Target] = []

    def change(node: Node, *, nested: bool) -> Node:
        match node["t"]:
            case "Header":
                return heading(node) if not nested else node
            case "Figure":
                return captioned(node, "figure")
            case "Table":
                return captioned(node, "table")
            case "Div":
                attributes, inner = node["c"]
                if dict(attributes[2]).get("wrapper"):
                    return div(
                        [change(item, nested=True) for item in inner],
                        ident=attributes[0],
                        classes=attributes[1],
                        pairs=attributes[2],
                    )
                opening = box(node)
                inner = [change(item, nested=nested) for item in inner]
                return div([*opening, *inner], ident=attributes[0], classes=attributes[1], pairs=attributes[2])
            case "BlockQuote":
                return {"t": "BlockQuote", "c": [change(item, nested=True) for item in node["c"]]}
            case "BulletList":
                return {"t": "BulletList", "c": [[change(block, nested=True) for block in item] for item in node["c"]]}
            case "OrderedList":
                items = [[change(block, nested=True) for block in item] for item in node["c"][1]]
                return {"t": "OrderedList", "c": [node["c"][0], items]}
        return node

    def heading(node: Node) -> Node:
        level, attributes, inlines = node["c"]
        at[level] += 1
        at[level + 1 :] = [0] * (6 - level)
        own = ""
        if numbered and number and level <= depth and "unnumbered" not in attributes[1]:
            own = ".".join([number, *(str(count) for count in at[2 : level + 1])])
        title = tuple(without_notes(inlines))
        if text_of(list(title)):
            sections.append((level, attributes[0], own, title))
        targets.append(Target(anchor=attributes[0], chapter=chapter, kind="section", number=own, title=title))
        if own:
            inlines = [span([string(own)], classes=["number"]), SPACE, *inlines]
        return {"t": "Header", "c": [level, attributes, inlines]}

    def captioned(node: Node, kind: str) -> Node:
        attributes, (short, caption), *rest = node["c"]
        if not (numbered and caption and text_of(caption)):
            targets.append(Target(anchor=attributes[0], chapter=chapter, kind=kind, number=""))
            return node
        own = _next(counters, kind)
        label = span([string(f"{labels[kind]}\u00a0{own}.")], classes=["number"])
        first, *others = caption
        caption = (
            [{"t": first["t"], "c": [label, SPACE, *first["c"]]}, *others]
            if first["t"] in ("Para", "Plain")
            else [{"t": "Plain", "c": [label]}, first, *others]
        )
        targets.append(Target(anchor=attributes[0], chapter=chapter, kind=kind, number=own))
        return {"t": node["t"], "c": [attributes, [short, caption], *rest]}

    def box(node: Node) -> list[Block]:
        """The numbered line that opens a recommendation or a controversy."""
        for kind in ("recommendation", "controversy"):
            if has_class(node, kind):
                own = _next(counters, kind) if numbered else ""
                targets.append(Target(anchor=node["c"][0][0], chapter=chapter, kind=kind, number=own))
                if own:
                    label = span([string(f"{labels[kind]}\u00a0{own}")], classes=["number"])
                    return [div([{"t": "Para", "c": [label]}], classes=["box-label"])]
        return []

    out = [change(block, nested=False) for block in blocks]
    return out, _tree(sections), targets


def _next(counters: Counters, kind: str) -> str:
    count = getattr(counters, kind) + 1
    setattr(counters, kind, count)
    return str(count)


def _tree(flat: list[tuple[int, str, str, tuple[Inline, ...]]]) -> tuple[Section, ...]:
    """Nest a flat list of (level, anchor, number, title)."""
    out: list[Section] = []
    index = 0
    while index < len(flat):
        level, anchor, number, title = flat[index]
        end = index + 1
        while end < len(flat) and flat[end][0] > level:
            end += 1
        out.append(
            Section(anchor=anchor, number=number, title=title, level=level, sections=_tree(flat[index + 1 : end]))
        )
        index = end
    return tuple(out)


def without_notes(inlines: list[Inline]) -> list[Inline]:
    """Return inlines as a contents list shows them: no notes, no links, no anchors of their own."""

    def change(node: Node) -> Node | list[Node]:
        match node["t"]:
            case "Note":
                return []
            case "RawInline":
                return [string(said)] if (said := text_of_tags(node["c"][1])) else []
            case "Link":
                return node["c"][1]
            case "Span" if not node["c"][1]:
                return []  # an anchor, `<a name="x"></a>`, or what held a note alone: EPUB allows no empty span there
            case "Span" | "Code" | "Image":
                attributes: Attr = node["c"][0]
                return with_attr(node, ["", *attributes[1:]]) if attributes[0] else node
        return node

    return rewrite(inlines, change)


ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def roman(number: int) -> str:
    """Return 1 to 3999 in Roman numerals."""
    out = ""
    for value, letters in ROMAN:
        while number >= value:
            out += letters
            number -= value
    return out
