"""French typography, read off what was published; shares no code with what sets it (`assembly/typography.py`).

Imprimerie nationale, « Lexique des règles typographiques en usage à
l'Imprimerie nationale »: a no-break space before ; : ! ? » and %, behind «,
between a number and its unit and between groups of three digits; the curly
apostrophe; « » and not straight quotes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree, html

_NB = "\u00a0\u202f"
_UNITS = "%|‰|€|k€|M€|Md€|km|kWh|MWh|GWh|°C|m²|m³|ha|Mo|Go|To"
_LETTER = r"[a-zà-öø-ÿ)»%°]"
_RULES = (
    ("an ordinary space before a high sign", re.compile(r"(?<=[\w)»”’…°%]) (?=[;!?»](?:\s|$|[.,)])|:(?:\s|$))")),
    ("no space before a high sign", re.compile(rf"(?<={_LETTER})(?=[;!?:](?:[\s{_NB}]|$))")),
    ("no no-break space behind «", re.compile(rf"«(?=[^{_NB}])")),
    ("no no-break space before »", re.compile(rf"(?<=[^{_NB}])»")),
    ("an ordinary space before a unit", re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?:[\s.,;:)»{_NB}]|$))")),
    ("an ordinary space between groups of digits", re.compile(r"(?<![\d.,/–-])\d{1,3} (?=\d{3}(?!\d))(?!\d{3}[/-])")),
    ("a straight apostrophe", re.compile(r"(?<=[A-Za-zÀ-ÿ])'(?=[A-Za-zÀ-ÿ«])")),
    ("straight quotation marks", re.compile(r'(?<![\w=])"(?=\w)|(?<=[\w.,!?])"(?![\w=])')),
    ("an ordinal otherwise than « 1er, 2e »", re.compile(r"\b\d+(?:ème|èmes|eme|emes|ième|ièmes|nd|nde)\b")),
    ("n° without a no-break space", re.compile(r"\b[nN]° (?=\d)")),
    ("three points instead of …", re.compile(r"(?<!\.)\.\.\.(?!\.)")),
)
# In print, a space that breaks shows at the ends of lines only; glyphs do not tell one space from another.
_PRINTED_RULES = (
    ("a line begins with a sign that belongs to the one before", re.compile(r"^\s*[;:!?»%](?:\s|$)")),
    ("a line ends with «", re.compile(r"«\s*$")),
    ("no space before a high sign", re.compile(r"(?<=[a-zà-öø-ÿ)»])[;!?](?=\s|$)")),
    ("no space behind «", re.compile(r"«(?=\w)")),
    ("no space before »", re.compile(r"(?<=\w)»")),
    ("a straight apostrophe", re.compile(r"(?<=[A-Za-zÀ-ÿ])'(?=[A-Za-zÀ-ÿ«])")),
)
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*|\S+\.(?:org|fr|com|html|md|yaml)\S*")
_BLOCKS = frozenset("p li h1 h2 h3 h4 h5 h6 td th dt dd figcaption caption title summary".split())
_NOT_PROSE = frozenset("pre code kbd samp script style math svg".split())
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEAF = "\ufffc"  # stands for what is no prose


def check_text(text: str, *, printed: bool = False) -> Iterator[str]:
    """Yield what is wrong in one paragraph, or in one line of a printed page."""
    bare = _ADDRESS.sub(_LEAF, text)
    for words, rule in _PRINTED_RULES if printed else _RULES:
        for found in rule.finditer(bare):
            start, end = found.span()
            yield f"{words}: {bare[max(0, start - 25) : end + 15]!r}"


def check_paragraphs(paragraphs: Iterable[str], *, printed: bool = False) -> tuple[int, tuple[str, ...]]:
    """Return how many paragraphs there were, and what is wrong in them."""
    count, errors = 0, []
    for text in paragraphs:
        count += 1
        errors += check_text(text, printed=printed)
    return count, tuple(errors)


def paragraphs_of(kind: str, path: Path) -> Iterator[str]:
    """Yield the paragraphs of an artifact that are in French, or, of a PDF, the lines of its pages."""
    return {"html": _of_pages, "epub": _of_epub, "docx": _of_docx, "pdf": _of_pdf}[kind](path)


def _of_pages(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.html")):
        yield from _prose(html.parse(str(path)).getroot())


def _of_epub(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".xhtml"):
                yield from _prose(etree.fromstring(archive.read(name)))


def _prose(root: etree._Element) -> Iterator[str]:
    """Yield the text of blocks; passages in another language, code and formulas leave a sign in it."""
    for element in root.iter():
        if isinstance(element.tag, str) and _name(element) in _BLOCKS and not _outside(element):
            text = _words(element, element)
            for part in re.split("\x00", re.sub(r"[ \t\r\n]+", " ", text)):
                if part.strip(" "):
                    yield part.strip(" ")


def _outside(element: etree._Element) -> bool:
    for outer in (element, *element.iterancestors()):
        language = outer.get("lang") or outer.get("{http://www.w3.org/XML/1998/namespace}lang")
        if (
            _name(outer) in _NOT_PROSE
            or outer.get("id") == "refs"
            or "references" in (outer.get("class") or "").split()
        ):
            return True
        if language:
            return not language.startswith("fr")
    return False


def _words(element: etree._Element, block: etree._Element) -> str:
    """Return the text of a block, with \\x00 where an inner block stands, and what the style says instead of it."""
    parts = [element.text or ""]
    for child in element:
        name = _name(child) if isinstance(child.tag, str) else ""
        language = child.get("lang") if name else ""
        if name in _NOT_PROSE or (language and not language.startswith("fr")):
            parts.append(_LEAF)
        elif name in _BLOCKS or name in ("ul", "ol", "dl", "table", "figure", "blockquote", "div", "section"):
            parts.append("\x00")
        elif name == "br":
            parts.append("\n")
        elif name and child.get("aria-hidden") != "true":
            # Old and new words stand side by side: each is read with what is around it, not with the other.
            parts.append(f"\x00{_words(child, block)}\x00" if name in ("ins", "del") else _words(child, block))
        parts.append(child.tail or "")
    return "".join(parts)


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _of_docx(path: Path) -> Iterator[str]:
    """Yield paragraphs as they read with all changes accepted; code and other languages leave a sign."""
    with zipfile.ZipFile(path) as archive:
        for name in ("word/document.xml", "word/footnotes.xml"):
            if name not in archive.namelist():
                continue
            for paragraph in etree.fromstring(archive.read(name)).iter(f"{W}p"):
                style = paragraph.find(f"{W}pPr/{W}pStyle")
                if style is not None and style.get(f"{W}val") in ("SourceCode", "Bibliography"):
                    continue
                text = "".join(_of_run(run) for run in paragraph.iter(f"{W}r"))
                if text.strip(" "):
                    yield text.strip(" ")


def _of_run(run: etree._Element) -> str:
    if any(_name(outer) == "del" for outer in run.iterancestors()):
        return ""
    language = run.find(f"{W}rPr/{W}lang")
    foreign = language is not None and not (language.get(f"{W}val") or "fr").startswith("fr")
    style = run.find(f"{W}rPr/{W}rStyle")
    code = style is not None and (style.get(f"{W}val") or "") in ("VerbatimChar", "SourceCode")
    if foreign or code:
        return _LEAF
    return "".join("\t" if _name(part) == "tab" else part.text or "" for part in run if _name(part) in ("t", "tab"))


def _of_pdf(path: Path) -> Iterator[str]:
    """Yield the lines of paragraphs, headings, cells and items as they are printed."""
    from tests.validation.pdf_tags import read_book

    book = read_book(path)
    for block in book.elements("P", "Caption", "TD", "TH", "Lbl", "LBody", *(f"H{level}" for level in range(1, 7))):
        language = next((one.language for one in (block, *block.around()) if one.language), book.language)
        if language.startswith("fr"):
            yield from _lines(block, book)


def _lines(block, book) -> Iterator[str]:
    """Yield the lines of one block: a mark is on the line of the one before unless it stands much lower or higher."""
    line, height = "", None
    for text, at in _pieces(block, book):
        if at is not None and height is not None and abs(at - height) > _LINE_PX:
            yield line
            line = ""
        line += text
        height = at if at is not None else height
    if line:
        yield line


def _pieces(element, book) -> Iterator[tuple[str, float | None]]:
    for one in element.content:
        if isinstance(one, tuple):
            place = book.heights.get(one)
            yield book.texts.get(one, ""), None if place is None else one[0] * 10_000 + place
        elif one.kind in ("Code", "Formula", "Figure") or (one.language and not one.language.startswith("fr")):
            yield _LEAF, None
        elif one.kind in ("Span", "Link", "Reference", "Quote"):
            edge = _LEAF if one.decoration else ""  # old and new words are not read together
            yield edge, None
            yield from _pieces(one, book)
            yield edge, None


_LINE_PX = 7  # between lines at least; a raised sign stands less above its own
