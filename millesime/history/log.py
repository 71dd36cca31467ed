"""The commits between two editions: what changed, who did it, and the trailers that say why."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

from millesime.history.repository import Repository, without_configuration
from millesime.history.revision import parse_date

# trailers: one "Key: value" a line, continued lines joined; read by git, which knows where a message's trailers begin.
_FIELDS = ("%H", "%aI", "%aN", "%P", "%s", "%b", "%(trailers:only,unfold)")
_TRAILER = re.compile(r"(?P<key>[A-Za-z0-9-]+)\s*:\s*(?P<value>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One commit as the history of a report tells it."""

    id: str
    author_date: datetime.datetime
    author: str
    subject: str
    body: str  # without the trailers
    trailers: tuple[tuple[str, str], ...] = ()  # ("Contribution", "C-2018-042"), in order, repeated keys kept
    is_merge: bool = False

    def trailer(self, key: str) -> tuple[str, ...]:
        """Return the values of one trailer; upper and lower case are the same, as for git."""
        return tuple(value for name, value in self.trailers if name.lower() == key.lower())


def read_log(
    repository: Repository, old_commit: str, new_commit: str, *, paths: Iterable[str] = ()
) -> tuple[LogEntry, ...]:
    """Return the commits that `new_commit` has and `old_commit` has not, oldest first.

    Both are ids; an empty `old_commit` stands for the beginning. `paths`
    are files and folders, taken literally; none means all. A renamed file
    needs both its names.
    """
    assert new_commit and not (old_commit + new_commit).startswith("-"), "resolve the revisions first"
    span = [new_commit, *([f"^{old_commit}"] if old_commit else [])]
    with without_configuration(repository) as objects:
        output = objects.run(
            "log", "--topo-order", "--reverse", "--no-color", "--no-notes", "--no-decorate", "--no-show-signature",
            "--no-ext-diff", "--no-follow", f"--format={'%x00'.join(_FIELDS)}%x00", *span, "--", *paths,
        )  # fmt: skip
    fields = output.decode("utf-8", "replace").split("\0")
    size = len(_FIELDS)
    return tuple(_entry(fields[index : index + size]) for index in range(0, len(fields) - size + 1, size))


def _entry(fields: list[str]) -> LogEntry:
    id, date, author, parents, subject, body, trailers = fields
    lines = [line for line in trailers.split("\n") if line]
    return LogEntry(
        id=id.strip(),
        author_date=parse_date(date),
        author=author,
        subject=subject,
        body=_without_trailers(body, trailers),
        trailers=tuple((found["key"], found["value"].strip()) for line in lines if (found := _TRAILER.match(line))),
        is_merge=" " in parents,
    )


def _without_trailers(body: str, trailers: str) -> str:
    """Return a body without its last paragraph if git read trailers there."""
    body = body.strip("\n")
    if not trailers.strip():
        return body
    head, _, _ = body.rpartition("\n\n")
    return head.strip("\n")
