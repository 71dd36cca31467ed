"""Resolve a revision (tag, branch, commit id) to a commit."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

from millesime.at_work import at_work
from millesime.history.repository import Repository
from millesime.problems import RevisionError, did_you_mean

_SHORT = 7  # letters of an id in messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit."""

    id: str
    tree_id: str
    author_date: datetime.datetime  # with its time zone
    summary: str
    label: str  # how the user named it: "tag 'edition-2025' (3f9c2ab)"

    @property
    def short_id(self) -> str:
        return self.id[:_SHORT]


def resolve_revision(repository: Repository, revision: str, *, where: str = "") -> Commit:
    """Return the commit that a revision names.

    `where` is the place that names it, "editions/2019.yaml: revision".
    Raises RevisionError if it names none, or more than one.
    """
    where = where or "revision"
    if not revision or revision.startswith("-") or re.search(r"[\x00-\x20\x7f:]|\.\.|@\{", revision):
        hint = "write a tag, a branch or a commit id"
        raise RevisionError(f"{where}: {revision!r} does not name one commit; {hint}")
    with at_work(f"{where}: {revision!r}", "look it up"):
        status, output, complaint = repository.ask("rev-parse", "--verify", f"{revision}^{{commit}}")
    references = repository.references()
    if status:
        raise RevisionError(f"{where}: {_why_unknown(repository, revision, complaint, references)}")
    id = output.decode("ascii").strip()
    kinds = [kind for kind in ("tags", "heads") if f"refs/{kind}/{revision}" in references]
    if len(kinds) == 2:
        answers = {kind: repository.run("rev-parse", f"refs/{kind}/{revision}^{{commit}}") for kind in kinds}
        if answers["tags"] != answers["heads"]:
            hint = f"write 'tags/{revision}' or 'heads/{revision}'"
            raise RevisionError(f"{where}: {revision!r} is both a tag and a branch; {hint}")
    return read_commit(repository, id, label=_label(revision, id, references), where=where)


def merge_base(repository: Repository, old: Commit, new: Commit) -> Commit:
    """Return the newest commit that two commits have in common, as `git diff OLD...NEW` takes it.

    Raises RevisionError where they share none.
    """
    status, output, _ = repository.ask("merge-base", old.id, new.id)
    if status:
        hint = "compare them with two dots"
        raise RevisionError(f"{old.label} and {new.label} have no commit in common; {hint}")
    return read_commit(repository, output.decode("ascii").split()[0])


def read_commit(repository: Repository, id: str, *, label: str = "", where: str = "revision") -> Commit:
    """Return the commit of a full id. Raises RevisionError if the repository lacks it."""
    status, output, _ = repository.ask(
        "log", "-1", "-z", "--no-color", "--no-notes", "--no-decorate", "--format=%H%x00%T%x00%aI%x00%s", id, "--"
    )
    if status:
        raise RevisionError(f"{where}: the commit {id[:_SHORT]} cannot be read; {_how_to_fetch(repository, id)}")
    commit_id, tree_id, date, summary = output.decode("utf-8", "replace").rstrip("\0\n").split("\0")
    return Commit(
        id=commit_id,
        tree_id=tree_id,
        author_date=parse_date(date),
        summary=summary,
        label=label or f"commit {id[:_SHORT]}",
    )


def parse_date(text: str) -> datetime.datetime:
    """Return the time that git writes in strict ISO 8601; a damaged one is the beginning of 1970."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return datetime.datetime.fromtimestamp(0, tz=datetime.UTC)


def _label(revision: str, id: str, references: Iterable[str]) -> str:
    names = set(references)
    # The rules of gitrevisions(7), in their order: "heads/2019" is the branch "2019" before it is a tag of that name.
    for rule in ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD"):
        name = rule.format(revision)
        for kind, word in (("refs/tags/", "tag"), ("refs/heads/", "branch"), ("refs/remotes/", "branch")):
            if name in names and name.startswith(kind):
                return f"{word} {name.removeprefix(kind)!r} ({id[:_SHORT]})"
    if id.startswith(revision.lower()):
        return f"commit {id[:_SHORT]}"
    return f"{revision!r} ({id[:_SHORT]})"


def _why_unknown(repository: Repository, revision: str, complaint: str, references: Iterable[str]) -> str:
    if "is ambiguous" in complaint:
        candidates = re.findall(r"^hint:\s+([0-9a-f]{4,64}) (\w+)", complaint, re.MULTILINE)
        named = ", ".join(f"{id} ({kind})" for id, kind in candidates[:4])
        seen = f"more than one object begins with {revision!r}" + (f": {named}" if named else "")
        return f"{seen}; write more of the id"
    if "expected commit type" in complaint or "is not a commit" in complaint or _names_other(repository, revision):
        return f"{revision!r} names no commit but another object; write a tag, a branch or a commit id"
    looks_like_id = re.fullmatch(r"[0-9a-fA-F]{4,64}", revision) is not None
    short = {name.split("/", 2)[2]: name for name in references}
    remote = sorted(name for name in short if name.endswith(f"/{revision}") and short[name].startswith("refs/remotes/"))
    seen = f"no tag, branch or commit named {revision!r}"
    if not short and repository.ask("rev-parse", "--verify", "HEAD")[0]:
        return f"{seen}: the repository has no commit yet; commit the report first"
    if remote:
        return f"{seen}; did you mean {remote[0]!r}?"
    if near := did_you_mean(revision, short):
        return f"{seen}; {near}"
    return f"{seen}; {_how_to_fetch(repository, revision if looks_like_id else '')}"


def _names_other(repository: Repository, revision: str) -> bool:
    return repository.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{object}}")[0] == 0


def _how_to_fetch(repository: Repository, id: str) -> str:
    if repository.is_shallow:
        return "this clone is shallow; get the whole history with: git fetch --unshallow --tags"
    if len(id) in {40, 64}:
        return f"if another repository has it, run: git fetch origin {id}"
    return "if another repository has it, run: git fetch --all --tags"
