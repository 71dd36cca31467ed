"""Write what cffi reads of WeasyPrint's C declarations: `python -m tests.render.c_declarations`, for each new version.

cffi needs 0.1 s for it in every process that sets text; see `millesime/render/pdf/engine/startup.py`.
"""

from __future__ import annotations

import ast
import io
import json
from typing import Any
from unittest.mock import patch

from cffi import FFI

from millesime.render.pdf.engine.startup import DECLARATIONS, sha256


def main() -> None:
    DECLARATIONS.write_text(json.dumps(read_declarations(weasyprint_declarations())) + "\n", encoding="utf-8")


def weasyprint_declarations() -> str:
    """Return the text that WeasyPrint hands to cffi when it is imported, which it must not have been."""
    said: list[str] = []

    class Noting(FFI):
        def cdef(self, csource: str, *values: Any, **named: Any) -> None:
            said.append(csource)
            super().cdef(csource, *values, **named)

    with patch("cffi.FFI", Noting):
        import weasyprint.text.ffi  # noqa: F401
    (text,) = said
    return text


def read_declarations(text: str) -> dict[str, Any]:
    """Return the arguments with which cffi's out-of-line form of declarations is made, in values of JSON."""
    builder = FFI()
    builder.cdef(text)
    builder.set_source("_declarations", None, compiler_verbose=0)  # else it speaks to standard output
    written = io.StringIO()
    builder.emit_python_code(written)
    (call,) = (node for node in ast.walk(ast.parse(written.getvalue())) if isinstance(node, ast.Call))
    return {"of": sha256(text), **{named.arg: _told(ast.literal_eval(named.value)) for named in call.keywords}}


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return [_told(one) for one in value] if isinstance(value, tuple) else value


if __name__ == "__main__":
    main()
