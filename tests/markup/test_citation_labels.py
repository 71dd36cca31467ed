"""A key of the bibliography at the head of a block is a citation, and no label of an example."""

from __future__ import annotations

import pytest

from millesime.markup.ast import nodes_of, text_of
from millesime.markup.citation_labels import example_labels
from millesime.markup.pandoc import Source, read_documents

EVERYWHERE = """\
# Le cas @ostrom

Appel[^a], puis @ostrom et [@ostrom, p. 3].

@ostrom. Début.

- @ostrom) point

> (@ostrom) citée

@ostrom. @autre. deux

    @ostrom. code

| a
| @ostrom. vers

  clé        valeur
  ---------- ------
  @ostrom.   douze

[^a]: @ostrom. Texte.
"""


def read(text: str, *keys: str):
    (document,) = read_documents([Source(path="a.md", content=text.encode(), citations=frozenset(keys))])
    return document.blocks


def test_a_key_of_the_bibliography_is_a_citation_wherever_a_block_begins():
    blocks = read(EVERYWHERE, "ostrom")
    cited = [citation["citationId"] for node in nodes_of(blocks, {"Cite"}) for citation in node["c"][0]]
    assert cited == ["ostrom"] * 8 + ["autre"] + ["ostrom"] * 2
    text = text_of(blocks, notes=True)
    assert "Le cas @ostrom" in text and "@ostrom. Texte." in text and "(@ostrom) citée" in text
    assert "@ostrom. code" in text and "douze" in text


def test_a_label_that_no_bibliography_has_is_an_example():
    blocks = read("(@bon) Un exemple.\n\nVoir (@bon).\n", "ostrom")
    assert blocks[0]["t"] == "OrderedList" and text_of(blocks[1]) == "Voir (1)."


@pytest.mark.parametrize("text", ["voir a@ostrom.fr", "dit @ostrom. Et", "# @ostrom", "\\@ostrom"])
def test_other_places_hold_no_label(text: str):
    assert example_labels(text) == set()


def test_all_labels_of_a_text_are_found():
    assert example_labels(EVERYWHERE) == {"ostrom", "autre"}
