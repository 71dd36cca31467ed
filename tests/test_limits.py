"""Limits that whoever runs a build may set."""

from __future__ import annotations

import pytest

from millesime.limits import DEFAULTS, Limits, overruled
from millesime.problems import ReportError


def test_the_environment_has_the_last_word():
    limits = overruled(Limits(reading=300), {"MILLESIME_LIMITS": "reading=60, memory=2048"})
    assert limits == Limits(reading=60, memory=2048)


def test_without_the_variable_the_reports_limits_hold():
    assert overruled(Limits(reading=300), {}) == Limits(reading=300)
    assert overruled(DEFAULTS, {"MILLESIME_LIMITS": ""}) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("readin=60", "no limit 'readin'; did you mean 'reading'?"),
        ("reading", "reading='' is no number of seconds; write reading=60"),
        ("reading=-1", "reading='-1' is no number of seconds"),
        ("nesting=5000", "nesting=5000: our own code goes 100 deep; write nesting=100"),
    ],
)
def test_what_is_no_limit_is_refused(text: str, said: str):
    with pytest.raises(ReportError) as raised:
        overruled(DEFAULTS, {"MILLESIME_LIMITS": text})
    assert said in str(raised.value)
