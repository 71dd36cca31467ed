"""The editor's note as `new` drafts it; refuse to publish or seal a note that is still the draft."""

from __future__ import annotations

from millesime.press.edition.manuscript import note_path, note_snapshot
from millesime.press.edition.workspace import Workspace
from millesime.problems import ManifestError, Problem, RevisionError

_OPENINGS = {
    "fr": "Brouillon à récrire pour les lecteurs : ce qui change dans cette édition, et pourquoi.",
    "en": "A draft to rewrite for the readers: what changes in this edition, and why.",
}
_HINT = "rewrite it for the readers, and delete that line"


def opening_of_draft(language: str) -> str:
    """Return the first line of a drafted note, in French or in English."""
    return _OPENINGS["fr" if language.split("-")[0] == "fr" else "en"]


def note_text(workspace: Workspace, name: str) -> str:
    """Return the source of an edition's note to readers; "" where there is none."""
    snapshot = note_snapshot(name, own=workspace.snapshot(name), current=workspace.current)
    return snapshot.read(note_path(name)).decode("utf-8", "replace") if snapshot else ""


def draft_line(text: str) -> int | None:
    """Return the number of the line that says a note is a draft, however its words are spaced; None if none does."""
    openings = {" ".join(opening.split()) for opening in _OPENINGS.values()}
    for number, line in enumerate(text.split("\n"), start=1):
        if any(opening in " ".join(line.replace("\u00a0", " ").split()) for opening in openings):
            return number
    return None


def check_note(workspace: Workspace, name: str) -> list[Problem]:
    """Return the problem of a note that is still as `new` drafted it."""
    number = draft_line(note_text(workspace, name))
    where = f"{note_path(name)}:{number}"
    return [Problem("N001", where, "the note to readers is a draft", _HINT, "error")] if number else []


def refuse_draft(workspace: Workspace, name: str) -> None:
    """Raise ManifestError if the note to readers of an edition is still a draft; a sealed edition stays as it is."""
    edition = workspace.series.edition(name)
    if edition.seal is not None and edition.seal.artifacts:
        return
    try:
        number = draft_line(note_text(workspace, name))
    except RevisionError:
        return  # building the edition says why
    if number:
        raise ManifestError(f"{note_path(name)}:{number}: the note to readers is still a draft; {_HINT}")
