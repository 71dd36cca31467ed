"""Dates in words."""

from __future__ import annotations

import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from millesime.assembly.theme import FALLBACK_LANGUAGE


def long_date(date: datetime.date, language: str) -> str:
    """Return a date in words, "3 juillet 2019"."""
    locale = locale_of("en-GB" if language == "en" else language)  # an international report is read in day, month, year
    text = format_date(date, "long", locale=locale)
    return text.replace("1 ", "1er ", 1) if locale.language == "fr" and date.day == 1 else text


def locale_of(language: str) -> Locale:
    """Return how a language writes dates and numbers; that of the fallback for one that nobody knows."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK_LANGUAGE)
