"""What stands in attributes is printed: titles of boxes, captions of code; and a page break breaks the page."""

from __future__ import annotations

import pytest

from millesime.assembly.report import Report
from millesime.markup.ast import Node, attr_of, has_class, text_of, walk
from tests.assembly.builders import chapter, report

BREAKS = [
    "\\newpage",
    "\\clearpage",
    "\\pagebreak[4]",
    '<div style="page-break-after: always;"></div>',
    '<div style="break-before:page"></div>',
    '<div class="page-break"></div>',
    "::: pagebreak\n:::",
    "::: {.newpage}\n:::",
    '<br style="page-break-after:always">',
    '<hr class="page-break">',
    '<p style="page-break-before: always"></p>',
]


def order(built: Report) -> list[str]:
    """The words of the paragraphs of the first chapter, and "|" for each page break."""
    out = []
    for node in walk(list(built.chapters[0].blocks)):
        if node["t"] in ("Para", "Plain") and text_of(node):
            out.append(text_of(node))
        elif node["t"] == "Div" and has_class(node, "page-break"):
            out.append("|")
    return out


def named(built: Report, name: str) -> list[Node]:
    return [node for node in walk(list(built.chapters[0].blocks)) if attr_of(node) and has_class(node, name)]


@pytest.mark.parametrize("written", BREAKS)
def test_a_page_break_of_any_spelling_is_one_break_between_its_neighbours(written: str):
    assert order(report(chapter(f"# T\n\nAvant.\n\n{written}\n\nAprès.\n"))) == ["Avant.", "|", "Après."]


def test_a_page_break_in_a_paragraph_parts_it():
    assert order(report(chapter("# T\n\nAvant.\n\\newpage\n\nAprès.\n"))) == ["Avant.", "|", "Après."]
    assert order(report(chapter("# T\n\nAvant \\newpage après.\n"))) == ["Avant", "|", "après."]


def test_a_div_with_content_keeps_it_and_breaks_on_its_side():
    built = report(chapter('# T\n\nA\n\n<div style="page-break-after: always">\n\nB\n\n</div>\n\nC\n'))
    assert order(built) == ["A", "B", "|", "C"]
    assert order(report(chapter("# T\n\nA\n\n::: page-break-before\nB\n:::\n\nC\n"))) == ["A", "|", "B", "C"]


def test_a_break_at_the_edge_of_a_chapter_makes_no_blank_page():
    assert order(report(chapter("# T\n\n\\newpage\n\nA\n\n\\newpage\n\n\\clearpage\n"))) == ["A"]


def test_the_title_of_a_box_is_printed_and_is_no_attribute_any_more():
    built = report(chapter('# T\n\n::: {.callout-note title="Attention : eau"}\nTexte.\n:::\n'))
    assert order(built) == ["Attention\u00a0: eau", "Texte."]
    assert attr_of(named(built, "source-callout-note")[0])[2] == []


def test_a_numbered_box_says_its_number_before_its_title():
    built = report(chapter('# T\n\n::: {.recommendation title="Contrôler"}\nTexte.\n:::\n'))
    assert order(built) == ["Recommandation\u00a01", "Contrôler", "Texte."]


@pytest.mark.parametrize("key", ["caption", "title", "filename", "lst-cap", "data-caption"])
@pytest.mark.parametrize(
    "form", ["{code}", "- item\n\n{indented}", "> texte\n>\n{quoted}", "Terme\n\n:   x\n\n{indented}"]
)
def test_the_caption_of_a_code_block_is_printed_wherever_it_stands(key: str, form: str):
    lines = ["``` {.python " + key + '="Le programme"}', "print(1)", "```"]
    forms = {"code": "\n".join(lines)}
    forms |= {
        "indented": "\n".join(f"    {line}" for line in lines),
        "quoted": "\n".join(f"> {line}" for line in lines),
    }
    built = report(chapter(f"# T\n\n{form.format(**forms)}\n"))
    assert [text_of(node) for node in named(built, "code-caption")] == ["Le programme"]


def test_a_caption_and_a_file_name_are_both_printed():
    built = report(chapter('# T\n\n``` {caption="Le programme" filename="a.py" startFrom="3"}\nx\n```\n'))
    assert [text_of(node) for node in named(built, "code-caption")] == ["Le programme – a.py"]
    (code,) = (node for node in walk(list(built.chapters[0].blocks)) if node["t"] == "CodeBlock")
    assert attr_of(code)[2] == [["source-startFrom", "3"]]


def test_addresses_of_paragraphs_do_not_change_with_what_is_shown():
    def anchors(attributes: str) -> list[str]:
        text = f"# T\n\nA\n\n::: {{.note{attributes}}}\nB\n:::\n\n``` {{.x{attributes}}}\nc\n```\n\nD\n"
        return [attr_of(node)[0] for node in walk(list(report(chapter(text)).chapters[0].blocks)) if attr_of(node)]

    assert [name for name in anchors(' title="T"') if name] == [name for name in anchors("") if name]
