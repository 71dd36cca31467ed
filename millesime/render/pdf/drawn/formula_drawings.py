"""Draw formulas in two dimensions as SVG, since WeasyPrint does not lay out MathML.

ziamath sets MathML with the glyphs of STIX Two Math as outlines. A drawing is measured in em, stands on the baseline,
and has no colour of its own. What ziamath does not know, or has no glyph for, is not drawn at all: the formula is then
printed as TeX, and a problem names it.
"""

from __future__ import annotations

import logging
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from millesime.render.pdf.drawn.formula_engine import RULED_COLUMNS, RULED_ROWS, WIDTH, formula_engine
from millesime.render.sanitise import MATHML
from millesime.render.tex_tables import rules_of

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
_FENCES = {"∣": "|", "∥": "‖"}
_SCRIPTED = {"munder": ("under",), "mover": ("over",), "munderover": ("under", "over")}  # where their parts stand
_ARROWS = frozenset("→←↔⇒⇐⇔↦↪↩⟶⟵")
_ARROW_ENDS = 0.6  # em: what an arrow is longer than the words at it
_LONGEST_ARROW = 80  # em: it is made of as many pieces, and no page is as wide
_LABEL = 0.7  # size of the words at an arrow
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
    formula_engine()
    return [_set_formula(formula.mathml) for formula in source.formulas]


def _set_formula(mathml: bytes) -> Formula:
    root = ElementTree.fromstring(mathml)
    problem = _obstacle(root)
    if problem:
        return Formula(problem=problem)
    logger = logging.getLogger()
    before = logger.disabled
    logger.disabled = True  # it warns through the root logger
    try:
        _simplify(root)
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
            _fill_blank_rows(element)
            aligns = [[cell.get("columnalign", "center") for cell in row] for row in element]
            if any(True for row in element for cell in row for _ in rules_of(cell)):
                element.set("columnspacing", RULED_COLUMNS)
                element.set("rowspacing", RULED_ROWS)
            elif all(line[:2] == ["right", "left"] for line in aligns):
                element.set("columnspacing", "0em 1em")  # a relation's sides touch it
        elif name == "mover" and (element[1].text or "").strip() == "¯" and len(element[0]):
            element[1].text, element[1].attrib["stretchy"] = "\u203e", "true"  # over several letters it is one line
        elif name in _SCRIPTED and any(map(_is_blank, element[1:])):
            _drop_blank_scripts(element)
        elif name == "mtext":
            element.text = (element.text or "").strip(" \t\n") or element.text  # MathML says so; spaces are `mspace`
        elif name == "mo":
            _settle_operator(element)
        elif name == "mi" and len((element.text or "").strip()) > 1:
            element.attrib.setdefault("mathvariant", "normal")


def _fill_blank_rows(table: ElementTree.Element) -> None:
    """Give a row without anything in it the height of a letter: ziamath takes it for less high than nothing."""
    for row in table:
        if _is_blank(row):
            phantom = ElementTree.SubElement(row[0], "mphantom")
            ElementTree.SubElement(phantom, "mi").text = "x"


def _is_blank(element: ElementTree.Element) -> bool:
    return not any((part.text or "").strip() or part.tag.endswith("mspace") for part in element.iter())


def _drop_blank_scripts(element: ElementTree.Element) -> None:
    """Leave out what is empty below or above: ziamath takes it for less high than nothing."""
    kept = [part for part in zip(_SCRIPTED[element.tag], element[1:], strict=True) if not _is_blank(part[1])]
    element[1:] = [part for _, part in kept]
    element.tag = f"m{''.join(place for place, _ in kept)}" if kept else "mrow"


def _settle_operator(element: ElementTree.Element) -> None:
    """Convert sizes from percent to em, since ziamath reads no percentages; set fence bars without relation spacing."""
    for name in ("minsize", "maxsize"):
        if (size := element.get(name, "")).endswith("%"):
            element.set(name, f"{float(size[:-1]) / 100:g}em")
    if element.get("form") in ("prefix", "postfix"):
        element.text = _FENCES.get((element.text or "").strip(), element.text)


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


def _drawn(root: ElementTree.Element) -> Formula:
    from ziamath.zmath import fontname

    ziamath = formula_engine()
    for arrow, words in list(_labelled_arrows(root)):
        width = max(_width(ziamath.Math(word, size=_LABEL * EM, font=str(fontname), margin=0)) for word in words)
        if EM / 2 < width < _LONGEST_ARROW * EM:
            arrow.set(WIDTH, f"{width + _ARROW_ENDS * EM:.1f}")
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


def _labelled_arrows(root: ElementTree.Element) -> Iterable[tuple[ElementTree.Element, list[ElementTree.Element]]]:
    """Yield the arrows that words stand at, with copies of these as formulas.

    Words at which arrows with words stand are left out: to set these would double the work at each level.
    """
    for element in root.iter():
        if element.tag not in _SCRIPTED or (element[0].text or "").strip() not in _ARROWS:
            continue
        words = []
        for word in element[1:]:
            if not any(inner.tag in _SCRIPTED for inner in word.iter()):
                copied = ElementTree.Element("math")
                copied.append(deepcopy(word))
                words.append(copied)
        if words and element[0].tag == "mo":
            yield element[0], words


def _width(formula: Any) -> float:
    return max(formula.node.bbox.xmax, 0.0)


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
