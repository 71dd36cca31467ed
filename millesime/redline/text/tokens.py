"""A text as a list of tokens (words, signs, spaces, formulas), each with the formatting around it.

Formatting is an attribute of words: `*pas* à pas` and `pas à pas` have the
same leaves, of which one is wrapped. So words are matched first, whatever
their formatting, and where their wrappers differ the formatting changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from millesime.markup.ast import Inline
from millesime.markup.normalise import equality_key
from millesime.redline.text.words import is_unseen, is_word, pieces, visible

NO_BREAK = "\u00a0\u202f"  # no-break space, narrow no-break space


@dataclass(slots=True)
class Leaf:
    """The least thing that is marked: a word, a sign, a space, an image, a formula."""

    key: str  # what it says; formatting and typography are levelled
    node: Inline
    words: int  # 0 for a sign or space
    is_space: bool = False
    text: str = ""  # of a word or sign

    @property
    def says(self) -> str:
        """Return what tells typographic variants of one key apart."""
        return self.text if self.text else self.node["t"]


@dataclass(slots=True)
class Wrap:
    """An emphasis, link or other wrapper around leaves `start` to `stop`."""

    key: str
    node: Inline
    start: int
    stop: int
    items: list = field(default_factory=list)  # of int (a leaf's index) and Wrap


@dataclass(slots=True)
class Text:
    """Inlines as a tree: `items` hold wrappers and indices into `leaves`."""

    leaves: list[Leaf]
    items: list


class Lexicon:
    """How strings are cut into leaves, each once: most words of a book stand there many times."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[str, Inline, int, bool, str]]] = {}

    def leaves(self, text: str) -> list[Leaf]:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = [_string_leaf(part) for part in _parted(text)]
        return [Leaf(*fields) for fields in known]


def read_text(inlines: Sequence[Inline], lexicon: Lexicon) -> Text:
    """Return inlines as leaves and the wrappers around them; nothing is lost."""
    leaves: list[Leaf] = []
    text = Text(leaves, _read(inlines, "", leaves, lexicon))
    for before, space, after in zip(leaves, leaves[1:], leaves[2:], strict=False):
        if space.is_space and (before.text == "«" or after.text == "»"):
            space.is_space = False  # a part of the quote, not what parts two words
            space.key += "»"
    return text


_PLAIN_WRAPS = frozenset({"Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps"})
_OTHER_WRAPS = frozenset({"Quoted", "Link", "Span"})
WRAPS = _PLAIN_WRAPS | _OTHER_WRAPS


def _read(inlines: Sequence[Inline], path: str, leaves: list[Leaf], lexicon: Lexicon) -> list:
    items: list = []
    for node in inlines:
        kind = node["t"]
        if kind == "Str":
            found = lexicon.leaves(node["c"])
            items += range(len(leaves), len(leaves) + len(found))
            leaves += found
        elif kind == "Space":
            items.append(len(leaves))
            leaves.append(Leaf(" ", node, 0, is_space=True))
        elif (kind in _PLAIN_WRAPS and node["c"]) or (kind in _OTHER_WRAPS and node["c"][1]):
            inner = f"{path}{_wrap_key(node)}\n"
            wrap = Wrap(inner, node, len(leaves), 0)
            wrap.items = _read(children_of(node), inner, leaves, lexicon)
            wrap.stop = len(leaves)
            items.append(wrap)
        else:
            items.append(len(leaves))
            leaves.append(Leaf(f"{kind}\t{equality_key(node)}", node, int(not is_unseen(node))))
    return items


# Signs that one author types as another: apostrophes, dashes and the minus sign.
_LEVELS = str.maketrans(dict.fromkeys("’ʼ", "'") | dict.fromkeys("‐‑‒–−", "-"))
_SPACES = re.compile(f"([{NO_BREAK}])")


def _parted(text: str) -> list[str]:
    """Return a string cut into pieces; a no-break space is one of its own, also inside a number."""
    if text.isascii() or not _SPACES.search(text):
        return pieces(text)
    return [piece for part in _SPACES.split(text) if part for piece in pieces(part)]


def _string_leaf(text: str) -> tuple[str, Inline, int, bool, str]:
    """Return the fields of a `Leaf`."""
    node = {"t": "Str", "c": text}
    if text in NO_BREAK:
        return " ", node, 0, True, text
    return visible(text.translate(_LEVELS)), node, int(is_word(text)), False, text


def children_of(node: Inline) -> list[Inline]:
    return node["c"] if node["t"] in _PLAIN_WRAPS else node["c"][1]


def with_children(node: Inline, children: list[Inline]) -> Inline:
    if node["t"] in _PLAIN_WRAPS:
        return {"t": node["t"], "c": children}
    first, _, *rest = node["c"]
    return {"t": node["t"], "c": [first, children, *rest]}


def _wrap_key(node: Inline) -> str:
    if node["t"] in _PLAIN_WRAPS:
        return node["t"]
    first, _, *rest = node["c"]
    return node["t"] + equality_key([first, *rest])
