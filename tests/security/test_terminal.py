"""Text of others on a terminal: shown, whatever command prints it; exact where a program reads it."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
from pathlib import Path

import pytest

from millesime.cli import main
from millesime.cli.terminal import console, say, shown, styled
from tests.security.artifacts import write_report
from tests.support import make_repository

TITLE = "\x1b]0;prise\x07"  # sets the title of the window
HOSTILE = f"{TITLE}\x9b8m\x85\x7f\u202e\u2066"
SHOWN = "\\u001b]0;prise\\u0007"
# What may steer a terminal, but for what colours and progress need: "\x1b[2m", "\x1b[?25l".
STEERING = ("\x07", "\x1b]", "\x9b", "\x85", "\x7f", "\u202e", "\u2066")


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    encoding = "utf-8"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs a command, and returns its status and what it wrote."""
    monkeypatch.setenv("MILLESIME_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("GIT_PAGER_IN_USE", raising=False)

    def run(*words: object, stdout: type[io.StringIO] = Screen) -> tuple[int, str, str]:
        streams = stdout(), Screen()
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        threshold, mask = gc.get_threshold(), os.umask(0o022)
        try:
            with pytest.raises(SystemExit) as ended:
                main([str(word) for word in words])
        finally:
            gc.set_threshold(*threshold)
            gc.unfreeze()
            os.umask(mask)
        return ended.value.code, streams[0].getvalue(), streams[1].getvalue()

    return run


def steers(*said: str) -> list[str]:
    return [sign for sign in STEERING if any(sign in one for one in said)]


def test_a_text_is_shown_on_a_terminal_and_exact_behind_a_pipe(call, tmp_path: Path):
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(f"# Un\n\navant `{HOSTILE}` fin\n")
    new.write_text(f"# Un {HOSTILE}\n\naprès `{HOSTILE}` fin\n")
    for words in (("text", new), ("compare", old, new, "--to", "md"), ("compare", old, new)):
        status, out, err = call(*words)
        assert (status, steers(out, err)) == (0, []), words
        assert SHOWN in out or len(words) == 3, words  # a summary has titles on one line, without control characters
    status, out, err = call("text", new, stdout=Pipe)
    assert status == 0 and HOSTILE in out
    status, out, err = call("compare", old, new, "--to", "json", stdout=Pipe)
    assert status == 0 and json.dumps(TITLE)[1:-1] in out


def test_what_git_shows_in_a_pager_is_shown(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.md").write_text(f"`{HOSTILE}`\n")
    monkeypatch.setenv("GIT_PAGER_IN_USE", "true")
    status, out, err = call("text", tmp_path / "a.md", stdout=Pipe)
    assert (status, steers(out, err)) == (0, []) and SHOWN in out


def test_what_a_file_is_told_is_exact(call, tmp_path: Path):
    for name in ("old", "new"):
        (tmp_path / f"{name}.md").write_text(f"{name} `{TITLE}`\n")
    status, *_ = call("compare", tmp_path / "old.md", tmp_path / "new.md", "--to", "md", "-o", tmp_path / "x.md")
    assert status == 0 and TITLE in (tmp_path / "x.md").read_text()


def test_names_problems_and_errors_of_a_report_are_shown(call, tmp_path: Path):
    name = "a\u202e\u2066.md"  # a manifest names no file with control characters
    manifest = f"chapters: [{json.dumps('chapters/' + name)}]"
    root = write_report(
        tmp_path / "report", {f"chapters/{name}": f"# Un\n\n[x](#{TITLE}) `{HOSTILE}`\n"}, manifest=manifest
    )
    status, out, err = call("check", "--root", root)
    assert steers(out, err) == [] and "a\\u202e\\u2066.md" in err
    status, out, err = call("list", "--root", root)
    assert (status, steers(out, err)) == (0, [])
    template = root / "templates/html/chapter.html"
    template.parent.mkdir(parents=True)
    template.write_text(f"{{{{ '{TITLE}' | {'x' * 3} }}}}{TITLE}{{% {HOSTILE} %}}")
    status, out, err = call("build", "--to", "html", "--root", root)
    assert status and steers(out, err) == []
    (root / "chapters" / name).unlink()
    status, out, err = call("check", "--root", root)
    assert status in (4, 5)
    assert steers(out, err) == [] and "a\\u202e\\u2066.md" in err


def test_words_of_git_are_shown(call, tmp_path: Path):
    made = make_repository(tmp_path)
    write_report(made.root, {"chapters/a.md": "# Un\n\nun\n"})
    made.git("add", "-A")
    made.git("commit", "-q", "-m", f"un {HOSTILE}")
    (made.root / "chapters/a.md").write_text("# Un\n\ndeux\n")
    for words in (("list",), ("compare", "HEAD", "2019"), ("compare", f"HEAD~9{TITLE}", "2019")):
        _, out, err = call(*words, "--root", made.root)
        assert steers(out, err) == [], words


def test_a_name_on_the_command_line_is_shown(call, tmp_path: Path):
    """`compare *` names files that somebody else has called so."""
    status, out, err = call("compare", "a", "b", f"c{HOSTILE}")
    assert (status, steers(out, err)) == (2, []) and SHOWN in err


def test_our_own_colours_are_no_words_of_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    say(f"{styled('rouge', fg='red')} \x1b[31mrouge\x1b[0m", err=True)
    assert screen.getvalue() == "\x1b[31mrouge\x1b[0m \\u001b[31mrouge\\u001b[0m\n"


def test_tables_and_progress_show_text_and_read_no_markup_in_it():
    screen = Screen()
    console(stderr=False, file=screen, force_terminal=True, width=80).print(f"[/red] {HOSTILE}")
    assert not steers(screen.getvalue()) and f"[/red] {SHOWN[:12]}" in screen.getvalue()


def test_bytes_of_a_path_that_is_no_text_are_shown():
    assert shown(os.fsdecode(b"a\x9b8m\tb\n")) == "a\\udc9b8m\tb\n"
