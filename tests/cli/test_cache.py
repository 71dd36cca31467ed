"""`millesime cache` as its users meet it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import click
import pytest

from millesime.cli.cache import Size
from millesime.press.cache.keys import digest
from millesime.press.cache.store import LIMIT, Store
from tests.cli.here import run

KEYS = [digest(number) for number in range(4)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has chosen nothing."""
    for name in ("XDG_CACHE_HOME", "MILLESIME_CACHE", "MILLESIME_CACHE_LIMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def folder(home: Path) -> Path:
    return home / ".cache" / "millesime"


@pytest.fixture
def filled(folder: Path) -> Path:
    """Three entries of 1000 bytes, unused for one, two and three days, and one of a step of its own."""
    made = Store(folder)
    for days, key in enumerate(KEYS[:3], start=1):
        made.put("read", key, b"x" * 952)
        then = time.time() - days * 86400 - 60
        os.utime(folder / "read" / key, (then, then))
    made.put("artifact", KEYS[3], b"x" * 1952)
    return folder


def ask(*arguments: object) -> dict:
    done = run("cache", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_empty_cache_is_not_made_by_asking(folder: Path):
    done = run("cache")
    assert (done.returncode, done.stdout) == (0, "") and f"{folder}: nothing is kept yet" in done.stderr
    for command in ("info", "prune", "clear", "verify"):
        assert run("cache", command).returncode == 0
    assert not folder.exists()


def test_info_is_what_cache_says_by_itself(filled: Path):
    expected = {
        "folder": str(filled), "trouble": None, "limit": LIMIT, "entries": 4, "bytes": 5000,
        "steps": {"artifact": {"entries": 1, "bytes": 2000}, "read": {"entries": 3, "bytes": 3000}},
    }  # fmt: skip
    for arguments in ((), ("info",)):
        told = ask(*arguments)
        assert told.pop("oldest").startswith(time.strftime("%Y-%m-%dT", time.gmtime(time.time() - 3 * 86400 - 60)))
        assert told == expected
        said = run("cache", *arguments).stdout.splitlines()
        assert said[0] == str(filled) and said[1].split() == ["step", "entries", "size"]
        assert [line.split() for line in said[2:5]] == [
            ["artifact", "1", "2.0", "kB"], ["read", "3", "3.0", "kB"], ["together", "4", "5.0", "kB"],
        ]  # fmt: skip
        assert said[5].startswith("0 % of 2.0 GB; longest unused since 20")


def test_the_folder_is_the_option_then_the_variable_then_xdg_then_the_home(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    assert ask()["folder"] == str(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    assert ask()["folder"] == str(home / "xdg" / "millesime")
    monkeypatch.setenv("MILLESIME_CACHE", str(home / "variable"))
    assert ask()["folder"] == ask("info")["folder"] == str(home / "variable")
    assert ask("--cache", home / "option")["folder"] == str(home / "option")
    # before the command or behind it, the one behind it counting more
    assert json.loads(run("cache", "--cache", home / "one", "info", "--json").stdout)["folder"] == str(home / "one")
    both = run("cache", "--cache", home / "one", "info", "--cache", home / "two", "--json")
    assert json.loads(both.stdout)["folder"] == str(home / "two")


def test_prune_leaves_what_was_used_last(filled: Path):
    assert run("cache", "prune").stdout == "removed 0 entries, 0 B; 4 entries, 5.0 kB left\n"
    assert run("cache", "prune", "--limit", "4.5kB").stdout == "removed 1 entry, 1.0 kB; 3 entries, 4.0 kB left\n"
    assert not (filled / "read" / KEYS[2]).exists()
    told = ask("prune", "--older-than", 1)
    assert told == {"removed": {"entries": 2, "bytes": 2000}, "left": {"entries": 1, "bytes": 2000}}
    assert ask("prune", "--limit", 0)["left"]["entries"] == 0


def test_the_limit_may_come_from_the_environment(filled: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILLESIME_CACHE_LIMIT", "4KiB")
    assert ask()["limit"] == 4096 and "122 % of 4.1 kB" in run("cache").stdout
    assert ask("prune")["left"]["bytes"] == 4000


def test_clear_removes_everything_that_is_kept_and_nothing_else(filled: Path):
    (filled / "mine.txt").write_text("")
    assert run("cache", "clear").stdout == "removed 4 entries, 5.0 kB\n"
    assert sorted(path.name for path in filled.iterdir()) == [".gitignore", "CACHEDIR.TAG", "mine.txt"]
    assert ask("clear") == {"removed": {"entries": 0, "bytes": 0}}


def test_verify_names_what_is_damaged_and_fails_once(filled: Path):
    assert run("cache", "verify").stdout == "read 4 entries, 5.0 kB; 0 damaged\n"
    bad = filled / "read" / KEYS[1]
    bad.write_bytes(bad.read_bytes()[:-1])
    done = run("cache", "verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "read": {"entries": 4, "bytes": 4999}, "damaged": [{"path": str(bad), "how": "of another length"}],
    }  # fmt: skip
    bad.write_bytes(b"")
    done = run("cache", "verify")
    assert done.returncode == 1 and f"{bad}: too short; removed" in done.stderr and "1 damaged" in done.stdout
    assert run("cache", "verify").returncode == 0 and not bad.exists()


def test_a_folder_that_others_may_write_to_is_shown_but_not_changed(filled: Path):
    os.chmod(filled, 0o777)
    told = ask()
    assert "others may write to it (mode 0777)" in told["trouble"] and told["entries"] == 0
    for command in ("prune", "clear", "verify"):
        done = run("cache", command)
        assert done.returncode == 7 and "others may write to it" in done.stderr
    assert len(list((filled / "read").iterdir())) == 3


def test_a_folder_of_other_things_is_not_cleared(home: Path):
    documents = home / "documents"
    (documents / "read").mkdir(parents=True)
    (documents / "read" / KEYS[0]).write_text("an entry only by its name")
    done = run("cache", "clear", "--cache", documents)
    assert done.returncode == 7 and "holds files" in done.stderr and (documents / "read" / KEYS[0]).exists()


def test_json_is_asked_for_behind_the_command():
    done = run("cache", "--json", "prune")
    assert done.returncode == 2 and "write --json behind 'prune'" in done.stderr


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("1000", 1000), ("12B", 12), ("500MB", 500_000_000), ("2GiB", 2 << 30), ("2 gib", 2 << 30),
        ("1.5GB", 1_500_000_000), ("64KiB", 65536), ("3kB", 3000), ("1TB", 10**12), ("1TiB", 1 << 40), (" 7 ", 7),
        (7, 7),
    ],
)  # fmt: skip
def test_sizes_are_read_as_they_are_written(text: object, size: int):
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2G", "'2G' may be 2GB or 2GiB; write one of them"),
        ("10 XB", "'XB' is no unit of size; write kB, MB, GB, TB, or KiB, MiB, GiB, TiB"),
        ("-3MB", "'-3MB' is no size; write 500MB, 1.5GB or 2GiB"),
        ("1,5GB", "'1,5GB' is no size"),
        ("", "'' is no size"),
        ("MB", "'MB' is no size"),
        ("1e9", "'1e9' is no size"),
        ("nan", "'nan' is no size"),
        ("٣MB", "'٣MB' is no size"),
    ],
)
def test_what_is_no_size_is_told_what_is(text: str, said: str):
    with pytest.raises(click.BadParameter) as caught:
        Size().convert(text, None, None)
    assert said in caught.value.message


def test_help_says_where_and_what():
    said = run("cache", "--help").stdout
    assert "MILLESIME_CACHE" in said and all(f"\n  {verb} " in said for verb in ("info", "prune", "clear", "verify"))
    assert "\n  cache " in run("--help").stdout
