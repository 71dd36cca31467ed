"""A PDF file of numbered objects: object streams, a cross-reference stream, and the same bytes for the same objects."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from millesime.render.pdf.values.pdf_objects import Packed

_HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_OBJECTS = 10_000  # in one object stream: a place in it is written in two bytes, and viewers unpack it whole
_LEVEL = 6  # of zlib, for what is packed at binding: 9 takes three times as long for a hundredth less


class PdfFile:
    """Takes objects in any order; `finish` returns the bytes.

    Object streams are packed by a thread of its own, which zlib lets work
    beside this one; where each stands is known at the end.
    """

    def __init__(self) -> None:
        self._streams: list[tuple[int, bytes, bytes | Future[bytes]]] = []  # number, entries, data
        self._packed_in: dict[int, tuple[int, int]] = {}  # number → the object stream that holds it, its place there
        self._packer = ThreadPoolExecutor(1)
        self.next = 1

    def reserve(self, count: int = 1) -> int:
        """Return the first of `count` numbers that are free."""
        first, self.next = self.next, self.next + count
        return first

    def add_stream(self, number: int, entries: bytes, data: bytes) -> None:
        self._streams.append((number, entries, data))

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
            self._packed_in[number] = (holder, place)
            index.append(b"%d %d" % (number, at))
            at += len(content) + 1
        head = b" ".join(index) + b"\n"
        body = self._packer.submit(zlib.compress, head + b"\n".join([content for _, content in numbered]), _LEVEL)
        entries = b"/Type /ObjStm/N %d/First %d/Filter /FlateDecode" % (len(numbered), len(head))
        self._streams.append((holder, entries, body))

    def finish(self, *, root: int, information: int, identifier: bytes) -> bytes:
        """Return the file. `identifier` is the first half of its /ID, the other a hash of its bytes."""
        parts, size = [_HEADER], len(_HEADER)
        # Number → a line of the cross-references: its kind, and a place in the file or another object.
        lines = {0: (0, 0, 65535)} | {number: (2, *place) for number, place in self._packed_in.items()}
        for number, entries, data in self._streams:
            lines[number] = (1, size, 0)
            parts.append(_stream(number, entries, data if isinstance(data, bytes) else data.result()))
            size += len(parts[-1])
        self._packer.shutdown()
        own = self.reserve()
        lines[own] = (1, size, 0)
        width = max(1, (size.bit_length() + 7) // 8)
        references = b"".join(
            [
                kind.to_bytes(1, "big") + first.to_bytes(width, "big") + second.to_bytes(2, "big")
                for kind, first, second in (lines.get(number, (0, 0, 0)) for number in range(own + 1))
            ]
        )
        digest = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest().encode()
        entries = (
            b"/Type /XRef/Index [0 %d]/W [1 %d 2]/Size %d/Root %d 0 R/Info %d 0 R/ID [(%b) (%b)]/Filter /FlateDecode"
        ) % (own + 1, width, own + 1, root, information, identifier, digest)
        parts.append(_stream(own, entries, zlib.compress(references, _LEVEL)))
        parts.append(b"startxref\n%d\n%%%%EOF\n" % size)
        return b"".join(parts)


def _stream(number: int, entries: bytes, data: bytes) -> bytes:
    return b"%d 0 obj\n<<%b/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (number, entries, len(data), data)
