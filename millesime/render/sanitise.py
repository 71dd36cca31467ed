"""Turn untrusted HTML into a well-formed tree of known elements.

Three sieves: `filter_raw` takes one raw node of a source, so that an unclosed
tag cannot swallow what follows; nh3 parses the whole text as browsers do and
drops what is not on the lists; `parse_fragment` builds the tree. Text is never
lost, only the content of `script` and `style`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from html.parser import HTMLParser

import nh3
from lxml import etree

from millesime.assembly.references import SAFE_SCHEMES
from millesime.markup.sizes import asked_size
from millesime.markup.source_names import AUTHORS_KEYS, source_classes

MATHML = "http://www.w3.org/1998/Math/MathML"
MAX_DEPTH = 100  # deeper elements are dropped and their text stays: readers fail on such trees

MATH_TAGS = frozenset(
    "math merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt "
    "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics annotation menclose".split()
)
PHRASING = frozenset(
    "a abbr b bdi bdo br cite code del dfn em i img ins kbd mark q s samp small span strong sub sup u var wbr".split()
)
_BLOCKS = frozenset(
    "blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre section "
    "summary table tbody td tfoot th thead tr ul".split()
)
VOID = frozenset({"br", "col", "hr", "img", "wbr"})

# Old and sectioning elements stand for what they look like; the page has its own landmarks.
_RENAMED = {
    "acronym": "abbr",
    "address": "div",
    "article": "div",
    "aside": "div",
    "center": "div",
    "dir": "ul",
    "fieldset": "div",
    "footer": "div",
    "form": "div",
    "header": "div",
    "hgroup": "div",
    "legend": "p",
    "main": "div",
    "menu": "ul",
    "nav": "div",
    "section": "div",
    "strike": "s",
    "tt": "code",
    "listing": "pre",
    "xmp": "pre",
    "search": "div",
}
_EMBEDS = frozenset({"iframe", "video", "audio", "embed", "source", "object"})
_CONTENT_DROPPED = frozenset({"script", "style"})

_MATH_ATTRIBUTES = frozenset(
    "accent accentunder align columnalign columnlines columnspacing columnspan denomalign depth display displaystyle "
    "fence form height largeop linethickness lspace mathvariant maxsize minsize movablelimits notation numalign "
    "rowalign rowlines rowspacing rowspan rspace scriptlevel separator stretchy symmetric voffset width".split()
)
_ATTRIBUTES = {
    "*": {
        "id",
        "class",
        "lang",
        "dir",
        "title",
        "style",
        "align",
        "role",
        "data-sector",
        "data-move",
        "data-wrapper",
        "data-list",
    },
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "annotation": {"encoding"},
    **{tag: set(_MATH_ATTRIBUTES) for tag in MATH_TAGS - {"annotation"}},
}

_CLEANER = nh3.Cleaner(
    tags=set(PHRASING | _BLOCKS | MATH_TAGS | {"section"}),
    clean_content_tags=set(_CONTENT_DROPPED),
    attributes=_ATTRIBUTES,
    url_schemes=set(SAFE_SCHEMES),
    link_rel=None,
    strip_comments=True,
)

# What XML 1.0 forbids (https://www.w3.org/TR/xml/#charsets), C1 controls and noncharacters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)


# Bytes of UTF-8 that no forbidden character has, and those of the C1 controls.
_HARMLESS = bytes({*range(0x20, 0x7F), *range(0x80, 0xED), 0xEE, *b"\t\n\r"})
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


def replace_forbidden(text: str) -> str:
    """Return the text with characters that XML cannot hold shown as U+FFFD."""
    return text if _is_harmless(text) else _FORBIDDEN.sub("\ufffd", text)


def _is_harmless(text: str) -> bool:
    """Whether a text surely holds no forbidden character, told from its bytes: ten times as fast as from itself."""
    content = text.encode("utf-8", "surrogatepass")
    return not content.translate(None, _HARMLESS) and _C1.search(content) is None


def parse_fragment(html: str) -> etree._Element:
    """Return a `div` holding the sanitised fragment; MathML is in its namespace."""
    cleaned = _CLEANER.clean(replace_forbidden(html))
    root = _parse_as_xml(cleaned)
    if root is not None:
        return root
    builder = _TreeBuilder()
    builder.feed(cleaned)
    builder.close()
    return builder.root


def _parse_as_xml(html: str) -> etree._Element | None:
    """Return what `_TreeBuilder` would make of what nh3 wrote, which is nearly XML; None if it is not near enough."""
    if "<math" in html or "\r" in html or _BREAK_IN_VALUE.search(html) or not _is_harmless(html):
        return None
    text = _VOID_TAG.sub(r"<\1/>", html.replace("&nbsp;", "\u00a0"))
    try:
        root = etree.fromstring(f"<div>{text}</div>", _XML)
    except etree.XMLSyntaxError:
        return None
    return None if _IS_DEEP(root) else root


_XML = etree.XMLParser(resolve_entities=False, no_network=True)
_VOID_TAG = re.compile(rf"""<((?:{"|".join(sorted(VOID))})(?:\s(?:[^">]|"[^"]*")*)?)>""")
_BREAK_IN_VALUE = re.compile(r"""<[a-z][^>"]*(?:"[^"\n\t]*"[^>"]*)*"[^"]*[\n\t]""")  # which XML takes for spaces
_IS_DEEP = etree.XPath(f"boolean(//*[count(ancestor::*) > {MAX_DEPTH}])")


def filter_raw(html: str, show_image: Callable[[str, str], str]) -> str:
    """Return one raw node's HTML with known tags only.

    `show_image(src, alt)` returns the HTML that stands for an `img`.
    """
    parser = _RawFilter(show_image)
    parser.feed(html)
    parser.close()
    return "".join(parser.out)


class _RawFilter(HTMLParser):
    def __init__(self, show_image: Callable[[str, str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._show_image = show_image
        self._dropping = ""

    def handle_starttag(self, tag, attrs):
        if tag in _CONTENT_DROPPED:
            self._dropping = tag
            return
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            shown = self._show_image(values.get("src", ""), values.get("alt", ""))
            size = asked_size(values)
            sides = [f' {name}="{side}"' for name, side in (("width", size.width), ("height", size.height)) if side]
            self.out.append(shown.replace("<img", f"<img{''.join(sides)}", 1) if shown.startswith("<img ") else shown)
            return
        if tag in _EMBEDS:
            self._show_embed(values.get("src") or values.get("data") or "")
            return
        if tag == "center":
            values["class"] = f"{values.get('class', '')} center"
        tag = _raised(_RENAMED.get(tag, tag))
        if tag in PHRASING or tag in _BLOCKS:
            written = "".join(f' {name}="{escape(value)}"' for name, value in _source_attributes(values))
            self.out.append(f"<{tag}{written}>")

    def handle_startendtag(self, tag, attrs):
        # `<script/>` does not close itself in HTML, and `<div/>` opens: only void elements end here.
        if tag not in _CONTENT_DROPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag == self._dropping:
            self._dropping = ""
        tag = _raised(_RENAMED.get(tag, tag))
        if (tag in PHRASING or tag in _BLOCKS) and tag not in VOID or tag == "br":
            self.out.append("<br>" if tag == "br" else f"</{tag}>")

    def handle_data(self, data):
        if not self._dropping:
            self.out.append(escape(data, quote=False))

    def unknown_decl(self, data):  # <![CDATA[…]]>
        self.handle_data(data.removeprefix("CDATA["))

    def _show_embed(self, source: str) -> None:
        # What cannot be embedded is at least named.
        if source.startswith(("https://", "http://")):
            self.out.append(f'<a class="embedded" href="{escape(source)}">{escape(source)}</a> ')


def _source_attributes(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield a tag's attributes; classes, and attributes that HTML leaves to its authors, as a document holds them."""
    for name, value in values.items():
        if not _ATTRIBUTE.match(name) or name.startswith("data-") and name not in AUTHORS_KEYS:
            continue
        yield name, " ".join(source_classes(value)) if name == "class" else value


_ATTRIBUTE = re.compile(r"[a-z][a-z-]*$")


def _raised(tag: str) -> str:
    """A raw h1 would be a second title of its page."""
    return "h2" if tag == "h1" else tag


class _TreeBuilder(HTMLParser):
    """Reads what nh3 wrote: balanced, every attribute quoted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = etree.Element("div")
        self._open: list[tuple[str, etree._Element]] = [("", self.root)]
        self._math = 0  # depth inside math
        self._dropped = 0  # elements below MAX_DEPTH that were opened and not built

    def handle_starttag(self, tag, attrs):
        if len(self._open) > MAX_DEPTH and tag not in VOID:
            self._dropped += 1
            return
        math = tag == "math" or self._math
        parent = self._open[-1][1]
        name = f"{{{MATHML}}}{tag}" if math else tag
        element = etree.SubElement(parent, name, nsmap={None: MATHML} if tag == "math" else None)
        for key, value in attrs:
            if key != "xmlns":
                element.set(key, replace_forbidden(value or ""))
        if tag not in VOID:
            self._open.append((tag, element))
            self._math += bool(math)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if self._dropped:
            self._dropped -= 1
        elif len(self._open) > 1:
            self._open.pop()
            self._math -= bool(self._math)

    def handle_data(self, data):
        data = replace_forbidden(data)
        parent = self._open[-1][1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data
