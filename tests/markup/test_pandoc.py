"""The one door to pandoc: it reads as the command line does, and names the file that it cannot read."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millesime.limits import LimitError, Limits
from millesime.markup.ast import string, text_of
from millesime.markup.pandoc import (
    Source,
    cite,
    is_nested_deeper,
    pandoc_path,
    read_documents,
    read_references,
    reference_key,
    write_texts,
)
from millesime.problems import MarkupError


def read(text: str, **options):
    (document,) = read_documents([Source(path="a.md", content=text.encode())], **options)
    return document.blocks


def command_line(text: str) -> list:
    done = subprocess.run([pandoc_path(), "-t", "json"], input=text.encode(), capture_output=True, check=True)
    return json.loads(done.stdout)["blocks"]


@pytest.mark.parametrize(
    "text",
    [
        "\tcode\n\n```\n\ta\tb\n```",
        "Smith et al. 2023, p. 4, Mr. X",
        "a\r\nb\rc\r\n",
        "\ufeff# T",
        "- a\n\n\t- b\n",
        "a\u00a0b",
    ],
)
def test_a_text_is_read_as_the_command_line_reads_it(text: str):
    assert read(text) == command_line(text)


@settings(max_examples=25)
@given(st.text(alphabet="ab \t\n\r#*_-|>`1.\"'[](){}:@$\\<é", max_size=80))
def test_any_text_is_read_as_the_command_line_reads_it(text: str):
    assert read(text) == command_line(text)


def test_documents_come_back_in_their_order_whatever_the_number_of_processes():
    sources = [Source(path=f"{index}.md", content=(f"n{index} " * (index + 1)).encode()) for index in range(9)]
    assert read_documents(sources, jobs=4) == read_documents(sources, jobs=1)


def test_a_file_that_cannot_be_read_is_named():
    with pytest.raises(MarkupError, match=r"^bad\.md: "):
        read_documents([Source(path="ok.md", content=b"a"), Source(path="bad.md", content=b"---\na: [\n---\n")])
    with pytest.raises(MarkupError, match=r"^x\.bib: "):
        read_references([Source(path="x.bib", content=b"@book{a, title = {b")])


def test_references_of_several_files_are_one_list_without_doubles():
    one, two = b"@book{a, title={A}}\n@book{b, title={B}}", b"@book{b, title={Other}}\n@book{c, title={C}}"
    found = read_references([Source(path="1.bib", content=one), Source(path="2.bib", content=two)])
    assert [reference_key(reference) for reference in found] == ["a", "b", "c"]


WORKS = b"""
@book{bretagne, title={Histoire de la Bretagne}}
@book{wales, title={A History of Wales}, langid={english}}
@book{insee, title={L'INSEE et la Ville}, langid={french}}
@phdthesis{phd, title={Th{\\`e}se sur l'Eau}}
@mastersthesis{master, title={Les Puits}}
@misc{press, title={Sous Presse}, pubstate={inpress}}
@patent{patent, title={Pompe}, type={patreqfr}}
"""


def texts_of(language: str, field: str) -> dict[str, str]:
    found = read_references([Source(path="works.bib", content=WORKS)], language=language)
    said = {reference_key(one): one["c"][field]["c"] for one in found if field in one["c"]}
    return {key: text if isinstance(text, str) else text_of(text) for key, text in said.items()}


@pytest.mark.parametrize("language", ["fr", "fr-CA", "de", "it", "nl-BE", "pt-BR", "br", "x-none"])
def test_titles_of_a_bibliography_keep_their_capitals_in_a_report_that_is_not_english(language: str):
    assert texts_of(language, "title") == {
        "bretagne": "Histoire de la Bretagne", "wales": "A History of Wales", "insee": "L’INSEE et la Ville",
        "phd": "Thèse sur l’Eau", "master": "Les Puits", "press": "Sous Presse", "patent": "Pompe",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "en-GB"])
def test_french_titles_keep_their_capitals_in_an_english_report(language: str):
    titles = texts_of(language, "title")
    assert titles["insee"] == "L’INSEE et la Ville"
    assert titles["wales"] == "A history of wales"


@pytest.mark.parametrize(
    ("language", "phd", "master", "patent"),
    [
        ("fr", "thèse de doctorat", "mémoire de master", "French patent request"),
        ("es-MX", "Tesis doctoral", "Master’s thesis", "solicitud de patente francesa"),
        ("de", "PhD thesis", "Master’s thesis", "French patent request"),
        ("en", "PhD thesis", "Master’s thesis", "French patent request"),
    ],
)
def test_kinds_of_works_are_named_in_the_language_of_the_report_else_in_english(language, phd, master, patent):
    assert texts_of(language, "genre") == {"phd": phd, "master": master, "patent": patent}


def test_a_term_that_the_language_has_is_not_replaced_by_the_english_one():
    assert texts_of("fr", "status") == {"press": "sous presse"}


def test_reading_what_was_written_gives_the_same_blocks():
    blocks = read("# T\n\nA *b* `c`.\n\n- x\n- y\n")
    (text,) = write_texts([blocks], to="markdown")
    assert read(text) == blocks


def test_citations_are_set_in_the_language():
    references = read_references([Source(path="x.bib", content=b"@book{a, author={X and Y}, title={T}, year=1999}")])
    citation = {"citationId": "a", "citationPrefix": [], "citationSuffix": [], "citationMode": {"t": "NormalCitation"},
                "citationNoteNum": 1, "citationHash": 0}  # fmt: skip
    node = {"t": "Para", "c": [{"t": "Cite", "c": [[citation], [string("[@a]")]]}]}
    assert "et" in json.dumps(cite([node], references=references, style=None, language="fr"))
    assert "and" in json.dumps(cite([node], references=references, style=None, language="en"))


def test_a_text_that_keeps_pandoc_busy_is_named_and_the_others_are_not():
    texts = [Source(path="short.md", content=b"# T"), Source(path="hostile.md", content=b"[" * 50_000)]
    with pytest.raises(LimitError, match=r"^hostile\.md: pandoc took more than 1 s; .*reading: 1"):
        read_documents(texts, limits=Limits(reading=1))


def test_a_text_that_needs_too_much_memory_is_named():
    with pytest.raises(LimitError, match=r"^a\.md: pandoc needed more than 16 MiB; .*memory: 16"):
        read("a " * 100_000, limits=Limits(memory=16))


def test_a_text_that_is_nested_too_deeply_is_named():
    assert read(">" * 48 + " x")
    with pytest.raises(LimitError, match=r"^a\.md: .* more than 50 deep .*nesting: 50"):
        read(">" * 49 + " x")  # with the paragraph and its word


@pytest.mark.parametrize(
    ("document", "depth"),
    [(b"[]", 0), (b'{"a":1}', 0), (b'{"a":{}}', 1), (b'{"a":["{{{{",{"b":"\\"{{"}]}', 1), (b'{"a":[{"b":{}},{}]}', 2)],
)
def test_the_depth_of_a_document_is_told_from_braces_outside_its_strings(document: bytes, depth: int):
    assert not is_nested_deeper(document, depth)
    assert is_nested_deeper(document, depth - 1) == (document != b"[]")


def widths(text: str) -> list[float | None]:
    (table,) = [block for block in read(text) if block["t"] == "Table"]
    return [width.get("c") for _, width in table["c"][2]]


def test_a_long_line_of_the_source_gives_the_columns_of_a_pipe_table_no_width():
    assert widths(f"| a | b |\n|--|------|\n| {'mot ' * 60}| x |\n") == [None, None]


def test_a_drawn_table_keeps_the_widths_that_it_was_drawn_with():
    grid = "+--------------------+----------+\n| a                  | b        |\n+--------------------+----------+\n"
    assert widths(grid) == [21 / 80, 11 / 80]
    wide = f"+{'-' * 99}+{'-' * 99}+\n|{'a'.center(99)}|{'b'.center(99)}|\n+{'-' * 99}+{'-' * 99}+\n"
    assert widths(wide) == [0.5, 0.5]
