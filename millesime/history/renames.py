"""Which files of an old commit have another name in a new one."""

from __future__ import annotations

from millesime.history.repository import Repository

_LIKENESS = "50%"  # git's own threshold
_MAXIMUM_FILES = 4000  # beyond which git compares only files that are equal


def find_renames(repository: Repository, old_commit: str, new_commit: str) -> dict[str, str]:
    """Return old path → new path of every file that git takes for renamed between two commits' ids.

    It is a hint: git sees neither a chapter that was split nor a number that
    was reused for another chapter.
    """
    output = repository.run(
        "diff-tree", "-r", "-z", f"-M{_LIKENESS}", f"-l{_MAXIMUM_FILES}", "--diff-filter=R", "--name-status",
        "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all",
        _id(old_commit), _id(new_commit), "--",
    )  # fmt: skip
    fields = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert len(fields) % 3 == 0
    return dict(zip(fields[1::3], fields[2::3], strict=True))


def _id(commit: str) -> str:
    assert not commit.startswith("-"), "resolve the revision first"
    return commit
