"""Sizes of pictures as classes and CSS rules, since pages forbid `style` and attributes know only pixels.

`{width=3cm}` becomes the class `size-3-cm-auto`, and each file that shows one
has a rule for it; the PDF, whose tree nobody else reads, has it on the element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from millesime.markup.sizes import Length, Size, read_length
from millesime.render.conform import Element, classes_of

SIZED = "sized"  # the class of pictures whose author asked for a size
_CLASS = re.compile(r"size-([\d_]+-[a-z]+|auto)-([\d_]+-[a-z]+|auto)")


def size_class(size: Size) -> str:
    """Return the name of the class for a size, "size-50-percent-auto"."""
    return f"size-{_spelled(size.width)}-{_spelled(size.height)}"


def size_of(element: Element) -> Size:
    """Return the size that an element's classes ask for."""
    for name in classes_of(element):
        if found := _CLASS.fullmatch(name):
            return Size(_read(found[1]), _read(found[2]))
    return Size()


def size_rules(roots: Iterable[Element]) -> str:
    """Return a style sheet for the sizes of the pictures in trees; "" where none asks for one."""
    sizes = {size_class(size): size for root in roots for image in root.iter("img") if (size := size_of(image))}
    return "".join(
        f"img.{SIZED}.{name} {{ {declarations(size, of_page='vh', is_apt=True)} }}\n"
        for name, size in sorted(sizes.items())
    )


def declarations(size: Size, *, of_page: str, is_apt: bool = False) -> str:
    """Return what a rule says of a size; a picture is never wider than its column.

    `of_page` is the unit for per cent of a page's height. `is_apt`: the
    reader knows `aspect-ratio`, so that a picture too wide for its column
    gets smaller in the proportions that were asked for.
    """
    width, height = size.width, size.height
    said = [f"width: {width or 'auto'}"]
    if width and height and is_apt and width.is_absolute and height.is_absolute:
        sides = [f"{side.points(em=0, whole=0):.3f}".rstrip("0").rstrip(".") for side in (width, height)]
        said += ["height: auto", f"aspect-ratio: {' / '.join(sides)}"]
    else:
        said.append(f"height: {_of_page(height, of_page) if height else 'auto'}")
    said.append("max-width: 100%")
    if not (width and height):
        said.append("object-fit: contain")  # where the page or the column is smaller, the proportions stay
    return "; ".join(said)


def _of_page(length: Length, unit: str) -> Length:
    return Length(min(length.value, 100.0), unit) if length.unit == "%" else length


def _spelled(length: Length | None) -> str:
    if length is None:
        return "auto"
    number = f"{length.value:.3f}".rstrip("0").rstrip(".").replace(".", "_")
    return f"{number}-{'percent' if length.unit == '%' else length.unit}"


def _read(spelled: str) -> Length | None:
    number, _, unit = spelled.partition("-")
    return read_length(number.replace("_", ".") + unit.replace("percent", "%"))
