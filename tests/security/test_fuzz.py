"""Markdown and YAML that nobody would write: each is read, printed and compared, or named in a clear problem.

More of it: `MILLESIME_FUZZ=20000 pytest tests/security/test_fuzz.py`, and
tests/security/fuzz/ for what is led by coverage.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from millesime.assembly.checks import check_report, check_source
from millesime.assembly.registers import read_register
from millesime.markup.normalise import equality_key, normalise
from millesime.press.compare.comparison import compare_manuscripts
from millesime.press.compare.loose_documents import open_papers
from millesime.problems import ManifestError, MarkupError, ReportError
from millesime.redline.laws import accept_all, reject_all
from millesime.render.fragments import write_fragments
from millesime.series.series import load_series
from tests.security.artifacts import assemble, write_report

EXAMPLES = int(os.environ.get("MILLESIME_FUZZ", "25"))
_WORDS = [
    "la ville",
    "12 %",
    "«",
    "»",
    "?",
    "é",
    "\u202e",
    "\x08",
    "\u00a0",
    "\ufeff",
    "a\u0301",
    "—",
    "https://e.org/",
]
_SIGNS = [
    "# ", "## ", "> ", "- ", "1. ", "(@) ", ": ", "    ", "\t", "```", "~~~ {.a #b}", "::: {.x}", ":::", ":::: {#i}",
    "|a|b|", "|-|:-:|", "+---+", "---", "***", "^", "~", "~~", "*", "**", "_", "`", "`a`{=html}", "`b`{=openxml}", "$",
    "$$", "\\", "\\begin{a}", "\\end{a}", "\\ref{x}", "<div>", "</div>", "<b", ">", "<!--", "-->", "<?", "<![CDATA[",
    "<table><tr><td>", "</table>", "<script>", "<img src=x>", "&#0;", "&amp", "&nbsp;", "[", "]", "](", ")", "](#i)",
    "![", "](x.png)", "[^1]", "[^1]: ", "[@k", "@k", "]{.a b=c}", "{#i}", "{.unnumbered}", "[x]: y 'z'", "\n", "\n\n",
    "\n\n", "\r\n", "---\ntitle: x\nid: i\n---\n", "---\n", "id: ", "{{ x }}", "{% x %}", "Table: x", ": x {#tab-x}",
    "[](#i)", "[]{#i}", "[x]{.insertion}", "[x]{.deletion}", "::: {.recommendation #rec-a}", "::: {.insertion}",
]  # fmt: skip
markdown = st.lists(st.sampled_from(_SIGNS + _WORDS) | st.text(max_size=5), max_size=25).map("".join)

_YAML = [
    "title: x", "date: 2019-07-03", "date: 2019-02-30", "chapters: ", "- ", "[", "]", "{", "}", ": ", "\n", "\n", "  ",
    "\n  ", "&a ", "*a", "<<: ", "!!python/name:os", "!x ", "? ", "| ", "> ", "'", '"', "\\x00", "#", "%YAML 9.9\n",
    "---\n", "...\n", "~", "yes", "0x1f", "1e999", "12:59:59", "9" * 5000, "language: fr", "id: ", "A-1",
    "annexes: ", "redline: ", "formats: ", "pdf", "limits: ", "reading: ", "seal: ", "revision: ",
    "isbn: ", "numbering: ", "authors: ", "name: ", "part: ", "path: ", "../", "/etc/passwd", "a.md", "é",
]  # fmt: skip
yaml_text = st.lists(st.sampled_from(_YAML) | st.text(max_size=4), max_size=25).map("".join)


@settings(max_examples=EXAMPLES)
@given(yaml_text, yaml_text)
def test_any_yaml_is_a_manifest_or_a_mistake_that_names_its_file(report: str, edition: str):
    with tempfile.TemporaryDirectory() as folder:
        files = {"editions/report.yaml": report, "editions/2019.yaml": edition}
        for prefix in ("", "title: x\nlanguage: fr\n"):
            write_report(Path(folder), {**files, "editions/report.yaml": prefix + report})
            try:
                load_series(Path(folder))
            except ManifestError as error:
                assert "editions" in str(error)


@settings(max_examples=EXAMPLES)
@given(yaml_text)
def test_any_yaml_is_a_register_or_a_mistake_that_names_its_file(text: str):
    for prefix in ("", "- id: A-1\n  "):
        try:
            read_register((prefix + text).encode("utf-8", "surrogatepass"), "hearings.yaml")
        except MarkupError as error:
            assert str(error).startswith("hearings.yaml:")


@settings(max_examples=EXAMPLES)
@given(markdown)
def test_any_markdown_is_printed(text: str):
    with tempfile.TemporaryDirectory() as folder:
        write_report(Path(folder), {"chapters/a.md": text})
        try:
            report = assemble(Path(folder))
        except ReportError as error:
            assert "chapters/a.md" in str(error)
            return
        for problem in (*check_report(report), *check_source("chapters/a.md", text)):
            assert problem.where.startswith("chapters/a.md"), problem
        for fragment in write_fragments(report).values():
            etree.fromstring(etree.tostring(fragment))


@settings(max_examples=EXAMPLES)
@given(markdown, markdown, st.booleans())
def test_any_two_texts_are_compared_without_loss(old: str, new: str, same_beginning: bool):
    new = old[: len(old) // 2] + new if same_beginning else new
    with tempfile.TemporaryDirectory() as folder:
        places = Path(folder, "old.md"), Path(folder, "new.md")
        for place, text in zip(places, (old, new), strict=True):
            place.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            sides = open_papers(*places)
        except ReportError as error:
            assert ".md" in str(error)
            return
        redline = compare_manuscripts(None, *sides)
        for taken, side in ((reject_all(redline), sides[0]), (accept_all(redline), sides[1])):
            blocks = [block for chapter in side.chapters for block in chapter.document.blocks]
            assert equality_key([block for part in taken.values() for block in part]) == equality_key(normalise(blocks))
