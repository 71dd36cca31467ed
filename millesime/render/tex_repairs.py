r"""Commands of TeX that pandoc's MathML changes, put right; and those that no format prints, named.

pandoc slants what `\mathbf` makes bold and upright, puts the arrow of `\underrightarrow` above, and drops `\color`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from lxml import etree

from millesime.render.sanitise import MATHML
from millesime.render.tex_tables import tables_of

Element = etree._Element

_NS = f"{{{MATHML}}}"
_BOLD = re.compile(r"\\mathbf(?![A-Za-z])")
_SANS = r"\mathbfsfup"  # pandoc tells its letters from all others
_CARRIER = f"{_SANS}\t"  # ours, and no author's
_ARROWS = {"\u20d6": "←", "\u20e1": "↔", "\u20ee": "←", "\u20ef": "→"}  # combining: no browser stretches these
_UNDER = frozenset("\u20ee\u20ef")
_LEADING_STYLE = re.compile(r"\s*\\displaystyle(?![A-Za-z])")
_DROPPED = re.compile(r"\\\\|\\(color|scriptscriptstyle|scriptstyle|textstyle|displaystyle)(?![A-Za-z])")


def seal_bold(tex: str) -> str:
    r"""Return a formula whose `\mathbf` is a command that pandoc does not take for another."""
    return tex if _SANS in tex else _BOLD.sub(lambda _: _CARRIER, tex)


def open_bold(tex: str) -> str:
    """Return a formula as it was before `seal_bold`."""
    return tex.replace(_CARRIER, r"\mathbf")


def repair_commands(math: Element, tex: str) -> None:
    """Put right, in place, what pandoc's MathML changes of letters, arrows and the style of a formula."""
    if _BOLD.search(tex) and _SANS not in tex:
        for element in math.iter(f"{_NS}mi", f"{_NS}mn", f"{_NS}mo", f"{_NS}mtext"):
            if element.get("mathvariant") == "bold-sans-serif":
                element.set("mathvariant", "bold")
                element.text = "".join(map(_upright, element.text or ""))
    for arrow in list(math.iter(f"{_NS}mo")):
        if (sign := (arrow.text or "").strip()) in _ARROWS:
            arrow.text = _ARROWS[sign]
            if sign in _UNDER and arrow.getparent().tag == f"{_NS}mover":
                arrow.getparent().tag = f"{_NS}munder"
    if math.get("display") != "block" and _LEADING_STYLE.match(tex):
        inner = list(math)
        etree.SubElement(math, f"{_NS}mstyle", {"displaystyle": "true"}).extend(inner)


def _upright(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if not name.startswith("MATHEMATICAL SANS-SERIF BOLD"):
        return letter
    try:
        return unicodedata.lookup(name.replace("SANS-SERIF BOLD", "BOLD"))
    except KeyError:
        return letter


def lost_commands(tex: str) -> Iterator[str]:
    r"""Yield what a formula says that no format prints, each once: "`\color`".

    Sizes that TeX would choose itself are none of it: `\displaystyle` before a displayed formula.
    """
    start = found.end() if (found := _LEADING_STYLE.match(tex)) else 0
    for name in dict.fromkeys(found[1] for found in _DROPPED.finditer(tex, start) if found[1]):
        yield rf"`\{name}`"
    for between in dict.fromkeys(table.between for table in tables_of(tex)):
        if between:
            yield f"`@{{{between}}}`"
