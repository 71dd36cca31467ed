"""Find characters that no installed font has, before layout, and spell out their codes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

import lxml.html
from lxml import etree


def rare_characters(book: etree._Element) -> str:
    """Return the characters of a book that not every font has, each once, in their order."""
    letters = set().union(*book.itertext())
    return "".join(sorted(letter for letter in letters if ord(letter) > 0x24F and _is_drawn(letter)))


def find_missing(rare: str, print_proof: Callable[[etree._Element], Iterable[str]]) -> tuple[str, ...]:
    """Return which of these characters no font has, in their order, by printing all once on a page of their own.

    `print_proof` prints a tree and returns what the engine said about it.
    """
    if not rare:
        return ()
    proof = lxml.html.document_fromstring("<html lang='en'><title>-</title><body><p></p></body></html>")
    proof.find(".//p").text = " ".join(rare)
    said = print_proof(proof)
    return tuple(sorted({chr(int(code, 16)) for note in said if ".notdef" in note for code in _CODE.findall(note)}))


def shown_of(book: etree._Element, missing: Iterable[str]) -> tuple[str, ...]:
    """Return which of some characters are read, and not only found by a search, as the text behind a formula is."""
    hidden = Counter("".join("".join(one.itertext()) for one in book.iterfind(".//span[@class='formula-text']")))
    everywhere = Counter("".join(book.itertext()))
    return tuple(letter for letter in missing if everywhere[letter] > hidden[letter])


def missing_note(missing: Iterable[str]) -> str:
    return f"no font for {' '.join(missing)}; install fonts-noto-core, fonts-noto-cjk or the like"


def _is_drawn(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf", "Zs", "Zl", "Zp") and not 0xFE00 <= ord(letter) <= 0xFE0F


_CODE = re.compile(r"U\+([0-9A-Fa-f]{4,6})")


def spell_out(book: etree._Element, missing: Iterable[str]) -> None:
    """Write characters that cannot be printed as their code: a box would hide which one it was, and fails PDF/UA."""
    codes = {ord(letter): f"[U+{ord(letter):04X}]" for letter in missing}
    if not codes:
        return
    holds_one = re.compile(f"[{re.escape(''.join(map(chr, codes)))}]").search
    for element in book.iter(etree.Element):
        if (text := element.text) and holds_one(text):
            element.text = text.translate(codes)
        if (text := element.tail) and holds_one(text):
            element.tail = text.translate(codes)
    for element in book.iterfind(".//*[@data-running]"):
        element.set("data-running", element.get("data-running").translate(codes))
