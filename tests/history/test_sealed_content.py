"""A sealed edition is found again although history was rewritten, and never built from other content."""

from pathlib import Path

import pytest

from millesime.history.repository import Repository, open_repository
from millesime.history.revision import resolve_revision
from millesime.history.sealed_content import content_trees, resolve_edition
from millesime.history.snapshot import RevisionSnapshot, Snapshot
from millesime.history.worktree import WorkingTree, open_working_tree
from millesime.problems import RevisionError
from millesime.series.manifest import EditionManifest, ReportManifest, Seal
from millesime.series.series import Edition
from tests.support import TestRepository

FILES = {"chapters/01.md": "un", "chapters/figures/a.svg": "<svg/>", "refs.bib": "@book{a}", "other/x": "x"}
NAMED = ["chapters/01.md", "refs.bib"]


def edition(*, revision: str = "", seal: Seal | None = None) -> Edition:
    manifest = EditionManifest(date="2019-07-03", chapters=["chapters/01.md"], revision=revision or None, seal=seal)
    return Edition("2019", manifest, ReportManifest(title="T", language="fr"))


def sealed(repository: Repository, revision: str = "HEAD") -> Seal:
    commit = resolve_revision(repository, revision)
    return Seal(commit=commit.id, trees=content_trees(RevisionSnapshot(repository, commit), NAMED))


def content(snapshot: Snapshot) -> list[bytes]:
    return list(snapshot.read_many(["chapters/01.md", "chapters/figures/a.svg", "refs.bib"]).values())


SEALED_CONTENT = [b"un", b"<svg/>", b"@book{a}"]


def test_an_edition_in_preparation_is_read_from_the_working_tree(repo: TestRepository, repository: Repository):
    repo.commit(FILES)
    repo.write({"chapters/01.md": "deux"})
    taken = resolve_edition(repository, edition())
    assert isinstance(taken, WorkingTree)
    assert taken.read("chapters/01.md") == b"deux"


def test_an_edition_in_preparation_needs_no_repository(tmp_path: Path):
    (tmp_path / "a.md").write_text("a", encoding="utf-8")
    assert resolve_edition(None, edition(), root=tmp_path).read("a.md") == b"a"
    with pytest.raises(RevisionError, match=r"^editions/2019\.yaml: revision: a revision is named, but this is"):
        resolve_edition(None, edition(revision="v1"), root=tmp_path)


def test_a_seal_records_the_top_of_all_content(repo: TestRepository, repository: Repository):
    repo.commit(FILES)
    assert sealed(repository).trees == {
        "chapters": repo.git("rev-parse", "HEAD:chapters"),
        "refs.bib": repo.git("rev-parse", "HEAD:refs.bib"),
    }


def test_a_seal_records_what_a_link_leads_to(repo: TestRepository, repository: Repository):
    repo.write({"texts/a.md": "a"})
    (repo.root / "chapters").symlink_to("texts")
    repo.commit()
    snapshot = RevisionSnapshot(repository, resolve_revision(repository, "main"))
    assert content_trees(snapshot, ["chapters/a.md"]) == {
        "chapters": repo.git("rev-parse", "HEAD:chapters"),
        "texts": repo.git("rev-parse", "HEAD:texts"),
    }


def test_a_working_tree_cannot_be_sealed(repo: TestRepository):
    repo.commit(FILES)
    with pytest.raises(RevisionError, match="the working tree has no commit; commit the report"):
        content_trees(open_working_tree(repo.root), NAMED)


@pytest.mark.parametrize("revision", ["", "v1"])
def test_a_sealed_edition_is_read_from_its_commit(repo: TestRepository, repository: Repository, revision: str):
    id = repo.commit(FILES, tag="v1")
    seal = sealed(repository)
    repo.commit({"chapters/01.md": "deux"})
    taken = resolve_edition(repository, edition(revision=revision, seal=seal))
    assert taken.commit is not None
    assert (taken.commit.id, taken.note, content(taken)) == (id, "", SEALED_CONTENT)


def forget(repo: TestRepository) -> None:
    """Drop what no branch or tag holds."""
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")


def test_a_rebased_edition_is_found_by_its_trees(repo: TestRepository, repository: Repository):
    repo.commit({"other/y": "y"})
    old = repo.commit(FILES)
    repo.commit({"chapters/01.md": "deux"})
    seal = sealed(repository, old)
    repo.git("checkout", "--quiet", "--orphan", "base")
    repo.git("rm", "-rfq", ".")
    base = repo.commit({"README.md": "Un autre début"})
    repo.git("checkout", "--quiet", "main")
    repo.git("rebase", "--quiet", "--onto", base, "--root")
    forget(repo)
    taken = resolve_edition(repository, edition(revision=old[:9], seal=seal))
    assert taken.commit is not None
    assert taken.commit.id == repo.git("rev-parse", "main~1") != old
    assert content(taken) == SEALED_CONTENT
    assert taken.note.startswith(f"the revision '{old[:9]}' is gone; built from commit {taken.commit.short_id}, ")


def test_a_squashed_edition_is_found_by_the_commit_with_its_content(repo: TestRepository, repository: Repository):
    repo.commit({"README.md": "r"})
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({**FILES, "chapters/01.md": "brouillon"})
    old = repo.commit({"chapters/01.md": "un"})
    seal = sealed(repository)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "work")
    new = repo.commit()
    repo.git("branch", "--quiet", "-D", "work")
    forget(repo)
    taken = resolve_edition(repository, edition(seal=seal))
    assert taken.commit is not None
    assert taken.commit.id == new != old
    assert content(taken) == SEALED_CONTENT
    assert taken.note.startswith(f"the sealed commit {old[:7]} is gone; built from commit {new[:7]}")


def squash_away(repo: TestRepository, repository: Repository) -> tuple[Seal, str]:
    """Seal a commit, then squash it and a later change into one, so that no commit has its content."""
    repo.commit({"README.md": "r"})
    repo.git("checkout", "--quiet", "-b", "work")
    old = repo.commit(FILES)
    seal = sealed(repository)
    repo.commit({"chapters/01.md": "deux"})
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "work")
    repo.commit()
    repo.git("branch", "--quiet", "-D", "work")
    return seal, old


def test_an_edition_is_read_from_its_trees_where_no_commit_holds_them(repo: TestRepository, repository: Repository):
    seal, old = squash_away(repo, repository)
    # The commit is lost, its trees are not: as after a fetch of trees, or a repair.
    (repo.root / ".git" / "objects" / old[:2] / old[2:]).unlink()
    repo.git("reflog", "expire", "--expire=now", "--all")
    taken = resolve_edition(repository, edition(revision=old, seal=seal))
    assert taken.commit is None
    assert taken.revision_label == "the sealed trees of edition 2019"
    assert content(taken) == SEALED_CONTENT
    assert taken.paths == ("chapters/01.md", "chapters/figures/a.svg", "refs.bib")
    assert taken.tree_id("chapters") == seal.trees["chapters"]
    assert "built from the sealed trees" in taken.note
    with pytest.raises(RevisionError, match="no file 'other/x' at the sealed trees of edition 2019"):
        taken.read("other/x")


def test_an_edition_whose_commit_no_branch_holds_is_still_read_from_it(repo: TestRepository, repository: Repository):
    seal, old = squash_away(repo, repository)
    taken = resolve_edition(repository, edition(revision="work", seal=seal))
    assert taken.commit is not None
    assert taken.commit.id == old
    assert taken.note == "the revision 'work' is gone; built from the sealed commit"


def test_an_edition_that_is_gone_says_what_to_fetch(repo: TestRepository, repository: Repository):
    seal, old = squash_away(repo, repository)
    forget(repo)
    with pytest.raises(RevisionError) as raised:
        resolve_edition(repository, edition(seal=seal))
    assert str(raised.value) == (
        f"editions/2019.yaml: seal.commit: the sealed commit {old[:7]} is gone, no other commit has the same content, "
        f"and the trees of 'chapters' are gone; get it from a repository that has it, with: git fetch origin {old}"
    )


def test_an_edition_gone_from_a_shallow_clone_says_how_to_get_it(repo: TestRepository, tmp_path: Path):
    repo.commit(FILES)
    with open_repository(repo.root) as repository:
        seal = sealed(repository)
    repo.commit({"chapters/01.md": "deux"})
    clone = repo.clone(tmp_path / "clone", "--depth", "1")
    with open_repository(clone.root) as repository, pytest.raises(RevisionError, match=r"--unshallow --tags$"):
        resolve_edition(repository, edition(seal=seal))


def test_a_tag_that_was_moved_no_longer_matches_its_seal(repo: TestRepository, repository: Repository):
    repo.commit(FILES, tag="v1")
    seal = sealed(repository)
    repo.commit({"chapters/01.md": "deux"})
    repo.git("tag", "--force", "v1")
    with pytest.raises(RevisionError, match=r"tag 'v1' \(\w{7}\) no longer matches its seal: 'chapters' is "):
        resolve_edition(repository, edition(revision="v1", seal=seal))


def test_a_change_outside_the_sealed_content_breaks_no_seal(repo: TestRepository, repository: Repository):
    repo.commit(FILES, tag="v1")
    seal = sealed(repository)
    repo.commit({"README.md": "r"})
    repo.git("tag", "--force", "v1")
    assert content(resolve_edition(repository, edition(revision="v1", seal=seal))) == SEALED_CONTENT


def test_trees_in_folders_and_with_hostile_names_are_found(repo: TestRepository, repository: Repository):
    name = 'deux\nlignes "et" été'
    repo.commit({f"{name}/a.md": "a", "docs/book/b.md": "b", "docs/c": "c"})
    seal = Seal(commit="0" * 40, trees={
        "docs/book": repo.git("rev-parse", "HEAD:docs/book"), "docs/c": repo.git("rev-parse", "HEAD:docs/c"),
    })  # fmt: skip
    id = repo.git("rev-parse", "HEAD")
    repo.commit({"docs/book/b.md": "c"})
    taken = resolve_edition(repository, edition(seal=seal))
    assert taken.commit is not None
    assert taken.commit.id == id
    snapshot = RevisionSnapshot(repository, resolve_revision(repository, "main"))
    assert content_trees(snapshot, [f"{name}/a.md"]) == {name: repo.git("rev-parse", f"HEAD:{name}")}
