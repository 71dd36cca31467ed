"""Repositories for tests: git in a sealed environment, so that every id is the same everywhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class TestRepository:
    """A repository that a test writes: one author, one time zone, a day between two commits."""

    __test__ = False  # not a class of tests

    root: Path
    home: Path
    day: int = 0
    configuration: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        date = f"{1530576000 + 86400 * self.day} +0200"  # from 3 July 2018 on
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Équipe du rapport",
            "GIT_AUTHOR_EMAIL": "equipe@example.org",
            "GIT_COMMITTER_NAME": "Équipe du rapport",
            "GIT_COMMITTER_EMAIL": "equipe@example.org",
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
            "LC_ALL": "C",
            "TZ": "UTC",
        }

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git in the repository and return what it prints, without the last line end."""
        options = [part for key, value in self.configuration.items() for part in ("-c", f"{key}={value}")]
        done = subprocess.run(
            ["git", *options, *arguments], cwd=self.root, env=self.environment, input=stdin, capture_output=True
        )
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode()}"
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files into the working tree; None deletes one."""
        for path, content in files.items():
            place = self.root / path
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def commit(
        self, files: Mapping[str, str | bytes | None] | None = None, *, message: str = "Écrire", tag: str = ""
    ) -> str:
        """Write files, commit everything, and return the commit's id."""
        self.write(files or {})
        self.day += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

    def clone(self, folder: Path, *options: str) -> TestRepository:
        """Return a clone, made as from another machine."""
        self.git("-c", "protocol.file.allow=always", "clone", "--quiet", *options, self.root.as_uri(), str(folder))
        return TestRepository(folder, self.home, self.day)


def make_repository(folder: Path, *options: str) -> TestRepository:
    """Return a new repository in `folder/report`, with a home of its own beside it."""
    home = folder / "home"
    home.mkdir(parents=True)
    root = folder / "report"
    root.mkdir()
    made = TestRepository(root, home)
    made.git("init", "--quiet", "--initial-branch=main", *options)
    return made
