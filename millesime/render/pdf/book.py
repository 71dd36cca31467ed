"""The whole book as one HTML tree: what the plain path lays out at once, and `units` cuts in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from lxml import etree

from millesime.assembly.report import Report
from millesime.render.fragments import OWN_XML, set_labels, write_fragments
from millesime.render.images import media_type, natural_size, published_image
from millesime.render.pdf.engine import SCHEME
from millesime.render.pdf.steps import Run, key_of, run_here
from millesime.render.printable import make_printable


def build_book(
    report: Report, *, serve: Callable[[bytes], str | None], run: Run = run_here, jobs: int = 1
) -> etree._Element:
    """Return the `html` element of the whole book.

    `serve` gives the address of a picture's bytes, or None for bytes that are
    no picture; `run` may have what stands around the chapters.
    """
    (front,) = run([(write_front, front_source(report))])
    book = etree.fromstring(front, OWN_XML)
    labels = set_labels(report)
    fragments = write_fragments(report, jobs=jobs)
    addresses: dict[str, str | None] = {}

    def address(key: str) -> str | None:
        if key not in addresses:
            addresses[key] = serve(report.images[key]) if key in report.images else None
        return addresses[key]

    def ratio(key: str) -> float:
        size = natural_size(report.images[key])
        return size[0] / size[1] if size else 1.0

    for frame in list(book.iter("div")):
        ident = frame.attrib.pop("data-chapter", None)
        if ident is None:
            continue
        root = fragments[ident]
        make_printable(root, labels=labels, image_address=address, image_ratio=ratio)
        frame.text = root.text
        frame.extend(list(root))
    return book


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


def serve_picture(content: bytes, served: dict[str, tuple[bytes, str]]) -> str | None:
    """Put a picture at an address made of its bytes, so that nothing depends on where files lay."""
    kind = media_type(content)
    if kind is None:
        return None
    address = f"{SCHEME}image/{hashlib.sha256(content).hexdigest()[:32]}"
    if address not in served:
        served[address] = (published_image(content), kind)
    return address
