"""Write the files of a new report (`init`) or of the next edition (`new`)."""

from __future__ import annotations

import datetime
import errno
import os
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path

from millesime.beside import give_usual_rights, hold_beside, recover, refuse_links_out
from millesime.history.log import LogEntry, read_log
from millesime.history.revision import resolve_revision
from millesime.press.edition.draft_note import opening_of_draft
from millesime.press.edition.workspace import Workspace
from millesime.problems import ManifestError, OutputError, RevisionError
from millesime.render.artifact import unwritable
from millesime.series.manifest_writing import first_edition_text, next_edition_text, report_text
from millesime.series.series import FOLDER, NOTES_FOLDER, REPORT_FILE
from millesime.series.values import check_name


def begin_edition(workspace: Workspace, name: str, *, old: str, date: datetime.date) -> list[Path]:
    """Write the manifest of the edition after `old` and a draft of its note to readers; return both paths.

    The note lists what the commits since the old edition say of the report's
    content. Raises ManifestError for a name that is taken or none, OutputError
    if a file is in the way; nothing is written then.
    """
    series = workspace.series
    previous = series.edition(old)
    try:
        check_name(name)
    except Exception as error:
        raise ManifestError(f"{name!r} cannot name an edition: {error}") from error
    taken = [edition.name for edition in series.editions if edition.name.lower() == name.lower()]
    if taken or name == "report":
        raise ManifestError(f"{FOLDER}/{name}.yaml: there is an edition of that name already; choose another name")
    files = {
        series.root / FOLDER / f"{name}.yaml": next_edition_text(previous, date=date),
        series.root / NOTES_FOLDER / f"{name}.md": _note_draft(workspace, old, previous.language),
    }
    _write_new(files, root=series.root)
    return list(files)


def _note_draft(workspace: Workspace, old: str, language: str) -> str:
    french = language.split("-")[0] == "fr"
    opening = opening_of_draft(language)
    lines = [f"- {_shown(entry)}" for entry in _commits_since(workspace, old)]
    empty = "- (aucun commit depuis l'édition précédente)" if french else "- (no commit since the edition before)"
    return opening + "\n\n" + "\n".join(lines or [empty]) + "\n"


def _commits_since(workspace: Workspace, old: str) -> Sequence[LogEntry]:
    """The commits on the report's content since an edition, oldest first, merges left out."""
    snapshot = workspace.manuscript(old).snapshot
    if workspace.repository is None or snapshot.commit is None:
        return []
    try:
        head = resolve_revision(workspace.repository, "HEAD", where="HEAD")
    except RevisionError:
        return []
    tops = {path.partition("/")[0] for path in workspace.series.edition(old).content_paths}
    # Before and after the report was moved in its repository, if it was.
    folders = sorted({posixpath.join(place.folder, top) for place in (snapshot, workspace.current) for top in tops})
    entries = read_log(workspace.repository, snapshot.commit.id, head.id, paths=folders)
    return [entry for entry in entries if not entry.is_merge]


def _shown(entry: LogEntry) -> str:
    reasons = ", ".join(f"{key}: {value}" for key, value in entry.trailers)
    subject = entry.subject.replace("<", "\\<").replace("*", "\\*").replace("_", "\\_").replace("[", "\\[")
    return f"{subject} ({entry.author_date:%Y-%m-%d}" + (f"; {reasons})" if reasons else ")")


def begin_report(folder: Path, *, title: str, language: str, date: datetime.date) -> list[Path]:
    """Write a new report that builds at once into a folder; return what was written.

    Raises OutputError for a folder that already holds a report or a file in
    the way.
    """
    if (folder / REPORT_FILE).exists():
        raise OutputError(f"{folder / REPORT_FILE}: there is a report here already; choose an empty folder")
    name = str(date.year)
    samples = FRENCH if language.split("-")[0] == "fr" else ENGLISH
    manifest = first_edition_text(date=date, chapters=[path for path in samples if path.startswith("chapters/")])
    files = {
        folder / REPORT_FILE: report_text(title=title, language=language),
        folder / FOLDER / f"{name}.yaml": manifest,
        **{folder / path: text for path, text in samples.items()},
    }
    if not (folder / ".gitignore").exists():
        files[folder / ".gitignore"] = "dist/\n"
    _write_new(files, root=folder)
    return list(files)


def _write_new(files: Mapping[Path, str], *, root: Path) -> None:
    """Write files none of which is there yet, each whole; if one cannot be written, take the others away again.

    One that holds just this text was left by a run that was killed, and is
    taken over: so they are written from the last to the first, by which a
    report or an edition is known.
    """
    for path, text in files.items():
        refuse_links_out(path.parent, root=root)
        if os.path.lexists(path) and not _holds(path, text):
            raise OutputError(f"{path}: there is such a file already; move it away, or choose another name")
    written: list[Path] = []
    try:
        for path, text in reversed(files.items()):
            path.parent.mkdir(parents=True, exist_ok=True)
            recover(path)
            if _holds(path, text):
                continue
            with hold_beside(path) as beside:
                beside.write_bytes(text.encode("utf-8"))
                give_usual_rights(beside)
                _place_new(beside, path)
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def _place_new(beside: Path, path: Path) -> None:
    """Put a file in its place, but not over one that came meanwhile."""
    try:
        os.link(beside, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):  # what file systems without links say
            raise
        os.rename(beside, path)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == text.encode("utf-8")


FRENCH = {
    "chapters/10-introduction.md": """\
---
id: introduction
---

# Introduction

Écrivez ici le premier chapitre. Une phrase par ligne facilite la relecture des changements.

## Pour commencer {#commencer}

Un renvoi se fait par l'identifiant : voir [](#methode) et [](#tab-calendrier).
Une note se place ainsi[^note].

[^note]: Le texte de la note.

| Étape    | Date  |
|----------|-------|
| Lecture  | mars  |
| Relecture| avril |

: Le calendrier de travail {#tab-calendrier}
""",
    "chapters/20-methode.md": """\
---
id: methode
---

# Méthode

::: {.recommendation #rec-premiere}
**Donner un identifiant à chaque chapitre.** Il reste le même quand le titre ou le fichier change.
:::
""",
}

ENGLISH = {
    "chapters/10-introduction.md": """\
---
id: introduction
---

# Introduction

Write the first chapter here. One sentence a line makes changes easy to review.

## To begin with {#begin}

A reference goes by id: see [](#method) and [](#tab-calendar).
A note is written like this[^note].

[^note]: The text of the note.

| Step    | Date  |
|---------|-------|
| Reading | March |
| Review  | April |

: The calendar {#tab-calendar}
""",
    "chapters/20-method.md": """\
---
id: method
---

# Method

::: {.recommendation #rec-first}
**Give every chapter an id.** It stays the same when the title or the file changes.
:::
""",
}
