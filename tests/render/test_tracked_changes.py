"""Tracked changes of the Word edition: LibreOffice and pandoc accept and reject them, and the XML is lawful."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lxml import etree

from millesime.markup.ast import Block, attr_of, div, header, para, rewrite, span, string, text_of, walk, with_attr
from millesime.markup.normalise import normalise
from millesime.markup.pandoc import pandoc_path
from millesime.redline.compare import compare
from millesime.redline.exact_document import blocks_ast, to_ast
from millesime.redline.marks import NEW, OLD, mark_of, take_side
from millesime.redline.model import ChapterText
from millesime.redline.reading.readers_view import for_readers
from millesime.render.docx.document import render_docx
from tests.redline.test_golden import CASES, read_edition
from tests.render.builders import SVG, chapter, markdown, report
from tests.validation.office import ACCEPT, REJECT
from tests.validation.office import office as start_office

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


# A table that stands on a page in landscape, with {} in a cell.
_COLUMNS = range(11)
WIDE = f"""\
|{"|".join(f" C{number} " for number in _COLUMNS)}|
|{"---|" * len(_COLUMNS)}
|{"|".join(f" {number}12/4 " for number in _COLUMNS)}|
| {{}} |{"|".join(f" {number} " for number in _COLUMNS[1:])}|

: Large
"""

# A construct per section. In tables, + and - mark a row, * and ~ a column: see `mark_rows`.
CONSTRUCTS = {
    "words": r"""
Un [neuf]{.insertion}[vieux]{.deletion} mot.

Fin.
""",
    "paragraphs": r"""
Avant.

::: insertion
Neuf un.

Neuf deux.
:::

Milieu.

::: deletion
Vieux un.

Vieux deux.
:::

Fin.
""",
    "headings": r"""
Avant.

::: deletion
## Vieux titre

Vieux texte.
:::

::: insertion
## Neuf titre

Neuf texte.
:::

## Reste

Texte.
""",
    "lists": r"""
- un
- ::: insertion
  neuf
  :::
- ::: deletion
  vieux
  :::
- fin

1. un

   suite
2. ::: insertion
   neuf

   encore
   :::
3. ::: deletion
   vieux

   encore
   :::

Fin
""",
    "code": r"""
::: deletion
```python
x = 1
y = 2
```
:::

::: insertion
```python
x = 1
y = 3
```
:::

Fin
""",
    "quotes": r"""
> cité

::: insertion
> neuf cité
>
> - item
:::

::: deletion
> vieux
:::

Fin.
""",
    "definitions": r"""
Terme
:   sens

    ::: insertion
    neuf sens
    :::

[Neuf]{.insertion}
:   ::: insertion
    sens neuf
    :::

[Vieux]{.deletion}
:   ::: deletion
    sens vieux
    :::

Fin.
""",
    "notes": r"""
Un[^a] deux[[^b]]{.insertion} trois[[^c]]{.deletion} quatre[^d].

[^a]: Note [neuve]{.insertion}[vieille]{.deletion}.
[^b]: Note b.

    Suite b.
[^c]: Note c.
[^d]: Reste

    ::: insertion
    Neuf.
    :::

    ::: deletion
    Vieux.
    :::
""",
    "table": r"""
Avant

::: deletion
| A | B |
|---|---|
| c | d |
:::

::: insertion
| A | B |
|---|---|
| e | f |
:::

Fin
""",
    "between tables": r"""
| A | B |
|---|---|
| c | d |

::: deletion
vieux
:::

::: insertion
neuf
:::

| A | B |
|---|---|
| e | f |

Fin
""",
    "in front of a table": r"""
Reste

::: deletion
vieux
:::

::: insertion
neuf
:::

| A | B |
|---|---|
| e | f |

Fin
""",
    "in front of a table, behind a heading": r"""
## Titre

::: insertion
neuf
:::

| A |
|---|
| b |

## Titre

::: deletion
vieux
:::
""",
    "cells": r"""
+----------------+------------------+
| A              | B                |
+================+==================+
| reste          | ::: deletion     |
|                | vieux            |
| ::: insertion  | :::              |
| neuf           |                  |
| :::            | ::: insertion    |
|                | neuf             |
|                | :::              |
+----------------+------------------+
| mot            | mot              |
+----------------+------------------+

Fin
""",
    "rows": r"""
| A | B |
|---|---|
| a | b |
| +c | d |
| -e | f |
| g | |
| + |  |
| \- |  |

Fin
""",
    "pictures": r"""
Avant

::: insertion
![Le plan](chapters/plan.svg)
:::

Un [![alt](chapters/plan.svg)]{.insertion} [![alt](chapters/plan.svg)]{.deletion} image.

::: deletion
![Le plan](chapters/plan.svg)
:::

Fin.
""",
    "links": r"""
Un [[lien](http://e.org/a)]{.deletion}[[lien](http://e.org/b)]{.insertion} et [mot [neuf]{.insertion} fin](http://e.org/c).

::: insertion
[lien](http://e.org)
:::

Fin
""",
    "formulas": r"""
Un [$x^2$]{.insertion}[$x^3$]{.deletion} et.

::: deletion
$$y=1$$
:::

::: insertion
$$y=2$$
:::

Fin
""",
    "rules": r"""
Avant

::: insertion
---

neuf
:::

::: deletion
---
:::

Fin.
""",
    "moved section": r"""
::: {.moved-from move="move-1"}
## Titre

Texte vieux.
:::

Milieu.

::: {.moved-to move="move-1"}
## Titre

Texte [neuf]{.insertion}[vieux]{.deletion}.

::: deletion
parti
:::

::: insertion
venu
:::
:::

Fin.
""",
    "moved item": r"""
- ::: {.moved-from move="move-1"}
  item
  :::
- reste
- ::: {.moved-to move="move-1"}
  item
  :::

Fin
""",
    "moved table": r"""
::: {.moved-from move="move-1"}
Un

| A |
|---|
| b |

Deux
:::

Reste

::: {.moved-to move="move-1"}
Un

| A |
|---|
| b |

Deux
:::

Fin
""",
    "paragraph deleted where it had moved to": r"""
::: {.moved-from move="move-1"}
## Titre

Texte vieux.

parti
:::

Milieu.

::: {.moved-to move="move-1"}
## Titre

Texte

::: deletion
parti
:::
:::

Fin.
""",
    "table deleted where it had moved to": r"""
::: {.moved-from move="move-1"}
Un.

| A | B |
|---|---|
| c | d |

> quote
:::

Milieu.

::: {.moved-to move="move-1"}
::: deletion
Un.

| A | B |
|---|---|
| c | d |
:::

> quote

::: deletion
> parti
:::

:::

Fin.
""",
    "lines of code": r"""
::: code-diff
| `a = 1`
| [`b = 2`]{.deletion}
| [`b = 3`]{.insertion}
| `c`
| [`d`]{.insertion}
| [`e`]{.deletion}
:::

Fin
""",
    "words, then a paragraph": r"""
Un [b]{.insertion}

::: insertion
Neuf
:::

[Trois]{.deletion}[Quatre]{.insertion} fin.

Un [b]{.deletion}

::: deletion
Vieux
:::

Fin.
""",
    "the end of the document": r"""
Avant.

::: deletion
Vieux.
:::

::: insertion
Neuf.
:::
""",
}
WIDE_TABLES = {
    "wide table": f"""
Avant.

::: deletion
{WIDE.format("vieux")}
:::

Milieu.

::: insertion
## Titre

Ce tableau :

{WIDE.format("neuf")}
:::

Fin.
""",
    "rows of a wide table": f"""
Avant.

::: deletion
vieux
:::

{WIDE.format("+neuf")}

::: insertion
neuf
:::

Fin.
""",
    "wide table for another": f"""
Avant [mot]{{.insertion}}

::: insertion
Neuf :
:::

::: deletion
{WIDE.format("vieux")}
:::

::: insertion
{WIDE.format("neuf")}
:::

::: deletion
Fin.
:::

Fin.
""",
    "wide table behind a paragraph that became two": f"""
Avant [mot.]{{.insertion}}

::: insertion
Suite :
:::

::: insertion
{WIDE.format("neuf")}
:::

Fin.
""",
    "moved wide table": f"""
::: {{.moved-from move="move-1"}}
Un

{WIDE.format("reste")}
:::

Reste

::: {{.moved-to move="move-1"}}
Un

{WIDE.format("reste")}
:::

Fin
""",
}
COLUMN = r"""
| A | \*B | \~C |
|---|-----|-----|
| a | \*b | \~c |
"""


def mark_rows(blocks: list[Block]) -> list[Block]:
    """Mark rows whose first word begins with + or -, and cells whose text begins with * or ~ (columns)."""

    def classed(one: list, signs: dict[str, str], inlines: list) -> None:
        first = inlines[0] if inlines and inlines[0]["t"] == "Str" else {"c": ""}
        if first["c"][:1] in signs:
            one[0] = ["", [signs[first["c"][0]]], []]
            first["c"] = first["c"][1:]

    for table in [node for node in walk(blocks) if node["t"] == "Table"]:
        _, _, _, head, bodies, _ = table["c"]
        for row in head[1] + [row for body in bodies for row in body[3]]:
            texts = [cell[4][0]["c"] if cell[4] and cell[4][0]["t"] in ("Plain", "Para") else [] for cell in row[1]]
            classed(row, {"+": "insertion", "-": "deletion"}, texts[0])
            for cell, text in zip(row[1], texts, strict=True):
                classed(cell, {"*": "insertion", "~": "deletion"}, text)
    return blocks


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Callable[[bytes, str], dict]]:
    """LibreOffice, started once: opens a document, does one command, says what it then holds."""
    assert shutil.which("soffice"), "LibreOffice is not installed; run scripts/setup.sh test"
    folder = tmp_path_factory.mktemp("libreoffice")

    def ask(content: bytes, command: str = "") -> dict:
        path = folder / "document.docx"
        path.write_bytes(content)
        return ask_about(path, command)

    with start_office(folder) as ask_about:
        yield ask


def written(blocks: list[Block]) -> bytes:
    with TemporaryDirectory() as folder:
        one = report(chapter("un", *blocks), images={"chapters/plan.svg": SVG})
        return render_docx(one, Path(folder, "rapport.docx")).path.read_bytes()


@dataclass(frozen=True)
class Written:
    """A text in Word: with its changes, and as it was and is without them."""

    blocks: list[Block]
    marked: bytes
    old: bytes
    new: bytes


def written_thrice(blocks: list[Block]) -> Written:
    old, new = (written(take_side(blocks, side)) for side in (OLD, NEW))
    return Written(blocks, written(blocks), old, new)


@pytest.fixture(scope="module")
def constructs() -> Written:
    """One of everything that can change, each under a heading of its own."""
    return written_thrice(under_headings(CONSTRUCTS))


@pytest.fixture(scope="module")
def wide_tables() -> Written:
    return written_thrice(under_headings(WIDE_TABLES))


def under_headings(texts: Mapping[str, str]) -> list[Block]:
    blocks: list[Block] = []
    for name, text in texts.items():
        found = rewrite(mark_rows(markdown(text)), lambda node, name=name: _own_move(node, name))
        blocks += [header(2, name), *found]
    return blocks


def _own_move(node: Block, name: str) -> Block:
    found = attr_of(node)
    if found is not None and "move" in dict(found[2]):
        return with_attr(node, [found[0], found[1], [["move", f"{name} {dict(found[2])['move']}"]]])
    return node


@pytest.fixture(scope="module")
def redlines() -> Written:
    """The redlines of all golden cases. Without columns: see `test_columns_are_tracked_in_their_cells`."""
    blocks: list[Block] = []
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        redline = to_ast(compare(read_edition(case / "old.md"), read_edition(case / "new.md")))
        marked = [block for one in redline for block in one["c"][1]]
        cells = [cell for node in walk(marked) if node["t"] == "Table" for cell in _cells(node)]
        if not any(mark_of(cell) for cell in cells):
            blocks += [header(2, case.name), *rewrite(marked, lambda node, name=case.name: _own_move(node, name))]
    return written_thrice(blocks)


# What Word shows once, as it is now: docs/comparing.md. The old text of these does not come back from a rejection.
SHOWN_ONCE = frozenset(
    "chapter-moved-and-edited chapter-split chapter-split-into-several chapters-merged figure-caption-changed "
    "guillemets-for-quotes heading-level image-text-changed invisible-signs-only moved-chapter no-break-spaces-only "
    "thousands-space-only typography-beside-words".split()
)


@pytest.fixture(scope="module")
def shown() -> Written:
    """The redlines of the golden cases as `compare --to docx` tracks them, and their editions as they were read."""
    sides: tuple[list[Block], list[Block], list[Block]] = ([], [], [])
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        editions = [read_edition(case / name) for name in ("old.md", "new.md")]
        redline = compare(*editions)
        changes = [change for one in redline.chapters for change in one.blocks]
        marked = for_readers(blocks_ast(changes), whole=True, details=False, tracked=True)
        has_cells = any(mark_of(cell) for node in walk(marked) if node["t"] == "Table" for cell in _cells(node))
        if has_cells or case.name in SHOWN_ONCE:
            continue
        texts = [[block for one in edition for block in one.blocks] for edition in editions]
        for side, blocks in zip(sides, (marked, *texts), strict=True):
            side += [header(2, case.name), *normalise(rewrite(blocks, lambda node, n=case.name: _own_move(node, n)))]
    return Written(sides[0], *map(written, sides))


def _cells(table: Block) -> list:
    _, _, _, head, bodies, foot = table["c"]
    rows = [*head[1], *(row for body in bodies for row in body[2] + body[3]), *foot[1]]
    return [cell for row in rows for cell in row[1]]


# ---- LibreOffice -------------------------------------------------------------


def seen(answer: dict, *, styles: bool) -> dict:
    """Return what LibreOffice holds, without what is no business of changes.

    That is its own mark for an empty row (U+200D), and styles but those of
    headings, code and terms: the first paragraph of a section has its own.
    """

    def plain(value):
        if isinstance(value, list):
            return [plain(one) for one in value]
        if not isinstance(value, dict):
            return value
        style = value["style"] if styles and value["style"].startswith(("Heading", "Source", "Definition")) else ""
        return style, value["level"] if styles else None, value["text"].replace("\u200d", "")

    return {**answer, "lines": plain(answer["lines"]), "notes": plain(answer["notes"])}


@pytest.mark.parametrize(("command", "side"), [(ACCEPT, NEW), (REJECT, OLD)])
def test_libreoffice_gives_back_either_text(office, constructs, command, side):
    found = office(constructs.marked, command)
    assert found["changes"] is False
    assert seen(found, styles=True) == seen(office(getattr(constructs, side)), styles=True)


# LibreOffice 7.4 leaves empty paragraphs where a section comes or goes with its table, and its paper to a neighbour.
@pytest.mark.parametrize(("command", "side"), [(ACCEPT, NEW), (REJECT, OLD)])
def test_libreoffice_gives_back_either_text_around_wide_tables(office, wide_tables, command, side):
    def printed(content: bytes, command: str = "") -> list:
        lines = seen(office(content, command), styles=False)["lines"]
        return [line for line in lines if isinstance(line, list) or line[2].strip("\u00ad")]

    assert printed(wide_tables.marked, command) == printed(getattr(wide_tables, side))


def beside_tables(answer: dict) -> dict:
    """Return what LibreOffice holds without empty paragraphs beside tables.

    A paragraph that goes from between two tables (the caption of a figure,
    which pandoc writes as a table) leaves one behind in LibreOffice 7.4.
    """
    lines = answer["lines"]
    around = [None, *lines, None]
    return {
        **answer,
        "lines": [
            line
            for before, line, after in zip(around, lines, around[2:], strict=False)
            if not (isinstance(line, tuple) and not line[2] and (isinstance(before, list) or isinstance(after, list)))
        ],
    }


# Not the styles: LibreOffice refuses a moved paragraph that was edited piece by piece, and then gives its style, or its
# place in a list, to the paragraph that follows. Word goes by the end that stays (17.3.1.29).
@pytest.mark.parametrize(("command", "side"), [(ACCEPT, NEW), (REJECT, OLD)])
def test_libreoffice_gives_back_either_edition(office, redlines, command, side):
    found = office(redlines.marked, command)
    assert beside_tables(seen(found, styles=False)) == beside_tables(
        seen(office(getattr(redlines, side)), styles=False)
    )


@pytest.mark.parametrize(("command", "side"), [(ACCEPT, NEW), (REJECT, OLD)])
def test_the_paragraphs_of_either_edition_come_back_from_what_readers_are_given(office, shown, command, side):
    found = office(shown.marked, command)
    assert beside_tables(seen(found, styles=False)) == beside_tables(seen(office(getattr(shown, side)), styles=False))


# ---- pandoc --------------------------------------------------------------------


def read_by_pandoc(content: bytes, track_changes: str, folder: Path) -> list[str]:
    """Return the text of every paragraph that has any.

    pandoc knows no changes of rows and items, which it leaves, empty; and in
    blocks of code it passes over all words that changed (3.9). A table that
    it leaves empty keeps the caption among its properties, which is taken
    out here: the caption's paragraph is what is read.
    """
    path = folder / "rapport.docx"
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"<w:tblCaption [^>]*/>", b"", old.read(name)))
    command = [pandoc_path(), str(path), "--to=json", f"--track-changes={track_changes}"]
    blocks = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)["blocks"]
    lines = [node for node in walk(blocks) if node["t"] in ("Para", "Plain", "Header")]
    return [text for line in lines if (text := text_of([line], notes=True).strip(" \u00ad"))]


@pytest.mark.parametrize(("verb", "side"), [("accept", NEW), ("reject", OLD)])
def test_pandoc_gives_back_either_text(constructs, wide_tables, redlines, shown, verb, side, tmp_path):
    for text in (constructs, wide_tables, redlines, shown):
        expected = read_by_pandoc(getattr(text, side), "accept", tmp_path)
        assert read_by_pandoc(text.marked, verb, tmp_path) == expected


# ---- the file ------------------------------------------------------------------


def parts(content: bytes) -> list[etree._Element]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return [etree.fromstring(archive.read(f"word/{name}.xml")) for name in ("document", "footnotes")]


def body(*blocks: Block) -> etree._Element:
    return parts(written(list(blocks)))[0]


def ranges(root: etree._Element) -> list[tuple[str, str, str]]:
    """Return (tag, name, text) of each range of moved text, in order."""
    found = []
    for start in root.iter(f"{W}moveFromRangeStart", f"{W}moveToRangeStart"):
        tag = etree.QName(start).localname.removesuffix("RangeStart")
        text, inside = [], False
        for node in root.iter():
            inside = inside or node is start
            if node.tag == f"{W}{tag}RangeEnd" and node.get(f"{W}id") == start.get(f"{W}id"):
                found.append((tag, start.get(f"{W}name"), " ".join(text)))
                break
            if inside and node.tag in (f"{W}t", f"{W}delText"):
                text.append(node.text)
    return found


CHANGES = [f"{W}{name}" for name in "ins del moveFrom moveTo cellIns cellDel pPrChange".split()]
STARTS = [f"{W}moveFromRangeStart", f"{W}moveToRangeStart"]


def test_ids_are_unique_and_every_change_has_author_and_date(constructs, wide_tables, redlines):
    for text in (constructs, wide_tables, redlines):
        roots = parts(text.marked)
        marks = [mark for root in roots for mark in root.iter(*CHANGES, *STARTS, f"{W}bookmarkStart")]
        idents = [mark.get(f"{W}id") for mark in marks]
        assert len(set(idents)) == len(idents)
        changes = [mark for mark in marks if mark.tag != f"{W}bookmarkStart"]
        assert {mark.get(f"{W}author") for mark in changes} <= {"Mission Ville", "Mission Ville (2)"}
        assert {mark.get(f"{W}date")[:10] for mark in changes} == {"2019-07-03"}
        assert not any(mark.get(f"{W}name").startswith("change-") for mark in marks if mark.get(f"{W}name"))


def test_ranges_of_moves_are_paired_by_name_and_do_not_cross(constructs, wide_tables, redlines):
    for text in (constructs, wide_tables, redlines):
        for root in parts(text.marked):
            opened = []
            for mark in root.iter(*STARTS, *(tag.replace("Start", "End") for tag in STARTS)):
                if mark.tag in STARTS:
                    assert not opened
                    opened.append(mark.get(f"{W}id"))
                else:
                    assert [mark.get(f"{W}id")] == opened
                    opened.clear()
            assert not opened
            names = {tag: [name for one, name, _ in ranges(root) if one == tag] for tag in ("moveFrom", "moveTo")}
            assert sorted(names["moveFrom"]) == sorted(set(names["moveTo"]))


# ECMA-376 part 1, annex A: CT_PPr, CT_ParaRPr, CT_TrPr, CT_TcPr, CT_RunTrackChange.
def test_elements_stand_in_the_order_of_the_standard(constructs, wide_tables, redlines):
    for root in [root for text in (constructs, wide_tables, redlines) for root in parts(text.marked)]:
        for properties in root.iter(f"{W}pPr"):
            names = [etree.QName(one).localname for one in properties]
            last = [name for name in ("rPr", "sectPr", "pPrChange") if name in names]
            assert names[len(names) - len(last) :] == last
            run = [etree.QName(one).localname for one in properties.findall(f"{W}rPr/*")]
            assert run == [name for name in ("ins", "del", "moveFrom", "moveTo", "sz") if name in run]
        for properties in root.iter(f"{W}trPr", f"{W}tcPr"):
            names = [etree.QName(one).localname for one in properties]
            marks = [name for name in ("ins", "del", "cellIns", "cellDel") if name in names]
            assert names[len(names) - len(marks) :] == marks
        for mark in root.iter(f"{W}ins", f"{W}del", f"{W}moveFrom", f"{W}moveTo"):
            inner = {etree.QName(one).localname for one in mark}
            assert inner <= {"r", "del", "oMath", "oMathPara"}
        assert not root.xpath("//w:del//w:t", namespaces={"w": W[1:-1]})
        assert not root.xpath("//w:delText[not(ancestor::w:del)]", namespaces={"w": W[1:-1]})
        for cell in root.iter(f"{W}tc"):
            assert cell[-1].tag == f"{W}p"


def moved(kind: str, *blocks: Block, move: str = "move-1") -> Block:
    return div(blocks, classes=[kind], pairs=[("move", move)])


def test_a_moved_section_is_a_move_with_its_ends():
    blocks = [header(2, "Titre"), para("Texte.")]
    root = body(moved("moved-from", *blocks), para("Reste."), moved("moved-to", *blocks), para("Fin."))
    assert ranges(root) == [("moveFrom", "move1", "Titre Texte."), ("moveTo", "move1", "Titre Texte.")]
    assert len(root.findall(f".//{W}pPr/{W}rPr/{W}moveFrom")) == 2
    assert len(root.findall(f".//{W}pPr/{W}rPr/{W}moveTo")) == 2
    assert not list(root.iter(f"{W}ins", f"{W}del"))


def test_what_was_changed_in_a_moved_passage_is_tracked_inside_it():
    changed = para("Un ", span([string("neuf")], classes=["insertion"]), span([string("vieux")], classes=["deletion"]))
    root = body(moved("moved-from", para("Un vieux")), para("Reste."), moved("moved-to", changed), para("Fin."))
    assert next(one for one in ranges(root) if one[0] == "moveTo")[2].split() == ["Un", "neuf", "vieux"]
    assert "".join(root.find(f".//{W}p/{W}ins").itertext()) == "neuf"
    assert "".join(root.find(f".//{W}moveTo/{W}del").itertext()) == "vieux"


def test_a_move_without_its_other_side_is_an_insertion():
    root = body(moved("moved-to", para("Venu.")), para("Fin."))
    assert ranges(root) == []
    assert "".join(root.find(f".//{W}p/{W}ins").itertext()) == "Venu."


def test_a_table_parts_a_move_and_its_rows_are_inserted_and_deleted():
    blocks = markdown("Un.\n\n| A |\n|---|\n| b |\n\nDeux.\n")
    root = body(moved("moved-from", *blocks), para("Reste."), moved("moved-to", *blocks), para("Fin."))
    assert [(tag, name, text.rstrip(".")) for tag, name, text in ranges(root)] == [
        ("moveFrom", "move1", "Un"),
        ("moveFrom", "move2", "Deux"),
        ("moveTo", "move1", "Un"),
        ("moveTo", "move2", "Deux"),
    ]
    assert [etree.QName(row[-1]).localname for row in root.iter(f"{W}trPr")] == ["del", "del", "ins", "ins"]


def test_rows_that_are_in_neither_text_are_left_out_and_so_is_a_table_without_rows():
    table = markdown("| A |\n|---|\n| b |\n| c |\n")[0]
    changed = mark_rows(markdown("| A |\n|---|\n| -b |\n| c |\n"))[0]
    gone = mark_rows(markdown("| -A |\n|---|\n| -b |\n"))[0]
    for one, rows in ((changed, 3 + 2), (gone, 3)):
        root = body(moved("moved-from", table), para("Reste."), moved("moved-to", one), para("Fin."))
        assert len(list(root.iter(f"{W}tr"))) == rows
        assert all(found.find(f"{W}tr") is not None for found in root.iter(f"{W}tbl"))


def test_moves_of_two_annexes_do_not_meet():
    annexes = [
        chapter(name, moved("moved-from", para(name)), para("Reste."), moved("moved-to", para(name)), para("Fin."))
        for name in ("annexe-2017", "annexe-2018")
    ]
    with TemporaryDirectory() as folder:
        root = parts(render_docx(report(*annexes), Path(folder, "rapport.docx")).path.read_bytes())[0]
    found = [(tag, name, text.split()[0]) for tag, name, text in ranges(root)]
    assert found == [
        (tag, f"move{number}", f"annexe-{year}")
        for number, year in ((1, 2017), (2, 2018))
        for tag in ("moveFrom", "moveTo")
    ]


# LibreOffice 7.4 does not know columns that came or went: it empties their cells and leaves them. pandoc neither.
def test_columns_are_tracked_in_their_cells():
    root = body(*mark_rows(markdown(COLUMN)))
    for row in root.iter(f"{W}tr"):
        first, second, third = row.findall(f"{W}tc")
        assert [etree.QName(one).localname for one in first.find(f"{W}tcPr")] == ["tcW"]
        assert [etree.QName(one).localname for one in second.find(f"{W}tcPr")] == ["tcW", "cellIns"]
        assert [etree.QName(one).localname for one in third.find(f"{W}tcPr")] == ["tcW", "cellDel"]
        assert second.find(f"{W}p/{W}ins") is not None
        assert third.find(f"{W}p/{W}del") is not None


SPLIT = "La ville publie ses données chaque mois. Les habitants les lisent et les corrigent. Un bilan paraît en mai.\n"
PARTS = "".join((
    "{}La ville publie ses données chaque mois.\n\n",
    "{}Les habitants les lisent et les corrigent.\n\n",
    "{}Un bilan paraît en mai.\n",
))  # fmt: skip


def tracked(old: str, new: str) -> etree._Element:
    changes = compare(
        *([ChapterText(path="a.md", id="a", title="A", blocks=markdown(text))] for text in (old, new))
    ).chapters[0].blocks  # fmt: skip
    return body(*for_readers(blocks_ast(changes), whole=True, details=False, tracked=True))


def ends_of(root: etree._Element) -> list[tuple[str, list[str]]]:
    """Return the text of each paragraph of the chapter, and how its end is marked."""
    lines = [line for line in root.iter(f"{W}p") if line.find(f"{W}r/{W}lastRenderedPageBreak") is None]
    found = [(line, line.find(f"{W}pPr/{W}rPr")) for line in lines]
    marks = [
        ("".join(line.itertext()), [etree.QName(one).localname for one in end if one.get(f"{W}author")])
        for line, end in found
        if end is not None
    ]
    return [(text, names) for text, names in marks if names]


def test_a_paragraph_that_was_split_has_the_ends_it_got_inserted():
    root = tracked(SPLIT, PARTS.format("", "", ""))
    assert ends_of(root) == [
        ("La ville publie ses données chaque mois. ", ["ins"]),
        ("Les habitants les lisent et les corrigent. ", ["ins"]),
    ]
    assert ["".join(mark.itertext()) for mark in root.iter(f"{W}del")] == [" ", " "]
    assert "¶" not in "".join(root.itertext())


def test_paragraphs_that_were_joined_have_their_ends_deleted():
    root = tracked(PARTS.format("", "", ""), SPLIT)
    assert ends_of(root) == [
        ("La ville publie ses données chaque mois.", ["del"]),
        (" Les habitants les lisent et les corrigent.", ["del"]),
    ]
    assert ["".join(mark.itertext()) for mark in root.iter(f"{W}ins") if len(mark)] == [" ", " "]


@pytest.mark.parametrize("first", ["- ", "> ", "::: recommendation\n", "Un[^a].\n\n[^a]: ", "Terme\n:   "])
def test_a_paragraph_is_split_inside_what_holds_it(office, first):
    rest = {"> ": "> ", "::: recommendation\n": ""}.get(first, "    " if first != "- " else "  ")
    close = ":::\n" if first.startswith(":::") else ""
    old, new = first + SPLIT + close, PARTS.format(first, rest, rest).replace("\n\n> ", "\n>\n> ") + close
    for sides in ((old, new), (new, old)):
        texts = [ChapterText(path="a.md", id="a", title="A", blocks=markdown(text + "\nFin.\n")) for text in sides]
        changes = compare([texts[0]], [texts[1]]).chapters[0].blocks
        found = for_readers(blocks_ast(changes), whole=True, details=False, tracked=True)
        assert len([node for node in walk(found) if (attr_of(node) or ("", []))[1][1:2] == ["paragraph-end"]]) == 2
        for command, text in ((REJECT, texts[0]), (ACCEPT, texts[1])):
            got, wanted = office(written(found), command), office(written(list(text.blocks)))
            assert beside_tables(seen(got, styles=True)) == beside_tables(seen(wanted, styles=True))


def test_an_item_keeps_its_number_where_its_first_paragraph_comes_or_goes(office):
    one, two = (
        "1. premier, neuf\n\n   suite du point un que nous gardons\n2. deux\n",
        "1. suite du point un que nous gardons\n2. deux\n",
    )
    for old, new in ((one, two), (two, one)):
        texts = [ChapterText(path="a.md", id="a", title="A", blocks=markdown(text)) for text in (old, new)]
        changes = compare([texts[0]], [texts[1]]).chapters[0].blocks
        found = for_readers(blocks_ast(changes), whole=True, details=False, tracked=True)
        root = parts(written(found))[0]
        (line,) = [line for line in root.iter(f"{W}p") if "suite du point" in "".join(line.itertext())]
        now, before = (line.find(f"{W}pPr{path}/{W}numPr/{W}numId") for path in ("", f"/{W}pPrChange/{W}pPr"))
        assert sorted(one.get(f"{W}val") == "1000" for one in (now, before)) == [False, True]


def test_a_link_holds_the_change_of_its_words():
    root = body(*markdown("[[lien](https://example.org)]{.insertion}"))
    assert root.find(f".//{W}hyperlink/{W}ins/{W}r") is not None


def test_a_note_that_came_is_tracked_with_its_words():
    notes = parts(written(markdown("Un[[^a]]{.insertion}.\n\n[^a]: Note.\n")))[1]
    assert [" ".join(mark.itertext()) for mark in notes.iter(f"{W}ins")] == ["Note."]


def test_an_id_like_a_bookmark_of_ours_is_left_alone():
    root = body(*markdown("Un [mot]{#change-0} [neuf]{.insertion}."))
    assert "change-0" in {mark.get(f"{W}name") for mark in root.iter(f"{W}bookmarkStart")}
    assert ["".join(mark.itertext()) for mark in root.iter(f"{W}ins")] == ["neuf"]


def test_the_same_redline_gives_the_same_bytes(constructs):
    assert written(constructs.blocks) == constructs.marked
