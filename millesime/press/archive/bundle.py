"""Pack an edition into one archive: artifacts, sources, toolchain, and instructions to check them.

It is a ZIP file without compression. Every system opens one; a damaged part
costs its own file and not those after it; and its bytes depend on what is in
it alone, on no version of zlib. What is in it is compressed already.
"""

from __future__ import annotations

import datetime
import io
import json
import posixpath
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from millesime import __version__
from millesime.assembly.dates import long_date
from millesime.assembly.theme import read_theme_file, theme_folder
from millesime.distribution.metadata.catalogue import edition_files
from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE, read_checksums, sha256, write_checksums
from millesime.distribution.trust.downloaded_folder import FolderVerdict, verify_folder
from millesime.distribution.trust.minisign import PublicKey, SecretKey
from millesime.history.git_bundle import Tip, branch_name, unpack_bundle, write_bundle
from millesime.history.repository import find_repository
from millesime.press.archive.publication_facts import describe_publication
from millesime.press.archive.signing import sign_checksums
from millesime.press.archive.verify import (
    EditionVerdict,
    make_downloads,
    require_sealed,
    sealed_formats,
    verify_editions,
)
from millesime.press.cache.tools import toolchain_commit
from millesime.press.cache.versions import PACKAGE, code_version, theme_version
from millesime.press.compare.edition_lineage import follow_editions
from millesime.press.compare.unreadable_archives import UNREADABLE
from millesime.press.edition.edition_report import imprint
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Download, artifact_stem
from millesime.press.run.build import Progress
from millesime.press.run.workers import Workers
from millesime.problems import SealError
from millesime.series.manifest import Seal
from millesime.series.series import FOLDER, NOTES_FOLDER, REPORT_FILE, Edition, Series, load_series

FACTS = "bundle.json"
_VERSION, _VERSION_AT_TOP = 2, 1  # 2 tells of a folder, which programs that read 1 do not look for
_SOURCES, _ARTIFACTS, _METADATA, _TOOLCHAIN = "sources", "artifacts", "metadata", "toolchain"
_BUNDLE, _LOCK = f"{_SOURCES}/report.bundle", "requirements.lock"
_READMES = {"README.txt": "en", "LISEZMOI.txt": "fr"}
_FIRST_YEAR = 1980  # of ZIP
_MAXIMUM_BYTES = 4 << 30  # that an archive may unpack to


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An edition's archive."""

    name: str  # "ville-partagee-2019-bundle.zip"
    content: bytes
    files: tuple[str, ...]  # names in it, without the folder that holds them
    is_signed: bool
    notes: tuple[str, ...]  # what the editor should know


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleVerdict:
    """What is to be said of a bundle: of its files, and of the edition that was made again from them."""

    files: FolderVerdict
    edition: EditionVerdict | None  # None: its files are damaged, so nothing was built

    @property
    def is_good(self) -> bool:
        """Whether all is as it was; files that came to it since do not count."""
        return self.files.is_good(ignore_extra=True) and self.edition is not None and self.edition.is_good

    def as_json(self) -> dict[str, Any]:
        return {"files": self.files.as_json(), "edition": self.edition.as_json() if self.edition else None}


def bundle_edition(
    workspace: Workspace,
    name: str,
    *,
    workers: Workers,
    progress: Progress,
    key: SecretKey | None = None,
    with_history: bool = True,
) -> Bundle:
    """Return the archive of a sealed edition, which is built for it and must be what was sealed.

    Without history, the archive holds the sources as they were and no commit
    before them. Raises SealError for an edition that is not sealed with its
    artifacts, or that comes out otherwise.
    """
    edition = workspace.series.edition(name)
    seal = edition.seal
    if seal is None or not seal.artifacts:
        state = "not sealed" if seal is None else "sealed by its content alone"
        raise SealError(f"{edition.file}: {state}, and may still change; seal it first: millesime seal {name}")
    downloads, _ = make_downloads(workspace, name, formats=sealed_formats(seal), workers=workers, progress=progress)
    require_sealed(workspace, name, downloads)
    notes: list[str] = []
    files = {f"{_ARTIFACTS}/{one.name}": one.content for one in downloads}
    if with_history and workspace.repository is not None and workspace.repository.is_shallow:
        notes.append("this clone is shallow: the bundle holds the sources without their history")
        with_history = False
    tips = [_tip(workspace, other, with_history=with_history) for other in dict.fromkeys((name, *edition.compared))]
    files |= _sources(workspace, edition, tips)
    files |= {f"{_METADATA}/{file}": content for file, content in _catalogued(workspace, edition, downloads, progress)}
    files[f"{_METADATA}/edition.json"] = _metadata(workspace, edition)
    files |= _toolchain(seal)
    facts = {"kind": "millesime bundle", "version": _VERSION_AT_TOP, "edition": name, "made_by": __version__}
    inside = workspace.repository.folder if workspace.repository else ""
    files[FACTS] = _json(facts | ({"version": _VERSION, "folder": inside} if inside else {}))
    has_commit = tips[0].commit == seal.commit
    files |= {file: _readme(file, workspace, edition, downloads, files, has_commit=has_commit) for file in _READMES}
    checksums = write_checksums({file: sha256(content) for file, content in files.items()})
    files[CHECKSUMS] = checksums
    if key is not None:
        files[SIGNATURE] = sign_checksums(checksums, key, edition=name, date=edition.date)
    stem = f"{artifact_stem(edition.title, name)}-bundle"
    return Bundle(
        name=f"{stem}.zip", content=_archive(stem, files, edition.date), files=tuple(sorted(files)),
        is_signed=key is not None, notes=tuple(notes),
    )  # fmt: skip


def verify_bundle(
    place: Path, *, workers: Workers, progress: Progress, public_key: PublicKey | None, require_signature: bool
) -> BundleVerdict:
    """Return what is to be said of a bundle, an archive or the folder it was unpacked to: its files are checked, and
    its edition is made again, from nothing else than what is in it and without a cache.

    Raises SealError for what is no bundle.
    """
    with _opened(place) as folder:
        files = verify_folder(folder, public_key=public_key, require_signature=require_signature)
        files = replace(files, folder=str(place))
        if not files.is_good(ignore_extra=True):
            return BundleVerdict(files=files, edition=None)
        listed = read_checksums((folder / CHECKSUMS).read_bytes())
        if unlisted := [name for name in (FACTS, _BUNDLE, f"{_SOURCES}/{REPORT_FILE}") if name not in listed]:
            raise SealError(f"{place}: {CHECKSUMS} does not list {unlisted[0]}; get the bundle again")
        name = _edition_of(folder)
        with tempfile.TemporaryDirectory(prefix="millesime-") as root:
            workspace = _workspace(folder, listed, Path(root))
            (verdict,) = verify_editions(workspace, [name], workers=workers, progress=progress)
        _check_artifacts(listed, workspace.series.edition(name))
    return BundleVerdict(files=files, edition=verdict)


# ---- what is in it ----------------------------------------------------------


def _sources(workspace: Workspace, edition: Edition, tips: Sequence[Tip]) -> dict[str, bytes]:
    assert workspace.repository is not None, "a sealed edition was read from one"
    found = {_BUNDLE: write_bundle(workspace.repository, tips)}
    for name in _named_editions(workspace.series, edition):
        file = workspace.series.edition(name).file
        found[f"{_SOURCES}/{file}"] = (workspace.series.root / file).read_bytes()
    found[f"{_SOURCES}/{REPORT_FILE}"] = (workspace.series.root / REPORT_FILE).read_bytes()
    note = f"{NOTES_FOLDER}/{edition.name}.md"
    if edition.seal and note in edition.seal.beside:
        source = next(source for source in (workspace.snapshot(edition.name), workspace.current) if source.has(note))
        found[f"{_SOURCES}/{note}"] = source.read(note)
    return found


def _tip(workspace: Workspace, name: str, *, with_history: bool) -> Tip:
    edition, snapshot = workspace.series.edition(name), workspace.snapshot(name)
    commit = snapshot.commit.id if snapshot.commit and with_history else ""
    folder = workspace.repository.folder if workspace.repository else ""
    trees = {posixpath.join(folder, path): id for path, id in (edition.seal.trees if edition.seal else {}).items()}
    return Tip(
        branch=branch_name(name), commit=commit, trees=trees, date=edition.date,
        message=f"The sources of edition {name}, as they were sealed",
    )  # fmt: skip


def _named_editions(series: Series, edition: Edition) -> list[str]:
    """Return the editions whose manifests are needed to read that of one: earlier ones, and whom their annexes name."""
    waiting = [edition.name, *(other.name for other in series.earlier(edition))]
    found: list[str] = []
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting += series.edition(name).compared
    return found


def _catalogued(
    workspace: Workspace, edition: Edition, downloads: Sequence[Download], progress: Progress
) -> Iterable[tuple[str, bytes]]:
    """Return what catalogues and libraries read of an edition, by name: the same as on a site."""
    followed = follow_editions(workspace, [edition], say=progress.step)
    described = describe_publication(workspace, [edition], {edition.name: downloads}, followed, say=progress.step)
    return edition_files(described, described.latest).items()


def _metadata(workspace: Workspace, edition: Edition) -> bytes:
    facts = imprint(workspace.series, edition, workspace.snapshot(edition.name))
    return _json({
        "title": facts.title, "subtitle": facts.subtitle, "edition": facts.name, "date": facts.date.isoformat(),
        "language": facts.language, "publisher": facts.publisher,
        "authors": [{"name": author.name, "role": author.role} for author in facts.authors],
        "licence": facts.licence, "description": facts.description, "keywords": list(facts.keywords),
        "identifier": facts.identifier, "commit": facts.revision,
    })  # fmt: skip


def _toolchain(seal: Seal) -> dict[str, bytes]:
    """Return Millésime's own code and theme, as they run here, and what is known of the rest."""
    found = {}
    theme = theme_folder()
    for root, start in ((PACKAGE, "millesime"), (theme, "millesime/theme")):
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if (
                path.is_file()
                and "__pycache__" not in inside.parts
                and not (root == PACKAGE and path.is_relative_to(theme))
            ):
                found[f"{_TOOLCHAIN}/{start}/{inside.as_posix()}"] = path.read_bytes()
    lock = PACKAGE.parent / _LOCK
    if lock.is_file() and (PACKAGE.parent / "pyproject.toml").is_file():
        found[f"{_TOOLCHAIN}/{_LOCK}"] = lock.read_bytes()
    found[f"{_TOOLCHAIN}/toolchain.json"] = _json({
        "sealed": {"commit": seal.toolchain, "tools": seal.tools, "fonts": seal.fonts},
        "here": {
            "name": "Millésime", "version": __version__, "commit": toolchain_commit(),
            "code": code_version("press", "render"), "theme": theme_version(),
        },
    })  # fmt: skip
    return found


def _readme(
    file: str,
    workspace: Workspace,
    edition: Edition,
    downloads: Sequence[Download],
    files: Mapping[str, bytes],
    *,
    has_commit: bool,
) -> bytes:
    seal = edition.seal
    assert seal is not None, "only a sealed edition is bundled"
    facts = imprint(workspace.series, edition, workspace.snapshot(edition.name))
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False).from_string(
        read_theme_file(f"bundle/{file}").decode("utf-8")
    )
    text = template.render(
        title=facts.title, subtitle=facts.subtitle, edition=edition.name,
        date=long_date(edition.date, _READMES[file]), publisher=facts.publisher,
        authors=", ".join(author.name for author in facts.authors), licence=facts.licence,
        identifier=facts.identifier, artifacts=[one.name for one in downloads], version=__version__,
        python=".".join(seal.tools.get("python", "3.11").split(".")[:2]),
        has_lock=f"{_TOOLCHAIN}/{_LOCK}" in files, fonts=list(seal.fonts.items()),
        has_notes=any(name.startswith(f"{_SOURCES}/{NOTES_FOLDER}/") for name in files),
        toolchain_commit=seal.toolchain, commit=seal.commit,
        folder=workspace.repository.folder if workspace.repository else "",
        has_commit=has_commit,
    )  # fmt: skip
    return text.encode("utf-8")


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _archive(folder: str, files: Mapping[str, bytes], date: datetime.date) -> bytes:
    """Return a ZIP archive of one folder, stored; READMEs come first, for who looks into it."""
    written = io.BytesIO()
    day = (max(date.year, _FIRST_YEAR), date.month, date.day, 0, 0, 0)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=lambda name: (name not in _READMES, name)):
            entry = zipfile.ZipInfo(f"{folder}/{name}", day)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever it is written
            archive.writestr(entry, files[name])
    return written.getvalue()


# ---- making it again --------------------------------------------------------


@contextmanager
def _opened(place: Path) -> Iterator[Path]:
    """Give the folder of a bundle, for an archive a temporary one. Raises SealError for anything else."""
    if place.is_dir():
        yield _bundle_folder(place, place)
        return
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder:
        try:
            with zipfile.ZipFile(place) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
                if size > _MAXIMUM_BYTES:
                    raise SealError(f"{place}: unpacks to {size:,} bytes, more than any bundle; do not trust it")
                archive.extractall(folder)
        except UNREADABLE as error:
            raise SealError(f"{place}: no archive that can be unpacked ({error}); get it again") from error
        yield _bundle_folder(Path(folder), place)


def _bundle_folder(folder: Path, place: Path) -> Path:
    """Return the folder that holds a bundle: this one, or the one folder in it."""
    inner = [path for path in folder.iterdir() if path.is_dir()]
    for candidate in (folder, *inner[:1]):
        if (candidate / FACTS).is_file():
            return candidate
    raise SealError(f"{place}: no {FACTS} in it: this is no bundle; make one with: millesime bundle EDITION")


def _edition_of(folder: Path) -> str:
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if facts["version"] > _VERSION:
            raise SealError(
                f"{folder / FACTS}: a bundle of a later kind ({facts['version']}); take the Millésime in its toolchain/"
            )
        return str(facts["edition"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SealError(f"{folder / FACTS}: cannot be read ({error}); get the bundle again") from error


def _workspace(folder: Path, listed: Mapping[str, str], root: Path) -> Workspace:
    """Return a workspace of a repository that is made of a bundle's sources: only of files that have a checksum."""
    unpack_bundle(folder / _BUNDLE, root)
    report = root / _report_folder(folder)
    for name in listed:
        inside = name.removeprefix(f"{_SOURCES}/")
        if name != inside and inside.split("/")[0] in (FOLDER, NOTES_FOLDER):
            (report / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, report / inside)
    return Workspace(load_series(report), find_repository(report))


def _report_folder(folder: Path) -> str:
    """Return where a bundle's report lies in its repository, "docs/report"; "" at the top.

    Raises SealError for a path that leads out of it.
    """
    found = json.loads((folder / FACTS).read_text(encoding="utf-8")).get("folder", "")
    if not isinstance(found, str) or found.startswith("/") or {"..", ".git"} & set(found.lower().split("/")):
        raise SealError(f"{folder / FACTS}: folder: {found!r} is no folder of a repository; get the bundle again")
    return found


def _check_artifacts(listed: Mapping[str, str], edition: Edition) -> None:
    """Raise SealError unless the artifacts in a bundle are those of its edition's seal."""
    for name, digest in (edition.seal.artifacts if edition.seal else {}).items():
        if listed.get(f"{_ARTIFACTS}/{name}") != digest:
            raise SealError(
                f"{_ARTIFACTS}/{name}: not the file that was sealed, although it fits {CHECKSUMS}: somebody put it "
                "there; get the bundle from where it was published"
            )
