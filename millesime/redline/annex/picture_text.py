"""Text in the picture of a redline: cleaned, measured, cut and wrapped."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_NARROW, _WIDE = frozenset("ijltfrI.,;:'’!|()[]· \u00a0\u202f\u2009-"), frozenset("mwMWŒœ—…@%&")


def width(text: str, size: float) -> float:
    """Return about how long a text is: fonts differ, and none is asked."""
    total = 0.0
    for letter in text:
        if letter in _NARROW:
            total += 0.29
        elif letter in _WIDE:
            total += 0.84
        elif ord(letter) > 0x2E7F:
            total += 1.0
        else:
            total += 0.6 if letter.isupper() else 0.51
    return total * size


def cut(text: str, room: float, size: float) -> str:
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip(" \u00a0\u202f,;:–—-(«“") + "…"


def wrapped(text: str, room: float, size: float, *, most: int) -> list[str]:
    """Return a text in at most so many lines; what does not fit is cut."""
    lines: list[str] = []
    words = text.split(" ")
    while words:
        if len(lines) == most - 1:
            return [*lines, cut(" ".join(words), room, size)]
        count = next((n for n in range(len(words), 1, -1) if width(" ".join(words[:n]), size) <= room), 1)
        lines.append(cut(" ".join(words[:count]), room, size))
        words = words[count:]
    return lines


def clean(text: str) -> str:
    """Return a text on one line, without characters that XML cannot hold."""
    return re.sub(r"[\t\n\r ]+", " ", _FORBIDDEN.sub("\ufffd", text))


def fill_in(text: str, **names: str) -> str:
    """Put names into a label, each once: a title may hold braces."""
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[0]), str(text))
