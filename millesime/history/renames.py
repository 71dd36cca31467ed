"""Files of an old commit that a new commit has under another name."""

from __future__ import annotations

from millesime.history.repository import Repository, without_configuration

_LIKENESS = "50%"  # git's own threshold
_MAXIMUM_FILES = 4000  # beyond which git compares only files that are equal


def find_renames(repository: Repository, old: str, new: str) -> dict[str, str]:
    """Return old path → new path of every file that git takes for renamed between two trees, or two commits, by id.

    Of a report in a folder of a repository, give the trees of that folder: then paths are relative to it, and a folder
    that was moved is no rename.

    It is a hint: git sees neither a chapter that was split nor a number that
    was reused for another chapter.
    """
    with without_configuration(repository) as objects:
        output = objects.run(
            "diff-tree", "-r", "-z", f"-M{_LIKENESS}", f"-l{_MAXIMUM_FILES}", "--diff-filter=R", "--name-status",
            "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all",
            _id(old), _id(new), "--",
        )  # fmt: skip
    fields = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert len(fields) % 3 == 0
    return dict(zip(fields[1::3], fields[2::3], strict=True))


def _id(id: str) -> str:
    assert not id.startswith("-"), "resolve the revision first"
    return id
