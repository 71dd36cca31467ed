"""What a command costs: CPU seconds and peak memory, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
SLOW_S = 20.0  # what takes longer is run once


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took; `problem` says why it did not end well."""

    cpu_s: float = 0.0
    peak_mb: float = 0.0
    problem: str = ""


def run(command: Sequence[str], *, stdout: Path, limit_s: int, path: str = "") -> Cost:
    """Run a command from the repository's root, its output into a file; `path` goes before PATH."""
    with tempfile.TemporaryDirectory(prefix="millesime-bench-") as folder:
        report = Path(folder, "report.json")
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py"))]
        environment = {**os.environ, "PATH": os.pathsep.join(filter(None, [path, os.environ.get("PATH", "")]))}
        subprocess.run(
            [*launcher, str(report), str(stdout), f"{limit_s:d}", *command], check=True, cwd=ROOT, env=environment
        )
        return Cost(**json.loads(report.read_text("utf-8")))


def run_worker(verb: str, *arguments: str | Path, stdout: Path, limit_s: int) -> Cost:
    """Run one verb of `bench.redline.worker`."""
    command = [sys.executable, "-m", "bench.redline.worker", verb, *map(str, arguments)]
    return run(command, stdout=stdout, limit_s=limit_s)


def interleaved(tasks: Mapping[str, Callable[[], Cost]], *, rounds: int) -> dict[str, Cost]:
    """Return the median cost of each task, run in turns; a slow or failing one is run once."""
    costs: dict[str, list[Cost]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            if not costs[name] or not (costs[name][0].problem or costs[name][0].cpu_s > SLOW_S):
                costs[name].append(task())
    return {name: _median(seen) for name, seen in costs.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_s=median(cost.cpu_s for cost in costs),
        peak_mb=median(cost.peak_mb for cost in costs),
        problem=next((cost.problem for cost in costs if cost.problem), ""),
    )
