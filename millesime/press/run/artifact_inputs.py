"""All inputs of an edition's artifacts, by names that `--explain` prints.

Whatever a build reads and is not named here would be missed by the cache, and
an old edition printed for a new one: a new source of input belongs here.
"""

from __future__ import annotations

import posixpath

from millesime.press.cache.toolchain import toolchain
from millesime.press.edition.workspace import Workspace, printed_revision
from millesime.series.series import NOTES_FOLDER, Edition


def edition_inputs(workspace: Workspace, name: str) -> dict[str, object]:
    """Return the inputs of an edition's artifacts, as parts of their cache keys; see `cache.keys.Part`.

    Raises RevisionError for a revision that git does not have.
    """
    edition = workspace.series.edition(name)
    note = posixpath.join(NOTES_FOLDER, f"{name}.md")
    return {
        "its files": workspace.snapshot(name).fingerprint(),
        "the manifests": [
            _manifests(edition),
            printed_revision(edition, workspace.snapshot(name)),
            [(other.name, *_manifests(other)) for other in workspace.series.editions if other.name in edition.compared],
            [
                (other.name, other.date.isoformat(), other.manifest.subtitle)
                for other in workspace.series.earlier(edition)
            ],
        ],
        "the editions it is compared with": [
            (other, workspace.snapshot(other).fingerprint()) for other in edition.compared
        ],
        "the editor's note": workspace.current.read(note) if workspace.current.has(note) else None,
        "the history that is there": workspace.repository.is_shallow if workspace.repository else None,
        **toolchain(),
    }


def _manifests(edition: Edition) -> list[str]:
    """The report's manifest and the edition's own, but for seal and limits, which change nothing of it."""
    report = edition.report.model_copy(update={"limits": None})
    return [repr(report), repr(edition.manifest.model_copy(update={"seal": None}))]
