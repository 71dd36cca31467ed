"""Turn the style sheets of an SVG into attributes, for programs that read little or no CSS.

Rules, `style` attributes and presentation attributes come together by the cascade (https://www.w3.org/TR/css-cascade-4/);
`var()` gets its value, `@media` rules those of print. What is left on an element is one `style` attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import cssselect2
import tinycss2
from lxml import etree

_STYLE = "{http://www.w3.org/2000/svg}style"
_PRINTED = re.compile(r"\s*+(?:only\s++)?(?:all|print|screen)?\s*+", re.IGNORECASE)  # `@media` of a page on paper
_NESTED = 20  # levels of `var()` in the values of others, and of `@media` in one another
_MOST_CHARS = 10_000  # of a value after `var()`


def flatten_styles(root: etree._Element) -> None:
    """Give each element of a drawing the declarations that win, in place, and drop its style sheets."""
    sheets = ["".join(sheet.itertext()) for sheet in root.iter(_STYLE)]
    matcher = cssselect2.Matcher()
    rules = [rule for sheet in sheets for rule in _rules(tinycss2.parse_stylesheet(sheet, True, True))]
    for order, rule in enumerate(rules):
        declarations = list(_declarations(rule.content))
        try:
            selectors = cssselect2.compile_selector_list(rule.prelude)
        except cssselect2.SelectorError:
            continue
        for selector in selectors:
            if selector.pseudo_element is None and declarations:
                matcher.add_selector(selector, (order, declarations))
    known: dict[etree._Element, Mapping[str, str]] = {}
    wrapped = cssselect2.ElementWrapper.from_xml_root(root)
    for wrapper in [wrapped, *wrapped.iter_subtree()] if rules else _Bare.all(root):
        element = wrapper.etree_element
        if element in known or not isinstance(element.tag, str):
            continue
        own = list(_declarations(element.get("style", "")))
        matched = matcher.match(wrapper) if rules else []
        layers = [*(found[-1][1] for found in matched), own]
        winning: dict[str, str] = {}
        for important in (False, True):
            for layer in layers:
                winning |= {name: value for name, value, is_important in layer if is_important == important}
        parent = element.getparent()
        customs = dict(known.get(parent, {})) if parent is not None else {}
        customs |= {name: value for name, value in winning.items() if name.startswith("--")}
        known[element] = customs
        _settle(element, winning, customs)
    for sheet in list(root.iter(_STYLE)):
        if sheet.getparent() is not None:
            sheet.text = None
            for child in list(sheet):
                sheet.remove(child)


class _Bare:
    """An element where there are no rules to match."""

    def __init__(self, element: etree._Element) -> None:
        self.etree_element = element

    @classmethod
    def all(cls, root: etree._Element) -> Iterator[_Bare]:
        return map(cls, root.iter())


def _rules(nodes: Iterable, depth: int = 0) -> Iterator:
    for node in nodes:
        if node.type == "qualified-rule":
            yield node
        elif node.type == "at-rule" and node.lower_at_keyword == "media" and node.content and depth < _NESTED:
            queries = tinycss2.serialize(node.prelude).split(",")
            if any(_PRINTED.fullmatch(query) for query in queries):
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True), depth + 1)


def _declarations(content) -> Iterator[tuple[str, str, bool]]:
    for node in tinycss2.parse_blocks_contents(content):
        if node.type == "declaration":
            name = node.name if node.name.startswith("--") else node.lower_name
            yield name, tinycss2.serialize(node.value).strip(), node.important


def _settle(element: etree._Element, winning: Mapping[str, str], customs: Mapping[str, str]) -> None:
    for name, value in list(element.attrib.items()):
        if "var(" in value and name != "style":
            resolved = _resolved(value, customs)
            if resolved is None:
                del element.attrib[name]
            else:
                element.set(name, resolved)
    said = []
    for name, value in winning.items():
        resolved = _resolved(value, customs) if "var(" in value else value
        if not name.startswith("--") and resolved:
            said.append(f"{name}: {resolved}")
    if said:
        element.set("style", "; ".join(said))
    else:
        element.attrib.pop("style", None)


def _resolved(value: str, customs: Mapping[str, str], depth: int = 0) -> str | None:
    """Return a value with each `var()` replaced; None where one has no value."""
    if depth > _NESTED or len(value) > _MOST_CHARS:
        return None
    parts = []
    for token in tinycss2.parse_component_value_list(value):
        if token.type != "function" or token.lower_name != "var":
            parts.append(token.serialize())
            continue
        name = next((one.value for one in token.arguments if one.type == "ident"), "")
        comma = next((at for at, one in enumerate(token.arguments) if one.type == "literal" and one.value == ","), None)
        found = customs.get(name)
        if found is None and comma is not None:
            found = tinycss2.serialize(token.arguments[comma + 1 :])
        found = _resolved(found, customs, depth + 1) if found and "var(" in found else found
        if found is None:
            return None
        parts.append(found.strip())
    return "".join(parts)
