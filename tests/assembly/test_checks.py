"""Marks and sources that `check` reports, and that nothing else is; tests/press/test_check.py has a case for each."""

from __future__ import annotations

import pytest

from millesime.assembly.checks import _MOST_HINTS, check_report, check_source
from tests.assembly.builders import chapter, report

SOURCES = {
    "S001": "{{#include ../a.rs:1:2}}",
    "S002": "```{r plot, echo=FALSE}\nplot(x)\n```",
    "S003": "{% include note.html %}",
    "S004": "voir \\@ref(fig:carte)",
    "S005": "::: tip À savoir\ntexte\n:::",
    "T001": "un \u202edroit\u202c détourné",
    "T002": "un \x08 caractère",
}
REPORTS = {
    "R002": "[x](#rien)",
    "R003": "[@rien]",
    "R004": "[x](LICENSE)",
    "I001": "![x](rien.png)",
    "I002": "a ![](i.png) b",
    "S006": '<Listing number="1">',
}
GOOD = (
    "# Titre {#titre}\n\nTexte[^1], [lien](https://exemple.fr), [renvoi](#titre), ![alt](i.png).\n\n"
    "```json\n{ \"a\": 1 }\n```\n\n::: {.recommendation #rec-a}\n**Faire.**\n:::\n\n[^1]: Note avec `{% code %}`.\n"
)  # fmt: skip


@pytest.mark.parametrize("code", SOURCES)
def test_a_source_is_reported_with_its_line(code: str):
    found = list(check_source("chapters/a.md", f"# T\n\n{SOURCES[code]}\n"))
    assert [(problem.code, problem.where) for problem in found] == [(code, "chapters/a.md:3")]
    assert found[0].hint


@pytest.mark.parametrize("code", REPORTS)
def test_a_report_is_reported_with_its_anchor(code: str):
    built = report(chapter(f"# T\n\n{REPORTS[code]}\n"), images=["chapters/i.png"])
    found = list(check_report(built))
    assert [problem.code for problem in found] == [code]
    assert found[0].where.startswith("chapters/10-essai.md#essai") and found[0].hint


def test_what_is_right_is_not_reported():
    assert not list(check_report(report(chapter(GOOD), images=["chapters/i.png"])))
    assert not list(check_source("a.md", GOOD))


def test_a_generated_annex_is_not_reported():
    built = report(chapter("# T"), chapter("[x](#gone) [@gone]", "annex", role="annex", generated=True, title="A"))
    assert not list(check_report(built))


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"])
def test_what_python_takes_for_the_end_of_a_line_is_a_control_character_and_ends_none(character: str):
    found = list(check_source("a.md", f"# T\r\n\r\nun{character}deux\r\n\r\n{{% tag %}}\r\n"))
    assert [(problem.code, problem.where) for problem in found] == [("T002", "a.md:3"), ("S003", "a.md:5")]
    assert f"U+{ord(character):04X}" in found[0].text and found[0].hint


def test_a_like_name_is_looked_for_a_thousand_times_in_a_chapter():
    """Each costs time for every id of the report; the problems are all there."""
    lost = "\n\n".join(f"[](#uns{number})" for number in range(_MOST_HINTS + 1))
    made = report(chapter(f"# T\n\n## Un {{#uns}}\n\n{lost}\n"))
    found = list(check_report(made))
    assert [problem.code for problem in found] == ["R002"] * (_MOST_HINTS + 1)
    assert {problem.hint for problem in found[:100]} == {"did you mean 'uns'?"}
    assert found[-1].hint == "give the heading or block that id"
