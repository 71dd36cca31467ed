"""The structure tree of the printed report: what a screen reader is told, and what WeasyPrint would tell it instead."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from millesime.markup.ast import SPACE, para, span, string
from millesime.render.pdf import tags
from millesime.render.pdf.plain import print_plain
from tests.render.builders import SVG, chapter, markdown, report
from tests.validation.pdf_tags import CHECKS, Book, Element, read_book

WORDS = "Des mots et encore des mots, gouvernance, anticonstitutionnellement partagée et autres. "
ROWS = "\n".join(f"| ligne {number} | {number} |" for number in range(90))
TEXT = f"""
## Une section

{WORDS * 3} Un appel.[^1] {WORDS * 50}

Un texte [in English, *please*]{{lang=en}}, `du code`, $x^2 + 1$ et la [SNCF]{{}}.

Terme
:   sa définition

Autre
:   la sienne

:   et une autre

![Le plan](plan.svg)

| Lieu | Nombre |
|---|---|
{ROWS}

<table>
<thead><tr><th colspan="2">Deux</th><th>Une</th></tr></thead>
<tbody><tr><th>a</th><td>b</td><td>c</td></tr></tbody>
</table>

```
fn main()
    une ligne
```

[^1]: Une note.

    Sa suite.
"""


def sample() -> Callable:
    changed = para(
        "Un mot ",
        SPACE,
        span([string("neuf")], classes=["insertion"]),
        span([string("vieux")], classes=["deletion"]),
        string("."),
    )
    return report(chapter("un", *markdown(TEXT), changed), images={"plan.svg": SVG})


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tags")


@pytest.fixture(scope="module")
def book(folder: Path) -> Book:
    return printed(folder / "all.pdf")


def printed(path: Path) -> Book:
    path.write_bytes(print_plain(sample()).content)
    return read_book(path)


def kinds(element: Element) -> list[str]:
    return [kid.kind for kid in element.kids]


def first(book: Book, kind: str, *, holding: str = "") -> Element | None:
    return next((one for one in book.elements(kind) if holding in book.text(one, spoken=False)), None)


# ---- what each mend is for: true with it, and not without --------------------------


def margin_boxes_are_no_text(book: Book) -> bool:
    owned = {mark for element in book.elements() for mark in element.marks}
    return all(mark in owned for mark, text in book.texts.items() if text.strip())


def notes_follow_their_reference(book: Book) -> bool:
    note = first(book, "Note", holding="Une note.")
    if note is None or not note.ident or kinds(note)[:1] != ["Lbl"]:
        return False
    before = note.parent.kids[note.parent.kids.index(note) - 1]
    return before.kind == "P" and "Reference" in kinds(before) and "Un appel.1" in book.text(before)


def pieces_are_one(book: Book) -> bool:
    paragraphs = [one for one in book.elements("P") if "anticonstitutionnellement" in book.text(one)]
    tables = [one for one in book.elements("Table") if "ligne 89" in book.text(one)]
    whole = [one for one in tables if "ligne 0" in book.text(one)]
    heads = [one for one in book.elements("TH") if book.text(one).strip() == "Lieu"]
    return len(paragraphs) == 1 and len(tables) == len(whole) == len(heads) == 1


def code_and_formulas_are_named(book: Book) -> bool:
    formula = first(book, "Formula")
    block = next((one for one in book.elements("P") if kinds(one) == ["Code"] and "fn main" in book.text(one)), None)
    figure = first(book, "Figure")
    return (
        formula is not None
        and formula.alternative == "x^2 + 1"
        and block is not None
        and first(book, "Code", holding="du code") is not None
        and figure is not None
        and figure.parent.kind == "Div"
        and kinds(figure.parent) == ["Figure", "Caption"]
    )


def terms_label_their_definitions(book: Book) -> bool:
    items = [
        kinds(item) for item in book.elements("LI") if "définition" in book.text(item) or "la sienne" in book.text(item)
    ]
    return items == [["Lbl", "LBody"], ["Lbl", "LBody", "LBody"]]


def contents_are_a_toc(book: Book) -> bool:
    entry = first(book, "TOCI", holding="Un chapitre")
    return entry is not None and "Reference" in kinds(entry) and "TOC" in kinds(entry)


def headers_have_a_scope(book: Book) -> bool:
    heads = {book.text(one).strip(): one.scope for one in book.elements("TH")}
    spanning, line, cell = (
        next((one for one in book.elements(kind) if book.text(one).strip() == words), None)
        for kind, words in (("TH", "Deux"), ("TH", "a"), ("TD", "b"))
    )
    return (
        (heads.get("Lieu"), heads.get("Deux"), heads.get("a")) == ("Column", "Column", "Row")
        and spanning is not None
        and cell is not None
        and set(cell.headers) == {spanning.ident, line.ident}
    )


def languages_are_said(book: Book) -> bool:
    return any(one.language == "en" and book.text(one) == "in English, please" for one in book.elements())


def changes_are_said(book: Book) -> bool:
    holder = first(book, "P", holding="neuf")
    said = book.text(holder)
    return (
        "[début d’ajout] neuf [fin d’ajout][début de suppression] vieux [fin de suppression]" in said
        and book.text(holder, spoken=False).strip().endswith("neufvieux.")
        and {one.decoration for one in holder.kids} == {"Underline", "LineThrough"}
    )


def nothing_is_said_for_nothing(book: Book) -> bool:
    return not list(book.elements("NonStruct")) and not any(
        not one.kids and not one.marks for one in book.elements("P")
    )


MENDS = {
    "_drop_margin_boxes": margin_boxes_are_no_text,
    "_place_notes": notes_follow_their_reference,
    "_join_pieces": pieces_are_one,
    "_name_kinds": code_and_formulas_are_named,
    "_pair_definitions": terms_label_their_definitions,
    "_name_contents": contents_are_a_toc,
    "_head_tables": headers_have_a_scope,
    "_say_languages": languages_are_said,
    "_say_changes": changes_are_said,
    "_tidy": nothing_is_said_for_nothing,
}


def test_every_mend_has_its_test():
    assert [mend.__name__ for mend in tags.MENDS] == list(MENDS)


@pytest.mark.parametrize("name", MENDS)
def test_the_tree_is_right(name: str, book: Book):
    assert MENDS[name](book)


@pytest.mark.parametrize("name", MENDS)
def test_weasyprint_does_not_do_it_itself(name: str, folder: Path, monkeypatch):
    """The day this fails, WeasyPrint does what the mend is for: delete the mend."""
    left = tuple(mend for mend in tags.MENDS if mend.__name__ != name)
    monkeypatch.setattr(tags, "MENDS", left)
    assert not MENDS[name](printed(folder / f"{name}.pdf"))


def test_no_checker_of_tags_finds_anything(book: Book):
    assert [words for check in CHECKS for words in check(book)] == []


def test_the_head_of_a_table_is_printed_on_every_page_and_read_once(folder: Path, book: Book):
    content = (folder / "all.pdf").read_bytes()
    with pikepdf.open(BytesIO(content)) as pdf:
        artifacts = sum(
            stream.read_bytes().count(b"/Artifact\nBMC\n\n/a1.0 gs")
            for page in pdf.pages
            for stream in ([page.Contents] if isinstance(page.Contents, pikepdf.Stream) else page.Contents)
        )
    assert artifacts >= 2  # the two cells of the head, on the second page of the table
    assert len([one for one in book.elements("TH") if book.text(one).strip() == "Nombre"]) == 1


def test_every_object_is_where_the_file_says():
    """Those that the mends dropped leave the others at their places within the compressed stream."""
    content = print_plain(sample()).content
    at = int(content[content.rindex(b"startxref") :].split()[1])
    widths = [int(width) for width in re.search(rb"/W \[([\d ]+)\]", content[at:])[1].split()]
    table, found = _unpacked(content, at), []
    for place in range(0, len(table), sum(widths)):
        row, fields = BytesIO(table[place : place + sum(widths)]), []
        for width in widths:
            fields.append(int.from_bytes(row.read(width)))
        found.append(fields)
    streams = {number for kind, number, _ in found if kind == 2}
    headers = {number: _unpacked(content, found[number][1]).split() for number in streams}
    free = [number for number, (kind, _, _) in enumerate(found) if kind == 0]
    assert len(free) > 1
    for number, (kind, stream, index) in enumerate(found):
        if kind == 2:
            assert int(headers[stream][2 * index]) == number
        elif kind == 1:
            assert content[stream:].startswith(b"%d " % number)


def _unpacked(content: bytes, at: int) -> bytes:
    """Return the stream of the object at a place in a file."""
    return zlib.decompressobj().decompress(content[content.index(b"stream\n", at) + 7 :])
