"""Build a table of the AST from rows of HTML cells; every row fills every column.

Writers of pandoc's cut off what stands beyond the last column and fill what is
missing: a table is made regular here, where nothing is cut. Columns and spans
follow https://html.spec.whatwg.org/multipage/tables.html#forming-a-table
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from millesime.markup.ast import Attr, Block, attr, div

MAX_SPAN = 1000  # of columns and rows, as browsers take it
_MAX_COLUMNS = 1000
_MAX_CELLS = 250_000  # of a table with its empty cells
HEAD_CELL = "head-cell"  # class of a head that is neither in a row of heads nor in a column of heads


@dataclass(slots=True)
class Cell:
    """A cell as its source has it."""

    attributes: Attr
    alignment: str
    rows: int  # 0: to the end of its section
    columns: int
    is_head: bool
    blocks: list[Block]


@dataclass(slots=True)
class Row:
    """A row as its source has it."""

    attributes: Attr
    cells: list[Cell]


@dataclass(slots=True)
class Section:
    """A head, body or foot; `tag` is "" for rows that stand in none."""

    tag: str
    attributes: Attr
    rows: list[Row]


@dataclass(slots=True)
class _Placed:
    """A cell in its columns; `start` and `end` are indices of columns, `end` is not in it."""

    cell: Cell
    start: int
    end: int
    rows: int


@dataclass(slots=True)
class _Built:
    """A row of the AST; which of its cells are heads, by index, and in which column each begins."""

    row: list
    heads: frozenset[int]
    columns: list[int]


def make_table(attributes: Attr, caption: list[Block], sections: Sequence[Section]) -> list[Block]:
    """Return a table, or what its cells hold where it would have too many cells to be one.

    The head is that of the source, or else the first rows that hold heads
    alone. `attributes` are the table's, `caption` its blocks.
    """
    sections = _with_head([section for section in sections if section.rows])
    if not sections:
        return [*caption]
    rows = sum(len(section.rows) for section in sections)
    grids: list[list[list[_Placed]]] = []
    for section in sections:
        grid = _placed(section.rows)
        if grid is None:
            return _opened(attributes, caption, sections)
        grids.append(grid)
    starts = sorted({placed.start for grid in grids for row in grid for placed in row})
    width = max(1, len(starts))
    if width * rows > _MAX_CELLS:
        return _opened(attributes, caption, sections)
    # A column in which no cell begins is one that only spans made.
    column = {start: index for index, start in enumerate(starts)}
    built = [_built(section, grid, starts, column) for section, grid in zip(sections, grids, strict=True)]
    heads, bodies, feet = (
        [(section, made) for section, made in zip(sections, built, strict=True) if section.tag in tags]
        for tags in (("thead",), ("", "tbody"), ("tfoot",))
    )
    return [{
        "t": "Table",
        "c": [
            attributes,
            [None, caption],
            [[{"t": "AlignDefault"}, {"t": "ColWidthDefault"}] for _ in range(width)],
            _joined(heads),
            [body for section, made in bodies for body in _bodies(section, made)],
            _joined(feet),
        ],
    }]  # fmt: skip


def _with_head(sections: Sequence[Section]) -> list[Section]:
    """Return a table's sections; leading rows of header cells become a head if rows of data follow."""
    if any(section.tag == "thead" for section in sections) or not sections or sections[0].tag == "tfoot":
        return list(sections)
    first = sections[0]
    count = 0
    while count < len(first.rows) and _is_head(first.rows[count]):
        count += 1
    if not count or count == sum(len(section.rows) for section in sections if section.tag != "tfoot"):
        return list(sections)
    rest = [Section(first.tag, first.attributes, first.rows[count:])] if first.rows[count:] else []
    return [Section("thead", attr(), first.rows[:count]), *rest, *sections[1:]]


def _is_head(row: Row) -> bool:
    return bool(row.cells) and all(cell.is_head for cell in row.cells)


def _placed(rows: Sequence[Row]) -> list[list[_Placed]] | None:
    """Return the cells of a section's rows in their columns; None for more columns than a table may have."""
    taken: dict[int, int] = {}  # column -> index of the row in which it is free again
    out: list[list[_Placed]] = []
    for index, row in enumerate(rows):
        placed: list[_Placed] = []
        column = 0
        for cell in row.cells:
            while taken.get(column, 0) > index:
                column += 1
            end = column + 1
            while end < column + max(1, cell.columns) and taken.get(end, 0) <= index:
                end += 1
            if end > _MAX_COLUMNS:
                return None
            left = len(rows) - index
            span = left if cell.rows == 0 else min(cell.rows, left)
            for at in range(column, end):
                taken[at] = index + span
            placed.append(_Placed(cell, column, end, span))
            column = end
        out.append(placed)
    return out


def _built(section: Section, grid: list[list[_Placed]], starts: Sequence[int], column: dict[int, int]) -> list[_Built]:
    """Return each row as the AST has it, with empty cells in its gaps."""
    free_from = [0] * len(starts)  # of each column: index of the first row that no cell above reaches
    out = []
    for index, (row, placed) in enumerate(zip(section.rows, grid, strict=True)):
        cells: list[list] = []
        heads: list[int] = []
        columns: list[int] = []
        at = 0
        for one in [*placed, None]:
            begin = column[one.start] if one is not None else len(starts)
            for gap in range(at, begin):
                if free_from[gap] <= index:
                    free_from[gap] = index + 1
                    cells.append([attr(), {"t": "AlignDefault"}, 1, 1, []])
                    columns.append(gap)
            if one is None:
                break
            at = begin
            while at < len(starts) and starts[at] < one.end:
                free_from[at] = index + one.rows
                at += 1
            heads += [len(cells)] if one.cell.is_head else []
            columns.append(begin)
            cells.append([one.cell.attributes, {"t": one.cell.alignment}, one.rows, at - begin, one.cell.blocks])
        out.append(_Built([row.attributes, cells], frozenset(heads), columns))
    return out


def _joined(sections: Sequence[tuple[Section, list[_Built]]]) -> list:
    """Return all heads, or all feet, as one."""
    attributes = sections[0][0].attributes if sections else attr()
    return [attributes, [one.row for _, made in sections for one in made]]


def _bodies(section: Section, made: Sequence[_Built]) -> Iterator[list]:
    """Yield the bodies of one section. A row of header cells, such as a subtitle, begins a new body."""
    parts: list[tuple[list[_Built], list[_Built]]] = [([], [])]  # rows of heads, rows behind them
    reach = 0  # index of the first row that no cell above reaches
    for index, one in enumerate(made):
        spans = [cell[2] for cell in one.row[1]]
        is_head = bool(spans) and len(one.heads) == len(spans) and max(spans) == 1 and reach <= index
        reach = max([reach, *(index + span for span in spans)])
        if is_head and parts[-1][1]:
            parts.append(([], []))
        parts[-1][0 if is_head else 1].append(one)
    for index, (heads, rows) in enumerate(parts):
        ident, classes, pairs = section.attributes
        count = _head_columns(rows)
        yield [
            attr("" if index else ident, classes, pairs),
            count,
            [one.row for one in heads],
            [_with_head_cells(one, count) for one in rows],
        ]


def _head_columns(rows: Sequence[_Built]) -> int:
    """Return how many columns at the left hold heads alone, each in one column."""
    cells = [
        (column, index in one.heads and cell[3] == 1)
        for one in rows
        for index, (column, cell) in enumerate(zip(one.columns, one.row[1], strict=True))
    ]
    if not any(is_head for _, is_head in cells):
        return 0
    return min((column for column, is_head in cells if not is_head), default=1 + max(column for column, _ in cells))


def _with_head_cells(built: _Built, count: int) -> list:
    """Return a row whose header cells outside the header columns are marked as header cells."""
    attributes, cells = built.row
    marked = []
    for index, (column, cell) in enumerate(zip(built.columns, cells, strict=True)):
        if index in built.heads and column >= count:
            ident, classes, pairs = cell[0]
            cell = [attr(ident, [HEAD_CELL, *classes], pairs), *cell[1:]]
        marked.append(cell)
    return [attributes, marked]


def _opened(attributes: Attr, caption: list[Block], sections: Sequence[Section]) -> list[Block]:
    """Return what a table holds, cell after cell."""
    blocks = [
        {"t": "Para", "c": block["c"]} if block["t"] == "Plain" else block
        for part in [caption, *(cell.blocks for section in sections for row in section.rows for cell in row.cells)]
        for block in part
    ]
    ident, classes, pairs = attributes
    return [div(blocks, ident=ident, classes=classes, pairs=pairs)] if blocks or ident else []
