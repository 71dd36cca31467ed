"""SHA256SUMS is what `sha256sum` writes and checks, whatever files are called."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millesime.distribution.trust.checksums import (
    CHECKSUMS,
    check_folder,
    is_cut_short,
    read_checksums,
    sha256,
    write_checksums,
)
from millesime.problems import SealError

HOSTILE = [
    "a.pdf", "été 2019.pdf", " space ", "back\\slash", "two\nlines", "return\r", "-c", "*star", "\udcff\udcfe.pdf",
]  # fmt: skip


def lay(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return {name: sha256(content) for name, content in files.items()}


def verdicts(folder: Path, checksums: dict[str, str]) -> dict[str, str]:
    return {found.name: found.verdict for found in check_folder(folder, checksums, beside=[CHECKSUMS])}


def test_sha256sum_accepts_what_is_written_and_finds_a_change(tmp_path: Path):
    made = lay(tmp_path, {name: name.encode("utf-8", "surrogateescape") for name in [*HOSTILE, "in/a folder.epub"]})
    (tmp_path / CHECKSUMS).write_bytes(write_checksums(made))
    command = ["sha256sum", "--check", "--strict", CHECKSUMS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0 and done.stdout.count(b": OK\n") == len(made) and not done.stderr
    (tmp_path / "two\nlines").write_bytes(b"other")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 1


@pytest.mark.parametrize("option", ["--text", "--binary"])
def test_what_sha256sum_writes_is_read(tmp_path: Path, option: str):
    made = lay(tmp_path, {name: b"x" + os.fsencode(name) for name in HOSTILE})
    written = subprocess.run(
        ["sha256sum", option, "--", *HOSTILE], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    assert read_checksums(written) == made
    if option == "--text":
        assert sorted(written.splitlines()) == sorted(write_checksums(made).splitlines())


@given(st.dictionaries(
    st.binary(min_size=1).filter(lambda name: b"\0" not in name and b"/" not in name and name not in (b".", b"..")),
    st.binary(max_size=4),
    min_size=1,
))  # fmt: skip
@settings(max_examples=200)
def test_any_names_come_back(files: dict[bytes, bytes]):
    checksums = {os.fsdecode(name): sha256(content) for name, content in files.items()}
    written = write_checksums(checksums)
    assert read_checksums(written) == checksums
    assert written == write_checksums(dict(reversed(checksums.items())))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "holds no checksum"),
        (b"%s  a\nnonsense\n" % (b"0" * 64), "line 2 is not a checksum and a name"),
        (b"\\%s  a\\tb\n" % (b"0" * 64), "line 1 is not a checksum"),
        (b"%s  ../a\n" % (b"0" * 64), r"line 1 names '\.\./a', outside the folder"),
        (b"%s  /etc/passwd\n" % (b"0" * 64), "outside the folder"),
        (b"%s  a\n%s  a\n" % (b"0" * 64, b"1" * 64), "line 2 names 'a' for the second time"),
    ],
)
def test_a_damaged_or_hostile_list_is_refused_with_its_line(text: bytes, said: str):
    with pytest.raises(SealError, match=said):
        read_checksums(text)


def test_lists_that_went_through_windows_are_read():
    assert read_checksums(b"%s *a b.pdf\r\n" % (b"A" * 64)) == {"a b.pdf": "a" * 64}


def test_what_became_of_each_file_is_told_apart(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "whole.epub", "w") as book:
        book.writestr("mimetype", "application/epub+zip" * 50)
    whole = (tmp_path / "whole.epub").read_bytes()
    pdf = b"%PDF-1.7\n" + b"x" * 6000 + b"\n%%EOF\n"
    made = lay(tmp_path, {
        "good.pdf": pdf, "changed.pdf": pdf, "cut.pdf": pdf, "cut.epub": whole, "empty.json": b"{}",
        "gone.pdf": pdf, "html/a.html": b"<p>", "html/b.html": b"<p>",
    })  # fmt: skip
    lay(tmp_path, {
        "changed.pdf": pdf.replace(b"xx", b"xy", 1), "cut.pdf": pdf[:5000], "cut.epub": whole[:-9], "empty.json": b"",
        "html/more.html": b"", CHECKSUMS: b"",
    })  # fmt: skip
    (tmp_path / "gone.pdf").unlink()
    (tmp_path / "html/b.html").unlink()
    (tmp_path / "html/b.html").symlink_to("a.html")
    assert verdicts(tmp_path, made) == {
        "good.pdf": "good", "changed.pdf": "changed", "cut.pdf": "truncated", "cut.epub": "truncated",
        "empty.json": "truncated", "gone.pdf": "missing", "html/a.html": "good", "html/b.html": "unreadable",
        "html/more.html": "extra", "whole.epub": "extra",
    }  # fmt: skip


def test_a_list_leads_through_no_link_out_of_its_folder(tmp_path: Path):
    (tmp_path / "outside").mkdir()
    secret = lay(tmp_path / "outside", {"secret": b"secret"})
    (tmp_path / "here").mkdir()
    (tmp_path / "here/way").symlink_to(tmp_path / "outside")
    assert verdicts(tmp_path / "here", {"way/secret": secret["secret"]}) == {"way/secret": "unreadable", "way": "extra"}


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "a.pdf")
    assert verdicts(tmp_path, {"a.pdf": "0" * 64}) == {"a.pdf": "unreadable"}


def test_a_format_without_an_end_of_its_own_is_not_called_cut_short(tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"half a sen")
    assert not is_cut_short(tmp_path / "a.txt")


def test_the_tests_have_the_real_program():
    assert shutil.which("sha256sum")
