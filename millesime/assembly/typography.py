"""Typography by language: the spaces and quotation marks a language asks for.

French rules: Imprimerie nationale, « Lexique des règles typographiques en
usage à l'Imprimerie nationale »: a narrow no-break space before ; ! ? and a
no-break space before : and inside « ». Applied to text only, never to code,
mathematics, addresses, or passages in another language.
"""

from __future__ import annotations

import re
from typing import Any

from millesime.markup.ast import (
    CHILDLESS,
    INLINES,
    SPACE,
    WITH_ATTR,
    Inline,
    Node,
    attr,
    attr_of,
    nodes_of,
    string,
    text_of,
    words,
)

NBSP = "\u00a0"
NNBSP = "\u202f"
_HIGH = ";!?"
_CLOSERS = "»”’\"')]…"
_ADDRESS = re.compile(r"://|^www\.|^[\w.+-]+@[\w-]+\.\w|^[\w-]+(\.[\w-]+)+/|\w[?&;]\w+=|^\{\{|\}\}$")
# Words that a number or a name must not be torn from.
_HOLDS_NEXT = {
    "n°",
    "N°",
    "nᵒ",
    "art.",
    "Art.",
    "p.",
    "pp.",
    "chap.",
    "fig.",
    "vol.",
    "t.",
    "§",
    "M.",
    "MM.",
    "Mme",
    "Mmes",
    "Dr",
}
_UNIT = re.compile(r"^(%|‰|€|\$|£|°C|k€|M€|Md€|km|kWh|MWh|GWh|m²|m³|ha|Mo|Go|To)(?=$|[\s).,;:!?»])")


def set_typography(value: Any, language: str) -> Any:
    """Return blocks or inlines with the typography of a BCP 47 language.

    French has spaces of its own. Every language has quotation marks: English
    ones stay `Quoted`, which all writers print as they are.
    """
    needed = (
        _is_french(language)
        or any(_language(node) for node in nodes_of(value, WITH_ATTR))
        or any(_marks(language) or _is_decade(node) for node in nodes_of(value, {"Quoted"}))
    )
    return _set(value, language) if needed else value


def set_text(text: str, language: str) -> str:
    """Return a plain text, such as a title in a manifest, with the typography of a language."""
    if not _is_french(language):
        return text
    return text_of(_set_inlines(words(text))) if text.strip() else text


def _is_french(language: str) -> bool:
    return language.lower().split("-")[0] == "fr"


def _set(value: Any, language: str, depth: int = 0) -> Any:
    """Return a value set; `depth` double quotation marks stand around it."""
    french = _is_french(language)
    if isinstance(value, list):
        new: list[Any] = []
        for item in value:
            if not _holds_more(item):
                new.append(item)
            elif isinstance(item, dict) and item.get("t") == "Quoted":
                new += _set_quoted(item, language, depth)
            else:
                new.append(_set(item, language, depth))
        is_text = french and value and isinstance(value[0], dict) and value[0].get("t") in INLINES
        return _set_inlines(new) if is_text else new
    if not _holds_more(value):
        return value
    if "t" not in value:
        return {key: _set(item, language, depth) if _holds_more(item) else item for key, item in value.items()}
    match value["t"]:
        case "Link" if french and is_address(value):
            return value
        case "Quoted":  # on its own, not in a list
            return {"t": "Span", "c": [attr(), _set_quoted(value, language, depth)]}
        case "LineBlock":  # whose lines begin with the spaces that the author typed
            return {"t": "LineBlock", "c": [_set_line(line, language, depth) for line in value["c"]]}
        case "Note":
            depth = 0
    if value["t"] in WITH_ATTR:
        language = _language(value) or language
    return {"t": value["t"], "c": _set(value["c"], language, depth)}


def _set_line(line: list[Inline], language: str, depth: int) -> list[Inline]:
    if not line or line[0]["t"] != "Str" or not line[0]["c"].startswith(NBSP):
        return _set(line, language, depth)
    text = line[0]["c"].lstrip(NBSP)
    indent = string(NBSP * (len(line[0]["c"]) - len(text)))
    return [indent, *_set([string(text), *line[1:]] if text else line[1:], language, depth)]


def _set_quoted(node: Node, language: str, depth: int) -> list[Inline]:
    """Return a quotation between the marks of the language. `_set_inlines` adds the spaces inside French marks."""
    kind, inlines = node["c"]
    double = kind["t"] == "DoubleQuote"
    if _is_decade(node):
        return [string("’"), *_set(_repaired(inlines), language, depth)]
    inner = _set(inlines, language, depth + double)
    marks = _marks(language)
    if _is_french(language) or not marks:
        return [{"t": "Quoted", "c": [kind, inner]}]
    opening, closing = marks[:2] if double and depth % 2 == 0 else marks[2:]
    return [string(opening), *inner, string(closing)]


# „Wort“: opening and closing marks, and those of quotes within quotes; by CLDR. French is set by its own rules.
_QUOTATION_MARKS = {
    "„“‚‘": "bg cs de dsb et hr hsb is lb lt mk sk sl sr",
    "„”‚’": "hu pl ro",
    "””’’": "fi sv he",
    "«»“”": "br ca el es eu gl it pt-PT nb nn no oc",
    "«»„“": "be ru uk",
    "«»‹›": "de-CH de-LI it-CH rm gsw",
    "「」『』": "ja zh-TW zh-HK zh-Hant",
    "”“’‘": "ar fa ur",
}
_MARKS_OF = {tag: marks for marks, tags in _QUOTATION_MARKS.items() for tag in tags.split()}


def _marks(language: str) -> str:
    """Return the four quotation marks of a language; "": those of English."""
    parts = language.split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((_MARKS_OF[tag] for tag in tags if tag in _MARKS_OF), "")


def _is_decade(node: Node) -> bool:
    """Whether a single quotation mark is the apostrophe of "'90s", which the reader paired with a later apostrophe."""
    kind, inlines = node["c"]
    if kind["t"] != "SingleQuote" or not inlines or inlines[0]["t"] != "Str":
        return False
    word = inlines[0]["c"]
    left_open = any(one["t"] == "Str" and one["c"].startswith("’") for one in inlines[1:])
    return bool(re.match(r"\d\ds\b", word) or re.match(r"\d\d\b", word) and left_open)


def _repaired(inlines: list[Inline]) -> list[Inline]:
    """Return the inlines behind the apostrophe of a decade, the closing mark with them: it closes the last opening."""
    for at in range(len(inlines) - 1, 0, -1):
        node = inlines[at]
        if (
            node["t"] == "Str"
            and re.match(r"’[^\W\d]{3}", node["c"])
            and inlines[at - 1]["t"] in ("Space", "SoftBreak")
        ):
            quoted = {"t": "Quoted", "c": [{"t": "SingleQuote"}, [string(node["c"][1:]), *inlines[at + 1 :]]]}
            return [*inlines[:at], quoted]
    return [*inlines, string("’")]


def _holds_more(item: Any) -> bool:
    """Whether there may be text inside, or behind, an item of a list."""
    if isinstance(item, dict):
        return item.get("t") not in CHILDLESS and ("c" in item or "t" not in item)
    return isinstance(item, list)


def _language(node: Node) -> str:
    """Return the language that a node says it is in, "" if it says none."""
    attributes = attr_of(node)
    return dict(attributes[2]).get("lang", "") if attributes else ""


def is_address(node: Node) -> bool:
    """Is this link's text the address itself?"""
    target = node["c"][2][0]
    shown = "".join(item.get("c", " ") if item["t"] == "Str" else " " for item in node["c"][1])
    return "uri" in node["c"][0][1] or "email" in node["c"][0][1] or bool(shown) and shown in target


def _set_inlines(nodes: list[Inline]) -> list[Inline]:
    """One list of inlines; inner lists are done already."""
    out: list[Inline] = []
    for index, node in enumerate(nodes):
        match node["t"]:
            case "Space" | "SoftBreak":
                spaces = (_space_between(out, following) for following in _followers(nodes, index))
                out.append(next((space for space in spaces if space is not None), node))
            case "Str":
                out.append(string(_set_word(node["c"], _last_char(out))) if _MARK.search(node["c"]) else node)
            case "Quoted":
                out += _quoted(node)
            case _:
                out.append(node)
    return _merge(out)


def _followers(nodes: list[Inline], index: int) -> list[Inline]:
    """Return what may follow a space: the next inline; if that is a deletion, also what stands in its place."""
    following = nodes[index + 1 : index + 2]
    if following and following[0]["t"] == "Span" and "deletion" in following[0]["c"][0][1]:
        following += nodes[index + 2 : index + 3]
    return following


def _quoted(node: Node) -> list[Inline]:
    """Straight double quotes become « »; single ones, and quotes within quotes, “ ”."""
    kind, inlines = node["c"]
    if kind["t"] == "DoubleQuote":
        return [string("«" + NBSP), *_inner_quotes(inlines), string(NBSP + "»")]
    return [string("‘"), *inlines, string("’")]


def _inner_quotes(inlines: list[Inline]) -> list[Inline]:
    # The inner lists were set first: quotes inside are « » by now.
    out = []
    for node in inlines:
        if node["t"] == "Str" and ("«" in node["c"] or "»" in node["c"]):
            node = string(node["c"].replace("«" + NBSP, "“").replace(NBSP + "»", "”"))
        out.append(node)
    return out


def _space_between(before: list[Inline], following: Inline | None) -> Inline | None:
    """The no-break space that belongs between two inlines, or None: an ordinary one."""
    if following is None:
        return None
    after = _first_text(following)
    last = before[-1]["c"] if before and before[-1]["t"] == "Str" else ""
    ending = _last_char(before)
    if after[:1] and after[0] in _HIGH and not _ADDRESS.search(after):
        return string(NNBSP)
    if after[:1] == "»" or ending == "«":
        return string(NBSP)
    if after[:1] == ":" and (len(after) == 1 or not after[1].isalnum() and after[1] not in ":)(-/"):
        return string(NBSP)
    if ending.isdigit() and _UNIT.match(after):
        return string(NBSP)
    if last[-1:].isdigit() and _THOUSANDS.search(last) and _HUNDREDS.match(after):
        return string(NNBSP)
    if last.lstrip("([«" + NBSP) in _HOLDS_NEXT and after:
        return string(NBSP)
    return None


_THOUSANDS = re.compile(r"(?:^|[^\d.,\u202f])\d{1,3}$|(?:^|\D)\d{1,3}(?:\u202f\d{3}){1,9}$")
_HUNDREDS = re.compile(r"\d{3}(?!\d)")


def _set_word(text: str, before: str) -> str:
    """One Str that holds a `_MARK`; `before` is the character that it follows, "" at the beginning or after a space."""
    if _ADDRESS.search(text):
        return text
    if text[0] in _HIGH and before and before not in NNBSP + NBSP + " («" and before not in _HIGH:
        text = NNBSP + text
    if text[0] == ":" and before and before not in NNBSP + NBSP and (len(text) == 1 or text[1] in _CLOSERS):
        text = NBSP + text
    text = _ELISION.sub("’", text)  # the reader did so in chapters, not in titles of manifests and labels
    text = _HIGH_MARKS.sub(_high_space, text)
    text = _COLON.sub(NBSP + ":", text)
    text = _OPENING.sub("«" + NBSP, text)
    text = _CLOSING.sub(NBSP + "»", text)
    return text.replace("«" + NBSP + NBSP + "»", "«" + NBSP + "»")


def _high_space(found: re.Match[str]) -> str:
    text, start, end = found.string, found.start(), found.end()
    marks = found.group(1)
    spaced = found.group(0) != marks
    previous = text[start - 1] if start else ""
    following = text[end] if end < len(text) else ""
    if not previous and not spaced:
        return marks
    if spaced:
        return NNBSP + marks
    if previous in "(" + _HIGH or previous == "[":
        return marks
    if following and following not in _CLOSERS + ".,—–-" + NBSP + NNBSP:
        return marks  # inside a word or an address: "a;b", "x?y"
    return NNBSP + marks


_MARK = re.compile(f"[{_HIGH}:'«»]")  # beside which something may have to be put right
_HIGH_MARKS = re.compile(f"(?<![{NBSP}{NNBSP} ])[{NBSP}{NNBSP} ]*+([{_HIGH}]+)")
_COLON = re.compile(rf"(?<=[\w{re.escape(_CLOSERS)}%°])[{NBSP}{NNBSP} ]*:(?=$|[\s{re.escape(_CLOSERS)}])")
_OPENING = re.compile(f"«[{NBSP}{NNBSP} ]*(?=\\S)")
_CLOSING = re.compile(f"(?<=\\S)[{NBSP}{NNBSP} ]*»")
_ELISION = re.compile(r"(?<=\w)'(?=\w|[«“])")
# Two no-break spaces meet where one was typed and one is set.
_RUN = re.compile(f"(«?)[{NBSP}{NNBSP}]{{2,}}([{_HIGH}]?)")


def _one_space(found: re.Match[str]) -> str:
    return found.group(1) + (NNBSP if found.group(2) else NBSP) + found.group(2)


def _merge(nodes: list[Inline]) -> list[Inline]:
    out: list[Inline] = []
    for node in nodes:
        if node["t"] == "Str" and out and out[-1]["t"] == "Str":
            out[-1] = string(out[-1]["c"] + node["c"])
        elif node["t"] == "Space" and out and out[-1] == SPACE:
            continue
        else:
            out.append(node)
    return [
        string(_RUN.sub(_one_space, node["c"])) if node["t"] == "Str" and _RUN.search(node["c"]) else node
        for node in out
    ]


def _last_char(nodes: list[Inline]) -> str:
    """The last character printed so far, "" at the beginning, after a space, or after what is no text."""
    for node in reversed(nodes):
        match node["t"]:
            case "Str":
                return node["c"][-1:]
            case "Space" | "SoftBreak" | "LineBreak":
                return ""
            case "Note":
                continue
            case "Code" | "Math":
                return node["c"][1][-1:]
            case "RawInline":
                continue
            case "Link" | "Span" | "Cite" | "Quoted":
                inner = _last_char(node["c"][1])
            case "Image":
                return ""
            case _:
                inner = _last_char(node["c"])
        if inner:
            return inner
    return ""


def _first_text(node: Inline) -> str:
    match node["t"]:
        case "Str":
            return node["c"]
        case "Link" | "Span" | "Cite":
            return _first_text(node["c"][1][0]) if node["c"][1] else ""
        case "Emph" | "Strong" | "Underline" | "Strikeout" | "SmallCaps" | "Superscript" | "Subscript":
            return _first_text(node["c"][0]) if node["c"] else ""
    return ""
