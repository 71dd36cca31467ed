"""Parse once, for all worker processes, what each would parse at its start: C declarations, hyphenation patterns.

Both are texts of other packages, and reading them takes longer than to lay out
a page; what is read of them fits into a few kilobytes. Patterns are kept in
the cache. Declarations say how memory is laid out and which functions take
what, so they come with Millésime (`c_declarations.json`), for the versions of
WeasyPrint that were tried, and from nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pyphen import DataInt, HyphDict

from millesime.packing import pack, reader_of
from millesime.render.installed_files import kept

DECLARATIONS = Path(__file__).with_name("c_declarations.json")
_MODULE = "_declarations"


def declared(declarations: str) -> Any:
    """Return what cffi's `FFI` is after `cdef(declarations)`, in the form that a module of cffi's would hold.

    See https://cffi.readthedocs.io/en/stable/cdef.html#ffi-set-source-preparing-out-of-line-modules. Raises LookupError
    for declarations that `DECLARATIONS` does not hold, and what cffi raises for a file of another version.
    """
    import _cffi_backend

    told = json.loads(DECLARATIONS.read_text(encoding="utf-8"))
    if told.pop("of") != sha256(declarations):
        raise LookupError("these declarations are not those of a version that was tried")
    return _cffi_backend.FFI(_MODULE, **{name: _read(value) for name, value in told.items()})


def sha256(declarations: str) -> str:
    return hashlib.sha256(declarations.encode()).hexdigest()


def _read(value: Any) -> Any:
    """Return bytes for a text, whose letters are U+0000 to U+00FF, and tuples for lists."""
    if isinstance(value, str):
        return value.encode("latin-1")
    return tuple(map(_read, value)) if isinstance(value, list) else value


def hyphenation(path: Path) -> HyphDict:
    """Return the patterns of a dictionary file, as `pyphen.HyphDict(path)` reads them."""
    dictionary = HyphDict.__new__(HyphDict)
    dictionary.patterns, dictionary.maxlen = kept(
        "patterns", path.stem, path.read_bytes(), lambda: _packed_patterns(path), _read_patterns
    )
    dictionary.cache = {}
    return dictionary


def _packed_patterns(path: Path) -> bytes:
    """Return a dictionary's patterns, each with what its values change by their index, and their greatest length."""
    read = HyphDict(path)
    patterns = [
        (
            letters,
            start,
            tuple(map(int, values)),
            {at: one.data for at, one in enumerate(values) if isinstance(one, DataInt)},
        )
        for letters, (start, values) in read.patterns.items()
    ]
    return pack((patterns, read.maxlen))


_read_fields = reader_of(
    tuple[list[tuple[str, int, tuple[int, ...], dict[int, tuple[str, int, int] | None]]], int]
)  # fmt: skip


def _read_patterns(content: bytes) -> tuple[dict[str, tuple[int, tuple[int, ...]]], int]:
    told, longest = _read_fields(content)
    patterns = {letters: (start, values) for letters, start, values, _ in told}
    for letters, start, values, changed in told:
        if changed:
            patterns[letters] = (
                start,
                tuple(DataInt(value, changed[at]) if at in changed else value for at, value in enumerate(values)),
            )
    return patterns, longest
