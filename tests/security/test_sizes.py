"""Texts that are small to send and large to print: each ends in an artifact, or is named within the limits."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from millesime.limits import LimitError, Limits
from millesime.markup import pandoc
from millesime.press.compare.loose_documents import open_papers
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import make_artifact
from millesime.press.run.resource_limits import run_limited
from millesime.series.series import load_series
from tests.security.artifacts import make, text_of, write_report

ROOT = Path(__file__).resolve().parents[2]

NESTED = {
    "quotes": ">" * 100_000 + " x",
    "lists": "\n".join("  " * level + "- x" for level in range(300)),
    "list-in-a-line": "- " * 100_000 + "x",
    "brackets": "[" * 100_000,
    "raw-elements": "<div>" * 100_000,
    "notes-in-notes": "".join(f"[^{number}]: x[^{number + 1}]\n\n" for number in range(3_000)) + "x[^0]",
    "formula": "$" + "{" * 100_000 + "}" * 100_000 + "$",
    "metadata-aliases": "---\na0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    + "---\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
def test_a_text_that_is_nested_without_end_is_read_or_named_in_time(name: str, tmp_path: Path):
    write_report(tmp_path, {"chapters/a.md": f"# Un\n\n{NESTED[name]}\n" if "meta" not in name else NESTED[name]})
    limits = Limits(reading=1, memory=512)
    try:
        assemble_edition(Workspace(load_series(tmp_path), None, limits=limits), "2019")
    except LimitError as error:
        assert str(error).startswith("chapters/a.md: ")


def test_what_stays_within_the_limit_of_nesting_is_printed_and_compared(tmp_path: Path):
    deepest = "\n".join("  " * level + "- x" for level in range(47))
    text = f"# Un\n\n{deepest}\n\n\n{'>' * 47} fond\n\n{'<b>' * 300}gras\n"
    made = make(write_report(tmp_path / "report", {"chapters/a.md": text}))
    assert all("fond" in said and "gras" in said for said in text_of(made).values())
    for name in ("old", "new"):
        (tmp_path / f"{name}.md").write_text(text.replace("fond", name), "utf-8")
    from millesime.press.compare.comparison import compare_manuscripts

    assert compare_manuscripts(None, *open_papers(tmp_path / "old.md", tmp_path / "new.md")).chapters


def test_tables_and_measures_beyond_all_bounds_are_printed(tmp_path: Path):
    wide = "|" + "a|" * 100 + "\n|" + "-|" * 100 + "\n|" + "b|" * 100 + "\n"
    text = (
        f"# {'Titre ' * 30}\n\n{wide}\n<table><tr><td colspan=1000000>a</td></tr><tr><td rowspan=1000000>b</td></tr>"
        f"</table>\n\n{'x' * 5_000}\n\n99999999999999999999. liste\n\n<ol start=99999999999999999999><li>x</ol>\n\n"
        '![x](a.svg){width=1e30cm height=99999999%} [x]{style="width:1e30px;padding:1e9px;position:fixed"}\n\nfin\n'
    )
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1e30" height="1e30"><rect width="1e300" height="NaN"/>'
        '<path d="M 0 0 L 1e999 nan"/></svg>'
    )
    made = make(write_report(tmp_path, {"chapters/a.md": text, "chapters/a.svg": drawing}))
    assert all("fin" in said for said in text_of(made).values())


def test_a_part_that_takes_too_long_to_lay_out_is_named(tmp_path: Path):
    rows = "".join(f"| {'mot ' * 30}{number} | b |\n" for number in range(600))
    write_report(tmp_path, {"chapters/a.md": f"# Un\n\n| a | b |\n|---|---|\n{rows}"})
    report = assemble_edition(Workspace(load_series(tmp_path), None), "2019")
    with pytest.raises(LimitError, match=r"^edition 2019, pdf: .* more than 1 s; .*layout: 1"):
        run_limited(Limits(layout=1), "edition 2019, pdf", make_artifact, report, "pdf")


@pytest.mark.parametrize("ended_by", [KeyboardInterrupt, LimitError])
def test_what_pandoc_started_ends_with_it(ended_by: type[BaseException], tmp_path: Path):
    """As rsvg-convert does, which it starts for the pictures of a Word file."""
    noted = tmp_path / "pid"

    def watch(process: subprocess.Popen) -> None:
        if noted.exists() and noted.read_text():
            raise ended_by("enough")

    command = ["sh", "-c", f"sleep 300 & echo $! > {noted}; wait"]
    with pytest.raises(ended_by):
        pandoc._finished(command, stdin=b"", folder=tmp_path, environment={}, watch=watch)
    pid = int(noted.read_text())
    until = time.monotonic() + 10
    while _lives(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


COMPARED = """
import random, re, sys
from pathlib import Path
from millesime.markup.ast import para, words
from millesime.redline.compare import compare
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.model import ChapterText
chance = random.Random(1)
old = [f"mot{chance.randrange(5000)}" for _ in range(int(sys.argv[1]))]
new = [word if chance.random() > 0.3 else f"mot{chance.randrange(5000)}" for word in old]
def edition(text):
    return [ChapterText(path="a.md", id="a", title="A", blocks=[para(*words(" ".join(text)))], images={}, digest="")]
redline = compare(edition(old), edition(new))
assert accept_all(redline)["a.md"] == edition(new)[0].blocks and reject_all(redline)["a.md"] == edition(old)[0].blocks
# Not ru_maxrss, which a new process takes over from the one that started it: getrusage(2), execve(2).
print(int(re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.parametrize("count", [60_000, pytest.param(200_000, marks=pytest.mark.thorough)])
def test_two_huge_paragraphs_are_compared_in_bounded_memory(count: int):
    """Exactly, 60,000 words take 450 MB for their script alone, 200,000 take 5 GB."""
    done = subprocess.run(
        [sys.executable, "-c", COMPARED, str(count)], capture_output=True, text=True, cwd=ROOT, timeout=900, check=True
    )
    assert int(done.stdout) < count // 1000 * 5 + 100


def _nested_filters() -> str:
    opened = '<g filter="url(#f)">'
    dilated = '<feMorphology operator="dilate" radius="30"/>' * 20
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="2000"><defs><filter id="f" x="0" y="0" width="1" '
        f'height="1">{dilated}</filter></defs>{opened * 9}<rect width="2000" height="2000" fill="red"/>'
        f"{'</g>' * 9}</svg>"
    )


def test_a_drawing_that_takes_too_long_in_a_word_file_is_named(tmp_path: Path):
    text = "# Un\n\n![vite](vite.svg)\n\n![x](a.svg)\n"
    quick = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    write_report(tmp_path, {"chapters/a.md": text, "chapters/a.svg": _nested_filters(), "chapters/vite.svg": quick})
    report = assemble_edition(Workspace(load_series(tmp_path), None, limits=Limits(reading=2)), "2019")
    said = r"^chapters/a\.svg, in chapters/a\.md: rsvg-convert, which draws it for the Word file, took more than 2 s; "
    with pytest.raises(LimitError, match=said + r".*reading: 2"):
        make_artifact(report, "docx")
