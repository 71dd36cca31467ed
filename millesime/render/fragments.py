"""The chapters of a report as trees of HTML elements, for every renderer.

pandoc writes all chapters at once; `sanitise` and `conform` make the result
safe and valid; this module gives it meaning: insertions and deletions, notes,
headers of tables, formulas, links. A fragment is a `div` without namespace
(MathML in its own) whose ids are unique in the whole report.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from millesime.assembly.report import Chapter, Report, Section
from millesime.assembly.typography import set_text
from millesime.markup.ast import Node, attr_of, has_class, plain, rewrite, span, string, with_attr
from millesime.markup.pandoc import write_texts
from millesime.render.conform import (
    Element,
    add_class,
    classes_of,
    conform,
    has_text,
    is_math,
    rename,
    unwrap,
)
from millesime.render.images import media_type
from millesime.render.sanitise import MATHML, PHRASING, filter_raw, parse_fragment, replace_forbidden

RESERVED_PREFIX = "page-"  # ids of the renderers' own; a chapter cannot take them
CHANGES = {"insertion": "ins", "moved-to": "ins", "deletion": "del", "moved-from": "del"}

_WRITER = "html5-task_lists"  # a task shows its box as a character: nothing can be ticked
_OPTIONS = {"html_math_method": "mathml", "wrap_text": "preserve", "highlight_method": "none"}
_BLOCK_TEXT = frozenset("p h1 h2 h3 h4 h5 h6 pre dt dd li figcaption caption summary".split())


def write_fragments(report: Report, *, jobs: int = 1) -> dict[str, Element]:
    """Return the blocks of each chapter, by chapter id, as the children of a `div`.

    Links are `#anchor` with an anchor that exists in some fragment or in the
    report, or http(s) and mailto; `relink` turns anchors into pages. Images
    have the key of `report.images` as `src`. Notes stand in one
    `section.footnotes` at the end, their numbers beginning at 1 in each chapter.
    """
    labels = set_labels(report)
    texts = write_texts(
        [_safe(list(chapter.blocks), chapter, report.images, labels) for chapter in report.chapters],
        to=_WRITER, options=_OPTIONS, jobs=jobs,
    )
    fragments: dict[str, Element] = {}
    ids = {chapter.id for chapter in report.chapters} | {part.anchor for part in report.parts}
    for chapter, text in zip(report.chapters, texts, strict=True):
        root = parse_fragment(text)
        conform(root)
        fragments[chapter.id] = _give_meaning(root, chapter, report.anchors, labels, ids)
    _link_moves(fragments, labels)
    _drop_dead_links(fragments, ids)
    return fragments


def write_titles(report: Report, *, jobs: int = 1) -> dict[str, Element]:
    """Return the titles of parts, chapters and sections, by anchor, each in a `span`.

    They hold no link and no id: they are printed several times.
    """
    titles = {part.anchor: part.title for part in report.parts}
    for chapter in report.chapters:
        titles[chapter.id] = chapter.title
        titles |= {section.anchor: section.title for section in all_sections(chapter.sections)}
    blocks = [_safe([plain(*title)], report.chapters[0], report.images, report.labels) for title in titles.values()]
    texts = write_texts(blocks, to=_WRITER, options=_OPTIONS, jobs=jobs)
    return {anchor: _title_tree(text) for anchor, text in zip(titles, texts, strict=True)}


def set_labels(report: Report) -> dict[str, str]:
    """Return the report's labels with the typography of its language."""
    return {key: set_text(str(text), report.imprint.language) for key, text in report.labels.items()}


def all_sections(sections: tuple[Section, ...]) -> list[Section]:
    """Return the sections and all below them, in order."""
    return [entry for section in sections for entry in (section, *all_sections(section.sections))]


def pages_of(report: Report, fragments: Mapping[str, Element]) -> dict[str, str]:
    """Return the chapter each anchor is in: what `report.anchors` says, and ids that fragments made."""
    pages = {
        element.get("id"): chapter_id
        for chapter_id, root in fragments.items()
        for element in root.iterdescendants()
        if element.get("id")
    }
    for part_index, part in enumerate(report.parts):
        first = next((chapter.id for chapter in report.chapters if chapter.part == part_index), None)
        if first is not None:
            pages.setdefault(part.anchor, first)
    return pages | {chapter.id: chapter.id for chapter in report.chapters}


def relink(root: Element, target: Callable[[str], str]) -> None:
    """Replace every `#anchor` link by `target(anchor)`, in place."""
    for link in root.iter("a"):
        href = link.get("href")
        if href and href.startswith("#"):
            link.set("href", target(unquote(href[1:])))


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


def _safe(
    blocks: list[Node], chapter: Chapter, images: Mapping[str, bytes], labels: Mapping[str, str]
) -> list[Node]:
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
        if kind == "Image":
            return _safe_image(node, chapter, images, labels)
        if kind == "Div" and has_class(node, "section"):
            # pandoc would write a <section>; only notes are one
            ident, classes, pairs = attr_of(node)
            return with_attr(node, [ident, [name for name in classes if name != "section"], pairs])
        return node

    return rewrite(blocks, change)


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


def _title_tree(text: str) -> Element:
    root = parse_fragment(text)
    conform(root)
    for element in list(root.iterdescendants()):
        if is_math(element):
            _mend_math(element) if element.tag == f"{{{MATHML}}}math" else None
        elif element.tag == "section" or "footnotes" in classes_of(element):
            element.getparent().remove(element)
        elif element.tag in ("a", "img") or element.tag not in PHRASING:
            _drop_noteref(element) or unwrap(element)
        else:
            _clean_attributes(element)
            element.attrib.pop("id", None)
    root.tag = "span"
    return root


def _drop_noteref(element: Element) -> bool:
    if "footnote-ref" not in classes_of(element):
        return False
    element.clear(keep_tail=True)
    element.tag = "span"
    return True


# ---- after pandoc: meaning --------------------------------------------------


def _give_meaning(
    root: Element, chapter: Chapter, anchors: Mapping[str, str], labels: Mapping[str, str], taken: set[str]
) -> Element:
    _name_notes(root, chapter.id)
    for element in list(root.iterdescendants()):
        if is_math(element):
            if element.tag == f"{{{MATHML}}}math":
                _mend_math(element)
            continue
        _keep_id(element, anchors, chapter, taken)
        _clean_attributes(element)
    for wrapper in [element for element in root.iter("div") if element.get("data-wrapper")]:
        _hand_down_anchor(wrapper)
    for figcaption in root.iter("figcaption"):
        figcaption.attrib.pop("aria-hidden", None)
    for table in root.iter("table"):
        _give_scopes(table)
    _mark_bibliography(root)
    _name_sectors(root, labels)
    _mark_notes(root, labels)
    for element in [element for element in root.iterdescendants() if not is_math(element)]:
        kind = next((name for name in classes_of(element) if name in CHANGES), None)
        if kind:
            _mark_change(element, kind, labels)
    return root


def _keep_id(element: Element, anchors: Mapping[str, str], chapter: Chapter, taken: set[str]) -> None:
    """Keep an id where it is the first of its name and not another chapter's anchor."""
    if element.tag == "a" and element.get("name"):
        element.set("id", element.get("id") or element.get("name"))
    element.attrib.pop("name", None)
    ident = element.get("id")
    if ident is None:
        return
    ident = re.sub(r"\s+", "-", ident.strip())
    owner = anchors.get(element.get("id"), anchors.get(ident, chapter.id))
    if not ident or ident in taken or owner != chapter.id or ident.startswith(RESERVED_PREFIX):
        del element.attrib["id"]
        return
    taken.add(ident)
    element.set("id", ident)


_ALIGNMENTS = ("left", "right", "center", "justify")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$")


def _clean_attributes(element: Element) -> None:
    style = element.attrib.pop("style", "")
    align = element.attrib.pop("align", "").strip().lower()
    found = re.search(r"text-align:\s*([a-z]+)", style)
    align = found[1] if found else align
    if align in _ALIGNMENTS:
        add_class(element, f"align-{align}")
    width = re.search(r"(?:^|[;\s])width:\s*(\d+(?:\.\d+)?)%", style)
    if width and element.tag in ("col", "img"):
        # Classes, not style: pages forbid inline styles. Steps of 5% are fine enough.
        add_class(element, f"width-{min(max(5 * round(float(width[1]) / 5), 5), 100)}")
    if element.get("lang") is not None and not _LANGUAGE.match(element.get("lang")):
        del element.attrib["lang"]
    if element.get("dir") not in (None, "ltr", "rtl", "auto"):
        del element.attrib["dir"]
    if element.get("role") is not None and not set(classes_of(element)) & {"footnote-ref", "footnote-back"}:
        del element.attrib["role"]
    if element.get("class") is not None and not element.get("class").strip():
        del element.attrib["class"]
    _CLEANERS.get(element.tag, _leave)(element)


def _leave(element: Element) -> None:
    pass


def _clean_link(link: Element) -> None:
    href = link.get("href")
    target = safe_href(href) if href is not None else None
    if target is not None:
        link.set("href", target)
        return
    _kill_link(link)


def safe_href(href: str) -> str | None:
    """Return a link that can be followed from any page, percent-encoded; None: it leads nowhere.

    That is http(s) with a host, mailto, or an anchor of the report; a relative
    link names a file that is not published.
    """
    href = href.strip()
    if href.startswith("#"):
        anchor = re.sub(r"\s+", "-", unquote(href[1:]).strip())
        return "#" + quote(anchor, safe="") if anchor else None
    try:
        parts = urlsplit(href)
        port_is_number = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return quote(href, safe=_URL_SAFE) if "@" in parts.path else None
    if parts.scheme not in ("http", "https") or not port_is_number or not _HOST.match(parts.hostname or ""):
        return None
    host = parts.netloc
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if not re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=:@%\[\]-]+", host):
        return None
    rest = quote(parts.path, safe=_URL_SAFE)
    query = "?" + quote(parts.query, safe=_URL_SAFE) if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe=_URL_SAFE) if parts.fragment else ""
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", f"{parts.scheme}://{host}{rest}{query}{fragment}")


_URL_SAFE = "/:?@!$&'()*+,;=-._~%"
_HOST = re.compile(r"[^\s.][^\s]*$")


def _kill_link(link: Element) -> None:
    """Keep a link's text, and its anchor if it has one."""
    link.attrib.pop("href", None)
    link.tag = "span"
    link.attrib.pop("role", None)


def _clean_image(image: Element) -> None:
    image.set("src", unquote(image.get("src", "")))
    image.set("alt", image.get("alt") or "")
    for name in ("width", "height"):
        if not re.fullmatch(r"[1-9]\d{0,4}", image.get(name, "1")):
            del image.attrib[name]


def _clean_list(element: Element) -> None:
    if not re.fullmatch(r"-?\d{1,6}", element.get("start", "1")):
        del element.attrib["start"]
    if element.get("type", "1") not in ("1", "a", "A", "i", "I"):
        del element.attrib["type"]
    if element.get("reversed") is not None:
        element.set("reversed", "reversed")


def _clean_item(element: Element) -> None:
    if element.getparent().tag != "ol" or not re.fullmatch(r"-?\d{1,6}", element.get("value", "1")):
        element.attrib.pop("value", None)


def _clean_change(element: Element) -> None:
    if not _DATE.match(element.get("datetime", "2000-01-01")):
        del element.attrib["datetime"]


_CLEANERS = {
    "a": _clean_link, "img": _clean_image, "ol": _clean_list, "li": _clean_item, "ins": _clean_change,
    "del": _clean_change,
}


def _hand_down_anchor(wrapper: Element) -> None:
    """Give a wrapper's anchor to the one block in it, or keep the wrapper as a plain `div`."""
    del wrapper.attrib["data-wrapper"]
    (only, *others) = [*wrapper, None]
    alone = only is not None and others == [None] and not (wrapper.text or "").strip() and not (only.tail or "").strip()
    if alone and only.get("id") is None and not is_math(only):
        if wrapper.get("id"):
            only.set("id", wrapper.attrib.pop("id"))
        for name in classes_of(wrapper):
            add_class(only, name)
        for name, value in wrapper.items():
            if name != "class" and only.get(name) is None:
                only.set(name, value)
        unwrap(wrapper)


def _mend_math(math: Element) -> None:
    """Give a formula its source as alternative text, and leave out the annotation."""
    for annotation in math.findall(f"{{{MATHML}}}semantics/{{{MATHML}}}annotation"):
        math.set("alttext", " ".join((annotation.text or "").split()))
        annotation.getparent().remove(annotation)
    for semantics in math.findall(f"{{{MATHML}}}semantics"):
        unwrap(semantics)
    for element in math.iter():
        for name in set(element.attrib) - _KEPT_IN_MATH:
            if name in ("style", "class", "id", "lang", "dir", "title", "role") or name.startswith("data-"):
                del element.attrib[name]
    if math.get("display") not in ("inline", "block"):
        math.attrib.pop("display", None)


_KEPT_IN_MATH = frozenset({"display", "alttext"})


def _give_scopes(table: Element) -> None:
    """Say for each header which cells it heads; an empty header is a cell."""
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


# ---- notes ------------------------------------------------------------------


def _name_notes(root: Element, chapter_id: str) -> None:
    """Prefix pandoc's fn1 and fnref1, so that chapters can share a page."""
    section = next((element for element in root.iter("section") if "footnotes" in classes_of(element)), None)
    notes = {}
    for element in list(root.iter("section")):
        if element is not section:
            rename(element, "div")
    if section is None:
        return
    for item in section.iter("li"):
        found = re.fullmatch(r"fn(\d+)", item.get("id") or "")
        if found:
            notes[found[0]] = f"{chapter_id}-fn{found[1]}"
            item.set("id", notes[found[0]])
    for link in root.iter("a"):
        target = (link.get("href") or "").removeprefix("#")
        if "footnote-ref" in classes_of(link) and target in notes:
            link.set("href", "#" + quote(notes[target]))
            link.set("id", f"{chapter_id}-fnref{target[2:]}")
            link.set("role", "doc-noteref")
        elif "footnote-back" in classes_of(link) and re.fullmatch(r"fnref\d+", target):
            link.set("href", "#" + quote(f"{chapter_id}-{target}"))
            link.set("role", "doc-backlink")


def _mark_notes(root: Element, labels: Mapping[str, str]) -> None:
    for section in root.iter("section"):
        section.attrib.pop("id", None)
        section.set("class", "footnotes")
        section.set("role", "doc-endnotes")
        section.set("aria-label", labels["notes"])
        for rule in section.findall("hr"):
            section.remove(rule)
    for link in root.iter("a"):
        number = (link.get("href") or "").rpartition("-fn")[2].removeprefix("ref")
        if link.get("role") == "doc-noteref":
            link.set("aria-label", f"{labels['note']} {number}")
        elif link.get("role") == "doc-backlink":
            link.set("aria-label", f"{labels['back_to_text']} {number}")


# ---- insertions, deletions, moves -------------------------------------------


def _mark_change(element: Element, kind: str, labels: Mapping[str, str]) -> None:
    """Say a change by elements and words, not by colour."""
    date = element.attrib.pop("data-date", "")
    author = element.attrib.pop("data-author", "")
    tag = CHANGES[kind]
    if element.tag == "tr":
        for cell in element:
            _wrap_content(cell, tag, kind)
        _put_label(element[0], kind, labels, tag="span")
        return
    if element.tag in ("td", "th") or element.tag in _BLOCK_TEXT:
        marked = _wrap_content(element, tag, kind)
        if kind.startswith("moved"):
            _put_label(element, kind, labels, tag="span")
    elif element.tag in PHRASING:
        marked = _as_inline_change(element, tag)
        if kind.startswith("moved"):
            _put_label(marked, kind, labels, tag="span")
    else:
        _as_block_change(element, kind, labels)
        return
    if _DATE.match(date):
        marked.set("datetime", date)
    if author:
        marked.set("title", author)


def _wrap_content(element: Element, tag: str, kind: str) -> Element:
    if len(element) == 1 and element[0].tag == tag and kind in classes_of(element[0]):
        return element[0]
    marked = etree.Element(tag, {"class": kind})
    marked.text, element.text = element.text, None
    marked.extend(list(element))
    element.append(marked)
    return marked


def _as_inline_change(element: Element, tag: str) -> Element:
    """A span becomes `ins` or `del`; code, a link or an image is put into one."""
    if element.tag in ("span", "ins", "del"):
        element.tag = tag
        return element
    kind = next(name for name in classes_of(element) if name in CHANGES)
    _drop_class(element, kind)
    marked = etree.Element(tag, {"class": kind})
    if element.get("data-move"):
        marked.set("data-move", element.attrib.pop("data-move"))
    marked.tail, element.tail = element.tail, None
    element.getparent().replace(element, marked)
    marked.append(element)
    return marked


def _as_block_change(element: Element, kind: str, labels: Mapping[str, str]) -> None:
    if element.tag != "div":
        _drop_class(element, kind)
        box = etree.Element("div", {"class": kind})
        if element.get("data-move"):
            box.set("data-move", element.attrib.pop("data-move"))
        box.tail, element.tail = element.tail, None
        element.getparent().replace(element, box)
        box.append(element)
        element = box
    element.set("role", "insertion" if CHANGES[kind] == "ins" else "deletion")
    _put_label(element, kind, labels, tag="p")


def _drop_class(element: Element, name: str) -> None:
    kept = [other for other in classes_of(element) if other != name]
    if kept:
        element.set("class", " ".join(kept))
    else:
        element.attrib.pop("class", None)


def _put_label(element: Element, kind: str, labels: Mapping[str, str], *, tag: str) -> None:
    """Put the change's name in words before it: `span.change-label` or `p.change-label`."""
    label = etree.Element(tag, {"class": f"change-label {kind}-label"})
    label.text = labels[kind.replace("-", "_")]
    label.tail, element.text = (" " if tag == "span" else "") + (element.text or ""), None
    element.insert(0, label)


def _link_moves(fragments: Mapping[str, Element], labels: Mapping[str, str]) -> None:
    """Link the two places of each move, which share the attribute `move`."""
    places: dict[tuple[str, str], tuple[Element, str]] = {}
    for chapter_id, root in fragments.items():
        for element in root.iterdescendants():
            move = element.get("data-move")
            kind = next((name for name in classes_of(element) if name.startswith("moved-")), None)
            if move and kind and (kind, move) not in places:
                number = sum(1 for known in places if known[0] == kind) + 1
                if element.get("id") is None:
                    element.set("id", f"{kind}-{number}-{chapter_id}")
                places[kind, move] = (element, element.get("id"))
    for (kind, move), (element, _) in places.items():
        other = places.get(("moved-from" if kind == "moved-to" else "moved-to", move))
        label = next((inner for inner in element.iter("span", "p") if "change-label" in classes_of(inner)), None)
        if other is not None and label is not None and not _inside_link(label):
            link = etree.SubElement(label, "a", {"href": "#" + quote(other[1]), "class": "move-link"})
            link.text = labels["moved_to_see" if kind == "moved-to" else "moved_from_see"]
            label.text = (label.text or "") + " "


def _inside_link(element: Element) -> bool:
    return any(True for _ in element.iterancestors("a"))


def _drop_dead_links(fragments: Mapping[str, Element], ids: set[str]) -> None:
    """Links to anchors that no chapter has keep their text."""
    present = ids | {element.get("id") for root in fragments.values() for element in root.iterdescendants()}
    for root in fragments.values():
        for link in list(root.iter("a")):
            href = link.get("href") or ""
            if href.startswith("#") and unquote(href[1:]) not in present:
                _kill_link(link)
                add_class(link, "unresolved")
