"""What the peers are given: our book as HTML with its style, fonts and pictures as files; its chapters as Typst."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import lxml.html
from lxml import etree

from millesime.assembly.report import Report
from millesime.assembly.theme import read_theme_file
from millesime.cli.options import open_workspace
from millesime.markup.pandoc import pandoc_path
from millesime.press.edition.edition_report import assemble_edition
from millesime.render.fonts import SANS, SERIF, print_font
from millesime.render.pdf.book import SCHEME, build_book

GLUE = Path(__file__).with_name("glue")
_FONT = re.compile(rf"url\(({SCHEME}font/([a-z]+)-(\d+)-([a-z]+))\)")
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/svg+xml": ".svg"}


def assemble_editions(root: Path, names: Sequence[str], *, jobs: int) -> dict[str, Report]:
    """Return the reports of some editions, by name."""
    with open_workspace(root, jobs=jobs) as workspace:
        return {name: assemble_edition(workspace, name) for name in names}


def write_sheets(report: Report, folder: Path, *, jobs: int) -> Path:
    """Write the book that our plain path would lay out: for WeasyPrint as it is, for browsers with addresses of files.

    `book.xml`, `page.css` and `served.json` are for the one; `book.html` and
    `browser.css` for the others.
    """
    folder.mkdir(parents=True)
    pictures: dict[str, tuple[bytes, str]] = {}
    book = build_book(report, served=pictures, pictures={}, problems=[], jobs=jobs)
    style = read_theme_file("pdf/page.css", report.theme).decode("utf-8")
    served: dict[str, tuple[str, str]] = {}  # address → file, media type
    for address, (content, kind) in pictures.items():
        served[address] = (address.rpartition("/")[2] + _ENDINGS.get(kind, ""), kind)
        (folder / served[address][0]).write_bytes(content)
    for address, family, weight, slope in _FONT.findall(style):
        served[address] = (f"{family}-{weight}-{slope}.ttf", "font/ttf")
        face = print_font({"serif": SERIF, "sans": SANS}[family], int(weight), slope)
        (folder / served[address][0]).write_bytes(face)
    (folder / "served.json").write_text(json.dumps(served), "utf-8")
    (folder / "page.css").write_text(style, "utf-8")
    (folder / "browser.css").write_text(_FONT.sub(lambda found: f"url({served[found[1]][0]})", style), "utf-8")
    (folder / "book.xml").write_bytes(etree.tostring(book, encoding="utf-8"))
    for image in book.iter("img"):
        image.set("src", served.get(image.get("src"), ("", ""))[0])
    etree.SubElement(book.find("head"), "link", rel="stylesheet", href="browser.css")
    (folder / "book.html").write_bytes(lxml.html.tostring(book, encoding="utf-8", doctype="<!DOCTYPE html>"))
    return folder


def write_typst(chapters: Sequence[Path], folder: Path) -> Path:
    """Write what pandoc makes of Markdown chapters for Typst, with a list of contents; see glue/typst.lua and .typ."""
    command = [pandoc_path(), "--from=markdown", "--to=typst", "--standalone", "--toc", "--toc-depth=2"]
    command += ["--variable=papersize:a4", "--variable=lang:en", f"--include-before-body={GLUE / 'typst.typ'}"]
    command += [f"--lua-filter={GLUE / 'typst.lua'}", f"--output={folder / 'book.typ'}", *map(str, chapters)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "book.typ"
