"""Load the series: the report and all its editions, or every mistake in their manifests at once."""

from __future__ import annotations

import datetime
import os
import posixpath
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from millesime.at_work import at_work
from millesime.limits import Limits
from millesime.problems import ManifestError, did_you_mean
from millesime.series.identifiers import find_repeated_identifiers
from millesime.series.manifest import (
    BRANCHES,
    EXAMPLES,
    Annex,
    Author,
    ChapterAnnex,
    ChapterSource,
    EditionManifest,
    Entry,
    FollowAnnex,
    Numbering,
    Part,
    RedlineAnnex,
    RegisterAnnex,
    ReportManifest,
    Seal,
)
from millesime.series.mistakes import Mistake, Place, shown, shown_place, translate
from millesime.series.yaml_text import MANIFEST, Tree, read_tree

FOLDER = "editions"
NOTES_FOLDER = "changelog"
REPORT_FILE = f"{FOLDER}/report.yaml"
_EDITION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Manifest = TypeVar("Manifest", bound=Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterEntry:
    """One chapter where an edition places it."""

    path: str
    id: str = ""  # "": assembly finds one
    title: str = ""  # "": the chapter's own
    numbered: bool
    role: str  # "front", "body" or "back"
    part: int | None = None  # index in Edition.parts
    where: str  # "editions/2019.yaml: chapters[3].path", for messages


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition, what it leaves out taken from the report; a sealed one keeps the report that it was sealed with."""

    name: str
    manifest: EditionManifest
    report: ReportManifest

    @property
    def file(self) -> str:
        """The manifest's path, for messages: "editions/2019.yaml"."""
        return f"{FOLDER}/{self.name}.yaml"

    @property
    def date(self) -> datetime.date:
        return self.manifest.date

    @property
    def title(self) -> str:
        return self.manifest.title or self.report.title

    @property
    def subtitle(self) -> str:
        return self.manifest.subtitle or self.report.subtitle

    @property
    def language(self) -> str:
        return self.manifest.language or self.report.language

    @property
    def publisher(self) -> str:
        return self.report.publisher

    @property
    def authors(self) -> tuple[Author, ...]:
        return self.report.authors

    @property
    def licence(self) -> str:
        return self.report.licence

    @property
    def isbn(self) -> dict[str, str]:
        """Format → its ISBN, 13 digits; formats without one are left out."""
        return {name: isbn for name, isbn in self.manifest.isbn.model_dump().items() if isbn}

    @property
    def doi(self) -> str:
        return self.manifest.doi

    @property
    def nor(self) -> str:
        return self.manifest.nor

    @property
    def issn(self) -> str:
        """Of the series."""
        return self.report.issn

    @property
    def base_url(self) -> str:
        return self.report.base_url

    @property
    def description(self) -> str:
        return self.report.description

    @property
    def keywords(self) -> tuple[str, ...]:
        return self.report.keywords

    @property
    def reader(self) -> str:
        return self.report.reader

    @property
    def csl(self) -> str:
        return self.manifest.csl or self.report.csl

    @property
    def numbering(self) -> Numbering:
        return self.report.numbering

    @property
    def formats(self) -> tuple[str, ...]:
        return self.manifest.formats or self.report.formats

    @property
    def revision(self) -> str:
        """A commit, tag or branch; "" for the working tree, or where the seal alone says the commit."""
        return self.manifest.revision

    @property
    def seal(self) -> Seal | None:
        return self.manifest.seal

    @property
    def is_in_preparation(self) -> bool:
        """Whether the edition is built from the working tree."""
        return not self.revision and self.seal is None

    @property
    def bibliography(self) -> tuple[str, ...]:
        return self.manifest.bibliography

    @property
    def annexes(self) -> tuple[Annex, ...]:
        return self.manifest.annexes

    @property
    def compared(self) -> tuple[str, ...]:
        """The names of the editions that its annexes speak of; it may be among them."""
        named = [annex.redline for annex in self.annexes if isinstance(annex, RedlineAnnex)]
        named += [name for annex in self.annexes if isinstance(annex, FollowAnnex) for name in annex.follow]
        return tuple(dict.fromkeys(named))

    @property
    def parts(self) -> tuple[str, ...]:
        """The titles of the parts."""
        return tuple(entry.part for entry in self.manifest.chapters if isinstance(entry, Part))

    @property
    def chapter_entries(self) -> tuple[ChapterEntry, ...]:
        """Front matter, chapters and back matter in the order of print; annexes are not among them."""
        return tuple(_entries(self.manifest, file=self.file, numbered=self.numbering.enabled))

    @property
    def content_paths(self) -> dict[str, str]:
        """Every path the manifest names → the place that names it: "editions/2019.yaml: bibliography[0]"."""
        named = {entry.path: entry.where for entry in self.chapter_entries}
        for index, annex in enumerate(self.annexes):
            if isinstance(annex, ChapterAnnex):
                named[annex.chapter] = f"{self.file}: annexes[{index}].chapter"
        named |= {path: f"{self.file}: bibliography[{index}]" for index, path in enumerate(self.bibliography)}
        if self.csl:
            named[self.csl] = f"{self.file if self.manifest.csl else REPORT_FILE}: csl"
        return named


@dataclass(frozen=True, slots=True)
class Series:
    """The report and its editions, by date."""

    root: Path
    report: ReportManifest
    editions: tuple[Edition, ...]

    def edition(self, name: str) -> Edition:
        """Return the edition of that name. Raises ManifestError, with the nearest name."""
        names = [edition.name for edition in self.editions]
        if name in names:
            return self.editions[names.index(name)]
        hint = did_you_mean(name, names) or "the editions are " + ", ".join(names)
        raise ManifestError(f"{FOLDER}: no edition named {shown(name)}; {hint}")

    @property
    def limits(self) -> Limits:
        """What a chapter may take, as the report has it; who runs a build may say otherwise."""
        return Limits(**self.report.limits.model_dump())

    def earlier(self, edition: Edition) -> tuple[Edition, ...]:
        """Return the editions before one of the series: all that its artifacts may know of the others."""
        return self.editions[: self.editions.index(edition)] if edition in self.editions else self.editions


def load_series(root: Path) -> Series:
    """Return the series that `root/editions/` describes.

    Raises ManifestError with all mistakes of all manifests, one on each line.
    """
    mistakes: list[Mistake] = []
    names = _edition_names(root, mistakes)
    return _load_all(root, names, mistakes, read=lambda file: _read(root, file, mistakes))


def read_series(files: Mapping[str, bytes]) -> Series:
    """Return the series that the manifests of a revision describe: "editions/2019.yaml" → what it holds.

    Its root is no folder of this machine. Raises ManifestError as `load_series` does.
    """
    mistakes: list[Mistake] = []
    stems = [path.removeprefix(f"{FOLDER}/").removesuffix(".yaml") for path in sorted(files) if path != REPORT_FILE]
    names = [name for name in stems if _EDITION_NAME.fullmatch(name)]
    if REPORT_FILE not in files or not names:
        mistakes.append(Mistake(file=FOLDER, text="no manifest of a report and its editions", hint="check the path"))
    return _load_all(Path(), names, mistakes, read=files.get)


def _load_all(
    root: Path, names: list[str] | None, mistakes: list[Mistake], *, read: Callable[[str], bytes | None]
) -> Series:
    report: ReportManifest | None = None
    manifests: dict[str, EditionManifest] = {}
    trees: dict[str, Tree] = {}  # by file: what the mistakes between manifests are found on
    if names is not None:
        report = _load(REPORT_FILE, ReportManifest, mistakes, trees, context={}, read=read)
        for name in names:
            context = {"edition": name, "names": names}
            file = f"{FOLDER}/{name}.yaml"
            manifest = _load(file, EditionManifest, mistakes, trees, context=context, read=read)
            if manifest is not None:
                manifests[name] = manifest
        mistakes.extend(find_repeated_identifiers(trees))
    if mistakes or report is None:
        raise ManifestError("\n".join(map(str, mistakes)))
    editions = [Edition(name, manifest, _report_of(manifest, report)) for name, manifest in manifests.items()]
    return Series(root, report, tuple(sorted(editions, key=lambda edition: (edition.date, edition.name))))


def _report_of(manifest: EditionManifest, report: ReportManifest) -> ReportManifest:
    """Return what an edition has in common with the others: `report.yaml`, as its seal froze it if it did."""
    return manifest.seal.report if manifest.seal and manifest.seal.report else report


def _edition_names(root: Path, mistakes: list[Mistake]) -> list[str] | None:
    """Return the names of all manifests but the report's, or None if there is no folder of them."""
    folder = root / FOLDER
    if not folder.is_dir() or not _lies_below(folder, root):
        hint = "write editions/report.yaml and a manifest for each edition, or run 'millesime init'"
        mistakes.append(Mistake(file=FOLDER, text="no such folder", hint=hint))
        return None
    names: list[str] = []
    for file in sorted(os.listdir(folder)):
        name, suffix = os.path.splitext(file)
        path = f"{FOLDER}/{file.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')}"
        if suffix.lower() in {".yaml", ".yml"} and suffix != ".yaml":
            mistakes.append(Mistake(file=path, text=f"ends in {shown(suffix)}", hint="rename it to end in '.yaml'"))
        elif suffix != ".yaml" or name == "report" or name.startswith("."):
            continue
        elif not _EDITION_NAME.fullmatch(name):
            hint = "name the file with letters, digits, '.', '_' and '-', such as editions/2019.yaml"
            mistakes.append(Mistake(file=shown(path)[1:-1], text="this cannot name an edition", hint=hint))
        elif reason := _why_unpublishable(name):
            mistakes.append(Mistake(file=path, text=reason, hint="give the manifest another name"))
        elif twin := next((other for other in names if other.lower() == name.lower()), None):
            seen = f"differs from {FOLDER}/{twin}.yaml in case alone"
            hint = "rename one: on many systems their folders would be one"
            mistakes.append(Mistake(file=path, text=seen, hint=hint))
        else:
            names.append(name)
    if not names and not mistakes:
        hint = "write one beside report.yaml, such as editions/2019.yaml with a date and chapters"
        mistakes.append(Mistake(file=FOLDER, text="no manifest of an edition", hint=hint))
    return names


def _why_unpublishable(name: str) -> str:
    """Return why an edition of this name could have no folder in a published site; "" if it could."""
    if name.lower() in RESERVED_NAMES:
        return f"a published site has a folder {name.lower()}/ of its own"
    if _FILE_NAME.search(name):
        return "this is the name of a file, and the edition's folder stands beside those of a site, such as index.html"
    if _DEVICE.fullmatch(name):
        return "on Windows this is a device, and no folder can be called so"
    return f"has {len(name)} letters, of {_LONGEST_NAME} at most" if len(name) > _LONGEST_NAME else ""


# Folders of a site; see `distribution/publication.py`.
RESERVED_NAMES = frozenset(
    "assets catalogue feeds latest pagefind passages redlines registers search statements".split()
)
_FILE_NAME = re.compile(r"\.[A-Za-z]+$")
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file: with any ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST_NAME = 100


def _load(
    file: str,
    model: type[Manifest],
    mistakes: list[Mistake],
    trees: dict[str, Tree],
    *,
    context: dict[str, Any],
    read: Callable[[str], bytes | None],
) -> Manifest | None:
    """Return one manifest, or None after adding its mistakes; its tree is added in either case."""
    content = read(file)
    if content is None:
        return None
    with at_work(file, "read it"):
        tree, met = read_tree(content, file)
    mistakes.extend(met)
    if tree is None and met:
        return None
    if not isinstance(tree, dict):
        seen = "the file is empty" if tree is None else f"{shown(tree)} where keys with values belong"
        first = EXAMPLES["title" if model is ReportManifest else "date"]
        mistakes.append(Mistake(file=file, text=seen, hint=f"begin with {first}"))
        return None
    trees[file] = tree
    manifest = None
    reported = {mistake.place for mistake in met}
    try:
        manifest = model.model_validate(tree, context=context)
    except ValidationError as error:
        found = translate(error, file=file, raw=tree, model=model, branches=BRANCHES, examples=EXAMPLES)
        mistakes.extend(mistake for mistake in found if mistake.place not in reported)
    mistakes.extend(_repetitions(file, tree))
    return manifest


def _read(root: Path, file: str, mistakes: list[Mistake]) -> bytes | None:
    """Return what one manifest holds, or None after saying why it cannot be had."""
    path = root / file
    try:
        if not _lies_below(path, root):
            mistakes.append(Mistake(file=file, text="a link out of the report", hint="put the manifest itself here"))
            return None
        if not stat.S_ISREG(path.stat().st_mode):
            mistakes.append(Mistake(file=file, text="this is no file", hint="write a YAML file of that name"))
            return None
        with path.open("rb") as stream:
            return stream.read(MANIFEST.bytes + 1)
    except FileNotFoundError:
        hint = f"write it with {EXAMPLES['title']} and {EXAMPLES['language']}"
        mistakes.append(Mistake(file=file, text="no such file", hint=hint))
        return None
    except OSError as error:
        mistakes.append(Mistake(file=file, text=f"cannot be read: {error.strerror}", hint="check the file's rights"))
        return None
    return None


def _lies_below(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _repetitions(file: str, tree: dict[str, Tree]) -> Iterator[Mistake]:
    """Find what an edition may hold once: on the tree, so that other mistakes do not hide it."""
    seen: dict[tuple[str, str], Place] = {}
    for kind, value, place in _named(tree):
        first = seen.setdefault((kind, value.lower() if kind == "id" else value), place)
        if first != place:
            text = f"{shown(value)} is already {shown_place(first)}"
            yield Mistake(file=file, place=place, text=text, hint=_ONCE[kind])


_ONCE = {
    "path": "an edition prints a chapter once",
    "id": "give each chapter an id of its own, which names its page",
    "redline": "keep one of them",
    "register": "keep one of them",
}


def _named(tree: dict[str, Tree]) -> Iterator[tuple[str, str, Place]]:
    """Yield the paths and ids of chapters and the names in annexes: kind, value, place."""
    for key in ("front_matter", "chapters", "back_matter", "annexes"):
        for entry, place in _listed(tree.get(key), (key,)):
            if isinstance(entry, dict) and "part" in entry:
                for chapter, inner in _listed(entry.get("chapters"), (*place, "chapters")):
                    yield from _names_of(chapter, inner)
            else:
                yield from _names_of(entry, place)


def _listed(value: Tree, place: Place) -> Iterator[tuple[Tree, Place]]:
    if isinstance(value, list):
        yield from ((entry, (*place, index)) for index, entry in enumerate(value))


def _names_of(entry: Tree, place: Place) -> Iterator[tuple[str, str, Place]]:
    if isinstance(entry, str) and place[0] != "annexes":
        entry = {"path": entry}
    if not isinstance(entry, dict):
        return
    for key, value in entry.items():
        if not isinstance(value, str) or not value:
            continue
        if key in {"path", "chapter"}:
            if ".." in value or value.startswith("/"):
                continue  # reported already
            # The same name in NFC and NFD is one file for a reader, and on a Mac.
            yield "path", unicodedata.normalize("NFC", posixpath.normpath(value)), (*place, key)
        elif key in _ONCE:
            yield key, value, (*place, key)


def _sources(manifest: EditionManifest) -> Iterator[tuple[ChapterSource | ChapterAnnex, Place]]:
    """Yield every chapter in the order of print, with its place in the manifest."""
    for index, source in enumerate(manifest.front_matter):
        yield source, ("front_matter", index)
    for index, entry in enumerate(manifest.chapters):
        if isinstance(entry, Part):
            for inner, source in enumerate(entry.chapters):
                yield source, ("chapters", index, "chapters", inner)
        else:
            yield entry, ("chapters", index)
    for index, source in enumerate(manifest.back_matter):
        yield source, ("back_matter", index)
    for index, annex in enumerate(manifest.annexes):
        if isinstance(annex, ChapterAnnex):
            yield annex, ("annexes", index)


def _entries(manifest: EditionManifest, *, file: str, numbered: bool) -> Iterator[ChapterEntry]:
    roles = {"front_matter": "front", "chapters": "body", "back_matter": "back"}
    parts = [index for index, entry in enumerate(manifest.chapters) if isinstance(entry, Part)]
    for source, place in _sources(manifest):
        if isinstance(source, ChapterAnnex):
            continue
        role = roles[str(place[0])]
        by_default = numbered and role == "body"
        yield ChapterEntry(
            path=source.path,
            id=source.id,
            title=source.title,
            numbered=by_default if source.numbered is None else source.numbered,
            role=role,
            part=parts.index(int(place[1])) if len(place) > 2 else None,
            where=f"{file}: {shown_place((*place, 'path'))}",
        )


__all__ = [
    "ChapterAnnex", "ChapterEntry", "Edition", "Numbering", "RedlineAnnex", "RegisterAnnex", "Seal", "Series",
    "load_series",
]  # fmt: skip
