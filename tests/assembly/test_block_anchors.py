"""Every anchor that may be cited stands on its chapter's page, whatever the block is."""

from __future__ import annotations

import re

from hypothesis import given, settings

from millesime.assembly.block_anchors import block_anchors
from millesime.assembly.sources import ChapterSource
from millesime.markup.ast import Block, Document
from millesime.render.html.pages import html_pages, page_names
from tests.assembly.builders import chapter, report
from tests.redline.documents import chapters

FIGURE = """\
# Titre

Avant.

<figure>

<img src="a.png" alt="Deux courbes" />

<figcaption>Légende entre deux balises.</figcaption>

</figure>

<div>Un cadre sans nom.</div>

Après.
"""


def missing_anchors(*sources: ChapterSource) -> list[str]:
    """Return the anchors of blocks that their pages do not have."""
    made = report(*sources)
    pages, names = html_pages(made), page_names(made)
    missing = []
    for found, anchors in zip(made.chapters, block_anchors(sources).values(), strict=True):
        idents = re.findall(r'\sid="([^"]+)"', pages[names[found.id]].decode())
        missing += [anchor for anchor in anchors if anchor and anchor not in idents]
    return missing


def source(blocks: list[Block], number: int) -> ChapterSource:
    return ChapterSource(path=f"chapters/{number}.md", document=Document(blocks=blocks), role="body", id=f"n{number}")


@settings(max_examples=60)
@given(chapters(most=6))
def test_every_anchor_stands_on_its_page(edition):
    assert missing_anchors(*(source(one.blocks, number) for number, one in enumerate(edition))) == []


def test_a_figure_and_a_division_written_in_html_have_their_anchors():
    text = chapter(FIGURE)
    (anchors,) = block_anchors([text]).values()
    assert len([anchor for anchor in anchors if anchor]) == 5
    assert missing_anchors(text) == []
