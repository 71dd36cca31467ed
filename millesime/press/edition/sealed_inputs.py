"""Inputs of an edition that are not in its git trees (manifests, notes), and whether they still match its seal.

Content is under git's own ids. Manifests and a note to readers that was
written later are read from the working tree: the seal holds a digest of what
each of them says to the edition, however it is written.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import Any

from millesime.press.edition.workspace import Workspace
from millesime.problems import ManifestError
from millesime.series.manifest import Entry, RedlineAnnex
from millesime.series.series import NOTES_FOLDER, Edition


class ManifestChanged(ManifestError):
    """What an edition takes from beside its content is no longer what was sealed."""


def taken_beside(workspace: Workspace, name: str) -> dict[str, str]:
    """Return file → SHA-256 of what an edition takes from it beside its content, as JSON with sorted keys.

    Of its own manifest: all but the seal, and the report's. Of those of
    editions that its annexes speak of: the same, and the trees that they are
    sealed with. Of earlier ones: date and subtitle, which it prints. Of a note
    to readers that its commit does not have: its bytes. Raises RevisionError
    for a revision that git does not have.
    """
    series, edition = workspace.series, workspace.series.edition(name)
    earlier = series.earlier(edition)
    found = {edition.file: _digest(_said_by(edition))}
    for other in series.editions:
        if other.name in edition.compared and other.name != name:
            trees = other.seal.trees if other.seal else {}
            found[other.file] = _digest({**_said_by(other), "trees": dict(trees)})
        elif other in earlier:
            found[other.file] = _digest({"date": other.date.isoformat(), "subtitle": other.manifest.subtitle})
    note = posixpath.join(NOTES_FOLDER, f"{name}.md")
    if any(isinstance(annex, RedlineAnnex) for annex in edition.annexes) and not _holds_note(workspace, edition, note):
        source = next((source for source in (workspace.snapshot(name), workspace.current) if source.has(note)), None)
        if source is not None:
            found[note] = hashlib.sha256(source.read(note)).hexdigest()
    return dict(sorted(found.items()))


def check_frozen(workspace: Workspace, name: str) -> None:
    """Raise ManifestChanged if a sealed edition would take something else from beside its content than was sealed.

    A seal of content alone froze none of it.
    """
    edition = workspace.series.edition(name)
    if edition.seal is None or not edition.seal.beside:
        return
    sealed, now = edition.seal.beside, taken_beside(workspace, name)
    changed = [file for file in sorted({*sealed, *now}) if sealed.get(file) != now.get(file)]
    if changed:
        raise ManifestChanged("\n".join(_complaint(edition, file, now=now) for file in changed))


def _complaint(edition: Edition, file: str, *, now: dict[str, str]) -> str:
    name, sealed = edition.name, edition.seal.beside if edition.seal else {}
    if file == edition.file:
        return (
            f"{file}: says something else than when {name} was sealed; take the change back "
            f"(`git log -p {file}` shows it), or run `millesime seal {name}` if no artifact prints it; "
            "what readers shall see belongs into a new edition"
        )
    take_back = f"take the change back (`git log -p {file}` shows it)"
    or_seal = f"or run `millesime seal {name}` if no artifact prints it"
    if file not in now:
        return f"{file}: {name} was sealed with it, and it is no longer there; put it back, {or_seal}"
    if file not in sealed:
        return f"{file}: {name} was sealed without it, and would print of it; take it away, {or_seal}"
    return f"{file}: {name} was sealed with it, and it says something else; {take_back}, {or_seal}"


def _holds_note(workspace: Workspace, edition: Edition, note: str) -> bool:
    """Whether a note to readers is part of an edition's content, or would be if it were sealed now."""
    if edition.seal is not None:
        return NOTES_FOLDER in edition.seal.trees and workspace.snapshot(edition.name).has(note)
    return workspace.snapshot(edition.name).has(note)


def _said_by(edition: Edition) -> dict[str, Any]:
    return {"edition": _tree(edition.manifest, "seal"), "report": _tree(edition.report, "limits")}


def _tree(manifest: Entry, *without: str) -> dict[str, Any]:
    """Return what a manifest says; keys that are left out or hold their default are not there, so new ones are free."""
    return manifest.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(without), warnings=False)


def _digest(tree: dict[str, Any]) -> str:
    text = json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
