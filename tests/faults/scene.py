"""A small report, what was made of it before, and what an undisturbed run makes of it: for runs that are disturbed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from millesime.press.cache.upkeep import list_entries, verify
from tests.press.report import make_report

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"
UNDISTURBED = "undisturbed"
Files = dict[str, str]  # path → SHA-256; of a link, where it leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One verb, the folder it writes to, and what is in that folder before and after it."""

    folder: Path  # of everything below
    verb: str  # "build" or "publish"
    old: Path  # the output as an earlier run left it
    cache: Path  # as that run left it
    new: Files  # what an undisturbed run leaves
    seconds: dict[str, float]  # that it took, with the cache of the old run and with its own

    @property
    def root(self) -> Path:
        return self.folder / "report"

    def stage(self, folder: Path, *, cache: str = "old") -> Stage:
        """Return a place of its own for one disturbed run: the old output, and the cache of the old run or the new.

        With that of the new one everything is made, and only has to be put in its place.
        """
        stage = Stage(scene=self, folder=folder)
        folder.mkdir(parents=True)
        shutil.copytree(self.old, stage.out, symlinks=True)
        kept = self.cache if cache == "old" else Stage(scene=self, folder=self.folder / UNDISTURBED).cache
        subprocess.run(["cp", "-a", kept, stage.cache], check=True)
        stage.temporary.mkdir()
        return stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where one disturbed run takes place."""

    scene: Scene
    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "place" / "out"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def command(self, *options: object) -> list[str]:
        parts = (sys.executable, PROGRAM, self.scene.verb, "--root", self.scene.root, "--out", self.out, *options)
        return list(map(str, parts))

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "MILLESIME_CACHE": str(self.cache), "TMPDIR": str(self.temporary), **more}

    def start(self, *options: object, **more: str) -> subprocess.Popen[str]:
        """Begin the run, in a group of processes of its own."""
        return subprocess.Popen(
            self.command(*options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
            start_new_session=True, env=self.environment(**more),
        )  # fmt: skip

    def run(
        self,
        *options: object,
        before: Sequence[object] = (),
        environment: Mapping[str, str] | None = None,
        verb: str = "",
        **more: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, behind a command that runs commands; no traceback may come out."""
        command = [*map(str, before), *self.command(*options)]
        if verb:
            command[command.index(self.scene.verb)] = verb
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=120, check=False,
            env=self.environment(**more) if environment is None else {**environment},
        )  # fmt: skip
        assert "Traceback" not in done.stderr and "mistake of Millésime" not in done.stderr, done.stderr
        return done

    def check_whole(self) -> str:
        """Assert that what readers see is the old output or the new; return "old", "new", or "both" of a build.

        A site is one thing, an edition several: each file of it, and its
        folder of pages, is one.
        """
        old, new, seen = files_of(self.scene.old), self.scene.new, files_of(self.out)
        if seen == old:
            return "old"
        if seen == new:
            return "new"
        assert self.scene.verb == "build", f"half a site: {_difference(seen, new)}"
        for artifact in {_artifact(path) for path in {*old, *new, *seen}}:
            part = [{path: one for path, one in files.items() if _artifact(path) == artifact}
                    for files in (seen, old, new)]  # fmt: skip
            assert part[0] in part[1:], f"{artifact}: neither old nor new: {_difference(part[0], part[2])}"
        return "both"

    def check_recovered(self, *, with_cache: bool = True) -> None:
        """Assert that the output is that of an undisturbed run, and that nothing is left of a disturbed one.

        `with_cache`: that each entry of the cache is sound as well.
        """
        assert files_of(self.out) == self.scene.new, _difference(files_of(self.out), self.scene.new)
        assert self.leftovers() == []
        if with_cache:
            assert verify(self.cache)[1] == []

    def recover(self) -> None:
        """Run again, with the cache of the undisturbed run, and check what that gives: where nothing was made yet."""
        kept = Stage(scene=self.scene, folder=self.scene.folder / UNDISTURBED).cache
        shutil.rmtree(self.cache, ignore_errors=True)
        subprocess.run(["cp", "-a", kept, self.cache], check=True)
        done = self.run()
        assert done.returncode == 0, done.stderr
        self.check_recovered()

    def leftovers(self) -> list[str]:
        """Return what runs left that is no output: beside it, among temporary files, in the cache."""
        left = [*self.out.parent.rglob(".*"), *self.temporary.iterdir()]
        left += [entry.path for entry in list_entries(self.cache) if entry.is_temporary]
        return sorted(str(path.relative_to(self.folder)) for path in left)


def make_scene(folder: Path, verb: str, *, warm: Path | None = None) -> Scene:
    """Return a report of two editions, one with an annex, in all formats, and what was made of it before.

    Of a build: the second edition, in preparation, before a sentence was
    edited. Of a site: the first edition alone. `warm` is a cache to begin with.
    """
    folder.mkdir(parents=True)
    made = make_report(folder)
    place = made.root / "editions/report.yaml"
    place.write_text(f"{place.read_text('utf-8')}base_url: https://example.org/rapport\n", "utf-8")
    if verb == "build":
        manifest = made.root / "editions/2019.yaml"
        kept = [line for line in manifest.read_text("utf-8").splitlines() if not line.startswith("revision:")]
        manifest.write_text("\n".join(kept) + "\n", "utf-8")
    made.commit()
    scene = Scene(folder=folder, verb=verb, old=folder / "old", cache=folder / "cache", new={}, seconds={})
    scene.old.mkdir()
    before = Stage(scene=scene, folder=folder / "before")
    before.temporary.mkdir(parents=True)
    if warm:
        subprocess.run(["cp", "-a", warm, before.cache], check=True)
    first = before.run(*(["2018"] if verb == "publish" else []))
    assert first.returncode == 0, first.stderr
    before.cache.rename(scene.cache)
    scene.old.rmdir()
    before.out.rename(scene.old)
    if verb == "build":
        chapter = made.root / "chapters/10-modele.md"
        chapter.write_text(chapter.read_text("utf-8").replace("tel quel", "quel tel"), "utf-8")
    undisturbed = scene.stage(folder / UNDISTURBED)
    seconds = {}
    for cache in ("old", "new"):
        shutil.rmtree(undisturbed.out)
        shutil.copytree(scene.old, undisturbed.out, symlinks=True)
        began = time.monotonic()
        done = undisturbed.run()
        seconds[cache] = time.monotonic() - began
        assert done.returncode == 0, done.stderr
    assert undisturbed.leftovers() == []
    new = files_of(undisturbed.out)
    assert new != files_of(scene.old)
    return Scene(folder=folder, verb=verb, old=scene.old, cache=scene.cache, new=new, seconds=seconds)


def files_of(folder: Path) -> Files:
    """Return what readers see in a folder: no hidden files, and nothing in hidden folders."""
    seen: Files = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            if not name.startswith("."):
                content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
                seen[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return seen


def _artifact(path: str) -> str:
    """Return the file or the folder that stands in an edition's folder: "2019/html" of "2019/html/index.html"."""
    return "/".join(path.split("/")[:2])


def _difference(seen: Files, expected: Files) -> dict[str, list[str]]:
    return {
        "missing": sorted(expected.keys() - seen.keys())[:9],
        "more": sorted(seen.keys() - expected.keys())[:9],
        "other": sorted(path for path in seen.keys() & expected.keys() if seen[path] != expected[path])[:9],
    }
