"""Builds and publications killed at random moments; MILLESIME_KILLS says at how many."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.kills import kill_at_random
from tests.faults.scene import Scene

KILLS = int(os.environ.get("MILLESIME_KILLS", "2"))
SEED = int(os.environ.get("MILLESIME_KILLS_SEED", "20180703"))


@pytest.mark.parametrize("verb", ["build", pytest.param("publish", marks=pytest.mark.thorough)])
def test_killed_at_any_moment_nothing_is_lost_and_the_next_run_recovers(
    verb: str, request: pytest.FixtureRequest, tmp_path: Path
):
    scene: Scene = request.getfixturevalue(f"{verb}_scene")
    told = kill_at_random(scene, KILLS, seed=SEED, folder=tmp_path)
    assert told["recovered"] == KILLS
