"""Dates in words."""

from __future__ import annotations

import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from millesime.assembly.theme import FALLBACK_LANGUAGE


def long_date(date: datetime.date, language: str) -> str:
    """Return a date in words, "3 juillet 2019"."""
    if language == "en":
        language = "en-GB"  # an international report is read in day, month, year
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(FALLBACK_LANGUAGE)
    text = format_date(date, "long", locale=locale)
    return text.replace("1 ", "1er ", 1) if locale.language == "fr" and date.day == 1 else text
