"""Seal an edition: build it, then record its content, tools and artifacts in its manifest.

What is immutable are the artifacts. A manifest that says the same in other
words, or more that no artifact prints, may be sealed anew as long as every
byte stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from millesime.assembly.image_files import image_key, image_keys
from millesime.assembly.registers import register_path
from millesime.distribution.trust.checksums import sha256, write_checksums
from millesime.history.sealed_content import content_trees
from millesime.press.archive.verify import judge, lacks_history, make_downloads, sealed_formats
from millesime.press.cache.tools import embedded_fonts, tool_versions, toolchain_commit
from millesime.press.edition.draft_note import refuse_draft
from millesime.press.edition.manuscript import THEME_FOLDER, Manuscript
from millesime.press.edition.provenance import TRAILERS
from millesime.press.edition.sealed_inputs import taken_beside
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Download
from millesime.press.run.build import Outcome, Progress
from millesime.press.run.workers import Workers
from millesime.problems import ManifestError, RevisionError, SealError
from millesime.series.manifest import RedlineAnnex, RegisterAnnex, Seal
from millesime.series.manifest_writing import add_seal
from millesime.series.series import FOLDER, NOTES_FOLDER, Edition, load_series


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What became of an edition that was to be sealed."""

    edition: str
    seal: Seal
    # "sealed", "content"; "same": it was, and nothing changed; "renewed": it was, and manifests say it otherwise
    state: str
    outcome: Outcome | None = None  # of the build, if it was for this


def seal_edition(workspace: Workspace, name: str, *, out: Path, workers: Workers, progress: Progress) -> Sealed:
    """Build an edition into `out/<edition>/` and write its seal into its manifest: content, tools, fonts, artifacts.

    One that is sealed already is made again beside it and must come out the
    same; then its seal stays, or follows a manifest that no artifact
    prints. Raises RevisionError for an edition in preparation, and for one
    that names commits which a shallow clone may lack, ManifestError
    for one whose annexes speak of an edition that is not sealed, SealError
    for artifacts that are not those of an earlier seal.
    """
    edition = workspace.series.edition(name)
    _check_revision(edition)
    if edition.seal is not None and edition.seal.artifacts:
        return _seal_again(workspace, edition, edition.seal, workers=workers, progress=progress)
    _check_compared(workspace, edition)
    refuse_draft(workspace, name)
    if lacks_history(workspace, edition):
        raise RevisionError(
            f"{edition.file}: annexes: they name commits, and this clone is shallow; get the whole history first with: "
            "git fetch --unshallow --tags"
        )
    seal = _content_seal(workspace, edition)
    beside = taken_beside(workspace, name)
    downloads, outcome = make_downloads(
        workspace, name, formats=edition.formats, workers=workers, progress=progress, out=out
    )
    pdf = next((one.content for one in downloads if one.format == "pdf"), None)
    seal = seal.model_copy(
        update={
            "toolchain": toolchain_commit(),
            "beside": beside,
            "report": edition.report,
            "tools": tool_versions(),
            "fonts": embedded_fonts(pdf) if pdf is not None else {},
            "artifacts": download_checksums(downloads),
        }
    )
    _write(workspace, edition, seal, beside=beside)
    return Sealed(edition=name, seal=seal, state="sealed", outcome=outcome)


def seal_content(workspace: Workspace, name: str) -> Sealed:
    """Write the seal of an edition's content alone into its manifest: commit, trees, tools; nothing is built.

    One that is sealed with its artifacts stays as it is. Raises RevisionError
    for an edition in preparation, and for one whose content is no longer what
    an earlier seal says.
    """
    edition = workspace.series.edition(name)
    _check_revision(edition)
    refuse_draft(workspace, name)
    if edition.seal is not None and edition.seal.artifacts:
        return Sealed(edition=name, seal=edition.seal, state="same")
    seal = _content_seal(workspace, edition).model_copy(update={"tools": tool_versions()})
    add_seal(workspace.series.root / FOLDER / f"{name}.yaml", seal)
    return Sealed(edition=name, seal=seal, state="content")


def download_checksums(downloads: Sequence[Download]) -> dict[str, str]:
    """Return name → SHA-256 of downloads: what a seal holds, and what SHA256SUMS lists."""
    return {one.name: sha256(one.content) for one in downloads}


def edition_checksums(downloads: Sequence[Download], *, folder: str = "") -> bytes:
    """Return the SHA256SUMS of an edition's downloads, for `press.signing.sign_checksums` and for readers.

    `folder` is where they lie beside it, "artifacts".
    """
    start = f"{folder}/" if folder else ""
    return write_checksums({start + name: digest for name, digest in download_checksums(downloads).items()})


def _check_revision(edition: Edition) -> None:
    if edition.is_in_preparation:
        raise RevisionError(
            f"{edition.file}: in preparation, built from the working tree; commit it and write `revision:` first"
        )


def _check_compared(workspace: Workspace, edition: Edition) -> None:
    """Raise ManifestError if an annex speaks of an edition that may still change."""
    for name in edition.compared:
        other = workspace.series.edition(name)
        if name != edition.name and (other.seal is None or not other.seal.artifacts):
            seen = "is not sealed" if other.seal is None else "is sealed by its content alone"
            raise ManifestError(
                f"{edition.file}: annexes: {edition.name} is compared with {name}, which {seen} and may still change; "
                f"seal both: millesime seal {name} {edition.name}"
            )


def _content_seal(workspace: Workspace, edition: Edition) -> Seal:
    """Return commit and trees of an edition; a seal that it has keeps its commit, which is printed."""
    snapshot, old = workspace.snapshot(edition.name), edition.seal
    trees = content_trees(snapshot, _content_paths(workspace.manuscript(edition.name)))
    if old is not None:
        return Seal(commit=old.commit, trees={**old.trees, **trees})
    assert snapshot.commit is not None, "only a seal leads to trees without a commit"
    return Seal(commit=snapshot.commit.id, trees=trees)


def _content_paths(manuscript: Manuscript) -> Iterator[str]:
    """Yield the path of every file that an edition is made of."""
    edition, snapshot = manuscript.edition, manuscript.snapshot
    yield from edition.content_paths
    for folder in (NOTES_FOLDER, THEME_FOLDER):
        yield from snapshot.paths_below(folder)
    for chapter in manuscript.chapters:
        for target in image_keys(chapter.document.blocks):
            key = image_key(target, chapter.path)
            if key is not None and snapshot.has(key):
                yield key
    for annex in edition.annexes:
        names = (annex.register_name,) if isinstance(annex, RegisterAnnex) else ()
        if isinstance(annex, RedlineAnnex) and annex.provenance:
            names = tuple(TRAILERS.values())
        yield from (path for path in map(register_path, names) if snapshot.has(path))


def _seal_again(workspace: Workspace, edition: Edition, old: Seal, *, workers: Workers, progress: Progress) -> Sealed:
    """Return the seal of an edition that is sealed, and comes out the same.

    Manifests may have changed meanwhile: what they say now is built, and what
    came out decides.
    """
    name = edition.name
    if set(edition.formats) != set(sealed_formats(old)):
        raise SealError(
            f"{edition.file}: formats: {', '.join(edition.formats)}, and it was sealed as "
            f"{', '.join(sealed_formats(old))}; write these again: a sealed edition stays as it was published"
        )
    unchecked = replace(
        edition, manifest=edition.manifest.model_copy(update={"seal": old.model_copy(update={"beside": {}})})
    )
    editions = tuple(unchecked if one.name == name else one for one in workspace.series.editions)
    again = Workspace(
        replace(workspace.series, editions=editions),
        workspace.repository,
        store=workspace.store,
        jobs=workspace.jobs,
        limits=workspace.limits,
    )
    downloads, _ = make_downloads(again, name, formats=edition.formats, workers=workers, progress=progress)
    verdict = judge(again, name, downloads)
    beside = taken_beside(workspace, name)
    if verdict.verdict != "verified":
        if beside != old.beside:
            changed = ", ".join(file for file in {**old.beside, **beside} if old.beside.get(file) != beside.get(file))
            raise SealError(
                f"{edition.file}: sealed already, and with the changes to {changed} it comes out otherwise "
                f"({', '.join(one.name for one in verdict.artifacts if not one.is_same)}); take them back: "
                "what readers shall see belongs into a new edition"
            )
        raise SealError(verdict.text)
    if beside == old.beside:
        return Sealed(edition=name, seal=old, state="same")
    seal = old.model_copy(update={"beside": beside})
    _write(workspace, edition, seal, beside=beside)
    return Sealed(edition=name, seal=seal, state="renewed")


def _write(workspace: Workspace, edition: Edition, seal: Seal, *, beside: dict[str, str]) -> None:
    """Write a seal into its manifest, unless a manifest was edited since the workspace read it."""
    series = load_series(workspace.series.root)
    now = Workspace(series, workspace.repository)
    if taken_beside(now, edition.name) != beside:
        raise ManifestError(f"{edition.file}: manifests were edited while it was built; seal it again")
    add_seal(series.root / FOLDER / f"{edition.name}.yaml", seal)
