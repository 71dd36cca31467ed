"""The HTML edition: a folder of pages, one per chapter, that asks nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lxml import etree
from markupsafe import Markup

from millesime.assembly.report import Chapter, Part, Report, Section
from millesime.assembly.theme import read_theme_file
from millesime.problems import OutputError
from millesime.render.artifact import Artifact, write_beside
from millesime.render.conform import Element, classes_of
from millesime.render.fonts import PRINT_NAMES, SANS, SERIF, font_licence, web_font
from millesime.render.fragments import pages_of, relink, set_labels, to_html, write_fragments, write_titles
from millesime.render.images import file_name, published_image
from millesime.render.theme import fill, long_date, open_theme

FACES = ((SERIF, 400, "normal"), (SERIF, 400, "italic"), (SERIF, 700, "normal"), (SANS, 400, "normal"),
         (SANS, 600, "normal"))
_STYLES = ("html/page.css", "html/text.css", "html/print.css")
_CONTENTS_DEPTH = 3  # levels of headings in the contents of the cover page
_ANCHORED = frozenset({"p", "h2", "h3", "h4", "h5", "h6", "figure", "blockquote", "div"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the contents."""

    href: str
    label: str  # "Chapitre 4", "4.2" or ""
    title: Markup
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A part, or the chapters that stand in none."""

    label: str
    title: Markup
    chapters: tuple[tuple[Chapter, Entry], ...]


def render_html(report: Report, folder: Path, *, jobs: int = 1) -> Artifact:
    """Write the edition as a folder of pages, replacing what was there.

    `index.html` is the cover and the contents; each chapter is `<id>.html`,
    with anchors that stay the same in all editions. Same report, same bytes.
    """
    fragments = write_fragments(report, jobs=jobs)
    titles = {anchor: Markup(to_html(title)) for anchor, title in write_titles(report, jobs=jobs).items()}
    pages = pages_of(report, fragments)
    names = page_names(report)
    assets = _assets(report, fragments)
    theme = open_theme(report.theme, language=report.imprint.language)
    groups = _groups(report, titles, names)
    labels = set_labels(report)
    common = {
        "imprint": report.imprint, "labels": labels, "groups": groups,
        "edition": f"{labels['edition_of']}\N{NO-BREAK SPACE}{long_date(report.imprint.date, report.imprint.language)}",
        "newer": [sibling for sibling in report.imprint.siblings if sibling.date > report.imprint.date],
    }
    with write_beside(folder, folder=True) as new:
        for name, content in assets.items():
            _write(new / name, content)
        _write(new / "index.html", fill(theme, "html/index.html", common).encode())
        for index, chapter in enumerate(report.chapters):
            root = fragments[chapter.id]
            _furnish(root, chapter, labels)
            relink(root, lambda anchor, here=chapter.id: _address(anchor, here, pages, names))
            page = {
                **common,
                "chapter": chapter,
                "title": titles[chapter.id],
                "plain_title": _plain(titles[chapter.id]),
                "text": Markup(to_html(root)),
                "part": _opening_part(report, index),
                "part_title": titles[report.parts[chapter.part].anchor] if chapter.part is not None else "",
                "sections": _entries(chapter.sections, titles, "", depth=2),
                "previous": _neighbour(report, index - 1, titles, names),
                "next": _neighbour(report, index + 1, titles, names),
            }
            _write(new / names[chapter.id], fill(theme, "html/chapter.html", page).encode())
    return Artifact(format="html", path=folder, entry=folder / "index.html")


def page_names(report: Report) -> dict[str, str]:
    """Return the file name of each chapter's page; `index.html` and `assets` are taken."""
    names: dict[str, str] = {}
    for chapter in report.chapters:
        stem = chapter.id.replace("/", "-").replace("\\", "-").lstrip(".") or "chapter"
        stem = f"{stem}-chapter" if stem.lower() in ("index", "assets") else stem
        # Some file systems take only 255 bytes, and anchors may be longer.
        stem = stem.encode()[:200].decode(errors="ignore")
        while f"{stem}.html" in names.values():
            stem += "-2"
        names[chapter.id] = f"{stem}.html"
    return names


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _address(anchor: str, here: str, pages: Mapping[str, str], names: Mapping[str, str]) -> str:
    page = pages.get(anchor, here)
    return ("" if page == here else quote(names[page])) + "#" + quote(anchor)


# ---- assets -----------------------------------------------------------------


def _assets(report: Report, fragments: Mapping[str, Element]) -> dict[str, bytes]:
    """Return the files below `assets/`, and point images of the fragments to them."""
    files: dict[str, bytes] = {}
    images: dict[str, str] = {}
    for root in fragments.values():
        for image in root.iter("img"):
            key = image.get("src")
            if key not in images:
                images[key] = file_name(key, report.images[key], images.values())
                files[f"assets/images/{images[key]}"] = published_image(report.images[key])
            image.set("src", f"assets/images/{images[key]}")
            image.set("loading", "lazy")
    faces = []
    for family, weight, style in FACES:
        name = f"{family}-{weight}{'-italic' if style == 'italic' else ''}.woff2".replace(" ", "-").lower()
        name = name.replace("source", "millesime").replace("-pro", "")
        files[f"assets/fonts/{name}"] = web_font(family, weight, style)
        faces.append(
            f'@font-face{{font-family:"{PRINT_NAMES[family]}";font-weight:{weight};font-style:{style};'
            f'font-display:swap;src:url("fonts/{name}") format("woff2")}}\n'
        )
    files["assets/fonts/LICENSE.txt"] = font_licence(SERIF).encode()
    styles = [read_theme_file(name, report.theme).decode() for name in _STYLES]
    files["assets/style.css"] = ("".join(faces) + "\n".join(styles)).encode()
    return files


# ---- the chapter's tree on a page -------------------------------------------


def _furnish(root: Element, chapter: Chapter, labels: Mapping[str, str]) -> None:
    """Add what only pages have: tables that scroll, and the address of each block beside it."""
    for number, table in enumerate([table for table in root.iter("table") if not _nested(table)], 1):
        _frame_table(table, f"page-table-{number}", f"{labels['table']} {number}")
    for element in list(root.iterdescendants()):
        if element.get("id") and element.tag in _ANCHORED and not _in_footnotes(element):
            _append_anchor(element)


def _nested(table: Element) -> bool:
    return any(True for _ in table.iterancestors("table"))


def _in_footnotes(element: Element) -> bool:
    return any(True for _ in element.iterancestors("section"))


def _frame_table(table: Element, ident: str, name: str) -> None:
    """Wide tables scroll sideways on their own; the keyboard must reach them to scroll them."""
    frame = etree.Element("div", {"class": "table-frame", "role": "group", "tabindex": "0"})
    caption = table.find("caption")
    if caption is not None:
        caption.set("id", caption.get("id") or ident)
        frame.set("aria-labelledby", caption.get("id"))
    else:
        frame.set("aria-label", name)
    frame.tail, table.tail = table.tail, None
    table.getparent().replace(table, frame)
    if table.get("id"):
        frame.set("id", table.attrib.pop("id"))
    frame.append(table)


def _append_anchor(element: Element) -> None:
    """Show a block's address to the pointer; it says nothing to a screen reader that its link would not."""
    anchor = etree.Element(
        "a", {"class": "anchor", "href": f"#{element.get('id')}", "aria-hidden": "true", "tabindex": "-1"}
    )
    if element.tag == "figure" or "table-frame" in classes_of(element):
        anchor.tail, element.text = element.text, None
        element.insert(0, anchor)
        if element.tag == "figure" and len(element) > 1 and element[1].tag == "figcaption":
            element.insert(1, anchor)
    else:
        element.append(anchor)


# ---- contents ---------------------------------------------------------------


def _groups(report: Report, titles: Mapping[str, Markup], names: Mapping[str, str]) -> list[Group]:
    """Return the chapters by part, in order; front matter, annexes and back matter stand apart."""
    groups: list[tuple[object, list[tuple[Chapter, Entry]]]] = []
    for chapter in report.chapters:
        key = chapter.part if chapter.part is not None else chapter.role
        if not groups or groups[-1][0] != key:
            groups.append((key, []))
        href = quote(names[chapter.id])
        entries = _entries(chapter.sections, titles, href, depth=_CONTENTS_DEPTH)
        entry = Entry(href=href, label=chapter.label, title=titles[chapter.id], entries=entries)
        groups[-1][1].append((chapter, entry))
    return [_group(report, key, tuple(chapters), titles) for key, chapters in groups]


def _group(report: Report, key: object, chapters: tuple[tuple[Chapter, Entry], ...], titles) -> Group:
    if isinstance(key, int):
        part = report.parts[key]
        return Group(label=part.label, title=titles[part.anchor], chapters=chapters)
    title = set_labels(report)["annexes"] if key == "annex" else ""
    return Group(label="", title=Markup.escape(title), chapters=chapters)


def _entries(sections: tuple[Section, ...], titles: Mapping[str, Markup], page: str, *, depth: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            href=f"{page}#{quote(section.anchor)}", label=section.number, title=titles[section.anchor],
            entries=_entries(section.sections, titles, page, depth=depth),
        )
        for section in sections if section.level <= depth
    )


def _opening_part(report: Report, index: int) -> Part | None:
    """Return the part that opens before this chapter, if one does."""
    part = report.chapters[index].part
    if part is None or index and report.chapters[index - 1].part == part:
        return None
    return report.parts[part]


def _neighbour(report: Report, index: int, titles, names) -> Entry | None:
    if not 0 <= index < len(report.chapters):
        return None
    chapter = report.chapters[index]
    return Entry(href=quote(names[chapter.id]), label=chapter.label, title=titles[chapter.id])


def _plain(title: Markup) -> str:
    return " ".join(title.striptags().split())
