"""Try the newest WeasyPrint and pydyf, and say whether Millésime may name them: `make canary`.

They are installed beside the pinned versions, into dist/canary, and the tests
of both layout paths run with them as if they had been tried.
Exit status: 0 nothing newer, or all passed; 1 tests failed; 2 pip failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "dist" / "canary"
KNOWN_IN = "millesime/render/pdf/engine/internals.py"
TESTS = (
    "tests/render/test_pdf_by_unit.py",
    "tests/render/test_weasyprint_patches.py",
    "tests/render/test_pdf_tags.py",
    "tests/render/test_pdf_footnotes.py",
    "tests/render/test_pdf_tall_rows.py",
    "tests/render/test_pdf_text_layer.py",
    "tests/render/test_pdf_folios.py",
    "tests/render/test_startup.py",
    "tests/render/test_pdf.py",
)


def main() -> int:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--upgrade", "--target", SITE, "weasyprint", "pydyf"], check=False).returncode:
        print("canary: pip could not install them", file=sys.stderr)
        return 2
    environment = os.environ | {"PYTHONPATH": f"{SITE}:{ROOT}", "MILLESIME_CANARY": "1"}
    code = "from tests.canary import newer; print(newer())"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)
    newer = found.stdout.decode().strip()
    if not newer:
        print("canary: the newest versions are those that were tried; nothing to do")
        return 0
    print(f"canary: trying {newer}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadscope", *TESTS]
    failed = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if failed:
        print(f"canary: {newer}: tests failed; keep the pins of pyproject.toml, and mend what the tests name")
        return 1
    print(
        f"canary: {newer}: all tests of both paths passed. Add the versions to KNOWN in {KNOWN_IN}, raise the pins in "
        "pyproject.toml, then `make lock`, `python -m tests.render.c_declarations` and `make test-all`"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
