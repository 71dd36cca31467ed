"""Rebuild sealed editions and compare them with their seals byte for byte; a difference gets a named reason.

An edition is made again from git and compared with its seal. Other bytes have
a reason that somebody can do something about: a manifest or content that
changed, history that was rewritten, other tools, other fonts. What is left
without a reason is the serious one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from millesime.distribution.trust.checksums import sha256
from millesime.history.sealed_content import ContentChanged
from millesime.press.cache.tools import FONTS, embedded_fonts, font_differences, tool_differences, tool_versions
from millesime.press.edition.sealed_inputs import ManifestChanged, check_frozen
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Download, Printed, download, download_format, made_in_seconds, put_in_place
from millesime.press.run.build import Outcome, Progress, make_editions
from millesime.press.run.workers import Workers
from millesime.problems import ReportError, RevisionError, SealError
from millesime.series.manifest import RedlineAnnex, Seal
from millesime.series.series import Edition
from millesime.series.values import FORMATS

# What may be said of an edition, in the order in which it is found out.
VERDICTS = {
    "verified": "every artifact comes out byte for byte as it was sealed",
    "content-only": "content alone is sealed, and it matches",
    "unsealed": "there is no seal",
    "manifest": "a manifest, or the note to readers, was changed after the edition was sealed",
    "content": "the revision leads to other content than was sealed",
    "missing": "the repository does not hold what was sealed",
    "failed": "it cannot be built",
    "tools": "other bytes, made with other tools than it was sealed with",
    "fonts": "other bytes, with other fonts than it was sealed with",
    "history": "other bytes, and the sealed commit is gone from history",
    "bytes": "other bytes, although content, manifests, tools and fonts are those of the seal",
}
GOOD = ("verified", "content-only")
_LOCK = "requirements.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactVerdict:
    """One artifact beside its seal."""

    name: str
    is_same: bool
    sealed: str  # SHA-256; "" for one that was not sealed
    found: str  # SHA-256; "" for one that was not built


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionVerdict:
    """What is to be said of one edition."""

    edition: str
    verdict: str  # of `VERDICTS`
    text: str = ""  # where: what; what to do
    artifacts: tuple[ArtifactVerdict, ...] = ()
    differences: tuple[str, ...] = ()  # of tools and fonts, also where the bytes are the same
    note: str = ""  # how its revision was found

    @property
    def is_good(self) -> bool:
        return self.verdict in GOOD

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def verify_editions(
    workspace: Workspace, names: Sequence[str], *, workers: Workers, progress: Progress
) -> Iterator[EditionVerdict]:
    """Yield what is to be said of each edition, which is made again for it, in memory.

    What the workspace's store keeps is believed: `NO_STORE` makes everything again.
    """
    for name in names:
        yield _verify(workspace, name, workers=workers, progress=progress)


def make_downloads(
    workspace: Workspace,
    name: str,
    *,
    formats: Sequence[str],
    workers: Workers,
    progress: Progress,
    out: Path | None = None,
) -> tuple[list[Download], Outcome]:
    """Return an edition's artifacts as downloads, and what its build gave; with `out` they are put there as well."""
    edition = workspace.series.edition(name)
    found: list[Download] = []

    def take(content: bytes, name: str, kind: str, *, kept: bool) -> Printed:
        one = download(content, edition.title, edition=name, kind=kind, date=edition.date)
        found.append(one)
        if out is not None:
            return put_in_place(content, edition=name, kind=kind, folder=out / name, kept=kept)
        return Printed(
            edition=name, format=kind, path=Path(one.name), bytes=len(one.content), kept=kept,
            seconds=made_in_seconds(content),
        )  # fmt: skip

    outcome = make_editions(workspace, [name], formats=formats, deliver=take, workers=workers, progress=progress)
    return sorted(found, key=lambda one: FORMATS.index(one.format)), outcome


def sealed_formats(seal: Seal) -> tuple[str, ...]:
    """Return the formats of a seal's artifacts."""
    return tuple(download_format(name) for name in seal.artifacts)


def judge(workspace: Workspace, name: str, downloads: Sequence[Download]) -> EditionVerdict:
    """Return what is to be said of the artifacts of a sealed edition, all of them, just built from its content."""
    edition = workspace.series.edition(name)
    assert edition.seal is not None, "only a sealed edition can be judged"
    found = {one.name: sha256(one.content) for one in downloads}
    artifacts = tuple(
        ArtifactVerdict(
            name=file, is_same=edition.seal.artifacts.get(file) == found.get(file),
            sealed=edition.seal.artifacts.get(file, ""), found=found.get(file, ""),
        )
        for file in (*edition.seal.artifacts, *(file for file in found if file not in edition.seal.artifacts))
    )  # fmt: skip
    tools, fonts = _differences(edition, edition.seal, downloads, {download_format(one.name) for one in artifacts})
    if all(one.is_same for one in artifacts):
        verdict, text = "verified", ""
    else:
        verdict, text = _reason(
            workspace, edition, edition.seal, [one for one in artifacts if not one.is_same], downloads
        )
    return EditionVerdict(
        edition=name, verdict=verdict, text=text, artifacts=artifacts, differences=(*tools, *fonts),
        note=workspace.snapshot(name).note,
    )  # fmt: skip


def require_sealed(workspace: Workspace, name: str, downloads: Sequence[Download]) -> None:
    """Raise SealError unless downloads are those that an edition's seal holds, with what to do; to be called before
    they are handed out.

    Of an edition that is not sealed, or by its content alone, nothing is known.
    """
    seal = workspace.series.edition(name).seal
    if seal is None or not seal.artifacts:
        return
    if {one.name: sha256(one.content) for one in downloads} != seal.artifacts:
        raise SealError(judge(workspace, name, downloads).text)


def lacks_history(workspace: Workspace, edition: Edition) -> bool:
    """Whether an edition's annexes name commits, and the repository may not have them all."""
    named = any(isinstance(annex, RedlineAnnex) and annex.provenance for annex in edition.annexes)
    return named and workspace.repository is not None and workspace.repository.is_shallow


def _verify(workspace: Workspace, name: str, *, workers: Workers, progress: Progress) -> EditionVerdict:
    edition = workspace.series.edition(name)
    if edition.seal is None:
        hint = f"run `millesime seal {name}`"
        return EditionVerdict(edition=name, verdict="unsealed", text=f"{edition.file}: no seal; {hint}")
    try:
        for other in (name, *edition.compared):
            workspace.snapshot(other)
        check_frozen(workspace, name)
        if not edition.seal.artifacts:
            hint = f"run `millesime seal {name}` to seal its artifacts as well"
            text = f"{edition.file}: content alone is sealed, and it matches; {hint}"
            return EditionVerdict(
                edition=name, verdict="content-only", text=text, note=workspace.snapshot(name).note
            )  # fmt: skip
        formats = sealed_formats(edition.seal)
        downloads, _ = make_downloads(workspace, name, formats=formats, workers=workers, progress=progress)
    except ReportError as error:
        return EditionVerdict(edition=name, verdict=_verdict_of(error), text=str(error))
    return judge(workspace, name, downloads)


def _verdict_of(error: ReportError) -> str:
    match error:
        case ManifestChanged():
            return "manifest"
        case ContentChanged():
            return "content"
        case RevisionError():
            return "missing"
    return "failed"


def _differences(
    edition: Edition, seal: Seal, downloads: Sequence[Download], formats: set[str]
) -> tuple[list[str], list[str]]:
    """Return how tools, and fonts, differ from those of a seal, as far as some of its formats depend on them."""
    pdf = next((one.content for one in downloads if one.format == "pdf"), None)
    fonts = font_differences(seal.fonts, embedded_fonts(pdf)) if pdf is not None and "pdf" in formats else []
    return tool_differences(seal.tools, tool_versions(), formats=formats, compared=bool(edition.compared)), fonts


def _reason(
    workspace: Workspace, edition: Edition, seal: Seal, others: Sequence[ArtifactVerdict], downloads: Sequence[Download]
) -> tuple[str, str]:
    """Return why artifacts have other bytes, a verdict and its text."""
    unexplained = [
        one for one in others if not any(_differences(edition, seal, downloads, {download_format(one.name)}))
    ]
    if unexplained:
        return _without_tools(workspace, edition, seal, unexplained)
    tools, fonts = _differences(edition, seal, downloads, {download_format(one.name) for one in others})
    real = [tool for tool in tools if not tool.startswith(FONTS)]
    where = f"{edition.file}: seal: {_listed(others)}"
    if real:
        seen = f"made with other tools than it was sealed with: {', '.join([*real, *fonts])}"
        return "tools", f"{where} {seen}; the bytes cannot be compared: {_how_to_get_tools(workspace, edition, seal)}"
    if fonts:
        seen = f"made with other fonts than it was sealed with: {', '.join(fonts)}"
        return "fonts", f"{where} {seen}; install the files of these SHA-256 and verify again: {_font_list(seal)}"
    seen = "made with the same tools, but other fonts are installed than when it was sealed"
    return "fonts", f"{where} {seen} ({tools[0]}); verify on a machine with those alone, such as a container"


def _without_tools(
    workspace: Workspace, edition: Edition, seal: Seal, others: Sequence[ArtifactVerdict]
) -> tuple[str, str]:
    where = f"{edition.file}: seal.artifacts: {_listed(others)}"
    if lacks_history(workspace, edition):
        seen = "other bytes than were sealed, and its annexes name commits that this shallow clone may not have"
        return "missing", f"{where}: {seen}; get the whole history with: git fetch --unshallow --tags"
    lost = [name for name in (edition.name, *edition.compared) if _is_rewritten(workspace, name)]
    if lost:
        commits = " ".join(workspace.series.edition(name).seal.commit for name in lost)
        seen = f"other bytes than were sealed, and history no longer has the sealed commit of {', '.join(lost)}"
        hint = f"what annexes and images took from it may differ: git fetch origin {commits}, and verify again"
        return "history", f"{where}: {seen}; {hint}"
    one = others[0]
    seen = f"other bytes than were sealed ({one.sealed[:10] or 'nothing'} → {one.found[:10] or 'nothing'})"
    return "bytes", (
        f"{where}: {seen}, although content, manifests, tools and fonts are those of the seal; do not publish it: "
        f"see who changed the seal (`git log -p {edition.file}`), verify without a cache and on another machine, "
        "and compare both files with diffoscope"
    )


def _is_rewritten(workspace: Workspace, name: str) -> bool:
    """Whether a sealed edition is built from something else than its sealed commit."""
    seal, commit = workspace.series.edition(name).seal, workspace.snapshot(name).commit
    return seal is not None and (commit is None or commit.id != seal.commit)


def _how_to_get_tools(workspace: Workspace, edition: Edition, seal: Seal) -> str:
    ways = []
    if seal.toolchain:
        ways.append(f"take Millésime at its commit {seal.toolchain[:10]} with its {_LOCK}")
    elif workspace.snapshot(edition.name).has(_LOCK):
        ways.append(f"{_LOCK} at commit {seal.commit[:10]} pins the sealed ones")
    ways.append("the edition's bundle has Millésime and a list of the rest")
    return ", or ".join(ways) + f"; seal.tools in {edition.file} has all versions"


def _font_list(seal: Seal) -> str:
    return ", ".join(f"{name} {digest}" for name, digest in seal.fonts.items()) or "none"


def _listed(artifacts: Sequence[ArtifactVerdict]) -> str:
    return ", ".join(one.name for one in artifacts)
