"""The words of a page as its index should know them: "eau" in "l’eau", "oeuvre" in "œuvre".

pagefind takes accents and plurals alike, and parts words at a straight
apostrophe and an ordinary hyphen, but neither at those of typeset text, nor
does it know that œ is oe. The pages that it reads are therefore written
otherwise. A word joiner (U+2060) marks what `search.js` is to put back in
excerpts; pagefind ignores it in words. What is elided and joined is listed in
both places.
"""

from __future__ import annotations

import re

from lxml import html

_JOINER = "\u2060"
_ELIDED = re.compile(
    r"\b([cdjlmnstç]|qu|jusqu|lorsqu|puisqu|quoiqu|all|coll|dall|dell|nell|sull|quest|quell)’(?=\w)", re.IGNORECASE
)
_LIGATURES = re.compile("[œŒæÆ]")
_LETTERS = {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"}
_HYPHEN = re.compile(r"(?<=\w)\u2011(?=\w)")
_TYPESET = re.compile("[’œŒæÆ\u2011]")
_UNREAD = ("script", "style")


def searchable_page(content: bytes) -> bytes:
    """Return an HTML page whose text is written as `searchable_text` writes it; its addresses stay."""
    if not _TYPESET.search(content.decode("utf-8")):
        return content
    root = html.document_fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    for element in root.iter():
        if element.text and isinstance(element.tag, str) and element.tag not in _UNREAD:
            element.text = searchable_text(element.text)
        if element.tail:
            element.tail = searchable_text(element.tail)
    return html.tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>")


def searchable_text(text: str) -> str:
    """Return text with words that pagefind finds.

    "l’eau" becomes "l’", a joiner, a space and "eau"; "œ" becomes "o", a
    joiner and "e"; a no-break hyphen becomes an ordinary one.
    """
    text = _ELIDED.sub(rf"\1’{_JOINER} ", text)
    text = _LIGATURES.sub(lambda found: _JOINER.join(_LETTERS[found[0]]), text)
    return _HYPHEN.sub("-", text)
