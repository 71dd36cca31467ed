"""Make trees of HTML elements conform to HTML's content model.

A browser forgives a paragraph in a span or a cell outside a row; the schemas
of EPUB, PDF/UA and screen readers do not. No text is dropped: an element that
may not stand where it is becomes a `div` or a `span` with its name as class.
https://html.spec.whatwg.org/multipage/indices.html#element-content-categories
"""

from __future__ import annotations

from lxml import etree

from millesime.render.sanitise import PHRASING

Element = etree._Element

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TRANSPARENT = frozenset({"a", "ins", "del"})
_HOLD_PHRASING = (PHRASING - _TRANSPARENT) | _HEADINGS | {"p", "pre", "summary"}
_PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl"},
    "dd": {"dl"},
    "figcaption": {"figure"},
    "summary": {"details"},
    "caption": {"table"},
    "colgroup": {"table"},
    "col": {"colgroup"},
    "thead": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
    "tr": {"thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
}
_TABLE_PARTS = frozenset({"caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"})
_GLOBAL_ATTRIBUTES = ("id", "class", "lang", "dir", "title")
_MAX_SPAN = 1000  # as in the HTML standard


def conform(root: Element) -> None:
    """Make the content of a flow container valid, in place."""
    _conform_children(root, phrasing=False, linked=False)


def rename(element: Element, tag: str) -> None:
    """Make the element another one that says what it was by its class."""
    old = element.tag
    kept = {name: element.get(name) for name in _GLOBAL_ATTRIBUTES if element.get(name)}
    kept |= {name: value for name, value in element.items() if name.startswith("data-")}
    element.tag = tag
    element.attrib.clear()
    element.attrib.update(kept)
    add_class(element, f"was-{old}")


def add_class(element: Element, name: str) -> None:
    classes = (element.get("class") or "").split()
    if name not in classes:
        element.set("class", " ".join([*classes, name]))


def drop_class(element: Element, name: str) -> None:
    """Take a class off, and the attribute with the last one."""
    left = [other for other in classes_of(element) if other != name]
    if left:
        element.set("class", " ".join(left))
    else:
        element.attrib.pop("class", None)


def classes_of(element: Element) -> list[str]:
    return (element.get("class") or "").split()


def unwrap(element: Element) -> None:
    """Put the element's content in its place."""
    parent = element.getparent()
    at = parent.index(element)
    before = parent[at - 1] if at else None
    _append_text(parent, before, element.text)
    last = before
    for child in list(element):
        at = parent.index(element)
        parent.insert(at, child)
        last = child
    _append_text(parent, last, element.tail)
    parent.remove(element)


def is_math(element: Element) -> bool:
    return element.tag.startswith("{")


def has_text(element: Element) -> bool:
    return any(text.strip() for text in element.itertext())


def _conform_children(parent: Element, *, phrasing: bool, linked: bool) -> None:
    for child in list(parent):
        if is_math(child):
            continue
        _place(child, phrasing=phrasing, linked=linked)
        inner = phrasing if child.tag in _TRANSPARENT else child.tag in _HOLD_PHRASING
        _conform_children(child, phrasing=inner, linked=linked or child.tag == "a")
        _FIXES.get(child.tag, _leave)(child)


def _place(element: Element, *, phrasing: bool, linked: bool) -> None:
    """Rename an element that may not stand where it is."""
    parents = _PARENTS.get(element.tag)
    if parents is not None and element.getparent().tag not in parents:
        rename(element, "span" if phrasing else "div")
    elif phrasing and element.tag == "hr":
        element.tag = "br"
        element.attrib.clear()
    elif phrasing and element.tag not in PHRASING:
        rename(element, "span")
    elif not phrasing and element.tag in PHRASING - _TRANSPARENT and _holds_blocks(element):
        rename(element, "div")
    if (
        element.tag == "a"
        and linked
        or element.tag == "bdo"
        and not element.get("dir")
        or element.tag == "dfn"
        and _within(element, "dfn")
    ):
        rename(element, "span")


def _holds_blocks(element: Element) -> bool:
    return any(not is_math(inner) and inner.tag not in PHRASING for inner in element.iterdescendants())


def _within(element: Element, tag: str) -> bool:
    return any(True for _ in element.iterancestors(tag))


def _leave(element: Element) -> None:
    pass


def _fix_list(element: Element) -> None:
    if not has_text(element) and not element.findall(".//img") and not element.findall("li"):
        rename(element, "div")
        return
    _wrap_strays(element, {"li"}, "li")


def _fix_definitions(element: Element) -> None:
    """A dl is groups of terms, then of definitions; one that is not becomes paragraphs."""
    _wrap_strays(element, {"dt", "dd"}, "dd")
    order = [child.tag for child in element]
    groups = bool(order) and order[0] == "dt" and order[-1] == "dd"
    if not groups:
        for child in element:
            rename(child, "div")
        rename(element, "div")
        return
    for term in element.iter("dt"):
        for heading in term.iter(*_HEADINGS):
            rename(heading, "div")


def _fix_figure(element: Element) -> None:
    captions = element.findall("figcaption")
    for extra in captions[1:]:
        rename(extra, "div")
    if captions and captions[0] not in (element[0], element[-1]):
        _move_last(captions[0])


def _fix_details(element: Element) -> None:
    summaries = element.findall("summary")
    if not summaries:
        rename(element, "div")
        return
    for extra in summaries[1:]:
        rename(extra, "div")
    if element[0] is not summaries[0] or (element.text or "").strip():
        moved = summaries[0]
        _detach(moved)
        moved.tail, element.text = element.text, None
        element.insert(0, moved)
    element.set("open", "open")  # nothing is hidden from print, search or a hurried reader


def _fix_table(table: Element) -> None:
    for child in list(table):
        if child.tag not in {"caption", "colgroup", "thead", "tbody", "tfoot", "tr"}:
            _before(table, child)
    captions = table.findall("caption")
    for extra in captions[1:]:
        rename(extra, "div")
        _before(table, extra)
    for inner in [inner for caption in captions[:1] for inner in caption.iter("table")]:
        _flatten_table(inner)
    for tag in ("thead", "tfoot"):
        for extra in table.findall(tag)[1:]:
            extra.tag = "tbody"
    for section in table.iterchildren("thead", "tbody", "tfoot"):
        _wrap_strays(section, {"tr"}, "tr")
        for row in section:
            _wrap_strays(row, {"td", "th"}, "td")
            for header in row.iter("th"):
                for heading in header.iter(*_HEADINGS):
                    rename(heading, "div")
        if not len(section):
            table.remove(section)
    if not any(True for _ in table.iter("td", "th")):
        _flatten_table(table)
        return
    order = {"caption": 0, "colgroup": 1, "thead": 2, "tbody": 3, "tfoot": 4}
    table[:] = sorted(table, key=lambda child: order[child.tag])
    _square_table(table)


def _flatten_table(table: Element) -> None:
    for inner in list(table.iterdescendants(*_TABLE_PARTS)):
        rename(inner, "div")
    rename(table, "div")


def _square_table(table: Element) -> None:
    """Make the grid whole: no span leaves its row group, overlaps, or holds an empty column; no row is short."""
    groups = [_place_cells(group) for group in table.iterchildren("thead", "tbody", "tfoot")]
    placed = [cell for group in groups for row in group for cell in row]
    starts = {start for _, start, _ in placed}
    for rows in groups:
        hanging: dict[int, int] = {}  # column → rows it is still taken from above
        for row in rows:
            taken = {column for column, left in hanging.items() if left > 0}
            hanging = {column: left - 1 for column, left in hanging.items() if left > 0}
            for cell, start, end in row:
                covered = starts & set(range(start, end))
                _set_span(cell, "colspan", len(covered))
                hanging |= dict.fromkeys(covered, _span(cell, "rowspan") - 1)
                taken |= covered
            for _ in range(len(starts - taken)):
                etree.SubElement(row[0][0].getparent(), "td")
    _fit_columns(table, len(starts), whole=max(end for _, _, end in placed) == len(starts))


def _place_cells(group: Element) -> list[list[tuple[Element, int, int]]]:
    """Return for each row its cells, with the first column each takes and the one after its last."""
    rows = []
    hanging: dict[int, int] = {}
    for index, row in enumerate(group):
        if not len(row):
            etree.SubElement(row, "td")
        taken = {column for column, left in hanging.items() if left > 0}
        hanging = {column: left - 1 for column, left in hanging.items() if left > 0}
        cells = []
        column = 0
        for cell in row:
            while column in taken:
                column += 1
            end = column + 1
            while end < column + _span(cell, "colspan") and end not in taken:
                end += 1
            _set_span(cell, "rowspan", min(_span(cell, "rowspan"), len(group) - index))
            hanging |= dict.fromkeys(range(column, end), _span(cell, "rowspan") - 1)
            cells.append((cell, column, end))
            column = end
        rows.append(cells)
    return rows


def _fit_columns(table: Element, width: int, *, whole: bool) -> None:
    """Drop column elements that stand for no column, or all where columns were taken out."""
    columns = 0
    for column in list(table.iter("col")):
        columns += _span(column, "span")
        if columns > width or not whole:
            column.getparent().remove(column)
    for group in table.findall("colgroup"):
        group.attrib.pop("span", None)
        if not len(group):
            table.remove(group)


def _span(cell: Element, name: str) -> int:
    value = cell.get(name) or "1"
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _set_span(cell: Element, name: str, value: int) -> None:
    if value > 1:
        cell.set(name, str(value))
    else:
        cell.attrib.pop(name, None)


_FIXES = {
    "ul": _fix_list,
    "ol": _fix_list,
    "dl": _fix_definitions,
    "figure": _fix_figure,
    "details": _fix_details,
    "table": _fix_table,
}


# ---- moving text with its element: lxml keeps it in `text` and `tail` --------


def _append_text(parent: Element, before: Element | None, text: str | None) -> None:
    if not text:
        return
    if before is None:
        parent.text = (parent.text or "") + text
    else:
        before.tail = (before.tail or "") + text


def _detach(element: Element) -> None:
    """Remove an element, leaving the text behind it where it is."""
    parent = element.getparent()
    at = parent.index(element)
    tail, element.tail = element.tail, None
    _append_text(parent, parent[at - 1] if at else None, tail)
    parent.remove(element)


def _move_last(element: Element) -> None:
    parent = element.getparent()
    _detach(element)
    parent.append(element)


def _before(table: Element, stray: Element) -> None:
    """Put what may not be in a table before it."""
    _detach(stray)
    table.addprevious(stray)


def _wrap_strays(parent: Element, allowed: set[str], tag: str) -> None:
    """Wrap what stands between the allowed children, text too, in elements of that tag."""
    wrapper: Element | None = None
    if (parent.text or "").strip():
        wrapper = etree.Element(tag)
        wrapper.text, parent.text = parent.text, None
        parent.insert(0, wrapper)
    for child in list(parent):
        if child is wrapper:
            continue
        tail = child.tail
        if child.tag in allowed:
            wrapper = None
            if (tail or "").strip():
                child.tail = None
                wrapper = etree.Element(tag)
                wrapper.text = tail
                child.addnext(wrapper)
            continue
        if wrapper is None:
            wrapper = etree.Element(tag)
            child.addprevious(wrapper)
        wrapper.append(child)
