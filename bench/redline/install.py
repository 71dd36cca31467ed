"""Install the peers, by name, from the registries that npm and apt-get are set up for.

They go into a cache folder outside the repository (npm) or the system (apt).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from millesime.markup.pandoc import pandoc_path

_TIMEOUT_S = 600


def cache_folder() -> Path:
    """Return the folder for what npm installs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millesime-bench"


def program_folder() -> Path:
    """Return a folder with the `pandoc` that we use, so that pandiff uses the same."""
    folder = cache_folder() / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "pandoc"
    link.unlink(missing_ok=True)
    link.symlink_to(pandoc_path())
    return folder


def npm_module(name: str) -> Path:
    return cache_folder() / "node_modules" / name


def install_npm(*wishes: str) -> str:
    """Install the first of some versions of a package that npm finds; return why none was, or ""."""
    if not shutil.which("npm"):
        return "not installed: there is no npm here"
    name = wishes[0].rpartition("@")[0] or wishes[0]
    if (npm_module(name) / "package.json").exists():
        return ""
    cache_folder().mkdir(parents=True, exist_ok=True)
    said = ""
    for wish in wishes:
        said = _run(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache_folder()), wish])
        if not said:
            return ""
    return f"not installed: npm says {said}"


def npm_version(name: str) -> str:
    package = npm_module(name) / "package.json"
    return json.loads(package.read_text("utf-8"))["version"] if package.exists() else ""


def install_apt(command: str, *packages: str, needs: list[str] | None = None) -> str:
    """Install Debian packages unless their command is there; return why they are not, or "".

    `needs` is a command line that succeeds where everything is there.
    """
    if _is_there(command, needs):
        return ""
    line = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        return f"not installed: there is no apt-get here (packages {' '.join(packages)})"
    if os.geteuid() != 0:
        return f"not installed: run `sudo {' '.join(line)}`, then this again"
    said = _run([*line, "-o", "DPkg::Lock::Timeout=120"], DEBIAN_FRONTEND="noninteractive")
    return "" if _is_there(command, needs) else f"not installed: apt-get says {said or 'done, but it does not run'}"


def _is_there(command: str, needs: list[str] | None) -> bool:
    return bool(shutil.which(command)) and (needs is None or not _run(needs))


def _run(command: list[str], **environment: str) -> str:
    """Return "" if a command succeeds, else the line that says most."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, env={**os.environ, **environment}, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {error}"
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() and "code" not in line.lower()] or lines[-1:]
    return telling[0][:200] if telling else f"status {done.returncode}"


def version_line(*command: str) -> str:
    """Return the last word of the first line that a command prints about itself, as Debian's tools do."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0].split()[-1] if lines else ""
