"""Shortcuts through WeasyPrint, for the versions that `internals` knows: the same pages in less time.

They hold while units are laid out and are taken back afterwards; the plain
path does without. Each says what it saves of the layout of a book of 500
pages, nearly all text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from millesime.render.pdf.breaking import quick_split


@contextmanager
def taken(*, margins: bool) -> Iterator[None]:
    """Take all shortcuts until the block ends; without `margins`, nothing stands in the margins of pages."""
    from weasyprint import css, images, layout
    from weasyprint.draw import text as drawing
    from weasyprint.formatting_structure import build
    from weasyprint.layout import block, inline, page, percent, table
    from weasyprint.text import line_break

    put = [
        (css, "find_style_attributes", _quick_attributes(css)),
        (css.StyleFor, "__init__", _anchored_styles(css)),
        (css.StyleFor, "set_computed_styles", _needed_styles(css)),
        (css.ComputedStyle, "__missing__", _quick_style(css)),
        (css.AnonymousStyle, "__missing__", _quick_anonymous_style(css)),
        (page, "set_page_type_computed_styles", _quick_page_styles(page)),
        (line_break.Layout, "setup", _quick_setup(line_break)),
        (line_break.Layout, "set_text", _quick_text(line_break)),
        (line_break.Layout, "deactivate", lambda layout: None),
        (line_break.Layout, "reactivate", _quick_reactivation(line_break)),
        (inline, "split_first_line", quick_split(line_break, percent.percentage)),
        (inline, "create_layout", _late_layout(line_break)),
        (inline, "add_word_spacing", _remembered_shapes(inline)),
        (drawing, "draw_first_line", _quick_line(drawing)),
        (images, "rotate_pillow_image", _quick_rotation(images)),
        *((module, "resolve_percentages", _quick_percentages(percent)) for module in (block, inline, table)),
        *(
            (module, "strut", _quick_strut(line_break.strut))
            for module in (line_break, inline, block, table, build)
            if hasattr(module, "strut")
        ),
    ]
    if not margins:
        put.append((layout, "make_margin_boxes", lambda context, page, state: ()))  # a twentieth
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in put]
    for owner, name, new in put:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, old in before:
            setattr(owner, name, old)


class _Elements:
    """Some elements of a tree, and the anchors of others, whose only declaration is their id."""

    def __init__(self, tree) -> None:
        self._others: list = []
        self.anchors: dict[Any, str] = {}
        for element in tree.iter():
            names = element.keys()
            if "id" in names and _OWN_STYLE.isdisjoint(names) and _PLAIN_ID.fullmatch(element.get("id")):
                self.anchors[element] = element.get("id")
            elif names:
                self._others.append(element)

    def iter(self) -> list:
        return self._others


_OWN_STYLE = frozenset({"style", "lang", "name", "width", "height"})  # attributes that WeasyPrint makes declarations of
_PLAIN_ID = re.compile(r"[\w.:-]+")


def _quick_attributes(css) -> Callable:
    """Return `find_style_attributes` that keeps the anchors of elements for `_anchored_styles`, without parsing."""
    slow = css.find_style_attributes

    def find_style_attributes(tree, presentational_hints=False, base_url=None):
        if presentational_hints:
            return slow(tree, presentational_hints, base_url)
        elements = _Elements(tree)
        _ANCHORS.append(elements.anchors)
        return slow(elements, presentational_hints, base_url)

    return find_style_attributes


_ANCHORS: list[dict] = []


def _anchored_styles(css) -> Callable:
    """Return `StyleFor.__init__` that gives elements with an id the style that they would share without: a tenth."""
    slow = css.StyleFor.__init__

    class AnchoredStyle(css.ComputedStyle):
        """A style that is another one but for its anchor."""

        def __init__(self, base, anchor: str) -> None:
            self.__dict__.update(base.__dict__)
            self.__dict__.pop("anonymous_style", None)
            self.base = base
            self["anchor"] = anchor

        @property
        def anonymous_style(self):
            return self.base.anonymous_style

        def __missing__(self, key):
            base = self.base
            value = self[key] = base[key]
            if len(base) > len(self) + 8:
                own = dict(self)
                self.update(base)
                self.update(own)
            return value

    def init(self, html, sheets, presentational_hints, font_config, target_collector) -> None:
        _ANCHORS.clear()
        slow(self, html, sheets, presentational_hints, font_config, target_collector)
        computed = self.get_computed_styles()
        for anchors in _ANCHORS:
            for element, anchor in anchors.items():
                base = computed[element, None]
                if "anchor" not in base.cascaded:
                    computed[element, None] = AnchoredStyle(base, anchor)
                    if target_collector:
                        target_collector.collect_anchor(anchor)
        _ANCHORS.clear()

    return init


def _needed_styles(css) -> Callable:
    """Return `StyleFor.set_computed_styles` that leaves out the pseudo-elements of notes where there is no note."""
    slow = css.StyleFor.set_computed_styles

    def set_computed_styles(self, element, parent, root=None, pseudo_type=None, base_url=None, target_collector=None):
        if pseudo_type in _OF_NOTES:
            name, value = _OF_NOTES[pseudo_type]
            style = self.get_computed_styles()[parent, None]
            if value not in style[name]:
                return
        slow(self, element, parent, root, pseudo_type, base_url, target_collector)

    return set_computed_styles


_OF_NOTES = {
    "marker": ("display", "list-item"),
    "footnote-call": ("float", "footnote"),
    "footnote-marker": ("float", "footnote"),
    "note-call": ("position", "note()"),
    "note-marker": ("position", "note()"),
    "note-callback": ("position", "note()"),
}  # pseudo-element → the property and the value in it that make one


def _quick_style(css) -> Callable:
    """Return `ComputedStyle.__missing__` with a short way for properties that no rule sets: most of 1.5 million."""
    slow = css.ComputedStyle.__missing__
    physical = frozenset(css.PHYSICAL_FUNCTIONS)
    logical = frozenset(
        function(block="ttb", inline=inline)
        for function in css.PHYSICAL_FUNCTIONS.values()
        for inline in ("ltr", "rtl")
    )
    odd = {"page", "position", "float", "display"}
    simple = {name for name in css.INITIAL_VALUES if name not in odd and not name.startswith("text_decoration_")}
    inherited = frozenset(simple & set(css.INHERITED))
    initial = {name: css.INITIAL_VALUES[name] for name in simple - inherited - set(css.INITIAL_NOT_COMPUTED)}

    def missing(self, key):
        cascaded = self.cascaded
        if key in cascaded or (key in physical and not logical.isdisjoint(cascaded)):
            return slow(self, key)
        if key in initial:
            value = self[key] = initial[key]
            return value
        if key in inherited and self.parent_style is not None:
            value = self[key] = self.parent_style[key]
            return value
        return slow(self, key)

    return missing


def _quick_anonymous_style(css) -> Callable:
    """Return `AnonymousStyle.__missing__` that first does what it most often does."""
    slow = css.AnonymousStyle.__missing__
    inherited = frozenset(css.INHERITED) | {"page"}
    initial = {
        name: value
        for name, value in css.INITIAL_VALUES.items()
        if name not in inherited and name not in css.INITIAL_NOT_COMPUTED and not name.startswith("text_decoration_")
    }

    def missing(self, key):
        if key in initial:
            value = self[key] = initial[key]
        elif key in inherited:
            value = self[key] = self.parent_style[key]
        else:
            value = slow(self, key)
        return value

    return missing


def _quick_page_styles(page) -> Callable:
    """Return `set_page_type_computed_styles` that gives pages of one kind one style: half of what margins cost."""
    slow = page.set_page_type_computed_styles

    def set_page_type_computed_styles(page_type, html, style_for) -> None:
        if "kinds_of_pages" not in style_for.__dict__:
            counted = any(one.index for _, _, one in _page_selectors(style_for))
            style_for.kinds_of_pages = None if counted else {}
        kinds = style_for.kinds_of_pages
        if kinds is None:
            slow(page_type, html, style_for)
            return
        kind = (page_type.side, page_type.blank, page_type.index == 0, page_type.name)
        computed = style_for.get_computed_styles()
        if kind not in kinds:
            slow(page_type, html, style_for)
            kinds[kind] = [(pseudo, computed[owner, pseudo]) for owner, pseudo in computed if owner is page_type]
        for pseudo, style in kinds[kind]:
            computed[page_type, pseudo] = style

    return set_page_type_computed_styles


def _page_selectors(style_for) -> Iterator[tuple]:
    for sheet, _, _ in style_for._sheets:
        for _, selectors, _ in sheet.page_rules:
            yield from selectors


def _quick_percentages(percent) -> Callable:
    """Return `resolve_percentages` that keeps with each style what it makes of it in a containing block: a twentieth."""
    slow = percent.resolve_percentages
    sides = ("top", "right", "bottom", "left")
    axes = ("width", "height")
    names = (
        *(f"{what}_{side}" for what in ("margin", "padding") for side in sides),
        *(f"border_{side}_width" for side in sides),
        *axes, *(f"min_{axis}" for axis in axes), *(f"max_{axis}" for axis in axes),
    )  # fmt: skip

    def resolve_percentages(box, containing_block) -> None:
        if isinstance(containing_block, tuple):
            size = containing_block
        else:
            size = containing_block.width, containing_block.height
        kept = box.style.__dict__
        kept = kept.get("base", box.style).__dict__.setdefault("resolved", {})
        found = kept.get(size)
        if found is not None:
            box.__dict__.update(found)
            return
        slow(box, containing_block)
        if box.style["border_collapse"] != "collapse":
            kept[size] = {name: box.__dict__[name] for name in names}

    return resolve_percentages


def _quick_rotation(images) -> Callable:
    """Return `rotate_pillow_image` that takes a PNG which says that it stands upright as it is, and not a copy."""
    slow = images.rotate_pillow_image

    def rotate_pillow_image(picture, orientation):
        if orientation == "from-image" and picture.format == "PNG":
            if picture.getexif().get(_ORIENTATION) not in _ROTATED:
                return picture
        return slow(picture, orientation)

    return rotate_pillow_image


_ORIENTATION, _ROTATED = 0x0112, range(2, 9)  # https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf, 4.6.4, A


def _quick_strut(slow: Callable) -> Callable:
    """Return `strut` that keeps its result with the style, whose fonts it would else write out for a key."""

    def strut(style):
        found = style.__dict__.get("strut")
        if found is None:
            base = style.__dict__.get("base")
            found = style.__dict__["strut"] = slow(style) if base is None else strut(base)
        return found

    return strut


def _quick_text(line_break) -> Callable:
    """Return `Layout.set_text` that says at once that a text is one paragraph: drawing would ask for new shapes."""
    slow = line_break.Layout.set_text
    pango = line_break.pango

    def set_text(self, text, justify=False) -> None:
        alone = _PARAGRAPH_ENDS.isdisjoint(text)
        pango.pango_layout_set_single_paragraph_mode(self.layout, alone)
        slow(self, text, justify)
        self.kept, self.widening = alone and not justify, 0

    return set_text


def _quick_reactivation(line_break) -> Callable:
    """Return `Layout.reactivate` that draws text as it was shaped for layout, unless it is cut.

    In a justified line its spaces are widened while it is drawn, as Pango does
    if it is told to; see `_quick_line`.
    """
    ffi, pango = line_break.ffi, line_break.pango

    def is_one_line(layout) -> bool:
        return layout.kept and pango.pango_layout_get_line_readonly(layout.layout, 1) == ffi.NULL

    def reactivate(self, style) -> None:
        if not self.justification_spacing:
            if self.kept and self.style is style and is_one_line(self):
                return
        elif (shaped := self.__dict__.pop("shaped", None)) is not None:
            plain = style["letter_spacing"] == "normal" and not style["word_spacing"]
            if plain and shaped.style is style and _ODD_SPACES.search(self.text) is None and is_one_line(shaped):
                self.layout, self.style = shaped.layout, style
                self.widening = int(self.justification_spacing * line_break.TO_UNITS)
                return
        self.widening = 0
        self.setup(style)
        self.set_text(self.text, justify=True)

    return reactivate


_SPACES = (" ", "\u00a0")  # those that are widened in justified lines
_ODD_SPACES = re.compile("[ \u00a0]{2}|^ $|\u00a0$")  # that Pango widens otherwise


def _remembered_shapes(inline) -> Callable:
    """Return `add_word_spacing` that leaves with a justified line how it was shaped before."""
    slow = inline.add_word_spacing

    def add_word_spacing(context, box, justification_spacing, x_advance):
        before = getattr(box, "pango_layout", None)
        advance = slow(context, box, justification_spacing, x_advance)
        now = getattr(box, "pango_layout", None)
        if now is not before and before.kept and not before.justification_spacing and before.text == now.text:
            now.shaped = before
        return advance

    return add_word_spacing


def _late_layout(line_break) -> Callable:
    """Return the `create_layout` of justified lines, which is only set up when it is drawn: a fiftieth."""
    slow = line_break.create_layout

    def create_layout(text, style, context, max_width, justification_spacing):
        if style["text_decoration_line"] != "none" or not _PARAGRAPH_ENDS.isdisjoint(text):
            return slow(text, style, context, max_width, justification_spacing)
        layout = object.__new__(line_break.Layout)
        layout.text, layout.justification_spacing, layout.max_width = text, justification_spacing, max_width
        layout.first_line_direction = 0
        layout.kept, layout.widening = False, 0
        return layout

    return create_layout


def _quick_line(drawing) -> Callable:
    """Return `draw_first_line` that writes each glyph of a width and a shift once, and remembers how.

    A line that holds anything out of the ordinary is drawn by WeasyPrint:
    pictures, raised glyphs, characters without a glyph.
    """
    slow = drawing.draw_first_line
    ffi, pango, from_units = drawing.ffi, drawing.pango, drawing.FROM_UNITS
    in_turns = ffi.sizeof("PangoGlyphInfo") == _GLYPH_FIELDS * 4  # glyph, width, two offsets, attributes
    sizes_are_told = pango.pango_version() >= 14802
    first_odd = min(pango.PANGO_GLYPH_EMPTY, pango.PANGO_GLYPH_UNKNOWN_FLAG)

    def write_glyph(stream, font, pango_font, size, glyph: int, width: int, offset: int) -> str:
        if glyph not in font.widths:
            pango.pango_font_get_glyph_extents(pango_font, glyph, stream.ink_rect, stream.logical_rect)
            font.widths[glyph] = round(stream.logical_rect.width * 1000 * from_units / size)
        shift = offset / size
        kerning = int(font.widths[glyph] + shift - width * 1000 * from_units / size)
        before, behind = f">{-shift}<" if shift else "", f">{kerning}<" if kerning else ""
        return f"{before}{glyph:04x}{behind}"

    def draw(stream, textbox, text_overflow, block_ellipsis, matrix) -> list:
        layout = textbox.pango_layout
        widening = layout.widening

        def give_up() -> list:
            if widening:
                layout.reactivate(textbox.style)  # which shapes it anew, as there is nothing remembered any more
                return draw(stream, textbox, text_overflow, block_ellipsis, matrix)
            return slow(stream, textbox, text_overflow, block_ellipsis, matrix)

        if text_overflow == "ellipsis" or block_ellipsis != "none" or not in_turns or not sizes_are_told:
            return give_up()
        if not textbox.text.strip() or textbox.style["font_size"] < 1e-6:
            return []
        pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
        line, _ = layout.get_first_line()
        drawn: list[tuple] = []  # (font, size, what is shown in it)
        shown, before, font, size, text, widened = "", None, None, 0, None, 0
        run = line.runs[0]
        while run != ffi.NULL:
            item, glyphs = run.data.item, run.data.glyphs
            run = run.next
            pango_font = item.analysis.font
            if pango_font != before:
                if before is not None:
                    drawn.append((font, size, shown))
                before, shown = pango_font, ""
                font, size = stream.add_font(pango_font)
                if font.bitmap or font.png or font.svg or font.colr:
                    return give_up()
                written = font.__dict__.setdefault("written", {}).setdefault(size, {})
            count = glyphs.num_glyphs
            numbers = memoryview(ffi.buffer(glyphs.glyphs, count * _GLYPH_FIELDS * 4)).cast("i").tolist()
            if any(numbers[3::_GLYPH_FIELDS]):
                return give_up()
            keys = list(zip(*(numbers[field::_GLYPH_FIELDS] for field in range(3)), strict=True))
            pieces = list(map(written.get, keys))
            for at in [at for at, piece in enumerate(pieces) if piece is None]:
                glyph, *place = keys[at]
                if not 0 <= glyph < first_odd:
                    return give_up()
                if glyph not in font.to_unicode:
                    text = text or layout.text.encode()
                    font.to_unicode[glyph] = _written_as(item, glyphs.log_clusters, at, count, text)
                pieces[at] = written[keys[at]] = write_glyph(stream, font, pango_font, size, glyph, *place)
            if widening:
                spaces = [at for at, key in enumerate(keys) if font.to_unicode.get(key[0]) in _SPACES]
                for at in spaces:
                    glyph, width, offset = keys[at]
                    if offset or "<" in pieces[at] or (at and pieces[at - 1].endswith("<")):
                        return give_up()  # a pair of a letter and a space; Pango would part them
                    if at == 0 and item.offset == 0:
                        left = 0
                    elif at == count - 1 and run == ffi.NULL:
                        left = widening
                    else:
                        left = widening // 2
                    key = glyph, width + widening, left
                    if key not in written:
                        written[key] = write_glyph(stream, font, pango_font, size, *key)
                    pieces[at] = written[key]
                widened += len(spaces)
            inner = "".join(pieces)
            # A turn of the pen behind the last glyph ends the string already.
            shown += f"<{inner[:-1]}" if inner.endswith("<") else f"<{inner}>" if inner else ""
        if widening and widened != sum(map(layout.text.count, _SPACES)):
            return give_up()
        drawn.append((font, size, shown))
        stream.set_text_matrix(*matrix.values)
        for at, (font, size, shown) in enumerate(drawn):
            stream.set_font_size(font.hash, size)
            if shown or at == len(drawn) - 1:
                stream.show_text(shown)
        return []

    return draw


def _written_as(item, clusters, at: int, count: int, text: bytes) -> str:
    """Return the characters that a glyph of a run stands for; `text` is the line's."""
    if item.analysis.level % 2:  # right to left
        end = item.length if at == 0 else clusters[at - 1]
    else:
        end = item.length if at == count - 1 else clusters[at + 1]
    return text[item.offset + clusters[at] : item.offset + end].decode()


_GLYPH_FIELDS = 5  # numbers of 4 bytes in a PangoGlyphInfo
_PARAGRAPH_ENDS = frozenset("\n\r\u2028\u2029")


def _quick_setup(line_break) -> Callable:
    """Return `Layout.setup` that keeps with each style what only depends on it: 100,000 times, a twentieth."""
    ffi, pango, gobject = line_break.ffi, line_break.pango, line_break.gobject
    units = line_break.FROM_UNITS

    def prepare(style) -> tuple:
        context = ffi.gc(
            pango.pango_font_map_create_context(style.font_config.font_map), gobject.g_object_unref
        )  # fmt: skip
        pango.pango_context_set_round_glyph_positions(context, False)
        pango.pango_context_set_base_dir(context, line_break.PANGO_DIRECTION[style["direction"]])
        code = style["font_language_override"]
        code = line_break.LST_TO_ISO.get(code.lower(), code) if code != "normal" else style["lang"]
        if code:
            pointer, _ = line_break.unicode_to_char_p(code)
            language = pango.pango_language_from_string(pointer)
            pango.pango_context_set_language(context, language)
        else:
            language = pango.pango_language_get_default()
        description = line_break.get_font_description(style)
        measures: tuple = (None, None, None)
        if style["text_decoration_line"] != "none":
            metrics = ffi.gc(
                pango.pango_context_get_metrics(context, description, language), pango.pango_font_metrics_unref
            )  # fmt: skip
            measures = (
                units * pango.pango_font_metrics_get_ascent(metrics),
                units * pango.pango_font_metrics_get_underline_position(metrics),
                units * pango.pango_font_metrics_get_strikethrough_position(metrics),
                units * pango.pango_font_metrics_get_underline_thickness(metrics),
                units * pango.pango_font_metrics_get_strikethrough_thickness(metrics),
            )
        features = line_break.font_features(
            style["font_kerning"], style["font_variant_ligatures"], style["font_variant_position"],
            style["font_variant_caps"], style["font_variant_numeric"], style["font_variant_alternates"],
            style["font_variant_east_asian"], style["font_feature_settings"],
        )  # fmt: skip
        attribute = None
        if features:
            words = ",".join(f"{key} {value}" for key, value in features.items()).encode()
            kept = style.font_config.font_features
            if words not in kept:
                kept[words] = pango.pango_attr_font_features_new(words)
            attribute = kept[words]
        return context, language, description, measures, attribute

    def setup(self, style) -> None:
        prepared = style.__dict__.get("prepared")
        if prepared is None:
            prepared = style.__dict__["prepared"] = prepare(style)
        context, self.language, description, measures, attribute = prepared
        self.style = style
        self.first_line_direction = 0
        self.layout = layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
        pango.pango_layout_set_auto_dir(layout, False)
        pango.pango_layout_set_font_description(layout, description)
        self.ascent, self.underline_position, self.strikethrough_position = measures[:3]
        if len(measures) == 5:
            self.underline_thickness, self.strikethrough_thickness = measures[3:]
        if attribute is not None:
            attributes = pango.pango_attr_list_new()
            pango.pango_attr_list_insert(attributes, attribute)
            pango.pango_layout_set_attributes(layout, attributes)

    return setup
