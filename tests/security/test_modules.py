"""No process of a build takes a file of the report for a module of Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.security.artifacts import write_report

ROOT = Path(__file__).resolve().parents[2]
# As the command `millesime` does it: the folder of the script, not the one it is called in, is looked at for modules.
SCRIPT = f"""
import sys
sys.path[0] = {str(ROOT)!r}
if __name__ == "__main__":
    from millesime.cli import main
    main()
"""
OURS = ("millesime", "weasyprint", "lxml", "jinja2", "cffi", "pyphen", "sitecustomize", "usercustomize")


def test_files_of_a_report_that_are_called_as_modules_are_not_run(tmp_path: Path):
    names = {*sys.stdlib_module_names, *OURS}
    seen = tmp_path / "seen"
    root = write_report(
        tmp_path / "report",
        {
            "chapters/a.md": "# Un\n\nTexte.\n",
            **{f"{name}.py": f"open({str(seen)!r}, 'a').write({name!r})\nraise SystemExit(9)\n" for name in names},
        },
    )
    script = tmp_path / "bin" / "millesime"
    script.parent.mkdir()
    script.write_text(SCRIPT, "utf-8")
    environment = {**os.environ, "MILLESIME_CACHE": str(tmp_path / "cache")}
    environment.pop("PYTHONSAFEPATH", None)
    command = [sys.executable, str(script), "build", "--jobs", "2"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert not seen.exists(), seen.read_text("utf-8")
    assert done.returncode == 0, done.stderr
    assert (root / "dist/2019/html/index.html").is_file()
