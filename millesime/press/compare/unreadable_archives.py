"""What ZIP archives that others sent can be: damaged in more ways than `zipfile` has a name for."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

# What zipfile raises for an archive that is cut short, damaged, encrypted (RuntimeError), compressed in a way that it
# does not know (NotImplementedError), named as no file can be (ValueError) or too deep (RecursionError).
UNREADABLE = (
    zipfile.BadZipFile, EOFError, LookupError, OSError, OverflowError, RuntimeError, ValueError, lzma.LZMAError,
    struct.error, zlib.error,
)  # fmt: skip
