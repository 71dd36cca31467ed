"""What the artifacts of an edition depend on, all of it, by names that `--explain` can print.

Whatever a build reads and is not named here would be missed by the cache, and
an old edition printed for a new one: a new source of input belongs here.
"""

from __future__ import annotations

import posixpath

from millesime.press.cache.toolchain import toolchain
from millesime.press.edition.workspace import Desk, printed_revision
from millesime.series.series import NOTES_FOLDER, Edition


def edition_inputs(desk: Desk, name: str) -> dict[str, object]:
    """Return the parts of the key of whatever is made of one edition; see `cache.keys.Part`.

    Raises RevisionError for a revision that git does not have.
    """
    edition = desk.series.edition(name)
    note = posixpath.join(NOTES_FOLDER, f"{name}.md")
    return {
        "its files": desk.snapshot(name).fingerprint(),
        "the manifests": [
            _manifests(edition),
            printed_revision(edition, desk.snapshot(name)),
            [(other.name, *_manifests(other)) for other in desk.series.editions if other.name in edition.compared],
            [(other.name, other.date.isoformat(), other.manifest.subtitle) for other in desk.series.earlier(edition)],
        ],
        "the editions it is compared with": [(other, desk.snapshot(other).fingerprint()) for other in edition.compared],
        "the editor's note": desk.current.read(note) if desk.current.has(note) else None,
        "the history that is there": desk.repository.is_shallow if desk.repository else None,
        **toolchain(),
    }


def _manifests(edition: Edition) -> list[str]:
    """The report's manifest and the edition's own, but for seal and limits, which change nothing of it."""
    report = edition.report.model_copy(update={"limits": None})
    return [repr(report), repr(edition.manifest.model_copy(update={"seal": None}))]
