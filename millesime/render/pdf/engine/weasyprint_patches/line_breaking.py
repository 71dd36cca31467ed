"""Break a paragraph into the lines that WeasyPrint would give, shaping the text once.

WeasyPrint shapes a line several times: with what may stand behind it, with the
next word, with each beginning of that word that a hyphen could follow, and
alone. Here a text is shaped once, the ends of its lines are found by sums of
its glyphs' widths, and a line is drawn with the glyphs that it has there. What
is not clear from sums is left to WeasyPrint: a word that nearly fits, a word
longer than a line, whatever is set unusually. A line of several fonts, or
whose last letter makes a pair with what stands behind it, is shaped alone.
Short texts that come again, in whatever document, are not shaped again.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from math import inf
from typing import Any

from millesime.render.pdf.engine.weasyprint_patches.shaping import (
    GLYPH_FIELDS,
    SHORT,
    Run,
    glyph_numbers,
    glyph_widths,
    have_glyph_numbers,
    make_pieces,
    settings,
)

# Scripts whose letters look and measure the same whatever stands beside them: Latin, Greek, Cyrillic, their marks.
_PLAIN = re.compile(r"[ -~\u00a0-\u00ac\u00ae-\u052f\u1e00-\u1fff\u2010-\u2027\u202f-\u205f\u20a0-\u2bff]*")
_DOUBT = 0.15  # of the size of the type: what a pair of letters that a line's end parts may differ from both together
_KEPT = 20_000  # texts that are known of each setting, most of which came once: some megabytes
_EQUAL_PX = 0.01  # widths that differ by less may be compared differently by Pango, in its own units


class _Shaped:
    """A text shaped in one line; places are counted in characters, widths in Pango's units."""

    __slots__ = ("breaks", "ends", "layout", "measures", "run", "style", "text", "xs")

    def __init__(self, text: str, style: Any, layout: Any, measures: list) -> None:
        self.text, self.style, self.layout = text, style, layout
        self.measures = measures  # height and baseline, in CSS pixels
        self.xs: list[int] | None = None  # where each character begins, and where the last one ends; [0]: not known
        self.breaks: list[int] = []  # where a line may begin
        self.ends: list[int] = []  # where the line before ends, without the space
        self.run: Run | None = None  # all its glyphs, if they are of one font


def quick_split(line_break: Any, percentage: Callable) -> Callable:
    """Return `split_first_line` for the lines of ordinary paragraphs; `line_break` is its module.

    `percentage` is WeasyPrint's.
    """
    slow = line_break.split_first_line
    ffi, pango, pyphen = line_break.ffi, line_break.pango, line_break.pyphen
    unit = 1 / line_break.FROM_UNITS
    extents, width_of = ffi.new("PangoRectangle *"), glyph_widths(ffi, pango)
    pieces, setting_of = make_pieces(line_break), settings(line_break)
    probe = ffi.new("PangoLogAttr *", {"is_line_break": 1})
    line_break_bit = int.from_bytes(ffi.buffer(probe), sys.byteorder)
    is_known = have_glyph_numbers(ffi) and ffi.sizeof("PangoLogAttr") == 4
    last: list[_Shaped] = []  # the text that was split last: its next line is split next

    def split(text, style, context, max_width, justification_spacing, is_line_start=True, minimum=False):
        def give_up() -> tuple:
            return slow(text, style, context, max_width, justification_spacing, is_line_start, minimum)

        if max_width is None or max_width == inf or not is_known or not _is_ordinary(style):
            return give_up()
        shaped = last[0] if last else None
        if shaped is None or shaped.style is not style or not shaped.text.endswith(text):
            if found := remembered(text, style, justification_spacing, max_width):
                return found
            if _PLAIN.fullmatch(text) is None:
                return give_up()
            found = whole_line(shape(text, style, justification_spacing, max_width))
            if found[3] <= max_width:
                remember(found, text, style)
                return found
            shaped = _Shaped(text, style, found[0], found[4:])
            last[:] = [shaped]
        if shaped.xs is None:
            measure(shaped)
        return cut(shaped, len(shaped.text) - len(text), context, max_width, justification_spacing) or give_up()

    def remembered(text: str, style: Any, justification_spacing: float, max_width: float) -> tuple | None:
        """Return a text that was a line before as `whole_line` does; None if it is not remembered, or too wide."""
        found = setting_of(style).texts.get(text)
        if not found or found[2] > max_width:
            return None
        run, length, width, height, baseline = found
        layout = pieces(style, text, justification_spacing, max_width, run, (0, len(run.numbers) // GLYPH_FIELDS))
        return layout, length, None, width, height, baseline

    def remember(found: tuple, text: str, style: Any) -> None:
        """Keep a short text that is a line, the second time: names and what stands between them come all the time."""
        if len(text) > SHORT or style["text_decoration_line"] != "none":
            return
        setting = setting_of(style)
        if text not in setting.texts:
            if len(setting.texts) == _KEPT:
                setting.texts.clear()
            setting.texts[text] = ()
            return
        layout, length, _, *measures = found
        run = only_run(text, layout)
        if run and run.font not in setting.fonts:
            # One that nobody will give another text keeps the font in memory.
            run = only_run(text, shape(text, style, 0, measures[0]))
            setting.fonts[run.font] = (run.layout, {})
        if run:
            run.layout, run.numbers = None, memoryview(run.numbers.tobytes()).cast("i")  # Pango's need more room
            setting.texts[text] = (run, length, *measures)

    def only_run(text: str, layout: Any) -> Run | None:
        """Return the run that a text is, from left to right; None if it is several, or as `run_of`."""
        line, _ = layout.get_first_line()
        if line.runs == ffi.NULL or line.runs.next != ffi.NULL or line.runs.data.item.analysis.level % 2:
            return None
        return run_of(text, layout, line.runs.data)

    def run_of(text: str, layout: Any, data: Any) -> Run | None:
        """Return a run of a text from left to right; None if a letter of it is several glyphs."""
        item, glyphs = data.item, data.glyphs
        count, begins = glyphs.num_glyphs, None
        if count != item.num_chars:  # some letters are one glyph
            clusters = ffi.unpack(glyphs.log_clusters, count)
            if len(set(clusters)) != count:
                return None
            part = text.encode()[item.offset : item.offset + item.length]
            ends = [*clusters[1:], item.length]
            lengths = [len(part[at:end].decode()) for at, end in zip(clusters, ends, strict=True)]
            begins = list(accumulate(lengths, initial=0))
        return Run(text, layout, item.analysis.font, glyph_numbers(ffi, glyphs), begins)

    def shape(text: str, style: Any, justification_spacing: float, max_width: float) -> Any:
        layout = line_break.Layout(style, justification_spacing, max_width)
        layout.set_text(text)
        return layout

    def measure(shaped: _Shaped) -> None:
        """Find where characters stand and lines may end, unless the text runs from right to left."""
        line, _ = shaped.layout.get_first_line()
        widths: list[int] = []
        shaped.xs = [0]
        run = line.runs
        alone = run != ffi.NULL and run.next == ffi.NULL
        while run != ffi.NULL:
            if run.data.item.analysis.level % 2:
                return
            part = run_of(shaped.text, shaped.layout, run.data)
            if part is None:
                return
            run = run.next
            wide = part.numbers[1::GLYPH_FIELDS].tolist()
            if part.begins is not None:
                lengths = map(int.__sub__, part.begins[1:], part.begins)
                wide = [width // length for width, length in zip(wide, lengths, strict=True) for _ in range(length)]
            widths += wide
            if alone:
                shaped.run = part
        text, length = shaped.text, len(shaped.text)
        if len(widths) != length:
            return
        xs = list(accumulate(widths, initial=0))
        attributes = pango.pango_layout_get_log_attrs_readonly(shaped.layout.layout, ffi.NULL)
        bits = memoryview(ffi.buffer(attributes, (length + 1) * 4)).cast("I").tolist()
        shaped.breaks = [at for at in range(1, length) if bits[at] & line_break_bit]
        shaped.ends = [xs[len(text[:at].rstrip(" ")) if text[at - 1] == " " else at] for at in shaped.breaks]
        shaped.xs = xs

    def cut(shaped: _Shaped, start: int, context, max_width: float, justification_spacing: float) -> tuple | None:
        """Return the line that begins at a character, as `split_first_line` does; None if in doubt."""
        text, style, xs = shaped.text, shaped.style, shaped.xs
        if len(xs) <= start + 1:
            return None
        doubt = style["font_size"] * _DOUBT * unit
        least, most = xs[start] + (max_width - _EQUAL_PX) * unit, xs[start] + max_width * unit + doubt
        if xs[-1] <= most:
            if xs[-1] > least:
                return None
            found = line_of(shaped, start, len(text), justification_spacing, max_width)
            return found if found[3] <= max_width else None
        found = bisect_right(shaped.ends, least) - 1
        if found < 0 or shaped.breaks[found] <= start:
            return None
        place = shaped.breaks[found]
        behind = shaped.breaks[found + 1] if found + 1 < len(shaped.breaks) else None
        if (xs[len(text.rstrip(" "))] if behind is None else shaped.ends[found + 1]) <= most:
            return None
        whole = text[start:place]
        shown = whole.rstrip(" ")
        if not shown:
            return None
        room = max_width - (shaped.ends[found] - xs[start]) / unit
        for beginning in beginnings(text[place : behind and behind - 1], style, context, room, max_width):
            if beginning is None:
                return None
            if xs[place + len(beginning)] > most:
                continue  # too wide without the hyphen
            hyphenated = line_break.create_layout(
                whole + beginning + style["hyphenate_character"], style, context, max_width, justification_spacing
            )
            if hyphenated.get_first_line()[1] is not None:
                continue
            layout, _, _, width, *heights = whole_line(hyphenated)
            length = len((whole + beginning).encode())
            return (layout, length, length, width, *heights) if width <= max_width else None
        layout, length, _, width, *heights = line_of(
            shaped, start, start + len(shown), justification_spacing, max_width
        )
        if width > max_width:  # the line's last letter and the one behind it are a pair
            return None
        return layout, length, len(whole.encode()), width, *heights

    def line_of(shaped: _Shaped, start: int, end: int, justification_spacing: float, max_width: float) -> tuple:
        """Return the characters from `start` to `end` as a line, as `whole_line` does."""
        text, style, run = shaped.text[start:end], shaped.style, shaped.run
        if run is not None and style["text_decoration_line"] == "none" and (place := run.place(start, end)):
            first, last = place
            wide = run.numbers[first * GLYPH_FIELDS + 1 : last * GLYPH_FIELDS : GLYPH_FIELDS].tolist()
            if end == len(shaped.text) or own_width(style, run, last - 1) == wide[-1]:
                layout = pieces(style, text, justification_spacing, max_width, run, place)
                return layout, len(text.encode()), None, sum(wide) / unit, *shaped.measures
        return whole_line(shape(text, style, justification_spacing, max_width))

    def own_width(style: Any, run: Run, at: int) -> int:
        """Return a glyph's width as it is when nothing stands beside it."""
        # With the text that was shaped first in a font, which keeps that font where it is in memory.
        _, widths = setting_of(style).fonts.setdefault(run.font, (run.layout, {}))
        return width_of(widths, run.font, run.numbers[at * GLYPH_FIELDS])

    def whole_line(layout: Any) -> tuple:
        """Return what `split_first_line` does for a text that is one line: its layout, length, None, and measures."""
        line, _ = layout.get_first_line()
        pango.pango_layout_line_get_extents(line, ffi.NULL, extents)
        baseline = pango.pango_layout_get_baseline(layout.layout) / unit
        return layout, line.length, None, extents.width / unit, extents.height / unit, baseline

    def beginnings(text: str, style, context, room: float, max_width: float) -> Iterator[str | None]:
        """Yield what of the text up to the next break may stand before a hyphen, the longest first; None: in doubt."""
        if style["hyphens"] != "auto" or not text.rstrip(" "):
            return
        language = style["lang"] and pyphen.language_fallback(style["lang"])
        if not language:
            return
        least, before, behind = style["hyphenate_limit_chars"]
        zone = percentage(style["hyphenate_limit_zone"], style, max_width)
        if abs(room - zone) < _EQUAL_PX:
            yield None
        if room <= zone:
            return
        at, left = 0, text
        while left and (found := line_break.get_next_word_boundaries(left, language)):
            start, stop = found
            if stop - start >= least:
                key = (language, before, behind, least)
                words = context.dictionaries.get(key)
                if words is None:
                    words = context.dictionaries[key] = pyphen.Pyphen(lang=language, left=before, right=behind)
                for first, _ in words.iterate(left[start:stop]):
                    yield text[: at + start] + first
                return
            at, left = at + stop, left[stop:]

    return split


def _is_ordinary(style: Any) -> bool:
    """Whether texts of a style break at spaces, and nothing is put between their letters."""
    found = style.__dict__.get("ordinary")
    if found is None:
        found = style.__dict__["ordinary"] = bool(
            style["font_size"]
            and style["white_space"] == "normal"
            and style["letter_spacing"] == "normal"
            and not style["word_spacing"]
            and style["word_break"] == "normal"
        )
    return found
