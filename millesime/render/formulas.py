"""Formulas: what pandoc's MathML lacks is put back, and a formula is written as one line of text.

Formats that lay formulas out take the MathML. One line of text is for what holds nothing else: bookmarks, running
heads, the text that is found when a PDF is searched. It says the same as the formula: "((a + b)/c)d", "∛x", "x²".
"""

from __future__ import annotations

import re

from lxml import etree

from millesime.render.sanitise import MATHML
from millesime.render.tex_repairs import open_bold, repair_commands, seal_bold
from millesime.render.tex_tables import complete_tables

Element = etree._Element

_NS = f"{{{MATHML}}}"
TAG_CLASS = "formula-tag"  # of the `mtext` that holds the number of an equation
_TAG = re.compile(r"\\tag(\*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_SEALED_TAG = re.compile(r"\\tag\{tag((?:[0-9a-f]{2})+)\}")
_ROW_END = re.compile(r"\\\\")
_COMMA = re.compile(r"\d(\s*\{,\}\s*|\s*,\s*)(?=\d)")

_SUPER = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_SUB = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0305", "_": "\u0332", "^": "\u0302", "\u0302": "\u0302", "ˆ": "\u0302", "~": "\u0303",
    "\u0303": "\u0303", "˜": "\u0303", "→": "\u20d7", "\u20d7": "\u20d7",
    "←": "\u20d6", "↔": "\u20e1", "˙": "\u0307", "\u0307": "\u0307",
    "¨": "\u0308", "\u0308": "\u0308", "ˇ": "\u030c", "\u030c": "\u030c",
}  # fmt: skip
_ROOTS = {"2": "√", "3": "∛", "4": "∜"}
_APPLIED = "\u2061"  # stands between the name of a function and what it is taken of
_INVISIBLE = frozenset("\u2061\u2062\u2063\u2064")
_TIGHT = frozenset("()[]{}|‖⟨⟩⌈⌉⌊⌋,;.:!'′″/%°") | _INVISIBLE
_ATOMS = frozenset({"mi", "mn", "mtext", "ms"})
_ROWS = frozenset({"math", "mrow", "mstyle", "mpadded", "merror", "mtd", "semantics"})


def raised(text: str) -> str | None:
    """Return a text in superscript characters; None where Unicode lacks one."""
    return "".join(_SUPER[letter] for letter in text) if text and all(letter in _SUPER for letter in text) else None


def lowered(text: str) -> str | None:
    """Return a text in subscript characters; None where Unicode lacks one."""
    return "".join(_SUB[letter] for letter in text) if text and all(letter in _SUB for letter in text) else None


# ---- what pandoc leaves out ---------------------------------------------------


def seal_formula(tex: str) -> str:
    r"""Return a formula whose equation numbers pandoc can read past, and whose `\mathbf` it does not slant.

    Of a tag it takes letters and digits alone.
    """
    if r"\tag" in tex:
        tex = _TAG.sub(lambda found: rf"\tag{{tag{found[0].encode().hex()}}}", tex)
    return seal_bold(tex)


def open_formula(tex: str) -> str:
    """Return a formula as it was before `seal_formula`."""
    return _SEALED_TAG.sub(lambda found: bytes.fromhex(found[1]).decode("utf-8", "replace"), open_bold(tex))


def complete_formula(math: Element, tex: str) -> None:
    r"""Put back, in place, what pandoc's MathML does not keep of a formula in TeX.

    `\tag{1}` is the number of an equation, which pandoc drops; `1{,}5` is one number, of which it makes a list; see
    `tex_tables` and `tex_repairs` for the rest.
    """
    complete_tables(math, tex)
    repair_commands(math, tex)
    _join_decimals(math, tex)
    if math.get("display") == "block":
        _add_tags(math, tex)


def _join_decimals(math: Element, tex: str) -> None:
    """Make "1", ",", "5" one number where the comma stood in braces, which is how TeX tells it from a separator."""
    if "{,}" not in tex:
        return
    commas = [
        comma
        for comma in math.iter(f"{_NS}mo")
        if (comma.text or "").strip() == "," and _is_number(comma.getprevious()) and _is_number(comma.getnext())
    ]
    written = [found[1].strip() for found in _COMMA.finditer(tex)]
    if len(commas) != len(written):
        return
    for comma, form in zip(commas, written, strict=True):
        if form == "{,}":
            number, rest = comma.getprevious(), comma.getnext()
            number.text = f"{(number.text or '').strip()},{(rest.text or '').strip()}"
            comma.getparent().remove(comma)
            rest.getparent().remove(rest)


def _is_number(element: Element | None) -> bool:
    return element is not None and element.tag == f"{_NS}mn"


def _add_tags(math: Element, tex: str) -> None:
    tags = [(_words(found[2], starred=bool(found[1])), found.start()) for found in _TAG.finditer(tex)]
    if not tags:
        return
    rows = _rows_of(math)
    if len(rows) > 1:
        for words, start in tags:
            row = rows[min(len(_ROW_END.findall(tex[:start])), len(rows) - 1)]
            _append_tag(etree.SubElement(row, f"{_NS}mtd"), words)
        return
    inner = list(math)
    row = etree.SubElement(math, f"{_NS}mrow")
    row.extend(inner)
    _append_tag(row, ", ".join(words for words, _ in tags))


def _words(tex: str, *, starred: bool) -> str:
    """Return the words of a tag, in parentheses unless it is starred."""
    words = re.sub(r"\\(?:text|mathrm|textrm|mathbf|textbf|textit|mathit)\s*", "", tex)
    words = " ".join(re.sub(r"[${}]", "", words).replace("~", " ").split())
    return words if starred else f"({words})"


def _rows_of(math: Element) -> list[Element]:
    """Return the rows of a formula that is one table and nothing else: lines of an `align`."""
    only = math
    while len(only) == 1 and only.tag.removeprefix(_NS) in _ROWS:
        only = only[0]
    return list(only.iterchildren(f"{_NS}mtr")) if only.tag == f"{_NS}mtable" else []


def _append_tag(parent: Element, words: str) -> None:
    etree.SubElement(parent, f"{_NS}mspace", {"width": "2em"})
    etree.SubElement(parent, f"{_NS}mtext", {"class": TAG_CLASS}).text = words


def take_tags(math: Element) -> list[tuple[int, str]]:
    """Take the numbers of equations out of a formula; return the row (0-based) and the words of each."""
    rows = _rows_of(math)
    taken = []
    for tag in [tag for tag in math.iter(f"{_NS}mtext") if tag.get("class") == TAG_CLASS]:
        holder = tag.getparent()
        row = next((at for at, row in enumerate(rows) if holder.getparent() is row), 0)
        taken.append((row, tag.text or ""))
        if holder.tag == f"{_NS}mtd":
            holder.getparent().remove(holder)
        else:
            holder.remove(tag.getprevious())
            holder.remove(tag)
    return taken


# ---- one line of text ---------------------------------------------------------


def linear_text(math: Element) -> str:
    """Return a formula as one line of text that says the same."""
    line = re.sub(r"\u2061(?=[\w√∛∜∑∏∫])", "\u2009", _line(math)).replace(_APPLIED, "")  # "sin x", but "sin(x)"
    return re.sub(r"[ \u2009]{2,}", " ", line).strip(" \u2009")


def _line(node: Element) -> str:
    if not isinstance(node.tag, str):
        return ""
    name, parts = node.tag.removeprefix(_NS), [part for part in node if isinstance(part.tag, str)]
    text = node.text or ""
    match name:
        case "annotation" | "annotation-xml" | "mphantom" | "mprescripts" | "none":
            return ""
        case "mi" | "mn" | "ms":
            return text.strip()
        case "mtext":
            return f"\u2003{text}" if node.get("class") == TAG_CLASS else text
        case "mo":
            return _operator(node, text.strip())
        case "mspace":
            before_tag = node.getnext() is not None and node.getnext().get("class") == TAG_CLASS
            return "" if before_tag or (node.get("width") or "").startswith(("-", "0.0")) else "\u2009"
        case "msup" | "mover" if len(parts) == 2:
            return _scripted(parts[0], "", _over(node, parts[1]), node)
        case "msub" | "munder" if len(parts) == 2:
            return _scripted(parts[0], _line(parts[1]), "", node)
        case "msubsup" | "munderover" if len(parts) == 3:
            return _scripted(parts[0], _line(parts[1]), _line(parts[2]), node)
        case "mmultiscripts" if parts:
            return _multiscripted(parts)
        case "mfrac" if len(parts) == 2:
            return _fraction(node, parts)
        case "msqrt":
            return f"√{_operand(parts)}"
        case "mroot" if len(parts) == 2:
            return _root(parts)
        case "mtable":
            return "; ".join(map(_row, parts))
        case "mfenced":
            marks = (node.get("separators") or ",")[:1]
            inner = f"{marks} ".join(map(_line, parts))
            return f"{node.get('open', '(')}{inner}{node.get('close', ')')}"
    return "".join(map(_line, parts)) if parts else text.strip()


def _operator(node: Element, sign: str) -> str:
    if sign in _INVISIBLE:
        return _APPLIED if sign == _APPLIED else ""
    is_tight = node.get("form") in ("prefix", "postfix") or sign in _TIGHT or node.get("stretchy") == "false"
    before = node.getprevious()
    if before is None or before.tag == f"{_NS}mo":
        is_tight = is_tight or sign in "+-−±"
    if sign == "," and node.getnext() is not None:
        return ",\u2009"
    return sign if is_tight else f"\u2009{sign}\u2009"


def _row(row: Element) -> str:
    """Return the cells of a row, with a comma between two that no operator parts: "a, b" but "a = b"."""
    text = ""
    for cell in filter(None, map(linear_text, row)):
        text += ("" if not text else " " if cell[0] in "=<>≤≥≈≡∼≠∈→⇒⇔" else ", ") + cell
    return text


def _over(node: Element, over: Element) -> str:
    """Return what stands above, an accent as the character that combines with letters."""
    text = _line(over).strip("\u2009")
    return text if node.tag != f"{_NS}mover" else _ACCENTS.get(text, text)


def _scripted(base: Element, below: str, above: str, node: Element) -> str:
    text = _line(base).strip("\u2009") if base.tag == f"{_NS}mo" else _line(base)
    below, above = below.replace("\u2009", ""), above.replace("\u2009", "")
    is_function = text.endswith(_APPLIED) or (base.tag == f"{_NS}mi" and len(text) > 1)  # "log₂ x"
    text = text.removesuffix(_APPLIED)
    if {below, above} <= {"", *"⏟⏞⎵⎴"}:
        return text  # a brace that only says what is counted
    if above in _ACCENTS.values() and not below:
        return "".join(f"{letter}{above}" if letter.strip() else letter for letter in text)
    if below == "_" and not above:  # underlined
        return "".join(f"{letter}\u0332" if letter.strip() else letter for letter in text)
    if not _is_atom(base) and text:
        text = f"({text})"
    if below:
        text += lowered(below) or f"_{below if len(below) == 1 else f'({below})'}"
    if above:
        primes = set(above) <= set("′″‴'*†°")
        text += above if primes else raised(above) or f"^{above if len(above) == 1 else f'({above})'}"
    following = node.getnext()
    text += _APPLIED if is_function else ""
    return f"{text}\u2009" if base.tag == f"{_NS}mo" and following is not None else text


def _multiscripted(parts: list[Element]) -> str:
    names = [part.tag.removeprefix(_NS) for part in parts]
    middle = names.index("mprescripts") if "mprescripts" in names else len(parts)
    behind, before = parts[1:middle], parts[middle + 1 :]

    def scripts(pieces: list[Element]) -> str:
        below, above = "".join(map(_line, pieces[::2])), "".join(map(_line, pieces[1::2]))
        said = (lowered(below) or f"_({below})") if below else ""
        return said + ((raised(above) or f"^({above})") if above else "")

    return scripts(before) + _line(parts[0]) + scripts(behind)


def _fraction(node: Element, parts: list[Element]) -> str:
    above, below = (_operand([part]) for part in parts)
    if re.fullmatch(r"0(\.0*)?\D*", node.get("linethickness") or "1"):
        return f"{above}\u2009¦\u2009{below}"  # a binomial: no fraction
    text = f"{above}/{below}"
    beside = [node.getprevious(), node.getnext()]
    # Beside a factor, "(a + b)/c d" would be another fraction.
    return f"({text})" if any(one is not None and not _separates(one) for one in beside) else text


def _separates(node: Element) -> bool:
    """Whether what stands beside a fraction is an operator that binds less, a fence or a space."""
    text = (node.text or "").strip()
    return node.tag == f"{_NS}mo" and text not in {*_INVISIBLE, "!", "′", "/", "⋅", "·", "×", "*", "∑", "∏", "∫", ""}


def _operand(parts: list[Element]) -> str:
    text = "".join(map(_line, parts)).strip("\u2009")
    return text if len(parts) == 1 and _is_atom(parts[0]) else f"({text})"


def _root(parts: list[Element]) -> str:
    degree = _line(parts[1])
    sign = _ROOTS.get(degree) or (f"{up}√" if (up := raised(degree)) else f"√[{degree}]")
    return f"{sign}{_operand(parts[:1])}"


def _is_atom(node: Element) -> bool:
    """Whether a node is one letter, number or word, or reads as one, so that it needs no parentheses."""
    name = node.tag.removeprefix(_NS)
    if name in _ROWS:
        inner = [part for part in node if isinstance(part.tag, str) and (part.text or "").strip() not in _INVISIBLE]
        if len(inner) == 1:
            return _is_atom(inner[0])
        ends = [inner[0], inner[-1]] if inner else []
        fenced = [end.tag == f"{_NS}mo" and end.get("form") in ("prefix", "postfix") for end in ends]
        return not inner or (all(fenced) and (inner[0].text or "").strip() in tuple("([{|‖⟨⌈⌊"))
    if name in ("msub", "msup", "msubsup", "mover") and len(node):
        return _is_atom(node[0])
    return name in _ATOMS or name in ("msqrt", "mroot", "mfenced", "mtable") or name == "mo"
