"""Find the source lines of a chapter's blocks by their words, since pandoc reports no positions.

The words of a block stand in the source in the same order, with markup in
between. A block of which too few are found where they should be, such as one
that a filter wrote, has no lines: nobody is told anything of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from millesime.markup.ast import Block, text_of

_WORD = re.compile(r"[^\W_]+")
_GAP = 80  # words of markup, such as addresses of links, that may stand between two words of a block
_LEAD = 4  # words by which the start of a block is found
_ENOUGH = 0.7  # of a block's words


def block_lines(blocks: Sequence[Block], source: str) -> list[tuple[int, int] | None]:
    """Return the first and the last line of each block, 0-based and both included; None where it was not found.

    Lines are those that end in "\\n". Notes are not looked for: their text stands elsewhere.
    """
    words: list[str] = []
    lines: list[int] = []
    for number, line in enumerate(source.split("\n")):
        found = _WORD.findall(line.lower())
        words += found
        lines += [number] * len(found)
    starts: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        starts.setdefault(word, []).append(index)
    out: list[tuple[int, int] | None] = []
    at = 0
    for block in blocks:
        wanted = _WORD.findall(text_of(block).lower())
        match = _match(wanted, words, starts, at)
        if match is None:
            out.append(None)
            continue
        first, last = match
        out.append((lines[first], lines[last]))
        at = last + 1
    return _widened(out, source)


def _match(
    wanted: Sequence[str], words: Sequence[str], starts: dict[str, list[int]], at: int
) -> tuple[int, int] | None:
    """Return the index of the first and the last word of a block."""
    for skipped in range(min(3, len(wanted))):  # a first word may be cut by markup: "**mo**t"
        lead = list(wanted[skipped : skipped + _LEAD])
        for start in starts.get(lead[0], ()):
            if start >= at and list(words[start : start + len(lead)]) == lead:
                found, last = _follow(wanted[skipped:], words, start)
                if found >= _ENOUGH * len(wanted):
                    return start, last
    for start in starts.get(wanted[0], ()) if wanted else ():  # markup between the first words
        if start >= at:
            found, last = _follow(wanted, words, start)
            if found >= _ENOUGH * len(wanted):
                return start, last
            if start > at + 20 * _GAP:
                break
    return None


def _follow(wanted: Sequence[str], words: Sequence[str], start: int) -> tuple[int, int]:
    """Return how many words are found in order from a place on, and the index of the last."""
    found, last = 0, start - 1
    for word in wanted:
        for index in range(last + 1, min(last + 1 + _GAP, len(words))):
            if words[index] == word:
                found, last = found + 1, index
                break
    return found, max(last, start)


def _widened(found: list[tuple[int, int] | None], source: str) -> list[tuple[int, int] | None]:
    """Let each block reach to the line before an empty one: closing fences and attributes are its own."""
    lines = source.split("\n")
    out: list[tuple[int, int] | None] = []
    for index, span in enumerate(found):
        if span is None:
            out.append(None)
            continue
        following = next((other[0] for other in found[index + 1 :] if other), len(lines))
        last = span[1]
        while last + 1 < min(following, len(lines)) and lines[last + 1].strip():
            last += 1
        out.append((span[0], last))
    return out
