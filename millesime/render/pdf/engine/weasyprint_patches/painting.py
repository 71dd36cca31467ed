"""Patches of WeasyPrint's drawing: nothing is made ready where nothing is drawn, and no number written twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any


def quick_border(border) -> Callable:
    """Return `draw_border` that sees first whether a box has any: few have."""
    slow = border.draw_border

    def draw_border(stream, box) -> None:
        if not (box.border_top_width or box.border_right_width or box.border_bottom_width or box.border_left_width):
            style = box.style
            has_columns = style["column_width"] != "auto" or style["column_count"] != "auto"
            if not has_columns and style["border_image_source"][0] == "none":
                return
        slow(stream, box)

    return draw_border


def quick_outline(border, boxes) -> Callable:
    """Return `draw_outline` that looks whether a box or one in it has any, and asks nothing else of each."""
    slow, is_box = border.draw_outline, boxes.Box

    def draw_outline(stream, box) -> None:
        waiting = [box]
        while waiting:
            one = waiting.pop()
            if one.style["outline_width"]:
                slow(stream, box)
                return
            waiting += [child for child in one.children if isinstance(child, is_box)]

    return draw_outline


def kept_references() -> property:
    """Return `PDF.page_references` that writes them once: each element of the structure tree asks for all."""

    def page_references(pdf) -> tuple[bytes, ...]:
        numbers = pdf.pages["Kids"][::3]
        known = pdf.__dict__.get("known_references", ())
        if len(known) != len(numbers):
            known = pdf.known_references = tuple(b"%d 0 R" % number for number in numbers)
        return known

    return property(page_references)


def quick_reference() -> property:
    """Return `Object.reference`, which is asked for by all that leads to an object, formatted once and as bytes."""
    return property(lambda self: b"%d %d R" % (self.number, self.generation))


def quick_bytes(pydyf) -> Callable:
    """Return `_to_bytes` that knows the numbers and names it wrote: few colours, sizes and places are new."""
    slow = pydyf._to_bytes
    remembered = lru_cache(maxsize=4096)(slow)

    def to_bytes(item) -> bytes:
        kind = type(item)
        if kind is bytes:
            return item
        # Not whole numbers: 1 and True are one key, and written differently.
        return remembered(item) if kind is float or kind is str else slow(item)

    return to_bytes


def kept_fonts(stream) -> Callable:
    """Return `Stream.add_font` that reads a font once for each size it is first drawn in, for all documents.

    What a document notes in a font, glyphs and widths, is that document's alone.
    """
    kept: dict[tuple, Any] = {}

    def add_font(self, pango_font) -> tuple[Any, float]:
        key, description, size = stream.get_pango_font_key(pango_font)
        fonts = self._fonts
        if key not in fonts:
            if (key, size) not in kept:
                kept[key, size] = stream.Font(pango_font, description, size)
            fonts[key] = font = kept[key, size]
            font.widths, font.to_unicode, font.missing = {}, {}, {}
            font.__dict__.pop("written", None)
        return fonts[key], size

    return add_font


def quick_marks(pydyf) -> Callable:
    """Return `Stream.marked`, which is called for each piece of text, without a generator."""

    class Marked:
        """Ends marked content."""

        __slots__ = ("stream",)

        def __init__(self, stream) -> None:
            self.stream = stream

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None:
            pydyf.Stream.end_marked_content(self.stream)

    def marked(self, box, tag) -> AbstractContextManager[None]:
        tags = self._tags
        if tags is None:
            return nullcontext()
        number = len(tags)
        assert box not in tags
        tags[box] = {"tag": tag, "mcid": number}
        pydyf.Stream.begin_marked_content(self, tag, pydyf.Dictionary({"MCID": number}))
        return Marked(self)

    return marked
