"""Seal an edition: write down what it is made of, so that it can be found again."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from millesime import __version__
from millesime.history.seal import content_trees
from millesime.markup.pandoc import pandoc_version
from millesime.press.edition import Desk
from millesime.press.manuscript import NOTES_FOLDER, THEME_FOLDER
from millesime.problems import RevisionError
from millesime.series.manifest import Seal
from millesime.series.series import FOLDER
from millesime.series.write import add_seal

# Whose versions decide what an artifact looks like.
_ENGINES = ("weasyprint", "Jinja2", "lxml", "pikepdf")


def seal_edition(desk: Desk, name: str) -> Seal:
    """Write the seal of an edition into its manifest and return it: commit, content trees, tools.

    Raises RevisionError for an edition in preparation, and for one whose
    content is no longer what an earlier seal says.
    """
    edition = desk.series.edition(name)
    if not edition.revision and edition.seal is None:
        raise RevisionError(
            f"{edition.file}: in preparation, built from the working tree; commit it and write `revision:` first"
        )
    snapshot = desk.manuscript(name).snapshot
    if snapshot.commit is None:
        raise RevisionError(f"{edition.file}: already sealed, and its commit is gone; its seal is all that is left")
    paths = [*edition.content_paths, *snapshot.paths_below(NOTES_FOLDER), *snapshot.paths_below(THEME_FOLDER)]
    seal = Seal(commit=snapshot.commit.id, trees=content_trees(snapshot, paths), tools=tool_versions())
    add_seal(desk.series.root / FOLDER / f"{name}.yaml", seal)
    return seal


def tool_versions() -> dict[str, str]:
    """Return the versions of what makes artifacts, by name."""
    found = {"millesime": __version__, "pandoc": pandoc_version()}
    for engine in _ENGINES:
        try:
            found[engine.lower()] = version(engine)
        except PackageNotFoundError:
            continue
    return found
