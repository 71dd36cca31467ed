"""Numbers of lists as they were written, "1)" and "(iv)", and the boxes of tasks, in every format that we lay out."""

from __future__ import annotations

import re
from io import BytesIO

import pikepdf
import pytest

from millesime.render.fragments import write_fragments
from millesime.render.pdf import print_report
from millesime.render.pdf.plain import print_plain
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import text_of_pages

NUMBERS = [
    "1)", "a)", "A)", "iv)", "IV)", "(1)", "(a)", "(A)", "(iv)", "(IV)", "1.", "a.", "A.", "iv.", "IV.",
]  # fmt: skip
LISTS = "\n\n<!-- -->\n\n".join(f"{number}  nombre {index}" for index, number in enumerate(NUMBERS))
TEXT = f"""
{LISTS}

(@bon) Un exemple.

- [ ] tâche ouverte
- [x] tâche faite

1. [x] tâche numérotée

Note[^1].

[^1]: Une liste

    ii) dans une note

::: {{.recommendation #rec}}
(b) dans une boîte
:::
"""


@pytest.fixture(scope="module")
def whole():
    return report(chapter("listes", *markdown(TEXT)))


@pytest.mark.parametrize("print_book", [print_report, print_plain])
def test_the_pdf_prints_numbers_and_boxes_as_they_were_written(whole, print_book):
    words = " ".join(" ".join(text_of_pages(print_book(whole).content)).split())
    for index, number in enumerate(NUMBERS):
        assert f" {number} nombre {index}" in words
    for line in ("(1) Un exemple", "☐ tâche ouverte", "☒ tâche faite", "1. ☒ tâche numérotée", "(b) dans une boîte"):
        assert line in words
    assert re.search(r"ii\) dans une note", words)


def test_the_numbers_of_the_pdf_are_labels(whole):
    with pikepdf.open(BytesIO(print_report(whole).content)) as document:
        labels = [
            one for one in document.objects if isinstance(one, pikepdf.Dictionary) and one.get("/S") == pikepdf.Name.Lbl
        ]
    assert len(labels) >= len(NUMBERS) + 4


def test_lists_of_html_and_epub_say_their_delimiters_and_keep_their_boxes(whole):
    (root,) = write_fragments(whole).values()
    kinds = {"".join(item.text or "" for item in kind.iter("li")): kind.get("class") for kind in root.iter("ol")}
    assert [kinds[f"nombre {index}"] for index in range(10)] == [
        "one-paren", "lower-alpha one-paren", "one-paren upper-alpha", "lower-roman one-paren",
        "one-paren upper-roman", "two-parens", "lower-alpha two-parens", "two-parens upper-alpha",
        "lower-roman two-parens", "two-parens upper-roman",
    ]  # fmt: skip
    assert [kinds[f"nombre {index}"] for index in range(10, 15)] == [None] * 5
    (tasks,) = root.iter("ul")
    assert tasks.get("class") == "tasks" and "☐ tâche ouverte" in "".join(tasks.itertext())
    assert not list(root.iter("input")) and not root.xpath("//*[@data-list]")
