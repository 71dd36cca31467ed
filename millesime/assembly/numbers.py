"""Format the numbers that Millésime prints (counts, sizes) as a language writes them."""

from __future__ import annotations

from babel.numbers import format_decimal

from millesime.assembly.dates import locale_of


def shown_number(value: int | float, language: str, *, digits: int = 0) -> str:
    """Return a number with its thousands apart, "12 345" in French, "12.345" in German; `digits` behind the mark."""
    locale = locale_of(language)
    whole, *_ = locale.decimal_formats[None].pattern.split(".")  # with the language's own groups: 12,34,567 in Hindi
    return format_decimal(value, format=f"{whole}.{'0' * digits}" if digits else whole, locale=locale)
