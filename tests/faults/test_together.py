"""Two runs at once into one output and one cache; and a cache in which bits were flipped."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

from millesime.press.cache.upkeep import list_entries
from tests.faults.scene import Scene


def test_two_builds_at_once_into_one_output_and_one_cache(build_scene: Scene, tmp_path: Path):
    stage = build_scene.stage(tmp_path / "stage")
    running = [stage.start() for _ in range(2)]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    stage.check_recovered()


def test_two_builds_that_both_begin_an_output(build_scene: Scene, tmp_path: Path):
    stage = build_scene.stage(tmp_path / "stage", cache="new")
    shutil.rmtree(stage.out)
    running = [stage.start() for _ in range(2)]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    stage.check_recovered()


def test_who_publishes_second_is_told_to_wait_and_changes_nothing(publish_scene: Scene, tmp_path: Path):
    stage = publish_scene.stage(tmp_path / "stage", cache="new")
    script = 'flock --exclusive --nonblock "$1" sh -c \'shift; exec "$@"\' sh "$@"'  # as a run that publishes does
    done = stage.run(before=["sh", "-c", script, "sh", stage.out.parent])
    assert (
        done.returncode == 7 and "somebody else publishes here at this moment; wait until that is done" in done.stderr
    )
    assert stage.check_whole() == "old" and stage.leftovers() == []
    running = [stage.start() for _ in range(2)]
    assert sorted(process.wait(timeout=300) for process in running) in ([0, 0], [0, 7])
    stage.check_recovered()


def test_a_cache_with_flipped_bits_is_noticed_and_costs_time_alone(publish_scene: Scene, tmp_path: Path):
    stage = publish_scene.stage(tmp_path / "stage", cache="new")
    chance = random.Random(20180703)
    # What pages are made of has its own tests, and takes long to make (tests/press/test_build.py).
    slow = {"font", "typeface", "fontfile", "proof", "layout", "margins"}
    entries = [entry for entry in list_entries(stage.cache) if entry.folder.name not in slow]
    for entry in entries:
        content = bytearray(entry.path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        entry.path.write_bytes(content)
    assert len(entries) > 50
    done = stage.run()
    assert done.returncode == 0, done.stderr
    stage.check_recovered(with_cache=False)
    # What this run did not ask for is still damaged: `cache verify` finds it, once.
    verify = [*stage.command()[:2], "cache", "verify", "--cache", str(stage.cache)]
    assert subprocess.run(verify, capture_output=True).returncode == 1
    assert subprocess.run(verify, capture_output=True).returncode == 0
