"""Tracked changes of a Word document: insertions, deletions and moves of text, paragraphs, rows and columns.

pandoc can track words only. So the marks of the AST go through it as
bookmarks, which it sets around anything, and become revision marks
afterwards (ECMA-376 part 1, 17.13.5): `w:ins`, `w:del`, `w:moveFrom` and
`w:moveTo` around runs, in the properties of a paragraph for its end, in those
of a row for the row, `w:cellIns` and `w:cellDel` in those of a cell.

Whoever accepts all changes gets the new text, whoever rejects them the old
one, with no paragraph left over and no two run together.
"""

from __future__ import annotations

import copy
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count, groupby, pairwise

from lxml import etree

from millesime.markup.ast import SPACE, Block, Inline, Node, attr_of, div, para, plain, rewrite, span, walk, with_attr
from millesime.render.docx.reference_document import zipped
from millesime.render.docx.wide_tables import set_tables

NEW_ONLY = frozenset({"insertion", "moved-to"})
OLD_ONLY = frozenset({"deletion", "moved-from"})
_MARKS = NEW_ONLY | OLD_ONLY
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

Sides = tuple[bool, bool]  # whether something is in the old text, and in the new one
_BOTH: Sides = (True, True)
_NEITHER: Sides = (False, False)  # changed where it had moved to


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One mark of the AST."""

    kind: str  # the mark's class
    place: str  # "text"; "row" or "cell" where one of a table bears the mark itself; "end" for that of a paragraph
    move: str | None = None  # the move's id
    scope: str = ""  # the chapter: every annex numbers its moves from 1


# ---- before pandoc: marks become bookmarks -----------------------------------


@dataclass(slots=True)
class Marks:
    """The changes of a report, each under the name of the bookmark that stands for it."""

    prefix: str
    changes: dict[str, Change] = field(default_factory=dict)

    def add(self, attributes: list, *, scope: str, place: str = "text") -> str:
        """Return the name of the bookmark for the mark in an Attr; "" if there is none."""
        kind = next((name for name in attributes[1] if name in _MARKS), None)
        if kind is None:
            return ""
        move = dict(attributes[2]).get("move") if kind.startswith("moved") else None
        name = f"{self.prefix}{len(self.changes)}"
        self.changes[name] = Change(kind=kind, place=place, move=move, scope=scope)
        return name


def new_marks(chapters: Iterable[Sequence[Block]]) -> Marks:
    """Return no changes yet, and a prefix that no id of the report begins with."""
    idents = [found[0] for blocks in chapters for node in walk(list(blocks)) if (found := attr_of(node)) is not None]
    prefix = "change-"
    while any(ident.startswith(prefix) for ident in idents):
        prefix = "x" + prefix
    return Marks(prefix=prefix)


def name_changes(blocks: list[Block], marks: Marks, *, scope: str) -> list[Block]:
    """Return the blocks with a bookmark in the place of each mark, and `marks` with what it stands for."""

    def part(node: Node) -> Node | list[Node]:
        return _parted(node, marks, scope) if node["t"] in ("Para", "Plain") else node

    def change(node: Node) -> Node | list[Node]:
        if node["t"] == "LineBlock":
            return _lines(node["c"], marks)
        if node["t"] == "Table":
            node = _flag_rows(node, marks, scope)
        attributes = attr_of(node)
        name = marks.add(attributes, scope=scope) if attributes else ""
        if not name:
            return node
        ident, classes, pairs = attributes
        kept = [ident, [one for one in classes if one not in _MARKS], [one for one in pairs if one[0] != "move"]]
        if node["t"] == "Span":
            inner = [with_attr(node, kept)] if ident or kept[1] or kept[2] else node["c"][1]
            return span(inner, ident=name)
        if node["t"] in ("Code", "Link", "Image"):
            return span([with_attr(node, kept)], ident=name)
        if node["t"] == "Div" and not ident and not kept[1] and not kept[2]:
            return [_named(block, name) for block in node["c"][1]]
        return _named(with_attr(node, kept), name)

    return rewrite(rewrite(blocks, part), change)


def _parted(text: Block, marks: Marks, scope: str) -> Block | list[Block]:
    """The paragraphs of a text in which readers see a pilcrow: one became two there, or two became one.

    Both stand there in Word, and the end of the first is tracked, with the
    space that parted them where they were one.
    """
    texts: list[list[Inline]] = [[]]
    for inline in text["c"]:
        _, classes, _ = attr_of(inline) or ("", [], [])
        if _PARAGRAPH_END not in classes:
            opens_joined = len(texts) > 1 and not texts[-1] and inline == SPACE
            texts[-1].append(span([SPACE], classes=["insertion"]) if opens_joined else inline)
            continue
        if _SPACED in classes:
            texts[-1].append(span([SPACE], classes=["deletion"]))
        for pilcrow in inline["c"][1]:
            texts[-1].append(span([], ident=marks.add(pilcrow["c"][0], scope=scope, place="end")))
            if "deletion" in pilcrow["c"][0][1]:
                texts.append([])
    return [{"t": text["t"], "c": one} for one in texts] if len(texts) > 1 else {"t": text["t"], "c": texts[0]}


# Classes of the pilcrow, as the redline has them; and where the paragraph that became two had a space.
_PARAGRAPH_END, _SPACED = "paragraph-end", "spaced"


def _named(block: Block, name: str) -> Block:
    """The block in a bookmark: around its words if it has them, since a note or an item begins with a paragraph."""
    match block:
        case {"t": "Para" | "Plain" as kind, "c": [_, *_] as inlines}:
            return {"t": kind, "c": [span(inlines, ident=name)]}
        case {"t": "Header", "c": [level, attributes, [_, *_] as inlines]}:
            return {"t": "Header", "c": [level, attributes, [span(inlines, ident=name)]]}
    return div([block], ident=name)


def _lines(lines: list[list[Inline]], marks: Marks) -> Block:
    """A paragraph of lines: breaks come and go with the lines, as the ends of paragraphs do."""
    ends = _ends([_sides_of(line, marks) for line in lines])
    inlines: list[Inline] = []
    for number, (line, sides) in enumerate(zip(lines, ends, strict=True), start=1):
        inlines += line
        if number < len(lines):
            broken: Inline = {"t": "LineBreak"}
            if sides == _BOTH:
                inlines.append(broken)
            elif any(sides):
                kind = "deletion" if sides[0] else "insertion"
                inlines.append(span([broken], ident=marks.add(["", [kind], []], scope="")))
    return para(*inlines)


def _sides_of(inlines: Sequence[Inline], marks: Marks) -> Sides:
    """In which text a line stands: one that holds nothing but changes comes and goes with them."""
    found = [marks.changes.get(node["c"][0][0]) if node["t"] == "Span" else None for node in inlines]
    if not found or None in found:
        return _BOTH
    return any(one.kind in OLD_ONLY for one in found), any(one.kind in NEW_ONLY for one in found)


def _flag_rows(table: Block, marks: Marks, scope: str) -> Block:
    """Return a table in which a marked row's first cell, and a marked cell, open with an empty bookmark.

    pandoc keeps those.
    """

    def flag(row: list) -> list:
        cells = [opened(cell, marks.add(cell[0], scope=scope, place="cell")) for cell in row[1]]
        if cells and (name := marks.add(row[0], scope=scope, place="row")):
            cells[0] = opened(cells[0], name)
        return [row[0], cells]

    def opened(cell: list, name: str) -> list:
        return [*cell[:4], [plain(span([], ident=name)), *cell[4]]] if name else cell

    *rest, head, bodies, foot = table["c"]
    parts = (
        [head[0], [flag(row) for row in head[1]]],
        [[*body[:2], [flag(row) for row in body[2]], [flag(row) for row in body[3]]] for body in bodies],
    )
    return {"t": "Table", "c": [*rest, *parts, [foot[0], [flag(row) for row in foot[1]]]]}


# ---- after pandoc: bookmarks become revisions ----------------------------------


def track_changes(content: bytes, marks: Marks, *, author: str, date: str) -> bytes:
    """Return pandoc's document with its changes tracked and its tables set; `date` is a day, `2019-07-03`."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    roots = {name: etree.fromstring(files[name]) for name in ("word/document.xml", "word/footnotes.xml")}
    body, notes = roots["word/document.xml"][0], roots["word/footnotes.xml"]
    tracker = _Tracker(marks.changes)
    tracker.blocks(body, [], movable=True)
    for note in notes:
        tracker.blocks(note, list(tracker.notes.get(note.get(f"{_W}id"), [])), movable=False)
    _pair_moves(tracker.passages)
    for paragraph in tracker.paragraphs:
        _track_end(paragraph)
        if paragraph.sides != _BOTH:
            for mark in paragraph.element.iter(*_SIGNED):
                mark.set(_OF_PARAGRAPH, "1")
    joined = {one.element for one in tracker.paragraphs if one.end not in (_BOTH, one.sides)}
    styles = etree.fromstring(files["word/styles.xml"])
    for line in set_tables(roots["word/document.xml"], notes, styles, joined=joined):
        for mark in line.iter(*_SIGNED):
            mark.set(_OF_PARAGRAPH, "1")
    taken = [int(mark.get(f"{_W}id")) for root in roots.values() for mark in root.iter(f"{_W}bookmarkStart")]
    numbers = count(max(taken, default=0) + 1)
    for name, root in roots.items():
        _sign(root, numbers, author=author, date=date)
        files[name] = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return zipped(files)


@dataclass(slots=True)
class _Paragraph:
    """A paragraph of the document, and where it stands."""

    element: etree._Element
    sides: Sides
    move: tuple | None  # (id, kind, chapter) of the move that it is wholly in
    wrappers: list[tuple[etree._Element, bool]] = field(default_factory=list)  # and whether they are the move's own
    ends_in: Sides = _BOTH  # where it is one paragraph with the next, its end is in the other text alone
    end: Sides = _BOTH
    moved_end: bool = False


@dataclass(slots=True)
class _Tracker:
    changes: dict[str, Change]
    open: dict[str, Change] = field(default_factory=dict)  # bookmarks that stand for changes, by their id
    notes: dict[str, list[Change]] = field(default_factory=dict)  # what a note's number is in
    paragraphs: list[_Paragraph] = field(default_factory=list)
    passages: list[list[_Paragraph]] = field(default_factory=list)  # neighbours of one move
    ended: Change | None = None  # the change of its end that was met in a paragraph

    def blocks(self, container: etree._Element, stack: list[Change], *, movable: bool) -> None:
        """Track the paragraphs and tables of the body, a cell or a note. A table parts paragraphs that meet it."""
        neighbours: list[_Paragraph] = []
        for child in list(container):
            if self.bookmark(child, stack):
                continue
            if child.tag == f"{_W}p":
                neighbours.append(self.paragraph(child, stack, movable=movable))
            elif child.tag == f"{_W}tbl" and _sides(stack) == _NEITHER:
                container.remove(child)
            elif child.tag in (f"{_W}tbl", f"{_W}sdt"):
                self.close(neighbours, last=False)
                neighbours = []
                if child.tag == f"{_W}tbl":
                    self.table(child, stack)
                else:
                    self.blocks(child.find(f"{_W}sdtContent"), stack, movable=False)
        self.close(neighbours, last=True)

    def bookmark(self, element: etree._Element, stack: list[Change]) -> bool:
        """Take a bookmark that stands for a change out of the document and on to the stack, or off it."""
        ident = element.get(f"{_W}id")
        if element.tag == f"{_W}bookmarkStart" and element.get(f"{_W}name") in self.changes:
            self.open[ident] = self.changes[element.get(f"{_W}name")]
            stack.append(self.open[ident])
            if self.open[ident].place == "end":
                self.ended = self.open[ident]
        elif element.tag == f"{_W}bookmarkEnd" and ident in self.open:
            stack.remove(self.open.pop(ident))
        else:
            return False
        element.getparent().remove(element)
        return True

    def paragraph(self, element: etree._Element, stack: list[Change], *, movable: bool) -> _Paragraph:
        contents: list[tuple[etree._Element, list[Change]]] = []
        around = list(stack)
        self.ended = None
        self.contents(element, stack, contents)
        sides = [_sides(changes) for _, changes in contents] or [_sides(around)]
        moves = {_move(changes) for _, changes in contents} or {_move(around)}
        found = _Paragraph(
            element,
            sides=(any(old for old, _ in sides), any(new for _, new in sides)),
            move=moves.pop() if movable and len(moves) == 1 else None,
            ends_in=_BOTH if self.ended is None else _sides([self.ended]),
        )
        for runs, sides, own in _neighbours(contents):
            if sides != _BOTH:
                found.wrappers.append((_wrap(runs, sides), own))
        return found

    def contents(self, element: etree._Element, stack: list[Change], found: list) -> None:
        """Collect what is to be read in a paragraph, with the changes it is in."""
        number = False
        for child in list(element):
            if self.bookmark(child, stack) or child.tag in _NO_CONTENT:
                continue
            if child.tag in _INNER:
                self.contents(child, stack, found)
                continue
            # The number that opens a note, and the space behind it, are the note's and not its paragraph's.
            number, opened = child.find(f"{_W}footnoteRef") is not None, number
            if number or (opened and "".join(child.itertext()) == " "):
                continue
            for reference in child.iter(f"{_W}footnoteReference"):
                self.notes[reference.get(f"{_W}id")] = list(stack)
            found.append((child, list(stack)))

    def table(self, element: etree._Element, stack: list[Change]) -> None:
        """Track rows and cells. What is in neither text goes: it is struck out where the table had been."""
        for row in element.findall(f"{_W}tr"):
            cells = row.findall(f"{_W}tc")
            flags = [self.flags(cell) for cell in cells]
            around = stack + [one for found in flags for one in found if one.place == "row"]
            if _sides(around) == _NEITHER:
                element.remove(row)  # LibreOffice cannot remove a row twice
                continue
            _track_part(row, "trPr", _TAGS[_sides(around)])
            for cell, found in zip(cells, flags, strict=True):
                own = [one for one in found if one.place == "cell"]
                if _sides(around + own) == _NEITHER:
                    row.remove(cell)
                    continue
                if own and _sides(around) == _BOTH:
                    _track_part(cell, "tcPr", ["cellIns" if own[0].kind in NEW_ONLY else "cellDel"])
                self.blocks(cell, around + own, movable=False)
            if row.find(f"{_W}tc") is None:
                element.remove(row)
        if element.find(f"{_W}tr") is None:
            element.getparent().remove(element)

    def flags(self, cell: etree._Element) -> list[Change]:
        """Take the empty bookmarks that open a cell out of it, and their paragraphs."""
        found: list[Change] = []
        for line in cell.findall(f"{_W}p"):
            flagged = [
                one
                for mark in line.findall(f"{_W}bookmarkStart")
                if (one := self.changes.get(mark.get(f"{_W}name"))) is not None and one.place in ("row", "cell")
            ]
            if not flagged:
                break
            found += flagged
            if len(cell.findall(f"{_W}p")) > 1 or cell.find(f"{_W}tbl") is not None:
                cell.remove(line)
            else:
                for mark in line.findall(f"{_W}bookmarkStart") + line.findall(f"{_W}bookmarkEnd"):
                    line.remove(mark)
        return found

    def close(self, neighbours: list[_Paragraph], *, last: bool) -> None:
        """Settle the ends of neighbouring paragraphs: `last` if nothing follows them in the body, cell or note."""
        if not neighbours:
            return
        neighbours = _without_lost(neighbours)
        neighbours[-1].ends_in = _BOTH
        for one, after in pairwise(neighbours):
            after.sides = tuple(after.sides[side] or (one.sides[side] and not one.ends_in[side]) for side in (0, 1))
        sides = [one.sides for one in neighbours]
        # In front of a table an end can go, but with all of its paragraph only.
        shared = last or all(any(one[side] for one in sides) for side in (0, 1))
        for one, end in zip(neighbours, _ends(sides) if shared else sides, strict=True):
            one.end = (end[0] and one.ends_in[0], end[1] and one.ends_in[1])
        _settle_styles(neighbours, shared=shared)
        neighbours = _without_lost_ends(neighbours)
        self.paragraphs += neighbours
        for move, group in groupby(neighbours, key=lambda one: one.move):
            if move is not None:
                self.passages.append(list(group))


_NO_CONTENT = frozenset({f"{_W}pPr", f"{_W}bookmarkStart", f"{_W}bookmarkEnd", f"{_W}proofErr"})
_INNER = frozenset({f"{_W}hyperlink", f"{_W}smartTag", f"{_W}fldSimple"})  # hold runs, and cannot stand in `w:ins`
_TAGS: dict[Sides, list[str]] = {
    _BOTH: [],
    (False, True): ["ins"],
    (True, False): ["del"],
    _NEITHER: ["ins", "del"],
}


def _sides(changes: Sequence[Change]) -> Sides:
    return not any(one.kind in NEW_ONLY for one in changes), not any(one.kind in OLD_ONLY for one in changes)


def _move(changes: Sequence[Change]) -> tuple | None:
    return next(((one.move, one.kind, one.scope) for one in changes if one.move), None)


def _neighbours(contents: Iterable[tuple]) -> list[tuple[list[etree._Element], Sides, bool]]:
    """Return runs that follow one another and share a fate, with it, and whether it is to move.

    A bookmark between them stays where it is.
    """
    groups: list[tuple[list, Sides, bool]] = []
    for run, changes in contents:
        sides = _sides(changes)
        moves = sides == _NEITHER or bool(changes and changes[-1].move)
        if groups and groups[-1][1:] == (sides, moves) and groups[-1][0][-1] is run.getprevious():
            groups[-1][0].append(run)
        else:
            groups.append(([run], sides, moves))
    return groups


def _wrap(runs: list[etree._Element], sides: Sides) -> etree._Element:
    """Put neighbouring runs into what marks them; return the outermost of it."""
    outer, *rest = _marks(_TAGS[sides])
    runs[0].addprevious(outer)
    outer.extend(rest)
    (rest or [outer])[-1].extend(runs)
    return outer


def _marks(tags: Sequence[str]) -> list[etree._Element]:
    """Return a mark for each tag. The second of two has an author of its own, or LibreOffice takes them for one."""
    second = {_BY_ANOTHER: "1"} if len(tags) > 1 else {}
    return [etree.Element(f"{_W}{tag}", second if tag == "del" else {}) for tag in tags]


_BY_ANOTHER = "by-another"  # stands in for the author, until there is one
_OF_PARAGRAPH = "of-paragraph"  # so does this for the time


def _ends(sides: Sequence[Sides]) -> list[Sides]:
    """Return in which text the end of each paragraph stays; the last one's always does.

    A paragraph that goes takes its end with it. The end of a cell or a note
    cannot go: where its last paragraph does, the one that is then the last
    gives up its own end instead.
    """
    ends = [list(one) for one in sides]
    for side in (0, 1):
        here = [place for place, one in enumerate(sides) if one[side]]
        if here:
            ends[here[-1]][side] = False
        ends[-1][side] = True
    return [(old, new) for old, new in ends]


def _settle_styles(neighbours: Sequence[_Paragraph], *, shared: bool) -> None:
    """Let ends have the style of the text that they end, which may be another in the old and the new one.

    A paragraph that goes on over several ends, in one text, has its first
    part's style there; one that opens an item there, in the place of another,
    has the item's number. The last end is that of the last paragraph that
    either text has, if it is `shared`.
    """
    styles: list[tuple[etree._Element, etree._Element] | None] = []
    for place, one in enumerate(neighbours):
        found = []
        for side in (0, 1):
            first = place
            if shared and place == len(neighbours) - 1:
                first = next((at for at in reversed(range(len(neighbours))) if neighbours[at].sides[side]), place)
            if neighbours[first].sides[side]:
                while first and not neighbours[first - 1].ends_in[side]:
                    first -= 1
                first = _item_start(neighbours, first, side)
            found.append(neighbours[first].element)
        styles.append(tuple(map(_style, found)) if found != [one.element] * 2 else None)
    for one, found in zip(neighbours, styles, strict=True):
        if found is not None:
            _set_style(one.element, *found)


def _item_start(neighbours: Sequence[_Paragraph], place: int, side: int) -> int:
    """Return the paragraph whose number a paragraph has in one text: its own, but where what opened its item is gone.

    pandoc gives the paragraphs of an item that follow its first a list without numbers, of the same level.
    """
    level, is_numbered = _number(neighbours[place].element)
    if level is None or is_numbered:
        return place
    for before in reversed(range(place)):
        other, is_numbered = _number(neighbours[before].element)
        if other is None or other < level or neighbours[before].sides[side]:
            return place
        if other == level and is_numbered:
            return before
    return place


_UNNUMBERED = "1000"  # pandoc's list for paragraphs in items that have no number of their own


def _number(line: etree._Element) -> tuple[int | None, bool]:
    """Return the level at which a paragraph stands in a list, None for one in no list, and whether it has a number."""
    found = line.find(f"{_W}pPr/{_W}numPr")
    if found is None:
        return None, False
    level, ident = (found.find(f"{_W}{name}").get(f"{_W}val") for name in ("ilvl", "numId"))
    return int(level), ident != _UNNUMBERED


def _set_style(line: etree._Element, old: etree._Element, new: etree._Element) -> None:
    if etree.tostring(old, method="c14n") != etree.tostring(new, method="c14n"):
        etree.SubElement(new, f"{_W}pPrChange").append(old)
    line.remove(_properties(line, "pPr"))
    line.insert(0, new)


def _without_lost(neighbours: Sequence[_Paragraph]) -> list[_Paragraph]:
    """Join paragraphs that are in neither text to their neighbours: LibreOffice cannot remove an end twice."""
    kept: list[_Paragraph] = []
    for one in neighbours:
        if kept and _NEITHER in (one.sides, kept[-1].sides):
            stays = kept[-1] if one.sides == _NEITHER else one
            kept[-1] = _joined(kept[-1], one, stays=stays)
        else:
            kept.append(one)
    return kept


def _without_lost_ends(neighbours: Sequence[_Paragraph]) -> list[_Paragraph]:
    """Join paragraphs that no end parts in either text: the last old one of a cell, and the last new one."""
    kept: list[_Paragraph] = []
    for one in neighbours:
        if kept and kept[-1].end == _NEITHER:
            kept[-1] = _joined(kept[-1], one, stays=one, on_lines=False)
        else:
            kept.append(one)
    return kept


def _joined(before: _Paragraph, after: _Paragraph, *, stays: _Paragraph, on_lines: bool = True) -> _Paragraph:
    """One paragraph of two, with a line break that is in neither text; `stays` gives its style and end."""
    broken = []
    if on_lines:
        line = etree.SubElement(before.element, f"{_W}r")
        etree.SubElement(line, f"{_W}br")
        broken = [(_wrap([line], _NEITHER), True)]
    style, gone = _properties(stays.element, "pPr"), after if stays is before else before
    parts = [part for part in gone.element if part.tag != f"{_W}pPr"]
    if stays is before:
        stays.element.extend(parts)
    else:
        for part in reversed(parts):
            style.addnext(part)
    gone.element.getparent().remove(gone.element)
    return _Paragraph(
        stays.element,
        sides=(before.sides[0] or after.sides[0], before.sides[1] or after.sides[1]),
        move=before.move if before.move == after.move else None,
        wrappers=[*before.wrappers, *broken, *after.wrappers],
        ends_in=stays.ends_in,
        end=stays.end,
    )


def _style(line: etree._Element) -> etree._Element:
    found = line.find(f"{_W}pPr")
    return etree.Element(f"{_W}pPr") if found is None else copy.deepcopy(found)


# ---- moves -----------------------------------------------------------------------


def _pair_moves(passages: Sequence[list[_Paragraph]]) -> None:
    """Turn passages that left one place and stand in another into moves; the rest stay insertions and deletions.

    A table parts a move into several, in the same order on both sides.
    """
    pairs: list[tuple[list[_Paragraph], list[_Paragraph]]] = []
    sides: dict[tuple, tuple[list, list]] = {}
    for passage in passages:
        move, kind, scope = passage[0].move
        sides.setdefault((move, scope), ([], []))[kind == "moved-to"].append(passage)
    across: dict[str, tuple[list, list]] = {}  # from one chapter to another
    for (move, _), (old, new) in sides.items():
        if len(old) == len(new):
            pairs += zip(old, new, strict=True)
        else:
            across.setdefault(move, ([], []))[0].extend(old)
            across[move][1].extend(new)
    pairs += [pair for old, new in across.values() if len(old) == len(new) for pair in zip(old, new, strict=True)]
    for number, (old, new) in enumerate(pairs, start=1):
        _show_move(old, "moveFrom", f"move{number}")
        _show_move(new, "moveTo", f"move{number}")


def _show_move(passage: list[_Paragraph], tag: str, name: str) -> None:
    for one in passage:
        one.moved_end = one.end == one.sides and any(own for _, own in one.wrappers)
        for wrapper, own in one.wrappers:
            if own:
                wrapper.tag = f"{_W}{tag}"
    first, last = passage[0].element, passage[-1]
    start = etree.Element(f"{_W}{tag}RangeStart", {f"{_W}name": name})
    properties = first.find(f"{_W}pPr")
    first.insert(0 if properties is None else 1, start)
    end = etree.Element(f"{_W}{tag}RangeEnd", {_OPENED_BY: name})
    if last.end == last.sides:
        last.element.addnext(end)
    else:
        last.element.append(end)


_OPENED_BY = "opened-by"  # stands in for the id, until there is one


# ---- properties --------------------------------------------------------------------


def _track_end(paragraph: _Paragraph) -> None:
    """Mark the end of a paragraph, in the first place of the properties of its run (17.3.1.29)."""
    tags = _TAGS[paragraph.end]
    if not tags:
        return
    if paragraph.moved_end and paragraph.move:
        moved = "moveTo" if paragraph.move[1] == "moved-to" else "moveFrom"
        tags = [*tags[1:], moved]  # in this order: w:del, w:moveTo
    properties = _properties(paragraph.element, "pPr")
    run = properties.find(f"{_W}rPr")
    if run is None:
        run = etree.Element(f"{_W}rPr")
        after = next((one for one in properties if one.tag in (f"{_W}sectPr", f"{_W}pPrChange")), None)
        if after is None:
            properties.append(run)
        else:
            after.addprevious(run)
    for place, mark in enumerate(_marks(tags)):
        run.insert(place, mark)


def _track_part(part: etree._Element, name: str, tags: Sequence[str]) -> None:
    """Mark a row or a cell, in the last place of its properties (17.4.81, 17.4.70)."""
    if tags:
        _properties(part, name).extend(_marks(tags))


def _properties(part: etree._Element, name: str) -> etree._Element:
    found = part.find(f"{_W}{name}")
    if found is None:
        found = etree.Element(f"{_W}{name}")
        # A row may open with exceptions to the table's properties (17.4.61).
        part.insert(1 if len(part) and part[0].tag == f"{_W}tblPrEx" else 0, found)
    return found


def _sign(root: etree._Element, numbers: Iterator[int], *, author: str, date: str) -> None:
    """Number the changes, in reading order, and say whose they are; struck text is `w:delText`.

    Whole paragraphs come ten minutes after words: LibreOffice takes words at the
    end of a paragraph and the paragraph behind it, of nearly one time, for one
    insertion, and would refuse the end between them too.
    """
    opened: dict[str, str] = {}
    for element in root.iter(*_SIGNED):
        if key := element.attrib.pop(_OPENED_BY, None):
            element.attrib.pop(_OF_PARAGRAPH, None)
            element.set(f"{_W}id", opened[element.tag[: -len("End")] + key])
            continue
        minute = "10" if element.attrib.pop(_OF_PARAGRAPH, None) else "00"
        values = {
            f"{_W}id": str(next(numbers)),
            f"{_W}author": f"{author} (2)" if element.attrib.pop(_BY_ANOTHER, None) else author,
            f"{_W}date": f"{date}T12:{minute}:00Z",
            **element.attrib,
        }
        element.attrib.clear()
        element.attrib.update(values)
        if name := element.get(f"{_W}name"):
            opened[element.tag[: -len("Start")] + name] = element.get(f"{_W}id")
    for text in root.xpath("//w:del//w:t", namespaces={"w": _W[1:-1]}):
        text.tag = f"{_W}delText"


_SIGNED = [
    f"{_W}{name}"
    for name in (
        "ins del moveFrom moveTo moveFromRangeStart moveFromRangeEnd moveToRangeStart moveToRangeEnd "
        "cellIns cellDel pPrChange"
    ).split()
]
