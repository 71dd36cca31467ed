"""Clocks that are wrong, no home, other locales, other masks of rights: the same bytes, and words where they matter."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.scene import PROGRAM, Scene, Stage
from tests.faults.test_disk import PLAIN

FAKETIME = [*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), *Path("/usr/lib64/faketime").glob("*MT.so.1")]


def at(year: int) -> dict[str, str]:
    """Return the variables under which a process and those that it starts believe it is this year."""
    assert FAKETIME, "libfaketime is not installed: scripts/setup.sh test does it"
    # As a distance: a fixed time would begin anew in each process, and those that wait for each other would hang.
    distance_s = datetime.datetime(year, 1, 2, tzinfo=datetime.UTC).timestamp() - time.time()
    return {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME": f"{distance_s:+.0f}", "NO_FAKE_STAT": "1"}


@pytest.fixture(scope="module")
def turkish(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of Turkish, whose small I has no dot, and whose "fi" is no ligature."""
    folder = tmp_path_factory.mktemp("locales")
    subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8", folder / "tr_TR.UTF-8"], check=True, capture_output=True)
    subprocess.run(["localedef", "-i", "tr_TR", "-f", "ISO-8859-9", folder / "tr_TR"], check=True, capture_output=True)
    return {"LOCPATH": str(folder), "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}


def bare(stage: Stage, **more: str) -> dict[str, str]:
    """Return an environment that has what a build needs, and nothing else: no HOME."""
    return {"PATH": os.environ["PATH"], "MILLESIME_CACHE": str(stage.cache), "TMPDIR": str(stage.temporary), **more}


def under(mask: str) -> list[str]:
    return ["sh", "-c", f'umask {mask}; exec "$@"', "sh"]


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_faked_clock_is_believed(year: int):
    code = "import time; print(time.gmtime().tm_year)"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **at(year)}, capture_output=True, text=True)
    assert done.stdout == f"{year}\n"


def test_a_build_in_1970_without_a_home_in_the_plainest_locale(build_scene: Scene, tmp_path: Path):
    stage = build_scene.stage(tmp_path / "stage")
    for step in ("font", "layout"):  # fonts are cut again, and hold a time
        shutil.rmtree(stage.cache / step)
    done = stage.run(before=under("077"), environment=bare(stage, LC_ALL="C", **at(1970)))
    assert done.returncode == 0, done.stderr
    stage.check_recovered()
    assert {path.stat().st_mode & 0o077 for path in stage.out.rglob("*.pdf")} == {0, 0o044}  # of the old run


def test_a_build_in_2100_in_turkish_with_rights_for_all(build_scene: Scene, tmp_path: Path, turkish: dict[str, str]):
    stage = build_scene.stage(tmp_path / "stage")
    done = stage.run(before=under("000"), environment=bare(stage, HOME="/nonexistent", **turkish, **at(2100)))
    assert done.returncode == 0, done.stderr
    stage.check_recovered()
    assert stage.run("--dry-run").stdout.count(": keep ") == 8, "what it kept serves others"


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_site_of_any_year_in_turkish_without_a_home(
    publish_scene: Scene, tmp_path: Path, turkish: dict[str, str], year: int
):
    stage = publish_scene.stage(tmp_path / "stage", cache="new")
    shutil.rmtree(stage.cache / "pages")  # they are made again
    done = stage.run(before=under("027"), environment=bare(stage, **turkish, **at(year)))
    assert done.returncode == 0, done.stderr
    stage.check_recovered()


def test_a_mask_that_shuts_out_the_owner_is_told_and_left_out_of_account(build_scene: Scene, tmp_path: Path):
    stage = build_scene.stage(tmp_path / "stage", cache="new")
    shutil.rmtree(stage.cache)
    done = stage.run("2018", "--to", "docx,epub", before=[*under("777"), *PLAIN])
    assert done.returncode == 0, done.stderr
    assert "umask 0777 would shut Millésime out of its own files; 0077 is used" in done.stderr
    assert stage.check_whole() == "old" and stage.leftovers() == []


def test_words_go_out_in_a_locale_that_does_not_have_their_letters(
    build_scene: Scene, tmp_path: Path, turkish: dict[str, str]
):
    stage = build_scene.stage(tmp_path / "stage", cache="new")
    strict = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for locale in ({"LC_ALL": "C"}, {**turkish, "LC_ALL": "tr_TR"}):
        done = stage.run("--json", environment=bare(stage, **{**strict, **locale}))
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["artifacts"]) == 8
        stage.check_recovered()
    # An en dash, a Greek letter: not in ISO 8859-9.
    code = r"print_json('\u2013 \u03bb'); click.echo('\u2013 \u03bb')"
    imports = "import click; from millesime import cli; from millesime.cli.terminal import print_json"
    program = f"{imports}; cli._prepare(); {code}"
    for locale in ({"LC_ALL": "C"}, {**turkish, "LC_ALL": "tr_TR"}):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, env=bare(stage, **{**strict, **locale}),
            cwd=PROGRAM.parent,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[0]) == "– λ"


def test_without_a_home_a_build_says_where_a_cache_could_be(build_scene: Scene, tmp_path: Path):
    stage = build_scene.stage(tmp_path / "stage")
    environment = bare(stage, HOME="nowhere")
    del environment["MILLESIME_CACHE"]
    done = stage.run("2018", "--to", "epub", environment=environment)
    assert done.returncode == 0, done.stderr
    assert "HOME is not set, so there is no place for a cache; choose one with --cache" in done.stderr
    assert stage.check_whole() == "old" and stage.leftovers() == []
