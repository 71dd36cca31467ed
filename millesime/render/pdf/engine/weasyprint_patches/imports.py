"""Skip work that WeasyPrint does on import and we do not need: a third of a second in each worker."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import cffi
from cffi import FFI

from millesime.render.pdf.engine.environment import load_engine
from millesime.render.pdf.engine.internals import KNOWN, is_known
from millesime.render.pdf.engine.startup import declared


def load_quickly() -> ModuleType:
    """Return the weasyprint package, loaded as far as most pages need it; a version that was not tried, as always.

    Raises EngineError when it or its libraries are missing.
    """
    if "weasyprint" in sys.modules or not _is_tried():
        return load_engine()
    with _spared():
        return load_engine()


@contextmanager
def _spared() -> Iterator[None]:
    """Let WeasyPrint be imported with declarations that were read before, and without what it uses on rare pages."""
    late = {name: _Late(name, calls) for name, calls in _RARE.items() if name not in sys.modules}
    cffi.FFI = _Declared
    sys.modules.update(late)
    try:
        yield
    finally:
        cffi.FFI = FFI
        for name, module in late.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _is_tried() -> bool:
    try:
        return is_known({name: importlib.metadata.version(name) for name in KNOWN})
    except importlib.metadata.PackageNotFoundError:
        return False


class _Declared:
    """Stands for an `FFI` that reads declarations with its only `cdef`."""

    def cdef(self, declarations: str) -> None:
        try:
            ffi: Any = declared(declarations)
        except Exception:  # whatever another cffi finds in the way of its own out-of-line form
            ffi = FFI()
            ffi.cdef(declarations)
        # As its own, they are found as fast as if it were what it stands for.
        vars(self).update({name: getattr(ffi, name) for name in dir(ffi) if not name.startswith("_")})


# Cuts fonts without HarfBuzz, and such as vary, with the functions that are imported by name. With them come the
# readers and writers of all tables of fonts.
_RARE: dict[str, tuple[str, ...]] = {
    "fontTools.subset": (),
    "fontTools.varLib.instancer": ("instantiateVariableFont",),
}


class _Late(ModuleType):
    """Stands for a module that is imported once something of it is used."""

    def __init__(self, name: str, calls: tuple[str, ...]) -> None:
        super().__init__(name)
        for call in calls:
            setattr(self, call, self._late_call(call))

    def _late_call(self, name: str) -> Callable:
        def call(*values: Any, **named: Any) -> Any:
            return getattr(importlib.import_module(self.__name__), name)(*values, **named)

        return call

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the machinery of imports asks for
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)
