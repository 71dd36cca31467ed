"""The whole book as one HTML tree, for the plain path and for cutting into units."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree

from millesime.assembly.image_files import image_type
from millesime.assembly.report import Chapter, Report
from millesime.at_work import at_work
from millesime.problems import Problem
from millesime.render.fragments import OWN_XML, set_labels, take_title_notes, write_fragments
from millesime.render.images import GENERATED, media_type, natural_size, printed_image, published_image
from millesime.render.pdf.drawn.drawings import draw, drawing_source
from millesime.render.pdf.engine.environment import SCHEME
from millesime.render.pdf.formula_book import FormulaBook, formulas_of
from millesime.render.pdf.printable import make_printable, place_formulas
from millesime.render.pdf.values.layout_steps import Run, key_of, run_here


def build_book(
    report: Report,
    *,
    served: dict[str, tuple[bytes, str]],
    pictures: dict[str, str],
    problems: list[Problem],
    run: Run = run_here,
    jobs: int = 1,
) -> etree._Element:
    """Return the `html` element of the whole book.

    What it shows, pictures and formulas, is put in `served`: address → content, media type. Formulas that cannot be
    set as they are written are named in `problems`. `run` may have what stands around the chapters, drawings and
    formulas.
    """
    (front,) = run([(write_front, front_source(report))])
    book = etree.fromstring(front, OWN_XML)
    labels = set_labels(report)
    fragments = write_fragments(report, jobs=jobs)
    formulas = FormulaBook([book, *fragments.values()], run=run)
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

    for chapter in report.chapters:
        problems += _formula_problems(formulas, chapter, book, fragments[chapter.id], report)
    place_formulas(book, formulas.drawing_of)
    paths = {chapter.id: chapter.path or chapter.id for chapter in report.chapters}

    for frame in list(book.iter("div")):
        ident = frame.attrib.pop("data-chapter", None)
        if ident is None:
            continue
        root = fragments[ident]
        with at_work(paths[ident], "make it ready for print"):
            make_printable(
                root, labels=labels, image_address=address, image_ratio=ratio, drawing_of=formulas.drawing_of
            )
        notes_of_title, title = take_title_notes(root), frame.getparent().find(".//h1")
        if notes_of_title is not None:
            (title if title is not None else frame.getparent()[0]).append(notes_of_title)
        frame.text = root.text
        frame.extend(list(root))
    served |= formulas.served
    return book


def _formula_problems(
    formulas: FormulaBook, chapter: Chapter, book: etree._Element, root: etree._Element, report: Report
) -> Iterator[Problem]:
    """Yield the formulas of a chapter and its title that are not printed as they are written, behind the id before."""
    if chapter.role == "annex" and not chapter.path:
        return  # it quotes chapters, which report their formulas
    path = chapter.path or chapter.id
    frame = next((frame for frame in book.iter("div") if frame.get("data-chapter") == chapter.id), None)
    title = None if frame is None else frame.getparent().find(".//h1")
    places = {} if title is None else dict.fromkeys(formulas_of(title), chapter.id)
    place, known = chapter.id, set(formulas_of(root))
    for element in root.iter():
        if element.get("role") == "doc-endnotes":
            place = chapter.id  # where in it a note is called is not known
        elif element.get("id") in report.anchors:
            place = element.get("id")
        if element in known:
            places[element] = place
    found = (formulas.problem_of(element, f"{path}#{place}") for element, place in places.items())
    yield from filter(None, dict.fromkeys(found))


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
    with at_work(key, "print this picture"):
        shown = content if is_drawn else printed_image(published_image(content))
    kind = media_type(shown)
    address = f"{SCHEME}image/{hashlib.sha256(shown).hexdigest()[:32]}"
    served.setdefault(address, (shown, kind))
    pictures.setdefault(address, key)
    return address
