"""Read an edition's input: snapshot, chapters, bibliography, theme and editor's note."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from millesime.assembly.image_files import image_key
from millesime.assembly.sources import ChapterSource, chapter_ids, split_title
from millesime.assembly.theme import load_labels
from millesime.history.snapshot import Snapshot
from millesime.history.source_text import decode_source, read_text_source
from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import Block, nodes_of, text_of, words
from millesime.markup.citation_labels import example_labels
from millesime.markup.pandoc import Source, read_documents, read_references, reference_key
from millesime.press.cache.keys import digest
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.edition.parsed_sources import read_sources, source_digest
from millesime.problems import MarkupError
from millesime.redline.model import ChapterText
from millesime.series.series import NOTES_FOLDER, ChapterAnnex, ChapterEntry, Edition

THEME_FOLDER = "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """The chapters of one edition as they were read, before anything is made of them."""

    edition: Edition
    snapshot: Snapshot
    chapters: tuple[ChapterSource, ...]  # as the manifest lists them; generated annexes are not among them
    texts: Mapping[str, str]  # path → source text, for checks
    theme: Mapping[str, bytes]  # "pdf/page.css" → the snapshot's own version
    labels: Mapping[str, str]
    limits: Limits = DEFAULTS
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # path → kind → digest: `enclosed_parts.py`


def open_manuscript(
    edition: Edition,
    snapshot: Snapshot,
    entries: Sequence[ChapterEntry],
    *,
    annexes: bool = True,
    store: Store = NO_STORE,
    jobs: int = 1,
    limits: Limits = DEFAULTS,
) -> Manuscript:
    """Return the manuscript of chapters in a snapshot, with what the edition's manifest says besides.

    Raises RevisionError for a file that the snapshot does not have,
    MarkupError for one that is not UTF-8 text.
    """
    listed = [annex for annex in edition.annexes if annexes and isinstance(annex, ChapterAnnex)]
    where = edition.content_paths
    places = {path: where.get(path, path) for path in (*(e.path for e in entries), *(a.chapter for a in listed))}
    contents = snapshot.read_many(places, where=places)
    texts = {path: decode_source(content, where=places[path], path=path) for path, content in contents.items()}
    cited = _cited_labels(texts, edition, snapshot, jobs=jobs, limits=limits)
    sources = [Source(path=path, content=text.encode("utf-8"), citations=cited[path]) for path, text in texts.items()]
    documents = dict(
        zip(texts, read_sources(store, sources, reader=edition.reader, jobs=jobs, limits=limits), strict=True)
    )
    digests = {source.path: source_digest(source, edition.reader) for source in sources}
    chapters = [
        ChapterSource(
            path=entry.path, document=documents[entry.path], role=entry.role, part=entry.part, id=entry.id,
            title=tuple(words(entry.title)), numbered=entry.numbered, digest=digests[entry.path],
        )
        for entry in entries
    ]  # fmt: skip
    chapters += [
        ChapterSource(
            path=annex.chapter, document=documents[annex.chapter], role="annex", id=annex.id,
            title=tuple(words(annex.title)), digest=digests[annex.chapter],
        )
        for annex in listed
    ]  # fmt: skip
    theme = own_theme(snapshot)
    return Manuscript(
        edition=edition, snapshot=snapshot, chapters=tuple(chapters), texts=texts, theme=theme,
        labels=load_labels(edition.language, theme), limits=limits,
    )  # fmt: skip


def _cited_labels(
    texts: Mapping[str, str], edition: Edition, snapshot: Snapshot, *, jobs: int = 1, limits: Limits = DEFAULTS
) -> dict[str, frozenset[str]]:
    """Return, by path, the keys of the bibliography that pandoc would take for labels of examples.

    Files of the bibliography that are missing or cannot be read are an
    error where citations are set.
    """
    labels = {path: example_labels(text) if _reads_labels(edition.reader) else set() for path, text in texts.items()}
    files = [path for path in edition.bibliography if any(labels.values()) and snapshot.has(path)]
    contents = snapshot.read_many(files, where=edition.content_paths)
    sources = [Source(path=path, content=content) for path, content in contents.items()]
    try:
        keys = set(map(reference_key, read_references(sources, jobs=jobs, limits=limits)))
    except MarkupError:
        keys = set()
    return {path: frozenset(found & keys) for path, found in labels.items()}


def _reads_labels(reader: str) -> bool:
    return re.split("[+-]", reader)[0] == "markdown" and "-citations" not in reader


def own_theme(snapshot: Snapshot) -> dict[str, bytes]:
    """The report's own theme, file by file over the default one."""
    prefix = THEME_FOLDER + "/"
    contents = snapshot.read_many(snapshot.paths_below(THEME_FOLDER))
    return {path.removeprefix(prefix): content for path, content in contents.items()}


def chapter_texts(manuscript: Manuscript) -> list[ChapterText]:
    """Return the chapters as the redline compares them: as pandoc reads them, before numbering."""
    sources = manuscript.chapters
    return [
        _chapter_text(source, ident, manuscript) for source, ident in zip(sources, chapter_ids(sources), strict=True)
    ]


def _chapter_text(source: ChapterSource, ident: str, manuscript: Manuscript) -> ChapterText:
    images = _image_ids(source, manuscript.snapshot)
    return ChapterText(
        path=source.path, id=ident, title=text_of(split_title(source)[0]), blocks=source.document.blocks,
        images=images, digest=digest(source.digest, images) if source.digest else "",
    )  # fmt: skip


def _image_ids(source: ChapterSource, snapshot: Snapshot) -> dict[str, str]:
    """Return the id of the content of each image that a chapter names and the snapshot holds."""
    found: dict[str, str] = {}
    for node in nodes_of(source.document.blocks, {"Image"}):
        target = node["c"][2][0]
        key = image_key(target, source.path)
        if key is not None and snapshot.has(key):
            found[target] = snapshot.blob_id(key)
    return found


def read_note(manuscript: Manuscript, current: Snapshot) -> list[Block]:
    """Return the editor's note to readers of an edition, `changelog/<edition>.md`; [] where there is none.

    The edition's own snapshot comes first; a note written after the revision
    was chosen is read from the working tree, as the manifest is.
    """
    snapshot = note_snapshot(manuscript.edition.name, own=manuscript.snapshot, current=current)
    if snapshot is None:
        return []
    path = note_path(manuscript.edition.name)
    text = read_text_source(snapshot, path, where=path)
    cited = _cited_labels({path: text}, manuscript.edition, manuscript.snapshot, limits=manuscript.limits)
    source = Source(path=path, content=text.encode("utf-8"), citations=cited[path])
    (document,) = read_documents([source], limits=manuscript.limits)
    return document.blocks


def note_path(name: str) -> str:
    """Return where the note to readers of an edition stands."""
    return posixpath.join(NOTES_FOLDER, f"{name}.md")


def note_snapshot(name: str, *, own: Snapshot, current: Snapshot) -> Snapshot | None:
    """Return the snapshot that an edition's note is read from, see `read_note`; None if neither has a note."""
    return next((snapshot for snapshot in (own, current) if snapshot.has(note_path(name))), None)
