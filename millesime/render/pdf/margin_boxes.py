"""Lay out the margin boxes of pages: running heads and folios.

They are *margin boxes*, and depend on where in the book a page ends up:
on its folio, its side, its name, and the strings in force there. The theme's
own rules make it, for an empty page of the kind; of each page it is a pure
function, whichever others are laid out with it. So after an edit only the
pages whose margin boxes changed are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from millesime.render.pdf.engine import internals, weasyprint_patches
from millesime.render.pdf.engine.environment import SCHEME, surroundings
from millesime.render.pdf.engine.glyph_codes import own_codes
from millesime.render.pdf.engine.weasyprint_patches.imports import load_quickly
from millesime.render.pdf.layout import (
    RESOURCES,
    UNDATED,
    UnbindableError,
    boxes_of,
    forget,
    name_of,
    press_for,
    reachable,
    uses_of,
)
from millesime.render.pdf.values.laid_unit import FontUse, Laid, LaidPage, Margins
from millesime.render.pdf.values.layout_steps import key_of
from millesime.render.pdf.values.pdf_objects import COLOURS, FONTS, Writer, deflate, operators, reference_number

_NAMED = re.compile(rb"(?m)^(.*?)/(\S+) (gs|Do|sh|scn|SCN)$")  # operators that name a resource
_DRAWS = re.compile(rb"(?m)(?:^| )(?:TJ|Tj|Do|sh|EI|[fFBb]\*?|[Ss])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """All that the margins of one page depend on, but what is the same for all pages."""

    key: str  # a hash of everything, also of that
    folio: int
    name: str  # "": it is blank
    side: str
    strings: tuple[tuple[str, str], ...]  # that are set on it
    before: tuple[tuple[str, str], ...]  # that are in force when it begins


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginBoxesSource:
    """Pages, any ones, and what the margins of all pages depend on."""

    root: bytes
    style: str
    pages: tuple[PageSource, ...]

    @property
    def key(self) -> str:
        """A hash of everything, as each page's key is of all that concerns it."""
        return key_of(*(page.key for page in self.pages))


def lay_out_margin_boxes(source: MarginBoxesSource) -> list[Laid]:
    """Return the margins of each page as if it had been laid out alone, in less time."""
    with (
        surroundings(UNDATED) as notes,
        own_codes(load_quickly),
        weasyprint_patches.patched(),
        internals.watch_margins() as stand_ins,
    ):
        press = press_for(source.style)
        kinds = [(one.name, one.side, one.folio == 1) for one in source.pages]
        asked = _stand_ins(kinds)
        body = "".join(
            f'<div style="page: {name} !important; break-before: {side} !important"></div>' for name, side in asked
        )
        tree = etree.fromstring(source.root + body.encode() + b"</body></html>")
        tree.set("style", f"{tree.get('style', '')};break-before: {asked[0][1]}")
        document = press.render(tree, {}, notes, variant=None)
        if not stand_ins.keys() >= set(kinds):
            raise UnbindableError("pages whose kind depends on what stands on them")
        pages = [
            internals.furnish(stand_ins[kind], folio=one.folio, strings=one.strings, before=one.before)
            for kind, one in zip(kinds, source.pages, strict=True)
        ]
        drawn = _draw_margins(document.copy(pages), notes)
        return drawn or [one for page in pages for one in _draw_margins(document.copy([page]), notes)]


def _stand_ins(kinds: Iterable[tuple[str, str, bool]]) -> list[tuple[str, str]]:
    """Return the names and sides of empty pages among which there is one of each kind, and perhaps of others."""
    wanted = dict.fromkeys(kinds)
    before = f"{SCHEME[:-1]}-before"
    pages = [(name, side) for name, side, first in wanted if first] or [(before, "right")]
    pages += [(name, side) for name, side, first in wanted if name and not first]
    if any(not name for name, _, _ in wanted):
        pages += [(before, side) for side in ("left", "left", "right", "right")]  # with blank pages between them
    return pages


@dataclass(slots=True)
class _Drawn:
    """What one page was drawn with."""

    fonts: tuple[FontUse, ...]
    files: Mapping[str, bytes]
    glyphs: tuple[tuple[str, tuple[tuple[int, str], ...]], ...]


def _draw_margins(document, notes: Sequence[str]) -> list[Laid] | None:
    """Return what stands on the pages of a document; None if they must be drawn one by one to be told apart."""
    drawn: list[_Drawn] = []

    def record(fonts: dict) -> None:
        files: dict[str, bytes] = {}
        glyphs = tuple((font.hash, tuple(font.to_unicode.items())) for font in fonts.values())
        drawn.append(_Drawn(uses_of(fonts.values(), files), files, glyphs))
        fonts.clear()  # the next page is drawn as if it were the first

    internals.watch_glyphs(document, record)
    laid: list[Laid] | None = None

    def finish(document, pdf) -> None:
        nonlocal laid
        laid = _take(document, pdf, drawn, tuple(dict.fromkeys(notes)))
        forget(pdf)

    document.write_pdf(finisher=finish, uncompressed_pdf=True)
    return laid


def _take(document, pdf, drawn: Sequence[_Drawn], notes: tuple[str, ...]) -> list[Laid] | None:
    page_numbers = pdf.pages["Kids"][::3]
    page_objects = [pdf.objects[number] for number in page_numbers]
    resources = pdf.objects[reference_number(page_objects[0]["Resources"])]
    if len(page_objects) > 1 and not _are_told_by_names(resources):
        return None
    known = {reference_number(resources["Font"]): FONTS, reference_number(resources["ColorSpace"]): COLOURS}
    streams, others = reachable(pdf, resources, known)
    numbers = [item.number for item in (*others, *streams)]
    writer = Writer(known | {number: b"%d" % at for at, number in enumerate(numbers, start=1)})
    named = {kind: {name_of(name): value for name, value in resources.get(kind, {}).items()} for kind in RESOURCES}
    laid = []
    for page, item, one in zip(document.pages, page_objects, drawn, strict=True):
        content = operators(pdf.objects[reference_number(item["Contents"])])
        used = dict.fromkeys(found[2] for found in _NAMED.finditer(content))
        name, side, blank = internals.page_type(page)
        margins = Margins(
            page=LaidPage(
                name=name, side=side, blank=blank, fixed=False, frame=internals.frame_of(page), height=page.height,
                boxes=boxes_of(item, writer), content=_content(content), glyphs=one.glyphs,
            ),
            objects=tuple(map(writer.write, others)),
            streams=tuple(map(writer.pack, streams)),
            resources={
                # Beside those of its page, hence under names of their own.
                kind: tuple((b"f" + name, writer.write(values[name])) for name in used if name in values)
                for kind, values in named.items()
            },
            fonts=one.fonts,
            notes=notes,
        )  # fmt: skip
        laid.append(Laid(unit=margins, files=one.files))
    return laid


def _are_told_by_names(resources: Mapping) -> bool:
    """Whether a name says what a resource is: that is so of how opaque something is, others are counted."""
    states, *others = (resources.get(kind, {}) for kind in RESOURCES)
    return not any(others) and all({*state} in ({"ca"}, {"CA"}) for state in states.values())


def _content(content: bytes) -> bytes:
    if not _DRAWS.search(content):
        return b""
    return deflate(b"/Artifact BMC\n%b\nEMC" % _NAMED.sub(rb"\1/f\2 \3", content))
