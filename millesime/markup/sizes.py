"""The sizes that authors ask for pictures: `{width=50%}`, `height=3cm`, `<img style="width: 4em">`.

The units are those pandoc knows (https://pandoc.org/MANUAL.html#extension-link_attributes); a number without one is
pixels, 96 to the inch. A per cent of a width is of the column around the picture; of a height, of the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_POINTS = {"px": 0.75, "pt": 1.0, "pc": 12.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4}
_RELATIVE = ("em", "rem", "ex", "%")
_LENGTH = re.compile(r"(\d{1,5}(?:\.\d{1,6})?|\.\d{1,6})\s*(px|pt|pc|inch|in|cm|mm|rem|em|ex|%)?", re.IGNORECASE)
_DECLARED = r"(?:^|[;\s])%s\s*:\s*([^;!]+)"


@dataclass(frozen=True, slots=True)
class Length:
    """A number and its unit, "px", "pt", "pc", "in", "cm", "mm", "em", "rem", "ex" or "%"."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value:.3f}".rstrip("0").rstrip(".") + self.unit

    @property
    def is_absolute(self) -> bool:
        return self.unit in _POINTS

    def points(self, *, em: float, whole: float) -> float:
        """Return the length in points, where an em is `em` points and 100 % are `whole` points."""
        if self.unit in _POINTS:
            return self.value * _POINTS[self.unit]
        return self.value * {"em": em, "rem": em, "ex": em / 2, "%": whole / 100}[self.unit]


@dataclass(frozen=True, slots=True)
class Size:
    """The width and height that are asked for; None: as the picture's proportions give it."""

    width: Length | None = None
    height: Length | None = None

    def __bool__(self) -> bool:
        return self.width is not None or self.height is not None


def read_length(text: str) -> Length | None:
    """Return a length as it was written, "3cm"; None for what is none, and for nothing at all, "0"."""
    found = _LENGTH.fullmatch(text.strip())
    if not found or not float(found[1]):
        return None
    unit = (found[2] or "px").lower()
    return Length(round(float(found[1]), 3) or 0.001, "in" if unit == "inch" else unit)


def asked_size(attributes: Mapping[str, str]) -> Size:
    """Return the size that attributes of a picture ask for: `width` and `height`, before them those of `style`."""
    sides = []
    for name in ("width", "height"):
        declared = re.search(_DECLARED % name, attributes.get("style", ""), re.IGNORECASE)
        length = read_length(declared[1]) if declared else None
        sides.append(length or read_length(attributes.get(name, "")))
    return Size(*sides)
