"""What a process spares itself when it starts is what it would have read: declarations, patterns, modules."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pyphen
import pytest
from cffi import FFI

from millesime.render.pdf.engine import startup
from millesime.render.pdf.engine.startup import declared, hyphenation
from tests.render.c_declarations import read_declarations

ROOT = Path(__file__).resolve().parents[2]

_SAID = """
import datetime, pickle, sys
from millesime.render.pdf import layout
from millesime.render.pdf.engine.theme_scope import theme_scope
from millesime.render.pdf.engine.weasyprint_patches import imports
CHANGE
laid = layout.lay_out(layout.UnitSource(
    key="", html='<div class="chapter" id="a"><h1>Un</h1><p>L’administration, peut-être</p></div>'.encode(),
    root=b'<html lang="fr"><head/><body>', head=b"<head><title>Un</title></head>", style=theme_scope({}).style,
    pictures={}, foreign=(), side="right", date=datetime.date(2018, 7, 3),
))
import weasyprint.pdf.fonts, weasyprint.text.ffi
facts = {
    "read": type(weasyprint.text.ffi.ffi).__name__ == "FFI",
    "late": "fontTools.subset" not in sys.modules and "fontTools.varLib.instancer" not in sys.modules,
    "replaced": imports.cffi.FFI is not imports.FFI,
    "options": weasyprint.pdf.fonts.subset.Options.__module__,
}
try:
    weasyprint.pdf.fonts.instantiateVariableFont(None, {})
except Exception as error:
    facts["variable"] = "instancer" in str(error.__traceback__.tb_next.tb_next.tb_frame.f_code.co_filename)
sys.stdout.buffer.write(pickle.dumps((facts, pickle.dumps(laid))))
"""
# What each keeps from being spared.
_SLOW = {
    "as it is": "",
    "a version that was not tried": "imports.KNOWN = {'weasyprint': ('69.9',)}",
    "nothing installed by that name": "imports.KNOWN = {'no-such-package': ('1',)}",
    "a cffi that cannot": "def fail(text): raise TypeError(text)\nimports.declared = fail",
}


@pytest.fixture(scope="module")
def started() -> dict[str, tuple[dict, bytes]]:
    found = {}
    for name, change in _SLOW.items():
        code = _SAID.replace("CHANGE", change)
        found[name] = pickle.loads(
            subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
        )
    return found


def test_pages_are_the_same_however_weasyprint_was_imported(started: dict):
    assert len({pages for _, pages in started.values()}) == 1


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("as it is", {"read": False, "late": True}),
        ("a version that was not tried", {"read": True, "late": False}),
        ("nothing installed by that name", {"read": True, "late": False}),
        ("a cffi that cannot", {"read": False, "late": True}),
    ],
)
def test_it_is_spared_what_can_be_spared(started: dict, name: str, facts: dict):
    assert {key: started[name][0][key] for key in facts} == facts


def test_what_was_left_out_is_there_when_it_is_used(started: dict):
    for facts, _ in started.values():
        assert facts["options"] == "fontTools.subset"
        assert facts["variable"]
        assert not facts["replaced"]


def test_declarations_in_the_other_form_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = "typedef struct { int x; short y; } pair; typedef enum { RED, BLUE = 7 } colour; int abs(int);"
    text += "double atof(char*);"
    slow = FFI()
    slow.cdef(text)
    written = tmp_path / "declarations.json"
    written.write_text(json.dumps(read_declarations(text)), encoding="utf-8")
    monkeypatch.setattr(startup, "DECLARATIONS", written)
    for ffi in (slow, declared(text)):
        lib = ffi.dlopen(None)
        assert (ffi.sizeof("pair"), ffi.offsetof("pair", "y"), lib.BLUE, lib.abs(-3)) == (8, 4, 7, 3)
        assert lib.atof(ffi.new("char[]", b"2.5")) == 2.5
    with pytest.raises(LookupError):
        declared("int abs(int);")


def test_declarations_that_come_with_the_package_are_those_of_weasyprint():
    """Else run `python -m tests.render.c_declarations`: without them each process starts 0.1 s later."""
    code = "import json; from tests.render.c_declarations import *; "
    code += "print(json.dumps(read_declarations(weasyprint_declarations())))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    assert json.loads(said) == json.loads(startup.DECLARATIONS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", sorted(pyphen.LANGUAGES))
def test_patterns_are_those_of_the_dictionary(language: str):
    path = Path(pyphen.LANGUAGES[language])
    own, read = hyphenation(path), pyphen.HyphDict(path)

    def facts(dictionary: pyphen.HyphDict) -> list:
        patterns = dictionary.patterns.items()
        return [
            (name, start, [(int(one), getattr(one, "data", None)) for one in values])
            for name, (start, values) in patterns
        ]

    assert facts(own) == facts(read)
    assert own.maxlen == read.maxlen
    assert [(place, place.data) for place in own.positions("omnibuszszel")] == [
        (place, place.data) for place in read.positions("omnibuszszel")
    ]
