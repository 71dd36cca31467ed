"""Words, counted the same way for every tool, whatever its output looks like.

Every tool's output becomes *segments*, pairs of (sign, text) in reading
order: " " kept, "+" inserted, "-" deleted, "<" moved from here, ">" moved to
here, "x" deleted from what moved here, where "<" still has it. All figures
are taken from segments, so that no tool counts itself. Our own words module
is not used: a mistake in it must not hide itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rapidfuzz.distance import Indel

Segments = list[tuple[str, str]]

SIGNS = {"insertion": "+", "deletion": "-", "moved-to": ">", "moved-from": "<"}
_BLANKS = {"Space", "SoftBreak", "LineBreak"}
_VERBATIM = {"Code", "CodeBlock", "RawInline", "RawBlock", "Math"}
_SECOND = {"Link", "Image", "Span", "Quoted", "Cite"}  # [attr or such, content, …]
_LINES = {"Para", "Plain", "Header", "LineBlock"}


def plain_text(value: Any) -> str:
    """Return a subtree's text in reading order, one paragraph a line; code and raw text count."""
    return "".join(text for _, text in signed_segments(value, marks=()))


def words(value: Any) -> list[str]:
    return plain_text(value).split()


def shortest_edit(old: list[str], new: list[str]) -> int:
    """Return the words that a shortest edit script deletes and inserts."""
    return Indel.distance(old, new)


def signed_segments(value: Any, *, marks: Iterable[str] = tuple(SIGNS)) -> Segments:
    """Return a redline's AST as segments, one or more for each outermost mark.

    What is marked inside `moved-to` has its own sign.
    """
    out: Segments = []
    _collect(value, " ", out, frozenset(marks))
    return out


def _collect(node: Any, sign: str, out: Segments, marks: frozenset[str]) -> None:
    if isinstance(node, list):
        inner = _sign_inside(node, sign, marks)
        for item in node:
            if isinstance(item, (list, dict)):
                _collect(item, inner, out, marks)
        return
    kind = node.get("t")
    if kind is None:  # a citation
        for item in node.values():
            if isinstance(item, (list, dict)):
                _collect(item, sign, out, marks)
    elif kind == "Str":
        out.append((sign, node["c"]))
    elif kind in _BLANKS:
        out.append((sign, " "))
    elif kind in _VERBATIM:
        out.append((sign, f" {node['c'][1]} "))
    elif kind in ("Div", "Span"):
        _collect(node["c"][1], _sign_inside(node["c"], sign, marks), out, marks)
    elif kind in _SECOND:
        _collect(node["c"][1], sign, out, marks)
    elif isinstance(node.get("c"), list):
        _collect(node["c"], sign, out, marks)
        if kind in _LINES:
            out.append((sign, "\n"))


def _sign_inside(content: list, sign: str, marks: frozenset[str]) -> str:
    """Return the sign of what stands in a Div, Span, row or cell, of which `content` begins with its Attr."""
    mark = _mark(content, marks)
    return SIGNS[mark] if mark and sign in " >" else sign


def _mark(content: list, marks: frozenset[str]) -> str:
    attr = content[0] if content else None
    if isinstance(attr, list) and len(attr) == 3 and isinstance(attr[0], str) and isinstance(attr[1], list):
        return next((name for name in attr[1] if isinstance(name, str) and name in marks), "")
    return ""


def outermost_marks(value: Any) -> list[tuple[str, Any]]:
    """Return (class, subtree) of every outermost mark; those inside `moved-to` are listed after it."""
    found: list[tuple[str, Any]] = []
    _find_marks(value, found)
    return found


def _find_marks(node: Any, found: list[tuple[str, Any]]) -> None:
    if isinstance(node, dict):
        content = node.get("c")
        if node.get("t") in ("Div", "Span"):
            _find_marks_in(content, content[1], found)
        elif isinstance(content, list):
            _find_marks(content, found)
        return
    _find_marks_in(node, node, found)


def _find_marks_in(content: list, inside: list, found: list[tuple[str, Any]]) -> None:
    mark = _mark(content, frozenset(SIGNS))
    if mark:
        found.append((mark, inside))
    if not mark or mark == "moved-to":
        for item in inside:
            if isinstance(item, (list, dict)):
                _find_marks(item, found)


def merged(segments: Segments) -> Segments:
    """Return the segments with neighbours of one sign joined."""
    out: list[tuple[str, list[str]]] = []
    for sign, text in segments:
        if out and out[-1][0] == sign:
            out[-1][1].append(text)
        else:
            out.append((sign, [text]))
    return [(sign, "".join(texts)) for sign, texts in out]


def marked_words(segments: Segments) -> int:
    """Return the words inserted and deleted; moves are left out."""
    return sum(len(text.split()) for sign, text in merged(segments) if sign in "+-x")


def count_runs(segments: Segments) -> int:
    """Return the number of stretches of one sign, kept words aside: what a reader's eye must stop at."""
    signs = [sign for sign, text in merged(segments) if text.strip()]
    return sum(sign != " " and (not place or signs[place - 1] != sign) for place, sign in enumerate(signs))


def side_words(segments: Segments, side: str) -> list[str]:
    """Return one edition's words; `side` is "old" or "new"."""
    wanted = " +>" if side == "new" else " -<"
    return "".join(text for sign, text in segments if sign in wanted).split()
