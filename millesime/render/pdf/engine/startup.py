"""What every process that sets text would read again when it starts, read once: C declarations, hyphenation patterns.

Both are texts of other packages, and reading them takes longer than to lay out
a page; what is read of them fits into a few kilobytes.
"""

from __future__ import annotations

import io
import marshal
import pickle
from pathlib import Path
from types import CodeType
from typing import Any

from cffi import FFI
from pyphen import HyphDict

from millesime.render.installed_files import kept

_MODULE = "_declarations"


def declared(declarations: str) -> Any:
    """Return what cffi's `FFI` would be after `cdef(declarations)`: in its out-of-line form, as a module would hold it.

    See https://cffi.readthedocs.io/en/stable/cdef.html#ffi-set-source-preparing-out-of-line-modules. Raises what cffi
    raises for declarations that it cannot read, or not in that form.
    """
    code = kept("declarations", "of C functions", declarations.encode(), lambda: marshal.dumps(_compiled(declarations)))
    names: dict[str, Any] = {}
    exec(marshal.loads(code), names)
    return names["ffi"]


def _compiled(declarations: str) -> CodeType:
    builder = FFI()
    builder.cdef(declarations)
    builder.set_source(_MODULE, None, compiler_verbose=0)  # else it speaks to standard output
    written = io.StringIO()
    builder.emit_python_code(written)
    return compile(written.getvalue(), _MODULE, "exec")


def hyphenation(path: Path) -> HyphDict:
    """Return the patterns of a dictionary file, as `pyphen.HyphDict(path)` reads them."""
    dictionary = HyphDict.__new__(HyphDict)
    content = kept("patterns", path.stem, path.read_bytes(), lambda: pickle.dumps(vars(HyphDict(path)), protocol=5))
    vars(dictionary).update(pickle.loads(content))
    return dictionary
