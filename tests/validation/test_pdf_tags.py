"""Our checker of tags, tried on broken files: each check must see what it is for, and nothing in a good file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from millesime.render.pdf.plain import print_plain
from tests.render.builders import sample_report
from tests.validation.pdf_tags import CHECKS, check_against_pages, read_book

GOOD = "good.pdf"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("broken")
    (place / GOOD).write_bytes(print_plain(sample_report()).content)
    return place


def elements(pdf: pikepdf.Pdf, kind: str) -> list:
    """Return the structure elements of a kind, in reading order."""
    found, waiting = [], [pdf.Root.StructTreeRoot.K[0]]
    while waiting:
        element = waiting.pop()
        if str(element.get("/S", "")) == f"/{kind}":
            found.append(element)
        waiting += [kid for kid in reversed(list(element.get("/K", []))) if isinstance(kid, Dictionary) and "/S" in kid]
    return found


def first(pdf: pikepdf.Pdf, kind: str):
    return elements(pdf, kind)[0]


def links(pdf: pikepdf.Pdf) -> list:
    return [annotation for page in pdf.pages for annotation in page.get("/Annots", ())]


def drop(element) -> None:
    kids = element.P.K
    del kids[next(at for at, kid in enumerate(kids) if getattr(kid, "objgen", None) == element.objgen)]


def retag(pdf: pikepdf.Pdf, kind: str, other: str, *, last: bool = False) -> None:
    elements(pdf, kind)[-1 if last else 0].S = Name(f"/{other}")


def swap(pdf: pikepdf.Pdf, kind: str) -> None:
    """Let the last two elements of a kind in one parent change places."""
    kids = elements(pdf, kind)[-1].P.K
    kids[0], kids[len(kids) - 1] = kids[len(kids) - 1], kids[0]


def unsay(pdf: pikepdf.Pdf) -> None:
    for element in elements(pdf, "Span"):
        if "/ActualText" in element:
            del element["/ActualText"]


def scramble(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        for font in page.Resources.Font.values():
            font.ToUnicode = pdf.make_stream(b"1 beginbfchar\n<0001> <e000>\nendbfchar\n")


# What is broken → the check that must see it, how it is broken, what is said of it.
Breakage = tuple[str, Callable[[pikepdf.Pdf], object], str]
# fmt: off
# ruff: noqa: E501
BREAKAGES: dict[str, Breakage] = {
    "no language": ("file", lambda pdf: pdf.Root.__delitem__("/Lang"), "language of the document"),
    "not marked": ("file", lambda pdf: pdf.Root.MarkInfo.__setitem__("/Marked", False), "does not say that it is tagged"),
    "a title nobody sees": ("file", lambda pdf: pdf.Root.__delitem__("/ViewerPreferences"), "show the title"),
    "a skipped level": ("headings", lambda pdf: retag(pdf, "H2", "H4"), "H4"),
    "no first heading": ("headings", lambda pdf: retag(pdf, "H1", "H2"), "after nothing"),
    "an empty heading": ("headings", lambda pdf: first(pdf, "H2").__setitem__("/K", Array()), "empty H2"),
    "an item outside a list": ("nesting", lambda pdf: retag(pdf, "L", "Div"), "LI in Div"),
    "a paragraph in a list": ("nesting", lambda pdf: retag(pdf, "LI", "P"), "P in L"),
    "an item without a body": ("nesting", lambda pdf: drop(first(pdf, "LBody")), "without a body"),
    "a row outside a table": ("nesting", lambda pdf: retag(pdf, "Table", "Sect"), "in Sect"),
    "no header cells": ("tables", lambda pdf: [cell.__setitem__("/S", Name.TD) for cell in elements(pdf, "TH")], "no header"),
    "no scope": ("tables", lambda pdf: first(pdf, "TH").A.__delitem__("/Scope"), "no scope"),
    "a header of no table": ("tables", lambda pdf: first(pdf, "TD").A.__setitem__("/Headers", Array([String("x")])), "not there"),
    "a short row": ("tables", lambda pdf: drop(elements(pdf, "TD")[-1]), "rows of"),
    "a link outside the tree": ("links", lambda pdf: drop(elements(pdf, "Link")[-1]), "0 times"),
    "a link without a text": ("links", lambda pdf: _only_annotation(elements(pdf, "Link")[-1]), "without a text"),
    "a link that leads nowhere": ("links", lambda pdf: _nowhere(pdf), "is not there"),
    "a link without a description": ("links", lambda pdf: links(pdf)[0].__delitem__("/Contents"), "description"),
    "a note without an ID": ("notes", lambda pdf: first(pdf, "Note").__delitem__("/ID"), "no ID"),
    "a note without a label": ("notes", lambda pdf: drop(first(pdf, "Note").K[0]), "no label"),
    "a note that nothing refers to": ("notes", lambda pdf: drop(_calls(pdf)[0]), "follows no reference"),
    "a reference without a note": ("notes", lambda pdf: drop(first(pdf, "Note")), "has no note"),
    "a note elsewhere": ("notes", lambda pdf: _move_away(pdf, first(pdf, "Note")), "stands apart"),
    "a figure without a text": ("figures", lambda pdf: first(pdf, "Figure").__delitem__("/Alt"), "without an alternative"),
    "a file name for a text": ("figures", lambda pdf: first(pdf, "Figure").__setitem__("/Alt", String("plan.svg")), "describes no"),
    "a formula without a text": ("figures", lambda pdf: first(pdf, "Formula").__delitem__("/Alt"), "a Formula without"),
    "a caption alone": ("figures", lambda pdf: drop(first(pdf, "Figure")), "stands with nothing"),
    "text outside the tree": ("marks", lambda pdf: drop(elements(pdf, "P")[-1]), "not in the structure"),
    "text twice": ("marks", lambda pdf: _twice(elements(pdf, "P")[-1]), "2 times"),
    "an order that jumps": ("order", lambda pdf: swap(pdf, "Sect"), "is read after"),
    "no such language": ("languages", lambda pdf: _with_language(pdf).__setitem__("/Lang", String("english!")), "is no language"),
    "changes that are not said": ("changes", unsay, "that is not said"),
    "no bookmarks": ("bookmarks", lambda pdf: pdf.Root.__delitem__("/Outlines"), "no bookmarks"),
    "a bookmark that leads nowhere": ("bookmarks", lambda pdf: pdf.Root.Outlines.First.__delitem__("/Dest"), "leads nowhere"),
    "a chapter without a bookmark": ("bookmarks", lambda pdf: pdf.Root.Outlines.Last.__setitem__("/Title", String("?")), "no bookmark for"),
    "signs without a meaning": ("code_points", scramble, "U+E000"),
}
# fmt: on


def _calls(pdf: pikepdf.Pdf) -> list:
    return [one for one in elements(pdf, "Reference") if str(one.P.S) == "/P"]


def _only_annotation(link) -> None:
    link.K = Array([kid for kid in link.K if isinstance(kid, Dictionary) and "/Obj" in kid])


def _nowhere(pdf: pikepdf.Pdf) -> None:
    next(link for link in links(pdf) if "/Dest" in link).Dest = String("nowhere")


def _move_away(pdf: pikepdf.Pdf, note) -> None:
    drop(note)
    pdf.Root.StructTreeRoot.K[0].K.append(note)
    note.P = pdf.Root.StructTreeRoot.K[0]


def _twice(element) -> None:
    element.P.K.append(element)


def _with_language(pdf: pikepdf.Pdf):
    return next(one for one in elements(pdf, "Span") if "/Lang" in one)


def findings(path: Path) -> dict[str, list[str]]:
    book = read_book(path)
    return {check.__name__.removeprefix("check_"): list(check(book)) for check in CHECKS}


def test_nothing_is_found_in_a_good_file(folder: Path):
    assert not any(findings(folder / GOOD).values())


@pytest.mark.parametrize("name", BREAKAGES)
def test_each_check_sees_what_it_is_for(name: str, folder: Path, tmp_path: Path):
    check, breakage, words = BREAKAGES[name]
    with pikepdf.open(folder / GOOD) as pdf:
        breakage(pdf)
        pdf.save(tmp_path / "broken.pdf")
    found = findings(tmp_path / "broken.pdf")[check]
    assert any(words in line for line in found), found


def test_every_check_is_tried():
    tried = {check for check, _, _ in BREAKAGES.values()}
    assert tried == {check.__name__.removeprefix("check_") for check in CHECKS}


def test_a_language_that_pages_know_and_the_book_does_not_is_seen(folder: Path, tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text('<html lang="fr"><body><main><p>Un <i lang="en">in English</i>.</p></main></body></html>')
    assert list(check_against_pages(read_book(folder / GOOD), [page])) == []
    with pikepdf.open(folder / GOOD) as pdf:
        del _with_language(pdf)["/Lang"]
        pdf.save(tmp_path / "broken.pdf")
    assert len(list(check_against_pages(read_book(tmp_path / "broken.pdf"), [page]))) == 1
