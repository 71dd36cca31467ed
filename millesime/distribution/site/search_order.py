"""Rewrite a pagefind index in a fixed order, so that the same pages give the same bytes.

pagefind 1.5 writes the values of a filter as they happen to lie in a hash map,
so that the same pages give another index each time. Here they are sorted, and
the names that depend on them made anew: of the filter's file, which stands in
the index's `pf_meta`, and of that, which stands in `pagefind-entry.json`.

All are gzip around `pagefind_dcd` and CBOR (RFC 8949); a filter is
[name, [[value, [page, …]], …]]. What does not look so is left as it is.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePosixPath

_MAGIC = b"pagefind_dcd"
_TEXT, _ARRAY = 3, 4  # major types
_FILTER, _META, _ENTRY = ".pf_filter", ".pf_meta", "pagefind-entry.json"


def order_index(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of an index, those that hold a filter's values sorted; the same pages give the same bytes."""
    renamed: dict[bytes, bytes] = {}
    ordered = dict(files)
    for ending in (_FILTER, _META):
        for path in sorted(path for path in files if path.endswith(ending)):
            whole = gzip.decompress(files[path])
            content = _sorted_values(whole) if ending == _FILTER else _replaced(whole, renamed)
            old = PurePosixPath(path).name.removesuffix(ending).removeprefix("pagefind.")  # "fr_9f577f5"
            language, _, digits = old.rpartition("_")
            new = f"{language}_{hashlib.sha256(content).hexdigest()[: len(digits)]}"
            renamed[old.encode()] = new.encode()
            del ordered[path]
            ordered[path.replace(old, new)] = gzip.compress(content, mtime=0)
    for path in files:
        if path.endswith(_ENTRY):
            ordered[path] = _replaced(files[path], renamed)
    return dict(sorted(ordered.items()))


def _replaced(content: bytes, names: Mapping[bytes, bytes]) -> bytes:
    """Return content with names replaced by others of the same length, in one pass."""
    if not names:
        return content
    return re.sub(
        b"|".join(map(re.escape, sorted(names, key=len, reverse=True))), lambda found: names[found[0]], content
    )


def _sorted_values(content: bytes) -> bytes:
    """Return a filter with its values sorted."""
    try:
        at = len(_MAGIC)
        assert content.startswith(_MAGIC)
        _, parts, at = _head(content, at)
        _, size, at = _head(content, at)
        _, count, first = _head(content, at + size)
        starts = [first]
        for _ in range(count):
            starts.append(_end(content, starts[-1]))
        assert parts == 2 and starts[-1] == len(content)
    except (AssertionError, IndexError):
        return content
    return content[:first] + b"".join(sorted(content[one:other] for one, other in pairwise(starts)))


def _head(content: bytes, at: int) -> tuple[int, int, int]:
    """Return the major type of what stands there, its number, and where that ends."""
    kind, short = content[at] >> 5, content[at] & 0x1F
    if short < 24:
        return kind, short, at + 1
    size = 1 << (short - 24)
    assert size <= 8 and at + 1 + size <= len(content)
    return kind, int.from_bytes(content[at + 1 : at + 1 + size], "big"), at + 1 + size


def _end(content: bytes, at: int) -> int:
    """Return where a number, a text or an array ends."""
    kind, number, at = _head(content, at)
    if kind == _TEXT:
        return at + number
    for _ in range(number if kind == _ARRAY else 0):
        at = _end(content, at)
    return at
