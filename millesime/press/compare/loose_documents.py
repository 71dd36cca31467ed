"""Read two files or two folders that belong to no report as manuscripts.

for old, new in (("v1.docx", "v2.docx"), ("brouillon/", "relu/")):
    before, after = open_papers(Path(old), Path(new))
    redline = compare_manuscripts(before, after)

Everything here is untrusted: pandoc reads in its sandbox, and images come
from the folder or not at all.
"""

from __future__ import annotations

import datetime
import io
import os
import posixpath
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from millesime.assembly.image_files import image_key
from millesime.assembly.sources import ChapterSource, chapter_ids, slug, split_title, unique_id
from millesime.assembly.theme import has_theme_file, load_labels, read_theme_file
from millesime.at_work import at_work
from millesime.history.plain_folder import Folder, walk_folder
from millesime.history.snapshot import Snapshot
from millesime.history.source_text import decode_source
from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import Document, nodes_of, text_of
from millesime.markup.formats import level_format, without_bookmarks
from millesime.markup.pandoc import BINARY_READERS, DEFAULT_READER, Source, read_documents
from millesime.press.compare.enclosed_parts import Enclosed, open_enclosed
from millesime.press.compare.unreadable_archives import UNREADABLE
from millesime.press.compare.word_text import readable_word
from millesime.press.edition.manuscript import Manuscript
from millesime.problems import MarkupError, ReportError, RevisionError, did_you_mean
from millesime.series.manifest import EditionManifest, ReportManifest
from millesime.series.series import Edition
from millesime.series.values import check_language

ORDER_FILE = "order.txt"
NO_FILE = Path(os.devnull)  # what git names where a file is new or gone
DEFAULT_LANGUAGE = "fr"
# Endings of chapters, and pandoc's name of their format; "": Markdown as the report reads it.
CHAPTERS = {
    "md": "", "markdown": "", "mdown": "", "qmd": "", "rmd": "",
    "rst": "rst", "org": "org", "tex": "latex", "latex": "latex", "ltx": "latex", "typ": "typst",
    "html": "html", "htm": "html", "xhtml": "html", "ipynb": "ipynb", "adoc": "asciidoc", "asciidoc": "asciidoc",
    "docx": "docx", "odt": "odt", "epub": "epub", "rtf": "rtf", "fb2": "fb2", "pptx": "pptx",
    "textile": "textile", "mediawiki": "mediawiki", "wiki": "mediawiki", "dokuwiki": "dokuwiki", "dj": "djot",
    "dbk": "docbook", "docbook": "docbook", "jats": "jats", "opml": "opml", "muse": "muse", "t2t": "t2t",
}  # fmt: skip
# What is read where a file is named, and is no chapter where it lies in a folder.
_OTHERS = {"txt": "", "text": "", "": "", "csv": "csv", "tsv": "tsv", "xlsx": "xlsx", "1": "man"}
_UNREADABLE = {
    "doc": "save it as .docx in Word or LibreOffice",
    "pdf": "a PDF holds lines on a page and no text to compare; compare what it was made from",
    "pages": "export it as .docx from Pages",
    "ppt": "save it as .pptx",
    "xls": "save it as .xlsx",
}
_MAXIMUM_BYTES = 256 * 1024 * 1024
_MAXIMUM_UNPACKED_BYTES = 1024 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word before 2007, and any Office file with a password
_OF_OFFICE = frozenset({"docx", "pptx", "xlsx"})
_CONTENTS = {"docx": "word/", "odt": "content.xml", "epub": "META-INF/container.xml", "pptx": "ppt/", "xlsx": "xl/"}
# git's temporary files are "/tmp/git-blob-a1b2c3/modele.md", those of `difftool --dir-diff` are in
# "/tmp/git-difftool.a1b2c3/left/"; a shell's pipes are "/dev/fd/63".
_TEMPORARY = re.compile(r"git-(?:blob|difftool)[-.].*|left|right|dev")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paper:
    """One chapter on disk."""

    path: str  # as the redline names it
    content: bytes = field(repr=False)
    format: str  # pandoc's


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pile:
    """One side of the comparison."""

    place: Path
    papers: tuple[_Paper, ...]
    names: tuple[str, ...] = ()  # other files of the folder, for images

    @property
    def formats(self) -> set[str]:
        return {paper.format.split("+")[0].split("-")[0] for paper in self.papers}


def open_papers(
    old: Path, new: Path, *, language: str = "", default_language: str = "", reader: str = DEFAULT_READER,
    path: str = "", jobs: int = 1, limits: Limits = DEFAULTS,
) -> tuple[Manuscript, Manuscript]:  # fmt: skip
    """Return two files, or two folders of chapters, as manuscripts of two editions.

    `/dev/null` is a file without a chapter. Without `language`, the one that
    the documents state, else `default_language`, else French. `path` is what
    two files are called, by default the new file's name. Tracked changes of
    a Word file are read as if all were accepted.

    Raises RevisionError for what is not there, MarkupError for what cannot be
    read.
    """
    if _is_folder(old) and _is_folder(new):
        piles = [_open_folder(place, reader=reader) for place in (old, new)]
    elif _is_folder(old) or _is_folder(new):
        folder, file = (old, new) if _is_folder(old) else (new, old)
        raise MarkupError(f"{folder} is a folder and {file} a file; name two folders or two files")
    else:
        piles = _open_files(old, new, reader=reader, path=path)
    enclosed = [_read(pile, jobs=jobs, limits=limits) for pile in piles]
    documents = [[one.document for one in read] for read in enclosed]
    if len(piles[0].formats | piles[1].formats) > 1:
        documents = [[replace(one, blocks=level_format(one.blocks)) for one in read] for read in documents]
    language = language or _language([*documents[1], *documents[0]]) or default_language or DEFAULT_LANGUAGE
    labels = _labels(language)
    names = paper_names(old, new) or (labels["annex_old"].lower(), labels["annex_new"].lower())
    before, after = (
        _manuscript(pile, read, held, name=name, language=language, labels=labels, limits=limits)
        for pile, read, held, name in zip(piles, documents, enclosed, names, strict=True)
    )
    return before, after


def paper_names(old: Path, new: Path) -> tuple[str, str] | None:
    """Return how a reader tells two places apart: the last part of their paths in which they differ.

    None where a program chose the names, as git does for what it hands to a
    tool.
    """
    parts = _parts(old), _parts(new)
    for before, after in zip(reversed(parts[0]), reversed(parts[1]), strict=False):
        if before != after:
            chosen = [_TEMPORARY.fullmatch(part) for part in (before, after, parts[0][0], parts[1][0])]
            return None if any(chosen) else (before, after)
    return None


def _parts(place: Path) -> tuple[str, ...]:
    return Path(os.path.abspath(place)).parts[1:]


def _is_folder(place: Path) -> bool:
    try:
        mode = os.stat(place).st_mode
    except OSError as error:
        raise RevisionError(f"{place}: {_reason(error)}; check the path") from error
    return stat.S_ISDIR(mode)


def _reason(error: OSError) -> str:
    return "no such file or folder" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"


# ---- two files -------------------------------------------------------------


def _open_files(old: Path, new: Path, *, reader: str, path: str) -> list[_Pile]:
    path = path or (old if new == NO_FILE else new).name
    formats = [_format(place, reader) if place != NO_FILE else None for place in (old, new)]
    # A file without an ending, a pipe for one, is read as the other one.
    formats = [found if found != "" else (other or reader) for found, other in zip(formats, formats[::-1], strict=True)]
    return [_open_file(place, path, found) for place, found in zip((old, new), formats, strict=True)]


def _open_file(place: Path, path: str, format_: str | None) -> _Pile:
    if format_ is None:
        return _Pile(place=place, papers=())
    paper = _Paper(path=path, content=check_paper(_read_bytes(place), format_, where=str(place)), format=format_)
    return _Pile(place=place, papers=(paper,))


def read_paper(place: Path, *, reader: str = DEFAULT_READER, limits: Limits = DEFAULTS) -> Document:
    """Return one document of any format. Raises as `open_papers` does."""
    return open_paper(place, reader=reader, limits=limits).document


def open_paper(place: Path, *, reader: str = DEFAULT_READER, limits: Limits = DEFAULTS) -> Enclosed:
    """Return one document of any format, and what of it is not read. Raises as `open_papers` does."""
    if _is_folder(place):
        raise MarkupError(f"{place}: a folder; name one document")
    pile = _open_file(place, str(place), None if place == NO_FILE else _format(place, reader) or reader)
    return next(iter(_read(pile, jobs=1, limits=limits)), Enclosed(Document(blocks=[])))


def _format(place: Path, reader: str) -> str:
    """Return pandoc's name of a file's format, "" where the name has no ending."""
    ending = place.suffix.lower().removeprefix(".")
    known = CHAPTERS | _OTHERS
    if ending in _UNREADABLE:
        raise MarkupError(f"{place}: .{ending} cannot be read; {_UNREADABLE[ending]}")
    if ending not in known:
        hint = did_you_mean(ending, CHAPTERS) or "known are " + ", ".join(f".{name}" for name in CHAPTERS)
        raise MarkupError(f"{place}: no format is known by the ending .{ending}; {hint}")
    return known[ending] or (reader if ending else "")


def _read_bytes(place: Path) -> bytes:
    try:
        with open(place, "rb") as stream:
            content = stream.read(_MAXIMUM_BYTES + 1)
    except OSError as error:
        raise RevisionError(f"{place}: {_reason(error)}; check the path") from error
    if len(content) > _MAXIMUM_BYTES:
        raise MarkupError(f"{place}: larger than {_MAXIMUM_BYTES // 1024**2} MiB; compare its chapters one by one")
    return content


# ---- two folders -----------------------------------------------------------


def _open_folder(root: Path, *, reader: str) -> _Pile:
    names = walk_folder(root)
    sources = [name for name in names if _ending(name) in CHAPTERS]
    if not sources:
        raise MarkupError(
            f"{root}: no chapters there; a chapter is a file that ends in .md, .docx, .odt, .html, .tex or the like"
        )
    links_out = [name for name in sources if not _is_inside(root / name, root)]
    if links_out:
        raise MarkupError(
            f"{root / links_out[0]}: a link out of the folder; replace it by the file itself"
            " (with git difftool --dir-diff: --no-symlinks)"
        )
    sources = _in_order(sources, root)
    contents = Folder(root, sources).read_many(sources)
    papers = []
    for name in sources:
        format_ = CHAPTERS[_ending(name)] or reader
        where = str(root / name)
        papers.append(_Paper(path=name, content=check_paper(contents[name], format_, where=where), format=format_))
    return _Pile(place=root, papers=tuple(papers), names=tuple(names))


def _ending(name: str) -> str:
    return posixpath.splitext(name)[1].lower().removeprefix(".")


def _is_inside(place: Path, root: Path) -> bool:
    return Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root))


def _in_order(names: Sequence[str], root: Path) -> list[str]:
    """Return names as `order.txt` lists them, the others after them as a person would sort them."""
    listed: list[str] = []
    place = root / ORDER_FILE
    if place.is_file():
        text = decode_source(_read_bytes(place), where=str(place), path=ORDER_FILE)
        for number, line in enumerate(text.split("\n"), start=1):
            name = posixpath.normpath(line.strip()) if line.strip() and not line.lstrip().startswith("#") else ""
            if name and name not in names:
                hint = did_you_mean(name, names) or "check the path, and that it is a chapter's"
                raise MarkupError(f"{place}:{number}: no chapter {name!r} in the folder; {hint}")
            if name and name not in listed:
                listed.append(name)
    return listed + sorted((name for name in names if name not in listed), key=natural_order)


def natural_order(path: str) -> tuple:
    """Return the key by which "2-b.md" stands before "10-a.md", and a folder's files together."""
    return tuple(
        tuple((0, int(run), "") if run.isdecimal() else (1, 0, run) for run in re.findall(r"\d+|\D+", part.casefold()))
        for part in path.split("/")
    )


def open_folder_as(root: Path, paths: Collection[str]) -> Folder:
    """Return a folder's files under the paths they have in an edition, so that a copy of its chapters is none anew.

    "10-modele.md" of a folder is "chapters/10-modele.md" where the edition
    has that chapter.
    """
    names = walk_folder(root)
    prefixes = [
        path.removesuffix(name) for name in names for path in paths if path == name or path.endswith("/" + name)
    ]
    prefix = max(prefixes, key=prefixes.count, default="")
    return Folder(root, names, prefix=prefix)


# ---- reading ---------------------------------------------------------------


def check_paper(content: bytes, format_: str, *, where: str) -> bytes:
    """Return what pandoc may read: UTF-8 without its mark, or a sound container. Raises MarkupError."""
    if format_ not in BINARY_READERS:
        return decode_source(content, where=where, path=where).encode("utf-8")
    if content.startswith(_OLE):
        hint = "open it in Word or LibreOffice and save it without one, as the newer format"
        raise MarkupError(f"{where}: has a password, or is of an older Office's format; {hint}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except UNREADABLE as error:
        raise MarkupError(f"{where}: damaged, or no .{format_} at all; fetch or save it once more") from error
    if not any(entry.filename.startswith(_CONTENTS[format_]) for entry in entries):
        raise MarkupError(f"{where}: a ZIP archive, but no .{format_}; fetch or save it once more")
    # Two parts of one name: Word reads the one, another program the other. Names of Office's parts mind no case.
    names = Counter(entry.filename.casefold() if format_ in _OF_OFFICE else entry.filename for entry in entries)
    if doubled := [name for name, count in names.items() if count > 1]:
        hint = "open it in the program that wrote it, look at its text, and save it once more"
        raise MarkupError(
            f"{where}: damaged: {doubled[0]!r} is in it twice, so that programs read different texts; {hint}"
        )
    if sum(entry.file_size for entry in entries) > _MAXIMUM_UNPACKED_BYTES:
        raise MarkupError(f"{where}: unpacks to more than {_MAXIMUM_UNPACKED_BYTES // 1024**2} MiB; is it a document?")
    return content


def _read(pile: _Pile, *, jobs: int, limits: Limits) -> list[Enclosed]:
    documents: dict[int, Enclosed] = {}
    for format_ in dict.fromkeys(paper.format for paper in pile.papers):
        places = [index for index, paper in enumerate(pile.papers) if paper.format == format_]
        contents = [pile.papers[index].content for index in places]
        if format_ == "docx":
            contents = [readable_word(content) for content in contents]
        sources = [
            Source(path=pile.papers[index].path, content=content)
            for index, content in zip(places, contents, strict=True)
        ]
        read = read_documents(sources, reader=format_, jobs=jobs, limits=limits)
        if format_ in BINARY_READERS:
            read = [replace(document, blocks=without_bookmarks(document.blocks)) for document in read]
        for index, document, mended in zip(places, read, contents, strict=True):
            with at_work(pile.papers[index].path, "read what it encloses"):
                documents[index] = open_enclosed(document, pile.papers[index].content, format_, mended=mended)
    return [documents[index] for index in range(len(pile.papers))]


def _language(documents: Sequence[Document]) -> str:
    for document in documents:
        try:
            found = check_language(_meta_text(document, "lang"))
        except ValueError:
            continue
        return found
    return ""


def _meta_text(document: Document, key: str) -> str:
    value = document.meta.get(key)
    return "" if value is None else text_of(value["c"]) if isinstance(value["c"], list) else str(value["c"])


# ---- as manuscripts --------------------------------------------------------


def open_listed(
    snapshot: Snapshot, paths: Sequence[str], *, edition: Edition, labels: Mapping[str, str] | None = None,
    jobs: int = 1, limits: Limits = DEFAULTS,
) -> Manuscript:  # fmt: skip
    """Return the manuscript of some files of a snapshot, of any format; they follow no manifest.

    Without `labels`, those for two versions of a text. Raises RevisionError
    and MarkupError as `open_papers` does.
    """
    contents = snapshot.read_many(paths)
    formats = {path: CHAPTERS[_ending(path)] or edition.reader for path in paths}
    papers = tuple(
        _Paper(path=path, content=check_paper(contents[path], formats[path], where=path), format=formats[path])
        for path in paths
    )
    enclosed = _read(_Pile(place=Path(edition.name), papers=papers), jobs=jobs, limits=limits)
    documents = [one.document for one in enclosed]
    if not edition.language:
        language = _language(documents) or DEFAULT_LANGUAGE
        edition = replace(edition, report=edition.report.model_copy(update={"language": language}))
    sources = [
        ChapterSource(path=paper.path, document=document, role="body")
        for paper, document in zip(papers, documents, strict=True)
    ]
    sources = [replace(source, id=ident) for source, ident in zip(sources, _ids(sources), strict=True)]
    return Manuscript(
        edition=edition, snapshot=snapshot, chapters=tuple(sources), texts={}, theme={},
        labels=_labels(edition.language) if labels is None else labels, limits=limits,
        left_out={paper.path: one.left_out for paper, one in zip(papers, enclosed, strict=True)},
    )  # fmt: skip


def level_manuscripts(old: Manuscript, new: Manuscript) -> tuple[Manuscript, Manuscript]:
    """Return two manuscripts without what only some of their formats can say, if they have several."""
    if len({_ending(source.path) and CHAPTERS[_ending(source.path)] for source in (*old.chapters, *new.chapters)}) < 2:
        return old, new
    return tuple(
        replace(one, chapters=tuple(
            replace(source, document=replace(source.document, blocks=level_format(source.document.blocks)), digest="")
            for source in one.chapters
        ))
        for one in (old, new)
    )  # fmt: skip


def _manuscript(
    pile: _Pile, documents: Sequence[Document], enclosed: Sequence[Enclosed], *, name: str, language: str,
    labels: Mapping[str, str], limits: Limits,
) -> Manuscript:  # fmt: skip
    sources = [
        ChapterSource(path=paper.path, document=document, role="body")
        for paper, document in zip(pile.papers, documents, strict=True)
    ]
    sources = [replace(source, id=ident) for source, ident in zip(sources, _ids(sources), strict=True)]
    title = text_of(split_title(sources[0])[0]) if len(sources) == 1 else name
    report = ReportManifest.model_construct(title=title, language=language)
    manifest = EditionManifest.model_construct(date=_date(pile, documents), chapters=())
    return Manuscript(
        edition=Edition(name, manifest, report), snapshot=_snapshot(pile, documents, enclosed),
        chapters=tuple(sources), texts={}, theme={}, labels=labels, limits=limits,
        left_out={paper.path: one.left_out for paper, one in zip(pile.papers, enclosed, strict=True)},
    )  # fmt: skip


def _ids(sources: Sequence[ChapterSource]) -> list[str]:
    """Ids as a report's chapters have them; by path alone where front matter says what no id can be, or twice."""
    try:
        return chapter_ids(sources)
    except ReportError:
        taken: set[str] = set()
        for source in sources:
            taken.add(unique_id(slug(posixpath.splitext(source.path)[0]) or "chapter", taken))
        return list(taken)


def _date(pile: _Pile, documents: Sequence[Document]) -> datetime.date:
    """The date a document gives itself, else its file's."""
    if len(documents) == 1:
        try:
            return datetime.date.fromisoformat(_meta_text(documents[0], "date"))
        except ValueError:
            pass
    return datetime.datetime.fromtimestamp(os.stat(pile.place).st_mtime, tz=datetime.UTC).date()


def _snapshot(pile: _Pile, documents: Sequence[Document], enclosed: Sequence[Enclosed]) -> Snapshot:
    """The folder, or of a single file's folder the images that it names; and the pictures in the files themselves."""
    held = {
        key: content
        for paper, one in zip(pile.papers, enclosed, strict=True)
        for name, content in one.pictures.items()
        if (key := image_key(name, paper.path)) is not None
    }
    if pile.names:
        return Folder(pile.place, pile.names, held=held)
    folder = pile.place.parent
    names = set()
    if pile.papers and pile.papers[0].format not in BINARY_READERS:
        targets = (node["c"][2][0] for node in nodes_of(documents[0].blocks, {"Image"}))
        keys = (image_key(target, pile.papers[0].path) for target in targets)
        names = {key for key in keys if key and not key.startswith("@") and _is_inside(folder / key, folder)}
    return Folder(folder, sorted(names), held=held)


def _labels(language: str) -> dict[str, str]:
    labels = load_labels(language)
    for name in ("en", language.split("-")[0]):
        file = f"labels/papers/{name}.yaml"
        if has_theme_file(file):
            labels |= yaml.safe_load(read_theme_file(file).decode("utf-8"))
    return labels


__all__ = [
    "CHAPTERS", "NO_FILE", "check_paper", "level_manuscripts", "open_folder_as", "open_listed", "open_paper",
    "open_papers", "paper_names", "read_paper",
]  # fmt: skip
