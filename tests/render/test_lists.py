"""Numbers of lists as they were written, "1)" and "(iv)", and the boxes of tasks, in every format that we lay out."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from lxml import etree

from millesime.markup.ast import nodes_of, walk
from millesime.redline.compare import compare
from millesime.redline.exact_document import blocks_ast
from millesime.redline.marks import mark_of
from millesime.redline.model import ChapterText
from millesime.redline.reading.readers_view import for_readers
from millesime.render.docx.document import render_docx
from millesime.render.fragments import write_fragments
from millesime.render.pdf import print_report
from millesime.render.pdf.plain import print_plain
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import text_of_pages

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
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


# ---- numbers that HTML gives to items ----------------------------------------

OF_HTML = """
<ol reversed>
<li>trois</li>
<li>deux</li>
<li>un</li>
</ol>

<ol start="3" type="a">
<li>lettre c</li>
<li value="7"><p>lettre g</p><p>suite</p></li>
<li>lettre h</li>
<li value="2">lettre b</li>
</ol>

<ol reversed start="10"><li>dix<ol><li value=5>cinq</li></ol></li><li value="4">quatre</li><li>troisième</li></ol>

<ol reversed start="1"><li>seul</li></ol>

<ol><li>premier</li><li value="x">second</li></ol>
"""
PRINTED = (
    "3. trois|2. deux|1. un|c. lettre c|g. lettre g|h. lettre h|b. lettre b|10. dix|5. cinq|4. quatre|3. troisième|"
    "1. seul|1. premier|2. second"
).split("|")


@pytest.fixture(scope="module")
def of_html():
    return report(chapter("listes", *markdown(OF_HTML)))


def test_pages_say_in_attributes_which_numbers_items_have(of_html):
    root = write_fragments(of_html)["listes"]
    lists = [
        (one.get("start"), one.get("reversed"), [item.get("value") for item in one.findall("li")])
        for one in root.iter("ol")
    ]
    assert lists == [
        ("3", "reversed", [None, None, None]),
        ("3", None, [None, "7", None, "2"]),
        ("10", "reversed", [None, "4", None]),
        (None, None, ["5"]),
        ("1", "reversed", [None]),
        (None, None, [None, None]),
    ]
    assert not root.xpath("//*[contains(@class, 'item-number')] | //*[@data-list]")


@pytest.mark.parametrize("print_book", [print_report, print_plain])
def test_the_pdf_counts_as_html_says(of_html, print_book):
    words = " ".join(" ".join(text_of_pages(print_book(of_html).content)).split())
    assert [line for line in PRINTED if f" {line}" not in words] == []


def numbers_in_word(one, folder: Path) -> list[str]:
    """Return each numbered line of a Word document, changes accepted, with the number that its list gives it."""
    with zipfile.ZipFile(render_docx(one, folder / "a.docx").path) as archive:
        document, numbering = (etree.fromstring(archive.read(f"word/{name}.xml")) for name in ("document", "numbering"))
    abstract = {one.get(f"{W}abstractNumId"): one for one in numbering.iter(f"{W}abstractNum")}
    next_numbers: dict[tuple[str, str], int] = {}
    found = []
    for line in document.iter(f"{W}p"):
        place = line.find(f"{W}pPr/{W}numPr")
        if place is None or place.find(f"{W}numId").get(f"{W}val") == "1000" or line.find(f".//{W}t") is None:
            continue
        level, ident = (place.find(f"{W}{name}").get(f"{W}val") for name in ("ilvl", "numId"))
        number = next(one for one in numbering.iter(f"{W}num") if one.get(f"{W}numId") == ident)
        start = number.find(f"{W}lvlOverride[@{W}ilvl='{level}']/{W}startOverride")
        kind = abstract[number.find(f"{W}abstractNumId").get(f"{W}val")].find(f"{W}lvl[@{W}ilvl='{level}']")
        value = next_numbers.setdefault((ident, level), int(start.get(f"{W}val")))
        next_numbers[ident, level] += 1
        numeral = str(value) if kind.find(f"{W}numFmt").get(f"{W}val") == "decimal" else chr(ord("a") + value - 1)
        found.append(f"{kind.find(f'{W}lvlText').get(f'{W}val').replace(f'%{int(level) + 1}', numeral)} "
                     + "".join(text for run in line.iter(f"{W}t") for text in run.itertext()))  # fmt: skip
    return found


def test_word_counts_as_html_says(of_html, tmp_path):
    assert numbers_in_word(of_html, tmp_path) == PRINTED


def compared(old: str, new: str) -> list:
    editions = [[ChapterText(path="a.md", id="a", title="", blocks=tuple(markdown(text)))] for text in (old, new)]
    (redline,) = compare(*editions).chapters
    return for_readers(blocks_ast(redline.blocks), whole=True)


COUNTED = "<ol>\n<li>Ouvrir.</li>\n<li>Publier.</li>\n<li>Conclure.</li>\n</ol>\n"


def test_a_changed_number_marks_no_word_and_the_new_one_is_printed(tmp_path):
    blocks = compared(COUNTED, COUNTED.replace("<li>Publier", '<li value="7">Publier'))
    marked = nodes_of([node for node in walk(blocks) if mark_of(node)], {"Str"})
    assert {node["c"] for node in marked} == {"1., 2., 3.", "1., 7., 8."}  # of "numbering", beside the list
    lines = numbers_in_word(report(chapter("un", *blocks)), tmp_path)
    assert lines == ["1. Ouvrir.", "7. Publier.", "8. Conclure."]
    root = write_fragments(report(chapter("un", *blocks)))["un"]
    assert [item.get("value") for item in root.iter("li")] == [None, "7", None]


def test_items_that_are_gone_take_no_number_from_those_that_stay(tmp_path):
    new = COUNTED.replace("<li>Publier.</li>\n", "").replace("<ol>", "<ol reversed>")
    old = COUNTED.replace("<ol>", "<ol reversed>")
    numbers = numbers_in_word(report(chapter("un", *compared(old, new))), tmp_path)
    assert numbers == ["2. Ouvrir.", "1. Conclure."]


def test_a_new_item_with_a_number_of_its_own_leaves_no_mark_on_the_page():
    blocks = compared(COUNTED, COUNTED.replace("</ol>", '<li value="9">Neuf.</li>\n</ol>'))
    root = write_fragments(report(chapter("un", *blocks)))["un"]
    assert not root.xpath("//*[contains(@class, 'item-number')]")
    assert [item.get("value") for item in root.iter("li")] == [None, None, None, "9"]
