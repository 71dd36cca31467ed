"""What an author struck or underlined is no change: it has elements and a look of its own in every format."""

from __future__ import annotations

import zipfile

import pytest
from lxml import etree

from millesime.assembly.foreign import settle_foreign
from millesime.render.docx.document import render_docx
from millesime.render.fragments import write_fragments
from tests.render.builders import chapter, markdown, report, source

TEXT = "Un ~~vieux~~ mot, <del>un autre</del> et <ins>un ajout</ins>, [neuf]{.insertion} [parti]{.deletion}.\n"
BLOCKS = '<del class="deletion">\n\nUn paragraphe.\n\n</del>\n'
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def blocks(text: str) -> list:
    return settle_foreign(markdown(text))


def test_pages_have_elements_of_their_own_for_them():
    root = write_fragments(report(chapter("un", *blocks(TEXT))))["un"]
    found = {tag: ["".join(one.itertext()) for one in root.iter(tag)] for tag in ("s", "u", "del", "ins")}
    assert found == {"s": ["vieux", "un autre"], "u": ["un ajout"], "del": ["parti"], "ins": ["neuf"]}


def test_around_paragraphs_it_is_no_mark_of_ours_either():
    root = write_fragments(report(chapter("un", *settle_foreign(source(BLOCKS)))))["un"]
    assert not list(root.iter("del", "ins"))
    assert not root.xpath("//*[@role='deletion'] | //*[contains(concat(' ', @class), ' deletion')]")
    assert "Un paragraphe." in "".join(root.itertext())


@pytest.mark.parametrize("tag", ["s", "strike", "del"])
def test_word_strikes_it_and_tracks_nothing(tag, tmp_path):
    made = render_docx(report(chapter("un", *blocks(f"Un <{tag}>mot</{tag}> et ~~deux~~.\n"))), tmp_path / "a.docx")
    with zipfile.ZipFile(made.path) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    struck = ["".join(run.itertext()) for run in root.iter(f"{W}r") if run.find(f"{W}rPr/{W}strike") is not None]
    assert struck == ["mot", "deux"]
    assert not list(root.iter(f"{W}del", f"{W}ins"))


AROUND = """\
Avant.

<{tag}>

Un paragraphe *en* relief.[^a]

Un autre.

### Un titre

- un
- deux

> cité

Terme
:   sens

| A | B |
|---|---|
| c | d |

: Légende

``` python
x = 1
```

</{tag}>

Après.

[^a]: Une note.
"""
INSIDE = ["Un paragraphe en relief.", "Un autre.", "Un titre", "un", "deux", "cité", "Terme", "sens"]
INSIDE += ["Légende", "A", "B", "c", "d", "x = 1"]


def runs_with(root: etree._Element, name: str) -> list[str]:
    """Return of each paragraph the text that a property of runs is on, if there is any."""
    found = []
    for line in root.iter(f"{W}p"):
        runs = [run for run in line.iter(f"{W}r") if run.find(f"{W}rPr/{W}{name}") is not None]
        found += ["".join(text for run in runs for text in run.itertext())] if runs else []
    return found


def word(text: str, tmp_path) -> dict[str, etree._Element]:
    made = render_docx(report(chapter("un", *blocks(text))), tmp_path / "a.docx")
    with zipfile.ZipFile(made.path) as archive:
        return {name: etree.fromstring(archive.read(f"word/{name}.xml")) for name in ("document", "footnotes")}


@pytest.mark.parametrize("tag", ["s", "strike", "del", "ins", "u"])
def test_around_blocks_it_is_on_each_text_in_word(tag, tmp_path):
    written = word(AROUND.format(tag=tag), tmp_path)
    name, other = ("u", "strike") if tag in ("ins", "u") else ("strike", "u")
    assert runs_with(written["document"], name) == INSIDE
    assert not runs_with(written["document"], other)
    assert not list(written["document"].iter(f"{W}del", f"{W}ins"))
    assert not runs_with(written["footnotes"], name)


@pytest.mark.parametrize("tag", ["s", "del", "ins", "u"])
def test_around_blocks_it_is_on_each_text_of_a_page(tag):
    root = write_fragments(report(chapter("un", *blocks(AROUND.format(tag=tag)))))["un"]
    shown, block_class = ("u", "underlined") if tag in ("ins", "u") else ("s", "struck")
    found = ["".join(one.itertext()) for one in root.iter(shown)]
    assert [text.rstrip("1").rstrip() for text in found] == INSIDE[:-1]
    assert [one.text for one in root.xpath(f"//div[@class='{block_class}']//code")] == [INSIDE[-1]]


@pytest.mark.parametrize(
    "text",
    [
        "<s>Un.\n\nDeux.</s>\n\nTrois.\n",
        "<s><p>Un.</p><div>Deux.</div></s>\n\nTrois.\n",
        "<div><s>\n\nUn.\n\nDeux.\n\n</s></div>\n\nTrois.\n",
        "<del>\nUn.\n\nDeux.\n</del>\n\nTrois.\n",
        "<s>\n<ul><li>Un.</li><li>Deux.</li></ul>\n</s>\n\nTrois.\n",
        "<table><tr><td><s><p>Un.</p><p>Deux.</p></s></td><td>Trois.</td></tr></table>\n",
        "> <s>Un.\n>\n> Deux.</s>\n\nTrois.\n",
    ],
)
def test_wherever_blocks_stand_in_it(text, tmp_path):
    assert runs_with(word(text, tmp_path)["document"], "strike") == ["Un.", "Deux."]


@pytest.mark.parametrize("text", ["<s>Un.\n\nDeux.\n", "Un.\n\nDeux.</s>\n", "<u>Un.\n\nDeux.</s>\n"])
def test_a_tag_without_its_other_end_strikes_nothing_behind_its_paragraph(text, tmp_path):
    written = word(text, tmp_path)
    assert "Deux." not in runs_with(written["document"], "strike") + runs_with(written["document"], "u")
    assert "Deux." in "".join(written["document"].itertext())


def test_lines_of_struck_code_stay_lines(tmp_path):
    root = word("<s>\n\n    x = 1\n\n      y = 2\n\n</s>\n", tmp_path)["document"]
    (line,) = [line for line in root.iter(f"{W}p") if runs_with(line, "strike")]
    parts = [part.text if part.tag == f"{W}t" else "\n" for part in line.iter(f"{W}t", f"{W}br")]
    assert "".join(parts) == "x = 1\n\n  y = 2"
    assert line.find(f"{W}pPr/{W}pStyle").get(f"{W}val") == "SourceCode"


def test_code_may_be_struck_and_underlined(tmp_path):
    root = word("<u>\n\n<s>\n\n    x = 1\n\n</s>\n\n</u>\n", tmp_path)["document"]
    assert runs_with(root, "strike") == runs_with(root, "u") == ["x = 1"]


def test_many_tags_are_read_in_little_time(tmp_path):
    assert blocks("<s>\n\n" * 2_000 + "Un.\n\n" + "</s>\n\n" * 2_000)
