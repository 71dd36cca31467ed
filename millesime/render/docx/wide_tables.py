"""Tables of a Word document: columns as wide as what they hold, wide tables on pages in landscape.

pandoc gives all columns of a table one width. Here each gets its own, by the
rule that the PDF follows (`columns.py`); a table that needs it stands in a
section of its own, on paper that is turned (ECMA-376 part 1, 17.6).

    paragraph, w:sectPr portrait │ heading, caption, table, w:sectPr landscape │ paragraph
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Self

from lxml import etree

from millesime.render.columns import TIGHT, TIGHTER, Column, lay_out_table

TABLE_SIZES = {TIGHT: ("TableTight", 0.88, 72), TIGHTER: ("TableTighter", 0.77, 45)}
"""For tables with much in them: a table style, the size of its text by that of `Table`, its cells' margins in twips."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_EXTENT = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}extent"
_EMU = 635  # in a twip
_CHAR = 0.5  # of the size of table text: the width of a character, as `columns.py` counts them
_GAP = 3  # characters: the margins of a cell, at `_CELL_MARGINS` and 9 points
_CELL_MARGINS = 216  # twips, left and right together
_SPARE = 0.25  # what fonts that stand in for the theme's may be wider
_NARROW = frozenset("fijlrtI.,:;!|/\\()[]{}'’‘`\"-‐‑\u00a0\u202f ")
_BROAD = frozenset("mwMWŒœÆæ%‰@—…")


def set_tables(
    document: etree._Element, notes: etree._Element, styles: etree._Element, *, joined: Collection[etree._Element]
) -> list[etree._Element]:
    """Set the tables of a document and its notes in place; return the paragraphs that were added to end sections.

    `joined` are paragraphs that are one with the next in the old or the new text: no section begins behind them.
    """
    body = document[0]
    paper = _Paper.of(body, styles)
    turned = [table for table in body.iter(f"{_W}tbl") if _set_columns(table, paper, may_turn=table in body)]
    for table in notes.iter(f"{_W}tbl"):
        _set_columns(table, paper, may_turn=False)
    return _turn_pages(body, turned, paper, joined)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paper:
    """The page, in twips."""

    section: etree._Element
    width: int  # of its text
    turned: int  # the same in landscape; 0 for a page that is so already
    char: float  # width of a character of table text

    @classmethod
    def of(cls, body: etree._Element, styles: etree._Element) -> Self:
        section = body.find(f"{_W}sectPr")
        size, margins = section.find(f"{_W}pgSz"), section.find(f"{_W}pgMar")
        width = _number(size, "w") - _number(margins, "left") - _number(margins, "right")
        height = _number(size, "h") - _number(margins, "top") - _number(margins, "bottom")
        halves = styles.xpath(
            "(w:style[@w:styleId='Table']/w:rPr/w:sz | w:docDefaults/w:rPrDefault/w:rPr/w:sz)[last()]/@w:val",
            namespaces={"w": _W[1:-1]},
        )
        return cls(
            section=section,
            width=width,
            turned=height if height > width else 0,
            char=int(halves[0]) * 10 * _CHAR,
        )


def _number(element: etree._Element, name: str) -> int:
    return int(element.get(f"{_W}{name}", "0"))


# ---- columns ----------------------------------------------------------------


def _set_columns(table: etree._Element, paper: _Paper, *, may_turn: bool) -> bool:
    """Set the width of each column from what it holds; whether the table stands in landscape."""
    rows = [list(_cells(row)) for row in table.findall(f"{_W}tr")]
    columns = [Column() for _ in range(max((at + span for row in rows for at, span, _ in row), default=0))]
    if not columns:
        return False
    for row in rows:
        for at, span, cell in row:
            if span == 1:
                _measure(cell, columns[at], paper)
    indent = table.find(f"{_W}tblPr/{_W}tblInd")
    lost = 0 if indent is None else _number(indent, "w")
    outer = next(table.iterancestors(f"{_W}tc"), None)
    width = paper.width if outer is None else _number(outer.find(f"{_W}tcPr/{_W}tcW"), "w") - _CELL_MARGINS
    width = max(width - lost, paper.width // 10)
    layout = lay_out_table(
        columns,
        rows=len(rows),
        page=round(paper.width / paper.char),
        room=round(width / paper.char),
        turned=(paper.turned - lost) / width if may_turn and paper.turned else None,
        has_picture=next(table.iter(_EXTENT), None) is not None,
        spare=_SPARE,
    )
    if layout.is_turned:
        width = paper.turned - lost
    widths = [round(width * layout.percent / 100 * share) for share in layout.shares]
    _write_widths(table, rows, widths, is_fixed=not layout.has_room)
    if layout.size:
        table.find(f"{_W}tblPr/{_W}tblStyle").set(f"{_W}val", TABLE_SIZES[layout.size][0])
    return layout.is_turned


def _cells(row: etree._Element) -> Iterator[tuple[int, int, etree._Element]]:
    """Yield the cells of a row: the index of the column in which each begins, how many it fills, and itself."""
    at = 0
    for cell in row.findall(f"{_W}tc"):
        spanned = cell.find(f"{_W}tcPr/{_W}gridSpan")
        span = 1 if spanned is None else _number(spanned, "val")
        yield at, span, cell
        at += span


def _measure(cell: etree._Element, column: Column, paper: _Paper) -> None:
    text = " ".join("".join(_texts(line)) for line in cell.iter(f"{_W}p"))
    pictures = [int(extent.get("cx")) / _EMU / paper.char for extent in cell.iter(_EXTENT)]
    picture = max(pictures) + _GAP if pictures else 0
    word = max(map(_chars, text.split(" "))) + _GAP
    column.add(word=max(word, picture), line=max(_chars(text) + _GAP, picture), total=_chars(text))


def _texts(line: etree._Element) -> Iterator[str]:
    for part in line.iter(f"{_W}t", f"{_W}delText", f"{_M}t", f"{_W}br", f"{_W}tab"):
        yield part.text or "" if part.tag.endswith("t") or part.tag.endswith("Text") else " "


def _chars(text: str) -> float:
    """Return the width of a text in characters."""
    return sum(map(_char, text))


def _char(letter: str) -> float:
    if letter in _NARROW:
        return 0.7
    if letter in _BROAD:
        return 1.7
    if letter.isupper():
        return 1.25
    return 2.0 if unicodedata.east_asian_width(letter) in "WF" else 1.0


def _write_widths(
    table: etree._Element, rows: list[list[tuple[int, int, etree._Element]]], widths: list[int], *, is_fixed: bool
) -> None:
    """Write the widths of columns, in twips. Word makes a column wider for a word, unless they are fixed."""
    properties = table.find(f"{_W}tblPr")
    _set_width(properties.find(f"{_W}tblW"), sum(widths))
    for found in properties.findall(f"{_W}tblLayout"):
        properties.remove(found)
    if is_fixed:
        look = properties.find(f"{_W}tblLook")
        look.addprevious(etree.Element(f"{_W}tblLayout", {f"{_W}type": "fixed"}))
    grid = table.find(f"{_W}tblGrid")
    grid[:] = [etree.Element(f"{_W}gridCol", {f"{_W}w": str(width)}) for width in widths]
    for row in rows:
        for at, span, cell in row:
            own = cell.find(f"{_W}tcPr")
            if own is None:
                own = etree.Element(f"{_W}tcPr")
                cell.insert(0, own)
            width = own.find(f"{_W}tcW")
            if width is None:
                width = etree.Element(f"{_W}tcW")
                own.insert(0, width)
            _set_width(width, sum(widths[at : at + span]))


def _set_width(element: etree._Element, width: int) -> None:
    element.set(f"{_W}type", "dxa")
    element.set(f"{_W}w", str(width))


# ---- sections ---------------------------------------------------------------


_BOOKMARKS = frozenset({f"{_W}bookmarkStart", f"{_W}bookmarkEnd"})


@dataclass(slots=True)
class _Turned:
    """Neighbours in the body that stand in landscape: their indices, and the tables among them."""

    start: int
    end: int  # not in it
    tables: list[etree._Element] = field(default_factory=list)


def _turn_pages(
    body: etree._Element, tables: list[etree._Element], paper: _Paper, joined: Collection[etree._Element]
) -> list[etree._Element]:
    """Put tables in sections in landscape, with their captions and headings; return paragraphs that end sections."""
    children = list(body)
    sections: list[_Turned] = []
    for table in tables:
        at = body.index(table)
        start, end = _start(children, at, joined), at + 1
        while children[end].tag == f"{_W}bookmarkEnd":
            end += 1
        if sections and all(map(_is_empty, children[sections[-1].end : start])):
            sections[-1].end = end
            sections[-1].tables.append(table)
        else:
            sections.append(_Turned(start, end, [table]))
    added: list[etree._Element] = []
    for section in sections:
        first = children[section.start]
        before = next(one for one in reversed(children[: section.start]) if one.tag not in _BOOKMARKS)
        behind = next(one for one in children[section.end :] if one.tag not in _BOOKMARKS)
        is_last = all(map(_is_empty, children[section.end : -1]))
        mark = "" if is_last else _mark_of_all(section.tables)
        if _is_page_break(before):
            body.remove(before)
        if _is_page_break(behind):
            body.remove(behind)
        opening = _ending(paper.section, mark)
        if not mark and _end_is_tracked(before):
            # Of a paragraph that goes, LibreOffice gives the paper to the next that stays, if the one between is empty.
            etree.SubElement(etree.SubElement(opening, f"{_W}r"), f"{_W}softHyphen")
        first.addprevious(opening)
        added.append(opening)
        if is_last:
            _turn(paper.section)
        else:
            closing = _ending(paper.section, mark)
            _turn(closing.find(f"{_W}pPr/{_W}sectPr"))
            children[section.end - 1].addnext(closing)
            added.append(closing)
    # The first page of a section has no folio: that is the cover's.
    for section in list(body.iter(f"{_W}sectPr"))[1:]:
        for found in section.findall(f"{_W}titlePg"):
            section.remove(found)
    return added


def _start(children: list[etree._Element], at: int, joined: Collection[etree._Element]) -> int:
    """Return the index of what is the first to stand with a table: its caption, a line that ends in ":", headings."""
    start = at
    is_introduced = False
    while start:
        before = children[start - 1]
        if before.tag == f"{_W}bookmarkStart" or before in joined:
            start -= 1
        elif before.tag != f"{_W}p":
            break
        elif _style(before) == "TableCaption" or _style(before).startswith("Heading"):
            start -= 1
        elif not is_introduced and "".join(_texts(before)).rstrip().endswith(":"):
            is_introduced = True
            start -= 1
        else:
            break
    return start


def _style(line: etree._Element) -> str:
    found = line.find(f"{_W}pPr/{_W}pStyle")
    return "" if found is None else found.get(f"{_W}val")


def _is_empty(element: etree._Element) -> bool:
    """Whether nothing of an element is printed: a bookmark, the paragraph that parts two tables, a page break."""
    return element.tag in _BOOKMARKS or element.tag == f"{_W}p" and (len(element) == 0 or _is_page_break(element))


def _is_page_break(element: etree._Element) -> bool:
    runs = element.findall(f"{_W}r") if element.tag == f"{_W}p" else []
    broken = element.find(f"{_W}r/{_W}br[@{_W}type='page']")
    return broken is not None and len(element) == len(runs) == 1 == len(runs[0])


def _end_is_tracked(element: etree._Element) -> bool:
    return element.find(f"{_W}pPr/{_W}rPr/{_W}ins") is not None or element.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None


def _mark_of_all(tables: list[etree._Element]) -> str:
    """Return "ins" or "del" if all rows of all tables are inserted or deleted: their section comes and goes too."""
    rows = [row for table in tables for row in table.findall(f"{_W}tr")]
    for mark in ("ins", "del"):
        if all(row.find(f"{_W}trPr/{_W}{mark}") is not None for row in rows):
            return mark
    return ""


def _ending(section: etree._Element, mark: str) -> etree._Element:
    """Return a paragraph, as low as can be, that ends a section; with its mark it comes and goes."""
    line = etree.Element(f"{_W}p")
    properties = etree.SubElement(line, f"{_W}pPr")
    spacing = {"before": "0", "after": "0", "line": "20", "lineRule": "exact"}
    etree.SubElement(properties, f"{_W}spacing", {f"{_W}{name}": value for name, value in spacing.items()})
    run = etree.SubElement(properties, f"{_W}rPr")
    if mark:
        etree.SubElement(run, f"{_W}{mark}")
    etree.SubElement(run, f"{_W}sz", {f"{_W}val": "2"})
    properties.append(copy.deepcopy(section))
    return line


def _turn(section: etree._Element) -> None:
    """Turn the paper of a section: margins stay at the sides of the paper at which they were."""
    size, margins = section.find(f"{_W}pgSz"), section.find(f"{_W}pgMar")
    width, height = size.get(f"{_W}w"), size.get(f"{_W}h")
    size.attrib.update({f"{_W}w": height, f"{_W}h": width, f"{_W}orient": "landscape"})
    sides = {"top": "left", "right": "top", "bottom": "right", "left": "bottom"}
    turned = {f"{_W}{side}": margins.get(f"{_W}{upright}") for side, upright in sides.items()}
    margins.attrib.update(turned)
