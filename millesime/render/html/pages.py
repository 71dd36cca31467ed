"""The HTML edition: a folder of pages, one per chapter, that asks nothing of the network.

By itself an edition stands alone. On a site a `Frame` says what stands around
its text, which stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lxml import etree
from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.report import Chapter, Report
from millesime.assembly.theme import read_theme_file
from millesime.at_work import at_work
from millesime.problems import OutputError
from millesime.render.artifact import Artifact, write_beside
from millesime.render.conform import Element, classes_of
from millesime.render.contents import chapter_entry, list_contents, list_sections, opening_part
from millesime.render.fonts import PRINT_NAMES, SANS, SERIF, font_licence, web_font
from millesime.render.fragments import pages_of, set_labels, take_title_notes, to_html, write_fragments, write_titles
from millesime.render.images import file_name, inline_pictures, is_inlined, published_image
from millesime.render.links import is_device, plain_id, relink
from millesime.render.picture_sizes import size_rules
from millesime.render.sanitise import MATHML
from millesime.render.templates import fill, is_printed, open_theme

FACES = (
    (SERIF, 400, "normal"),
    (SERIF, 400, "italic"),
    (SERIF, 700, "normal"),
    (SANS, 400, "normal"),
    (SANS, 600, "normal"),
)
_STYLES = ("html/page.css", "html/text.css", "html/print.css")
_SIZES = "assets/sizes.css"  # of pictures, where authors ask for some
_CONTENTS_DEPTH = 3  # levels of headings in the contents of the cover page
_LONG_FORMULA = 24  # characters, its annotation included, that may be wider than a phone
_LISTS = ("list", "listitem")
_ANCHORED = frozenset({"p", "h2", "h3", "h4", "h5", "h6", "figure", "blockquote", "div"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around an edition's text on its pages."""

    index: str = "html/index.html"  # templates
    chapter: str = "html/chapter.html"
    values: Mapping[str, Any] = field(default_factory=dict)  # for both templates
    of_page: Callable[[str], Mapping[str, Any]] = lambda name: {}  # for one page, by its file's name
    furnish: Callable[[str, Element], None] = lambda chapter, root: None  # adds to a chapter's tree, by its id
    assets: str = ""  # where styles and fonts are; "": among the edition's own files, in `assets/`


ALONE = Frame()


def render_html(report: Report, folder: Path, *, jobs: int = 1) -> Artifact:
    """Write the edition as a folder of pages, replacing what was there.

    `index.html` is the cover and the contents; each chapter is `<id>.html`,
    with anchors that stay the same in all editions. Same report, same bytes.
    """
    files = html_pages(report, jobs=jobs)
    with write_beside(folder, folder=True) as new:
        for name, content in files.items():
            _write(new / name, content)
    return Artifact(format="html", path=folder, entry=folder / "index.html")


def html_pages(report: Report, *, frame: Frame = ALONE, jobs: int = 1) -> dict[str, bytes]:
    """Return the files of the edition by their names in its folder; `frame` says what is around the text."""
    fragments = write_fragments(report, jobs=jobs)
    titles = {anchor: Markup(to_html(title)) for anchor, title in write_titles(report, jobs=jobs).items()}
    pages = pages_of(report, fragments)
    names = page_names(report)
    files = _images(report, fragments)
    if sizes := size_rules(fragments.values()):
        files[_SIZES] = sizes.encode()
    if not frame.assets:
        files |= {f"assets/{name}": content for name, content in site_assets(report.theme).items()}
    theme = open_theme(report.theme, language=report.imprint.language)
    labels = set_labels(report)

    def address(anchor: str, here: str = "") -> str | None:
        return _address(anchor, here, pages, names)

    def print_page(template: str, name: str, values: Mapping[str, Any]) -> bytes:
        return fill(theme, template, {**common, **values, **frame.values, **frame.of_page(name)}).encode()

    common = {
        "imprint": report.imprint,
        "labels": labels,
        "assets": frame.assets or "assets",
        "sizes": _SIZES if sizes else "",
        "groups": list_contents(report, titles, address=address, depth=_CONTENTS_DEPTH, annexes=labels["annexes"]),
        "edition": f"{labels['edition_of']}\N{NO-BREAK SPACE}{long_date(report.imprint.date, report.imprint.language)}",
    }
    lines = [chapter_entry(chapter, titles, address=address, depth=0) for chapter in report.chapters]
    prints_title_notes = is_printed(theme, frame.chapter, "title_notes")  # otherwise they stand before the text
    files["index.html"] = print_page(frame.index, "index.html", {})

    def chapter_page(index: int, chapter: Chapter) -> bytes:
        root = fragments[chapter.id]
        here = partial(address, here=chapter.id)
        _furnish(root, labels)
        relink(root, here)
        inline_pictures(root, report.images, here)
        frame.furnish(chapter.id, root)
        title_notes = take_title_notes(root) if prints_title_notes else None
        values = {
            "chapter": chapter,
            "line": lines[index],
            "title": titles[chapter.id],
            "title_notes": "" if title_notes is None else Markup(to_html(title_notes)),
            "text": Markup(to_html(root)),
            "part": opening_part(report, index),
            "part_title": titles[report.parts[chapter.part].anchor] if chapter.part is not None else "",
            "sections": list_sections(chapter.sections, titles, address=here, depth=2),
            "previous": lines[index - 1] if index else None,
            "next": lines[index + 1] if index + 1 < len(lines) else None,
        }
        return print_page(frame.chapter, names[chapter.id], values)

    for index, chapter in enumerate(report.chapters):
        with at_work(chapter.path or chapter.id, "write its page"):
            files[names[chapter.id]] = chapter_page(index, chapter)
    return files


def page_names(report: Report) -> dict[str, str]:
    """Return the file name of each chapter's page; `index.html` and `assets` are taken."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for chapter in report.chapters:
        stem = chapter.id.replace("/", "-").replace("\\", "-").lstrip(".") or "chapter"
        stem = f"{stem}-chapter" if stem.lower() in ("index", "assets") or is_device(stem) else stem
        # Some file systems take only 255 bytes, and anchors may be longer.
        stem = stem.encode()[:200].decode(errors="ignore")
        # On many systems names that differ in case alone are one.
        while f"{stem}.html".casefold() in taken:
            stem += "-2"
        taken.add(f"{stem}.html".casefold())
        names[chapter.id] = f"{stem}.html"
    return names


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _address(anchor: str, here: str, pages: Mapping[str, str], names: Mapping[str, str]) -> str | None:
    """Return a link to an anchor from the page of the chapter `here`, or from another page."""
    if anchor in names:  # a chapter begins where its page begins
        return quote(names[anchor])
    ident = plain_id(anchor)
    page = pages.get(ident)
    if page is None:
        return None
    return ("" if page == here else quote(names[page])) + "#" + quote(ident)


# ---- assets -----------------------------------------------------------------


def site_assets(theme: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the style sheet and fonts of pages, by their names below `assets/`."""
    files: dict[str, bytes] = {}
    faces = []
    for family, weight, style in FACES:
        name = f"{family}-{weight}{'-italic' if style == 'italic' else ''}.woff2".replace(" ", "-").lower()
        name = name.replace("source", "millesime").replace("-pro", "")
        files[f"fonts/{name}"] = web_font(family, weight, style)
        faces.append(
            f'@font-face{{font-family:"{PRINT_NAMES[family]}";font-weight:{weight};font-style:{style};'
            f'font-display:swap;src:url("fonts/{name}") format("woff2")}}\n'
        )
    files["fonts/LICENSE.txt"] = font_licence(SERIF).encode()
    styles = [read_theme_file(name, theme).decode() for name in _STYLES]
    files["style.css"] = ("".join(faces) + "\n".join(styles)).encode()
    return files


def _images(report: Report, fragments: Mapping[str, Element]) -> dict[str, bytes]:
    """Return the pictures below `assets/images/`, and point images of the fragments to them."""
    files: dict[str, bytes] = {}
    images: dict[str, str] = {}
    for root in fragments.values():
        for image in root.iter("img"):
            if is_inlined(image):
                continue
            key = image.get("src")
            if key not in images:
                images[key] = file_name(key, report.images[key], images.values())
                with at_work(key, "publish this picture"):
                    files[f"assets/images/{images[key]}"] = published_image(report.images[key])
            image.set("src", f"assets/images/{images[key]}")
            image.set("loading", "lazy")
    return files


# ---- the chapter's tree on a page -------------------------------------------


def _furnish(root: Element, labels: Mapping[str, str]) -> None:
    """Add what only pages have: tables that scroll, and the address of each block beside it."""
    for number, table in enumerate([table for table in root.iter("table") if not _nested(table)], 1):
        _frame_table(table, f"page-table-{number}", f"{labels['table']} {number}")
    for formula in list(root.iter(f"{{{MATHML}}}math")):
        if formula.get("display") == "block":
            _frame_formula(formula, labels["formula"])
        elif len("".join(formula.itertext())) > _LONG_FORMULA:  # browsers break no formula into lines
            _frame_formula(formula, labels["formula"]).set("class", "math-frame in-line")
    for element in list(root.iterdescendants()):
        listed = element.get("role") in _LISTS or _in_footnotes(element)
        if element.get("id") and element.tag in _ANCHORED and not listed:
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


def _frame_formula(formula: Element, name: str) -> Element:
    """Return the frame in which a wide formula scrolls, as wide tables do."""
    frame = etree.Element("span", {"class": "math-frame", "role": "group", "tabindex": "0", "aria-label": name})
    frame.tail, formula.tail = formula.tail, None
    formula.getparent().replace(formula, frame)
    frame.append(formula)
    return frame


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
