"""A PDF file of numbered objects: object streams, a cross-reference stream, and the same bytes for the same objects."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence

from millesime.render.pdf.objects import Packed

_HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_OBJECTS = 10_000  # in one object stream: a place in it is written in two bytes, and viewers unpack it whole
_LEVEL = 6  # of zlib, for what is packed at binding: 9 takes three times as long for a hundredth less


class PdfFile:
    """Takes objects in any order; `finish` returns the bytes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = [_HEADER]
        self._size = len(_HEADER)
        self._entries: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}  # number → a line of the cross-references
        self.next = 1

    def reserve(self, count: int = 1) -> int:
        """Return the first of `count` numbers that are free."""
        first, self.next = self.next, self.next + count
        return first

    def add_stream(self, number: int, entries: bytes, data: bytes) -> None:
        self._entries[number] = (1, self._size, 0)
        self._append(
            b"%d 0 obj\n<<%b/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (number, entries, len(data), data)
        )

    def add_packed(self, number: int, packed: Packed) -> None:
        self.add_stream(number, packed.entries, packed.data)

    def add_objects(self, numbered: Iterable[tuple[int, bytes]]) -> None:
        """Put objects that are no streams into object streams."""
        numbered = list(numbered)
        for start in range(0, len(numbered), _OBJECTS):
            self._add_object_stream(numbered[start : start + _OBJECTS])

    def _add_object_stream(self, numbered: Sequence[tuple[int, bytes]]) -> None:
        holder = self.reserve()
        index, at = [], 0
        for place, (number, content) in enumerate(numbered):
            self._entries[number] = (2, holder, place)
            index.append(b"%d %d" % (number, at))
            at += len(content) + 1
        head = b" ".join(index) + b"\n"
        body = zlib.compress(head + b"\n".join([content for _, content in numbered]), _LEVEL)
        entries = b"/Type /ObjStm/N %d/First %d/Filter /FlateDecode" % (len(numbered), len(head))
        self.add_stream(holder, entries, body)

    def finish(self, *, root: int, information: int, identifier: bytes) -> bytes:
        """Return the file. `identifier` is the first half of its /ID, the other a hash of its bytes."""
        own = self.reserve()
        start = self._size
        self._entries[own] = (1, start, 0)
        width = max(1, (start.bit_length() + 7) // 8)
        lines = b"".join(
            [
                kind.to_bytes(1, "big") + first.to_bytes(width, "big") + second.to_bytes(2, "big")
                for kind, first, second in (self._entries.get(number, (0, 0, 0)) for number in range(own + 1))
            ]
        )
        digest = hashlib.md5(b"".join(self._parts), usedforsecurity=False).hexdigest().encode()
        entries = (
            b"/Type /XRef/Index [0 %d]/W [1 %d 2]/Size %d/Root %d 0 R/Info %d 0 R/ID [(%b) (%b)]/Filter /FlateDecode"
        ) % (own + 1, width, own + 1, root, information, identifier, digest)
        self.add_stream(own, entries, zlib.compress(lines, _LEVEL))
        self._append(b"startxref\n%d\n%%%%EOF\n" % start)
        return b"".join(self._parts)

    def _append(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)
