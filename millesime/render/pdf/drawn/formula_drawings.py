"""Formulas set in two dimensions, as drawings: WeasyPrint does not lay MathML out.

ziamath, the only importer of which is this module, sets MathML with the glyphs of STIX Two Math as outlines. A
drawing is measured in em, stands on the baseline, and has no colour of its own. What ziamath does not know, or has
no glyph for, is not drawn at all: the formula is then printed as one line of text, and a note names it.
"""

from __future__ import annotations

import logging
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from millesime.problems import EngineError
from millesime.render.sanitise import MATHML

FORMULA_ADDRESS = "millesime:formula/"
EM = 100  # units of a drawing in an em
_KNOWN = frozenset(
    "math mrow mi mn mo mtext ms mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts "
    "mprescripts none mtable mtr mtd menclose mfenced mphantom mpadded mstyle merror".split()
)
_PARTS = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_MOST_ELEMENTS = 1500
_DEEPEST = 40  # nested elements
_LARGEST = 400  # em: no page is as wide or high


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula as it is printed; where it cannot be set, why."""

    drawing: bytes = b""  # SVG, one path in units of 1/`EM` em; b"" if the formula cannot be set
    width: float = 0.0  # em
    height: float = 0.0  # em
    depth: float = 0.0  # em below the baseline
    rows: tuple[float, ...] = ()  # em from the top to the baseline of each row, if it is one table
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaSource:
    """MathML without the numbers of equations."""

    key: str  # a hash of the other field
    mathml: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulasSource:
    """Some formulas of a book, each once; they are set in their order."""

    key: str  # a hash of those of the formulas
    formulas: tuple[FormulaSource, ...]


def set_formulas(source: FormulasSource) -> list[Formula]:
    """Return what each formula is printed as. Raises EngineError when ziamath is missing."""
    _engine()
    return [_set_formula(formula.mathml) for formula in source.formulas]


def _set_formula(mathml: bytes) -> Formula:
    root = ElementTree.fromstring(mathml)
    problem = _obstacle(root)
    if problem:
        return Formula(problem=problem)
    _simplify(root)
    logger = logging.getLogger()
    before = logger.disabled
    logger.disabled = True  # it warns through the root logger
    try:
        return _drawn(root)
    except Exception as error:  # whatever a stranger's formula does to it, the book is printed
        return Formula(problem=f"it cannot be set ({type(error).__name__})")
    finally:
        logger.disabled = before


def _obstacle(root: ElementTree.Element) -> str:
    """Return why a formula cannot be set, "" if nothing is in the way."""
    count, waiting = 0, [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        count += 1
        name = element.tag.removeprefix(f"{{{MATHML}}}")
        if name not in _KNOWN:
            return f"<{name}> cannot be set"
        if len(element) != _PARTS.get(name, len(element)) or (name == "mmultiscripts" and not len(element)):
            return f"<{name}> has {len(element)} parts"
        if name == "mtable" and not all(len(row) for row in element):
            return "it has an empty table, or a row of no cells"
        if depth > _DEEPEST:
            return f"it is nested more than {_DEEPEST} times"
        waiting += [(child, depth + 1) for child in element]
    return f"it has more than {_MOST_ELEMENTS} elements" if count > _MOST_ELEMENTS else ""


def _simplify(root: ElementTree.Element) -> None:
    """Say in simpler elements what ziamath takes too long for, and drop what it would read otherwise."""
    root.set("display", root.get("display", "inline"))
    for element in root.iter():
        name = element.tag = element.tag.removeprefix(f"{{{MATHML}}}")
        element.attrib.pop("scriptlevel", None)
        if name == "mpadded":
            element.tag = "mrow"
        elif name == "mfenced":
            _unfence(element)
        elif name == "mtable":
            aligns = [[cell.get("columnalign", "center") for cell in row] for row in element]
            if all(line[:2] == ["right", "left"] for line in aligns):
                element.set("columnspacing", "0em 1em")  # a relation's sides touch it
        elif name == "mover" and (element[1].text or "").strip() == "¯" and len(element[0]):
            element[1].text, element[1].attrib["stretchy"] = "\u203e", "true"  # over several letters it is one line
        elif name == "mi" and len((element.text or "").strip()) > 1:
            element.attrib.setdefault("mathvariant", "normal")


def _unfence(element: ElementTree.Element) -> None:
    marks = element.get("separators", ",").split() or [""]
    parts, element.tag = list(element), "mrow"
    opening, closing = element.get("open", "("), element.get("close", ")")
    for part in parts:
        element.remove(part)
    _add_operator(element, opening, form="prefix")
    for at, part in enumerate(parts):
        if at:
            _add_operator(element, marks[min(at - 1, len(marks) - 1)], form="infix")
        element.append(part)
    _add_operator(element, closing, form="postfix")


def _add_operator(element: ElementTree.Element, sign: str, *, form: str) -> None:
    if sign:
        stretchy = "false" if form == "infix" else "true"
        ElementTree.SubElement(element, "mo", {"form": form, "stretchy": stretchy}).text = sign


# ---- ziamath ------------------------------------------------------------------


@cache
def _engine() -> Any:
    """Return the class that sets formulas, and have it look at each row twice only and not 2^depth times."""
    try:
        import ziafont
        import ziamath
        from ziamath.nodes import Mrow
    except ImportError as error:
        raise EngineError(f"ziamath: not found ({error}); install it with `pip install ziamath`") from error

    ziafont.config.svg2, ziafont.config.precision = False, 1

    class Row(Mrow, tag="mrow"):
        """A row that is not measured without its fences again while it is measured without them."""

        def _get_height_nostretch(self, line, **kwargs):
            return (0, 0) if kwargs.get("nostretch") else super()._get_height_nostretch(line, **kwargs)

    return ziamath


def _drawn(root: ElementTree.Element) -> Formula:
    from ziamath.zmath import fontname

    ziamath = _engine()
    formula = ziamath.Math(root, size=EM, font=str(fontname), margin=0)
    missing = sorted(
        {glyph.char for glyph in _nodes(formula.node) if getattr(glyph, "glyph", None) and _is_missing(glyph)}
    )
    if missing:
        return Formula(problem=f"its font has no {' '.join(missing)}")
    box = formula.node.bbox
    left, right = min(box.xmin, 0.0), max(box.xmax, formula.node.xadvance() if box.xmax > 0 else 0.0)
    width, height = right - left, box.ymax - box.ymin
    if not (0 < width <= _LARGEST * EM and 0 < height <= _LARGEST * EM):
        return Formula(problem="it is empty" if width <= 0 or height <= 0 else "it is larger than a page")
    canvas = ElementTree.Element("svg")
    formula.node.draw(-left, box.ymax, canvas)
    glyphs, rules = _outlines(canvas)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.1f}" height="{height:.1f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}"><path d="{glyphs}"/><path d="{rules}"/></svg>'
    )
    return Formula(
        drawing=drawing.encode("ascii"),
        width=round(width / EM, 4),
        height=round(height / EM, 4),
        depth=round(-box.ymin / EM, 4),
        rows=tuple(round((box.ymax + y) / EM, 4) for y in _baselines(formula.node)),
    )


def _nodes(node: Any) -> Iterable[Any]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += getattr(node, "nodes", ())


def _is_missing(node: Any) -> bool:
    return node.glyph.index == 0


def _baselines(node: Any) -> list[float]:
    """Return how far below the baseline of a formula each row of its only table stands; [] if it has none."""
    below = 0.0
    while getattr(node, "mtag", "") == "mrow" and len(node.nodes) == 1:
        below += node.nodexy[0][1]
        node = node.nodes[0]
    if getattr(node, "mtag", "") != "mtable":
        return []
    return [below + y for y in dict.fromkeys(y for _, y in node.nodexy)]


_DASHES = re.compile(r"(?<!\s)\s*+([MLCQZ])\s*+")


def _outlines(canvas: ElementTree.Element) -> tuple[str, str]:
    """Return the paths of a drawing's glyphs and of its rules, which one path would cut out where they cross.

    Raises ValueError for a shape that is neither.
    """
    glyphs, rules = [], []
    for element in canvas.iter():
        if element.tag == "path" and element.get("stroke") is None:
            glyphs.append(_DASHES.sub(r"\1", element.get("d", "").strip()))
        elif element.tag == "rect":
            x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
            corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
            if element.get("stroke") is None:
                rules.append(_polygon(corners))
            else:
                rules += _stroked([*corners, corners[0], corners[1]], element)
        elif element.tag == "path":
            points = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", element.get("d", ""))]
            if set(re.findall("[A-Za-z]", element.get("d", ""))) - set("MLZ") or len(points) % 2:
                raise ValueError("a curve drawn with a pen")
            rules += _stroked(list(zip(points[::2], points[1::2], strict=True)), element)
        elif element.tag not in ("svg", "g"):
            raise ValueError(f"a shape <{element.tag}>")
    return "".join(glyphs), "".join(rules)


def _stroked(corners: list[tuple[float, float]], element: ElementTree.Element) -> list[str]:
    """Return straight lines that are drawn with a pen as the outlines of what it draws."""
    half = float(element.get("stroke-width", "1")) / 2
    drawn = []
    for (x1, y1), (x2, y2) in pairwise(corners):
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
        dx, dy = (y1 - y2) * half / length, (x2 - x1) * half / length
        drawn.append(_polygon([(x1 + dx, y1 + dy), (x2 + dx, y2 + dy), (x2 - dx, y2 - dy), (x1 - dx, y1 - dy)]))
    return drawn


def _polygon(points: Iterable[tuple[float, float]]) -> str:
    corners = [f"{x:.1f} {y:.1f}" for x, y in points]
    return f"M{'L'.join(corners)}Z"
