"""Every regular expression of the package, timed on text that was made to be hard for it.

For each repetition in a pattern, a text is made that reaches the repetition,
goes round it many times, and then does not go on as the pattern wants. A
pattern that backtracks exponentially does not end on forty rounds; one that
is quadratic takes minutes for a hundred thousand, where a linear one takes
milliseconds. The limit is of processor time and lies far between the two, so
that it does not depend on the machine.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import re._parser as parser
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import millesime

pytestmark = pytest.mark.thorough  # minutes of processor time

FUNCTIONS = {"compile", "search", "match", "fullmatch", "sub", "subn", "findall", "finditer", "split"}
ROUNDS = (40, 100_000)
LIMIT_S = 10
LONGEST = 400_000  # characters of a hostile text
ENDS = ("", "\x00", "!", " x", "\n")


class TooLong(Exception):
    """A pattern did not end within the limit."""


def patterns() -> dict[str, tuple[re.Pattern[str], set[str]]]:
    """Return the package's patterns of text by place, each with the methods that it is used with."""
    found: dict[str, tuple[re.Pattern[str], set[str]]] = {}
    for info in pkgutil.walk_packages(millesime.__path__, "millesime."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        used: dict[str, set[str]] = {}
        for call in calls:
            owner = call.func.value
            name = owner.func if isinstance(owner, ast.Call) else owner  # a function that returns a pattern
            if isinstance(name, ast.Name):
                used.setdefault(name.id, set()).add(call.func.attr)
            first = call.args[0] if call.args else None
            is_re = isinstance(owner, ast.Name) and owner.id == "re" and call.func.attr in FUNCTIONS - {"compile"}
            if is_re and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found[f"{info.name}:{call.lineno}"] = (re.compile(first.value, _flags(call)), {call.func.attr})
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") == info.name and callable(value):
                annotation = str(getattr(value, "__annotations__", {}).get("return", ""))
                value = value() if annotation == "re.Pattern[str]" and not _parameters(value) else None
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                methods = used.get(name, set()) & FUNCTIONS
                known = found.get(f"{info.name}:{name}", (value, set()))[1]
                found[f"{info.name}:{name}"] = (value, known | (methods or {"search"}))
    return found


def _parameters(function) -> int:
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    return code.co_argcount if code else 1


def _flags(call: ast.Call) -> int:
    words = [
        node.attr for keyword in call.keywords for node in ast.walk(keyword.value) if isinstance(node, ast.Attribute)
    ]
    words += [node.attr for one in call.args[1:] for node in ast.walk(one) if isinstance(node, ast.Attribute)]
    return sum(
        {getattr(re, word) for word in words if isinstance(getattr(re, word, None), re.RegexFlag)}, re.RegexFlag(0)
    )


# ---- hostile texts ---------------------------------------------------------


def texts(pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield, for each repetition of a pattern, what leads there and goes round it many times."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    seen = set()
    for before, body in _repetitions(tree, ""):
        for pump in dict.fromkeys(_samples(body)):
            if not pump or (before, pump) in seen:
                continue
            seen.add((before, pump))
            for rounds in ROUNDS:
                middle = pump * min(rounds, LONGEST // len(pump))
                yield from (before + middle + end for end in ENDS)


def _repetitions(tree, before: str) -> Iterator[tuple[str, object]]:
    for operation, argument in tree:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = argument
            if most > 30:
                yield before, body
            yield from _repetitions(body, before)
        elif name == "SUBPATTERN":
            yield from _repetitions(argument[3], before)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _repetitions(branch, before)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _repetitions(argument[1], before)
        elif name == "ATOMIC_GROUP":
            yield from _repetitions(argument, before)
        before += next(iter(_samples([(operation, argument)])), "")


def _samples(tree) -> list[str]:
    """Return a few texts that a part of a pattern matches, one for each of its ways."""
    found = [""]
    for operation, argument in tree:
        name, ways = str(operation), [""]
        if name == "LITERAL":
            ways = [chr(argument)]
        elif name == "NOT_LITERAL":
            ways = ["a" if argument != ord("a") else "b"]
        elif name == "ANY":
            ways = ["a"]
        elif name == "IN":
            ways = _of_class(argument)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = argument
            inner = _samples(body)
            ways = [way * max(1, least) for way in inner] if most else [""]
        elif name == "SUBPATTERN":
            ways = _samples(argument[3])
        elif name == "ATOMIC_GROUP":
            ways = _samples(argument)
        elif name == "BRANCH":
            ways = [way for branch in argument[1][:12] for way in _samples(branch)[:2]]
        found = [left + way for left in found for way in ways][:12]
    return found


_CATEGORIES = {
    "CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a",
    "CATEGORY_NOT_DIGIT": "a", "CATEGORY_NOT_SPACE": "a", "CATEGORY_NOT_WORD": "!",
}  # fmt: skip


def _of_class(items) -> list[str]:
    ways, is_not, excluded = [], False, set()
    for operation, argument in items:
        name = str(operation)
        if name == "NEGATE":
            is_not = True
        elif name == "LITERAL":
            ways.append(chr(argument))
            excluded.add(chr(argument))
        elif name == "RANGE":
            ways.append(chr(argument[0]))
            excluded.update(map(chr, range(argument[0], min(argument[1], argument[0] + 300) + 1)))
        elif name == "CATEGORY":
            ways.append(_CATEGORIES[str(argument)])
            excluded.add(_CATEGORIES[str(argument)])
    if is_not:
        return [next((one for one in "a1 !x-" if one not in excluded), "é")]
    return ways[:6]


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise TooLong where the block takes more of the processor: the engine of patterns looks for signals at times."""

    def stop(number, frame):
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


FOUND = patterns()


def hard_text(pattern: re.Pattern[str], methods: set[str]) -> str:
    """Return the first text that takes too long, shortened; "" if none does."""
    for text in texts(pattern):
        try:
            with limit(LIMIT_S):
                if methods & {"fullmatch"}:
                    pattern.fullmatch(text)
                if methods & {"match"}:
                    pattern.match(text)
                if methods - {"fullmatch", "match"}:
                    for _ in pattern.finditer(text):
                        pass
        except TooLong:
            return f"{text[:60]!r} … {text[-20:]!r} ({len(text)} characters)"
    return ""


@pytest.mark.parametrize("place", sorted(FOUND))
def test_no_pattern_takes_long_for_any_text(place: str):
    assert hard_text(*FOUND[place]) == ""


def test_patterns_are_found_wherever_they_stand():
    assert len(FOUND) > 150
    assert "millesime.redline.text.quantities:_token_pattern" in FOUND


@pytest.mark.parametrize(
    ("hard", "methods"),
    [
        (r"(?:\s|<!--.*?-->)+", {"fullmatch"}),
        (r"(?:a+b?)+c", {"search"}),
        (r"\s+$", {"search"}),
    ],
)
def test_a_pattern_that_is_hard_for_some_text_is_found(hard: str, methods: set[str]):
    assert hard_text(re.compile(hard, re.DOTALL), methods)
