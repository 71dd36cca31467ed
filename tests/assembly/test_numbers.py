"""Numbers of the toolchain's own, as readers of a language write them."""

from __future__ import annotations

import pytest

from millesime.assembly.numbers import shown_number
from millesime.redline.annex.wording import counted


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("fr", "12\u202f345"), ("en", "12,345"), ("de", "12.345"), ("de-CH", "12’345"), ("es", "12.345"),
        ("it", "12.345"), ("pl", "12\u00a0345"), ("sv", "12\u00a0345"), ("zxx", "12,345"), ("", "12,345"),
    ],
)  # fmt: skip
def test_thousands_stand_apart_as_the_language_has_them(language, shown):
    assert shown_number(12345, language) == shown
    assert counted(12345, language) == shown


@pytest.mark.parametrize(("language", "shown"), [("fr", "1,4"), ("en", "1.4"), ("de", "1,4"), ("de-CH", "1.4")])
def test_digits_stand_behind_the_mark_of_the_language(language, shown):
    assert shown_number(1.44, language, digits=1) == shown
