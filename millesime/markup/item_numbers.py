"""Numbers that HTML gives to items of a list, `<ol reversed>` and `<li value="7">`, in the AST, which knows none.

A list that counts down says so in its style of numerals, `{"t": "Decimal",
"reversed": true}`, which pandoc passes over. An item with a number of its own
opens with an empty `Div.item-number` that has it as `value`. Writers take
both out and say them in their own way.
"""

from __future__ import annotations

from millesime.markup.ast import Block, Node, div, has_class

MAX_IN_WORD = 32_767  # the numbers that Word takes begin at 0

_CLASS = "item-number"
_OLD = frozenset({"deletion", "moved-from"})
_MARKS = _OLD | {"insertion", "moved-to"}


def number_mark(value: int) -> Block:
    """Return what opens an item with a number of its own."""
    return div([], classes=[_CLASS], pairs=[("value", str(value))])


def counts_down(ordered: Node) -> bool:
    """Whether the numbers of a list go down."""
    return bool(ordered["c"][0][1].get("reversed"))


def take_numbers(ordered: Node) -> tuple[Node, list[int | None]]:
    """Return an ordered list without the marks in its items, and the number that each item has of its own."""
    attributes, items = ordered["c"]
    taken = [_taken(item) for item in items]
    values = [_value(item, found) for item, (_, found) in zip(items, taken, strict=True)]
    if not any(found for _, found in taken):
        return ordered, values
    return {"t": "OrderedList", "c": [attributes, [rest for rest, _ in taken]]}, values


def own_numbers(ordered: Node) -> list[int]:
    """Return the numbers that items have of their own, in order."""
    return [value for value in take_numbers(ordered)[1] if value is not None]


def numbers_of(ordered: Node) -> list[int]:
    """Return the number of each item. An item that only the old edition has takes none from those behind it."""
    (number, *_), items = ordered["c"]
    step = -1 if counts_down(ordered) else 1
    found: list[int] = []
    for item in items:
        own = _value(item, _taken(item)[1])
        number = number if own is None else own
        found.append(number)
        number += 0 if _is_old(item) else step
    return found


def lists_apart(ordered: Node) -> list[Node]:
    """Return an ordered list as lists that count up by one, for Word, which knows no other.

    Their numerals are said: a list that says none has letters in Word where it stands in another, and nowhere else.
    A number that Word refuses is the nearest that it takes; `check` reports it.
    """
    numbers = numbers_of(ordered)
    (_, style, delimiter), items = take_numbers(ordered)[0]["c"]
    kind = "Decimal" if style["t"] == "DefaultStyle" else style["t"]
    lists: list[Node] = []
    follows: int | None = None
    for item, number in zip(items, numbers, strict=True):
        if number != follows:
            first = min(max(number, 0), MAX_IN_WORD)
            lists.append({"t": "OrderedList", "c": [[first, {"t": kind}, delimiter], []]})
        lists[-1]["c"][1].append(item)
        follows = number + (0 if _is_old(item) else 1)
    return lists


def _taken(blocks: list[Block]) -> tuple[list[Block], list[tuple[int, bool]]]:
    """Return blocks without the numbers that open them, and each number with whether only the old edition has it.

    In a redline they stand in marks, alone or in front of what came or went with them.
    """
    rest: list[Block] = []
    found: list[tuple[int, bool]] = []
    for at, block in enumerate(blocks):
        if block["t"] == "Div" and has_class(block, _CLASS):
            found.append((int(dict(map(tuple, block["c"][0][2]))["value"]), False))
        elif block["t"] == "Div" and _MARKS & set(block["c"][0][1]):
            inner, numbers = _taken(block["c"][1])
            found += [(number, is_old or bool(_OLD & set(block["c"][0][1]))) for number, is_old in numbers]
            rest += [{"t": "Div", "c": [block["c"][0], inner]}] if inner or not numbers else []
        else:
            return [*rest, *blocks[at:]], found
    return rest, found


def _value(item: list[Block], found: list[tuple[int, bool]]) -> int | None:
    """Return an item's own number: that of the new edition, or of an item that only the old one has."""
    return next((number for number, is_old in found if is_old == _is_old(item)), None)


def _is_old(item: list[Block]) -> bool:
    return bool(item) and all(block["t"] == "Div" and _OLD & set(block["c"][0][1]) for block in item)
