"""Raw HTML and TeX in a chapter: constructs that print can show are converted, the others stay as visible text.

Published text is never lost: pandoc drops raw TeX from HTML and raw HTML from
DOCX without a word. What is left as `RawInline`/`RawBlock` after this stage
are HTML tags inside a line that mean something (`<abbr>`); renderers sanitise
them. Tags between and around paragraphs became nodes when the text was read
(`markup/raw_html.py`). `Code.foreign` and `CodeBlock.foreign` are reported by checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from millesime.assembly.shown_attributes import PAGE_BREAK, has_break_style
from millesime.markup.ast import (
    Block,
    Inline,
    Node,
    attr,
    attr_of,
    code,
    div,
    rewrite,
    rewrite_inlines,
    span,
    string,
    text_of,
    with_attr,
)
from millesime.markup.html_tokens import KNOWN_TAGS, Token, html_tokens, tags_alone, text_of_tags, without_comments
from millesime.markup.sizes import asked_size
from millesime.markup.source_names import source_classes

# TeX that breaks a page or spaces a line and prints nothing.
_TEX_BREAK = re.compile(r"\\(newpage|clearpage|cleardoublepage|pagebreak)(\[\d\])?\s*")
_TEX_SILENT = re.compile(
    r"\\(newpage|clearpage|cleardoublepage|pagebreak|noindent|bigskip|medskip|smallskip|hfill|vfill|null)\b(\[\d\])?\s*"
)
_EQUATION = re.compile(
    r"\\begin\{((?:equation|displaymath|align|eqnarray|gather|multline)\*?)\}(.*)\\end\{\1\}", re.DOTALL
)
_EQUATION_LABEL = re.compile(r"\\label\{[^}]*\}|\(\\#[^)]*\)|\\(?:nonumber|notag)\b")
# XML 1.0, 2.2: characters that no document may contain, C1 controls and lone surrogates: as in `sanitise`.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# The line and paragraph separators of Unicode end a line, which engines of print know from HTML alone.
_SEPARATORS = re.compile("[\u2028\u2029]")
_UNPRINTED = re.compile(f"{_FORBIDDEN.pattern}|{_SEPARATORS.pattern}")
_SETTLED = frozenset(
    {"RawInline", "RawBlock", "Str", "Code", "CodeBlock", "Math", "Link", "Image", "Span", "Div", "Header"}
)
# Marks that must be resolved by whoever reads them aloud: bidi overrides and isolates are kept, see checks.


def settle_foreign(blocks: list[Block]) -> list[Block]:
    """Return blocks whose raw nodes are all HTML tags with a meaning in a page of text.

    Pairs of tags around text become nodes of their own (`<a id>`, `<sup>`,
    `<kbd>`), so that every format has them.
    """
    tags = False

    def settle(node: Node) -> Node | list[Node]:
        nonlocal tags
        if node["t"] == "Str":  # most of a book
            return _printable(node)
        settled = _settle(node)
        tags = tags or isinstance(settled, list) and any(one["t"] == "RawInline" for one in settled)
        return settled

    settled = rewrite(blocks, settle, kinds=_SETTLED)
    return rewrite_inlines(settled, _pair_tags) if tags else settled


def _pair_tags(inlines: list[Inline]) -> list[Inline]:
    """Replace an opening tag, what follows and its closing tag by one node; innermost pairs first."""
    out: list[Inline] = []
    open_tags: list[tuple[str, int, Inline]] = []  # tag, index in out, the opening node
    for node in inlines:
        tag = _single_tag(node)
        if tag is None:
            out.append(node)
        elif not tag.startswith("/"):
            if len(open_tags) < _MAX_OPEN:
                open_tags.append((tag, len(out), node))
            out.append(node)
        elif any(tag[1:] == name for name, _, _ in open_tags):
            while open_tags:
                name, at, opening = open_tags.pop()
                if name == tag[1:]:
                    inner = out[at + 1 :]
                    del out[at:]
                    out += _paired(name, opening, inner) or [opening, *inner, node]
                    break
        else:
            out.append(node)
    return out


_MAX_OPEN = 20  # nodes stand in one another no deeper


def _single_tag(node: Inline) -> str | None:
    """The name of the one tag a raw inline consists of, "/a" for a closing one."""
    if node["t"] != "RawInline":
        return None
    tags = tags_alone(node["c"][1])
    if not tags or len(tags) > 1 or tags[0].kind == "comment" or tags[0].source.endswith("/>"):
        return None
    return ("/" if tags[0].kind == "close" else "") + tags[0].tag


_NODE_OF = {
    "em": "Emph",
    "i": "Emph",
    "strong": "Strong",
    "b": "Strong",
    "sup": "Superscript",
    "sub": "Subscript",
    "s": "Strikeout",
    "strike": "Strikeout",
    "del": "Strikeout",  # an author's own: it says nothing of editions
    "u": "Underline",
    "ins": "Underline",
}


def _paired(name: str, opening: Inline, inner: list[Inline]) -> list[Inline] | None:
    """The node for a pair of tags, or None where pandoc's AST has no word for it."""
    found = _attributes(opening["c"][1])
    if name in _NODE_OF:
        return [{"t": _NODE_OF[name], "c": inner}]
    if name == "q":  # whose marks HTML leaves to the browser
        quoted = {"t": "Quoted", "c": [{"t": "DoubleQuote"}, inner]}
        pairs = _language(found)
        return [span([quoted], ident=found.get("id", ""), pairs=pairs)] if pairs or found.get("id") else [quoted]
    ident, classes = found.get("id") or found.get("name", ""), source_classes(found.get("class", ""))
    if name == "a":
        if found.get("href"):
            return [{"t": "Link", "c": [attr(ident, classes), inner, [found["href"], found.get("title", "")]]}]
        return [span(inner, ident=ident, classes=classes)] if ident else inner
    if name in ("code", "tt", "samp") and all(node["t"] in ("Str", "Space", "SoftBreak") for node in inner):
        return [code(text_of(inner), attr(ident, classes))]
    if name in ("span", "kbd", "mark", "small", "var", "dfn", "cite"):
        extra = [name] if name != "span" else []
        return [span(inner, ident=ident, classes=[*extra, *classes], pairs=_language(found))]
    return None


def _language(found: dict[str, str]) -> list[tuple[str, str]]:
    return [("lang", found["lang"])] if found.get("lang") else []


def _attributes(text: str) -> dict[str, str]:
    """The attributes of the first tag of a fragment."""
    return next((token.attributes for token in html_tokens(text) if token.kind == "open"), {})


def _settle(node: Node) -> Node | list[Node]:
    match node["t"]:
        case "RawInline":
            return _settle_inline(*node["c"])
        case "RawBlock":
            return _settle_block(*node["c"])
        case "Code" | "CodeBlock" | "Math":
            return _printable(node)
        case "Image":
            return _printable_attributes(_plain_description(node))
        case "Link" | "Span" | "Div" | "Header":
            return _printable_attributes(node)
    return node


def _plain_description(image: Node) -> Node:
    """Return an image without tags in its description: an attribute holds text alone."""

    def change(node: Node) -> list[Node]:
        return [string(text_of_tags(node["c"][1]))]

    attributes, description, target = image["c"]
    return {"t": "Image", "c": [attributes, rewrite(description, change, kinds={"RawInline"}), target]}


def _printable(node: Node) -> Node | list[Node]:
    """Characters that XML forbids are shown as U+FFFD, the replacement character; separators of Unicode end a line."""
    text = node["c"] if node["t"] == "Str" else node["c"][1]
    if not _UNPRINTED.search(text):
        return node
    text = _FORBIDDEN.sub("\ufffd", text)
    if node["t"] != "Str":
        return {"t": node["t"], "c": [node["c"][0], _SEPARATORS.sub("\n", text)]}
    first, *others = _SEPARATORS.split(text)
    return [string(first), *(one for line in others for one in ({"t": "LineBreak"}, string(line)))]


def _printable_attributes(node: Node) -> Node:
    """The same for addresses, titles and attributes, which Word files hold as they are."""
    found = attr_of(node)
    assert found is not None
    ident, classes, pairs = found
    said = [ident, *classes, *(value for _, value in pairs)]
    target = node["c"][2] if node["t"] in ("Link", "Image") else []
    if not _UNPRINTED.search("".join([*said, *target])):
        return node

    def shown(text: str) -> str:
        return _SEPARATORS.sub(" ", _FORBIDDEN.sub("\ufffd", text))

    node = with_attr(node, [shown(ident), [*map(shown, classes)], [[key, shown(value)] for key, value in pairs]])
    if target:
        node["c"][2] = [shown(part) for part in target]
    return node


def _settle_inline(kind: str, text: str) -> list[Inline]:
    if kind == "html":
        text = without_comments(text)
        if not text.strip():
            return []
        tags = tags_alone(text) or []
        if images := _images(tags):
            return images
        if tags and all(tag.tag == "br" for tag in tags):
            return [span([], classes=[PAGE_BREAK]) if has_break_style(text) else {"t": "LineBreak"}]
        if tags and all(tag.tag in KNOWN_TAGS for tag in tags):
            return [{"t": "RawInline", "c": ["html", _FORBIDDEN.sub("\ufffd", text)]}]
    if kind in ("tex", "latex") and not _TEX_SILENT.sub("", text).strip():
        return [span([], classes=[PAGE_BREAK])] if _TEX_BREAK.search(text) else []
    if kind in ("tex", "latex") and (formula := _formula(text)):
        return [formula]
    return [_printable(code(text, attr("", ["foreign"], [("format", kind)])))]


def _settle_block(kind: str, text: str) -> list[Block]:
    if kind == "html":
        text = without_comments(text)
        if not text.strip():
            return []
    if kind in ("tex", "latex") and not _TEX_SILENT.sub("", text).strip():
        return [div([], classes=[PAGE_BREAK])] if _TEX_BREAK.search(text) else []
    if kind in ("tex", "latex") and (formula := _formula(text)):
        return [{"t": "Para", "c": [formula]}]
    return [_printable({"t": "CodeBlock", "c": [attr("", ["foreign"], [("format", kind)]), text]})]


def _formula(text: str) -> Inline | None:
    """An equation environment of LaTeX as display mathematics, else None."""
    found = _EQUATION.fullmatch(text.strip())
    if not found:
        return None
    name, body = found.group(1).rstrip("*"), _EQUATION_LABEL.sub("", found.group(2)).strip()
    if name != "equation" and name != "displaymath":
        body = f"\\begin{{aligned}}{body}\\end{{aligned}}"
    return {"t": "Math", "c": [{"t": "DisplayMath"}, body]}


def _images(tags: Sequence[Token]) -> list[Inline]:
    """The images of a fragment that holds nothing but `<img>` tags, else []."""
    if not all(tag.tag == "img" and tag.kind == "open" and tag.attributes.get("src") for tag in tags):
        return []
    return [_image(tag.attributes) for tag in tags]


def _image(found: Mapping[str, str]) -> Inline:
    size = asked_size(found)
    kept = [(name, str(side)) for name, side in (("width", size.width), ("height", size.height)) if side]
    alternative = [string(found["alt"])] if found.get("alt") else []
    attributes = attr(found.get("id", ""), source_classes(found.get("class", "")), kept)
    return {"t": "Image", "c": [attributes, alternative, [found["src"], found.get("title", "")]]}
