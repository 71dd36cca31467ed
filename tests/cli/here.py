"""The program, its workers too, run in the process of a test: to load it takes longer than most that tests ask of it.

`tests.cli.test_program.run` runs it as its users do.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from millesime.cli import main
from tests.press.here import workers_here


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object, cwd: Path | None = None, **environment: str) -> Done:
    """Run the program with these arguments, in a folder and with more in its environment; there is no input."""
    out, complaints = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(complaints),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr("sys.stdin", io.StringIO())
        for verb in ("build", "bundle", "publish", "seal", "verify"):
            patch.setattr(importlib.import_module(f"millesime.cli.{verb}"), "local_workers", workers_here)
        for name, value in environment.items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        main([str(argument) for argument in arguments])
    assert "Traceback" not in complaints.getvalue()
    return Done(ended.value.code, out.getvalue(), complaints.getvalue())
