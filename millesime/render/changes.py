"""Mark insertions, deletions and moves in HTML by elements and words, not by colour alone.

In paragraphs they are `ins` and `del`; around blocks they are a `div` of role
insertion or deletion that begins with a label in words. What is too small for
words has a sign, "+" or "−": a row of a table, a line of code."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from lxml import etree

from millesime.render.conform import Element, add_class, classes_of, unwrap
from millesime.render.links import plain_id
from millesime.render.sanitise import PHRASING

CHANGES = {"insertion": "ins", "moved-to": "ins", "deletion": "del", "moved-from": "del"}
_BLOCK_TEXT = frozenset("p h1 h2 h3 h4 h5 h6 pre dt dd li figcaption caption summary".split())
_SIGNS = {"insertion": "+", "deletion": "−", "moved-to": "⇄", "moved-from": "⇄"}


def mark_change(element: Element, kind: str, labels: Mapping[str, str]) -> None:
    """Say a change by elements and words, not by colour."""
    tag = CHANGES[kind]
    if element.tag == "tr":
        for cell in element:
            if not _is_empty(cell):
                _wrap_content(cell, tag, kind)
        if kind.startswith("moved"):
            _put_label(element[0], kind, labels, tag="span")
        else:
            _put_sign(element[0], kind, labels)
        return
    if element.tag in ("td", "th") and _is_empty(element):
        return
    if element.tag in ("td", "th") or element.tag in _BLOCK_TEXT:
        _wrap_content(element, tag, kind)
        if kind.startswith("moved"):
            _put_label(element, kind, labels, tag="span")
    elif element.tag in PHRASING:
        marked = _as_inline_change(element, tag)
        if kind.startswith("moved"):
            _put_label(marked, kind, labels, tag="span")
        elif _is_beside(marked):
            _put_side(marked, kind, labels, tag="span")
    else:
        _as_block_change(element, kind, labels)


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
    elif _is_item(element):
        _mark_item(element, kind)
        return
    elif len(element) == 0 or element[0].tag in PHRASING:
        _wrap_lead(element, kind)
    element.set("role", "insertion" if CHANGES[kind] == "ins" else "deletion")
    if _is_beside(element):
        _put_side(element, kind, labels, tag="p")
    else:
        _put_label(element, kind, labels, tag="p")


def _is_item(element: Element) -> bool:
    """Whether this is all that an item of a list or a definition holds, and it is text."""
    parent = element.getparent()
    if parent.tag not in ("li", "dd") or len(parent) != 1 or (parent.text or "").strip():
        return False
    if not {"insertion", "deletion"}.intersection(classes_of(element)):
        return False
    is_words = all(child.tag in PHRASING for child in element)
    return is_words or (not (element.text or "").strip() and all(child.tag == "p" for child in element))


def _mark_item(element: Element, kind: str) -> None:
    """Mark the words of an item that came or went, as in a paragraph: a label for each would be noise."""
    if len(element) and element[0].tag == "p":
        for paragraph in element:
            _wrap_content(paragraph, CHANGES[kind], kind)
    else:
        _wrap_lead(element, kind)
    _drop_class(element, kind)
    add_class(element, "changed-item")


def _wrap_lead(element: Element, kind: str) -> None:
    """Mark the words that stand in a block before its first paragraph, which no rule for paragraphs reaches."""
    lead = list(element)
    lead = lead[: next((place for place, child in enumerate(lead) if child.tag not in PHRASING), len(lead))]
    if not lead and not (element.text or "").strip():
        return
    marked = etree.Element(CHANGES[kind], {"class": kind})
    marked.text, element.text = (element.text or "").lstrip("\n"), None
    marked.extend(lead)
    if lead:
        lead[-1].tail = (lead[-1].tail or "").rstrip("\n")
    else:
        marked.text = marked.text.rstrip("\n")
    element.insert(0, marked)


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


def _put_sign(element: Element, kind: str, labels: Mapping[str, str]) -> None:
    """Put "+" or "−" before what is too small for a label; a screen reader says the word."""
    name = labels[kind.replace("-", "_")].rstrip(" \u00a0\u202f:")
    sign = etree.Element("span", {"class": f"change-sign {kind}-sign", "role": "img", "aria-label": name})
    sign.text = f"{_SIGNS[kind]}\N{NO-BREAK SPACE}"
    sign.tail, element.text = element.text, None
    element.insert(0, sign)


def _is_empty(element: Element) -> bool:
    return not len(element) and not (element.text or "").strip()


# ---- two versions of one thing ----------------------------------------------


def _is_beside(element: Element) -> bool:
    """Whether this is the old or the new one of two pictures."""
    parent = element.getparent()
    return parent is not None and "image" in classes_of(element) and "side-by-side" in classes_of(parent)


def _put_side(element: Element, kind: str, labels: Mapping[str, str], *, tag: str) -> None:
    """Say above a picture whether it is the old or the new one."""
    label = etree.Element(tag, {"class": "side-label"})
    label.text = labels["image_after" if CHANGES[kind] == "ins" else "image_before"]
    label.tail, element.text = element.text, None
    element.insert(0, label)


def shape_changes(root: Element, labels: Mapping[str, str]) -> None:
    """Set changed code as a diff, details on lines of their own as notes, and say what a dotted line means."""
    for block in [block for block in root.iter("div") if "code-diff" in classes_of(block)]:
        lines = block[0] if len(block) == 1 else None
        if lines is not None and "line-block" in classes_of(lines):
            block.set("role", "group")
            block.set("aria-label", labels["code_changed"])
            _set_code(lines, labels)
    for detail in [detail for detail in root.iter("span") if "change-detail" in classes_of(detail)]:
        parent = detail.getparent()
        alone = len(parent) == 1 and not f"{parent.text or ''}{detail.tail or ''}".strip()
        if parent.tag == "p" and alone:
            add_class(parent, "change-note")
    for element in root.iter("span"):
        if "reformatted" in classes_of(element):
            element.set("title", labels["change_formatting"])


def _set_code(lines: Element, labels: Mapping[str, str]) -> None:
    """Make a line block a `pre` whose lines begin with "+", "−", "±", "~" or a space, as in a unified diff.

    Each line is an element of class `line` that ends with its line end, so
    that it reads right where no style is known.
    """
    for code in list(lines.iter("code")):
        unwrap(code)
    held: list[Element] = []
    rows = [held]
    texts = [[(lines.text or "").lstrip("\n")]]
    for child in list(lines):
        tail, child.tail = child.tail or "", None
        lines.remove(child)
        if child.tag == "br":
            rows.append(held := [])
            texts.append([tail.removeprefix("\n")])
        else:
            held.append(child)
            texts[-1].append(tail)
    lines.tag, lines.text = "pre", None
    lines.attrib.pop("class", None)
    code = etree.SubElement(lines, "code")
    for held, said in zip(rows, texts, strict=True):
        code.append(_code_line(held, said, labels))


def _code_line(held: list[Element], texts: list[str], labels: Mapping[str, str]) -> Element:
    """Return one line: `texts` stand before the first element, and after each."""
    changes = [next((name for name in classes_of(element) if name in CHANGES), "") for element in held]
    if len(held) == 1 and changes[0] and not any(texts):
        (line,) = held
        add_class(line, "line")
        _put_sign(line, changes[0], labels)
        line[0].text = f"{_SIGNS[changes[0]]} "
    elif len(held) == 1 and "respaced" in classes_of(held[0]):
        line = _respaced_line(held[0], labels)
    else:
        line = etree.Element("span", {"class": "line"})
        line.text = texts[0]
        for element, tail in zip(held, texts[1:], strict=True):
            element.tail = tail
            line.append(element)
        if any(changes):
            sign = etree.Element("span", {"class": "change-sign", "aria-hidden": "true"})
            sign.text, sign.tail, line.text = "± ", line.text, None
            line.insert(0, sign)
        else:
            line.text = f"  {line.text}"
    if len(line):
        line[-1].tail = (line[-1].tail or "") + "\n"
    else:
        line.text = (line.text or "") + "\n"
    return line


def _respaced_line(line: Element, labels: Mapping[str, str]) -> Element:
    """Return a line of which only white space changed as it is now: nobody can read a space that is struck out."""
    for gone in list(line.iter("del")):
        gone.clear(keep_tail=True)
        unwrap(gone)
    for come in list(line.iter("ins")):
        unwrap(come)
    add_class(line, "line")
    line.set("title", labels["code_respaced"])
    sign = etree.Element("span", {"class": "change-sign", "aria-hidden": "true"})
    sign.text, sign.tail, line.text = "~ ", line.text, None
    line.insert(0, sign)
    return line


def link_moves(fragments: Mapping[str, Element], labels: Mapping[str, str]) -> None:
    """Link the two places of each move, which share the attribute `move`."""
    places: dict[tuple[str, str], tuple[Element, str]] = {}
    for chapter_id, root in fragments.items():
        for element in root.iterdescendants():
            move = element.get("data-move")
            kind = next((name for name in classes_of(element) if name.startswith("moved-")), None)
            if move and kind and (kind, move) not in places:
                number = sum(1 for known in places if known[0] == kind) + 1
                if element.get("id") is None:
                    element.set("id", f"{kind}-{number}-{plain_id(chapter_id)}")
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
