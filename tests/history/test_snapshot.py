"""Snapshots: the files of a revision and of the working tree, whatever their names."""

import os
import subprocess
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from millesime.history.repository import Repository, open_repository
from millesime.history.revision import resolve_revision
from millesime.history.snapshot import RevisionSnapshot, Snapshot
from millesime.history.source_text import read_text_source
from millesime.history.worktree import WorkingTree, blob_id, open_working_tree
from millesime.problems import MarkupError, RevisionError
from tests.support import TestRepository

HOSTILE = {
    "chapters/10 été.md": "accents and spaces",
    "chapters/\"quoted\" and 'so'.md": "quotes",
    "chapters/two\nlines\tand tab.md": "line ends",
    "chapters/l’apostrophe – tiret.md": "curly",
    "chapters/back\\slash.md": "backslash",
    "chapters/*?[a].md": "glob",
    ":(top)magic.md": "pathspec",
    "-option.md": "dash",
    "chapters/日本語.md": "wide",
}


@pytest.fixture(params=["revision", "working tree"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def snapshot(repo: TestRepository, kind: str) -> Snapshot:
    """The files of the last commit, or those on disk."""
    if kind == "working tree":
        return open_working_tree(repo.root)
    with open_repository(repo.root) as repository:
        return RevisionSnapshot(repository, resolve_revision(repository, "main"))


def complaint(snapshot: Snapshot, path: str, where: str = "") -> str:
    with pytest.raises(RevisionError) as raised:
        snapshot.read(path, where=where)
    return str(raised.value)


def test_hostile_names_are_read(repo: TestRepository, kind: str):
    repo.commit(HOSTILE)
    taken = snapshot(repo, kind)
    assert taken.paths == tuple(sorted(HOSTILE))
    assert taken.read_many(HOSTILE) == {path: content.encode() for path, content in HOSTILE.items()}
    for path in HOSTILE:
        assert taken.blob_id(path) == repo.git("hash-object", "--no-filters", "--", path)


def test_names_that_are_not_utf_8_are_read(repo: TestRepository, kind: str):
    name = os.fsdecode(b"chapters/\xe9t\xe9.md")
    repo.commit({name: "latin"})
    assert snapshot(repo, kind).read(name) == b"latin"


def test_a_snapshot_holds_exact_bytes(repo: TestRepository, kind: str):
    files = {"empty": b"", "crlf.md": b"a\r\nb\r", "zero.bin": bytes(range(256)) * 500, "no-end": b"x", "ends": b"\n\n"}
    repo.commit(files)
    assert snapshot(repo, kind).read_many(files) == files


def test_a_revision_is_read_whatever_the_working_tree_holds(repo: TestRepository, repository: Repository):
    repo.commit({"a.md": "old", "b.md": "b"}, tag="v1")
    repo.write({"a.md": "new", "b.md": None})
    taken = RevisionSnapshot(repository, resolve_revision(repository, "v1"))
    assert taken.read_many(["a.md", "b.md"]) == {"a.md": b"old", "b.md": b"b"}


def test_the_working_tree_holds_what_is_not_committed(repo: TestRepository):
    repo.commit({"a.md": "old", "b.md": "b", ".gitignore": "*.log\n"})
    repo.write({"a.md": "new", "b.md": None, "c.md": "untracked", "x.log": "ignored"})
    taken = open_working_tree(repo.root)
    assert taken.paths == (".gitignore", "a.md", "c.md")
    assert taken.read_many(["a.md", "c.md"]) == {"a.md": b"new", "c.md": b"untracked"}
    expected = "b.md: 'b.md' is deleted in the working tree; bring it back with: git restore 'b.md'"
    assert complaint(taken, "b.md") == expected
    assert complaint(taken, "x.log").startswith("x.log: git ignores 'x.log'; ")


def test_what_the_working_tree_held_once_stays(repo: TestRepository):
    repo.commit({"a.md": "one"})
    taken = open_working_tree(repo.root)
    id = taken.blob_id("a.md")
    repo.write({"a.md": "two"})
    assert (taken.read("a.md"), taken.blob_id("a.md")) == (b"one", id)


def test_a_folder_without_repository_is_walked(tmp_path: Path):
    for path in ("chapters/a.md", "dist/x.html", ".venv/y", ".git-like/z", "b.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path, encoding="utf-8")
    taken = open_working_tree(tmp_path)
    assert taken.paths == (".git-like/z", "b.md", "chapters/a.md")
    assert taken.read("chapters/a.md") == b"chapters/a.md"


def test_a_bare_repository_has_no_working_tree(repo: TestRepository, tmp_path: Path):
    repo.commit({"a.md": "a"})
    clone = repo.clone(tmp_path / "bare.git", "--bare")
    with pytest.raises(RevisionError, match="a bare repository has no working tree"):
        open_working_tree(clone.root)


def test_a_missing_chapter_comes_with_its_place_and_the_nearest_name(repo: TestRepository, repository: Repository):
    id = repo.commit({"chapters/waste-water.md": "a", "chapters/energy.md": "b"}, tag="edition-2025")
    taken = RevisionSnapshot(repository, resolve_revision(repository, "edition-2025"))
    seen = complaint(taken, "chapters/waste.md", "editions/2025.yaml: chapters[3].path")
    place = f"at tag 'edition-2025' ({id[:7]})"
    assert seen == (
        f"editions/2025.yaml: chapters[3].path: no file 'chapters/waste.md' {place}; "
        "did you mean 'chapters/waste-water.md'?"
    )


@pytest.mark.parametrize(("path", "near"), [
    ("chapters/Energy.md", "did you mean 'chapters/energy.md'? (upper and lower case count)"),
    ("old/energy.md", "did you mean 'chapters/energy.md'?"),
    ("chapters/enregy.md", "did you mean 'chapters/energy.md'?"),
    ("zzz", "check the path, and that the file is committed"),
    ("chapters", "'chapters' in the working tree is a folder; write the path of one file in it"),
])  # fmt: skip
def test_the_nearest_name_is_suggested(repo: TestRepository, path: str, near: str):
    repo.commit({"chapters/energy.md": "a", "chapters/water.md": "b"})
    assert complaint(open_working_tree(repo.root), path).endswith(near)


def test_every_missing_file_is_reported_at_once(repo: TestRepository, kind: str):
    repo.commit({"a.md": "a"})
    with pytest.raises(RevisionError) as raised:
        snapshot(repo, kind).read_many(["x.md", "a.md", "y.md"], where={"x.md": "X", "y.md": "Y"})
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["X", "Y"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_in_another_normal_form_is_the_same_name(repo: TestRepository, kind: str, form: str):
    stored = unicodedata.normalize(form, "chapitres/été/déjà.md")
    repo.commit({stored: "a"})
    taken = snapshot(repo, kind)
    for asked in ("NFC", "NFD"):
        assert taken.read(unicodedata.normalize(asked, stored)) == b"a"
    assert taken.resolve(unicodedata.normalize("NFC", stored)) == stored
    assert taken.paths_below(unicodedata.normalize("NFC", "chapitres/été")) == (stored,)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", ".git/config", "a/.GIT/config", "", "a\0b"])
def test_a_path_out_of_the_report_is_refused(repo: TestRepository, kind: str, path: str):
    repo.commit({"a.md": "a"})
    assert "is no path in the report; write a path from the report's folder" in complaint(snapshot(repo, kind), path)


def test_links_inside_the_report_are_followed(repo: TestRepository, kind: str):
    repo.write({"chapters/a.md": "a", "old/b.md": "b"})
    os.symlink("chapters/a.md", repo.root / "to-file.md")
    os.symlink("../old", repo.root / "chapters" / "to-folder")
    os.symlink("../to-file.md", repo.root / "chapters" / "to-link.md")
    repo.commit()
    taken = snapshot(repo, kind)
    asked = ["to-file.md", "chapters/to-folder/b.md", "chapters/to-link.md", "./chapters//a.md"]
    assert list(taken.read_many(asked).values()) == [b"a", b"b", b"a", b"a"]
    assert taken.resolve("chapters/to-folder/b.md") == "old/b.md"
    assert taken.blob_id("to-file.md") == blob_id(b"a")


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret", "chapters/../../secret"])
def test_links_out_of_the_report_are_refused(repo: TestRepository, kind: str, target: str):
    (repo.root.parent / "secret").write_text("swordfish", encoding="utf-8")
    repo.write({"a.md": "a"})
    os.symlink(target, repo.root / "evil.md")
    repo.commit()
    assert "is a link out of the report, to" in complaint(snapshot(repo, kind), "evil.md")


def test_links_to_folders_out_of_the_report_are_refused(repo: TestRepository, kind: str):
    os.symlink("/etc", repo.root / "evil")
    repo.commit()
    assert "is a link out of the report, to '/etc'" in complaint(snapshot(repo, kind), "evil/passwd")


def test_links_in_a_circle_are_refused(repo: TestRepository, kind: str):
    os.symlink("b", repo.root / "a")
    os.symlink("a", repo.root / "b")
    os.symlink("self/x", repo.root / "self")
    repo.commit()
    for path in ("a", "b", "self"):
        assert "is a link in a circle" in complaint(snapshot(repo, kind), path)


def test_a_link_to_a_file_that_git_ignores_reads_nothing(repo: TestRepository):
    repo.write({".gitignore": ".env\n", ".env": "PASSWORD=swordfish"})
    os.symlink(".env", repo.root / "a.md")
    repo.commit()
    assert "swordfish" not in complaint(open_working_tree(repo.root), "a.md")


def test_a_folder_replaced_by_a_link_after_the_commit_reads_nothing_outside(repo: TestRepository):
    repo.commit({"chapters/a.md": "a"})
    outside = repo.root.parent / "outside"
    outside.mkdir()
    (outside / "a.md").write_text("swordfish", encoding="utf-8")
    repo.write({"chapters/a.md": None})
    (repo.root / "chapters").rmdir()
    os.symlink(outside, repo.root / "chapters")
    assert "swordfish" not in complaint(open_working_tree(repo.root), "chapters/a.md")


def test_a_pipe_in_the_working_tree_does_not_stop_the_program(repo: TestRepository):
    repo.commit({"a.md": "a"})
    os.mkfifo(repo.root / "pipe.md")
    assert "pipe.md" in complaint(open_working_tree(repo.root), "pipe.md")


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 12345\n"


def test_a_pointer_of_git_lfs_is_not_taken_for_the_file(repo: TestRepository, kind: str):
    repo.commit({"a.png": POINTER, "lfs.md": "version https://git-lfs.github.com/spec/v1 is how a pointer begins."})
    taken = snapshot(repo, kind)
    assert "is a pointer of Git LFS, not the file; " in complaint(taken, "a.png")
    assert taken.read("lfs.md").startswith(b"version")


def test_a_submodule_is_named(repo: TestRepository, repository: Repository):
    id = repo.commit({"a.md": "a"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{id},vendor/book")
    repo.git("commit", "--quiet", "--message", "x")
    taken = RevisionSnapshot(repository, resolve_revision(repository, "main"))
    assert "is a submodule; put the files themselves" in complaint(taken, "vendor/book")
    assert "lies in a submodule; put the files themselves" in complaint(taken, "vendor/book/a.md")
    assert taken.paths == ("a.md",)


def test_a_partial_clone_that_lacks_a_file_says_how_to_get_it(repo: TestRepository, tmp_path: Path):
    repo.commit({"a.md": "a"}, tag="v1")
    repo.commit({"a.md": "b"})
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none")
    with open_repository(clone.root) as repository:
        taken = RevisionSnapshot(repository, resolve_revision(repository, "v1"))
        assert complaint(taken, "a.md").endswith("a partial clone; get the rest with: git fetch --refetch --no-filter")
        clone.git("-c", "protocol.file.allow=always", "fetch", "--quiet", "--refetch", "--no-filter")
        assert taken.read("a.md") == b"a"


def test_tree_ids_are_those_of_git(repo: TestRepository, repository: Repository):
    repo.commit({"chapters/figures/a.svg": "a", "b.md": "b"})
    taken = RevisionSnapshot(repository, resolve_revision(repository, "main"))
    assert taken.tree_id() == repo.git("rev-parse", "HEAD^{tree}")
    for folder in ("chapters", "chapters/figures"):
        assert taken.tree_id(folder) == repo.git("rev-parse", f"HEAD:{folder}")
    with pytest.raises(RevisionError, match=r"no folder 'chapter' at .*; did you mean 'chapters'\?"):
        taken.tree_id("chapter")
    with pytest.raises(RevisionError, match="the working tree has no tree id; commit the report first"):
        open_working_tree(repo.root).tree_id()


def test_a_replaced_object_does_not_change_an_edition(repo: TestRepository, repository: Repository):
    repo.commit({"a.md": "right"})
    old = repo.git("rev-parse", "HEAD:a.md")
    new = repo.git("hash-object", "-w", "--stdin", stdin=b"wrong")
    repo.git("replace", old, new)
    assert RevisionSnapshot(repository, resolve_revision(repository, "main")).read("a.md") == b"right"


def test_a_repository_with_sha256_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from tests.support import make_repository

    repo = make_repository(tmp_path, "--object-format=sha256")
    monkeypatch.setenv("HOME", str(repo.home))
    id = repo.commit({"a.md": "a"})
    taken = snapshot(repo, "revision")
    assert taken.commit is not None
    assert (taken.commit.id, len(id)) == (id, 64)
    assert taken.blob_id("a.md") == open_working_tree(repo.root).blob_id("a.md")


@pytest.mark.parametrize(("content", "seen"), [
    ("Bonjour\nl’été\n".encode("windows-1252"), "line 2, column 2 (byte 9): byte 0x92 is not UTF-8, "
     "the file is probably in Windows-1252; save it in UTF-8, for instance with: "
     "iconv -f WINDOWS-1252 -t UTF-8 'a.md'"),
    ("é\n".encode("latin-1"), "probably in Latin-1"),
    ("né à l’été, très près".encode("mac-roman"), "probably in MacRoman"),
    ("été".encode("utf-16"), "'a.md' is in UTF-16; save it in UTF-8, for instance with: iconv -f UTF-16"),
    ("un long texte".encode("utf-16-le"), "'a.md' is in UTF-16LE; "),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "'a.md' holds no text but bytes of another kind; name a Markdown file"),
])  # fmt: skip
def test_a_text_that_is_not_utf_8_says_where_and_what_it_may_be(
    repo: TestRepository, kind: str, content: bytes, seen: str
):
    repo.commit({"a.md": content})
    with pytest.raises(MarkupError) as raised:
        read_text_source(snapshot(repo, kind), "a.md", "editions/1.yaml: chapters[0].path")
    assert str(raised.value).startswith("editions/1.yaml: chapters[0].path: 'a.md'")
    assert seen in str(raised.value)


def test_a_byte_order_mark_is_left_out_and_line_ends_stay(repo: TestRepository, kind: str):
    repo.commit({"a.md": b"\xef\xbb\xbf# \xc3\x89t\xc3\xa9\r\n"})
    assert read_text_source(snapshot(repo, kind), "a.md") == "# Été\r\n"


def test_a_working_tree_is_also_a_snapshot_of_a_subfolder_of_nothing(repo: TestRepository, repository: Repository):
    repo.commit({"chapters/a.md": "a"})
    assert WorkingTree(repo.root / "chapters", repository).paths == ("chapters/a.md",)


def test_threads_may_share_a_repository(repo: TestRepository, repository: Repository):
    repo.commit(HOSTILE)
    taken = RevisionSnapshot(repository, resolve_revision(repository, "main"))
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(taken.read, list(HOSTILE) * 4))
    assert held == [content.encode() for content in HOSTILE.values()] * 4


def test_a_book_of_111_chapters_is_read_in_a_moment(corpora: Path, tmp_path: Path):
    subprocess.run(["git", "clone", "--quiet", corpora / "rust-book.bundle", tmp_path / "book"], check=True)
    with open_repository(tmp_path / "book") as repository:
        start = time.perf_counter()
        taken = RevisionSnapshot(repository, resolve_revision(repository, "edition-2024"))
        chapters = taken.read("order.txt").decode().split("\n")
        held = taken.read_many(filter(None, chapters))
        taken_s = time.perf_counter() - start
    assert len(held) > 100
    assert taken_s < 1, "0.05 s on a quiet machine"


def test_untracked_data_is_neither_read_nor_held_for_the_fingerprint(repo: TestRepository, monkeypatch):
    repo.commit({"chapters/a.md": "# Un\n", "tracked.csv": "1\n"})
    repo.write({"data/large.csv": "2\n", "chapters/b.md": "# Deux\n", "beside.md": "3\n"})
    asked: list[str] = []
    read = WorkingTree._read
    monkeypatch.setattr(WorkingTree, "_read", lambda self, path: asked.append(path) or read(self, path))
    tree = open_working_tree(repo.root)
    before = tree.fingerprint()
    assert sorted(asked) == ["chapters/a.md", "chapters/b.md", "tracked.csv"] == sorted(tree._held)
    assert tree.read("data/large.csv") == b"2\n"
    for path in ("data/large.csv", "chapters/b.md", "beside.md", "tracked.csv"):
        repo.write({path: "4\n"})
        after = open_working_tree(repo.root).fingerprint()
        assert after != before, path
        before = after
    repo.write({"data/other.csv": ""})
    assert open_working_tree(repo.root).fingerprint() != before
