"""A disk that is full, or may not be written: at the output, under temporary files, behind standard output."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.faults.scene import Scene, Stage
from tests.press.test_store import can_mount

MOUNTS = os.geteuid() == 0 and can_mount()
# Root passes over rights, unless it gives that up.
PLAIN = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []
SMALL_FILES = ["sh", "-c", 'ulimit -f 16; exec "$@"', "sh"]  # of 8 kB

both_verbs = pytest.mark.parametrize("verb", ["build", "publish"])


@pytest.fixture
def stage(verb: str, request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Everything is made, and only has to be put in its place."""
    scene: Scene = request.getfixturevalue(f"{verb}_scene")
    return scene.stage(tmp_path / "stage", cache="new")


def on_a_small_disk(folder: Path, *, room_kb: int) -> list[object]:
    """Return the beginning of a command whose `folder` is on a disk with so much room beside what is in it.

    The disk is the command's alone; what is on it in the end is in `folder.after`.
    """
    script = (
        'folder=$1 && cp -a "$1" "$1.kept" && mount -t tmpfs -o size=$2k tmpfs "$1" && cp -a "$1.kept/." "$1" && '
        'shift 2 && "$@"; code=$?; cp -a "$folder" "$folder.after"; exit $code'
    )
    size_kb = sum((path.stat().st_size + 4095) // 4096 * 4 for path in folder.rglob("*") if path.is_file())
    return ["unshare", "--mount", "sh", "-c", script, "sh", folder, size_kb + room_kb]


@both_verbs
@pytest.mark.parametrize("how", ["limit", *(["disk"] if MOUNTS else [])])
def test_a_full_disk_leaves_the_last_output_whole_and_says_what_to_do(verb: str, how: str, stage: Stage):
    place = stage.out.parent
    done = stage.run(before=on_a_small_disk(place, room_kb=32) if how == "disk" else SMALL_FILES)
    if how == "disk":
        shutil.rmtree(place)
        Path(f"{place}.after").rename(place)
    reason = "No space left on device" if how == "disk" else "File too large"
    assert done.returncode == 7, done.stderr
    assert f"cannot be written: {reason}; what was there is as it was: make room there, or choose" in done.stderr
    assert stage.check_whole() in ("old", "both") and stage.leftovers() == []
    assert stage.run().returncode == 0
    stage.check_recovered()


@both_verbs
@pytest.mark.parametrize("how", ["rights", *(["disk"] if MOUNTS else [])])
def test_an_output_that_may_not_be_written_is_named(verb: str, how: str, stage: Stage):
    closed = [stage.out.parent, *(path for path in stage.out.parent.rglob("*") if path.is_dir())]
    if how == "rights":
        for path in closed:
            path.chmod(0o555)
        done = stage.run(before=PLAIN)
        for path in closed:
            path.chmod(0o755)
    else:
        script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
        done = stage.run(before=["unshare", "--mount", "sh", "-c", script, "sh", stage.out.parent])
    reason, hint = {
        "rights": ("Permission denied", "see to the folder's rights"),
        "disk": ("Read-only file system", "make the disk writable"),
    }[how]
    assert done.returncode == 7, done.stderr
    assert f"{stage.out}" in done.stderr
    assert f"cannot be written: {reason}; what was there is as it was: {hint}, or choose" in done.stderr
    assert stage.check_whole() == "old" and stage.leftovers() == []
    assert stage.run().returncode == 0
    stage.check_recovered()


@pytest.mark.parametrize("verb", ["build"])
def test_no_room_for_temporary_files_is_told_from_no_room_for_the_output(build_scene: Scene, tmp_path: Path, verb: str):
    stage = build_scene.stage(tmp_path / "stage")
    done = stage.run(before=on_a_small_disk(stage.temporary, room_kb=4) if MOUNTS else SMALL_FILES)
    for left in (Path(f"{stage.temporary}.kept"), Path(f"{stage.temporary}.after")):
        assert not MOUNTS or list(left.iterdir()) == []
        shutil.rmtree(left, ignore_errors=True)
    assert done.returncode == 7, done.stderr
    if MOUNTS:
        assert "No space left on device; what was there before is untouched: make room; TMPDIR=DIR" in done.stderr
    assert stage.check_whole() in ("old", "both") and stage.leftovers() == []
    stage.recover()


@pytest.mark.parametrize("verb", ["build"])
def test_a_full_disk_behind_standard_output_is_no_mistake_of_ours(verb: str, stage: Stage):
    done = stage.run(before=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
    assert done.returncode == 7 and "No space left on device" in done.stderr and "Exception ignored" not in done.stderr
    stage.check_recovered()
