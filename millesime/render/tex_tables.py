r"""Tables of formulas in TeX: their rules and alignments, which pandoc's MathML does not keep.

`\begin{array}{c|c} a & b \\ \hline c & d \end{array}` has a rule behind its first column and one above its second row.
In MathML a rule is a class of the cells beside it, `rule-left`, `rule-top`…, which style sheets draw: browsers know
no `columnlines`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from lxml import etree

from millesime.render.sanitise import MATHML

Element = etree._Element

RULES = frozenset({"rule-left", "rule-right", "rule-top", "rule-bottom"})  # classes of cells
DOUBLE = "-double"  # behind one of these: two rules
_NS = f"{{{MATHML}}}"
_TOKEN = re.compile(r"\\(?:begin|end)\s*+\{[A-Za-z]++\*?\}|\\[A-Za-z]++\*?|\\.|[{}&]|\s++|[^\\{}&\s]++", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+\*?)\}")
_NO_TABLES = frozenset({"equation", "equation*", "math", "displaymath"})
_COLUMNS = re.compile(r"\s*+(?:\[[tcb]\]\s*+)?\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+)\}")
_OPTION = re.compile(r"\s*+\[([lcr|\s]++)\]")
_REPEATED = re.compile(r"\*\s*+\{(\d{1,2})\}\s*+\{((?:[^{}]|\{[^{}]*+\})*+)\}")
_BETWEEN = re.compile(r"[@!]\s*+\{((?:[^{}]|\{[^{}]*+\})*+)\}")
_SPACE = re.compile(r"\\(?:[,;:! ]|quad|qquad|enspace|hspace\*?\{[^{}]*\}|extracolsep\{[^{}]*\}|\w*fill)|[\s~{}]")
_ALIGNS = {"l": "left", "c": "center", "r": "right"}
_MOST_COLUMNS = 100  # `*{99}{*{99}{c}}` stands for 9,801


@dataclass(slots=True)
class TexTable:
    """What TeX says of one table, an array, a matrix or lines of an `align`."""

    name: str
    columns: list[int] = field(default_factory=list)  # rules before each column, and behind the last; [] if not said
    aligns: list[str] = field(default_factory=list)  # of columns, where pandoc takes others
    between: str = ""  # what an array puts between columns, `@{:}`
    rows: list[int] = field(default_factory=lambda: [0])  # rules above each row, and perhaps below the last
    is_open: bool = False  # something stands in its last row

    @property
    def has_rules(self) -> bool:
        return any(self.columns) or any(self.rows)


def tables_of(tex: str) -> list[TexTable]:
    """Return the tables of a formula in the order in which they begin, as their elements stand in MathML."""
    tables: list[TexTable] = []
    stack: list[tuple[TexTable | None, int]] = []  # with the depth of braces
    depth, at = 0, 0
    while found := _TOKEN.match(tex, at):
        token, at = found[0], found.end()
        table = stack[-1][0] if stack and stack[-1][1] == depth else None
        environment = _ENVIRONMENT.fullmatch(token)
        if environment and environment[1] == "end":
            if stack:
                stack.pop()
            continue
        if table is not None and token in ("\\\\", "\\\\*"):
            table.rows.append(0)
            table.is_open = False
            continue
        if table is not None and token == "\\hline":
            table.rows[-1] += 1
            continue
        if table is not None and not token.isspace():
            table.is_open = True
        if environment:
            opened = None if environment[2] in _NO_TABLES else TexTable(environment[2])
            if opened is not None:
                tables.append(opened)
                at = _read_columns(opened, tex, at)
            stack.append((opened, depth))
        elif token == "\\substack":
            tables.append(TexTable("substack"))
        depth += (token == "{") - (token == "}")
    return tables


def _read_columns(table: TexTable, tex: str, at: int) -> int:
    """Read what stands behind the name of an environment about its columns; return where the first cell begins."""
    if table.name in ("array", "darray") and (found := _COLUMNS.match(tex, at)):
        spec = found[1][: 20 * _MOST_COLUMNS]
        for _ in range(3):
            spec = _REPEATED.sub(lambda part: (part[2] * int(part[1]))[: 4 * _MOST_COLUMNS], spec)
        table.between = "".join(_SPACE.sub("", part[1]) for part in _BETWEEN.finditer(spec))
        spec = _BETWEEN.sub("", spec)
    elif table.name.endswith("matrix*") and (found := _OPTION.match(tex, at)):
        spec = found[1]
        table.aligns = [_ALIGNS[letter] for letter in spec if letter in _ALIGNS]
    else:
        if table.name in ("flalign", "flalign*"):
            table.aligns = ["right", "left"]
        return at
    table.columns = [len(part) for part in re.split(r"[^|]", re.sub(r"\s", "", spec))][: _MOST_COLUMNS + 1]
    return found.end()


# ---- MathML -------------------------------------------------------------------


def complete_tables(math: Element, tex: str) -> None:
    r"""Give the tables of a formula the rules, rows and alignments they have in TeX, in place.

    A `\\` behind the last row begins none.
    """
    elements = list(math.iter(f"{_NS}mtable"))
    for element in elements:
        _drop_last_row(element)
    tables = tables_of(tex)
    if len(tables) != len(elements):
        return
    for table, element in zip(tables, elements, strict=True):
        if table.name.endswith("matrix*"):
            _drop_option(element)
        _align(element, table.aligns)
        if table.has_rules:
            _rule(element, table)


def lost_rules(math: Element, tex: str) -> bool:
    """Whether a formula has rules in TeX that its MathML has not: its tables could not be told apart."""
    return len(list(math.iter(f"{_NS}mtable"))) != len(found := tables_of(tex)) and any(one.has_rules for one in found)


def _drop_last_row(element: Element) -> None:
    rows = list(element)
    if len(rows) > 1 and not any(len(cell) or (cell.text or "").strip() for cell in rows[-1]):
        element.remove(rows[-1])


def _drop_option(element: Element) -> None:
    """Take "[r]" out of the first cell of a `pmatrix*`: pandoc takes its option for text."""
    cell = next(element.iter(f"{_NS}mtd"), None)
    parts = [] if cell is None else list(cell)
    texts = [(part.text or "").strip() for part in parts]
    if texts[:1] == ["["] and "]" in texts:
        for part in parts[: texts.index("]") + 1]:
            cell.remove(part)


def _align(element: Element, aligns: list[str]) -> None:
    if aligns:
        for row in element:
            for cell, align in zip(row, cycle(aligns), strict=False):
                cell.set("columnalign", align)


def _rule(element: Element, table: TexTable) -> None:
    rows = [list(row) for row in element]
    for at, count in enumerate(table.rows):
        if count and at < len(rows):
            _mark(rows[at], "rule-top", count)
        elif count and rows:
            _mark(rows[-1], "rule-bottom", count)
    for at, count in enumerate(table.columns):
        if count and at + 1 < len(table.columns):
            _mark([cells[at] for cells in rows if at < len(cells)], "rule-left", count)
        elif count and at:
            _mark([cells[at - 1] for cells in rows if at == len(cells)], "rule-right", count)


def _mark(cells: list[Element], name: str, count: int) -> None:
    for cell in cells:
        names = [*(cell.get("class") or "").split(), name + (DOUBLE if count > 1 else "")]
        cell.set("class", " ".join(names))


def rules_of(cell: Element) -> Iterator[tuple[str, int]]:
    """Yield the rules of a cell: "left", "right", "top" or "bottom", and how many stand there, 1 or 2."""
    for name in (cell.get("class") or "").split():
        if name.removesuffix(DOUBLE) in RULES:
            yield name.removesuffix(DOUBLE).removeprefix("rule-"), 2 if name.endswith(DOUBLE) else 1
