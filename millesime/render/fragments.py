"""The chapters of a report as trees of HTML elements, for every renderer.

pandoc writes all chapters at once; `sanitise` and `conform` make the result
safe and valid; this module gives it meaning: insertions and deletions, notes,
headers of tables, formulas, links. A fragment is a `div` without namespace
(MathML in its own) whose ids are unique in the whole report.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from millesime.assembly.report import Chapter, Report, Section
from millesime.assembly.typography import set_text
from millesime.at_work import at_work
from millesime.markup.ast import Block, Node, div, plain, rewrite, span, string
from millesime.markup.html_tables import HEAD_CELL
from millesime.markup.item_numbers import counts_down, take_numbers
from millesime.markup.pandoc import write_texts
from millesime.render.attributes import clean_attributes, hand_down_anchor, hand_down_list, keep_id
from millesime.render.changes import CHANGES, link_moves, mark_change, shape_changes
from millesime.render.conform import (
    Element,
    add_class,
    classes_of,
    conform,
    drop_class,
    has_text,
    is_math,
    unwrap,
)
from millesime.render.formulas import complete_formula, open_formula, seal_formula
from millesime.render.images import media_type
from millesime.render.links import drop_dead_links, plain_id
from millesime.render.notes import mark_notes, name_notes
from millesime.render.sanitise import MATHML, PHRASING, filter_raw, parse_fragment, replace_forbidden

_WRITER = "html5"
OWN_XML = etree.XMLParser(huge_tree=True, resolve_entities=False)  # what we wrote ourselves, however deep
_OPTIONS = {"html_math_method": "mathml", "wrap_text": "preserve", "highlight_method": "none"}


def write_fragments(report: Report, *, jobs: int = 1) -> dict[str, Element]:
    """Return the blocks of each chapter, by chapter id, as the children of a `div`.

    Links are `#anchor` with an anchor that exists in some fragment or in the
    report, or addresses of `SAFE_SCHEMES`; `relink` turns anchors into pages. Images
    have the key of `report.images` as `src`. Notes stand in one
    `section.footnotes` at the end, their numbers beginning at 1 in each chapter.
    """
    fragments, ids = _write_chapters(report, jobs=jobs)
    link_moves(fragments, set_labels(report))
    drop_dead_links(fragments, ids)
    return fragments


def keep_fragments(report: Report, *, jobs: int = 1) -> dict[str, bytes]:
    """Return what `Report.fragments` may hold: each chapter as XML, from which `write_fragments` goes on.

    Those that the report has already are not written again.
    """
    fragments, _ = _write_chapters(report, jobs=jobs)
    return {
        ident: report.fragments.get(ident) or etree.tostring(root, encoding="utf-8")
        for ident, root in fragments.items()
    }


def _write_chapters(report: Report, *, jobs: int) -> tuple[dict[str, Element], set[str]]:
    """Return each chapter as far as it can be made without those behind it, and all ids."""
    labels = set_labels(report)
    new = [chapter for chapter in report.chapters if chapter.id not in report.fragments]
    texts = write_texts(
        [_safe_blocks(chapter, report, labels) for chapter in new],
        to=_WRITER,
        options=_OPTIONS,
        names=[chapter.path or chapter.id for chapter in new],
        jobs=jobs,
        limits=report.limits,
    )
    written = dict(zip([chapter.id for chapter in new], texts, strict=True))
    fragments: dict[str, Element] = {}
    ids = {plain_id(chapter.id) for chapter in report.chapters} | {plain_id(part.anchor) for part in report.parts}
    for chapter in report.chapters:
        if chapter.id in written:
            with at_work(chapter.path or chapter.id, "write it as HTML"):
                root = parse_fragment(written[chapter.id])
                _show_details(root)
                conform(root)
                fragments[chapter.id] = _give_meaning(root, chapter, report.anchors, labels, ids)
        else:
            root = fragments[chapter.id] = etree.fromstring(report.fragments[chapter.id], OWN_XML)
            ids.update(element.get("id") for element in root.iterdescendants() if element.get("id"))
    return fragments, ids


def _safe_blocks(chapter: Chapter, report: Report, labels: Mapping[str, str]) -> list[Block]:
    with at_work(chapter.path or chapter.id, "make it ready to be written"):
        return _safe(list(chapter.blocks), chapter, report.images, labels)


def take_title_notes(root: Element) -> Element | None:
    """Take the calls of the notes on a chapter's title out of its tree, to be printed behind the title.

    Assembly puts them in a paragraph of their own before everything else. None if there are none.
    """
    first = next(iter(root), None)
    if first is None or first.tag != "p" or len(first) != 1 or (first.text or "").strip():
        return None
    (notes,) = first
    if notes.tag != "span" or "title-notes" not in classes_of(notes) or (notes.tail or "").strip():
        return None
    notes.tail = None
    root.remove(first)
    for call in notes[:-1]:
        call.tail = call.tail or "\u2009"  # "1 2" and not "12"
    return notes


def write_titles(report: Report, *, jobs: int = 1) -> dict[str, Element]:
    """Return the titles of parts, chapters and sections, by anchor, each in a `span`.

    They hold no link and no id: they are printed several times.
    """
    titles = {part.anchor: part.title for part in report.parts}
    for chapter in report.chapters:
        titles[chapter.id] = chapter.title
        titles |= {section.anchor: section.title for section in all_sections(chapter.sections)}
    # One document for all: pandoc takes a millisecond for each it opens.
    blocks = [div([plain(*_bare_title(title))]) for title in titles.values()]
    (text,) = write_texts([blocks], to=_WRITER, options=_OPTIONS, names=["titles"], jobs=jobs, limits=report.limits)
    trees = dict(zip(titles, map(_title_tree, parse_fragment(text)), strict=True))
    for ident in [part.anchor for part in report.parts] + [chapter.id for chapter in report.chapters]:
        if not has_text(trees[ident]):
            trees[ident].text = report.labels["untitled"]  # a page and a line of the contents must have a name
    return trees


def write_formulas(formulas: Mapping[str, Sequence[Node]]) -> dict[str, Element]:
    """Return formulas, by the path of their chapter, as the children of a `div`: a `div` each that holds one.

    It is `math`, as in the fragment of a chapter, or a `span` of class `math` if pandoc cannot read it.
    """
    documents = [[div([plain(_sealed(node))]) for node in found] for found in formulas.values()]
    texts = write_texts(documents, to=_WRITER, options=_OPTIONS, names=list(formulas))
    written = dict(zip(formulas, map(parse_fragment, texts), strict=True))
    for root in written.values():
        conform(root)
        for math in list(root.iter(f"{{{MATHML}}}math")):
            _mend_math(math)
        for unread in root.iter("span"):
            unread.text = open_formula(unread.text or "")
    return written


def set_labels(report: Report) -> dict[str, str]:
    """Return the report's labels with the typography of its language."""
    return {key: set_text(str(text), report.imprint.language) for key, text in report.labels.items()}


def all_sections(sections: tuple[Section, ...]) -> list[Section]:
    """Return the sections and all below them, in order."""
    return [entry for section in sections for entry in (section, *all_sections(section.sections))]


def pages_of(report: Report, fragments: Mapping[str, Element]) -> dict[str, str]:
    """Return the chapter each id is in: of the fragments, of the chapters and of the parts."""
    pages = {
        element.get("id"): chapter_id
        for chapter_id, root in fragments.items()
        for element in root.iterdescendants()
        if element.get("id")
    }
    for part_index, part in enumerate(report.parts):
        first = next((chapter.id for chapter in report.chapters if chapter.part == part_index), None)
        if first is not None:
            pages.setdefault(plain_id(part.anchor), first)
    return pages | {plain_id(chapter.id): chapter.id for chapter in report.chapters}


def to_html(element: Element) -> str:
    """Return the element's content in HTML syntax."""
    return _inner(element, "html")


def to_xhtml(element: Element) -> str:
    """Return the element's content in XML syntax, to stand in an XHTML page."""
    return _inner(element, "xml")


def _inner(element: Element, method: str) -> str:
    out = [_escape(element.text or "")]
    out += [etree.tostring(child, encoding="unicode", method=method) for child in element]
    return "".join(out)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ---- before pandoc: nothing untrusted reaches its writer --------------------


def _safe(blocks: list[Node], chapter: Chapter, images: Mapping[str, bytes], labels: Mapping[str, str]) -> list[Node]:
    def show_image(source: str, alternative: str) -> str:
        key = find_image(source, chapter, images)
        if key is None:
            note = _missing_image_text(source, alternative, labels)
            return f'<span class="missing-image">{_escape(note)}</span>'
        return f'<img src="{_escape(quote(key))}" alt="{_escape(alternative).replace(chr(34), "&quot;")}">'

    def change(node: Node) -> Node | list[Node]:
        kind = node["t"]
        if kind in ("RawInline", "RawBlock"):
            form, text = node["c"]
            if not form.startswith("html"):
                return node
            return {"t": kind, "c": ["html", filter_raw(replace_forbidden(text), show_image)]}
        if kind == "Math":
            return _sealed(node)
        if kind == "Image":
            return _safe_image(node, chapter, images, labels)
        if kind in ("OrderedList", "BulletList"):
            return _safe_list(node)
        return node

    return rewrite(blocks, change, kinds={"RawInline", "RawBlock", "Image", "OrderedList", "BulletList", "Math"})


def _sealed(node: Node) -> Node:
    return {"t": "Math", "c": [node["c"][0], seal_formula(node["c"][1])]}


_DELIMITERS = {"OneParen": "one-paren", "TwoParens": "two-parens"}
_NUMERALS = {
    "LowerAlpha": "lower-alpha", "UpperAlpha": "upper-alpha", "LowerRoman": "lower-roman", "UpperRoman": "upper-roman",
}  # fmt: skip
_BOXES = ("☐", "☒")


def _safe_list(node: Node) -> Node:
    """Keep what pandoc's writer does not say of a list: delimiters, numbers of items, boxes of tasks (it makes inputs).

    What is said in a `data-list` goes to the list, see `hand_down_list`.
    """
    ordered = node["t"] == "OrderedList"
    numbers: list[str] = []
    if ordered:
        numbers += ["reversed"] if counts_down(node) else []
        node, values = take_numbers(node)
        numbers += [f"{index}={value}" for index, value in enumerate(values) if value is not None]
    items = node["c"][1] if ordered else node["c"]
    boxed = [_with_box(item) for item in items]
    if any(new is not item for new, item in zip(boxed, items, strict=True)):
        node = {"t": node["t"], "c": [node["c"][0], boxed] if ordered else boxed}
    if ordered:
        _, style, delimiter = node["c"][0]
        marks = _DELIMITERS.get(delimiter["t"])
        said = " ".join([*([f"{marks} {_NUMERALS.get(style['t'], '')}"] if marks else []), *numbers])
    else:
        said = "tasks" if all(new is not item for new, item in zip(boxed, items, strict=True)) else ""
    return div([node], pairs=[("data-list", said)]) if said else node


def _with_box(item: list[Node]) -> list[Node]:
    """Return an item whose box, if it is a task, is a character in a span: nothing can be ticked on a page."""
    if not item or item[0]["t"] not in ("Plain", "Para"):
        return item
    first, *others = item
    match first["c"]:
        case [{"t": "Str", "c": box}, *words] if box in _BOXES:
            return [{"t": first["t"], "c": [span([string(box)], classes=["task-box"]), *words]}, *others]
    return item


def find_image(source: str, chapter: Chapter, images: Mapping[str, bytes]) -> str | None:
    """Return the key of the image a source names, from the root or from its chapter; None: not ours."""
    plain_source = unquote(source)
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(chapter.path), plain_source))
    for key in (source, plain_source, beside):
        if key in images and media_type(images[key]):
            return key
    return None


def _safe_image(node: Node, chapter: Chapter, images: Mapping[str, bytes], labels: Mapping[str, str]) -> Node:
    attributes, alternative, (source, title) = node["c"]
    key = find_image(source, chapter, images)
    if key is not None:
        return {"t": "Image", "c": [attributes, alternative, [quote(key), title]]}
    words = _missing_image_text(source, "", labels)
    shown = [string(words), string(" "), *alternative] if alternative else [string(words)]
    return span(shown, ident=attributes[0], classes=["missing-image"])


def _missing_image_text(source: str, alternative: str, labels: Mapping[str, str]) -> str:
    name = posixpath.basename(urlsplit_safely(source)) or source
    return f"[{labels['missing_image']} {name}]" + (f" {alternative}" if alternative else "")


def urlsplit_safely(source: str) -> str:
    """Return the path of a URL, or the source itself where it is none."""
    try:
        return unquote(urlsplit(source).path)
    except ValueError:
        return source


def _bare_title(title: Sequence[Node]) -> list[Node]:
    """Return a title without links, notes, pictures, raw tags and ids."""

    def change(node: Node) -> Node | list[Node]:
        match node["t"]:
            case "Link":
                return node["c"][1]
            case "Note" | "RawInline":
                return []
            case "Math":
                return _sealed(node)
            case "Image":
                return node["c"][1]
            case "Span":
                (_, classes, pairs), inner = node["c"]
                return {"t": "Span", "c": [["", classes, pairs], inner]}
        return node

    return rewrite(list(title), change)


def _title_tree(root: Element) -> Element:
    conform(root)
    for element in root.iterdescendants():
        if not is_math(element):
            clean_attributes(element)
        elif element.tag == f"{{{MATHML}}}math":
            _mend_math(element)
    root.tag, root.tail = "span", None
    if len(root):
        root[-1].tail = (root[-1].tail or "").rstrip() or None
    root.text = (root.text or "").lstrip() if len(root) else (root.text or "").strip()
    return root


# ---- after pandoc: meaning --------------------------------------------------


def _show_details(root: Element) -> None:
    """Make what can be folded, a `div.details` that opens with a `div.summary`, the elements that browsers fold."""
    for details in [element for element in root.iter("div") if "details" in classes_of(element)]:
        summary = next(iter(details), None)
        if summary is not None and summary.tag == "div" and "summary" in classes_of(summary):
            for element, tag in ((details, "details"), (summary, "summary")):
                element.tag = tag
                drop_class(element, tag)


def _give_meaning(
    root: Element, chapter: Chapter, anchors: Mapping[str, str], labels: Mapping[str, str], taken: set[str]
) -> Element:
    name_notes(root, plain_id(chapter.id))
    for element in list(root.iterdescendants()):
        if is_math(element):
            if element.tag == f"{{{MATHML}}}math":
                _mend_math(element)
            continue
        if element.tag == "span" and "math" in classes_of(element) and element.text:
            element.text = open_formula(element.text)  # which pandoc could not read
        keep_id(element, anchors, chapter, taken)
        clean_attributes(element)
    for wrapper in [element for element in root.iter("div") if element.get("data-list")]:
        hand_down_list(wrapper)
    for wrapper in [element for element in root.iter("div") if element.get("data-wrapper")]:
        hand_down_anchor(wrapper)
    _settle_headings(root)
    for figcaption in root.iter("figcaption"):
        figcaption.attrib.pop("aria-hidden", None)
    for table in root.iter("table"):
        _give_scopes(table)
    _mark_bibliography(root)
    _name_sectors(root, labels)
    mark_notes(root, labels)
    _set_authors_own(root)
    for element in [element for element in root.iterdescendants() if not is_math(element)]:
        kind = next((name for name in classes_of(element) if name in CHANGES), None)
        if kind:
            mark_change(element, kind, labels)
    shape_changes(root, labels)
    return root


def _set_authors_own(root: Element) -> None:
    """Let what the author struck and underlined look like no change: `del` and `ins` are the redline's.

    pandoc writes `~~old~~` as `del`. Around blocks, where `s` and `u` cannot
    stand, it is a `div` of class `struck` or `underlined`.
    """
    for element in list(root.iter("del", "ins")):
        name, block_class = ("s", "struck") if element.tag == "del" else ("u", "underlined")
        if all(is_math(inner) or inner.tag in PHRASING for inner in element.iterdescendants()):
            element.tag = name
        else:
            element.tag = "div"
            add_class(element, block_class)


def _mend_math(math: Element) -> None:
    """Give a formula its source as alternative text, leave out the annotation, and put back what it alone says."""
    source = ""
    for annotation in math.findall(f"{{{MATHML}}}semantics/{{{MATHML}}}annotation"):
        source = open_formula(annotation.text or "")
        math.set("alttext", " ".join(source.split()))
        annotation.getparent().remove(annotation)
    for semantics in math.findall(f"{{{MATHML}}}semantics"):
        unwrap(semantics)
    for element in list(math.iter()):
        for name in set(element.attrib) - _KEPT_IN_MATH:
            if name in ("style", "class", "id", "lang", "dir", "title", "role") or name.startswith("data-"):
                del element.attrib[name]
    if math.get("display") not in ("inline", "block"):
        math.attrib.pop("display", None)
    complete_formula(math, source)


_KEPT_IN_MATH = frozenset({"display", "alttext"})


def _settle_headings(root: Element) -> None:
    """Close the gaps that raw headings leave: a heading is at most one level below the one before it."""
    before = 1
    for heading in root.iter("h2", "h3", "h4", "h5", "h6"):
        level = min(int(heading.tag[1]), before + 1)
        heading.tag = f"h{level}"
        before = level


def _give_scopes(table: Element) -> None:
    """Say for each header which cells it heads; an empty header is a cell."""
    for cell in list(table.iter("td")):
        if HEAD_CELL in classes_of(cell) and next(cell.iterancestors("table")) is table:
            cell.tag = "th"
            drop_class(cell, HEAD_CELL)
    for header in list(table.iter("th")):
        if next(header.iterancestors("table")) is not table:
            continue
        header.attrib.pop("scope", None)
        if not has_text(header) and not len(header):
            header.tag = "td"
        elif header.getparent().getparent().tag == "thead":
            header.set("scope", "colgroup" if header.get("colspan") else "col")
        else:
            header.set("scope", "rowgroup" if header.get("rowspan") else "row")


def _mark_bibliography(root: Element) -> None:
    for element in root.iter("div"):
        classes = classes_of(element)
        if "csl-bib-body" in classes and len(element) and all("csl-entry" in classes_of(child) for child in element):
            element.set("role", "list")
            for child in element:
                child.set("role", "listitem")


def _name_sectors(root: Element, labels: Mapping[str, str]) -> None:
    """Say in words whose position this is: a border does not tell."""
    for position in root.iter("div"):
        words = labels.get(f"sector_{position.get('data-sector')}")
        if words and "position" in classes_of(position):
            label = etree.Element("p", {"class": "position-label"})
            label.text = words
            label.tail, position.text = position.text, None
            position.insert(0, label)
