"""Assemble the report of one edition from its manuscript and its annexes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.image_files import image_type
from millesime.assembly.pictures import embed_linked
from millesime.assembly.registers import read_register, register_annex, register_path
from millesime.assembly.report import Author, Imprint, Report, Sibling
from millesime.assembly.sources import ChapterSource
from millesime.at_work import at_work
from millesime.history.snapshot import Snapshot
from millesime.press.edition.bibliography import citation_style, edition_references
from millesime.press.edition.manuscript import Manuscript
from millesime.press.edition.workspace import Workspace, printed_revision
from millesime.problems import MarkupError, RevisionError
from millesime.series.manifest import FollowAnnex
from millesime.series.series import ChapterAnnex, Edition, RedlineAnnex, RegisterAnnex, Series


def assemble_edition(workspace: Workspace, name: str, *, say: Callable[[str], None] = lambda text: None) -> Report:
    """Return the report of one edition of the workspace's series, annexes and all."""
    return assemble(edition_materials(workspace, name, say=say))


def edition_materials(workspace: Workspace, name: str, *, say: Callable[[str], None] = lambda text: None) -> Materials:
    """Return all that one edition is assembled from, its annexes written."""
    say("reading")
    manuscript = workspace.manuscript(name)
    own = {source.path: source for source in manuscript.chapters if source.role == "annex"}
    annexes: list[ChapterSource] = []
    pictures: dict[str, bytes] = {}
    for index, annex in enumerate(manuscript.edition.annexes):
        match annex:
            case RedlineAnnex():
                # Imported here, with all of the redline: most edits need none of it.
                from millesime.press.edition.annexes import redline_annex

                source, made = redline_annex(workspace, manuscript, annex, index, say)
                annexes.append(source)
                pictures |= made
            case FollowAnnex():
                from millesime.press.edition.annexes import follow_annex

                annexes.append(follow_annex(workspace, manuscript, annex, say))
            case RegisterAnnex():
                annexes.append(_register_annex(manuscript, annex, index))
            case ChapterAnnex():
                annexes.append(own[annex.chapter])
    say("assembling")
    chapters = [source for source in manuscript.chapters if source.role != "annex"]
    return materials(workspace, manuscript, (*chapters, *annexes), pictures=pictures)


def materials(
    workspace: Workspace,
    manuscript: Manuscript,
    sources: Sequence[ChapterSource],
    *,
    pictures: Mapping[str, bytes] | None = None,
) -> Materials:
    """Return all that an edition is assembled from: `sources`, its chapters and annexes; `pictures` made for these."""
    edition, snapshot = manuscript.edition, manuscript.snapshot
    return Materials(
        imprint=imprint(workspace.series, edition, snapshot),
        sources=tuple(sources),
        parts=edition.parts,
        references=tuple(edition_references(manuscript, jobs=workspace.jobs)),
        citation_style=citation_style(manuscript),
        read_image=image_reader(workspace, manuscript, pictures=pictures),
        labels=manuscript.labels,
        theme=manuscript.theme,
        numbered=edition.numbering.enabled,
        depth=edition.numbering.depth,
        limits=workspace.limits,
    )


def imprint(series: Series, edition: Edition, snapshot: Snapshot) -> Imprint:
    """Return what an edition's cover and metadata say."""
    address = f"{edition.base_url}/{edition.name}" if edition.base_url else ""
    return Imprint(
        name=edition.name,
        title=edition.title,
        subtitle=edition.subtitle,
        date=edition.date,
        language=edition.language,
        publisher=edition.publisher,
        authors=tuple(Author(**author.model_dump()) for author in edition.authors),
        licence=edition.licence,
        isbn=edition.isbn,
        doi=edition.doi,
        issn=edition.issn,
        nor=edition.nor,
        description=edition.description,
        keywords=edition.keywords,
        base_url=edition.base_url,
        identifier=address or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{edition.title}/{edition.name}')}",
        revision=printed_revision(edition, snapshot),
        earlier=tuple(
            Sibling(name=other.name, date=other.date, subtitle=other.manifest.subtitle)
            for other in series.earlier(edition)
        ),
    )


def _register_annex(manuscript: Manuscript, annex: RegisterAnnex, index: int) -> ChapterSource:
    path = register_path(annex.register_name)
    where = f"{manuscript.edition.file}: annexes[{index}].register"
    content = manuscript.snapshot.read(path, where=where)
    with at_work(path, "read it"):
        entries = read_register(content, path)
        return register_annex(entries, name=annex.register_name, title=annex.title, labels=manuscript.labels)


def image_reader(
    workspace: Workspace, manuscript: Manuscript, *, pictures: Mapping[str, bytes] | None = None
) -> Callable[[str], bytes | None]:
    """Return what reads the images of a manuscript, "@2018/…" of another edition, and the `pictures` made for it.

    The pictures that a drawing names are put into it: nobody who shows a drawing as a picture looks for others.
    """

    def read(key: str) -> bytes | None:
        if pictures and key in pictures:
            return pictures[key]
        source = manuscript.snapshot
        if key.startswith("@"):
            name, _, key = key[1:].partition("/")
            if name not in manuscript.edition.compared:
                return None  # only what `press/run/artifact_inputs.py` counts: what the edition is compared with
            source = workspace.snapshot(name)
        return _read(source, key)

    def read_whole(key: str) -> bytes | None:
        content = read(key)
        if content is None or key in (pictures or {}) or image_type(content) != "svg":
            return content
        return embed_linked(content, key, read_image=read, limits=workspace.limits)

    return read_whole


def _read(source: Snapshot, key: str) -> bytes | None:
    try:
        return source.read(key, where=key) if source.has(key) else None
    except (RevisionError, MarkupError):
        return None
