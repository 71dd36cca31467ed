"""Rewrite SVG text that few programs draw (on a path, in embedded HTML) as plain `text` elements.

librsvg and WeasyPrint know neither `textPath` nor `foreignObject`, and what is in the latter is not SVG: pages are
not to hold it. Published words are never lost.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from lxml import etree

from millesime.markup.sizes import read_length
from millesime.render.drawing_styles import flatten_styles

_SVG = "http://www.w3.org/2000/svg"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_FONT_SIZE = 16.0
_LINE = 1.2  # of the font size, from line to line
_CHAR = 0.52  # of the font size: about how wide a letter is
_FONT_NAMES = ("font-family", "font-size", "font-weight", "font-style", "fill", "color")
_BLOCKS = frozenset("address article aside blockquote dd div dl dt figure h1 h2 h3 h4 h5 h6 li ol p pre section table "
                    "tr ul br".split())  # fmt: skip
_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript"})
_STEPS = 24  # chords that a curve is measured by
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_MOST_NUMBERS = 20_000  # of a path that text stands on

Point = tuple[float, float]


# ---- HTML inside an SVG ------------------------------------------------------------


def write_out_foreign(root: etree._Element) -> None:
    """Put `text` in the place of each `foreignObject`, in place: its words, in lines that fit the box.

    In a `switch` it is only dropped if another branch has words: that one is for programs that do not know it.
    """
    for foreign in list(root.iter(f"{{{_SVG}}}foreignObject", "foreignObject")):
        if foreign.getparent() is None or any(_local(outer) == "foreignObject" for outer in foreign.iterancestors()):
            continue
        parent = foreign.getparent()
        others = [child for child in parent if child is not foreign and _local(child) != "foreignObject"]
        if _local(parent) == "switch" and any(_words(other) for other in others):
            _drop(foreign)
            continue
        text = _set_box(foreign)
        if text is None:
            _drop(foreign)
            continue
        text.tail = foreign.tail
        parent.replace(foreign, text)
        if _local(parent) == "switch":
            parent.tag = f"{{{_SVG}}}g"


def _set_box(foreign: etree._Element) -> etree._Element | None:
    paragraphs = list(_paragraphs(foreign))
    if not paragraphs:
        return None
    sizes = [_style_of(element, "font-size") for element in foreign.iter() if isinstance(element.tag, str)]
    size = next((pixels for said in sizes if said and (pixels := _pixels(said))), None) or _inherited_size(foreign)
    x, y, width, height = (_pixels(foreign.get(name, "")) or 0.0 for name in ("x", "y", "width", "height"))
    most = max(4, int(width / (size * _CHAR))) if width else 200
    lines = [line for paragraph in paragraphs for line in _wrapped(paragraph, most)]
    aligned = " ".join(filter(None, (_style_of(element, "text-align") for element in foreign.iter())))
    centred = "center" in aligned
    top = y + max(size, (height - len(lines) * size * _LINE) / 2 + size) if centred and height else y + size
    group = etree.Element(f"{{{_SVG}}}text", {"font-size": f"{size:g}"})
    for name in ("transform", "id", "class"):
        if foreign.get(name):
            group.set(name, foreign.get(name))
    for name in ("font-weight", "font-family", "font-style", "color"):
        said = next(filter(None, (_style_of(element, name) for element in foreign.iter())), None)
        if said and "(" not in said:
            group.set("fill" if name == "color" else name, said)
    if centred:
        group.set("text-anchor", "middle")
    for number, line in enumerate(lines):
        span = etree.SubElement(group, f"{{{_SVG}}}tspan")
        span.set("x", f"{x + width / 2 if centred else x:g}")
        span.set("y", f"{top + number * size * _LINE:g}")
        span.text = line
    return group


def _paragraphs(foreign: etree._Element) -> Iterator[str]:
    parts: list[str] = []

    def collect(element: etree._Element) -> None:
        if not isinstance(element.tag, str) or _local(element) in _SILENT:
            return
        is_block = _local(element).lower() in _BLOCKS
        parts.append("\n" if is_block else "")
        parts.append((element.text or "").replace("\n", " "))
        for child in element:
            collect(child)
            parts.append((child.tail or "").replace("\n", " "))
        parts.append("\n" if is_block else "")

    collect(foreign)
    for line in "".join(parts).split("\n"):
        if words := " ".join(line.split(None)):
            yield words


def _wrapped(text: str, most: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > most:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


# ---- drawings for programs that read little of SVG ---


def plain_drawing(published: bytes) -> tuple[etree._Element, str]:
    """Return the tree of a drawing as it is published, with plain styles and no text on paths.

    With it comes what `place_text_on_paths` returns.
    """
    root = etree.fromstring(published, OWN_XML)
    flatten_styles(root)
    return root, place_text_on_paths(root)


OWN_XML = etree.XMLParser(huge_tree=True, resolve_entities=False)  # what we wrote ourselves, however long


# ---- text on a path -----------------------------------------------------------------


def place_text_on_paths(root: etree._Element) -> str:
    """Put each letter of a `textPath` in its place on the path, in place.

    Return all words of the drawing if they cannot be read off the places of
    its letters: if some stand on a path. Not those that go from right to
    left: programs that extract text turn them around a second time. The
    styles of the drawing are attributes already, see `drawing_styles`.
    """
    found = list(root.iter(f"{{{_SVG}}}textPath"))
    words = " ".join(_words(root).split())
    for element in found:
        _place_on_path(root, element)
    return words if found and not any(map(_is_joined, words)) else ""


def _place_on_path(root: etree._Element, element: etree._Element) -> None:
    target = next((element.get(name) for name in _HREFS if element.get(name)), "")
    path = next((one for one in root.iter() if target[1:] and one.get("id") == target[1:]), None)
    points = _polyline(path.get("d", "")) if path is not None else []
    lengths = [0.0]
    for before, point in itertools.pairwise(points):
        lengths.append(lengths[-1] + math.dist(before, point))
    text = next((outer for outer in element.iterancestors() if _local(outer) == "text"), None)
    words = " ".join("".join(element.itertext()).split())
    group = etree.Element(f"{{{_SVG}}}g")
    for source in (text, element):
        for name in (*_FONT_NAMES, "style", "stroke", "opacity") if source is not None else ():
            if source.get(name):
                group.set(name, f"{group.get(name)}; {source.get(name)}" if name == "style" and group.get(name)
                          else source.get(name))  # fmt: skip
    if text is not None and text.get("transform"):
        group.set("transform", text.get("transform"))
    if path is not None and path.get("transform"):
        inner = etree.SubElement(group, f"{{{_SVG}}}g", {"transform": path.get("transform")})
    else:
        inner = group
    size = _inherited_size(element)
    whole = lengths[-1]
    if not whole:
        _letter(inner, words, (0.0, size), 0.0, anchor="start")
    else:
        advances = [_advance(letter, size) for letter in words]
        said = element.get("startOffset", "0")
        offset = _pixels(said) or 0.0
        if said.strip().endswith("%"):
            offset = float(re.sub(r"[^\d.]", "", said) or 0) / 100 * whole
        anchor = next((found for source in (element, text) if source is not None
                       and (found := _style_of(source, "text-anchor"))), "start")  # fmt: skip
        offset -= {"middle": 0.5, "end": 1.0}.get(anchor, 0.0) * sum(advances)
        if any(_is_joined(letter) for letter in words):
            middle = min(max(offset + sum(advances) / 2, 0.0), whole)
            _letter(inner, words, *_at(points, lengths, middle))
        else:
            for letter, advance in zip(words, advances, strict=True):
                if letter != " ":
                    _letter(inner, letter, *_at(points, lengths, offset + advance / 2))
                offset += advance
    holder = text if text is not None else element
    holder.addnext(group)
    group.tail, holder.tail = holder.tail, None
    _drop(element)
    if text is not None and not _words(text).strip() and text.getparent() is not None:
        group.tail, text.tail = text.tail or group.tail, None
        text.getparent().remove(text)


def _letter(group: etree._Element, letter: str, point: Point, angle: float, *, anchor: str = "middle") -> None:
    text = etree.SubElement(group, f"{{{_SVG}}}text")
    text.set("transform", f"translate({point[0]:.3f} {point[1]:.3f}) rotate({angle:.2f})")
    text.set("text-anchor", anchor)
    text.text = letter


def _at(points: Sequence[Point], lengths: Sequence[float], place: float) -> tuple[Point, float]:
    """Return the point of a line at a distance from its start, and its angle there in degrees.

    Beyond its end, it goes straight on.
    """
    at = next((at for at in range(1, len(lengths)) if lengths[at] >= place and lengths[at] > lengths[at - 1]), None)
    if at is None:
        at = max(at for at in range(1, len(lengths)) if lengths[at] > lengths[at - 1])
    (x1, y1), (x2, y2) = points[at - 1], points[at]
    share = (place - lengths[at - 1]) / (lengths[at] - lengths[at - 1])
    return (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share), math.degrees(math.atan2(y2 - y1, x2 - x1))


def _polyline(data: str) -> list[Point]:
    """Return the points of a path's first part; curves become chords, arcs of ellipses too."""
    tokens = _COMMAND.findall(data)[:_MOST_NUMBERS]
    points: list[Point] = []
    at, command = 0, ""
    x = y = 0.0
    control: Point = (0.0, 0.0)

    def numbers(count: int) -> list[float]:
        nonlocal at
        taken = [float(number) for letter, number in tokens[at : at + count] if number]
        at += count
        return taken if len(taken) == count else []

    while at < len(tokens):
        if tokens[at][0]:
            command = tokens[at][0]
            at += 1
            if command in "Mm" and points:
                break
            if command in "Zz":
                points.append(points[0] if points else (x, y))
                break
        elif command in "Mm" and points:
            command = "l" if command == "m" else "L"
        kind, is_relative = command.upper(), command.islower()
        count = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}.get(kind, 0)
        values = numbers(count)
        if not values:
            break
        if kind in "HV":
            values = [values[0] + (x if is_relative else 0), y] if kind == "H" else [x, values[0] + y * is_relative]
        elif kind == "A":
            values[5:] = [values[5] + x * is_relative, values[6] + y * is_relative]
        elif is_relative:
            values = [value + (x, y)[place % 2] for place, value in enumerate(values)]
        end = (values[-2], values[-1])
        start = (x, y)
        if kind in "MLHV":
            points.append(end)
            control = end
        elif kind == "A":
            points += _arc(start, values)
            control = end
        else:
            if kind in "ST":
                mirrored = (2 * x - control[0], 2 * y - control[1])
                values = [*mirrored, *values]
            corners = [start, *zip(values[::2], values[1::2], strict=True)]
            control = corners[-2]
            points += [_bezier(corners, step / _STEPS) for step in range(1, _STEPS + 1)]
        x, y = end
    return points


def _bezier(corners: Sequence[Point], share: float) -> Point:
    while len(corners) > 1:
        corners = [
            (one[0] + (two[0] - one[0]) * share, one[1] + (two[1] - one[1]) * share)
            for one, two in itertools.pairwise(corners)
        ]
    return corners[0]


def _arc(start: Point, values: Sequence[float]) -> list[Point]:
    """SVG 1.1, appendix F.6.5."""
    rx, ry, turn, large, sweep, x2, y2 = values
    rx, ry = abs(rx), abs(ry)
    x1, y1 = start
    if not rx or not ry or (x1, y1) == (x2, y2):
        return [(x2, y2)]
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    dx, dy = (x1 - x2) / 2, (y1 - y2) / 2
    px, py = cosine * dx + sine * dy, -sine * dx + cosine * dy
    grow = math.sqrt(max(1.0, px * px / (rx * rx) + py * py / (ry * ry)))
    rx, ry = rx * grow, ry * grow
    under = max(0.0, (rx * ry) ** 2 - (rx * py) ** 2 - (ry * px) ** 2) / ((rx * py) ** 2 + (ry * px) ** 2)
    factor = math.sqrt(under) * (-1 if bool(large) == bool(sweep) else 1)
    qx, qy = factor * rx * py / ry, -factor * ry * px / rx
    cx, cy = cosine * qx - sine * qy + (x1 + x2) / 2, sine * qx + cosine * qy + (y1 + y2) / 2
    first = math.atan2((py - qy) / ry, (px - qx) / rx)
    swept = math.atan2((-py - qy) / ry, (-px - qx) / rx) - first
    if sweep and swept < 0:
        swept += 2 * math.pi
    elif not sweep and swept > 0:
        swept -= 2 * math.pi
    angles = [first + swept * step / (2 * _STEPS) for step in range(1, 2 * _STEPS + 1)]
    return [
        (
            cx + rx * math.cos(angle) * cosine - ry * math.sin(angle) * sine,
            cy + rx * math.cos(angle) * sine + ry * math.sin(angle) * cosine,
        )
        for angle in angles
    ]


def _advance(letter: str, size: float) -> float:
    return size * _widths().get(letter, _CHAR + 0.05)


@lru_cache(maxsize=1)
def _widths() -> dict[str, float]:
    """Return how wide letters of the serif of the page are, in ems: letters stand in the middle of their places."""
    from fontTools.ttLib import TTFont

    from millesime.render.fonts import SANS, font_file

    with TTFont(font_file(SANS)) as font:
        per_em, widths = font["head"].unitsPerEm, font["hmtx"]
        # The system's sans serif, which most drawings are set in, is wider.
        return {chr(code): widths[name][0] / per_em * 1.15 for code, name in font.getBestCmap().items() if code < 0x530}


def _is_joined(letter: str) -> bool:
    """Whether a letter belongs to a script whose letters change with their neighbours, or stand from right to left."""
    return unicodedata.bidirectional(letter) in ("R", "AL", "NSM") or "\u0900" <= letter <= "\u109f" or (
        "\u1780" <= letter <= "\u17ff"
    )  # fmt: skip


# ---- elements ------------------------------------------------------------------------


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _words(element: etree._Element) -> str:
    if _local(element) in ("style", "script", "title", "desc", "metadata", ""):
        return ""
    return (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element)


def _style_of(element: etree._Element, name: str) -> str:
    if not isinstance(element.tag, str):
        return ""
    found = re.search(rf"(?:^|[;\s]){name}\s*:\s*([^;!]+)", element.get("style", ""), re.IGNORECASE)
    return found[1].strip() if found else element.get(name, "").strip()


def _inherited_size(element: etree._Element) -> float:
    """Return the font size of an element in pixels, by its own attributes and those around it."""
    factor = 1.0
    for one in (element, *element.iterancestors()):
        said = _style_of(one, "font-size")
        if not said:
            font = re.search(
                r"(?<![\d.])([\d.]++(?:px|pt|em|%|mm|cm|in)?)(?:\s*+/\s*+\S++)?\s++\S", _style_of(one, "font")
            )
            said = font[1] if font else ""
        if not said:
            continue
        if relative := re.fullmatch(r"([\d.]+)(em|%)", said):
            factor *= float(relative[1]) / (100 if relative[2] == "%" else 1)
        elif pixels := _pixels(said):
            return pixels * factor
    return _FONT_SIZE * factor


def _pixels(text: str) -> float | None:
    negative = text.strip().startswith("-")
    length = read_length(text.strip().lstrip("+-"))
    if length is None or length.unit == "%":
        return None
    return length.points(em=_FONT_SIZE * 0.75, whole=0) / 0.75 * (-1 if negative else 1)


def _drop(element: etree._Element) -> None:
    """Remove an element and leave the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)
