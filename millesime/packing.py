"""Values as bytes for the cache, read back by their type: reading them makes plain values and runs nothing.

The bytes are MessagePack (https://msgpack.org). What is read must be of the
type that the reader names, with values of its own type in every field of a
dataclass; anything else is `Unreadable`. Trees of pandoc, whose type is `Any`,
come back as lists, mappings, texts and numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from millesime.problems import ReportError


class Unreadable(ReportError):
    """Bytes of the cache that are no value of the type that was asked for."""


def pack(value: object, *, instead: Callable[[Any], Any] | None = None) -> bytes:
    """Return a value as bytes: plain values, dataclasses, dates and sets of these.

    `instead` returns a plain value for one of another type. Mappings keep
    their order, so equal values in equal order give equal bytes. Raises
    ValueError for a value nested deeper than Python's stack, TypeError for a
    value of another type and OverflowError for a number of more than 64 bits.
    """
    try:
        return msgspec.msgpack.encode(value, enc_hook=instead)
    except RecursionError as error:
        raise ValueError("nested too deep to be kept") from error


def unpack(content: bytes, kind: Any = Any) -> Any:
    """Return the value of type `kind` that `pack` wrote. Raises Unreadable for anything else."""
    return reader_of(kind)(content)


def reader_of(kind: Any) -> Callable[[bytes], Any]:
    """Return a function that reads values of a type; see `unpack`."""
    decode = _decoder(kind).decode

    def read(content: bytes) -> Any:
        try:
            return decode(content)
        # UnicodeDecodeError is a ValueError; a key that is a list cannot be hashed.
        except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
            hint = "remove it with `millesime cache clear`"
            raise Unreadable(f"the cache holds an entry that Millésime did not write ({error}); {hint}") from error

    return read


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder:
    return msgspec.msgpack.Decoder(kind)
