"""Split a piece of HTML into tokens: tags, texts, comments, and tags that no page of text may have.

One pass from left to right, so that time grows with length whatever stands in
a piece (`<!--` or `<a ` thirty thousand times). No character is lost: a tag or
comment that nobody closes is text. The states follow
https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

# Elements that a page of text may contain: https://html.spec.whatwg.org/
KNOWN_TAGS = frozenset(
    "a abbr address article aside b bdi bdo blockquote br caption center cite code col colgroup data dd "
    "del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img "
    "ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source span strike "
    "strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
# Of those, the elements that stand between paragraphs or hold them.
BLOCK_TAGS = frozenset(
    "address article aside blockquote caption center col colgroup dd details div dl dt figcaption figure footer h1 h2 "
    "h3 h4 h5 h6 header hgroup hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_RAW_TEXT = frozenset("script style textarea title xmp iframe noembed noframes plaintext".split())
_UNCLOSED_TAGS = 8  # tags without an end in a piece; after them no further one is looked for

_TAG_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_TAG_PART = re.compile(
    r"""[\s/]+|(?P<end>>)|(?P<name>[^\s/>=][^\s/>=]*)\s*(?:=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'"""
    r"""|(?P<bare>[^\s>"'][^\s>]*)|(?=>)))?|="""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token and the characters that it was made of."""

    kind: str  # "open", "close", "text", "comment"; "foreign": not an element of a page of text
    source: str
    tag: str = ""  # in lower case
    attributes: dict[str, str] = field(default_factory=dict)  # names in lower case; the first of two alike
    text: str = ""  # of a text, character references resolved


def html_tokens(html: str) -> list[Token]:
    """Return the tokens of a piece of HTML; their sources are the piece.

    An unknown element that is closed in the same piece is one foreign token,
    with all that it holds.
    """
    return _with_foreign(list(_tokens(html)))


def without_comments(html: str) -> str:
    """Return HTML without comments, document types and processing instructions."""
    if "<!" not in html and "<?" not in html:
        return html
    return "".join(token.source for token in _tokens(html) if token.kind != "comment")


def text_of_tags(html: str) -> str:
    """Return what a piece of HTML says without its tags."""
    return "".join(token.text for token in _tokens(html) if token.kind == "text").strip("\n")


def tags_alone(html: str) -> list[Token] | None:
    """Return the tags and comments that a piece consists of; None if text stands beside them."""
    tokens = list(_tokens(html))
    if any(token.kind == "text" and token.text.strip() for token in tokens):
        return None
    return [token for token in tokens if token.kind != "text"]


def _tokens(html: str) -> Iterator[Token]:
    lowered: str | None = None
    missing: set[str] = set()  # ends that do not come any more: looking for each once keeps time linear
    unclosed = 0
    start = place = 0

    def find(mark: str, at: int) -> int:
        if mark in missing:
            return -1
        found = html.find(mark, at)
        if found < 0:
            missing.add(mark)
        return found

    while (place := html.find("<", place)) >= 0:
        token: Token | None = None
        if html.startswith("<!--", place):
            # `<!-->` is a comment as well.
            end = place + 5 if html.startswith("<!-->", place) else find("-->", place + 4) + 3
            if end > 2:
                token = Token(kind="comment", source=html[place:end])
        elif html.startswith("<![CDATA[", place):
            end = find("]]>", place + 9)
            if end >= 0:
                token = Token(kind="text", source=html[place : end + 3], text=html[place + 9 : end])
        elif html.startswith(("<!", "<?"), place):
            end = find(">", place)
            if end >= 0:
                token = Token(kind="comment", source=html[place : end + 1])
        elif unclosed < _UNCLOSED_TAGS and (name := _TAG_NAME.match(html, place)):
            token = _tag(html, place, name)
            unclosed += token is None
        if token is None:
            place += 1
            continue
        if start < place:
            yield _text(html[start:place])
        start = place = place + len(token.source)
        yield token
        if token.kind == "open" and token.tag in _RAW_TEXT:
            lowered = html.lower() if lowered is None else lowered
            # A letter may grow in lower case: then tags are looked for as they stand.
            closing, haystack = f"</{token.tag}", lowered if len(lowered) == len(html) else html
            end = haystack.find(closing, place) if closing not in missing else -1
            if end < 0:
                missing.add(closing)
            elif end > place:
                yield _text(html[place:end])
                start = place = end
    if start < len(html):
        yield _text(html[start:])


def _text(source: str) -> Token:
    return Token(kind="text", source=source, text=unescape(source))


def _tag(html: str, start: int, name: re.Match[str]) -> Token | None:
    """Return the tag that begins here; None if it has no end."""
    tag, attributes, place = name[1].lower(), {}, name.end()
    while found := _TAG_PART.match(html, place):
        place = found.end()
        if found["end"]:
            kind = "close" if html.startswith("</", start) else "open"
            return Token(kind=kind, source=html[start:place], tag=tag, attributes=attributes)
        if found["name"]:
            value = found["double"] or found["single"] or found["bare"] or ""
            attributes.setdefault(found["name"].lower(), unescape(value))
    return None


def _with_foreign(tokens: list[Token]) -> list[Token]:
    """Return tokens with each unknown element, its content and its end as one."""
    ends: dict[int, int] = {}  # index of an opening tag -> index of its closing tag
    waiting: dict[str, list[int]] = {}
    for index, token in enumerate(tokens):
        if token.kind in ("open", "close") and token.tag not in KNOWN_TAGS:
            if token.kind == "open":
                waiting.setdefault(token.tag, []).append(index)
            elif waiting.get(token.tag):
                ends[waiting[token.tag].pop()] = index
    out: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind in ("open", "close") and token.tag not in KNOWN_TAGS:
            end = ends.get(place, place)
            source = "".join(part.source for part in tokens[place : end + 1])
            out.append(Token(kind="foreign", source=source, tag=token.tag))
            place = end + 1
        else:
            out.append(token)
            place += 1
    return out
