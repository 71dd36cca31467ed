"""Collect the commits, trailers and register entries behind the changes between two manuscripts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from millesime.assembly.registers import read_register, register_path
from millesime.at_work import at_work
from millesime.history.line_history import FileLines, trace_lines
from millesime.history.log import LogEntry, read_log
from millesime.history.revision import resolve_revision
from millesime.press.edition.manuscript import Manuscript
from millesime.problems import MarkupError, RevisionError
from millesime.redline.annex.reasons import UNCOMMITTED, Provenance, Reason
from millesime.redline.annex.source_lines import block_lines
from millesime.redline.model import Redline

# Trailers that say why, and the register that each is looked up in.
TRAILERS = {"Contribution": "contributions", "Hearing": "hearings", "Meeting": "meetings"}
_NAMES = ("from", "institution", "name", "subject", "place")  # what tells an entry to a reader, the first it has
_WORKING_TREE = "working tree"


def read_provenance(workspace, redline: Redline, old: Manuscript, new: Manuscript) -> Provenance:
    """Return the commits behind the changed blocks of a redline; empty where there is no history.

    An edition built from the trees of its seal has no commit; then nothing is known.
    """
    repository = workspace.repository
    if repository is None or old.snapshot.commit is None:
        return Provenance()
    old_commit = old.snapshot.commit.id
    in_preparation = new.edition.is_in_preparation
    if new.snapshot.commit is not None:
        new_commit = new.snapshot.commit.id
    elif in_preparation:
        try:
            new_commit = resolve_revision(repository, "HEAD", where=new.edition.file).id
        except RevisionError:
            return Provenance()
    else:
        return Provenance()
    changed = [chapter for chapter in redline.chapters if chapter.changed]
    old_paths = dict.fromkeys(chapter.old.path for chapter in changed if chapter.old)
    new_paths = dict.fromkeys(chapter.new.path for chapter in changed if chapter.new)
    moved = {path for move in redline.moves.values() for path in (move.old_path, move.new_path)}
    old_texts = {path: old.texts[path].encode() for path in old.texts if path in {*old_paths, *moved}}
    new_texts = {path: new.texts[path].encode() for path in new.texts if path in {*new_paths, *moved}}
    if not old_texts and not new_texts:
        return Provenance()
    # git knows files by their paths from the top of the repository; the report may lie in a folder of it.
    folders = (old.snapshot.folder, new.snapshot.folder)
    traced = trace_lines(
        repository, old_commit, new_commit, old_texts=_from_top(old_texts, folders[0]),
        new_texts=_from_top(new_texts, folders[1]), uncommitted=_WORKING_TREE if in_preparation else "",
    )  # fmt: skip
    traced = {_from_report(path, folders): lines for path, lines in traced.items()}
    touched = {
        path: read_log(repository, old_commit, new_commit, paths={posixpath.join(folder, path) for folder in folders})
        for path in {*old_texts, *new_texts}
    }
    return Provenance(
        reasons=_reasons(read_log(repository, old_commit, new_commit), in_preparation),
        new={path: _blocks(new, path, traced, is_new=True) for path in new_texts if path in traced},
        old={path: _blocks(old, path, traced, is_new=False) for path in old_texts if path in traced},
        chapters={path: [entry.id for entry in entries if not entry.is_merge] for path, entries in touched.items()},
        registers=_registers(new),
    )


def _from_top(texts: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {posixpath.join(folder, path): text for path, text in texts.items()}


def _from_report(path: str, folders: Iterable[str]) -> str:
    """Return the path from the report's folder of a file that lies in one of the folders it has been in."""
    inside = [folder for folder in folders if folder and path.startswith(f"{folder}/")]
    return path.removeprefix(f"{max(inside, key=len)}/") if inside else path


def _reasons(entries: Sequence[LogEntry], in_preparation: bool) -> dict[str, Reason]:
    out = {
        entry.id: Reason(
            id=entry.id,
            date=entry.author_date.date(),
            subject=entry.subject,
            trailers=tuple((key, value) for key in TRAILERS for value in entry.trailer(key)),
        )
        for entry in entries
    }
    if in_preparation:
        out[UNCOMMITTED] = Reason(id=UNCOMMITTED, date=None)
    return out


def _blocks(
    manuscript: Manuscript, path: str, traced: Mapping[str, FileLines], *, is_new: bool
) -> list[frozenset[str] | None]:
    """The commits behind each block of a chapter."""
    document = next(source.document for source in manuscript.chapters if source.path == path)
    held = traced[path].new if is_new else traced[path].old
    out: list[frozenset[str] | None] = []
    with at_work(path, "find the lines of its blocks"):
        spans = list(block_lines(document.blocks, manuscript.texts[path]))
    for span in spans:
        if span is None:
            out.append(None)
            continue
        commits = frozenset[str]().union(*held[span[0] : span[1] + 1])
        out.append(frozenset(UNCOMMITTED if commit == _WORKING_TREE else commit for commit in commits))
    return out


def _registers(manuscript: Manuscript) -> dict[str, str]:
    """What readers are told of each entry that a trailer may name, by its id."""
    out: dict[str, str] = {}
    for name in TRAILERS.values():
        for entry in _entries(manuscript, register_path(name)):
            out[entry["id"]] = next((entry[key] for key in _NAMES if entry.get(key)), entry["id"])
    return out


def _entries(manuscript: Manuscript, path: str) -> Iterable[Mapping[str, str]]:
    if not manuscript.snapshot.has(path):
        return []
    try:
        return read_register(manuscript.snapshot.read(path), path)
    except (MarkupError, RevisionError):
        return []  # a broken register is the register's problem: checks report it
