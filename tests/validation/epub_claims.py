"""What an EPUB claims of its accessibility, computed once more from the book: nothing is claimed that is not there.

Shares no code with what claims it (`render/accessibility.py`). The vocabulary:
https://www.w3.org/community/reports/a11y-discov-vocab/.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

_OPF = "{http://www.idpf.org/2007/opf}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_EPUB = "{http://www.idpf.org/2007/ops}"
_PROPERTIES = (
    "accessMode",
    "accessModeSufficient",
    "accessibilityFeature",
    "accessibilityHazard",
    "accessibilitySummary",
)


def check_claims(path: Path) -> Iterator[str]:
    """Yield where claims and book differ."""
    with zipfile.ZipFile(path) as archive:
        opf = next(name for name in archive.namelist() if name.endswith(".opf"))
        package = etree.fromstring(archive.read(opf))
        folder = posixpath.dirname(opf)
        items = {item.get("id"): item for item in package.iter(f"{_OPF}item")}

        def at(item) -> str:
            return posixpath.normpath(posixpath.join(folder, item.get("href")))

        spine = [items[ref.get("idref")] for ref in package.iter(f"{_OPF}itemref")]
        pages = {at(item): etree.fromstring(archive.read(at(item))) for item in spine}
        navigation = next((item for item in items.values() if "nav" in (item.get("properties") or "").split()), None)
        nav = etree.fromstring(archive.read(at(navigation))) if navigation is not None else None
    claimed: dict[str, set[str]] = {name: set() for name in _PROPERTIES}
    for meta in package.iter(f"{_OPF}meta"):
        name = (meta.get("property") or "").removeprefix("schema:")
        if name in claimed:
            claimed[name].add(" ".join((meta.text or "").split()))
    # The cover is no content: it says the title in a picture, and the title page says it in words.
    covers = {name for name, page in pages.items() if page.find(f"{_XHTML}body").get(f"{_EPUB}type") == "cover"}
    elements = [
        element
        for name, page in pages.items()
        if name not in covers
        for element in page.iter()
        if isinstance(element.tag, str)
    ]
    images = [element for element in elements if element.tag == f"{_XHTML}img"]
    images += [
        element for element in elements if element.tag.endswith("}svg") and element.get("role") != "presentation"
    ]
    formulas = [element for element in elements if element.tag == f"{_MATHML}math"]
    described = all(
        (image.get("alt") or image.get("aria-label") or image.get("aria-labelledby") or _title(image))
        for image in images
    )
    spelled = all(formula.get("alttext") for formula in formulas)
    features = claimed["accessibilityFeature"]
    yield from _compare("alternativeText", "alternativeText" in features, bool(images) and described)
    yield from _compare("MathML", "MathML" in features, bool(formulas))
    contents = nav is not None and any(one.get(f"{_EPUB}type") == "toc" for one in nav.iter(f"{_XHTML}nav"))
    yield from _compare("tableOfContents", "tableOfContents" in features, contents)
    headings = any(element.tag in {f"{_XHTML}h{level}" for level in range(1, 7)} for element in elements)
    yield from _compare("structuralNavigation", "structuralNavigation" in features, headings)
    roles = any(element.get("role") for element in elements)
    yield from _compare("ARIA", "ARIA" in features, roles)
    yield from _compare("the mode visual", "visual" in claimed["accessMode"], bool(images))
    yield from _compare("that text suffices", "textual" in claimed["accessModeSufficient"], described and spelled)
    if "textual" not in claimed["accessMode"]:
        yield "does not claim the mode textual"
    moving = any(element.tag in (f"{_XHTML}video", f"{_XHTML}audio", f"{_XHTML}script") for element in elements)
    if "none" in claimed["accessibilityHazard"] and moving:
        yield "claims no hazard, but holds film, sound or scripts"
    if not claimed["accessibilityHazard"] or not claimed["accessibilitySummary"]:
        yield "says nothing of hazards, or has no summary"
    language = package.findtext("{*}metadata/{http://purl.org/dc/elements/1.1/}language")
    for name, page in pages.items():
        if page.get("lang") != language or page.get("{http://www.w3.org/XML/1998/namespace}lang") != language:
            yield f"{name} is not said to be in {language!r}, the language of the book"
        if not "".join(page.find(f"{_XHTML}head/{_XHTML}title").itertext()).strip():
            yield f"{name} has no title"


def _compare(what: str, claimed: bool, found: bool) -> Iterator[str]:
    if claimed != found:
        yield f"claims {what}, which is not so" if claimed else f"does not claim {what}, though it is so"


def _title(image: etree._Element) -> str:
    return next(
        (child.text or "" for child in image if isinstance(child.tag, str) and child.tag.endswith("}title")), ""
    )
