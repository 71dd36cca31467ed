"""Shortcuts through WeasyPrint, for the versions that `internals` knows: the same pages in less time.

They hold while units are laid out and are taken back afterwards; the plain
path does without. Each says what it saves of the layout of a book of 500
pages, nearly all text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def taken(*, margins: bool) -> Iterator[None]:
    """Take all shortcuts until the block ends; without `margins`, nothing stands in the margins of pages."""
    from weasyprint import css, layout
    from weasyprint.formatting_structure import build
    from weasyprint.layout import block, inline, table
    from weasyprint.text import line_break

    put = [
        (css.ComputedStyle, "__missing__", _quick_style(css)),
        (css.AnonymousStyle, "__missing__", _quick_anonymous_style(css)),
        (line_break.Layout, "setup", _quick_setup(line_break)),
        (line_break.Layout, "set_text", _quick_text(line_break)),
        (line_break.Layout, "deactivate", lambda layout: None),
        (line_break.Layout, "reactivate", _quick_reactivation(line_break)),
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


def _quick_strut(slow: Callable) -> Callable:
    """Return `strut` that keeps its result with the style, whose fonts it would else write out for a key."""

    def strut(style):
        found = style.__dict__.get("strut")
        if found is None:
            found = style.__dict__["strut"] = slow(style)
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
        self.kept = alone and not justify

    return set_text


def _quick_reactivation(line_break) -> Callable:
    """Return `Layout.reactivate` that draws text as it was shaped for layout, unless it is justified or cut."""
    ffi, pango = line_break.ffi, line_break.pango

    def reactivate(self, style) -> None:
        if (
            self.kept
            and self.style is style
            and not self.justification_spacing
            and pango.pango_layout_get_line_readonly(self.layout, 1) == ffi.NULL
        ):
            return
        self.setup(style)
        self.set_text(self.text, justify=True)

    return reactivate


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
