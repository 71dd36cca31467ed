"""Insertions, deletions and moves, said by elements and words, not by colour.

In paragraphs they are `ins` and `del`; around blocks they are a `div` of role
insertion or deletion that begins with a label in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from lxml import etree

from millesime.render.conform import Element, classes_of
from millesime.render.links import plain_id
from millesime.render.sanitise import PHRASING

CHANGES = {"insertion": "ins", "moved-to": "ins", "deletion": "del", "moved-from": "del"}
_BLOCK_TEXT = frozenset("p h1 h2 h3 h4 h5 h6 pre dt dd li figcaption caption summary".split())
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$")


def mark_change(element: Element, kind: str, labels: Mapping[str, str]) -> None:
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
    if DATE.match(date):
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
