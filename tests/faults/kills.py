"""Kill builds and publications at random moments, and look at what is left: python -m tests.faults.kills VERB [COUNT].

Each moment is drawn from the duration of an undisturbed run, evenly; two of
three runs find everything made, so that many moments are those at which it is
put in its place. After it: what readers see is whole; the next run, with what
the killed one left in its cache, gives the bytes of an undisturbed one and
leaves nothing else.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.faults.scene import Scene, make_scene


def kill_at_random(scene: Scene, count: int, *, seed: int, folder: Path, say=lambda text: None) -> Counter[str]:
    """Kill so many runs, each from the same beginning, and check each; return how many ended how."""
    chance = random.Random(seed)
    told: Counter[str] = Counter()
    for number in range(count):
        cache = chance.choice(("old", "new", "new"))
        moment_s = chance.uniform(0, scene.seconds[cache])
        stage = scene.stage(folder / f"{scene.verb}-{number}", cache=cache)
        process = stage.start()
        time.sleep(moment_s)
        landed = process.poll() is None
        with suppress(ProcessLookupError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        try:
            seen, left = stage.check_whole(), len(stage.leftovers())
            done = stage.run()
            assert done.returncode == 0, done.stderr
            stage.check_recovered()
        except AssertionError as error:
            raise AssertionError(f"kill {number} of seed {seed}, after {moment_s:.3f} s: {error}") from error
        told += Counter({
            "runs": 1, "killed": landed, f"with the {cache} cache": 1, f"saw the {seen}": 1,
            "left something": bool(left), "recovered": 1,
        })  # fmt: skip
        how = "killed" if landed else "had ended"
        say(f"{number}: {cache} cache, after {moment_s:.2f} s, {how}, {seen}, {left} left")
        shutil.rmtree(stage.folder)
    return told


def main(verb: str, count: str = "200", seed: str = "") -> None:
    chosen = int(seed or time.time())
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        scene = make_scene(folder / "scene", verb)
        print(f"{verb}: {scene.seconds} s undisturbed, seed {chosen}", flush=True)
        told = kill_at_random(scene, int(count), seed=chosen, folder=folder, say=lambda text: print(text, flush=True))
        print(f"{verb}: {dict(told)}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
