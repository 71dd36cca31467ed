"""What a command costs: wall and CPU seconds, and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from bench.redline.measure import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took; `problem` says why it did not end well."""

    wall_s: float = 0.0
    cpu_s: float = 0.0  # of all processes
    peak_mb: float = 0.0  # of the largest process
    main_mb: float = 0.0  # of the process that was started
    worker_mb: float = 0.0  # of the largest of its worker processes
    pages: float = 0.0  # of the PDF
    problem: str = ""


def run(command: Sequence[str], *, log: Path, limit_s: int, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command from the repository's root; what it says goes into `log`, and `log`.err."""
    with tempfile.TemporaryDirectory(prefix="millesime-bench-") as folder:
        report = Path(folder, "report.json")
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py"))]
        subprocess.run(
            [*launcher, str(report), str(log), f"{limit_s:d}", *command],
            check=True,
            cwd=ROOT,
            env={**users_environment(), **(environment or {})},
        )
        return Cost(**json.loads(report.read_text("utf-8")))


def users_environment() -> dict[str, str]:
    """Return the environment in which Python keeps its bytecode, as it does for users, whatever is said here."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the medians of several runs, or the first that did not end well."""
    failed = next((cost for cost in costs if cost.problem), None)
    if failed:
        return failed
    numbers = [field.name for field in fields(Cost) if field.name != "problem"]
    return Cost(**{name: median(getattr(cost, name) for cost in costs) for name in numbers})


def total(costs: Sequence[Cost]) -> Cost:
    """Return what several runs after each other took."""
    return Cost(
        wall_s=sum(cost.wall_s for cost in costs),
        cpu_s=sum(cost.cpu_s for cost in costs),
        peak_mb=max(cost.peak_mb for cost in costs),
        pages=sum(cost.pages for cost in costs),
        problem=next((cost.problem for cost in costs if cost.problem), ""),
    )
