"""Sources in one file: what goes in comes out, the same bytes from every clone."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest

from millesime.history.git_bundle import Tip, branch_name, unpack_bundle, write_bundle
from millesime.history.repository import Repository, open_repository
from millesime.problems import SealError
from tests.support import TestRepository, make_repository

DAY = datetime.date(2018, 7, 3)
FILES = {"chapters/01.md": "un\n" * 200, "chapters/figures/a.svg": "<svg/>", "refs.bib": "@book{a}"}


def tip(name: str, *, commit: str = "", trees: dict[str, str] | None = None) -> Tip:
    return Tip(branch=branch_name(name), commit=commit, trees=trees or {}, date=DAY, message=f"Sources of {name}")


def write(repo: TestRepository, *tips: Tip) -> bytes:
    with open_repository(repo.root) as repository:
        return write_bundle(repository, list(tips))


def unpack(content: bytes, folder: Path) -> Repository:
    folder.mkdir(parents=True)
    (folder / "report.bundle").write_bytes(content)
    (folder / "report").mkdir()
    return unpack_bundle(folder / "report.bundle", folder / "report")


def test_commits_come_out_with_their_history(repo: TestRepository, tmp_path: Path):
    first = repo.commit(FILES)
    second = repo.commit({"chapters/01.md": "deux\n" * 200})
    out = unpack(write(repo, tip("2019", commit=second), tip("2018", commit=first)), tmp_path / "out")
    assert out.references() == {"refs/heads/edition-2018": first, "refs/heads/edition-2019": second}
    assert out.run("show", "edition-2018:chapters/01.md") == b"un\n" * 200
    out.run("fsck", "--strict")


def test_git_itself_clones_a_bundle(repo: TestRepository, tmp_path: Path):
    id = repo.commit(FILES)
    (tmp_path / "report.bundle").write_bytes(write(repo, tip("2018", commit=id)))
    subprocess.run(
        ["git", "clone", "--quiet", tmp_path / "report.bundle", tmp_path / "clone"], check=True, capture_output=True
    )
    assert (tmp_path / "clone/refs.bib").read_text("utf-8") == "@book{a}"


def test_every_clone_gives_the_same_bytes(repo: TestRepository, tmp_path: Path):
    repo.commit(FILES)
    for number in range(12):
        id = repo.commit({"chapters/01.md": f"{number}\n" + "un\n" * (200 - number)})
    loose = write(repo, tip("2018", commit=id))
    clone = repo.clone(tmp_path / "clone")
    clone.commit({"other.md": "which is not wanted"})
    clone.git("repack", "-adfq", "--depth=3", "--window=3")
    clone.git("config", "pack.window", "0")
    assert write(clone, tip("2018", commit=id)) == loose


def test_trees_without_a_commit_travel_in_one_that_is_made(repo: TestRepository, tmp_path: Path):
    repo.commit(FILES)
    trees = {path: repo.git("rev-parse", f"HEAD:{path}") for path in ("chapters", "refs.bib")}
    content = write(repo, tip("2018", trees=trees), tip("2017", trees={"chapters": trees["chapters"]}))
    assert write(repo, tip("2018", trees=trees), tip("2017", trees={"chapters": trees["chapters"]})) == content
    before = repo.git("count-objects", "-v")
    out = unpack(content, tmp_path / "out")
    for path, id in trees.items():
        assert out.run("rev-parse", f"edition-2018:{path}").decode().strip() == id
    assert out.run("ls-tree", "--name-only", "edition-2017") == b"chapters\n"
    said = out.run("log", "-1", "--format=%aI %s", "edition-2018").decode().strip()
    assert said == "2018-07-03T00:00:00+00:00 Sources of 2018"
    assert repo.git("count-objects", "-v") == before, "nothing was written into the repository"


def test_repositories_with_sha256_travel_too(tmp_path: Path):
    repo = make_repository(tmp_path / "r", "--object-format=sha256")
    id = repo.commit(FILES)
    out = unpack(write(repo, tip("2018", commit=id)), tmp_path / "out")
    assert out.run("rev-parse", "edition-2018").decode().strip() == id


@pytest.mark.parametrize("change", [lambda content: b"hello", lambda content: content[:-30]], ids=["other", "cut"])
def test_a_file_that_is_no_bundle_is_refused(repo: TestRepository, tmp_path: Path, change):
    content = write(repo, tip("2018", commit=repo.commit(FILES)))
    with pytest.raises(SealError, match=r"report\.bundle: (no|a damaged) git bundle"):
        unpack(change(content), tmp_path / "out")


def test_git_takes_the_names_of_branches():
    for name in ("2019", "a..b", "x.lock", "v1.", "A_b-c.d"):
        assert subprocess.run(["git", "check-ref-format", f"refs/heads/{branch_name(name)}"]).returncode == 0
