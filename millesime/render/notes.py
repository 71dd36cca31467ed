"""Turn pandoc's list of notes into references and notes that link to each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from millesime.render.conform import Element, classes_of, rename


def name_notes(root: Element, chapter_id: str) -> None:
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


def mark_notes(root: Element, labels: Mapping[str, str]) -> None:
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
