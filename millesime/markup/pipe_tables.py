"""Pipe tables whose rows have more cells than their line of dashes: pandoc reads them and drops what is beyond.

    | a | b |        | a | b |
    |--|        →    |--|---|
    | 1 | 2 |        | 1 | 2 |

The line of dashes is made as wide as the widest row before such a text is
read, so that the cells are printed; a check names the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from millesime.markup.ast import Block, nodes_of, rewrite

_DASHES = re.compile(r" {0,3}\|?[ \t]*+:?-++:?[ \t]*+(?:[|+][ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_COMMON = ("gfm", "commonmark")  # in which a title longer than the dashes makes no table


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRow:
    """A row with more cells than its table has columns."""

    line: int  # of the source, 1-based
    cells: int
    columns: int


def long_rows(text: str) -> list[LongRow]:
    """Return the rows of all pipe tables that have more cells than their line of dashes has columns."""
    return [row for table in _tables([line.rstrip("\r") for line in text.split("\n")]) for row in table.long]


def with_wide_dashes(text: str, *, reader: str) -> str | None:
    """Return the text with lines of dashes as wide as the rows; None if they are so already."""
    lines = text.split("\n")
    is_common = reader.startswith(_COMMON)
    changed = False
    for table in _tables(lines):
        if not table.long or is_common and table.long[0].line == table.dashes:
            continue
        missing = max(row.cells for row in table.long) - table.columns
        end = lines[table.dashes].rstrip()
        lines[table.dashes] = end + ("" if end.endswith("|") else "|") + "---|" * missing
        title = lines[table.dashes - 1].rstrip()
        short = table.columns + missing - _cells(title)
        lines[table.dashes - 1] = title + ("" if title.endswith("|") else "|") + " |" * short if short > 0 else title
        changed = True
    return "\n".join(lines) if changed else None


def same_but_for_tables(old: list[Block], new: list[Block]) -> bool:
    """Whether two readings of a text differ in their tables alone."""
    rule = {"t": "HorizontalRule"}
    return rewrite(old, lambda _: rule, kinds={"Table"}) == rewrite(new, lambda _: rule, kinds={"Table"})


def without_empty_columns(old: list[Block], new: list[Block]) -> list[Block]:
    """Return `new` without those columns beyond the tables of `old` in which no cell says anything."""
    widths = iter([len(table["c"][2]) for table in nodes_of(old, {"Table"})])
    wanted = {id(table): next(widths) for table in nodes_of(new, {"Table"})}

    def narrow(table: Block) -> Block:
        attributes, caption, columns, head, bodies, foot = table["c"]
        rows = [*head[1], *foot[1], *(row for body in bodies for part in body[2:] for row in part)]
        used = wanted.get(id(table), len(columns))
        if used >= len(columns):
            return table
        for row in rows:
            said = [index for index, cell in enumerate(row[1], start=1) if cell[4]]
            used = max([used, *said])

        def cut(row: list) -> list:
            return [row[0], row[1][:used]]

        return {"t": "Table", "c": [
            attributes, caption, columns[:used], [head[0], [*map(cut, head[1])]],
            [[*body[:2], [*map(cut, body[2])], [*map(cut, body[3])]] for body in bodies],
            [foot[0], [*map(cut, foot[1])]],
        ]}  # fmt: skip

    return rewrite(new, narrow, kinds={"Table"})


@dataclass(frozen=True, slots=True)
class _Table:
    dashes: int  # index of the line of dashes
    columns: int
    long: list[LongRow]


def _tables(lines: list[str]) -> Iterator[_Table]:
    fence = ""
    end = 0  # index of the first line behind the table before
    for index, line in enumerate(lines):
        found = _FENCE.match(line)
        if found and (not fence or line.strip().startswith(fence) and not line.strip().strip(fence[0])):
            fence = "" if fence else found[1]
        if fence or index < max(end, 1) or "-" not in line or not _DASHES.fullmatch(line):
            continue
        if "|" not in line or "|" not in lines[index - 1] or _DASHES.fullmatch(lines[index - 1]):
            continue
        columns = len(re.findall(r"-+", line))
        end = index + 1
        while end < len(lines) and "|" in lines[end]:
            end += 1
        counted = [(at, _cells(lines[at])) for at in (index - 1, *range(index + 1, end))]
        long = [LongRow(line=at + 1, cells=cells, columns=columns) for at, cells in counted if cells > columns]
        yield _Table(index, columns, long)


def _cells(line: str) -> int:
    """Return how many cells a row has, told by the pipes outside code, formulas and escapes."""
    line = line.strip()
    signs = list(_SIGN.finditer(line))
    following: dict[str, int] = {}  # a run of backticks, or "$" -> index of the next one alike
    closing: list[int | None] = [None] * len(signs)
    for index in range(len(signs) - 1, -1, -1):
        closing[index] = following.get(signs[index][0])
        following[signs[index][0]] = index
    pipes: list[int] = []
    index = 0
    while index < len(signs):
        sign, end = signs[index][0], closing[index]
        if sign == "|":
            pipes.append(signs[index].start())
        elif end is not None and (sign[0] == "`" or sign == "$" and _is_formula(line, signs[index], signs[end])):
            index = end
        index += 1
    return len(pipes) + 1 - line.startswith("|") - bool(pipes and pipes[-1] == len(line) - 1 > 0)


_SIGN = re.compile(r"\\.|`+|[|$]")


def _is_formula(line: str, opening: re.Match[str], closing: re.Match[str]) -> bool:
    """Whether two dollars enclose a formula: pandoc wants no spaces inside and no digit behind."""
    inside, behind = line[opening.end() : closing.start()], line[closing.end() : closing.end() + 1]
    return bool(inside) and not inside[0].isspace() and not inside[-1].isspace() and not behind.isdigit()
