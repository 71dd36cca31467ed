"""pandoc is missing, too old, broken, or ended from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.scene import Scene

# pypandoc as it is where there is no pandoc beside it: it looks for one, and complains.
SEARCHING = "def get_pandoc_path():\n    raise OSError('No pandoc was found')\n"
CASES = {
    "missing": (None, "pandoc: not found; install it with `pip install pypandoc_binary`"),
    "older": ("#!/bin/sh\necho pandoc 2.17.1.1\n", "pandoc 2.17.1.1 is too old; 3.1.12 or newer comes with"),
    "silent": ("#!/bin/sh\n", "does not say which version of pandoc it is"),
    "another": ("#!/bin/sh\necho Pandorc 4, a game\n", "but 'Pandorc 4, a game'; install pandoc again"),
    "broken": ("no program", "cannot be run: Exec format error; install pandoc again"),
    "failing": ("#!/bin/sh\necho no library >&2\nexit 127\n", "pandoc: stopped with status 127: no library"),
    "killed": ("#!/bin/sh\nkill -9 $$\n", "was ended from outside by signal 9, perhaps because memory ran out"),
}


def test_each_has_its_words_and_the_last_edition_stays(build_scene: Scene, tmp_path: Path):
    stage = build_scene.stage(tmp_path / "stage")
    for name, (program, said) in CASES.items():
        package = tmp_path / name / "pypandoc"
        (package / "files").mkdir(parents=True)
        (package / "__init__.py").write_text(SEARCHING)
        if program is not None:
            (package / "files/pandoc").write_text(program)
            (package / "files/pandoc").chmod(0o755)
        done = stage.run(PYTHONPATH=str(package.parent))
        assert (done.returncode, said in done.stderr) == (6, True), (name, done.stderr)
        assert stage.check_whole() == "old" and stage.leftovers() == []
    stage.recover()


def test_an_older_pandoc_is_old_and_a_newer_one_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from millesime.markup import pandoc
    from millesime.problems import EngineError

    for version, is_enough in (("3.1.12", True), ("3.10", True), ("4", True), ("3.1.11.1", False), ("3.1", False)):
        program = tmp_path / f"pandoc-{version}"
        program.write_text(f"#!/bin/sh\necho pandoc {version}\n")
        program.chmod(0o755)
        monkeypatch.setattr(pandoc, "_bundled_path", lambda: tmp_path / "nowhere")
        monkeypatch.setattr(pandoc, "_installed_path", lambda program=program: str(program))
        pandoc.pandoc_path.cache_clear()
        try:
            assert is_enough == (pandoc.pandoc_path() == str(program))
        except EngineError:
            assert not is_enough
        finally:
            pandoc.pandoc_path.cache_clear()
