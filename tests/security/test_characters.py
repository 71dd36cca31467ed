"""Characters that steer terminals, break XML, or turn the text around."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from lxml import etree

from millesime.assembly.checks import check_source
from millesime.cli import program
from millesime.problems import MarkupError
from tests.security.artifacts import Made, dangers, make, text_of, write_report

CONTROLS = [chr(number) for number in (*range(1, 9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF, 0xFDD0)]
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    text = "# Un \x1b]0;titre\x07 \u202edroit\n\n" + "".join(f"a{one}b{{.c{one}}} " for one in CONTROLS)
    text += (
        f"\n\n## {BIDI} {{#x\x08y}}\n\n`\x1b[31m\x08` $\x08$ [l](http://example.org/\x08\u202e) <b title='\x1b'>x</b>\n"
    )
    text += "\n``` {.html\x08}\n\x1b[2J\u202e\n```\n\n| \x08 |\n|---|\n| \x1b |\n\nversé \u202efdp.exe\u202c fin\n"
    return make(write_report(tmp_path_factory.mktemp("chars"), {"chapters/a.md": text}))


def test_no_artifact_breaks(made: Made):
    assert dangers(made) == []
    for name, content in made["docx"].items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(content)


def test_control_characters_are_shown_and_never_passed_on(made: Made):
    for kind, text in text_of(made).items():
        assert "\x1b" not in text and "\x08" not in text, kind
        assert "\ufffd" in text or kind == "pdf", kind
        assert "fin" in text, kind


def test_no_null_and_no_lone_surrogate_gets_past_the_readers(tmp_path):
    for bad in (b"# Un\n\na\0b\n", b"# Un\n\n\xed\xa0\x80\n", b"\xff\xfe#\0"):
        write_report(tmp_path, {"chapters/a.md": bad})
        try:
            assert all("\0" not in text for text in text_of(make(tmp_path, formats=("html",))).values())
        except MarkupError as error:
            assert "chapters/a.md" in str(error)


@pytest.mark.parametrize("sign", BIDI)
def test_marks_that_turn_the_text_around_are_reported(sign: str):
    assert [problem.code for problem in check_source("a.md", f"versé {sign}fdp.exe")] == ["T001"]


def test_nothing_that_check_prints_steers_a_terminal(tmp_path):
    name = "a\x1b[31m\u202e.md"
    write_report(
        tmp_path,
        {f"chapters/{name}": "# Un\n\n[x](#\x1b]0;t\x07) ![](\x1b[2J\u202e.png) ::: \x1b x\n"},
        manifest='chapters: ["chapters/a\\e[31m\\u202e.md"]',
    )
    result = CliRunner().invoke(program, ["check", "--root", str(tmp_path)], env={"MILLESIME_CACHE": str(tmp_path)})
    assert not set(result.output) & {"\x1b", "\x07", "\u202e"}, result.output
