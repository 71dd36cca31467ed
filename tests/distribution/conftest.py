"""Readers made by others, as the tests of catalogues call them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_READERS = Path(__file__).parent / "readers"


@pytest.fixture(scope="session")
def thorium() -> Callable[..., list[dict[str, Any]]]:
    """Return what reads texts of one kind as Thorium Reader does: "opds1", "opds2" or "webpub"."""
    if shutil.which("node") is None or not (_READERS / "node_modules" / "r2-opds-js").is_dir():
        pytest.skip("Thorium's parsers are not here: scripts/setup.sh test installs them")

    def read(kind: str, *contents: bytes) -> list[dict[str, Any]]:
        lines = "".join(json.dumps({"kind": kind, "text": content.decode()}) + "\n" for content in contents)
        done = subprocess.run(
            ["node", str(_READERS / "read.mjs")], input=lines.encode(), capture_output=True, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.decode("utf-8").split("\n") if line]

    return read
