"""The EPUB edition: packaged here, so that every byte of it is known and valid.

EPUB 3.3, https://www.w3.org/TR/epub-33/, with a toc.ncx for readers of
EPUB 2. What the metadata says of accessibility is computed from the book.
"""

from __future__ import annotations

import datetime
import itertools
import re
import textwrap
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from lxml import etree
from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.report import Report
from millesime.assembly.theme import read_theme_file
from millesime.at_work import at_work
from millesime.render.accessibility import describe_accessibility
from millesime.render.artifact import Artifact, write_beside
from millesime.render.conform import Element, is_math, rename
from millesime.render.contents import Address, Entry, Group, list_contents, opening_part
from millesime.render.fragments import pages_of, set_labels, take_title_notes, to_xhtml, write_fragments, write_titles
from millesime.render.images import file_name, media_type, published_image
from millesime.render.links import is_device, plain_id, relink
from millesime.render.picture_sizes import size_rules
from millesime.render.sanitise import replace_forbidden
from millesime.render.templates import fill, is_printed, open_theme

_OPS = "http://www.idpf.org/2007/ops"
_EPUB_TYPE = f"{{{_OPS}}}type"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CONTENTS_DEPTH = 3
_ONIX_KINDS = {"ISBN": "15", "DOI": "06"}  # of ONIX's list 5, by which EPUB tells kinds of identifiers apart
_KINDS = {"front": "frontmatter", "body": "bodymatter", "annex": "backmatter", "back": "backmatter"}

etree.register_namespace("epub", _OPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One XHTML file of the book."""

    id: str
    href: str  # from the package document
    content: str
    properties: str = ""  # "mathml"
    media_type: str = "application/xhtml+xml"
    in_spine: bool = True


def render_epub(report: Report, path: Path, *, jobs: int = 1) -> Artifact:
    """Write the edition as one EPUB file. Same report, same bytes."""
    fragments = write_fragments(report, jobs=jobs)
    titles = {anchor: Markup(to_xhtml(title)) for anchor, title in write_titles(report, jobs=jobs).items()}
    files = _chapter_files(report)
    address = _addresses(report, fragments, files)
    images = _place_images(report, fragments)
    sizes = size_rules(fragments.values())
    labels = set_labels(report)
    theme = open_theme(report.theme, language=report.imprint.language)
    groups = list_contents(report, titles, address=address, depth=_CONTENTS_DEPTH, annexes=labels["annexes"])
    common = {
        "imprint": report.imprint,
        "labels": labels,
        "language": report.imprint.language,
        "edition": f"{labels['edition_of']}\N{NO-BREAK SPACE}{long_date(report.imprint.date, report.imprint.language)}",
        "groups": groups,
    }
    cover = _fill(theme, "epub/cover.svg", {**common, **_cover_lines(report)})

    def page(name: str, values: Mapping[str, object], template: str, properties: str = "") -> Page:
        text = _fill(theme, f"epub/{template}", {**common, **values})
        # Formulas come with titles too, on part pages and in the contents. https://www.w3.org/TR/epub-33/#sec-mathml
        properties = [properties] * bool(properties) + ["mathml"] * ("<math" in text)
        return Page(id=name, href=f"{name}.xhtml", content=text, properties=" ".join(properties))

    pages = [page("cover", {}, "cover.xhtml"), page("title-page", {}, "title-page.xhtml")]
    pages.append(
        page(
            "nav",
            {"opening": pages[1].href, "first": groups[0].chapters[0][1].href if groups else ""},
            "nav.xhtml",
            properties="nav",
        )
    )
    for index, chapter in enumerate(report.chapters):
        part = opening_part(report, index)
        if part is not None:
            name = f"part-{chapter.part + 1}"
            pages.append(
                page(name, {"part": part, "part_id": xml_id(part.anchor), "title": titles[part.anchor]}, "part.xhtml")
            )
        root = fragments[chapter.id]
        _furnish(root, labels)
        relink(root, address)
        title_notes = take_title_notes(root) if is_printed(theme, "epub/chapter.xhtml", "title_notes") else None
        pages.append(
            page(
                files[chapter.id].removesuffix(".xhtml"),
                {
                    "chapter": chapter,
                    "title": titles[chapter.id],
                    "title_notes": "" if title_notes is None else Markup(to_xhtml(title_notes)),
                    "chapter_id": xml_id(chapter.id),
                    "kind": _KINDS.get(chapter.role, "bodymatter"),
                    "text": Markup(to_xhtml(root)),
                    "type": "appendix" if chapter.role == "annex" else "chapter",
                },
                "chapter.xhtml",
            )
        )
    about = {
        **common,
        "onix_kinds": _ONIX_KINDS,
        "pages": pages,
        "images": images,
        "modified": report.imprint.date.isoformat() + "T00:00:00Z",
        "accessibility": describe_accessibility(fragments, [report.images[key] for key in images], labels),
    }
    about["pages"] = _with_own_ids(pages, _fill(theme, "epub/package.opf", {**about, "pages": []}))
    ncx = _fill(theme, "epub/toc.ncx", {**common, "points": _navigation_points(groups, address)})
    content = {
        "META-INF/container.xml": read_theme_file("epub/container.xml", report.theme),
        "EPUB/package.opf": _fill(theme, "epub/package.opf", about).encode(),
        "EPUB/toc.ncx": ncx.encode(),
        "EPUB/book.css": b"\n".join(filter(None, [read_theme_file("epub/book.css", report.theme), sizes.encode()])),
        "EPUB/images/cover.svg": cover.encode(),
        **{f"EPUB/{one.href}": one.content.encode() for one in pages},
        **{f"EPUB/images/{name}": _published(report, key) for key, (name, _) in images.items()},
    }
    with write_beside(path) as new:
        _pack(new, content, date=report.imprint.date)
    return Artifact(format="epub", path=path, entry=path)


def xml_id(anchor: str) -> str:
    """Return an anchor as an XML id: letters, digits, `.`, `-` and `_`, no digit first; others are spelled out."""
    spelled = re.sub(r"[^A-Za-z0-9._\-À-ÖØ-öø-ÿ]", lambda found: f"_x{ord(found[0]):X}_", anchor)
    return spelled if re.match(r"[A-Za-z_À-ÖØ-öø-ÿ]", spelled) else f"_{spelled}"


def _fill(theme, name: str, values: Mapping[str, object]) -> str:
    return replace_forbidden(fill(theme, name, values))


# ---- files and addresses ----------------------------------------------------


def _chapter_files(report: Report) -> dict[str, str]:
    """Return a file name in ASCII for each chapter: some readers know no other."""
    files: dict[str, str] = {}
    taken = {"cover", "title-page", "nav"}
    for chapter in report.chapters:
        plain = unicodedata.normalize("NFKD", chapter.id).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^A-Za-z0-9-]+", "-", plain).strip("-")[:80] or "chapter"
        is_fit = stem[0].isalpha() and not re.fullmatch(r"part-\d+", stem) and not is_device(stem)
        stem = stem if is_fit else f"chapter-{stem}"
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        files[chapter.id] = f"{name}.xhtml"
    return files


def _with_own_ids(pages: list[Page], package: str) -> list[Page]:
    """Return pages with ids that the package document, given without pages, has no other use for."""
    root = etree.fromstring(package.encode(), etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    taken = set(root.xpath("//@id")) if root is not None else set()
    theirs = {page.id for page in pages}
    out = []
    for page in pages:
        ident = page.id
        while ident in taken or (ident != page.id and ident in theirs):
            ident = f"page-{ident}"
        taken.add(ident)
        out.append(replace(page, id=ident))
    return out


def _addresses(report: Report, fragments: Mapping[str, Element], files: Mapping[str, str]) -> Address:
    """Return how an anchor is linked; a part opens on a page of its own."""
    pages = pages_of(report, fragments)
    parts = {part.anchor: f"part-{index + 1}.xhtml" for index, part in enumerate(report.parts)}

    def address(anchor: str) -> str | None:
        if anchor in files:
            return files[anchor]
        if anchor in parts:
            return parts[anchor]
        ident = plain_id(anchor)
        return f"{files[pages[ident]]}#{quote(xml_id(ident))}" if ident in pages else None

    return address


def _place_images(report: Report, fragments: Mapping[str, Element]) -> dict[str, tuple[str, str]]:
    """Return file name and media type of each image used, by key, and point the fragments to them."""
    images: dict[str, tuple[str, str]] = {}
    for root in fragments.values():
        for image in root.iter("img"):
            key = image.get("src")
            if key not in images:
                taken = [name for name, _ in images.values()] + ["cover.svg"]
                images[key] = (file_name(key, report.images[key], taken), media_type(report.images[key]))
            image.set("src", f"images/{images[key][0]}")
    return images


# ---- the chapter's tree in a book -------------------------------------------


def _furnish(root: Element, labels: Mapping[str, str]) -> None:
    """Make a fragment what e-readers understand, in place."""
    _set_notes(root, labels)
    for element in root.iterdescendants():
        if is_math(element):
            continue
        if element.get("id"):
            element.set("id", xml_id(element.get("id")))
        if element.get("lang"):
            element.set(_XML_LANG, element.get("lang"))
        if element.tag in ("details", "summary"):
            rename(element, "div" if element.tag == "details" else "p")
        element.attrib.pop("data-move", None)
        if element.get("role") == "doc-noteref":
            element.set(_EPUB_TYPE, "noteref")
        if element.get("role") in ("insertion", "deletion"):
            del element.attrib["role"]  # not yet known to EPUB's schemas; the label says it


def _set_notes(root: Element, labels: Mapping[str, str]) -> None:
    """Turn the list of notes into asides, which readers show as pop-ups; each begins with its number."""
    for section in list(root.iter("section")):
        section.set(_EPUB_TYPE, "footnotes")
        section.attrib.pop("role", None)
        section.attrib.pop("aria-label", None)
        notes = section.find("ol")
        if notes is None:
            continue
        for number, item in enumerate(list(notes), 1):
            _set_note(item, number)
            section.append(item)
        section.remove(notes)
        heading = etree.Element("p", {"class": "footnotes-title"})
        heading.text = labels["notes"]
        section.insert(0, heading)


def _set_note(item: Element, number: int) -> None:
    item.tag = "aside"
    item.set(_EPUB_TYPE, "footnote")
    item.set("role", "doc-footnote")
    item.set("class", "footnote")
    back = next((link for link in item.iter("a") if link.get("role") == "doc-backlink"), None)
    if back is None:
        return
    parent = back.getparent()
    parent.remove(back)
    back.text, back.tail = f"{number}.", " "
    if not len(parent) and not (parent.text or "").strip() and parent is not item:
        parent.getparent().remove(parent)  # a paragraph that held nothing but the way back
    first = next((child for child in item if child.tag == "p"), None)
    if first is None or item[0] is not first or (item.text or "").strip():
        first = etree.Element("p")
        item.insert(0, first)
        first.tail, item.text = item.text, None
    back.tail += first.text or ""
    first.text = None
    first.insert(0, back)


# ---- contents, cover, package -----------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of toc.ncx."""

    id: int
    order: int
    text: str
    href: str
    points: tuple[Point, ...] = ()


def _navigation_points(groups: list[Group], address: Address) -> tuple[Point, ...]:
    ids = itertools.count(1)
    orders: dict[str, int] = {}  # one for each place: two lines may lead to it

    def points(entries: tuple[Entry, ...]) -> tuple[Point, ...]:
        return tuple(
            Point(
                id=next(ids),
                order=orders.setdefault(entry.href, len(orders) + 1),
                text=entry.text,
                href=entry.href,
                points=points(entry.entries),
            )
            for entry in entries
        )

    out: list[Point] = []
    for group in groups:
        entries = tuple(entry for _, entry in group.chapters)
        if group.part is not None:
            part = Entry(href=address(group.part.anchor), label=group.label, title=group.title, entries=entries)
            out += points((part,))
        else:
            out += points(entries)
    return tuple(out)


def _cover_lines(report: Report) -> dict[str, list[str]]:
    """Return the cover's words in lines that fit: SVG does not wrap."""
    authors = [author.name for author in report.imprint.authors]
    names = authors if len(authors) <= 4 else []
    return {
        "title_lines": _wrap(report.imprint.title, 19)[:8],
        "subtitle_lines": _wrap(report.imprint.subtitle, 38)[:4],
        "author_lines": [line for name in names for line in _wrap(name, 46)[:2]],
        "publisher_lines": _wrap(report.imprint.publisher, 46)[:2],
    }


def _wrap(text: str, width: int) -> list[str]:
    # Only ordinary spaces break: textwrap also breaks at no-break ones.
    held = text.replace("\u00a0", "\ue000").replace("\u202f", "\ue001")
    lines = textwrap.wrap(held, width, break_on_hyphens=False)
    return [line.replace("\ue000", "\u00a0").replace("\ue001", "\u202f") for line in lines]


def _published(report: Report, key: str) -> bytes:
    with at_work(key, "publish this picture"):
        return published_image(report.images[key])


def _pack(path: Path, content: Mapping[str, bytes], *, date: datetime.date) -> None:
    """Write the container: `mimetype` first and as it is, every file dated like the edition."""
    stamp = (max(date.year, 1980), date.month, date.day, 0, 0, 0)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {"mimetype": b"application/epub+zip", **content}.items():
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
