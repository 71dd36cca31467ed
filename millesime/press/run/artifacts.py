"""Render one artifact of an edition in memory, and put it in its place."""

from __future__ import annotations

import datetime
import gc
import importlib
import io
import os
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from millesime.assembly.report import Report
from millesime.assembly.sources import slug
from millesime.beside import recover
from millesime.collector import collector_at_rest
from millesime.packing import Unreadable, pack, reader_of
from millesime.problems import Problem
from millesime.render.artifact import Artifact, write_beside

# The slowest first, so that the last worker is not left alone with it.
RENDERERS = {
    "pdf": "millesime.render.pdf",
    "docx": "millesime.render.docx.document",
    "epub": "millesime.render.epub.package",
    "html": "millesime.render.html.pages",
}
RENDERED = tuple(RENDERERS)
_NAME_MAX = 60
_ITSELF = b"."  # the name of what is a file, not a folder, among its files


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One artifact in its place."""

    edition: str
    format: str
    path: Path  # the file, or the folder's index.html
    bytes: int
    seconds: float  # that it took to make, when it was made
    notes: tuple[str, ...] = ()  # what the engine could not do
    problems: tuple[Problem, ...] = ()  # the same, with its places in the text
    kept: bool = False  # an earlier build made it


def render(report: Report, kind: str, path: Path) -> Artifact:
    """Render a report in one of `RENDERED`.

    Renderers are imported when they are called: they and their engines take
    longer to load than a build that finds everything in its cache.
    """
    module = importlib.import_module(RENDERERS[kind])
    return getattr(module, f"render_{kind}")(report, path)


def make_artifact(report: Report, kind: str) -> bytes:
    """Return one format of a report, packed: its name, its files and what there is to say of it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder, collector_paused():
        artifact = render(report, kind, Path(folder, artifact_name(report, kind)))
        files = {os.fsencode(file.relative_to(artifact.path)): file.read_bytes() for file in _files(artifact.path)}
        said = (*artifact.notes, *map(astuple, artifact.problems))
        return pack_artifact(artifact.path.name, files, said, seconds=time.monotonic() - began)


def pack_artifact(name: str, files: dict[bytes, bytes], notes: tuple[str | tuple, ...], *, seconds: float) -> bytes:
    """Return an artifact as workers hand it over and caches keep it; for `put_in_place`.

    Among its notes are the fields of problems, as tuples; see `split_notes`.
    """
    return pack((name, files, notes, seconds))


# Name, files, notes, seconds.
read_packed = reader_of(tuple[str, dict[bytes, bytes], tuple[str | tuple[str, str, str, str, str], ...], float])


def check_packed(content: bytes) -> bytes:
    """Return a packed artifact as it is. Raises Unreadable for anything else, or for a file outside its folder."""
    name, files, *_ = read_packed(content)
    for path in (os.fsencode(name), *(files if _ITSELF not in files else ())):
        if not path or os.path.isabs(path) or b".." in path.split(b"/") or b"\0" in path:
            raise Unreadable(f"the cache holds an artifact with a file {os.fsdecode(path)!r}")
    if "/" in name or (_ITSELF in files and len(files) != 1):
        raise Unreadable(f"the cache holds an artifact that is called {name!r}")
    return content


def said_of(content: bytes) -> dict[str, Any]:
    """Return the seconds, the notes and the problems of a packed artifact as fields of a `Printed`."""
    _, _, notes, seconds = read_packed(content)
    return {"seconds": seconds, **split_notes(notes)}


def split_notes(notes: Iterable[str | tuple]) -> dict[str, tuple]:
    """Return the notes and the problems of a packed artifact as fields of a `Printed`."""
    notes = list(notes)
    return {
        "notes": tuple(note for note in notes if isinstance(note, str)),
        "problems": tuple(Problem(*note) for note in notes if not isinstance(note, str)),
    }


def pack_file(name: str, content: bytes, notes: tuple[str | tuple, ...], *, seconds: float) -> bytes:
    """Return an artifact that is one file, packed."""
    return pack_artifact(name, {_ITSELF: content}, notes, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """An artifact as one file: what a seal records, and what a site hands out."""

    format: str
    name: str  # "ville-partagee-2019.pdf"; of pages, "ville-partagee-2019-html.zip"
    content: bytes


def download(content: bytes, report_title: str, *, edition: str, kind: str, date: datetime.date) -> Download:
    """Return a packed artifact as one file; pages come in an archive whose bytes depend on them and `date` alone."""
    name, files, *_ = read_packed(content)
    if _ITSELF in files:
        return Download(format=kind, name=name, content=files[_ITSELF])
    stem = f"{artifact_stem(report_title, edition)}-{kind}"
    return Download(format=kind, name=f"{stem}.zip", content=_archive(stem, files, date))


def made_in_seconds(content: bytes) -> float:
    """Return how long it took to make a packed artifact."""
    return read_packed(content)[3]


def download_format(name: str) -> str:
    """Return the format of a download by its name: "pdf"; "html" of "ville-partagee-2019-html.zip"."""
    return "html" if name.endswith("-html.zip") else name.rpartition(".")[2]


def _archive(folder: str, files: dict[bytes, bytes], date: datetime.date) -> bytes:
    """Return a ZIP archive of one folder; it holds no time but `date` (ZIP knows none before 1980), and no owner."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(
                f"{folder}/{os.fsdecode(name)}", (max(date.year, 1980), date.month, date.day, 0, 0, 0)
            )
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever it is written
            archive.writestr(entry, content)
    return written.getvalue()


def put_in_place(content: bytes, *, edition: str, kind: str, folder: Path, kept: bool) -> Printed:
    """Put a packed artifact into its edition's folder; one that is there already is left alone.

    Raises OutputError when the place cannot be written.
    """
    name, files, notes, seconds = read_packed(content)
    path = folder / name
    if _holds(path, files):
        recover(path)
    else:
        with write_beside(path, folder=_ITSELF not in files) as beside:
            for relative, inner in files.items():
                place = beside / os.fsdecode(relative)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(inner)
    return Printed(
        edition=edition, format=kind, path=path if _ITSELF in files else path / "index.html",
        bytes=sum(map(len, files.values())), seconds=seconds, kept=kept, **split_notes(notes),
    )  # fmt: skip


def artifact_name(report: Report, kind: str) -> str:
    """Return the name of an artifact in its edition's folder: "ville-partagee-2019.pdf", "html"."""
    if kind == "html":
        return "html"
    return f"{artifact_stem(report.imprint.title, report.imprint.name)}.{kind}"


def artifact_stem(title: str, edition: str) -> str:
    """Return what the files of an edition are called, without their endings: "ville-partagee-2019"."""
    stem = slug(title)
    if len(stem) > _NAME_MAX:
        stem = stem[:_NAME_MAX].rsplit("-", 1)[0]
    return f"{stem or 'report'}-{edition}"


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let Python's cycle collector rest while one artifact is made.

    It looks at millions of layout boxes that are all in use: a fifth of
    WeasyPrint's time, for less than a tenth of its memory.
    """
    try:
        with collector_at_rest():
            yield
    finally:
        if gc.isenabled():
            gc.collect()


def _holds(path: Path, files: dict[bytes, bytes]) -> bool:
    """Whether a file or folder holds just these files."""
    if path.is_symlink() or path.is_dir() != (_ITSELF not in files):
        return False
    found = {os.fsencode(file.relative_to(path)): file for file in _files(path)}
    return found.keys() == files.keys() and all(
        file.stat().st_size == len(files[name]) and file.read_bytes() == files[name] for name, file in found.items()
    )


def _files(path: Path) -> Iterator[Path]:
    """Yield the files of a folder, sorted, or the file itself; nothing where there is none."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    elif path.is_file():
        yield path
