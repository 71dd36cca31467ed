"""What a reader, a viewer and a screen reader get from a PDF: for telling two of them apart, page by page."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf


def facts_of(content: bytes) -> dict[str, Any]:
    """Return what must be the same in two files of one book, by name."""
    with pikepdf.open(BytesIO(content)) as document:
        pages = {page.objgen: number for number, page in enumerate(document.pages, 1)}
        return {
            "text": text_of_pages(content),
            "words": _places_of_words(content),
            "sizes": [[float(side) for side in page.MediaBox] for page in document.pages],
            "links": [[_link(link) for link in page.get("/Annots", [])] for page in document.pages],
            "destinations": _destinations(document, pages),
            "outline": _outline(document, pages),
            "structure": list(_structure(document, pages)),
            "information": {name: str(value) for name, value in document.docinfo.items()},
            "metadata": bytes(document.Root.Metadata.read_bytes()),
            "language": str(document.Root.Lang),
            "viewer": str(document.Root.ViewerPreferences),
            "marked": str(document.Root.MarkInfo),
            "fonts": sorted({str(font.BaseFont) for page in document.pages for font in page.Resources.Font.values()}),
        }


def text_of_pages(content: bytes) -> list[str]:
    """Return the text of each page; not as `-layout` spaces it, which rounds to columns."""
    done = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True)
    return done.stdout.decode("utf-8").split("\f")[:-1]


def said_by(content: bytes) -> str:
    """Return what the glyphs of a file say, page after page."""
    said = ""
    with pikepdf.open(BytesIO(content)) as document:
        for page in document.pages:
            texts = {}
            for name, font in page.Resources.Font.items():
                unicode_map = font.ToUnicode.read_bytes().decode("ascii")
                found = re.findall(r"<([0-9a-f]{4})> <([0-9a-f]+)>", unicode_map)
                texts[name[1:]] = {int(glyph, 16): bytes.fromhex(text).decode("utf-16-be") for glyph, text in found}
            font = ""
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    font = str(operands[0])[1:]
                elif str(operator) == "TJ":
                    shown = b"".join(bytes(part) for part in operands[0] if isinstance(part, pikepdf.String))
                    said += "".join(
                        texts[font][int.from_bytes(shown[at : at + 2], "big")] for at in range(0, len(shown), 2)
                    )
    return said


def pictures_of(content: bytes, folder: Path, numbers: Iterable[int], *, dpi: int = 60) -> dict[int, str]:
    """Return a hash of each of these pages (1-based) as it is painted."""
    path = folder / "book.pdf"
    path.write_bytes(content)
    found = {}
    for number in numbers:
        command = ["pdftoppm", "-png", "-r", str(dpi), "-f", str(number), "-l", str(number), path]
        found[number] = hashlib.sha256(subprocess.run(command, capture_output=True, check=True).stdout).hexdigest()
    return found


def _places_of_words(content: bytes) -> list[str]:
    """Return poppler's lines of words and their boxes, to a tenth of a point."""
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True)
    lines = []
    for line in done.stdout.decode("utf-8").splitlines():
        if "<word " in line:
            head, text = line.strip().split(">", 1)
            corners = [round(float(part.split('"')[1]), 1) for part in head.split()[1:]]
            lines.append(f"{corners} {text}")
    return lines


def _numbers(values: Iterable) -> list[float]:
    return [round(float(value), 3) for value in values]


def _link(link) -> tuple:
    target = str(link.Dest) if "/Dest" in link else str(link.A.URI)
    return (target, str(link.get("/Contents", "")), _numbers(link.Rect))


def _target(target, pages) -> tuple:
    return (pages[target[0].objgen], *_numbers(target[2:4]))


def _destinations(document: pikepdf.Pdf, pages) -> dict[str, tuple]:
    names = document.Root.Names.Dests.Names
    return {str(names[at]): _target(names[at + 1], pages) for at in range(0, len(names), 2)}


def _outline(document: pikepdf.Pdf, pages) -> list:
    def below(item) -> list:
        found = []
        while item is not None:
            found.append(
                (str(item.Title), _target(item.Dest, pages), int(item.get("/Count", 0)), below(item.get("/First")))
            )
            item = item.get("/Next")
        return found

    return below(document.Root.Outlines.First) if "/Outlines" in document.Root else []


def _structure(document: pikepdf.Pdf, pages) -> Iterator[tuple]:
    """Yield what every element is and says, in reading order: depth, type, page, attributes, words, marks, links."""
    parents = document.Root.StructTreeRoot.ParentTree.Nums
    owners = {int(parents[at]): parents[at + 1] for at in range(0, len(parents), 2)}
    waiting = [(0, document.Root.StructTreeRoot.K[0])]
    tables: dict[str, int] = {}
    while waiting:
        depth, element = waiting.pop()
        kids = list(element.get("/K", []))
        inner = [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
        marks = [
            _mark(kid, element, pages) for kid in kids if not isinstance(kid, pikepdf.Dictionary) or "/MCID" in kid
        ]
        links = [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/Obj" in kid]
        page = pages[element.Pg.objgen] if "/Pg" in element else 0
        for place, mark in marks:
            assert owners[place - 1][mark].objgen == element.objgen
        for link in links:
            assert owners[int(link.Obj.StructParent)].objgen == element.objgen
            assert link.Obj.objgen in {annotation.objgen for annotation in link.Pg.Annots}
        attributes = element.get("/A", pikepdf.Dictionary())
        box = _numbers(attributes.BBox) if "/BBox" in attributes else []
        said = {name: str(attributes[name]) for name in sorted(attributes.keys()) if name not in ("/BBox", "/Headers")}
        said |= {name: str(element[name]) for name in ("/Alt", "/ActualText", "/Lang", "/E") if name in element}
        if "/AF" in element:
            said["/AF"] = [one.EF.F.read_bytes() for one in element.AF]
        heads = []
        for name in ([element.ID] if "/ID" in element else []) + list(attributes.get("/Headers", [])):
            table, _, rest = str(name).partition("-")
            heads.append((tables.setdefault(table, len(tables)), rest))
        yield (
            depth,
            str(element.S),
            page,
            box,
            said,
            heads,
            sorted({place for place, _ in marks}),
            len(marks),
            len(links),
        )
        waiting += [(depth + 1, kid) for kid in reversed(inner)]


def _mark(kid, element, pages) -> tuple[int, int]:
    """Return the page of marked content, and its number there."""
    if isinstance(kid, pikepdf.Dictionary):
        return pages[kid.Pg.objgen], int(kid.MCID)
    return pages[element.Pg.objgen], int(kid)
