"""Which commits changed each line of a set of files between two commits.

The patches from the old to the new commit are applied to the old text, line
by line, each line remembering who touched it. Blame names only the last one
to touch a line, and a typing error mended would hide the hearing behind it.
Patches are read where no setting of the user or the clone reaches them.

Only the chain of first parents is followed. What a merge brought counts for
the one commit on the merged side that touched the file, or, of several, for
the merge itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from millesime.at_work import at_work
from millesime.history.repository import Repository, without_configuration

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# At the beginning of a line: inside a patch every line begins with a sign of its own.
_COMMIT = re.compile(rb"^\x00commit ", re.MULTILINE)
# All that decides which hunks a patch has, so that another version of git with other defaults gives the same.
_PATCHES = (
    "-p", "-U0", "--inter-hunk-context=0", "--diff-algorithm=myers", "--indent-heuristic", "--text", "-M50%", "-l1000",
    "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--full-index", "--no-prefix",
)  # fmt: skip
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """A file as it is now, and as it was."""

    new: tuple[frozenset[str], ...]  # the commits that touched each line it has
    old: tuple[frozenset[str], ...]  # those that took out or rewrote each line it had; empty: it is still there


@dataclass(slots=True)
class _Line:
    text: bytes
    commits: frozenset[str] = _NOBODY
    origins: frozenset[int] = _NOBODY  # lines of the old file that it took the place of


@dataclass(slots=True)
class _File:
    lines: list[_Line]
    gone: dict[int, frozenset[str]] = field(default_factory=dict)  # old line → commits
    old_size: int = 0


def trace_lines(
    repository: Repository,
    old_commit: str,
    new_commit: str,
    *,
    old_texts: Mapping[str, bytes],
    new_texts: Mapping[str, bytes],
    uncommitted: str = "",
) -> dict[str, FileLines]:
    """Return the history of each file of `new_texts`, and of each that only the old edition has, by path.

    Both commits are full ids. A file whose patches do not lead to its new
    text is left out: then nothing is known of its lines. Where the new text
    is that of the working tree, lines that are not in `new_commit` are
    `uncommitted`.
    """
    paths = sorted({*old_texts, *new_texts})
    files = {path: _open(text) for path, text in old_texts.items()}
    broken: set[str] = set()
    with without_configuration(repository) as objects:
        output = objects.run(
            "log", "--first-parent", "--diff-merges=first-parent", "--reverse", "--topo-order", "--no-color",
            "--no-notes", "--no-show-signature", "--no-follow", *_PATCHES, "--format=%x00commit %H %P", new_commit,
            f"^{old_commit}", "--", *paths,
        )  # fmt: skip
        _follow(_commits(output), files, broken, _Merges(objects, paths))
    out: dict[str, FileLines] = {}
    for path, file in files.items():
        if path in broken:
            continue
        if path in new_texts and not _reach(file, new_texts[path], uncommitted):
            continue
        out[path] = _traced(file)
    return out


def _follow(
    commits: Iterable[tuple[str, list[str], bytes]], files: dict[str, _File], broken: set[str], merges: _Merges
) -> None:
    """Apply the patches of commits to files, in place; a file that a patch does not fit goes into `broken`."""
    for commit, parents, patch in commits:
        with at_work(f"commit {commit[:12]}", "follow the lines that it changed"):
            _follow_one(commit, parents, patch, files, broken, merges)


def _follow_one(
    commit: str, parents: list[str], patch: bytes, files: dict[str, _File], broken: set[str], merges: _Merges
) -> None:
    for old_path, new_path, hunks in _patches(patch):
        if new_path is None:
            continue  # a deleted chapter: its lines go below
        by = merges.author(commit, parents, old_path or new_path)
        file = files.pop(old_path) if old_path in files and old_path != new_path else files.get(new_path)
        file = file if file is not None else _File(lines=[])
        files[new_path] = file
        if not _apply(file, hunks, by):
            broken.add(new_path)
    for old_path in _deleted(patch):
        if old_path in files:
            _drop(files[old_path], merges.author(commit, parents, old_path))


# ---- patches ------------------------------------------------------------------


def _commits(output: bytes) -> Iterator[tuple[str, list[str], bytes]]:
    for part in _COMMIT.split(output)[1:]:
        head, _, patch = part.partition(b"\n")
        commit, *parents = head.decode("ascii").split()
        yield commit, parents, patch


def _patches(patch: bytes) -> Iterator[tuple[str | None, str | None, list[tuple[int, int, list[bytes]]]]]:
    """Yield (old path, new path, hunks); a hunk is (first line, lines taken out, lines put in), 0-based."""
    for part in re.split(rb"^diff --git ", patch, flags=re.MULTILINE)[1:]:
        old_path = new_path = None
        hunks: list[tuple[int, int, list[bytes]]] = []
        lines = part.split(b"\n")
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if not hunks and line.startswith((b"--- ", b"rename from ")):
                old_path = _path(line.split(b" ", 1 if line.startswith(b"---") else 2)[-1])
            elif not hunks and line.startswith((b"+++ ", b"rename to ")):
                new_path = _path(line.split(b" ", 1 if line.startswith(b"+++") else 2)[-1])
            elif found := _HUNK.match(line):
                first, taken, _, put = (1 if size is None else int(size) for size in found.groups())
                at += taken + (1 if at + taken < len(lines) and lines[at + taken].startswith(b"\\") else 0)
                added = [text[1:] + b"\n" for text in lines[at : at + put]]
                at += put
                if added and at < len(lines) and lines[at].startswith(b"\\"):
                    added[-1] = added[-1][:-1]
                    at += 1
                hunks.append((first - (1 if taken else 0), taken, added))
        yield old_path, new_path, hunks


def _deleted(patch: bytes) -> list[str]:
    return [old for old, new, _ in _patches(patch) if new is None and old is not None]


def _path(raw: bytes) -> str | None:
    raw = raw.rstrip(b"\t")
    if raw == b"/dev/null":
        return None
    if raw.startswith(b'"') and raw.endswith(b'"'):
        raw = re.sub(rb"\\([0-7]{3}|.)", _unescape, raw[1:-1])
    return raw.decode("utf-8", "surrogateescape")


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found.group(1)
    if len(code) == 3:
        return bytes([int(code, 8) & 255])
    return {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}.get(code, code)


# ---- lines --------------------------------------------------------------------


def _open(text: bytes) -> _File:
    lines = _split(text)
    return _File(lines=lines, old_size=len(lines))


def _split(text: bytes) -> list[_Line]:
    parts = text.split(b"\n")
    kept = [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    return [_Line(line, origins=frozenset({index})) for index, line in enumerate(kept)]


def _apply(file: _File, hunks: Iterable[tuple[int, int, list[bytes]]], commit: str) -> bool:
    """Apply hunks in place; return whether they fit. Hunks count the lines of the file before all of them."""
    shift = 0
    for first, taken, added in hunks:
        at = first + shift
        if at < 0 or at + taken > len(file.lines):
            return False
        file.lines[at : at + taken] = _replacement(file, file.lines[at : at + taken], added, commit)
        shift += len(added) - taken
    return True


def _replacement(file: _File, out: Sequence[_Line], added: Sequence[bytes], commit: str) -> list[_Line]:
    commits = frozenset({commit}).union(*(line.commits for line in out)) if out else frozenset({commit})
    for line in out:
        for origin in line.origins:
            file.gone[origin] = file.gone.get(origin, _NOBODY) | line.commits | {commit}
    origins = frozenset[int]().union(*(line.origins for line in out)) if out else frozenset[int]()
    return [_Line(text, commits=commits, origins=origins) for text in added]


def _drop(file: _File, commit: str) -> None:
    _replacement(file, file.lines, [], commit)
    file.lines = []


def _reach(file: _File, text: bytes, uncommitted: str) -> bool:
    """Whether the lines are those of a text; what is not committed may be put in place of others."""
    lines = _split(text)
    if [line.text for line in file.lines] == [line.text for line in lines]:
        return True
    if not uncommitted:
        return False
    matcher = SequenceMatcher(None, [line.text for line in file.lines], [line.text for line in lines], autojunk=False)
    for tag, i1, i2, j1, j2 in reversed(matcher.get_opcodes()):
        if tag != "equal":
            added = [line.text for line in lines[j1:j2]]
            file.lines[i1:i2] = _replacement(file, file.lines[i1:i2], added, uncommitted)
    return True


def _traced(file: _File) -> FileLines:
    return FileLines(
        new=tuple(line.commits for line in file.lines),
        old=tuple(file.gone.get(index, _NOBODY) for index in range(file.old_size)),
    )


class _Merges:
    """Who stands behind what a merge brought."""

    def __init__(self, repository: Repository, paths: Sequence[str]) -> None:
        self._repository, self._paths = repository, paths
        self._brought: dict[str, dict[str, list[str]]] = {}

    def author(self, commit: str, parents: Sequence[str], path: str) -> str:
        if len(parents) < 2:
            return commit
        if commit not in self._brought:
            self._brought[commit] = self._read(commit, parents)
        touched = self._brought[commit].get(path, [])
        return touched[0] if len(touched) == 1 else commit

    def _read(self, commit: str, parents: Sequence[str]) -> dict[str, list[str]]:
        output = self._repository.run(
            "log", "--no-merges", "--no-color", "--no-notes", "--no-show-signature", "--name-only", "-z",
            "--format=%x00commit %H", f"^{parents[0]}", *parents[1:], "--", *self._paths,
        )  # fmt: skip
        out: dict[str, list[str]] = {}
        for part in output.split(b"\x00commit ")[1:]:
            head, *names = [piece.strip(b"\n") for piece in part.split(b"\0")]
            for name in filter(None, names):
                out.setdefault(name.decode("utf-8", "surrogateescape"), []).append(head.decode("ascii"))
        return out
