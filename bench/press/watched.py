"""What an edit costs while `build --watch` runs: from the moment of saving until the PDF is there."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.press.launcher import family, read
from bench.press.measure import Cost, users_environment
from bench.redline.measure import ROOT

_TICKS = os.sysconf("SC_CLK_TCK")
_SETTLES_S = 0.5  # in which it tidies up behind a build; this counts as CPU


class Watched:
    """A program that builds whenever a file is saved."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._await_build()

    def edit(self, save: Callable[[], None]) -> Cost:
        """Save, and return what it took until the build that follows was done."""
        cpu = self._cpu_s()
        began = time.monotonic()
        save()
        outcome = self._await_build()
        wall = time.monotonic() - began
        if not outcome or any(one["kept"] for one in outcome["artifacts"]):
            return Cost(problem="what was saved was not built")
        time.sleep(_SETTLES_S)
        return Cost(wall_s=wall, cpu_s=self._cpu_s() - cpu)

    def _await_build(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else {}

    def _cpu_s(self) -> float:
        """Return what the program, its workers and all processes that they waited for have used."""
        # proc_pid_stat(5): behind the name the state, then numbers, from the 11th on ticks of CPU.
        fields = [read(pid, "stat").rpartition(b")")[2].split() for pid in family(self._process.pid)]
        return sum(int(tick) for one in fields for tick in one[11:15]) / _TICKS


@contextmanager
def watched(command: Sequence[str], *, log: Path) -> Iterator[Watched]:
    """Give a program that builds and waits until the block ends."""
    with open(log, "wb") as err:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=err, cwd=ROOT, env=users_environment(), text=True
        )
        try:
            yield Watched(process)
        finally:
            process.kill()
            process.communicate()
