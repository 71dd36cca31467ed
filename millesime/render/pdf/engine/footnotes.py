"""Let footnotes run on over pages: the whole note of each call is printed once, in order.

WeasyPrint moves notes between pages as whole boxes while it breaks lines: a
note can be forgotten on the way, and a note taller than the page is cut. Here
each page is looked at once its text is laid out. If all notes called on the
page stand on it and fit, nothing changes. Otherwise the page is laid out
again with a fixed height left to notes (`_lay_apart`): its last note may then
begin there and run on over the next pages, and whatever a page leaves comes
first on the page after it. What is left where a chapter ends, or where a page
is forced, gets pages of its own.

The rule for the last note of a page is TeX's: the line that calls it stays,
and the note takes the room below that line.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

from millesime.render.pdf.engine.replaced import replaced

_SHARE = 2 / 3  # of a page's height: what notes may take where text is left to be set
_SHORT = 4  # lines: a note as short as this moves with the line that calls it, rather than being split
_GAP = 1 / 6  # of a page's height: if a note leaves more than this empty before it, it is split
_NEAR_PX = 0.01
_LINE_PX = 20  # more than a line of text: what a paragraph may want to keep together
_TRIES = 6  # layouts of one page, before its notes go to the next page


@dataclass(frozen=True, slots=True)
class _Rest:
    """What a page leaves to the next: notes, the first of them from a place on, as WeasyPrint names places."""

    notes: tuple = ()
    skip: Any = None


@dataclass(frozen=True, slots=True)
class _Laid:
    """What is remembered of a page."""

    given: _Rest  # from the page before
    rest: _Rest
    begun: frozenset  # notes that begin on this page or an earlier one, or are left to the next
    name: Any  # of the kind of page that its last text asks for


@dataclass(slots=True)
class _Sheet:
    """A page while it is laid out."""

    given: _Rest
    begun: frozenset
    alone: bool = False  # nothing but notes
    body_is_laid: bool = False
    apart: bool = False  # WeasyPrint's own way with notes is off
    was_pushed: bool = False  # a line went to the next page since its note did not fit
    is_to_settle: bool = False  # WeasyPrint's own way will not do
    notes: tuple = ()  # where `apart`: the notes to print from `given.skip` on, and their room in CSS pixels
    room: float = 0.0
    later: tuple = ()  # to be printed after these
    printed: tuple = ()
    rest: _Rest = field(default_factory=_Rest)


@dataclass(slots=True)
class _Survey:
    """What stands in the text of a page: the notes called there, with the bottom of each call's line, CSS pixels."""

    calls: dict[Any, float] = field(default_factory=dict)
    bottom: float = -inf


@contextmanager
def running_on() -> Iterator[None]:
    """Let footnotes run on over pages until the block ends; for versions that `internals` knows."""
    from weasyprint import layout
    from weasyprint.layout import page

    context = layout.LayoutContext
    make_page, level = page.make_page, page.block_level_layout
    unlayout, report = context.unlayout_footnote, context.report_footnote

    def unlayout_footnote(self, footnote) -> None:
        if not self.sheet.apart:
            unlayout(self, footnote)

    def report_footnote(self, footnote) -> None:
        self.sheet.was_pushed = True
        report(self, footnote)

    def block_level_layout(context, box, bottom_space, skip_stack, *others, **named):
        if box is context.current_footnote_area or type(box).__name__ == "FootnoteAreaBox":
            return _lay_area(level, context, box, bottom_space, skip_stack, *others, **named)
        if box.is_for_root_element and not context.sheet.body_is_laid:
            context.sheet.body_is_laid = True
            return _Body(level, context, box, skip_stack, *others).lay()
        return level(context, box, bottom_space, skip_stack, *others, **named)

    put = [
        (layout, "make_all_pages", _make_all_pages(page)),
        (page, "make_page", _make_page(page, make_page)),
        (page, "block_level_layout", block_level_layout),
        (context, "unlayout_footnote", unlayout_footnote),
        (context, "report_footnote", report_footnote),
    ]
    with replaced(put):
        yield


def settle_notes_first(context) -> None:
    """Have the height of the page's notes settled before its text.

    For a row of a table that could not begin: WeasyPrint fills its first cell down to the foot of the page, and finds
    no room for the notes of its other cells.
    """
    context.sheet.is_to_settle = True


# ---- pages in their order -------------------------------------------------------


def _make_all_pages(page) -> Callable:
    """Return `make_all_pages`, which also makes pages for what is left of notes, and remembers what each page left."""

    def make_all_pages(context, root_box, html, pages) -> Iterator:
        if not hasattr(context, "laid_pages"):
            context.all_notes, context.laid_pages, context.html = tuple(context.footnotes), [], html
        laid = context.laid_pages
        context.rendered_notes = []
        at = 0
        while True:
            state = context.page_maker[at][-1]
            given = laid[at - 1].rest if at else _Rest()
            is_new = at >= len(pages) or at >= len(laid) or laid[at].given != given
            if is_new or state["content_changed"] or state["pages_wanted"]:
                state.update(content_changed=False, pages_wanted=False, anchors=[], content_lookups=[])
                context.reported_footnotes = list(given.notes)
                made, resume_at = page.remake_page(at, context, root_box, html)
            else:
                made, resume_at = pages[at], context.page_maker[at + 1][0]
            yield made
            at += 1
            if resume_at is None and not laid[at - 1].rest.notes:
                del context.page_maker[at + 1 :], laid[at:]
                context.broken_out_of_flow.clear()
                context.reported_footnotes = []
                return

    return make_all_pages


def _make_page(page, slow: Callable) -> Callable:
    """Return `make_page` that takes what earlier pages left of notes, and notes what this one leaves."""

    def make_page(context, root_box, page_type, resume_at, page_number, page_state) -> tuple:
        laid = context.laid_pages
        before = laid[page_number - 2] if page_number > 1 else _Laid(_Rest(), _Rest(), frozenset(), page_type.name)
        sheet = context.sheet = _Sheet(before.rest, before.begun)
        next_page = context.page_maker[page_number - 1][1]
        is_forced = resume_at is None or next_page["break"] != "any"
        context.reported_footnotes = []
        if before.rest.notes and is_forced:
            sheet.alone = True
            # As if the page that is due had not been begun.
            page_state[3][:] = copy.deepcopy(context.page_maker[page_number - 1][3][3])
            groups = tuple((name, index) for name, index, _ in page_state[3])
            page_type = page_type._replace(blank=False, name=before.name, groups=groups)
            page.set_page_type_computed_styles(page_type, context.html, context.style_for)
            empty = root_box.copy_with_children([])
            made, _, _ = slow(context, empty, page_type, None, page_number, page_state)
        else:
            made, resume_at, next_page = slow(context, root_box, page_type, resume_at, page_number, page_state)
        held = {*sheet.printed, *sheet.rest.notes, *sheet.later}
        # Positioned boxes are laid out when the notes already stand.
        found = [note for note in _survey(made, context).calls if note not in before.begun and note not in held]
        rest = _Rest((*sheet.rest.notes, *sheet.later, *found), sheet.rest.skip)
        begun = before.begun | held | set(found)
        text = made.children[0]
        name = text.page_values()[1] if text.children else before.name
        laid[page_number - 1 :] = [_Laid(before.rest, rest, begun, name), *laid[page_number:]]
        return made, resume_at, next_page

    return make_page


# ---- the text of a page ---------------------------------------------------------


class _Body:
    """The text of one page, laid out as often as its notes ask for."""

    def __init__(
        self, level, context, root, resume_at, containing_block, page_is_empty, absolute_boxes, fixed_boxes, margins
    ) -> None:  # fmt: skip
        self.level, self.context, self.root, self.resume_at = level, context, root, resume_at
        self.sheet, self.area, self.page_bottom = context.sheet, context.current_footnote_area, context.page_bottom
        self.page_height = self.area.page.height
        self.others = (containing_block, page_is_empty, absolute_boxes, fixed_boxes)
        self.margins = margins
        self.restore = _restorer(context, root, (absolute_boxes, fixed_boxes))

    def lay(self) -> tuple:
        """Return what `block_level_layout` returns for the root, and put what becomes of notes on the sheet."""
        given, context = self.sheet.given, self.context
        if self.sheet.alone:
            return self._print(given.notes, self.page_height, self._lay_root(0))
        if not given.notes:
            context.footnotes = [note for note in context.all_notes if note not in self.sheet.begun]
            found = self._lay_root(None)
            if not context.all_notes or found[0] is None or self._is_whole(found):
                return found
            self.restore()
        return self._lay_apart()

    def _lay_root(self, room: float | None) -> tuple:
        """Lay out the text above a room for notes, CSS pixels; None: as WeasyPrint does."""
        context = self.context
        if room is not None:
            self.sheet.apart = True
            context.footnotes, context.current_page_footnotes, context.reported_footnotes = [], [], []
            self.area.children, self.area.height = [], "auto"
            context.page_bottom = self.page_bottom - room
        return self.level(context, self.root, 0, self.resume_at, *self.others, list(self.margins))

    def _is_whole(self, found: tuple) -> bool:
        """Say whether all notes called on a page stand on it, below its text, and leave no large gap."""
        context = self.context
        seen = _survey(found[0], context)
        if list(context.current_page_footnotes) != self._fresh(seen) or context.reported_footnotes:
            return False
        if self.sheet.is_to_settle:
            return False
        bottom = context.page_bottom
        is_tight = self.page_bottom - bottom > self.page_height or seen.bottom > bottom + _NEAR_PX
        if context.current_page_footnotes and is_tight:
            return False
        return not (self.sheet.was_pushed and bottom - seen.bottom > self.page_height * _GAP)

    def _fresh(self, seen: _Survey) -> list:
        return [note for note in seen.calls if note not in self.sheet.begun]

    def _lay_apart(self) -> tuple:
        """Lay out the text above notes whose height is settled first.

        A layout without new notes says where each note is called, and so
        which of them have room below their calls.
        """
        given = self.sheet.given
        most = self.page_height * _SHARE
        room = self._height(given.notes)
        if room > most:
            found = self._again(most)
            return self._print((*given.notes, *self._fresh(self._seen(found))), most, found)
        found = self._again(room)
        for _ in range(_TRIES):
            seen = self._seen(found)
            calls = self._fresh(seen)
            notes = (*given.notes, *calls)
            area, _ = self._area(notes)
            whole = area.margin_height()
            if whole <= room + _NEAR_PX:
                return self._print(notes, whole, found)
            ends = [_end(child) - area.position_y + self._below for child in area.children[len(given.notes) :]]
            fit = sum(seen.calls[call] + end <= self.page_bottom for call, end in zip(calls, ends, strict=True))
            if fit == len(calls):
                room = whole
                found = self._again(room)
                continue
            beneath = self.page_bottom - seen.calls[calls[fit]]  # the call of the first note that does not fit
            begun = (*given.notes, *calls[: fit + 1])
            if len(line_bottoms(area.children[len(begun) - 1])) > _SHORT:
                least = self._least(begun)
                for room in [room for room in (beneath, beneath - _LINE_PX) if room > least] + [least]:
                    found = self._again(room)
                    if self._fresh(self._seen(found)) == calls[: fit + 1]:
                        return self._print(begun, room, found)
            room = max(self._height(begun[:-1]), min(beneath, self.page_height * _SHARE) + 1)
            found = self._again(room)
        calls = self._fresh(self._seen(found))
        return self._print((*given.notes, *calls), room, found)

    def _again(self, room: float) -> tuple:
        self.restore()
        return self._lay_root(room)

    def _seen(self, found: tuple) -> _Survey:
        return _survey(found[0], self.context) if found[0] is not None else _Survey()

    def _print(self, notes: Sequence, room: float, found: tuple) -> tuple:
        """Put notes and their room on the sheet; if what stands above needs the room, leave one of both to later."""
        sheet = self.sheet
        seen = self._seen(found)
        later: Sequence = ()
        if not sheet.alone and notes and seen.bottom > self.page_bottom - room + _NEAR_PX:
            self.restore()
            if sheet.given.notes:  # a page of nothing but notes
                sheet.notes, sheet.room, sheet.later = sheet.given.notes, self.page_height, ()
                empty = self.root.copy_with_children([])
                root = self.level(self.context, empty, 0, None, *self.others, list(self.margins))[0]
                last = self.context.page_maker[self.context.current_page - 1][1]
                return root, self.resume_at, last, [], False, None
            found = self._lay_root(0)
            notes, room, later = (), 0, self._fresh(self._seen(found))
        elif (end := _end_of_text(found)) is not None:  # all below it is free
            room = max(room, self.page_bottom - end)
        sheet.notes, sheet.room, sheet.later = tuple(notes), room, tuple(later)
        return found

    # -- how tall notes are --

    def _area(self, notes: Sequence, room: float = inf) -> tuple[Any, _Rest]:
        return _notes_area(self.level, self.context, self.area, notes, self.sheet.given.skip, room)

    def _height(self, notes: Sequence) -> float:
        return self._area(notes)[0].margin_height() if notes else 0.0

    @property
    def _below(self) -> float:
        """What stands in the area below its notes, CSS pixels."""
        area = self.area
        return area.padding_bottom + area.border_bottom_width + area.margin_bottom

    def _least(self, notes: Sequence) -> float:
        """Return the least height, CSS pixels, at which the last of these notes has begun."""
        area, _ = self._area(notes)
        for line in line_bottoms(area.children[-1])[1:]:
            room = line - area.position_y + self._below + _NEAR_PX
            _, rest = self._area(notes, room)
            if not rest.notes or (len(rest.notes) == 1 and rest.skip is not None):
                return min(room, area.margin_height())
        return area.margin_height()


def _restorer(context, root, lists: Sequence[list]) -> Callable[[], None]:
    """Return what puts back all that the layout of a page's text changes."""
    place = root.position_x, root.position_y
    kept = [(values, list(values)) for values in lists]
    broken = dict(context.broken_out_of_flow)
    shapes = {key: (values, list(values)) for key, values in context._excluded_shapes.items() if type(values) is list}
    number = context.current_page
    running = {name: list(pages[number]) for name, pages in context.running_elements.items() if number in pages}

    def restore() -> None:
        root.position_x, root.position_y = place
        for values, before in kept:
            values[:] = before
        context.broken_out_of_flow.clear()
        context.broken_out_of_flow.update(broken)
        for key in [key for key, values in context._excluded_shapes.items() if type(values) is list]:
            if key in shapes:
                shapes[key][0][:] = shapes[key][1]
            else:
                del context._excluded_shapes[key]
        for name, pages in context.running_elements.items():
            pages.pop(number, None)
            if name in running:
                pages[number] = list(running[name])

    return restore


# ---- the notes of a page ----------------------------------------------------------


def _lay_area(level, context, area, bottom_space, skip_stack, *others, **named) -> tuple:
    """Return what `block_level_layout` returns for a page's notes, and note on its sheet what was printed."""
    sheet = context.sheet
    if not sheet.apart or not sheet.notes:
        sheet.printed = tuple(context.current_page_footnotes)
        return level(context, area, bottom_space, skip_stack, *others, **named)
    absolute = named.get("absolute_boxes")
    laid, sheet.rest = _notes_area(level, context, area, sheet.notes, sheet.given.skip, sheet.room, absolute)
    if laid is None or (sheet.alone and sheet.rest == sheet.given):  # nothing of it fits a page: it will be named
        laid, sheet.rest = _notes_area(level, context, area, sheet.notes, sheet.given.skip, inf, absolute)
    sheet.printed = sheet.notes
    return laid, None, {"break": "any", "page": None}, [], False, None


def _notes_area(
    level, context, area, notes: Sequence, skip, room: float = inf, absolute_boxes: list | None = None
) -> tuple[Any, _Rest]:
    """Return notes laid out from a place in the first of them, in a room of so many CSS pixels, and the rest."""
    from weasyprint.formatting_structure import build

    holder = area.copy()
    holder.style = area.style.copy()
    holder.style["box_decoration_break"] = "clone"  # the rule stands above notes that go on, too
    holder.children = list(notes)
    holder = build.create_anonymous_boxes(holder.deepcopy())
    before, context.page_bottom = context.page_bottom, area.position_y + room
    boxes = [] if absolute_boxes is None else absolute_boxes
    try:
        bottom_space = -inf if room == inf else 0
        found = level(context, holder, bottom_space, {0: skip} if skip else None, area.page, True, boxes, boxes)
    finally:
        context.page_bottom = before
    laid, resume_at = found[:2]
    if laid is None:
        return None, _Rest(tuple(notes), skip)
    if resume_at is None:
        return laid, _Rest()
    ((at, inner),) = resume_at.items()
    # It was stretched to its room: without that, its last line stands at the foot of the page.
    laid.height = max([0.0, *(line - laid.content_box_y() for line in line_bottoms(laid))])
    return laid, _Rest(tuple(notes[at:]), inner)


# ---- boxes --------------------------------------------------------------------------


def _survey(root, context) -> _Survey:
    """Return which notes are called below a box, in order, and where its last line ends."""
    found = _Survey()
    if not context.all_notes:
        return found
    from weasyprint.formatting_structure import boxes

    waiting: list[tuple[Any, float]] = [(root, -inf)]
    while waiting:
        box, line = waiting.pop()
        box = getattr(box, "_box", box)  # a placeholder's own
        if isinstance(box, (boxes.LineBox, boxes.BlockReplacedBox)):
            line = _bottom(box)
            found.bottom = max(found.bottom, line)
        if box.footnote is not None:
            found.calls.setdefault(box.footnote, line)
        waiting += [(child, line) for child in reversed(box.children)]
    return found


def _end_of_text(found: tuple) -> float | None:
    """Return where the text above a forced break ends, or at the end of all, CSS pixels; None above other breaks.

    Boxes that the break parts are as tall as the page: what stands last inside them tells.
    """
    box, place, next_page = found[:3]
    if box is None or (place is not None and next_page["break"] == "any"):
        return None
    is_root = True
    while True:
        last = next((child for child in reversed(box.children) if child.is_in_normal_flow()), None)
        if last is None:
            return None
        inner = next(iter(place.values())) if place else None
        if inner is None and not (is_root and place is None):
            return last.border_box_y() + last.border_height()
        box, place, is_root = last, inner, False


def line_bottoms(root) -> list[float]:
    """Return where each line and picture below a box ends, CSS pixels; -inf for one that is not laid out yet."""
    from weasyprint.formatting_structure import boxes

    lines, waiting = [], [root]
    while waiting:
        box = waiting.pop()
        if isinstance(box, (boxes.LineBox, boxes.BlockReplacedBox)):
            lines.append(_bottom(box))
        else:
            waiting += reversed(box.children)
    return lines


def _end(box) -> float:
    """Return where a block ends, its margin included, CSS pixels."""
    return box.position_y + box.margin_height()


def _bottom(box) -> float:
    """Return where a line or picture ends, CSS pixels; -inf for one that is not laid out yet."""
    top, height = getattr(box, "position_y", None), getattr(box, "height", None)
    return top + height if isinstance(top, (int, float)) and isinstance(height, (int, float)) else -inf
