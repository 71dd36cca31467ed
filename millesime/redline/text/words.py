"""Split text into words: one way for comparing, one for counting."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_NO_BREAK = "\u00a0\u202f"
# Scripts that put no space between words; each sign of theirs is a word: kana, and Chinese characters.
_UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# In this order, at each place: an amount, date or version whole ("1 000 €", "2018-07-03"); a French
# elision before its word ("l'", "qu'"), so that only the noun is marked; a word with what holds it
# together ("peut-être", "aujourd'hui", an address); no-break spaces; any other sign by itself.
_PIECE = re.compile(
    rf"[+\-−]?\d(?:[\w.,:/\-–’'{_NO_BREAK}]*\w)?(?:[{_NO_BREAK}]?(?:°[CF]\b|[%‰€$£°]))?"
    r"|°[CF]\b"
    r"|(?:[cdjlmnst]|(?:jus|lors|puis|quoi|quel|pres)?qu)['’](?=\w)"
    r"|\w(?:[\w'’\-‑./:@&+#?=%~]*\w)?"
    rf"|[{_NO_BREAK}]+"
    r"|.",
    re.IGNORECASE | re.DOTALL,
)
_UNSPACED_SIGN = re.compile(f"([{_UNSPACED}])")
# Signs that no reader sees: soft hyphens, joiners, places where a line may break, marks of direction, fillers, signs
# that choose the form of another (Unicode's default ignorable code points).
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")


def pieces(text: str) -> list[str]:
    """Return a string cut into words, elisions, numbers and signs; joined they are the string."""
    if text.isascii():
        return _PIECE.findall(text)
    found = [piece for part in _UNSPACED_SIGN.split(text) for piece in _PIECE.findall(part)]
    return found if len(found) == 1 else _joined(found)


def _joined(found: list[str]) -> list[str]:
    # A combining mark, variation selector or joiner belongs to the sign before it, and joins the next word.
    out: list[str] = []
    for piece in found:
        if out and (_joins(piece[0]) or (_joins(out[-1][-1]) and piece[0].isalnum())):
            out[-1] += piece
        else:
            out.append(piece)
    return out


def _joins(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M" or _INVISIBLE.match(sign) is not None


def visible(text: str) -> str:
    """Return a text without the signs that no reader sees."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def is_word(piece: str) -> bool:
    """Whether a piece has a letter or digit: is not punctuation alone."""
    return piece.isalnum() or any(map(str.isalnum, piece))


def as_read(text: str) -> str:
    """Return a text of one line without differences that no reader sees: invisible signs, kinds of spaces."""
    return " ".join(visible(text).split())


def text_words(value: Any) -> list[str]:
    """Return the words of a subtree in reading order, cut at white space; code counts, and raw text that readers see.

    Where no white space parts words, as in Chinese, each sign is one, with the
    punctuation beside it.
    """
    parts: list[str] = []
    _collect(value, parts)
    text = "".join(parts)
    found = text.split()
    if text.isascii() or not _UNSPACED_SIGN.search(text):
        return found
    return [part for word in found for part in _UNSPACED_WORD.findall(word)]


_UNSPACED_WORD = re.compile(rf"\W*[{_UNSPACED}]\W*|(?:(?![{_UNSPACED}]).)+", re.DOTALL)


def is_unseen(node: Any) -> bool:
    """Whether no reader sees a node: an HTML comment, an anchor or a half of one, or a paragraph of nothing else.

    Nor does a reader see a string of soft hyphens or the like. An anchor,
    `<a id="here"></a>`, is an address and no text.
    """
    if not isinstance(node, dict):
        return False
    if node.get("t") in ("Para", "Plain"):
        seen = [inline for inline in node["c"] if inline["t"] not in _BLANKS]
        return bool(seen) and all(map(is_unseen, seen))
    if node.get("t") == "Str":
        return _INVISIBLE.fullmatch(node["c"]) is not None
    if node.get("t") not in ("RawInline", "RawBlock") or node["c"][0] != "html":
        return False
    return _UNSEEN.fullmatch(node["c"][1]) is not None


_UNSEEN = re.compile(
    r"""(?:\s|<!--(?:(?!-->).)*-->|<a\s+(?:id|name)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)\s*>|</a\s*>)+""",
    re.DOTALL | re.IGNORECASE,
)


def count_words(value: Any) -> int:
    return len(text_words(value))


def _collect(value: Any, parts: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                kind = item.get("t")
                if kind == "Str":  # these two are most of a book
                    parts.append(visible(item["c"]))
                elif kind == "Space":
                    parts.append(" ")
                else:
                    _collect_node(item, kind, parts)
            elif isinstance(item, list):
                _collect(item, parts)
    else:
        _collect_node(value, value.get("t"), parts)


def _collect_node(value: Any, kind: str | None, parts: list[str]) -> None:
    if kind is None:  # a citation
        for item in value.values():
            if isinstance(item, (list, dict)):
                _collect(item, parts)
    elif kind == "Str":
        parts.append(visible(value["c"]))
    elif kind in _BLANKS:
        parts.append(" ")
    elif kind in _VERBATIM:
        if not is_unseen(value):
            parts += (" ", value["c"][1], " ")
    elif kind in _SECOND:
        _collect(value["c"][1], parts)
    elif isinstance(value.get("c"), list):
        _collect(value["c"], parts)
        if kind in _LINES:
            parts.append(" ")


_BLANKS = frozenset({"Space", "SoftBreak", "LineBreak"})
_VERBATIM = frozenset({"Code", "CodeBlock", "RawInline", "RawBlock", "Math"})
_SECOND = frozenset({"Link", "Image", "Span", "Quoted", "Cite"})
_LINES = frozenset({"Para", "Plain", "Header", "LineBlock"})
