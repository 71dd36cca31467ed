"""Inputs led by coverage: `python -m tests.security.fuzz TARGET CORPUS_FOLDER [-max_total_time=600]`.

TARGET is a name of tests/security/fuzz/targets.py; other words are
libFuzzer's. Needs atheris (`pip install atheris`), which is no dependency of
the project. What it finds becomes a case of tests/security or tests/redline.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["millesime"]):
    from tests.security.fuzz.targets import TARGETS

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
