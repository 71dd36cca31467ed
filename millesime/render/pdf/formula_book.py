"""Set the formulas of a book, each different formula once; report formulas that cannot be printed as written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from copy import deepcopy

from lxml import etree

from millesime.problems import Problem
from millesime.render.conform import classes_of
from millesime.render.formulas import linear_text, take_tags
from millesime.render.pdf.drawn.formula_drawings import (
    FORMULA_ADDRESS,
    Formula,
    FormulaSource,
    FormulasSource,
    set_formulas,
)
from millesime.render.pdf.printable import Drawing
from millesime.render.pdf.values.layout_steps import Run, key_of
from millesime.render.sanitise import MATHML

Element = etree._Element

_MATH = f"{{{MATHML}}}math"
_BATCHES = 64  # formulas are set and kept in so many groups, by their hash: an edited formula costs its group
_LINE = 36.0  # em of the text in the width of a page
_WIDE = 1.25 * _LINE  # em: a formula that is wider becomes hard to read
_SHOWN = 60  # letters of a formula in a message


class FormulaBook:
    """The drawings of all formulas in some trees: equal formulas are set once."""

    def __init__(self, roots: Iterable[Element], *, run: Run) -> None:
        """Set the formulas; `run` may keep drawings. Raises EngineError when ziamath is missing."""
        self.served: dict[str, tuple[bytes, str]] = {}  # address → content, media type, of drawings that were asked for
        self._set: dict[str, Formula] = {}  # by key
        sources: dict[str, FormulaSource] = {}
        for root in roots:
            for element in root.iter(_MATH):
                source = _formula_source(element)
                sources[source.key] = source
        batches: dict[int, list[FormulaSource]] = {}
        for key in sorted(sources):
            batches.setdefault(int(key[:4], 16) % _BATCHES, []).append(sources[key])
        steps = [
            (set_formulas, FormulasSource(key=key_of("formulas", *(one.key for one in batch)), formulas=tuple(batch)))
            for batch in batches.values()
        ]
        for batch, formulas in zip(batches.values(), run(steps), strict=True):
            self._set |= zip((one.key for one in batch), formulas, strict=True)

    def drawing_of(self, element: Element) -> Drawing | None:
        """Return a formula's drawing, and serve it; None for a formula that cannot be set."""
        formula = self._set[_formula_source(element).key]
        if not formula.drawing:
            return None
        address = f"{FORMULA_ADDRESS}{hashlib.sha256(formula.drawing).hexdigest()[:32]}"
        self.served[address] = (formula.drawing, "image/svg+xml")
        return Drawing(
            address=address, width=formula.width, height=formula.height, depth=formula.depth, rows=formula.rows
        )  # fmt: skip

    def problem_of(self, element: Element, where: str) -> Problem | None:
        """Return why a formula, or what pandoc left of it, is not printed as its author wrote it; None if it is."""
        if element.tag != _MATH:
            return unread_problem((element.text or "").strip("$"), where)
        if next(element.iterancestors("a"), None) is not None:
            return None  # a link holds text alone
        formula = self._set[_formula_source(element).key]
        said = shown_formula(element.get("alttext") or linear_text(element))
        if formula.problem:
            return Problem(
                "Q001", where,
                f"the PDF prints the formula {said} as TeX: {formula.problem}", "write it otherwise, or as a picture",
            )  # fmt: skip
        if formula.width > _WIDE:
            return Problem(
                "Q002", where,
                f"the PDF prints the formula {said} smaller: it is {formula.width / _LINE:.1f} times as wide as a line",
                "break it into lines, as with `aligned`",
            )  # fmt: skip
        return None


def unread_problem(tex: str, where: str) -> Problem:
    """Return the problem of a formula that pandoc cannot read."""
    return Problem(
        "S010", where, f"a formula cannot be read and is printed as TeX: {' '.join(tex.split())[:_SHOWN]}",
        "write it with the commands of LaTeX and amsmath, no macros of your own; a dollar is written `\\$`",
    )  # fmt: skip


def formulas_of(root: Element) -> Iterator[Element]:
    """Yield the formulas of a tree in their order: `math`, or the `span` of one that pandoc cannot read."""
    for element in root.iter(_MATH, "span"):
        if element.tag == _MATH or "math" in classes_of(element) and {"inline", "display"} & set(classes_of(element)):
            yield element


def shown_formula(text: str) -> str:
    """Return a formula in TeX as a message names it."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _formula_source(element: Element) -> FormulaSource:
    """Return what a formula is set from: its MathML without the numbers of equations and without its source."""
    bare = deepcopy(element)
    bare.tail = None
    bare.attrib.pop("alttext", None)
    take_tags(bare)
    mathml = etree.tostring(bare)
    return FormulaSource(key=key_of("formula", mathml), mathml=mathml)
