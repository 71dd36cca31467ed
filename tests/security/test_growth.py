"""Text that is hard to read: time grows with its length, whatever machine runs the test.

Each text is made twice, the second four times as long. Where time grows with
the square, the second takes sixteen times as long; the limit lies between,
and a second of processor time is allowed in any case.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from millesime.assembly.checks import check_report, check_source
from millesime.limits import LimitError, Limits
from millesime.markup.html_tokens import html_tokens
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.problems import did_you_mean
from millesime.render.fragments import write_fragments
from millesime.series.series import load_series
from tests.security.artifacts import assemble, write_report

_TIMES, _MOST = 4, 8  # how much longer, and how much more time that may take
_FREE_S = 1.0
LABEL = "\\label{"

TEXTS: dict[str, tuple[Callable[[int], str], int]] = {
    "tags": (lambda length: f"```{{=html}}\n<b>x</b>{'<a ' * length}\n```", 20_000),
    "tags-in-a-line": (lambda length: f"mot `<b>x</b>{'<a ' * length}`{{=html}} mot", 20_000),
    "comments": (lambda length: f"```{{=html}}\n{'<!--' * length}\n```", 30_000),
    "no-break-spaces": (lambda length: f"a{chr(0xA0) * length}:", 60_000),
    "labels-in-a-formula": (lambda length: f"$$\\begin{{equation}}{LABEL * length}$$", 15_000),
    "references": (
        lambda length: "".join(f"[](#rec-{number}x)\n\n[y]{{#rec-{number}y}}\n\n" for number in range(length)), 1_000,
    ),
}  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def read_and_print(root: Path, text: str) -> None:
    write_report(root, {"chapters/a.md": f"# Un\n\n{text}\n\nfin\n"})
    report = assemble(root)
    found = [*check_report(report), *check_source("chapters/a.md", text)]
    assert all(problem.where.startswith("chapters/a.md") for problem in found)
    assert all("fin" in "".join(one.itertext()) for one in list(write_fragments(report).values())[:1])


@pytest.mark.parametrize("name", TEXTS)
def test_time_grows_with_length(name: str, tmp_path: Path):
    make, length = TEXTS[name]
    read_and_print(tmp_path / "first", "mot")  # what is loaded once
    short = seconds(lambda: read_and_print(tmp_path / "short", make(length // _TIMES)))
    long = seconds(lambda: read_and_print(tmp_path / "long", make(length)))
    assert long < _FREE_S + _MOST * short, (short, long)


def test_what_pandoc_takes_ever_longer_for_is_named_with_its_chapter(tmp_path: Path):
    """A label in a label is tried as TeX in every way."""
    write_report(tmp_path, {"chapters/a.md": f"# Un\n\n\\begin{{equation}}{LABEL * 60_000}\n\nfin\n"})
    with pytest.raises(LimitError, match=r"^chapters/a\.md: "):
        assemble_edition(Workspace(load_series(tmp_path), None, limits=Limits(reading=1)), "2019")


def test_a_like_name_is_found_among_thousands_at_once(monkeypatch: pytest.MonkeyPatch):
    names = [f"rec-{number}y" for number in range(20_000)]
    looked_at: list[int] = []

    def look(seen: str, names: list[str], **options) -> list[str]:
        looked_at.append(len(names))
        return close_matches(seen, names, **options)

    close_matches = difflib.get_close_matches
    monkeypatch.setattr(difflib, "get_close_matches", look)
    assert did_you_mean("rec-71x", names) == "did you mean 'rec-71y'?"
    assert looked_at and max(looked_at) <= 30  # difflib takes 17 µs for each


def test_a_long_name_is_like_none():
    names = [f"{'x' * 300}{number}" for number in range(5)]
    assert did_you_mean("x" * 300, names) == ""


def test_comments_without_an_end_are_looked_for_once():
    short = seconds(lambda: html_tokens("<!--" * 25_000))
    long = seconds(lambda: html_tokens("<!--" * 100_000))
    assert long < _FREE_S + _MOST * short, (short, long)


def test_tags_without_an_end_are_looked_for_a_few_times():
    short = seconds(lambda: html_tokens("<a " * 1_000))
    long = seconds(lambda: html_tokens("<a " * 4_000))
    assert long < _FREE_S + _MOST * short, (short, long)
