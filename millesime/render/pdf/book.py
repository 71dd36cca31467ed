"""The whole book as one HTML tree: what the plain path lays out at once, and `units` cuts in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

from lxml import etree

from millesime.assembly.image_files import image_type
from millesime.assembly.report import Report
from millesime.render.conform import classes_of
from millesime.render.formulas import linear_text, take_tags
from millesime.render.fragments import OWN_XML, set_labels, take_title_notes, write_fragments
from millesime.render.images import GENERATED, media_type, natural_size, printed_image, published_image
from millesime.render.pdf.drawn.drawings import draw, drawing_source
from millesime.render.pdf.drawn.formula_drawings import (
    FORMULA_ADDRESS,
    Formula,
    FormulaSource,
    FormulasSource,
    set_formulas,
)
from millesime.render.pdf.engine.environment import SCHEME
from millesime.render.pdf.printable import Drawing, make_printable, place_formulas
from millesime.render.pdf.values.layout_steps import Run, key_of, run_here
from millesime.render.sanitise import MATHML


def build_book(
    report: Report,
    *,
    served: dict[str, tuple[bytes, str]],
    pictures: dict[str, str],
    notes: list[str],
    run: Run = run_here,
    jobs: int = 1,
) -> etree._Element:
    """Return the `html` element of the whole book.

    What it shows, pictures and formulas, is put in `served`: address → content, media type. Formulas that cannot be
    set as they are written are named in `notes`. `run` may have what stands around the chapters, drawings and
    formulas.
    """
    (front,) = run([(write_front, front_source(report))])
    book = etree.fromstring(front, OWN_XML)
    labels = set_labels(report)
    fragments = write_fragments(report, jobs=jobs)
    places = {chapter.id: chapter.path or chapter.id for chapter in report.chapters}
    formulas = _Formulas([book, *fragments.values()], run=run, served=served)
    addresses: dict[str, str | None] = {}
    drawn = _drawings(report, fragments, run=run)

    def address(key: str) -> str | None:
        if key not in addresses:
            content = drawn.get(key) or report.images.get(key)
            addresses[key] = (
                serve_picture(content, key, served=served, pictures=pictures, is_drawn=key in drawn)
                if content
                else None
            )
        return addresses[key]

    def ratio(key: str) -> float:
        size = natural_size(report.images[key])
        return size[0] / size[1] if size else 1.0

    place_formulas(book, formulas.drawing_of)

    for frame in list(book.iter("div")):
        ident = frame.attrib.pop("data-chapter", None)
        if ident is None:
            continue
        root = fragments[ident]
        notes += formulas.problems(root, places[ident])
        make_printable(root, labels=labels, image_address=address, image_ratio=ratio, drawing_of=formulas.drawing_of)
        notes_of_title, title = take_title_notes(root), frame.getparent().find(".//h1")
        if notes_of_title is not None:
            (title if title is not None else frame.getparent()[0]).append(notes_of_title)
        frame.text = root.text
        frame.extend(list(root))
    return book


class _Formulas:
    """The formulas of a book: equal ones are set once."""

    def __init__(self, roots: Iterable[etree._Element], *, run: Run, served: dict[str, tuple[bytes, str]]) -> None:
        self._served = served
        self._set: dict[str, Formula] = {}  # by key
        sources: dict[str, FormulaSource] = {}
        for root in roots:
            for element in root.iter(f"{{{MATHML}}}math"):
                source = _formula_source(element)
                sources[source.key] = source
        batches: dict[int, list[FormulaSource]] = {}
        for key in sorted(sources):
            batches.setdefault(int(key[:4], 16) % _BATCHES, []).append(sources[key])
        steps = [
            (set_formulas, FormulasSource(key=key_of("formulas", *(one.key for one in batch)), formulas=tuple(batch)))
            for batch in batches.values()
        ]
        for batch, formulas in zip(batches.values(), run(steps), strict=True):
            self._set |= zip((one.key for one in batch), formulas, strict=True)

    def drawing_of(self, element: etree._Element) -> Drawing | None:
        """Return a formula's drawing, and serve it; None for a formula that cannot be set."""
        formula = self._set[_formula_source(element).key]
        if not formula.drawing:
            return None
        address = f"{FORMULA_ADDRESS}{hashlib.sha256(formula.drawing).hexdigest()[:32]}"
        self._served[address] = (formula.drawing, "image/svg+xml")
        return Drawing(
            address=address, width=formula.width, height=formula.height, depth=formula.depth, rows=formula.rows
        )  # fmt: skip

    def problems(self, root: etree._Element, place: str) -> list[str]:
        """Return what an editor should know of a chapter's formulas."""
        found = []
        for element in root.iter("span"):
            if {"math", "inline"} <= set(classes_of(element)) or {"math", "display"} <= set(classes_of(element)):
                found.append(
                    f"{place}: the formula {element.text or ''!r} is printed as it is written: pandoc cannot read it"
                )
        for element in root.iter(f"{{{MATHML}}}math"):
            formula = self._set[_formula_source(element).key]
            if formula.problem:
                said = element.get("alttext") or linear_text(element)
                found.append(
                    f"{place}: the formula {said!r} is printed as a line of text: {formula.problem}; "
                    "write it otherwise, or as a picture"
                )
            elif formula.width > _WIDE:
                found.append(
                    f"{place}: the formula {element.get('alttext') or linear_text(element)!r} is "
                    f"{formula.width / _LINE:.1f} times as wide as the page's text, and is printed smaller; "
                    "break it into lines, as with `aligned`"
                )
        return found


_BATCHES = 64  # formulas are set and kept in so many groups, by their hash: an edited formula costs its group
_LINE = 36.0  # em of the text in the width of a page
_WIDE = 1.25 * _LINE  # em: a formula that is wider becomes hard to read


def _formula_source(element: etree._Element) -> FormulaSource:
    """Return what a formula is set from: its MathML without the numbers of equations and without its source."""
    bare = deepcopy(element)
    bare.tail = None
    bare.attrib.pop("alttext", None)
    take_tags(bare)
    mathml = etree.tostring(bare)
    return FormulaSource(key=key_of("formula", mathml), mathml=mathml)


def _drawings(report: Report, fragments: Mapping[str, etree._Element], *, run: Run) -> dict[str, bytes]:
    """Return the drawings of authors as the engine can put them in place, by the keys of their images.

    Those made for an annex it draws itself.
    """
    shown = dict.fromkeys(image.get("src", "") for root in fragments.values() for image in root.iter("img"))
    sources = {
        key: drawing_source(report.images[key])
        for key in shown
        if key in report.images and not key.startswith(GENERATED) and image_type(report.images[key]) == "svg"
    }
    if not sources:
        return {}
    unique = list({source.key: source for source in sources.values()}.values())
    made = dict(zip([source.key for source in unique], run([(draw, source) for source in unique]), strict=True))
    return {key: made[source.key] for key, source in sources.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontSource:
    """All that stands around chapters depends on, but default templates, pandoc and what fills templates."""

    key: str  # a hash of everything below
    report: Report  # its chapters without their blocks


def front_source(report: Report) -> FrontSource:
    """Return what `write_front` needs of a report."""
    chapters = tuple(replace(chapter, path="", blocks=(), images=()) for chapter in report.chapters)
    bare = replace(report, chapters=chapters, anchors={}, images={}, fragments={})
    theme = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(bare.theme.items())]
    told = (bare.imprint, bare.chapters, bare.parts, sorted(bare.labels.items()), theme, bare.limits)
    return FrontSource(key=key_of("front", repr(told)), report=bare)


def write_front(source: FrontSource) -> bytes:
    """Return what `front_and_frames` makes of a report.

    What makes it is imported when it is called: after most edits it is kept.
    """
    from millesime.render.pdf.front import front_and_frames

    return front_and_frames(source.report)


def serve_picture(
    content: bytes,
    key: str,
    *,
    served: dict[str, tuple[bytes, str]],
    pictures: dict[str, str],
    is_drawn: bool = False,
) -> str | None:
    """Put a picture at an address made of its bytes, so that nothing depends on where files lay.

    What `is_drawn` was made here of what is published. `pictures` learns whose address it is.
    """
    kind = media_type(content)
    if kind is None:
        return None
    shown = content if is_drawn else printed_image(published_image(content))
    kind = media_type(shown)
    address = f"{SCHEME}image/{hashlib.sha256(shown).hexdigest()[:32]}"
    served.setdefault(address, (shown, kind))
    pictures.setdefault(address, key)
    return address
