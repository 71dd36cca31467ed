"""Keep the attributes of untrusted elements that have a meaning for us, and drop the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from millesime.assembly.report import Chapter
from millesime.markup.sizes import asked_size
from millesime.render.conform import Element, add_class, classes_of, is_math, unwrap
from millesime.render.links import kill_link, plain_id, safe_href
from millesime.render.picture_sizes import SIZED, size_class

RESERVED_PREFIX = "page-"  # ids of the renderers' own; a chapter cannot take them


def keep_id(element: Element, anchors: Mapping[str, str], chapter: Chapter, taken: set[str]) -> None:
    """Keep an id where it is the first of its name and not another chapter's anchor."""
    if element.tag == "a" and element.get("name"):
        element.set("id", element.get("id") or element.get("name"))
    element.attrib.pop("name", None)
    ident = element.get("id")
    if ident is None:
        return
    ident = plain_id(ident)
    owner = anchors.get(element.get("id"), anchors.get(ident, chapter.id))
    if not ident or ident in taken or owner != chapter.id or ident.startswith(RESERVED_PREFIX):
        del element.attrib["id"]
        return
    taken.add(ident)
    element.set("id", ident)


_ALIGNMENTS = ("left", "right", "center", "justify")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


def clean_attributes(element: Element) -> None:
    style = element.attrib.pop("style", "")
    align = element.attrib.pop("align", "").strip().lower()
    found = re.search(r"text-align:\s*([a-z]+)", style)
    align = found[1] if found else align
    if align in _ALIGNMENTS:
        add_class(element, f"align-{align}")
    width = re.search(r"(?:^|[;\s])width:\s*(\d+(?:\.\d+)?)%", style)
    if width and element.tag == "col":
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
    if element.tag == "img" and (size := asked_size({**element.attrib, "style": style})):
        add_class(element, SIZED)
        add_class(element, size_class(size))
    _CLEANERS.get(element.tag, _leave)(element)


def _leave(element: Element) -> None:
    pass


def _clean_link(link: Element) -> None:
    href = link.get("href")
    target = safe_href(href) if href is not None else None
    if target is not None:
        link.set("href", target)
        return
    kill_link(link)


def _clean_image(image: Element) -> None:
    image.set("src", unquote(image.get("src", "")))
    image.set("alt", image.get("alt") or "")
    for name in ("width", "height"):
        image.attrib.pop(name, None)  # said by a class: an attribute knows no unit but pixels


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


_CLEANERS = {
    "a": _clean_link,
    "img": _clean_image,
    "ol": _clean_list,
    "li": _clean_item,
}


_LISTS = frozenset("one-paren two-parens tasks lower-alpha upper-alpha lower-roman upper-roman".split())


def hand_down_list(wrapper: Element) -> None:
    """Give what a wrapper says of the one list in it to the list, as classes and numbers."""
    said = wrapper.attrib.pop("data-list").split()
    names = _LISTS.intersection(said)
    if len(wrapper) != 1 or wrapper[0].tag not in ("ol", "ul") or wrapper.get("id") and wrapper[0].get("id"):
        return
    (only,) = wrapper
    for name in (*sorted(names), *classes_of(wrapper)):
        add_class(only, name)
    if only.tag == "ol":
        _number_items(only, said)
    if wrapper.get("id"):  # pandoc makes one element of this one and of that which holds its anchor
        only.set("id", wrapper.get("id"))
    unwrap(wrapper)


def _number_items(ordered: Element, said: Sequence[str]) -> None:
    """Let a list count down, "reversed", and give items numbers of their own, "2=7" by index."""
    if "reversed" in said:
        ordered.set("reversed", "reversed")
        ordered.set("start", ordered.get("start", "1"))  # pandoc leaves out 1; a browser would begin at the end
    items = ordered.findall("li")
    for index, value in (found.groups() for one in said if (found := re.fullmatch(r"(\d+)=(-?\d+)", one))):
        if int(index) < len(items):
            items[int(index)].set("value", value)


def hand_down_anchor(wrapper: Element) -> None:
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
