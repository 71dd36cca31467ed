"""Trees of XML and values of JSON as bytes: the same values, the same bytes."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from millesime.render.sanitise import replace_forbidden

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def element(
    name: str, text: str = "", *, attributes: dict[str, str] | None = None, nsmap: Any = None
) -> etree._Element:
    """Return an element with a text and attributes; what XML cannot hold becomes U+FFFD."""
    made = etree.Element(name, nsmap=nsmap)
    return _filled(made, text, attributes)


def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Add an element at the end of another; attributes without a value are left out.

    A name without a namespace is in its parent's. Attributes with a hyphen or
    a namespace: `set_attribute`.
    """
    if not name.startswith("{") and (namespace := etree.QName(parent).namespace):
        name = f"{{{namespace}}}{name}"
    return _filled(etree.SubElement(parent, name), text, attributes)


def set_attribute(made: etree._Element, name: str, value: str) -> None:
    made.set(name, replace_forbidden(value))


def _filled(made: etree._Element, text: str, attributes: dict[str, str] | None) -> etree._Element:
    if text:
        made.text = replace_forbidden(text)
    for name, value in (attributes or {}).items():
        if value:
            set_attribute(made, name, value)
    return made


def write_xml(root: etree._Element) -> bytes:
    """Return a document of XML in UTF-8, an element on each line."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def write_json(value: Any) -> bytes:
    """Return JSON in UTF-8, in the order in which the value was made."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def without_empty(value: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping without keys that have nothing to say."""
    return {key: held for key, held in value.items() if held not in ("", None, (), [], {})}
