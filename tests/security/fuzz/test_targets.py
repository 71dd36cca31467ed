"""What fuzzing runs holds on a few random inputs: an ordinary run knows that the targets still work."""

from __future__ import annotations

import random

import pytest

from tests.security.fuzz.targets import TARGETS
from tests.security.test_fuzz import EXAMPLES


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_what_the_target_says(name: str):
    chance = random.Random(19)
    for length in range(EXAMPLES):
        TARGETS[name](chance.randbytes(length * 4))
