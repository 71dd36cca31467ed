"""The picture of a redline as SVG: bars, stripes and what ties them, from a layout.

Colours are attributes, so that a style sheet can replace them by class; there
are no ids, no styles and no patterns, which not all readers of SVG know.
"""

from __future__ import annotations

import itertools
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence

from lxml import etree

from millesime.assembly.typography import set_text
from millesime.redline.annex.picture_layout import (
    GONE,
    MOVED,
    NEW,
    REWORDED,
    Bar,
    Stripe,
    lay_out,
    stripes_of_moves,
)
from millesime.redline.annex.picture_text import clean, cut, fill_in, width, wrapped
from millesime.redline.model import KEPT, ChapterChange, ChapterPlace, Redline
from millesime.redline.reading.word_counts import Figures

Numbers = Mapping[str, str]  # path of a chapter → the number it bears

_SVG = "http://www.w3.org/2000/svg"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_WIDTH = 374.0  # the measure of the printed page, in points
_FONT = "Source Sans Pro, Millesime Sans, Source Sans 3, Helvetica Neue, Arial, DejaVu Sans, sans-serif"
_INK, _SOFT, _LINE = "#1f1d1b", "#5b5650", "#857f77"
_SHEET, _TIE = "#f5f2ec", "#e9e4db"
_GREEN, _RED, _BLUE = "#1c5a3c", "#8c2323", "#254a7c"
_EDGE = 0.25  # half the line around a bar
_TAB = 2.6  # how far a new stripe reaches out of its bar
_HATCH = 2.2
_FAR = 110.0  # a band in a narrow panel that goes farther is drawn as two halves


def draw_picture(
    redline: Redline,
    *,
    old: str,
    new: str,
    description: str,
    told: Sequence[str],
    figures: Sequence[Figures],
    labels: Mapping[str, str],
    language: str,
    targets: Mapping[int, str],
    numbers: tuple[Numbers, Numbers],
) -> str:
    """Return the SVG; `told` says in words what became of each of `redline.chapters`."""
    drawing = _Drawing(redline, figures, told, labels, language, targets, numbers)
    return drawing.draw(clean(old), clean(new), clean(description))


def title_of(place: ChapterPlace | None) -> str:
    """Return a chapter's title as the picture writes it, or its path if it has none."""
    return "" if place is None else clean(place.title or place.path)


class _Columns:
    """The horizontal places of one panel."""

    def __init__(self, panel: int, panels: int, *, left: float) -> None:
        apart = 13.0
        width = (_WIDTH - apart * (panels - 1)) / panels
        bar, gap = {1: (17.0, 78.0), 2: (12.0, 42.0)}.get(panels, (9.0, 34.0))
        self.left = panel * (width + apart)
        self.label_old = self.left + left - 5
        self.old = self.left + left + _EDGE
        self.old_end = self.old + bar
        self.new = self.old_end + gap
        self.new_end = self.new + bar
        self.label_new = self.new_end + _TAB + 3
        self.end = self.left + width


class _Drawing:
    """Draws one picture; its only state is the element it draws into."""

    def __init__(
        self,
        redline: Redline,
        figures: Sequence[Figures],
        told: Sequence[str],
        labels: Mapping[str, str],
        language: str,
        targets: Mapping[int, str],
        numbers: tuple[Numbers, Numbers],
    ) -> None:
        self.redline, self.figures, self.told, self.labels, self.language = redline, figures, told, labels, language
        self.targets, self.numbers = targets, numbers
        self.layout = lay_out(redline)
        self.size = 7.5 if self.layout.panels == 1 else 7.0
        left, panels = self._left_width(), self.layout.panels
        self.columns = [_Columns(panel, panels, left=left) for panel in range(panels)]
        self.named = {id(bar) for bar in self._find_named()}
        self.letters = _letters()
        self.halves: dict[tuple[int, bool], list[tuple[float, str, Bar]]] = {}

    def draw(self, old: str, new: str, description: str) -> str:
        head = 34.0
        height = round(head + self.layout.height + 3, 1)
        self.root = etree.Element(
            f"{{{_SVG}}}svg",
            nsmap={None: _SVG},
            attrib={
                "class": "change-map",
                "viewBox": f"0 0 {_n(_WIDTH)} {_n(height)}",
                "width": f"{_n(_WIDTH)}pt",
                "height": f"{_n(height)}pt",
                "role": "group" if self.targets else "img",
                _LANG: self.language,
                "font-family": _FONT,
                "font-size": _n(self.size),
                "fill": _INK,
            },
        )
        title = fill_in(self.labels["picture_title"], old=old, new=new)
        self.root.set("aria-label", title)
        _add(self.root, "title").text = title
        _add(self.root, "desc").text = description
        _add(self.root, "rect", {"class": "paper", "width": _n(_WIDTH), "height": _n(height), "fill": "#fff"})
        legend = _add(self.root, "g", {"class": "legend"})
        body = _add(self.root, "g", {"transform": f"translate(0 {_n(head)})"})
        for columns in self.columns:
            self._heads(body, columns, old, new)
        moves = etree.Element(f"{{{_SVG}}}g", {"class": "moves", "pointer-events": "none"})
        self._chapters(body, moves)
        self._moves(moves)
        self._draw_halves(moves)
        body.append(moves)
        self._legend(legend)
        return etree.tostring(self.root, encoding="unicode")

    # ---- heads and legend ----

    def _heads(self, parent, columns: _Columns, old: str, new: str) -> None:
        for text, x, end in ((old, columns.old, columns.new), (new, columns.new, columns.end)):
            self._text(parent, cut(text, end - x - 4, 8), x, -5.0, size=8, weight="600")

    def _legend(self, parent) -> None:
        x, y = _EDGE, 7.5
        for kind in (KEPT, REWORDED, NEW, GONE, MOVED):
            label = self.labels[f"picture_{kind}"]
            bar, old = 12.0, kind == GONE
            self._outline(parent, x, y - 6, bar, 7.5)
            if kind == MOVED:
                self._outline(parent, x + bar + 12, y - 6, bar, 7.5)
                self._stripe(parent, MOVED, x, y - 5.2, bar, 2.6, old=True)
                self._stripe(parent, MOVED, x + bar + 12, y - 2.2, bar, 2.6, old=False)
                self._band(parent, (x + bar, y - 5.2, y - 2.6), (x + bar + 12, y - 2.2, y + 0.4), "move")
                bar += 24.0
            elif kind == REWORDED:
                samples = [
                    Stripe(kind=kind, top=y - 5.2 + 2.2 * step, height=1.5, amount=amount)
                    for step, amount in enumerate((1.0, 0.1, 0.4))
                ]
                self._stripes(parent, kind, samples, x, bar, old=False)
            elif kind != KEPT:
                self._stripe(parent, kind, x, y - 5.2, bar, 5.9, old=old)
            tab = _TAB if kind == NEW else 0
            self._text(parent, label, x + bar + tab + 3.5, y, size=7.5)
            x += bar + tab + 3.5 + width(label, 7.5) + 12
        note = self.labels["picture_scale"]
        if self.halves:
            note += f" {self.labels['picture_letters']}"
        self._text(parent, cut(note, _WIDTH, 7), 0, 18.5, size=7, fill=_SOFT)

    # ---- chapters ----

    def _chapters(self, parent, moves) -> None:
        bars_old = {change: bar for bar in self.layout.old for change in bar.changes}
        bars_new = {change: bar for bar in self.layout.new for change in bar.changes}
        drawn: set[int] = set()
        for change, chapter in enumerate(self.redline.chapters):
            old, new = bars_old.get(change), bars_new.get(change)
            told = self.told[change]
            if change in self.targets:
                group = _add(parent, "a", {"href": clean(self.targets[change]), "class": "chapter", "aria-label": told})
                for bar in (old, new):
                    if bar is not None:
                        self._reach(group, bar)
            else:
                group = _add(parent, "g", {"class": "chapter"})
                _add(group, "title").text = told
            if old is not None and new is not None:
                self._tie(group if change in self.layout.level else moves, old, new, change)
            for bar in (old, new):
                if bar is not None and id(bar) not in drawn:
                    drawn.add(id(bar))
                    self._bar(group, bar)
            # Beside the link, whose name says it whole: a name cut into lines, and numbers, are no part of a name.
            words = _add(parent, "g", {"aria-hidden": "true", "pointer-events": "none"})
            self._labels(words, chapter, old, new, change)
            if not len(words):
                parent.remove(words)

    def _reach(self, parent, bar: Bar) -> None:
        """The surface that a pointer hits, and the ring that shows the keyboard's place."""
        at = self.columns[bar.panel]
        x, end = (
            (at.left + 0.9, at.old_end + 1) if bar.old else (at.new - 1, at.end - 0.9)
        )  # the ring stays in the picture
        _add(parent, "rect", {
            "class": "reach", "x": _n(x), "y": _n(bar.top - 0.6), "width": _n(end - x),
            "height": _n(bar.height + 1.2), "fill": "none", "pointer-events": "all",
        })  # fmt: skip

    def _bar(self, parent, bar: Bar) -> None:
        x, end = self._edges(bar)
        self._outline(parent, x, bar.top, end - x, bar.height)
        for kind in (REWORDED, MOVED, GONE, NEW):
            stripes = [stripe for stripe in bar.stripes if stripe.kind == kind]
            if stripes:
                self._stripes(parent, kind, stripes, x, end - x, old=bar.old)

    def _edges(self, bar: Bar) -> tuple[float, float]:
        at = self.columns[bar.panel]
        return (at.old, at.old_end) if bar.old else (at.new, at.new_end)

    def _outline(self, parent, x: float, y: float, width: float, height: float) -> None:
        _add(parent, "rect", {
            "class": "bar", "x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height), "fill": _SHEET,
            "stroke": _LINE, "stroke-width": "0.5",
        })  # fmt: skip

    def _stripe(self, parent, kind: str, x: float, y: float, width: float, height: float, *, old: bool) -> None:
        self._stripes(parent, kind, [Stripe(kind=kind, top=y, height=height)], x, width, old=old)

    def _stripes(self, parent, kind: str, stripes: Iterable[Stripe], x: float, width: float, *, old: bool) -> None:
        fills: list[str] = []
        lines: list[str] = []
        for stripe in stripes:
            y, height = stripe.top, stripe.height
            if kind == NEW:
                fills.append(_box(x, y, width + _TAB, height))
            elif kind == REWORDED:
                part = width * (0.16 + 0.5 * stripe.amount**0.5)
                fills.append(_box(x + (width - part if old else 0), y, part, height))
            elif kind == MOVED or height < 2.2:
                fills.append(_box(x, y, width, height))
            else:
                lines.append(_box(x, y, width, height) + _hatch(x, y, width, height))
        colour = {NEW: _GREEN, REWORDED: _SOFT, MOVED: _BLUE, GONE: _RED}[kind]
        if fills:
            # Paler than new text, so that grey ink tells them apart.
            pale = {"fill-opacity": "0.35", "stroke": colour, "stroke-width": "0.6"} if kind == MOVED else {}
            _add(parent, "path", {"class": kind, "d": "".join(fills), "fill": colour, **pale})
        if lines:
            _add(parent, "path", {
                "class": f"{kind} hatch", "d": "".join(lines), "fill": "none", "stroke": colour, "stroke-width": "0.7",
            })  # fmt: skip

    # ---- what ties two bars ----

    def _tie(self, parent, old: Bar, new: Bar, change: int) -> None:
        alone = len(old.changes) == len(new.changes) == 1
        name = ("tie" if alone else "tie parted") if change in self.layout.level else "tie slanting"
        self._join(parent, old, old.span(change), new, new.span(change), name)

    def _join(self, parent, old: Bar, left: tuple[float, float], new: Bar, right: tuple[float, float], name: str):
        """Tie two intervals by a band, or by a letter where a band would cross half the page."""
        far = self.layout.panels > 1 and abs(sum(left) - sum(right)) / 2 > _FAR
        if old.panel == new.panel and not far:
            self._band(parent, (self._edges(old)[1], *left), (self._edges(new)[0], *right), name)
            return
        letter = next(self.letters)
        for bar, (top, bottom) in ((old, left), (new, right)):
            self.halves.setdefault((bar.panel, bar.old), []).append(((top + bottom) / 2, letter, bar))

    def _draw_halves(self, parent) -> None:
        """Draw the halves of ties that letters join: a short arrow each, close ones sharing one."""
        for halves in self.halves.values():
            halves.sort(key=lambda half: half[0])
            groups: list[list] = []
            for y, letter, bar in halves:
                if groups and y - groups[-1][0] < self.size * 0.95:
                    groups[-1][1] += f"\u2009{letter}"
                else:
                    groups.append([y, letter, bar])
            for y, letters, bar in groups:
                self._half(parent, bar, y, letters)

    def _half(self, parent, bar: Bar, y: float, letters: str) -> None:
        start, end = self._edges(bar)
        inner, way = (end, 1) if bar.old else (start, -1)
        tip = inner + way * 6
        point = tip if bar.old else inner
        arrow = f"M{_n(inner)} {_n(y)}H{_n(tip)}"
        arrow += f"M{_n(point - 2.2)} {_n(y - 1.7)}L{_n(point)} {_n(y)}L{_n(point - 2.2)} {_n(y + 1.7)}"
        _add(parent, "path", {
            "class": "half", "d": arrow, "fill": "none", "stroke": _BLUE, "stroke-width": "0.7",
        })  # fmt: skip
        anchor = "start" if bar.old else "end"
        self._text(parent, letters, tip + way * 1.5, y + self.size * 0.34, anchor=anchor, fill=_BLUE)

    def _band(self, parent, left: tuple[float, float, float], right: tuple[float, float, float], name: str) -> None:
        """A band from an interval on the left to one on the right: (x, top, bottom)."""
        (x, top, bottom), (end, end_top, end_bottom) = left, right
        middle = (x + end) / 2

        def edge(from_x: float, from_y: float, to_x: float, to_y: float) -> str:
            if abs(from_y - to_y) < 0.01:
                return f"L{_n(to_x)} {_n(to_y)}"
            return f"C{_n(middle)} {_n(from_y)} {_n(middle)} {_n(to_y)} {_n(to_x)} {_n(to_y)}"

        path = f"M{_n(x)} {_n(top)}{edge(x, top, end, end_top)}V{_n(end_bottom)}{edge(end, end_bottom, x, bottom)}Z"
        look = {
            "tie": {"fill": _TIE},
            "tie parted": {"fill": _TIE, "stroke": _LINE, "stroke-width": "0.4"},
            "tie slanting": {"fill": _BLUE, "fill-opacity": "0.1", "stroke": _BLUE, "stroke-width": "0.5"},
            "move": {"fill": _BLUE, "fill-opacity": "0.22", "stroke": _BLUE, "stroke-width": "0.6"},
        }[name]
        _add(parent, "path", {"class": name, "d": path, **look})

    def _moves(self, parent) -> None:
        left, reached = stripes_of_moves(self.layout.old), stripes_of_moves(self.layout.new)
        for move in self.redline.moves:
            for (old, stripe), (new, other) in _pairs(left.get(move, []), reached.get(move, [])):
                self._join(parent, old, stripe.span, new, other.span, "move")

    # ---- words ----

    def _labels(self, parent, chapter: ChapterChange, old: Bar | None, new: Bar | None, change: int) -> None:
        if new is not None and new.changes[0] == change and id(new) in self.named:
            self._label(parent, new, right=True)
        if old is None or old.changes[0] != change or id(old) not in self.named:
            return
        if self._is_told(old):
            self._label(parent, old, right=self.layout.panels > 1, fill=_SOFT)
        elif self.layout.panels == 1:
            self._number_of(parent, old, right=False)

    def _find_named(self) -> list[Bar]:
        """Return the bars that have room for a name; of those too close to each other, the one that changed more."""
        bars = [*self.layout.new, *(self.layout.old if self.layout.panels > 1 else ())]
        bars = [bar for bar in bars if not bar.old or self._is_told(bar)]
        weights = {id(bar): sum(self.figures[change].words_changed for change in bar.changes) for bar in bars}
        named: list[Bar] = [] if self.layout.panels > 1 else list(self.layout.old)
        taken: dict[int, list[float]] = {}
        for bar in sorted(bars, key=lambda bar: -weights[id(bar)]):
            lines = taken.setdefault(bar.panel, [])
            at = bisect(lines, middle := bar.top + bar.height / 2)
            if all(abs(line - middle) >= self.size * 1.02 for line in lines[max(0, at - 1) : at + 1]):
                lines.insert(at, middle)
                named.append(bar)
        return named

    def _is_told(self, old: Bar) -> bool:
        """Whether the old name says more than the new one beside it: another title or place, or it is gone."""
        changes = [self.redline.chapters[change] for change in old.changes]
        if self.layout.panels > 1:
            return not self.layout.level & set(old.changes)  # there is no room beside a new name
        return len(changes) > 1 or old.changes[0] not in self.layout.level or changes[0].retitled

    def _left_width(self) -> float:
        """Return the width of the column of old names."""
        if self.layout.panels > 1:
            return 0.0
        told = [width(self._title_of(bar), self.size) for bar in self.layout.old if self._is_told(bar)]
        room = min(92.0, max(told, default=0.0)) + self._numbers_width(right=False)
        return room + 5 if room else 0.0

    def _numbers_width(self, *, right: bool) -> float:
        widest = max((width(clean(number), self.size) for number in self.numbers[right].values()), default=0.0)
        return widest + 4.5 if widest else 0.0

    def _title_of(self, bar: Bar) -> str:
        return set_text(title_of(bar.place), self.language)

    def _label(self, parent, bar: Bar, *, right: bool, fill: str = "") -> None:
        """Write a chapter's number and title beside its bar, or to the right of its row."""
        self._number_of(parent, bar, right=right, fill=fill)
        at = self.columns[bar.panel]
        column = self._numbers_width(right=right)
        x = at.label_new + column if right else at.label_old - column
        room = at.end - x if right else x - at.left
        text = self._title_of(bar)
        pitch = self.size * 1.15
        lines = wrapped(text, room, self.size, most=max(1, min(3, int((bar.height + 1.5) / pitch))))
        group = parent
        if lines and lines[-1].endswith("…") and not text.endswith("…"):
            group = _add(parent, "g")
            _add(group, "title").text = text
        first = self._baseline(bar) - (len(lines) - 1) / 2 * pitch
        for number, line in enumerate(lines):
            self._text(group, line, x, first + number * pitch, anchor="start" if right else "end", fill=fill)

    def _number_of(self, parent, bar: Bar, *, right: bool, fill: str = "") -> None:
        number = clean(self.numbers[not bar.old].get(bar.place.path, ""))
        if number:
            at = self.columns[bar.panel]
            x = at.label_new + self._numbers_width(right=True) - 4.5 if right else at.label_old
            self._text(parent, number, x, self._baseline(bar), anchor="end", fill=fill)

    def _baseline(self, bar: Bar) -> float:
        return bar.top + bar.height / 2 + self.size * 0.34

    def _text(
        self,
        parent,
        text: str,
        x: float,
        y: float,
        *,
        size: float = 0.0,
        anchor: str = "start",
        weight: str = "",
        fill: str = "",
    ) -> None:
        facts = {"x": _n(x), "y": _n(y)}
        if anchor != "start":
            facts["text-anchor"] = anchor
        if size and size != self.size:
            facts["font-size"] = _n(size)
        if weight:
            facts["font-weight"] = weight
        if fill:
            facts["fill"] = fill
            facts["class"] = {_SOFT: "soft", _BLUE: "letter"}[fill]
        _add(parent, "text", facts).text = text


def _pairs(left: Sequence, reached: Sequence) -> list:
    """Tie the parts of a move; where it was parted on one side only, all to the one on the other."""
    if not left or not reached:
        return []
    return list(
        zip(left, reached, strict=True)
        if len(left) == len(reached)
        else itertools.product(left, reached) if 1 in (len(left), len(reached))
        else zip(left, reached, strict=False)
    )  # fmt: skip


def _letters() -> Iterable[str]:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I or O: they look like figures
    for length in itertools.count(1):
        yield from ("".join(found) for found in itertools.product(alphabet, repeat=length))


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{_n(x)} {_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}z"


def _hatch(x: float, y: float, width: float, height: float) -> str:
    """Return slanting lines inside a rectangle, drawn as lines: not all readers of SVG know patterns."""
    out = []
    at = _HATCH
    while at < width + height:
        left, low = max(0.0, at - height), min(height, at)
        right, high = min(width, at), max(0.0, at - width)
        out.append(f"M{_n(x + left)} {_n(y + low)}L{_n(x + right)} {_n(y + high)}")
        at += _HATCH
    return "".join(out)


def _add(parent, name: str, attributes: Mapping[str, str] | None = None):
    return etree.SubElement(parent, f"{{{_SVG}}}{name}", dict(attributes or {}))


def _n(value: float) -> str:
    """Return a length with two decimals at most."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
