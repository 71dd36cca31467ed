"""Decide from a theme's style sheet whether the book can be laid out unit by unit.

A unit sees neither the pages before it nor those after it. Most of what CSS
can say about a page does not mind; what does is named here, and such a theme
is printed in one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import tinycss2

from millesime.assembly.theme import read_theme_file
from millesime.packing import pack, reader_of
from millesime.render.installed_files import kept

FOLIO_ATTRIBUTE = "data-folio-of-"  # before the name of the attribute that holds the target

_SECTION = r"(?:\bsection|\.cover|\.imprint|\.contents|\.part|\.chapter|\.recto|\.in-part|\bbody|\bhtml)(?![\w-])"
_POSITION = re.compile(
    rf"{_SECTION}[^\s,>+~]*:(?:first|last|only|nth|has|empty)|{_SECTION}[^\s,>+~]*\s*[+~]|[+~]\s*[^\s,>+~]*{_SECTION}"
)
_FOLIO = re.compile(r"target-counter\(\s*attr\(\s*([\w-]+)(?:\s+\w+)?\s*\)\s*,\s*page\s*\)")
_BEYOND = {  # what looks beyond a unit
    r"counters?\(\s*pages\b": "counter(pages)",
    r"target-(?:counters?|text)\(": "target-counter() of anything but the page of attr()",
    r"(?<![\w-])(?:running|element)\(": "running elements",
    r"position\s*:\s*fixed": "position: fixed",
    r"string\([^)]*,\s*start": "string(…, start)",
}
_SIDELESS = re.compile(r"margin(?:-(?:left|right|top|bottom))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a stylesheet allows."""

    style: str  # the same sheet, in which references to folios are `attr(data-folio-of-…)`
    folio_attributes: tuple[str, ...]  # attributes that name the targets of those references
    sided: bool  # left and right pages differ in more than their margins
    obstacles: tuple[str, ...]  # what forbids laying out unit by unit, in words


@dataclass(slots=True)
class _Findings:
    sided: bool = False
    obstacles: dict[str, None] = field(default_factory=dict)
    counters: set[str] = field(default_factory=lambda: {"footnote"})  # in use
    reset: set[str] = field(default_factory=lambda: {"list-item", "page"})  # that begin again in every unit


def theme_scope(theme: Mapping[str, bytes]) -> Scope:
    """Return what the sheet of a report's theme allows, or the default one's; `theme` holds files by their names."""
    sheet = read_theme_file("pdf/page.css", theme)
    return kept("scope", "of the theme", sheet, lambda: pack(read_scope(sheet.decode("utf-8"))), reader_of(Scope))


def read_scope(style: str) -> Scope:
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    attributes = tuple(dict.fromkeys(_FOLIO.findall(bare)))
    rewritten = _FOLIO.sub(rf"attr({FOLIO_ATTRIBUTE}\1)", bare)
    found = _Findings()
    for pattern, words in _BEYOND.items():
        if re.search(pattern, rewritten):
            found.obstacles[words] = None
    for rule in _rules(tinycss2.parse_stylesheet(rewritten, skip_comments=True, skip_whitespace=True)):
        if rule.type == "at-rule":
            _read_page_rule(rule, found)
        else:
            _read_rule(rule, found)
    for name in sorted(found.counters - found.reset):
        found.obstacles[f"the counter {name!r}, which is not reset in every chapter"] = None
    return Scope(
        style=rewritten, folio_attributes=attributes, sided=found.sided, obstacles=tuple(found.obstacles)
    )  # fmt: skip


def _rules(rules) -> Iterator:
    """Yield page rules and rules of selectors, also those inside `@media` and the like."""
    for rule in rules:
        if rule.type == "qualified-rule" or (rule.type == "at-rule" and rule.lower_at_keyword == "page"):
            yield rule
        elif rule.type == "at-rule" and rule.content and rule.lower_at_keyword in ("media", "supports", "layer"):
            yield from _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))


def _read_page_rule(rule, found: _Findings) -> None:
    selector = tinycss2.serialize(rule.prelude)
    if ":nth(" in selector:
        found.obstacles["@page :nth()"] = None
    for inner in _declarations(rule):
        if inner.type == "at-rule":
            if inner.lower_at_keyword in ("footnote", "note-area") and re.search(r":(?:left|right|blank)", selector):
                found.sided = True
        elif inner.lower_name.startswith("counter-"):
            found.obstacles[f"{inner.lower_name} in @page"] = None
        elif re.search(r":(?:left|right)", selector) and not _SIDELESS.match(inner.lower_name):
            found.sided = True


def _read_rule(rule, found: _Findings) -> None:
    selectors = tinycss2.serialize(rule.prelude)
    if _POSITION.search(selectors):
        found.obstacles[f"a selector that counts or compares sections ({selectors.strip()})"] = None
    for inner in _declarations(rule):
        if inner.type != "declaration" or not inner.lower_name.startswith("counter-"):
            continue
        names = {token.value for token in inner.value if token.type == "ident"} - {"none"}
        if "page" in names:
            found.obstacles[f"{inner.lower_name} of the counter of pages"] = None
        found.counters |= names
        if inner.lower_name == "counter-reset" and selectors.strip() in (".chapter", "section"):
            found.reset |= names


def _declarations(rule) -> Iterator:
    for inner in tinycss2.parse_blocks_contents(rule.content or (), skip_comments=True, skip_whitespace=True):
        if inner.type in ("declaration", "at-rule"):
            yield inner
