"""Each fault without a build around it: what stands in its way, seen by itself and in a moment."""

from __future__ import annotations

import datetime
import errno
import json
import locale
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from millesime import beside, cli
from millesime.beside import put_aside
from millesime.distribution.site.tree import hold
from millesime.markup import pandoc
from millesime.press.cache import store
from millesime.press.cache.keys import digest
from millesime.press.cache.place import default_folder
from millesime.press.run.scratch import scratch_folder
from millesime.problems import EngineError, OutputError
from millesime.render import artifact
from millesime.render.artifact import write_beside
from millesime.render.pdf.engine.environment import surroundings
from tests.faults.scene import PROGRAM
from tests.faults.test_disk import PLAIN
from tests.faults.test_pandoc import CASES

# ---- beside, then renamed ------------------------------------------------------


@pytest.mark.parametrize("folder", [False, True])
def test_what_was_there_stays_until_the_new_one_is_whole(tmp_path: Path, folder: bool):
    place = tmp_path / "edition"
    for text in ("old", "half"):
        try:
            with write_beside(place, folder=folder) as new:
                (new / "index.html" if folder else new).write_text(text)
                if text == "half":
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    assert (place / "index.html" if folder else place).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


def test_two_folders_change_places_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(artifact, "put_aside", lambda *paths: pytest.fail("in two steps"))
    for text in ("old", "new"):
        with write_beside(tmp_path / "html", folder=True) as new:
            (new / "index.html").write_text(text)
    assert (tmp_path / "html/index.html").read_text() == "new"


def test_a_folder_that_stepped_aside_for_one_that_cannot_come_is_back_at_once(tmp_path: Path):
    (tmp_path / "html").mkdir()
    (tmp_path / "html/index.html").write_text("old")
    with pytest.raises(FileNotFoundError):
        put_aside(tmp_path / "html", tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["html"]
    assert (tmp_path / "html/index.html").read_text() == "old"


def test_what_was_swept_before_it_could_be_held_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made, opened = [], os.open

    def late(path: os.PathLike[str], *how: int) -> int:
        handle = opened(path, *how)
        if not made and not how[0] & os.O_CREAT:
            made.append(Path(path))
            os.unlink(path)  # another run took it for abandoned
        return handle

    monkeypatch.setattr(beside.os, "open", late)
    with beside.hold_beside(tmp_path / "a.epub") as held:
        assert held not in made and held.exists()


def test_a_place_whose_name_begins_anothers_is_told_from_it(tmp_path: Path):
    (tmp_path / ".edition.pdf.1.12345678.new").write_text("of edition.pdf")
    beside.recover(tmp_path / "edition")
    assert [path.name for path in tmp_path.iterdir()] == [".edition.pdf.1.12345678.new"]


def test_temporary_files_of_a_run_that_lives_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def other_process() -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", None)

    other_process()
    with scratch_folder():
        own = Path(tempfile.mkdtemp())
        other_process()
        with scratch_folder():
            assert own.is_dir() and len(list(tmp_path.iterdir())) == 2
        assert own.is_dir()


def test_who_publishes_second_is_told_to_wait(tmp_path: Path):
    with (
        hold(tmp_path / "site"),
        pytest.raises(OutputError, match="somebody else publishes here at this moment; wait until that is done"),
        hold(tmp_path / "site"),
    ):
        pass


# ---- disks ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EDQUOT, "make room there"),
        (errno.EFBIG, "make room there"),
        (errno.EROFS, "make the disk writable"),
        (errno.EACCES, "see to the folder's rights"),
    ],
)
def test_a_disk_that_refuses_is_told_with_what_to_do(tmp_path: Path, number: int, hint: str):
    said = rf"a\.epub: cannot be written: {os.strerror(number)}; what was there is as it was: {hint}, or choose .*--out"
    with pytest.raises(OutputError, match=said), write_beside(tmp_path / "a.epub"):
        raise OSError(number, os.strerror(number))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/x"), 7, "/tmp/x: No space left on device; what was"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/x"), 7, "make room; TMPDIR=DIR chooses another"),
        (KeyboardInterrupt(), 130, "interrupted; what was there before is untouched"),
        (ValueError("x"), 70, "a mistake of Millésime's own: ValueError: x"),
    ],
)
def test_no_traceback_reaches_a_user(
    error: BaseException, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli.program, "main", fail)
    monkeypatch.setattr(cli, "_prepare", lambda: None)
    monkeypatch.setattr(cli, "_close_stdout", lambda: None)
    monkeypatch.delenv("MILLESIME_DEBUG", raising=False)
    with pytest.raises((SystemExit, KeyboardInterrupt)) as ended:
        cli.main([])
    seen = capfd.readouterr().err
    assert getattr(ended.value, "code", None) == status and said in seen and "Traceback" not in seen


def test_a_full_disk_behind_standard_output_is_told_once():
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, env=buffered,
            check=False,
        )  # fmt: skip
    assert done.returncode == 7 and "No space left on device" in done.stderr
    assert "Exception ignored" not in done.stderr and "Traceback" not in done.stderr


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_entry", refuse)
    made = store.Store(tmp_path / "cache")
    for key in ("one", "other"):
        made.put("read", digest(key), b"content")
        assert made.get("read", digest(key)) is None
    (trouble,) = made.troubles
    assert "this cache cannot be written: No space left on device; the next build will make again" in trouble


# ---- surroundings --------------------------------------------------------------


def test_a_mask_that_shuts_out_the_owner_is_told_and_left_out_of_account(tmp_path: Path):
    command = ["sh", "-c", 'umask 777; exec "$@"', "sh", *PLAIN, sys.executable, PROGRAM, "init", tmp_path / "report"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "umask 0777 would shut Millésime out of its own files; 0077 is used" in done.stderr
    assert (tmp_path / "report/editions/report.yaml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("word", ["click.echo", "print_json"])
def test_words_go_out_where_the_locale_does_not_have_their_letters(word: str):
    imports = "import click; from millesime import cli; from millesime.cli.terminal import print_json"
    code = f"{imports}; cli._prepare(); {word}"
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code + r"('\u2013 \U0001d11e')"], capture_output=True, cwd=PROGRAM.parent, check=False,
        env={**plain, "PYTHONIOENCODING": "iso-8859-9"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode("ascii").strip()
    # Python's escapes are JSON's, but for letters beyond the first plane.
    assert said == r"\u2013 \U0001d11e" if word == "click.echo" else json.loads(said) == "\u2013 \U0001d11e"


def test_engines_of_pages_know_neither_the_time_nor_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for one in ("C", "C.UTF-8"):
            locale.setlocale(locale.LC_CTYPE, one)
            with surroundings(datetime.date(2018, 7, 3)):
                assert locale.setlocale(locale.LC_CTYPE) == "C.UTF-8"
                assert os.environ["SOURCE_DATE_EPOCH"] == "1530619200"
            assert locale.setlocale(locale.LC_CTYPE) == one and os.environ["SOURCE_DATE_EPOCH"] == "1"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


@pytest.mark.parametrize("environment", [{"HOME": "nowhere"}, {"HOME": "nowhere", "XDG_CACHE_HOME": "cache"}])
def test_a_home_that_is_no_place_gives_no_place_for_a_cache(environment: dict[str, str]):
    assert default_folder(environment) is None


# ---- pandoc --------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_pandoc_that_does_not_do_has_its_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program, said = CASES[name]
    if program is not None:
        (tmp_path / "files").mkdir()
        (tmp_path / "files/pandoc").write_text(program)
        (tmp_path / "files/pandoc").chmod(0o755)

    def find() -> str:
        raise OSError("No pandoc was found")

    monkeypatch.setattr(pandoc, "_bundled_path", lambda: tmp_path / "files/pandoc")
    monkeypatch.setattr(pandoc, "_installed_path", find)
    pandoc.pandoc_path.cache_clear()
    try:
        with pytest.raises(EngineError) as raised:
            pandoc.pandoc_path()
        assert said in str(raised.value)
    finally:
        pandoc.pandoc_path.cache_clear()
