"""What an author struck or underlined is no change: it has elements and a look of its own in every format."""

from __future__ import annotations

import zipfile

import pytest
from lxml import etree

from millesime.assembly.foreign import settle_foreign
from millesime.render.docx.document import render_docx
from millesime.render.fragments import write_fragments
from tests.render.builders import chapter, markdown, report

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
    root = write_fragments(report(chapter("un", *blocks(BLOCKS))))["un"]
    assert not list(root.iter("del", "ins"))
    assert not root.xpath("//*[@role='deletion'] | //*[contains(@class, 'deletion')]")
    assert "Un paragraphe." in "".join(root.itertext())


@pytest.mark.parametrize("tag", ["s", "strike", "del"])
def test_word_strikes_it_and_tracks_nothing(tag, tmp_path):
    made = render_docx(report(chapter("un", *blocks(f"Un <{tag}>mot</{tag}> et ~~deux~~.\n"))), tmp_path / "a.docx")
    with zipfile.ZipFile(made.path) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    struck = ["".join(run.itertext()) for run in root.iter(f"{W}r") if run.find(f"{W}rPr/{W}strike") is not None]
    assert struck == ["mot", "deux"]
    assert not list(root.iter(f"{W}del", f"{W}ins"))
