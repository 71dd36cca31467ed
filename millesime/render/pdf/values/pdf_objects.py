"""PDF objects as bytes without object numbers: the form in which a unit is cached until it is bound.

An object's number is not known before binding, so references are written as
marks. Binding puts numbers in their places with one regular expression.
WeasyPrint's own objects (pydyf's) come in, nothing of theirs goes out.

    \\x01 7 \\x02     a reference to the unit's object 7 (0-based)    → 1207 0 R
    \\x01 7 \\x03     its bare number                                 → 1207
    \\x01 F \\x02     a reference to what the whole book shares       → 6 0 R
    \\x04 7 1 2 3 4 \\x02  a rectangle on the unit's page 7, CSS pixels → 11 2 13 4

Strings never hold these bytes: they are written in hexadecimal if they would.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SEPARATOR = b"\x05"  # between the objects of a unit
FONTS, COLOURS, DOCUMENT = b"F", b"C", b"D"  # what the book shares
_REFERENCE = re.compile(rb"(\d+) 0 R$")
_MARK = re.compile(rb"\x01([0-9A-Z]+)([\x02\x03])|\x04([^\x02]*)\x02")
_ODD = re.compile(rb"[\x00-\x08\x0b-\x1f]")
_LEVEL = 7  # of zlib: of levels 7 to 9, each takes a third longer than the one before, for 0.4 % of a page at most


@dataclass(frozen=True, slots=True)
class Packed:
    """A stream: its dictionary without length, marks inside, and its bytes as they go into the file."""

    entries: bytes
    data: bytes


class Writer:
    """Writes pydyf's objects of one unit with marks for references.

    `names` maps an object's number in the unit's own file to its mark: the
    digits of its place among the unit's objects, or a letter of the book's.
    """

    def __init__(self, names: Mapping[int, bytes]) -> None:
        self._names = names
        self._cells: dict[int, bytes] = {}  # id() of names of table cells → what is written

    def write(self, item) -> bytes:
        """Return any value inline, a stream never. Raises KeyError for a reference to what `names` does not name."""
        if isinstance(item, dict):
            return b"<<%b>>" % self.entries(item)
        if isinstance(item, list):
            return b"[%b]" % b" ".join([self.write(child) for child in item])
        if isinstance(item, bytes):
            found = _REFERENCE.match(item)
            return b"\x01%b\x02" % self._names[int(found[1])] if found else item
        if isinstance(item, float):
            return number(item)
        if isinstance(item, (str, int)):
            return str(item).encode("ascii")
        if hasattr(item, "string"):
            return self._cells.get(id(item)) or string(item.string)
        return item.data

    def name_cells(self, elements: Iterable[Mapping]) -> None:
        """Make the IDs of header cells follow the numbers of their tables, which make them unique."""
        for element in elements:
            ident = element.get("ID")
            if ident is not None:
                table, _, rest = ident.string.partition("-")
                self._cells[id(ident)] = b"(\x01%b\x03-%b)" % (self._names[int(table)], rest.encode("ascii"))

    def element(self, element: Mapping) -> bytes:
        """Return a structure element; the box of a figure moves with its page."""
        attributes = element.get("A")
        if attributes is None or "BBox" not in attributes:
            return self.write(element)
        page = self._names[int(_REFERENCE.match(element["Pg"])[1])]
        box = b"/BBox [\x04%b %b\x02]" % (page, b" ".join(number(value) for value in attributes["BBox"]))
        rest = self.entries(attributes, leave=("BBox",))
        return b"<<%b/A <<%b%b>>>>" % (self.entries(element, leave=("A",)), rest, box)

    def entries(self, dictionary: Mapping, *, leave: tuple[str, ...] = ()) -> bytes:
        """Return what stands between `<<` and `>>`."""
        return b"".join(
            [b"/%b %b" % (_key(key), self.write(value)) for key, value in dictionary.items() if key not in leave]
        )

    def pack(self, stream) -> Packed:
        """Return a stream of pydyf's, compressed."""
        data = operators(stream)
        extra = dict(stream.extra)
        extra.pop("Length", None)
        if "Filter" not in extra:
            data = zlib.compress(data, _LEVEL)
            extra["Filter"] = "/FlateDecode"
        return Packed(self.entries(extra), data)


def place(template: bytes, numbers: Mapping[bytes, bytes], shifts: Mapping[bytes, tuple[float, float]]) -> bytes:
    """Return objects with their marks replaced.

    `numbers` gives the number of a mark; `shifts` by how many CSS pixels a
    page's content moved.
    """

    def put(found: re.Match) -> bytes:
        kind = found[2]
        if kind == b"\x02":
            return numbers[found[1]] + b" 0 R"
        if kind == b"\x03":
            return numbers[found[1]]
        page, *corners = found[3].split(b" ")
        x, y = shifts[page]
        return b" ".join(number(float(value) + (x, y)[at % 2]) for at, value in enumerate(corners))

    return _MARK.sub(put, template)


def reference_number(reference: bytes) -> int:
    return int(reference.partition(b" ")[0])


def operators(stream) -> bytes:
    """Return the bytes of a stream of pydyf's, uncompressed."""
    return b"\n".join([item if type(item) is bytes else _plain(item) for item in stream.stream])


def deflate(content: bytes) -> bytes:
    return zlib.compress(content, _LEVEL)


def number(value: float) -> bytes:
    """Return a number with up to six decimals, as pydyf writes it."""
    value = float(value)
    if value.is_integer():
        return b"%d" % int(value)
    return f"{value:f}".rstrip("0").encode("ascii")


def string(value: str | bytes) -> bytes:
    try:
        plain = value if isinstance(value, bytes) else str(value).encode("ascii")
    except UnicodeEncodeError:
        return b"<%b>" % ("\ufeff" + str(value)).encode("utf-16-be").hex().encode()
    if _ODD.search(plain):
        return b"<%b>" % plain.hex().encode()
    return b"(%b)" % re.sub(rb"([\\()])", rb"\\\1", plain)


def _plain(item) -> bytes:
    if isinstance(item, str):
        return item.encode("ascii")
    if isinstance(item, float):
        return number(item)
    return item.data if hasattr(item, "data") else str(item).encode("ascii")


def _key(key) -> bytes:
    return key if isinstance(key, bytes) else str(key).encode("ascii")
