"""Patches of WeasyPrint's styles: computed once for all boxes that have the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any


def apart_from_anchors(css) -> tuple[Callable, Callable]:
    """Return `find_style_attributes` and `StyleFor.__init__` that give elements with ids the styles they share without.

    WeasyPrint makes a declaration of each id, so that no paragraph has the
    style of another: a tenth.
    """
    find, build = css.find_style_attributes, css.StyleFor.__init__
    anchors: dict[Any, str] = {}  # of the elements of the tree at hand

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
            if len(base) > len(self) + _MANY:
                own = dict(self)
                self.update(base)
                self.update(own)
            return value

    def find_style_attributes(tree, presentational_hints=False, base_url=None):
        if presentational_hints:
            return find(tree, presentational_hints, base_url)
        elements = _Elements(tree)
        anchors.update(elements.anchors)
        return find(elements, presentational_hints, base_url)

    def init(self, html, sheets, presentational_hints, font_config, target_collector) -> None:
        anchors.clear()
        build(self, html, sheets, presentational_hints, font_config, target_collector)
        computed = self.get_computed_styles()
        for element, anchor in anchors.items():
            base = computed[element, None]
            if "anchor" not in base.cascaded:
                computed[element, None] = AnchoredStyle(base, anchor)
                if target_collector:
                    target_collector.collect_anchor(anchor)
        anchors.clear()

    return find_style_attributes, init


_MANY = 8  # values of a style that are taken over at once


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


def needed_styles(css) -> Callable:
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


def quick_style(css) -> Callable:
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


def quick_anonymous_style(css) -> Callable:
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


def quick_page_styles(page) -> Callable:
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


def quick_percentages(percent) -> Callable:
    """Return `resolve_percentages` that keeps its results with the style, by the size they are for: a twentieth."""
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
        kept = _kept_with(box.style).setdefault("resolved", {})
        found = kept.get(size)
        if found is not None:
            box.__dict__.update(found)
            return
        slow(box, containing_block)
        if box.style["border_collapse"] != "collapse":
            kept[size] = {name: box.__dict__[name] for name in names}

    return resolve_percentages


def quick_strut(slow: Callable) -> Callable:
    """Return `strut` that keeps its result with the style, whose fonts it would else write out for a key."""

    def strut(style):
        kept = _kept_with(style)
        found = kept.get("strut")
        if found is None:
            found = kept["strut"] = slow(style)
        return found

    return strut


def _kept_with(style) -> dict[str, Any]:
    """Return where to keep what follows from a style: with the one that it shares but for an anchor."""
    own = style.__dict__
    base = own.get("base")
    return own if base is None else base.__dict__


def quick_flow(boxes) -> Callable:
    """Return `Box.is_in_normal_flow` that asks most boxes two things instead of five: a fiftieth."""
    slow = boxes.Box.is_in_normal_flow

    def is_in_normal_flow(self) -> bool:
        style = self.style
        if style["float"] == "none" and style["position"] in ("static", "relative"):
            return True
        return slow(self)

    return is_in_normal_flow


def quick_page_values(boxes) -> Callable:
    """Return `ParentBox.page_values` that follows first and last children alone: a hundredth."""

    def edge(box, *, last: bool) -> str:
        """Return what the innermost of first, or last, children that are in the flow, or float, says."""
        found = ""
        while type(box).page_values is page_values:
            found = box.style["page"] or found
            for child in reversed(box.children) if last else box.children:
                if child.is_in_normal_flow() or child.is_floated():
                    box = child
                    break
            else:
                return found
        return box.page_values()[last] or found

    def page_values(self) -> tuple[str, str]:
        return edge(self, last=False), edge(self, last=True)

    return page_values


def quick_avoidance(floats, boxes) -> Callable:
    """Return `avoid_collisions` that gives a line at once the room of its block where nothing floats: a hundredth."""
    slow = floats.avoid_collisions

    def avoid_collisions(context, box, containing_block, outer=True) -> tuple[float, float, float]:
        is_line = outer and type(box) is boxes.LineBox
        if not is_line or context.excluded_shapes or containing_block.style["direction"] != "ltr":
            return slow(context, box, containing_block, outer)
        left = containing_block.content_box_x()
        # Rounded as WeasyPrint's: it is the difference of two places.
        return left, box.position_y, left + containing_block.width - left

    return avoid_collisions


def quick_descendants(boxes) -> Callable:
    """Return `Box.descendants` of one generator instead of one for each level: a hundredth."""
    is_box, slow = boxes.Box, boxes.Box.descendants

    def descendants(self, placeholders=False) -> Iterator:
        if placeholders:
            yield from slow(self, placeholders)
            return
        waiting = [self]
        while waiting:
            box = waiting.pop()
            yield box
            if isinstance(box, is_box):
                waiting += box.children[::-1]

    return descendants


def quick_backgrounds(background, color) -> Callable:
    """Return `layout_box_backgrounds` that asks once for each style whether there is anything to do: a fiftieth."""
    slow = background.layout_box_backgrounds
    corners = [f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left")]
    nothing = {**dict.fromkeys(corners, (0, 0)), "background": None}

    def is_bare(style) -> bool:
        kept = _kept_with(style)
        found = kept.get("bare_box")
        if found is None:
            found = kept["bare_box"] = bool(
                all((0, "px") in style[corner] for corner in corners)
                and style["border_image_source"][0] == style["mask_border_source"][0] == "none"
                and not style["box_shadow"]
                and not any(value for _, value in style["background_image"])
                and (style["visibility"] == "hidden" or color.get_color(style, "background_color").alpha == 0)
            )
        return found

    def layout_box_backgrounds(page, box, get_image_from_uri, layout_children=True, style=None) -> None:
        if not layout_children or style is not None:
            slow(page, box, get_image_from_uri, layout_children, style)
            return
        waiting = [box]
        while waiting:
            box = waiting.pop()
            box = box.__dict__.get("_box", box)  # what is positioned has a place-holder
            if box is not page and is_bare(box.style):
                box.__dict__.update(nothing)
            else:
                slow(page, box, get_image_from_uri, False)
            waiting += box.all_children()

    return layout_box_backgrounds
