"""Prepare a chapter's HTML tree for paper and for PDF/UA.

The tree is the one every format starts from; here notes go to where they are
called, and what WeasyPrint would tag wrongly is put in a form that it tags
rightly: lists whose items hold blocks, links around other elements, pictures
without a text. What only the structure tree can say is put right in
`pdf/tags.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from millesime.render.columns import Column, lay_out_table
from millesime.render.conform import add_class, classes_of, unwrap
from millesime.render.formulas import linear_text, lowered, raised, take_tags
from millesime.render.picture_sizes import declarations, size_of
from millesime.render.sanitise import MATHML as MATHML_NAMESPACE

Element = etree._Element

MATHML = f"{{{MATHML_NAMESPACE}}}"
_CHANGES = frozenset({"insertion", "deletion", "moved-to", "moved-from"})
_BLOCKS = frozenset(
    "p div ul ol li pre blockquote table thead tbody tfoot tr td th caption colgroup dl dt dd figure "
    "h2 h3 h4 h5 h6 hr".split()
)
_NUMERALS = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
_INDENTS = 8  # nested quotes and lists that are indented
_LINE_CHARS = 96  # of table text in the width of the page, at the size of `table`
_TURNED = 1.9  # times as wide is a page in landscape
_ENDING_LETTERS = 150  # of a paragraph of at most two lines
_BOX_LETTERS = 84  # in a line of a box
_BOX_LINES = 44  # in a box as high as a page
_LETTER = 0.55  # em: about how wide a letter of a line of text is
_SMALLEST = 0.1  # em: the size of a text that only a search finds
_TALLEST = 55  # em: a formula as high as a page
_ASCENT = 1.05  # em from the top of a line of text to its baseline, also of `formula-tag`
_CHAR_POINTS = 132 / 25.4 * 72 / _LINE_CHARS  # how wide a character of table text is, in points
_EM_POINTS = 9  # of table text
FORMULA_SOURCE = "data-mathml"  # of what stands in the place of a formula
_WIDTH = "data-width"  # points that a picture's height makes it wide
_INDENT_CHARS = 8  # of table text that a quotation, a list or a box takes from the width of the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A formula that was set in two dimensions."""

    address: str  # under which it is served
    width: float  # em
    depth: float  # em below the baseline
    height: float  # em
    rows: tuple[float, ...]  # em from its top to the baseline of each row, if it is one table


def make_printable(
    root: Element,
    *,
    labels: Mapping[str, str],
    image_address: Callable[[str], str | None],
    image_ratio: Callable[[str], float] = lambda key: 1.0,
    drawing_of: Callable[[Element], Drawing | None] = lambda formula: None,
) -> None:
    """Change a chapter's tree in place.

    `image_address` gives the address under which a picture is served, or None
    for one that is not in the report; its text stands in its place.
    `image_ratio` gives its width by its height.
    `drawing_of` gives a formula's drawing, or None for one that cannot be set.
    """
    _drop_margin_boxes(root)
    _place_notes(root)
    place_formulas(root, drawing_of)
    _place_images(root, labels, image_address, image_ratio)
    _mark_changes(root, labels)
    _label_positions(root, labels)
    _find_long_boxes(root)
    _keep_ending(root)
    part_addresses(root)
    mend_links(root)
    for item in list(root.iter("li")):
        _mend_item(item)
    for numbered in root.iter("ol"):
        if numbered.get("type") in _NUMERALS:
            add_class(numbered, _NUMERALS[numbered.get("type")])
        _number_items(numbered)
    _limit_indents(root)
    for table in root.iter("table"):
        _mend_table(table)
    for image in root.iter("img"):
        image.attrib.pop(_WIDTH, None)
    _settle_headings(root)


def has_class(element: Element, name: str) -> bool:
    return name in classes_of(element)


def plain_text(element: Element) -> str:
    return re.sub(r"[ \t\r\n]+", " ", "".join(element.itertext())).strip(" ")  # no-break spaces stay


# ---- what a screen needs and paper does not ---------------------------------


def _drop_margin_boxes(root: Element) -> None:
    """Drop links back from notes, and empty anchors."""
    for link in list(root.iter("a")):
        target = link.get("href")
        if has_class(link, "footnote-back") or (target and not len(link) and not (link.text or "").strip()):
            _replace(link, None)
        elif not target:
            link.tag = "span"


# ---- notes ------------------------------------------------------------------


def _place_notes(root: Element) -> None:
    """Move each endnote to the place that calls it, as the footnote it was in the source."""
    notes: dict[str, Element] = {}
    for section in [element for element in root.iter("section", "div", "aside") if has_class(element, "footnotes")]:
        for item in section.iter("li"):
            if item.get("id"):
                notes.setdefault(item.get("id"), item)
        _replace(section, None)
    for call in [element for element in root.iter("a") if has_class(element, "footnote-ref")]:
        item = notes.get((call.get("href") or "").removeprefix("#"))
        if item is None:
            unwrap(call)
            continue
        note = etree.Element("div", {"class": "footnote"})
        note.text = item.text
        note.extend(deepcopy(child) for child in item)
        # The number stands at the head of the first line: the first paragraph runs on from it.
        first = next(iter(note), None)
        if first is not None and first.tag == "p" and not (note.text or "").strip():
            add_class(first, "note-first")
        _drop_gaps(note)
        ident = call.get("id")
        if ident:
            note.set("id", ident)
        _replace(call, note)


def _drop_gaps(note: Element) -> None:
    """Drop the line ends between blocks: inside a paragraph they would be set as empty lines."""
    for element in note.iter():
        if element.tag in ("div", "ul", "ol", "li", "blockquote", "dl", "dd", "table", "thead", "tbody", "tr"):
            if not (element.text or "").strip():
                element.text = None
            for child in element:
                if not (child.tail or "").strip() and child.tag in _BLOCKS:
                    child.tail = None


# ---- formulas ---------------------------------------------------------------


def place_formulas(root: Element, drawing_of: Callable[[Element], Drawing | None]) -> None:
    """Put drawings in the place of MathML, which WeasyPrint does not lay out.

    A formula without a drawing is its TeX, as it is written: no line of text says the same of each. In a link, which
    holds text alone, it is a line of text.

    The numbers of equations are text beside the drawing. Behind each drawing stands the line of text that a search
    in the file finds; it is not seen.
    """
    for formula in list(root.iter(f"{MATHML}math")):
        is_display = formula.get("display") == "block"
        said = formula.get("alttext") or linear_text(formula)
        line = etree.Element("span", {"class": "math math-display" if is_display else "math", "data-alt": said})
        line.set(FORMULA_SOURCE, _source_of(formula))
        if next(formula.iterancestors("a"), None) is not None:
            line.text = linear_text(formula)
        elif (drawing := drawing_of(formula)) is None:
            mark = "$$" if is_display else "$"
            line.text = f"{mark}{said}{mark}" if formula.get("alttext") else said
        else:
            tags = take_tags(formula)
            line.append(_image_of(drawing, said))
            text = linear_text(formula)
            size = min(1.0, max(_SMALLEST, drawing.width / (_LETTER * len(text or " "))))
            etree.SubElement(line, "span", {"class": "formula-text", "style": f"font-size:{size:.2f}em"}).text = text
            for row, words in tags:
                line.append(_tag_of(drawing, row, words))
            if tags:
                add_class(line, "tagged")
        _replace(formula, line)


def _source_of(formula: Element) -> str:
    """Return the MathML of a formula, without its alternative text, as XML."""
    bare = etree.Element(formula.tag, nsmap={None: MATHML_NAMESPACE})
    waiting = [(formula, bare)]
    while waiting:  # made anew: titles come out of an HTML page, with prefixes and an attribute called xmlns
        old, new = waiting.pop()
        new.attrib.update({name: value for name, value in old.attrib.items() if name != "xmlns"})
        new.text = old.text
        waiting += [(child, etree.SubElement(new, child.tag)) for child in old.iterchildren(f"{MATHML}*")]
    bare.attrib.pop("alttext", None)
    return etree.tostring(bare, encoding="unicode")


def _image_of(drawing: Drawing, said: str) -> Element:
    scale = min(1.0, _TALLEST / drawing.height)
    style = f"width:{drawing.width * scale:.4g}em;vertical-align:{-drawing.depth * scale:.4g}em"
    return etree.Element("img", {"class": "formula", "src": drawing.address, "alt": said, "style": style})


def _tag_of(drawing: Drawing, row: int, words: str) -> Element:
    """Return the number of an equation, on the baseline of its row."""
    above = drawing.height - drawing.depth
    baseline = drawing.rows[row] if row < len(drawing.rows) else above
    top = max(0.0, _ASCENT - above) + baseline - _ASCENT
    tag = etree.Element("span", {"class": "formula-tag", "style": f"top:{top:.4g}em"})
    tag.text = words
    return tag


# ---- pictures ---------------------------------------------------------------


def _place_images(
    root: Element,
    labels: Mapping[str, str],
    image_address: Callable[[str], str | None],
    image_ratio: Callable[[str], float],
) -> None:
    for image in [image for image in root.iter("img") if not has_class(image, "formula")]:
        text = (image.get("alt") or "").strip() or _caption_of(image) or labels.get("image", "Image")
        address = image_address(image.get("src") or "")
        if address is None:
            stand_in = etree.Element("span", {"class": "missing-image"})
            stand_in.text = text
            _replace(image, stand_in)
            continue
        if size := size_of(image):
            image.set("style", declarations(size, of_page="vh"))
            if size.height and not size.width and size.height.unit != "%":
                points = size.height.points(em=_EM_POINTS, whole=0) * image_ratio(image.get("src") or "")
                image.set(_WIDTH, f"{points:.2f}")
        image.set("src", address)
        image.set("alt", text)


def _caption_of(image: Element) -> str:
    figure = next(image.iterancestors("figure"), None)
    caption = figure.find(".//figcaption") if figure is not None else None
    return plain_text(caption) if caption is not None else ""


# ---- changes ----------------------------------------------------------------


def _mark_changes(root: Element, labels: Mapping[str, str]) -> None:
    """Give changed paragraphs a bar in the margin, and changed words what is said before and after them."""
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            continue
        kinds = _CHANGES.intersection(classes_of(element))
        if not kinds and element.tag not in ("ins", "del"):
            continue
        block = _is_block(element)
        label = element[0] if len(element) and not (element.text or "").strip() else None
        if not block and label is not None and has_class(label, "change-label"):
            _move_before(label, element)  # the word is neither new nor struck
        if block and element.tag in ("ins", "del"):
            add_class(element, "block")
        if not block:
            _bar(element)
        signed = label is not None and (has_class(label, "change-label") or has_class(label, "change-sign"))
        kind = "insertion" if element.tag == "ins" else "deletion"
        if element.tag in ("ins", "del") and not block and not signed and f"{kind}_starts" in labels:
            element.set("data-starts", labels[f"{kind}_starts"])
            element.set("data-ends", labels[f"{kind}_ends"])


def _is_block(element: Element) -> bool:
    """Whether an element stands on lines of its own; a note goes to the foot of the page, and its call is a word."""
    return element.tag in _BLOCKS or any(inner.tag in _BLOCKS and not has_class(inner, "footnote") for inner in element)


def _bar(element: Element) -> None:
    """Mark the paragraph or heading that holds a change, unless a cell or a figure does."""
    for outer in element.iterancestors():
        if outer.tag in ("li", "td", "th", "dd", "figure", "table"):
            return
        if outer.tag in ("p", "h2", "h3", "h4", "h5", "h6", "dt"):
            if next(outer.iterancestors("table", "figure"), None) is None:
                add_class(outer, "changed")
            return


# ---- controversies ----------------------------------------------------------


def _label_positions(root: Element, labels: Mapping[str, str]) -> None:
    """Say in words which sector holds a position, unless the text says it already."""
    for position in [element for element in root.iter("div") if has_class(element, "position")]:
        sector = position.get("data-sector") or ""
        words = labels.get(f"sector_{sector}", "")
        if not sector:
            continue
        add_class(position, sector)
        if words and not any(has_class(inner, "position-label") for inner in position.iter()):
            label = etree.Element("p", {"class": "position-label"})
            label.text = words
            label.tail, position.text = position.text, None
            position.insert(0, label)


def _find_long_boxes(root: Element) -> None:
    """Mark recommendations that no page can hold: kept in one piece, they would leave the rest of a page empty."""
    for box in root.iter("div"):
        if has_class(box, "recommendation"):
            texts = [plain_text(block) for block in box.iter("p", "li", "tr", "dd")]
            texts += [line or " " for code in box.iter("pre") for line in "".join(code.itertext()).splitlines()]
            if sum(math.ceil(len(text) / _BOX_LETTERS) for text in texts) > _BOX_LINES:
                add_class(box, "long")


def _keep_ending(root: Element) -> None:
    """Mark a last paragraph of a line or two: it does not begin a page by itself."""
    last = root[-1] if len(root) > 1 else None
    if last is not None and last.tag == "p" and len(plain_text(last)) < _ENDING_LETTERS:
        add_class(last, "ending")


# ---- addresses --------------------------------------------------------------


def part_addresses(root: Element) -> None:
    """Let bare addresses end a line behind `/ . - ? & _ =` and the like, and nowhere else: no hyphen belongs to them.

    The places are marked with U+200B, which is not drawn.
    """
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag.startswith(MATHML):
            continue
        places = ((element.text, element, _put_text), (element.tail, element.getparent(), _put_tail))
        for text, holder, put in places:
            if text and _MAY_HOLD_ONE.search(text) and not _is_verbatim(holder):
                put(element, text, list(_ADDRESS.finditer(text)))


_ADDRESS = re.compile(r"(?:\b(?:https?|ftp)://|\bwww\.)[^\s<>\"«»“”]{8,}|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MAY_HOLD_ONE = re.compile("://|www|@")
_ENDS_LINE = re.compile(r"(?<![/:.\-?&_=;,@~%])(?<!www)([/.\-?&_=;,@~%]++)(?=\w)")
_VERBATIM = frozenset({"pre", "code", "kbd", "samp"})


def _is_verbatim(element: Element | None) -> bool:
    return element is not None and (
        element.tag in _VERBATIM
        or has_class(element, "math")
        or next(element.iterancestors(*_VERBATIM), None) is not None
    )


def _put_text(element: Element, text: str, found: list[re.Match]) -> None:
    before, spans = _addresses_in(text, found)
    element.text = before
    for at, one in enumerate(spans):
        element.insert(at, one)


def _put_tail(element: Element, text: str, found: list[re.Match]) -> None:
    before, spans = _addresses_in(text, found)
    element.tail = before
    for one in reversed(spans):
        tail, one_tail = element.tail, one.tail
        element.tail = None
        element.addnext(one)
        one.tail = one_tail
        element.tail = tail


def _addresses_in(text: str, found: list[re.Match]) -> tuple[str, list[Element]]:
    """Return the text before the first address, and an element for each with the text behind it."""
    if not found:
        return text, []
    spans = []
    ends = [*(one.start() for one in found[1:]), len(text)]
    for one, end in zip(found, ends, strict=True):
        address = etree.Element("span", {"class": "url"})
        address.text = _ENDS_LINE.sub("\\1\u200b", one[0])
        address.tail = text[one.end() : end]
        spans.append(address)
    return text[: found[0].start()], spans


# ---- links ------------------------------------------------------------------


def mend_links(root: Element) -> None:
    """Leave only text in links: every box in one would be an annotation outside a Link element."""
    for link in list(root.iter("a")):
        _mend_link(link)


def _mend_link(link: Element) -> None:
    target = link.get("href")
    if not target:
        return
    if not target.startswith("#"):
        add_class(link, "out")
        if re.match(r"\s*(https?://|www\.)", plain_text(link)):
            add_class(link, "url")
    if len(link):
        _split_link(link, dict(link.attrib))


def _split_link(link: Element, attributes: Mapping[str, str]) -> None:
    """Put the link inside each of its children, and one link around each stretch of bare text."""
    parts: list[Element] = []
    ident = link.get("id")
    shared = {name: value for name, value in attributes.items() if name != "id"}
    if (link.text or "").strip():
        parts.append(_link_around(link.text, shared))
    lead = "" if parts else (link.text or "")
    for child in list(link):
        tail, child.tail = child.tail, None
        parts.append(child)
        if child.tag not in ("img", "br", "wbr") and not has_class(child, "footnote"):
            _push_link(child, shared)
        if (tail or "").strip():
            parts.append(_link_around(tail, shared))
        else:
            child.tail = tail
    if ident:
        holder = next((part for part in parts if part.get("id") is None), None)
        if holder is not None:
            holder.set("id", ident)
    parent, at = link.getparent(), link.getparent().index(link)
    _append_before(parent, at, lead)
    parts[-1].tail = (parts[-1].tail or "") + (link.tail or "")
    parent[at : at + 1] = parts


def _push_link(element: Element, shared: Mapping[str, str]) -> None:
    if not len(element):
        if (element.text or "").strip():
            inner = _link_around(element.text, shared)
            element.text = None
            element.append(inner)
        return
    inner = etree.SubElement(element, "a", dict(shared))
    inner.text, element.text = element.text, None
    inner.extend(list(element)[:-1])
    _split_link(inner, shared)


def _link_around(text: str, attributes: Mapping[str, str]) -> Element:
    link = etree.Element("a", dict(attributes))
    link.text = text
    return link


# ---- lists ------------------------------------------------------------------


def _mend_item(item: Element) -> None:
    """Put an item's content in an inner `li`, which WeasyPrint tags as the item's body."""
    blocks = any(child.tag in ("p", "div", "pre", "table", "blockquote", "figure", "dl", "ul", "ol") for child in item)
    if not blocks:
        return
    if any(child.tag == "p" for child in item) and item.getparent() is not None:
        add_class(item.getparent(), "loose")
    body = etree.Element("li", {"class": "li"})
    body.text, item.text = item.text, None
    body.extend(list(item))
    item.append(body)


def _number_items(ordered: Element) -> None:
    """Say the numbers of a list's items in styles: of attributes WeasyPrint takes no notice."""
    down = ordered.get("reversed") is not None
    if ordered.get("start"):
        ordered.set("style", f"counter-reset: list-item {int(ordered.get('start')) + (1 if down else -1)}")
    for item in ordered.findall("li"):
        if item.get("value"):
            item.set("style", f"counter-increment: none; counter-set: list-item {int(item.get('value'))}")
        elif down:
            item.set("style", "counter-increment: list-item -1")


def _limit_indents(root: Element) -> None:
    """Let what is nested very deep stand under what holds it: the page is not endless."""
    for element in root.iter("blockquote", "ul", "ol", "dd"):
        if sum(1 for _ in element.iterancestors("blockquote", "ul", "ol", "dd")) >= _INDENTS:
            add_class(element, "deep")


# ---- tables -----------------------------------------------------------------


def _mend_table(table: Element) -> None:
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    if not rows:
        return
    columns = max(sum(_span(cell) for cell in row) for row in rows)
    for row in rows:
        for cell in row:
            if cell.tag == "td" and row.getparent().tag == "thead" and not plain_text(cell) and not len(cell):
                cell.tag = "th"  # the cells below an empty corner must have a header too
            if cell.tag == "th" and cell.getparent().getparent().tag == "tbody" and cell is row[0]:
                cell.set("scope", "row")
    _set_widths(table, rows, columns)


_INDENTING = frozenset({"blockquote", "li", "dd"})


def _set_widths(table: Element, rows: list[Element], columns: int) -> None:
    """Set the width of each column from its text, which is quicker than laying each cell out twice."""
    measured = [Column() for _ in range(columns)]
    for row in rows:
        at = 0
        for cell in row:
            span = _span(cell)
            if span == 1 and at < columns:
                text = plain_text(cell)
                picture = _asked_chars(cell)
                word = max(map(len, text.split(" ")), default=0) + 2  # no-break spaces stay
                line = round(len(text) * 1.1) + 3  # capitals are wide, and so is the gap
                measured[at].add(word=max(word, picture), line=max(line, picture), total=len(text))
            at += span
    for group in [*table.findall("colgroup"), *table.findall("col")]:
        _replace(group, None)
    indents = sum(1 for outer in table.iterancestors() if outer.tag in _INDENTING or has_class(outer, "recommendation"))
    layout = lay_out_table(
        measured,
        rows=len(rows),
        page=_LINE_CHARS,
        room=max(_LINE_CHARS // 3, _LINE_CHARS - indents * _INDENT_CHARS),
        turned=_TURNED,
        has_picture=any(not has_class(image, "formula") for image in table.iter("img")),
    )
    if layout.is_turned:
        add_class(table, "landscape")
    if layout.size:
        add_class(table, layout.size)
    table.set("style", f"width:{layout.percent}%")
    group = etree.Element("colgroup")
    for share in layout.shares:
        etree.SubElement(group, "col", {"style": f"width:{100 * share:.2f}%"})
    caption = table.find("caption")
    table.insert(0 if caption is None else table.index(caption) + 1, group)


def _asked_chars(cell: Element) -> int:
    """Return how wide the widest picture of a cell is to be, in characters of table text; 0 for none with a width."""
    points = [float(image.get(_WIDTH)) for image in cell.iter("img") if image.get(_WIDTH)]
    widths = [size_of(image).width for image in cell.iter("img")]
    points += [width.points(em=_EM_POINTS, whole=0) for width in widths if width and width.unit != "%"]
    return min(_LINE_CHARS // 2, math.ceil(max(points) / _CHAR_POINTS) + 2) if points else 0


def _span(cell: Element) -> int:
    value = cell.get("colspan", "1")
    return int(value) if value.isdigit() and 0 < int(value) <= 1000 else 1


# ---- headings ---------------------------------------------------------------


def _settle_headings(root: Element) -> None:
    """Close gaps between the levels of headings in raw HTML, as `settle_levels` does between those of Markdown.

    In tables, notes and lists headings are bold paragraphs.
    """
    opened: list[tuple[int, int]] = []  # written and settled level of the headings that the next may stand below
    for heading in list(root.iter("h1", "h2", "h3", "h4", "h5", "h6")):
        if next(heading.iterancestors("table", "li", "dd"), None) is not None or _in_note(heading):
            add_class(heading, "was-heading")
            heading.tag = "p"
            continue
        written = max(2, int(heading.tag[1]))
        while opened and opened[-1][0] >= written:
            opened.pop()
        level = opened[-1][1] + 1 if opened else 2
        opened.append((written, level))
        heading.tag = f"h{level}"
        heading.set("data-bookmark", heading_text(heading))


def heading_text(heading: Element) -> str:
    """Return a heading's words without notes and struck text, as a string that has no styles: "CO₂ par m²".

    Sub- and superscripts keep their place where Unicode has characters for them, formulas are one line of text.
    """
    parts: list[str] = []

    def collect(element: Element) -> None:
        if has_class(element, "footnote") or element.tag == "del" or has_class(element, "deletion"):
            return
        if element.tag == f"{MATHML}math":
            parts.append(linear_text(element))
            return
        if has_class(element, "math"):
            parts.append(_text_of_formula(element))
            return
        if element.tag in ("sup", "sub") and not len(element):
            text = element.text or ""
            parts.append((raised(text) if element.tag == "sup" else lowered(text)) or text)
            return
        parts.append(element.text or "")
        for child in element:
            collect(child)
            parts.append(child.tail or "")

    collect(heading)
    return " ".join("".join(parts).split(" ")).strip()


def _text_of_formula(line: Element) -> str:
    found = next((inner for inner in line if has_class(inner, "formula-text")), line)
    return found.text or ""


def _in_note(element: Element) -> bool:
    return any(has_class(outer, "footnote") for outer in element.iterancestors("div"))


# ---- trees ------------------------------------------------------------------


def _replace(element: Element, new: Element | None) -> None:
    """Put another element, or nothing, in an element's place; the text after it stays."""
    parent = element.getparent()
    at = parent.index(element)
    tail, element.tail = element.tail, None
    if new is not None:
        new.tail = tail
        parent[at] = new
    else:
        parent.remove(element)
        _append_before(parent, at, tail or "")


def _move_before(child: Element, element: Element) -> None:
    """Take an element's first child out of it and put it before it."""
    tail, child.tail = child.tail, None
    element.text = (element.text or "") + (tail or "").lstrip(" ")
    child.tail = "\u00a0"
    element.addprevious(child)


def _append_before(parent: Element, at: int, text: str) -> None:
    if not text:
        return
    if at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _append_text(parent: Element, text: str) -> None:
    _append_before(parent, len(parent), text)
