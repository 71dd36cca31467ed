"""Patches of WeasyPrint, for the versions that `internals` knows: the same pages in less time.

They hold while units are laid out and are taken back afterwards; the plain
path does without. Each says what it saves of the layout of a book of 500
pages, nearly all text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from millesime.render.pdf.engine.replaced import replaced
from millesime.render.pdf.engine.startup import hyphenation
from millesime.render.pdf.engine.weasyprint_patches import painting, shaping, style_sharing
from millesime.render.pdf.engine.weasyprint_patches.imports import load_quickly
from millesime.render.pdf.engine.weasyprint_patches.line_breaking import quick_split


@contextmanager
def patched() -> Iterator[None]:
    """Put all patches in place until the block ends; nothing stands in the margins of pages meanwhile."""
    load_quickly()
    import pydyf
    import pyphen
    from weasyprint import css, document, draw, images, layout
    from weasyprint.draw import border, color
    from weasyprint.draw import text as draw_text
    from weasyprint.formatting_structure import boxes, build
    from weasyprint.layout import absolute, background, block, inline, page, percent, table
    from weasyprint.layout import float as floats
    from weasyprint.pdf import stream
    from weasyprint.text import line_break

    find_style_attributes, init_styles = style_sharing.apart_from_anchors(css)
    contexts: list = []
    put = [
        (document, "LayoutContext", _noted(document.LayoutContext, contexts)),
        (css, "find_style_attributes", find_style_attributes),
        (css.StyleFor, "__init__", init_styles),
        (css.StyleFor, "set_computed_styles", style_sharing.needed_styles(css)),
        (css.ComputedStyle, "__missing__", style_sharing.quick_style(css)),
        (css.AnonymousStyle, "__missing__", style_sharing.quick_anonymous_style(css)),
        (boxes.Box, "is_in_normal_flow", style_sharing.quick_flow(boxes)),
        (boxes.ParentBox, "page_values", style_sharing.quick_page_values(boxes)),
        (boxes.Box, "descendants", style_sharing.quick_descendants(boxes)),
        (page, "set_page_type_computed_styles", style_sharing.quick_page_styles(page)),
        (line_break.Layout, "setup", shaping.quick_setup(line_break)),
        (line_break.Layout, "set_text", shaping.quick_text(line_break)),
        (line_break.Layout, "deactivate", lambda layout: None),
        (line_break.Layout, "reactivate", shaping.quick_reactivation(line_break)),
        (inline, "avoid_collisions", style_sharing.quick_avoidance(floats, boxes)),
        (inline, "split_first_line", quick_split(line_break, percent.percentage)),
        (inline, "can_break_text", shaping.remembered_breaks(line_break.can_break_text)),
        (inline, "create_layout", shaping.late_layout(line_break)),
        (inline, "add_word_spacing", shaping.remembered_shapes(inline)),
        (draw_text, "draw_first_line", shaping.quick_line(draw_text)),
        (background, "layout_box_backgrounds", style_sharing.quick_backgrounds(background, color)),
        (draw, "draw_border", painting.quick_border(border)),
        (draw, "draw_outline", painting.quick_outline(border, boxes)),
        (layout, "make_margin_boxes", lambda context, page, state: ()),  # a twentieth
        (stream.Stream, "add_font", painting.kept_fonts(stream)),
        (stream.Stream, "marked", painting.quick_marks(pydyf)),
        (pydyf, "_to_bytes", painting.quick_bytes(pydyf)),
        (pydyf.Object, "reference", painting.quick_reference()),
        (pydyf.PDF, "page_references", painting.kept_references()),
        (pyphen, "HyphDict", hyphenation),
        (images, "rotate_pillow_image", _quick_rotation(images)),
        *(
            (module, "resolve_percentages", style_sharing.quick_percentages(percent))
            for module in (absolute, block, floats, inline, page, table)
        ),
        *(
            (module, "strut", style_sharing.quick_strut(line_break.strut))
            for module in (line_break, inline, block, table, build)
            if hasattr(module, "strut")
        ),
    ]
    try:
        with replaced(put):
            yield
    finally:
        # A context holds all boxes, and itself: they would wait for the collector, a fiftieth.
        for context in contexts:
            vars(context).clear()


def _noted(make: Callable, made: list) -> Callable:
    """Return what makes the same, and notes it."""

    def call(*values, **named):
        made.append(make(*values, **named))
        return made[-1]

    return call


def _quick_rotation(images) -> Callable:
    """Return `rotate_pillow_image` that takes a PNG which says that it stands upright as it is, and not a copy."""
    slow = images.rotate_pillow_image

    def rotate_pillow_image(picture, orientation):
        is_png = orientation == "from-image" and picture.format == "PNG"
        if is_png and picture.getexif().get(_ORIENTATION) not in _ROTATED:
            return picture
        return slow(picture, orientation)

    return rotate_pillow_image


_ORIENTATION, _ROTATED = 0x0112, range(2, 9)  # https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf, 4.6.4, A
