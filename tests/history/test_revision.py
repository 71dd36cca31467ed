"""Revisions: what git understands, and what is said when it does not."""

from collections import Counter
from pathlib import Path

import pytest

from millesime.history.repository import Repository, open_repository
from millesime.history.revision import resolve_revision
from millesime.problems import RevisionError
from tests.support import TestRepository


def complaint(root: Path, revision: str) -> str:
    with open_repository(root) as repository, pytest.raises(RevisionError) as raised:
        resolve_revision(repository, revision, where="editions/2019.yaml: revision")
    message = str(raised.value)
    assert message.startswith("editions/2019.yaml: revision: ")
    return message.removeprefix("editions/2019.yaml: revision: ")


def test_tags_branches_and_ids_name_a_commit(repo: TestRepository, repository: Repository):
    id = repo.commit({"a.md": "a"}, message="Ouvrir le rapport", tag="edition-2018")
    repo.git("tag", "--annotate", "--message", "x", "v1")
    repo.git("branch", "équipe/été")
    for revision in (id, id[:7], id.upper()[:9], "edition-2018", "v1", "main", "équipe/été", "HEAD", "heads/main"):
        commit = resolve_revision(repository, revision)
        assert commit.id == id
        assert commit.tree_id == repo.git("rev-parse", "HEAD^{tree}")
        assert commit.summary == "Ouvrir le rapport"
        assert commit.author_date.isoformat() == "2018-07-04T02:00:00+02:00"
    assert resolve_revision(repository, "edition-2018").label == f"tag 'edition-2018' ({id[:7]})"
    assert resolve_revision(repository, "main").label == f"branch 'main' ({id[:7]})"
    assert resolve_revision(repository, id).label == f"commit {id[:7]}"


@pytest.mark.parametrize("revision", ["", "-n1", "--output=x", "a b", "main:a.md", "a..b", "main@{1}", "a\nb"])
def test_what_does_not_name_one_commit_never_reaches_git(repo: TestRepository, revision: str):
    repo.commit({"a.md": "a"})
    assert complaint(repo.root, revision).endswith("does not name one commit; write a tag, a branch or a commit id")


def test_an_unknown_revision_comes_with_the_nearest_name(repo: TestRepository):
    repo.commit({"a.md": "a"}, tag="edition-2018")
    expected = "no tag, branch or commit named 'editon-2018'; did you mean 'edition-2018'?"
    assert complaint(repo.root, "editon-2018") == expected
    assert "git fetch --all --tags" in complaint(repo.root, "quite-another")
    assert f"git fetch origin {'a' * 40}" in complaint(repo.root, "a" * 40)


def test_a_branch_that_only_the_remote_has_is_named(repo: TestRepository, tmp_path: Path):
    repo.commit({"a.md": "a"})
    repo.git("branch", "relecture")
    clone = repo.clone(tmp_path / "clone")
    assert complaint(clone.root, "relecture").endswith("did you mean 'origin/relecture'?")


def test_an_ambiguous_abbreviation_says_so(repo: TestRepository):
    # A birthday among 1,000 commits and 65,536 abbreviations of 4 letters, the shortest.
    who = "committer Équipe <equipe@example.org> %d +0000\ndata 0\n"
    stream = "".join(f"commit refs/heads/main\n{who % (1530576000 + number)}\n" for number in range(1000))
    repo.git("fast-import", "--quiet", stdin=stream.encode())
    starts = Counter(id[:4] for id in repo.git("rev-list", "main").split())
    start, count = starts.most_common(1)[0]
    assert count > 1
    message = complaint(repo.root, start)
    assert message.startswith(f"more than one object begins with {start!r}: ")
    assert message.endswith(" (commit); write more of the id")


def test_a_tag_and_a_branch_of_one_name_are_told_apart(repo: TestRepository, repository: Repository):
    repo.commit({"a.md": "a"})
    repo.git("branch", "2018")
    assert resolve_revision(repository, "2018")
    repo.commit({"a.md": "b"})
    repo.git("tag", "2018")
    assert complaint(repo.root, "2018") == "'2018' is both a tag and a branch; write 'tags/2018' or 'heads/2018'"
    assert resolve_revision(repository, "tags/2018").summary


def test_a_tag_of_a_file_is_no_commit(repo: TestRepository):
    repo.commit({"a.md": "a"})
    repo.git("tag", "key", repo.git("rev-parse", "HEAD:a.md"))
    assert complaint(repo.root, "key").startswith("'key' names no commit but another object")


def test_a_repository_without_commits_says_so(repo: TestRepository):
    assert "the repository has no commit yet; commit the report first" in complaint(repo.root, "v1")


def test_a_shallow_clone_says_how_to_get_the_rest(repo: TestRepository, tmp_path: Path):
    old = repo.commit({"a.md": "a"}, tag="edition-2018")
    repo.commit({"a.md": "b"})
    clone = repo.clone(tmp_path / "clone", "--depth", "1", "--no-tags")
    for revision in ("edition-2018", old, old[:8]):
        assert complaint(clone.root, revision).endswith("git fetch --unshallow --tags")


def test_a_repository_is_found_from_a_folder_in_it(repo: TestRepository):
    repo.commit({"chapters/a.md": "a"})
    with open_repository(repo.root / "chapters") as repository:
        assert repository.root == repo.root.resolve()


def test_a_folder_without_repository_says_what_to_do(tmp_path: Path):
    with pytest.raises(RevisionError, match="not a git repository; run 'git init' there"), open_repository(tmp_path):
        pass


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(RevisionError, match="no such folder"), open_repository(tmp_path / "x"):
        pass


def test_a_bare_repository_has_revisions(repo: TestRepository, tmp_path: Path):
    id = repo.commit({"a.md": "a"})
    clone = repo.clone(tmp_path / "bare.git", "--bare")
    with open_repository(clone.root) as repository:
        assert repository.is_bare
        assert resolve_revision(repository, "main").id == id


def test_a_repository_of_another_user_is_explained(repo: TestRepository, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(RevisionError, match=r"git config --global --add safe\.directory "), open_repository(repo.root):
        pass


def test_the_repository_of_a_running_hook_is_not_taken_for_the_report(
    repo: TestRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    id = repo.commit({"a.md": "a"})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    with open_repository(repo.root) as repository:
        assert resolve_revision(repository, "main").id == id


def test_a_clone_cannot_call_the_disk_its_working_tree(repo: TestRepository):
    repo.commit({"a.md": "a"})
    repo.git("config", "core.worktree", "/")
    with pytest.raises(RevisionError, match=r"its files are in '/'; remove core\.worktree"), open_repository(repo.root):
        pass


def test_a_linked_worktree_is_a_repository(repo: TestRepository, tmp_path: Path):
    repo.commit({"a.md": "a"})
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    with open_repository(tmp_path / "side") as repository:
        assert repository.root == (tmp_path / "side").resolve()


def test_a_damaged_repository_is_explained(repo: TestRepository):
    repo.commit({"a.md": "a"})
    (repo.root / ".git" / "config").write_text("[core\n", encoding="utf-8")
    with pytest.raises(RevisionError, match="git cannot open the repository: bad config"), open_repository(repo.root):
        pass


def test_a_hostile_configuration_runs_nothing(repo: TestRepository, tmp_path: Path):
    id = repo.commit({"a.md": "a", ".gitattributes": "* filter=evil diff=evil\n"}, tag="v1")
    witness = tmp_path / "witness"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {witness}\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external", "gpg.program",
        "filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command", "pager.log",
        "trailer.evil.command", "uploadpack.packObjectsHook", "core.alternateRefsCommand",
    ):  # fmt: skip
        repo.git("config", key, str(program))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "filter.evil.required", "true")
    hooks = repo.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        (hooks / hook).write_bytes(program.read_bytes())
        (hooks / hook).chmod(0o755)

    from millesime.history.log import read_log
    from millesime.history.renames import find_renames
    from millesime.history.snapshot import RevisionSnapshot
    from millesime.history.worktree import open_working_tree

    before = (repo.root / ".git" / "index").read_bytes()
    (repo.root / "a.md").touch()
    with open_repository(repo.root) as repository:
        commit = resolve_revision(repository, "v1")
        assert RevisionSnapshot(repository, commit).read("a.md") == b"a"
        assert open_working_tree(repo.root).read("a.md") == b"a"
        assert read_log(repository, "", id)
        assert find_renames(repository, id, id) == {}
    assert not witness.exists()
    assert (repo.root / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize(
    ("revision", "label"),
    [
        ("2019", "tag '2019'"), ("tags/2019", "tag '2019'"), ("refs/tags/2019", "tag '2019'"),
        ("heads/2019", "branch '2019'"), ("refs/heads/2019", "branch '2019'"), ("remotes/o/2019", "branch 'o/2019'"),
        ("o/2019", "branch 'o/2019'"), ("heads/tags/2019", "branch 'tags/2019'"),
        ("tags/heads/2019", "tag 'heads/2019'"),
    ],
)  # fmt: skip
def test_what_a_full_name_names_is_called_what_it_is(repo: TestRepository, revision: str, label: str):
    id = repo.commit({"a.md": "a"}, tag="2019")
    for name in ("refs/heads/2019", "refs/heads/tags/2019", "refs/tags/heads/2019", "refs/remotes/o/2019"):
        repo.git("update-ref", name, id)
    with open_repository(repo.root) as repository:
        assert resolve_revision(repository, revision).label == f"{label} ({id[:7]})"
