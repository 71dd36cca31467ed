"""ziamath as formulas need it: linear in their nesting, with rules in tables and arrows as long as their words.

This is its only importer. Its classes of nodes register themselves by the name of their element; a subclass takes the
place of the class before it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import cache
from typing import Any

from millesime.problems import EngineError
from millesime.render.tex_tables import rules_of

WIDTH = "data-width"  # of an `mo`, in units of the drawing: how wide an arrow is
RULED_COLUMNS, RULED_ROWS = "1em", "0.5em"  # space between those of a table with rules
_DOUBLE = 3.0  # times the thickness of a rule: between the middles of two


@cache
def formula_engine() -> Any:
    """Return the module that sets formulas. Raises EngineError when it is missing."""
    try:
        import ziafont
        import ziamath
        from ziafont.fonttypes import BBox
        from ziamath.nodes import Moperator, Mrow, Mtable
    except ImportError as error:
        raise EngineError(f"ziamath: not found ({error}); install it with `pip install ziamath`") from error

    ziafont.config.svg2, ziafont.config.precision = False, 1

    class Row(Mrow, tag="mrow"):
        """A row that is not measured without its fences again while it is measured without them.

        It looks at each row twice only and not 2^depth times.
        """

        def _get_height_nostretch(self, line, **kwargs):
            return (0, 0) if kwargs.get("nostretch") else super()._get_height_nostretch(line, **kwargs)

    class Operator(Moperator, tag="mo"):
        """An operator, or an arrow as wide as it is told to be."""

        def __init__(self, element, parent, **kwargs):
            width = element.get(WIDTH)
            super().__init__(element, parent, **(kwargs | {"width": float(width)} if width else kwargs))

    class Table(Mtable, tag="mtable"):
        """A table that draws the rules of its cells."""

        def _setup(self, **kwargs):
            super()._setup(**kwargs)
            self._rules = []
            if kwargs.get("phantom") or not any(True for row in self.element for cell in row for _ in rules_of(cell)):
                return
            columns, rows = self._edges()
            before = self.size_px(RULED_COLUMNS) / 2
            thick = self.units_to_points(self.font.math.consts.fractionRuleThickness)
            self._rules = [
                rule
                for at, row in enumerate(self.element)
                for column, cell in enumerate(row)
                for side, count in rules_of(cell)
                for rule in _rects(side, count, columns[column : column + 2], rows[at : at + 2], thick)
            ]
            self.nodexy = [(left + before, top) for left, top in self.nodexy]
            lefts, tops, rights, bottoms = zip(*((x, y, x + w, y + h) for x, y, w, h in self._rules), strict=True)
            self.bbox = BBox(
                min(0, *lefts), max(columns[-1], *rights), -max(rows[-1], *bottoms), -min(rows[0], *tops)
            )  # fmt: skip

        def _edges(self):
            """Return where columns and rows begin and end, halfway between the cells, once these moved to the right."""
            placed = iter(zip(self.nodes, self.nodexy, strict=True))
            cells = [[next(placed) for _ in row] for row in self.element]
            gap, leading = self.size_px(RULED_COLUMNS), self.size_px(RULED_ROWS)
            widths = [0.0] * max(map(len, cells))
            for row in cells:
                for at, (node, _) in enumerate(row):
                    widths[at] = max(widths[at], node.bbox.xmax)
            width = sum(widths) + gap * (len(widths) - 1)
            columns = [(self.bbox.xmax - width) / 2]
            for one in widths:
                columns.append(columns[-1] + one + gap)
            rows = []
            for row in cells:
                baseline = row[0][1][1]
                top = baseline - max(node.bbox.ymax for node, _ in row)
                bottom = baseline - min(node.bbox.ymin for node, _ in row)
                rows = [*rows[:-1], (rows[-1] + top) / 2 if rows else top - leading / 2, bottom]
            rows[-1] += leading / 2
            return columns, rows

        def draw(self, x, y, svg):
            done = super().draw(x, y, svg)
            for left, top, width, height in self._rules:
                place = {"x": x + left, "y": y + top, "width": width, "height": height}
                ElementTree.SubElement(svg, "rect", {name: f"{value:.2f}" for name, value in place.items()})
            return done

    return ziamath


def _rects(
    side: str, count: int, across: list[float], down: list[float], thick: float
) -> Iterator[tuple[float, float, float, float]]:
    """Yield the left, top, width and height of the rules at one side of a cell, which reaches `across` and `down`."""
    (left, right), (top, bottom), half = across, down, thick / 2
    for at in range(count):
        apart = (at - (count - 1) / 2) * _DOUBLE * thick
        if side in ("left", "right"):
            x = (left if side == "left" else right) + apart
            yield x - half, top - half, thick, bottom - top + thick
        else:
            y = (top if side == "top" else bottom) + apart
            yield left - half, y - half, right - left + thick, thick
