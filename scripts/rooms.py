"""Draw the packages, their rooms, and which imports which: `make pictures` writes docs/pictures/rooms.svg.

An arrow leads from what imports to what is imported, and is left out where others lead the same way round.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "millesime"
PICTURE = ROOT / "docs" / "pictures" / "rooms.svg"
LAYERS = (
    ("cli",),
    ("press",),
    ("distribution",),
    ("redline", "render"),
    ("assembly",),
    ("series", "history", "markup"),
)
WIDTH, MARGIN = 880, 16
ROOM = 24  # height of a room, and of a line of a package's name
GAP = 14  # between floors, and between rooms of one floor
BETWEEN = 34  # between layers

Graph = dict[str, set[str]]


def main() -> None:
    PICTURE.write_text(draw(), encoding="utf-8")


def draw() -> str:
    packages, rooms = graphs()
    boxes: dict[str, tuple[float, float, float, float]] = {}  # x, y, width, height of packages
    shapes: list[str] = []
    top = MARGIN
    for layer in LAYERS:
        wide = (WIDTH - 2 * MARGIN - (len(layer) - 1) * 2 * GAP) / len(layer)
        height = 0.0
        for index, package in enumerate(layer):
            x = MARGIN + index * (wide + 2 * GAP)
            drawn, tall = draw_package(package, rooms, x, top, wide)
            shapes += drawn
            boxes[package] = (x, top, wide, tall)
            height = max(height, tall)
        top += height + BETWEEN
    between = [line_between(boxes[one], boxes[other]) for one, others in reduced(packages).items() for other in others]
    height = top - BETWEEN + MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#1f4e5f"/></marker></defs>',
        *sorted(between), *shapes, "</svg>\n",
    ])  # fmt: skip


def draw_package(package: str, rooms: Graph, x: float, y: float, wide: float) -> tuple[list[str], float]:
    """Return the shapes of a package with its rooms on floors, and how tall it is."""
    own = {room: others for room, others in rooms.items() if room.split("/")[0] == package and "/" in room}
    floors = floors_of(own)
    tall = ROOM + len(floors) * (ROOM + GAP) + (4 if floors else 0)
    shapes = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{wide:.0f}" height="{tall:.0f}" rx="4" fill="#eef3f5" '
        'stroke="#1f4e5f"/>',
        f'<text x="{x + 8:.0f}" y="{y + 16:.0f}" font-weight="bold" fill="#1f4e5f">{escape(package)}</text>',
    ]
    places: dict[str, tuple[float, float, float]] = {}
    for level, floor in enumerate(floors):
        each = min(190.0, (wide - GAP * (len(floor) + 1)) / len(floor))
        begin = x + (wide - len(floor) * each - (len(floor) - 1) * GAP) / 2
        for index, room in enumerate(floor):
            places[room] = (begin + index * (each + GAP), y + ROOM + level * (ROOM + GAP), each)
    for room, others in sorted(reduced(own).items()):
        for other in sorted(others):
            shapes.append(arrow(middle(places[room]), places[room][1] + ROOM, middle(places[other]), places[other][1]))
    for room, (left, high, each) in places.items():
        shapes.append(
            f'<rect x="{left:.0f}" y="{high:.0f}" width="{each:.0f}" height="{ROOM}" rx="3" fill="#fff" stroke="#9ab"/>'
            f'<text x="{left + each / 2:.0f}" y="{high + 16:.0f}" text-anchor="middle">'
            f"{escape(room.split('/', 1)[1])}</text>"
        )
    return shapes, tall


def middle(place: tuple[float, float, float]) -> float:
    return place[0] + place[2] / 2


def line_between(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> str:
    """Return an arrow from the lower edge of one package to the upper edge of another below it."""
    left, right = max(one[0], other[0]), min(one[0] + one[2], other[0] + other[2])
    at = (left + right) / 2 if right > left else other[0] + other[2] / 2
    return arrow(at, one[1] + one[3], at, other[1])


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#1f4e5f" stroke-width="1" '
        'marker-end="url(#tip)"/>'
    )


def graphs() -> tuple[Graph, Graph]:
    """Return which package imports which, and which room imports which of its own package."""
    packages: defaultdict[str, set[str]] = defaultdict(set)
    rooms: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        here = room_of(path.relative_to(PACKAGE).parts)
        if "/" in here:
            rooms[here]  # also a room that imports none
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("millesime."):
                continue
            for alias in node.names:
                there = room_of(parts_of(f"{node.module}.{alias.name}"))
                one, other = here.split("/")[0], there.split("/")[0]
                if one and other and one != other:
                    packages[one].add(other)
                elif one == other and here != there and "/" in here and "/" in there:
                    rooms[here].add(there)
    return dict(packages), dict(rooms)


def parts_of(name: str) -> tuple[str, ...]:
    """Return the path of the module that "millesime.press.run.build.make" names or stands in, from the package."""
    parts = name.split(".")[1:]
    while parts and not PACKAGE.joinpath(*parts).with_suffix(".py").is_file():
        if PACKAGE.joinpath(*parts).is_dir():
            return (*parts, "__init__.py")
        parts.pop()
    return (*parts[:-1], f"{parts[-1]}.py") if parts else ("__init__.py",)


def room_of(parts: tuple[str, ...]) -> str:
    """Return a file's room, "press/run"; its package alone, "redline", for a file that stands in none."""
    depth = 3 if parts[:2] == ("render", "pdf") else 2
    return "/".join(parts[:-1][:depth])


def reduced(graph: Mapping[str, Iterable[str]]) -> Graph:
    """Return a graph without the arrows that a way of several others makes needless."""

    def reach(start: str) -> set[str]:
        found: set[str] = set()
        waiting = list(graph.get(start, ()))
        while waiting:
            if (one := waiting.pop()) not in found:
                found.add(one)
                waiting += graph.get(one, ())
        return found

    return {
        one: {other for other in others if not any(other in reach(third) for third in others if third != other)}
        for one, others in graph.items()
    }


def floors_of(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return rooms by floors, from the top down: each imports only from floors below it."""
    left = set(graph)
    floors = []
    while left:
        floor = sorted(room for room in left if not any(room in graph[other] for other in left - {room}))
        assert floor, f"a circle: {sorted(left)}"
        floors.append(floor)
        left -= set(floor)
    return floors


if __name__ == "__main__":
    main()
