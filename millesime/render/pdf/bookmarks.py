"""A book's bookmarks as a PDF outline, nested as WeasyPrint nests them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from millesime.render.pdf.values.pdf_objects import string


@dataclass(slots=True, kw_only=True)
class Bookmark:
    level: int  # `bookmark-level` in CSS, from 1
    label: str
    target: bytes  # a destination
    closed: bool
    number: int = 0
    below: list[Bookmark] = field(default_factory=list)


def write_outline(bookmarks: Iterable[Bookmark], reserve: Callable[[], int]) -> tuple[int, list[tuple[int, bytes]]]:
    """Return the number of the outline, 0 if there is none, and its objects by number. `reserve` gives numbers."""
    top = _nest(bookmarks)
    if not top:
        return 0, []
    root = reserve()
    objects: list[tuple[int, bytes]] = []
    count = _write(top, root, reserve, objects)
    objects.append((root, b"<</Count %d/First %d 0 R/Last %d 0 R>>" % (count, top[0].number, top[-1].number)))
    return root, objects


def _nest(bookmarks: Iterable[Bookmark]) -> list[Bookmark]:
    """Put each bookmark below the last one of a lower level, so that skipped levels leave no hole."""
    top: list[Bookmark] = []
    path: list[Bookmark] = []
    for bookmark in bookmarks:
        while path and path[-1].level >= bookmark.level:
            path.pop()
        (path[-1].below if path else top).append(bookmark)
        path.append(bookmark)
    return top


def _write(
    siblings: list[Bookmark], parent: int, reserve: Callable[[], int], objects: list[tuple[int, bytes]]
) -> int:  # fmt: skip
    """Add the objects of siblings and what is below them; return how many of them are shown when their parent opens."""
    shown = len(siblings)
    for bookmark in siblings:
        bookmark.number = reserve()
    for at, bookmark in enumerate(siblings):
        below = _write(bookmark.below, bookmark.number, reserve, objects) if bookmark.below else 0
        parts = [b"/Title %b/Dest %b" % (string(bookmark.label), bookmark.target)]
        parts.append(b"/Count %d" % (-below if bookmark.closed else below))
        if at:
            parts.append(b"/Prev %d 0 R" % siblings[at - 1].number)
        if at + 1 < len(siblings):
            parts.append(b"/Next %d 0 R" % siblings[at + 1].number)
        if bookmark.below:
            parts.append(b"/First %d 0 R/Last %d 0 R" % (bookmark.below[0].number, bookmark.below[-1].number))
        parts.append(b"/Parent %d 0 R" % parent)
        objects.append((bookmark.number, b"<<%b>>" % b"".join(parts)))
        shown += 0 if bookmark.closed else below
    return shown
