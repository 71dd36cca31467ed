"""The peers: how each is installed, run and read."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.redline.install import install_apt, install_npm, npm_module, npm_version, version_line
from bench.redline.outputs import (
    BRACKETS,
    Marked,
    read_brackets,
    read_critic,
    read_docdiff,
    read_html,
    read_porcelain,
    read_wikidiff,
)

_GLUE = Path(__file__).with_name("glue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A tool that compares two files.

    `form` is what it is given: `txt` (the chapter's words, one paragraph a
    line: markup costs it nothing), `html` (by our pandoc) or `md` (the source).
    """

    form: str
    install: Callable[[], str]  # why it cannot run, or ""
    version: Callable[[], str]
    command: Callable[[str, str], list[str]]  # prints the difference of two files
    read: Callable[[str], Marked]
    reads_itself: bool = False  # its time includes reading Markdown
    most_pages: int = 100_000  # of a book that it is given whole

    @property
    def words_of(self) -> str:
        """Return the form by whose words it is judged; what reads Markdown makes HTML of it first."""
        return "txt" if self.form == "txt" else "html"


PEERS: dict[str, Peer] = {
    "pandiff": Peer(
        form="md",
        install=lambda: install_npm("pandiff@0.8", "pandiff"),
        version=lambda: npm_version("pandiff"),
        command=lambda old, new: ["node", str(npm_module("pandiff") / "lib" / "cli.js"), "--wrap=none", old, new],
        read=read_critic,
        reads_itself=True,
        most_pages=200,  # half of the Rust book took 0.6.0 over 225 CPU seconds when it was stopped
    ),
    "lxml htmldiff": Peer(
        form="html",
        install=lambda: "",  # a dependency of ours
        version=lambda: importlib.metadata.version("lxml"),
        command=lambda old, new: [sys.executable, "-m", "bench.redline.worker", "lxml", old, new],
        read=read_html,
    ),
    "htmldiff-js": Peer(
        form="html",
        install=lambda: install_npm("htmldiff-js"),
        version=lambda: npm_version("htmldiff-js"),
        command=lambda old, new: ["node", str(_GLUE / "htmldiff.js"), str(npm_module("htmldiff-js")), old, new],
        read=read_html,
    ),
    "wikidiff2": Peer(
        form="txt",
        install=lambda: install_apt(
            "php",
            "php-cli",
            "php-wikidiff2",
            needs=["php", "-r", "exit(function_exists('wikidiff2_inline_json_diff') ? 0 : 1);"],
        ),
        version=lambda: version_line("php", "-r", "echo wikidiff2_version();"),
        command=lambda old, new: ["php", "-d", "memory_limit=-1", str(_GLUE / "wikidiff2.php"), old, new],
        read=read_wikidiff,
    ),
    "docdiff": Peer(
        form="txt",
        install=lambda: install_apt("docdiff", "docdiff"),
        version=lambda: version_line("docdiff", "--version"),
        command=lambda old, new: ["docdiff", "--no-config-file", "--utf8", "--lf", "--word", "--html", old, new],
        read=read_docdiff,
    ),
    "git diff --word-diff": Peer(
        form="txt",
        install=lambda: install_apt("git", "git"),
        version=lambda: version_line("git", "--version"),
        command=lambda old, new: [
            *("git", "-c", "core.quotePath=false", "diff", "--no-index", "--no-color", "--no-ext-diff"),
            *("--word-diff=porcelain", "--unified=100000000", old, new),
        ],
        read=read_porcelain,
    ),
    "wdiff": Peer(
        form="txt",
        install=lambda: install_apt("wdiff", "wdiff"),
        version=lambda: version_line("wdiff", "--version"),
        command=lambda old, new: ["wdiff", *(f"{name}={sign}" for name, sign in BRACKETS.items()), old, new],
        read=read_brackets,
    ),
}
