"""Check that each footnote of a layout is complete on its pages; a lost note stops the build.

What was laid out is compared with what was to be laid out, note by note:
letters and pictures are counted in the boxes before and after. It is done for
every layout, whatever laid it out; see `footnotes` for what keeps notes whole.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from millesime.problems import EngineError
from millesime.render.pdf.engine.replaced import replaced

_NEAR_PX = 1.0
_PICTURE = "\ufffc"
_SHOWN_WORDS = 6  # of a note, in the message


class LostNoteError(EngineError):
    """A footnote that would not be printed whole, or twice."""

    def __init__(self, anchor: str, opening: str) -> None:
        super().__init__(anchor, opening)
        self.anchor = anchor  # of its call: "gouvernance-fnref3"
        self.opening = opening  # its first words

    def __str__(self) -> str:
        return self.at({})

    def at(self, paths: Mapping[str, str]) -> str:
        """Return the message; `paths` says where chapters are, by their ids."""
        chapter, _, number = self.anchor.rpartition("-fnref")
        return (
            f"{paths.get(chapter, chapter or 'PDF')}: note {number} ({self.opening!r}) cannot be printed whole where "
            "it is called; shorten it, make a picture in it smaller, move what calls it out of the frame it stands in, "
            "or look at what the theme's pdf/page.css says of .footnote and of that frame"
        )


@contextmanager
def notes_kept() -> Iterator[None]:
    """Raise LostNoteError for each layout, until the block ends, that loses a note or a part of one."""
    from weasyprint import document

    slow = document.layout_document

    def layout_document(html, root_box, context, *others, **named) -> list:
        notes = tuple(context.footnotes)
        pages = list(slow(html, root_box, context, *others, **named))
        _check(notes, pages)
        return pages

    with replaced([(document, "layout_document", layout_document)]):
        yield


def _check(notes: Sequence, pages: Iterable) -> None:
    if not notes:
        return
    printed: dict[int, Counter[str]] = defaultdict(Counter)
    seen: set[int] = set()
    elements = {id(note.element) for note in notes}
    for page in pages:
        bottom = page.position_y + page.margin_height() + _NEAR_PX
        for area in [box for box in page.children if type(box).__name__ == "FootnoteAreaBox"]:
            for owner, sign, box in _signs(area, elements, seen):
                if page.position_y - _NEAR_PX <= box.position_y and box.position_y + box.height <= bottom:
                    printed[owner].update(sign)
    for note in notes:
        wanted: Counter[str] = Counter()
        for _, sign, _ in _signs(note, elements, set()):
            wanted.update(sign)
        if printed[id(note.element)] != wanted:
            raise LostNoteError(note.element.get("id") or "", _opening(note.element))


def _signs(root, elements: set[int], seen: set[int]) -> Iterator[tuple[int, str, Any]]:
    """Yield what each box below a root shows: the note's element it belongs to, letters or a picture, and the box.

    Nothing of generated text, which may stand on each page; nothing that a
    hyphenation adds. `seen` holds headers of tables, which are repeated.
    """
    waiting: list[tuple[Any, int]] = [(root, 0)]
    while waiting:
        box, owner = waiting.pop()
        box = getattr(box, "_box", box)  # a placeholder's own
        if box.element_tag and "::" in box.element_tag:
            continue
        if not owner and id(box.element) in elements:
            owner = id(box.element)
        if getattr(box, "is_header", False) or getattr(box, "is_footer", False):
            if id(box.element) in seen:
                continue
            seen.add(id(box.element))
        text = getattr(box, "text", None)
        if isinstance(text, str):
            sign = "".join(letter for letter in text if _is_counted(letter))
            if sign:
                yield owner, sign, box
        elif hasattr(box, "replacement"):
            yield owner, _PICTURE, box
        waiting += [(child, owner) for child in reversed(box.children)]


def _is_counted(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] not in "ZC" and unicodedata.category(letter) != "Pd"


def _opening(element) -> str:
    words = " ".join(element.itertext()).split()
    return " ".join(words[:_SHOWN_WORDS]) + (" …" if len(words) > _SHOWN_WORDS else "")
