"""Rows and boxes that no page can hold, and rows that would leave much of a page empty, go on over the next page.

The sheet keeps each row of a table, each recommendation and each figure on one
page (`break-inside: avoid`). WeasyPrint moves such a box to the next page
until it stands first there, and only then parts it: what stands before it, a
heading or the table's caption, is left alone on pages of its own, and a
table's header row is dropped. Here such a box is parted on the page where
what stands before it is.

A row that a page can hold stays whole where that leaves at most `_GAP` of the
page empty. Others begin where they stand, if each of their cells can: on one
page with the header row, the caption and the heading before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any

from millesime.render.pdf.engine.footnotes import line_bottoms, settle_notes_first
from millesime.render.pdf.engine.replaced import replaced

_GAP = 1 / 4  # of a page's height: if a row that is kept whole leaves more than this empty before it, it is parted
_GAP_OF_TALL = 1 / 16  # the same for a row that no page can hold: a few lines of it have room there
_HEADER = 1 / 2  # of a page's height: a taller header is printed once, as a row like others, and not on each page
_NESTED = 2  # tables in one another whose rows are parted; those further inside are laid out as WeasyPrint does
_NEAR_PX = 0.01
_LINE_PX = 20  # more than a line of text: cells that end so near to one another go on together


@dataclass(slots=True)
class _State:
    """Where the layout of a document stands."""

    depth: int = 0  # tables around what is laid out
    keeps_rows: bool = False  # all around it is to stay whole: it does not matter where it would be parted
    must_part: bool = False  # else what stands before it would be alone on the page


@contextmanager
def tall_rows_parted() -> Iterator[None]:
    """Part rows and boxes that would leave what stands before them alone, until the block ends.

    For versions that `internals` knows.
    """
    from weasyprint.layout import block

    put = [
        (block, "table_layout", _table_layout(block, block.table_layout)),
        (block, "_in_flow_layout", _in_flow_layout(block, block._in_flow_layout)),
        (block, "find_earlier_page_break", _find_earlier_page_break(block.find_earlier_page_break)),
    ]
    with replaced(put):
        yield


def _state_of(context) -> _State:
    state = vars(context).get("tall_rows")
    if state is None:
        state = context.tall_rows = _State()
    return state


# ---- blocks ---------------------------------------------------------------------


def _in_flow_layout(block, slow: Callable) -> Callable:
    """Return `_in_flow_layout` that parts a block rather than leave a heading or caption before it alone on a page."""

    def _in_flow_layout(
        context, box, index, child, new_children, page_is_empty, absolute_boxes, fixed_boxes, adjoining_margins, *others
    ) -> tuple:
        margins = list(adjoining_margins)
        place = child.position_x, child.position_y
        before = (context, box, index, child, new_children, page_is_empty, absolute_boxes, fixed_boxes)
        found = slow(*before, adjoining_margins, *others)
        abort, stop, resume_at = found[:3]
        if abort or not stop or not page_is_empty or resume_at != {index: None}:
            return found
        last = block.find_last_class_a_break_point_child(new_children)
        if last is None or not block.avoid_page_break(block.block_level_page_break(last, child), context):
            return found
        state = _state_of(context)
        child.position_x, child.position_y = place
        was, state.must_part = state.must_part, True
        try:
            with _breakable(_opening(block, context, child)):
                return slow(*before, margins, *others)
        finally:
            state.must_part = was

    return _in_flow_layout


def _find_earlier_page_break(slow: Callable) -> Callable:
    """Return `find_earlier_page_break` that parts a tall row, so that what must not leave a table has its end.

    It is asked where the last line of a chapter has no room below the table: to move the whole row with that line
    would leave the page empty, and the whole table if the row was begun on the page before.
    """
    from weasyprint.formatting_structure import boxes

    def find_earlier_page_break(context, children, absolute_boxes, fixed_boxes):
        rows = [child for child in children if isinstance(child, boxes.TableRowBox)]
        if not rows:
            return slow(context, children, absolute_boxes, fixed_boxes)
        while rows and not rows[-1].children:  # cells above cover it: there is nothing to go on
            rows.pop()
        return _parted(slow, context, rows, absolute_boxes, fixed_boxes) or slow(
            context, rows, absolute_boxes, fixed_boxes
        )

    return find_earlier_page_break


def _parted(slow: Callable, context, rows: list, absolute_boxes: list, fixed_boxes: list) -> tuple | None:
    """Return rows without the last lines of the last one, and their place; None if it can go to the next page whole."""
    if not rows or max(cell.border_height() for cell in rows[-1].children) <= _page_height(context) * _GAP:
        return None
    bottoms = [max(line_bottoms(cell), default=-inf) for cell in rows[-1].children]
    cells, places = list(rows[-1].children), {}
    for at, cell in enumerate(cells):
        found = None
        if bottoms[at] > max(bottoms) - _LINE_PX:
            found = slow(context, cell.children, absolute_boxes, fixed_boxes)
        if found:
            cells[at], places[at] = cell.copy_with_children(found[0]), found[1]
            top = cell.content_box_y()
            cells[at].height = max([top, *line_bottoms(cells[at])]) - top
    if not places:
        return None
    row = rows[-1].copy_with_children(cells)
    row.height = max(cell.border_height() for cell in cells)
    return [*rows[:-1], row], {row.index: places}


def _opening(block, context, box) -> Iterator[Any]:
    """Yield a block and its inner blocks whose first lines must stand on the page where the block begins."""
    from weasyprint.formatting_structure import boxes

    yield box
    before = None
    for child in box.children if isinstance(box, (boxes.BlockBox, boxes.TableBox)) else ():
        if not isinstance(child, (boxes.BlockBox, boxes.TableBox)):
            return
        if before is not None and not block.avoid_page_break(block.block_level_page_break(before, child), context):
            return
        yield from _opening(block, context, child)
        before = child


@contextmanager
def _breakable(whole: Sequence | Iterator) -> Iterator[None]:
    """Let boxes be parted until the block ends."""
    before = [(box, box.style) for box in whole]
    for box, style in before:
        if style["break_inside"] != "auto":
            box.style = style.copy()
            box.style["break_inside"] = "auto"
    try:
        yield
    finally:
        for box, style in before:
            box.style = style


# ---- tables ---------------------------------------------------------------------


def _table_layout(block, slow: Callable) -> Callable:
    """Return `table_layout` that parts rows as the module says."""

    def table_layout(
        context, table, bottom_space, skip_stack, containing_block, page_is_empty, absolute_boxes, fixed_boxes
    ) -> tuple:
        state = _state_of(context)
        page = _Page(
            slow=slow,
            block=block,
            context=context,
            state=state,
            table=table,
            bottom_space=bottom_space,
            skip_stack=skip_stack,
            containing_block=containing_block,
            page_is_empty=page_is_empty,
            lists=(absolute_boxes, fixed_boxes),
        )
        if state.keeps_rows or state.depth >= _NESTED:
            return page.lay_whole()
        return page.lay()

    return table_layout


@dataclass(slots=True, kw_only=True)
class _Page:
    """What one page holds of a table, laid out as often as its rows ask for."""

    slow: Callable
    block: Any
    context: Any
    state: _State
    table: Any
    bottom_space: float
    skip_stack: dict | None
    containing_block: Any
    page_is_empty: bool
    lists: tuple[list, list]  # of absolute and fixed boxes

    def lay(self) -> tuple:
        """Return what `table_layout` returns."""
        continued = self._continued()
        parted = [continued] if continued is not None else []
        found = self._lay(parted)
        if self._lacks_header(found) and self._demote_header():
            found = self._again(found, parted)
        while (row := self._row_to_part(found)) is not None and not _is_among(row, parted):
            parted.append(row)
            found = self._again(found, parted)
        if row is not None or self._lacks_header(found):
            settle_notes_first(self.context)
        found = self._begun(found, parted, continued)
        return self._resumed(self._ended(found, parted))

    def lay_whole(self) -> tuple:
        return self._resumed(self._call(self.table, self.bottom_space, self.skip_stack, self.page_is_empty, self.lists))

    def _lay(self, parted: Sequence, bottom_space: float | None = None) -> tuple:
        """Lay out the table; only the rows that are given may be parted."""
        state = self.state
        before = state.depth, state.keeps_rows
        state.depth, state.keeps_rows = state.depth + 1, not parted
        try:
            with _breakable(parted):
                bottom_space = self.bottom_space if bottom_space is None else bottom_space
                return self._call(self.table, bottom_space, self.skip_stack, self.page_is_empty, self.lists)
        finally:
            state.depth, state.keeps_rows = before

    def _call(self, table, bottom_space, skip_stack, page_is_empty, lists) -> tuple:
        return self.slow(self.context, table, bottom_space, skip_stack, self.containing_block, page_is_empty, *lists)

    def _again(self, found: tuple, parted: Sequence, bottom_space: float | None = None) -> tuple:
        """Lay out the table once more, in place of a layout of it."""
        if found[0] is not None:
            self.block.remove_placeholders(self.context, [found[0]], *self.lists)
        return self._lay(parted, bottom_space)

    # -- which row --

    def _continued(self) -> Any:
        """Return the row that the page before has begun."""
        return self._row(self.skip_stack) if self.skip_stack and _place(self.skip_stack)[2] else None

    def _row(self, stack: dict | None) -> Any:
        """Return the row of the table's body at a place, or the first one behind it."""
        at, row, _ = _place(stack)
        groups = [group for group in self.table.children[at:] if not group.is_header and group.children]
        return groups[0].children[row] if groups else None

    def _row_to_part(self, found: tuple) -> Any:
        """Return the row to part: a layout left much room before it, or dropped the header to have room for it."""
        laid, resume_at, next_page = found[:3]
        must_part = False
        if self.table.style["break_inside"] != "auto" or next_page["break"] != "any":
            return None
        if laid is None:
            place, end, must_part = self.skip_stack, self.table.content_box_y(), self.state.must_part
            if self._has_header:
                end += self._header_height()
        elif self._lacks_header(found):
            return self._row(self.skip_stack)
        elif resume_at is None:
            return None
        elif _place(resume_at)[2]:  # the page had nothing else
            return self._row(resume_at)
        else:
            place, body = resume_at, laid.children[-1]
            end = body.position_y + body.height
        room = (self.context.page_bottom - self.bottom_space - end) / _page_height(self.context)
        is_parted = must_part or room > _GAP or (room > _GAP_OF_TALL and self._is_tall(place))
        return self._row(place) if is_parted else None

    def _is_tall(self, place: dict | None) -> bool:
        """Say whether no page can hold the row at a place, and the header."""
        row = self._row(place)
        group = next((one for one in self.table.children if row in one.children), None)
        if group is None:
            return False
        at = group.children.index(row)
        laid = self._measure([_spanned(group, at)], {0: {at: None}})
        height = max((cell.border_height() for cell in laid.children[0].children[0].children), default=0)
        header = self._header_height() if self._has_header else 0
        return height > _page_height(self.context) - header

    # -- the header --

    @property
    def _has_header(self) -> bool:
        return bool(self.table.children) and self.table.children[0].is_header

    def _lacks_header(self, found: tuple) -> bool:
        laid = found[0]
        return self._has_header and (laid is None or not (laid.children and laid.children[0].is_header))

    def _header_height(self) -> float:
        header = self.table.children[0].copy()
        header.is_header = False
        return self._measure([header], None).children[0].height

    def _demote_header(self) -> bool:
        """Make a header that is too tall to be repeated a row like others, and say whether it was one."""
        if self._header_height() <= _page_height(self.context) * _HEADER:
            return False
        self.table.children[0].is_header = False
        return True

    # -- how a row is parted --

    def _begun(self, found: tuple, parted: list, continued: Any) -> tuple:
        """Move a row to the next page after all, if one of its cells would begin there only."""
        row, cells = self._split(found)
        if row is None or row is continued or {0: None} not in cells.values():
            return found
        if row is self._row(self.skip_stack) and (self.page_is_empty or self.state.must_part):
            return found
        settle_notes_first(self.context)
        return self._again(found, [one for one in parted if one is not row])

    def _ended(self, found: tuple, parted: list) -> tuple:
        """Leave more to the next page, if all that goes there of a row is a line."""
        row, _ = self._split(found)
        if row is None:
            return found
        group, at, _ = _place(found[1])
        groups = [*self.table.children[:group], _spanned(self.table.children[group], at)]
        rest = self._measure(groups, found[1])
        if max(map(_lines, rest.children[-1].children[0].children), default=0) != 1:
            return found
        bottom = max(line_bottoms(found[0].children[-1].children[-1]), default=-inf)
        if bottom == -inf:
            return found
        space = max(self.bottom_space, self.context.page_bottom - bottom + _NEAR_PX)
        shorter = self._again(found, parted, space)
        if self._split(shorter)[0] is row and len(shorter[0].children) == len(found[0].children):
            return shorter
        return self._again(shorter, parted)

    def _split(self, found: tuple) -> tuple[Any, dict]:
        """Return the row that a layout parts, and where each of its cells that goes on does; None and {} for none."""
        cells = _place(found[1])[2] if found[0] is not None else None
        return (self._row(found[1]), cells) if cells else (None, {})

    def _resumed(self, found: tuple) -> tuple:
        """Let a cell that has no room on the page go on where it was; WeasyPrint would print it from its beginning."""
        row, cells = self._split(found)
        if row is not None and row is self._continued():
            _, _, before = _place(self.skip_stack)
            for at, place in cells.items():
                if place == {0: None} and at in before:
                    cells[at] = before[at]
        return found

    def _measure(self, groups: list, skip_stack: dict | None) -> Any:
        """Return some groups of the table laid out on a page without end, which leaves no trace."""
        context = self.context
        notes, context.footnotes = context.footnotes, []
        state, context.tall_rows = self.state, _State(depth=_NESTED)
        try:
            return self._call(self.table.copy_with_children(groups), -inf, skip_stack, True, ([], []))[0]
        finally:
            context.footnotes, context.tall_rows = notes, state


def _page_height(context) -> float:
    return context.current_footnote_area.page.height


def _place(stack: dict | None) -> tuple[int, int, dict | None]:
    """Return the group, the row and the places in its cells that WeasyPrint's place in a table names."""
    if not stack:
        return 0, 0, None
    ((group, rows),) = stack.items()
    if not rows:
        return group, 0, None
    ((row, cells),) = rows.items()
    return group, row, cells or None


def _spanned(group, at: int):
    """Return a group of rows without those behind a row and its cells."""
    end = at + 1
    for before, row in enumerate(group.children):
        if before < end:
            end = max([end, *(before + cell.rowspan for cell in row.children)])
    return group.copy_with_children(group.children[:end])


def _is_among(row, rows: Sequence) -> bool:
    return any(row is one for one in rows)


def _lines(cell) -> int:
    """Return how many lines a cell has; a picture counts as two."""
    from weasyprint.formatting_structure import boxes

    if isinstance(cell, boxes.LineBox):
        return 2 if any(isinstance(one, boxes.ReplacedBox) for one in cell.descendants()) else 1
    return 2 if isinstance(cell, boxes.ReplacedBox) else sum(map(_lines, cell.children))
