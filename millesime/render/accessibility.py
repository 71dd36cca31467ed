"""Accessibility metadata of a book (schema.org terms), found from its content.

The vocabulary is schema.org's, https://www.w3.org/community/reports/a11y-discov-vocab/.
Nothing is claimed that is not seen: an image without a text takes the claim away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from millesime.render.conform import Element, classes_of, is_math
from millesime.render.sanitise import MATHML


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessibility:
    """Values of the properties accessMode, accessModeSufficient, and so on."""

    modes: tuple[str, ...]
    sufficient: tuple[str, ...]  # each a set of modes, "textual,visual"
    features: tuple[str, ...]
    hazards: tuple[str, ...]
    summary: str


def describe_accessibility(
    fragments: Mapping[str, Element], shown: Iterable[bytes], labels: Mapping[str, str]
) -> Accessibility:
    """Return what the chapters, with the bytes of the images they show, allow a reader to do."""
    elements = [element for root in fragments.values() for element in root.iterdescendants()]
    images = [element for element in elements if element.tag == "img"]
    formulas = [element for element in elements if element.tag == f"{{{MATHML}}}math"]
    described = all(image.get("alt", "").strip() for image in images)
    spelled = all(formula.get("alttext") for formula in formulas)
    changed = any(element.tag in ("ins", "del") for element in elements if not is_math(element))
    changed = changed or any("change-label" in classes_of(element) for element in elements if not is_math(element))
    tables = [element for element in elements if element.tag == "table"]
    headed = bool(tables) and all(any(True for _ in table.iter("th")) for table in tables)

    features = ["structuralNavigation", "tableOfContents", "readingOrder", "displayTransformability", "ARIA"]
    features += ["alternativeText"] if images and described else []
    features += ["MathML"] if formulas else []
    sentences = [labels["a11y_structure"]]
    if images:
        sentences.append(labels["a11y_alternatives" if described else "a11y_no_alternatives"])
    sentences += [labels["a11y_mathml"]] if formulas and spelled else []
    sentences += [labels["a11y_tables"]] if headed else []
    sentences += [labels["a11y_changes"]] if changed else []
    textual = described and spelled
    return Accessibility(
        modes=("textual", "visual") if images else ("textual",),
        sufficient=("textual", *(("textual,visual",) if images else ())) if textual else ("textual,visual",),
        features=tuple(features),
        hazards=("unknown",) if any(_may_flash(image) for image in shown) else ("none",),
        summary=" ".join(sentences),
    )


def _may_flash(content: bytes) -> bool:
    """Say whether an image has several frames: SVG animations are taken out, other types stand still."""
    if content.startswith(b"GIF8"):
        return content.count(b"\x21\xf9\x04") > 1
    if content.startswith(b"\x89PNG"):
        return b"acTL" in content[:4096]
    return content[:4] == b"RIFF" and b"ANIM" in content[:4096]
