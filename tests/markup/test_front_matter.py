from __future__ import annotations

import pytest

from millesime.assembly.sources import document_title
from millesime.markup.ast import text_of
from millesime.markup.front_matter import with_text_in_front
from millesime.markup.pandoc import Source, read_documents

SCALARS = [
    "010",
    "1.0",
    "1e3",
    "0x1F",
    "-5",
    ".5",
    "5.",
    "1_000",
    ".inf",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "y",
    "null",
]


def title(text: str) -> str:
    (document,) = read_documents([Source(path="a.md", content=text.encode("utf-8"))], reader="markdown")
    return text_of(document_title(document))


@pytest.mark.parametrize("scalar", [*SCALARS, "2019-01-01", "10:30", "Les communes", "v1.0", "yes-men"])
def test_a_scalar_of_the_front_matter_is_the_text_that_stands_there(scalar: str):
    assert title(f"---\ntitle: {scalar}\n---\n\nTexte.\n") == scalar
    assert title(f"---\r\nid: x\r\ntitle: {scalar}  # remarque\r\n...\r\n\r\nTexte.\r\n") == scalar


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: '010'\n---\n", '---\ntitle: "yes"\n---\n', "---\ntitle: |\n  010\n---\n",
        "---\n\nid: 010\n\n---\n", "id: 010\n\n---\n", "---\nid: 010\n", "", "Texte.\n\n---\nid: 010\n---\n",
    ],
)  # fmt: skip
def test_what_is_quoted_already_and_what_is_no_front_matter_stays(text: str):
    assert with_text_in_front(text.encode("utf-8")) == text.encode("utf-8")


def test_bytes_that_are_no_utf_8_pass_through():
    assert with_text_in_front(b"---\nid: 010\nx: \xff\n---\n") == b"---\nid: '010'\nx: \xff\n---\n"
