"""From manuscripts to the report of one edition, its annexes included."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.citations import quote_citations
from millesime.assembly.registers import read_register, register_annex, register_path
from millesime.assembly.report import Author, Imprint, Report, Sibling
from millesime.assembly.sources import ChapterSource
from millesime.history.snapshot import Snapshot
from millesime.markup.ast import Document, words
from millesime.press.bibliography import citation_style, edition_references, quoted_citations
from millesime.press.desk import Desk, printed_revision
from millesime.press.manuscript import Manuscript, read_note
from millesime.press.provenance import read_provenance
from millesime.problems import MarkupError, RevisionError
from millesime.redline.annex.annex import annex_title, write_annex
from millesime.redline.annex.follow import write_follow
from millesime.redline.annex.glance import passage_targets
from millesime.redline.annex.picture import change_picture
from millesime.redline.annex.side import Side
from millesime.series.manifest import FollowAnnex
from millesime.series.series import ChapterAnnex, Edition, RedlineAnnex, RegisterAnnex, Series


def assemble_edition(desk: Desk, name: str, *, say: Callable[[str], None] = lambda text: None) -> Report:
    """Return the report of one edition of the desk's series, annexes and all."""
    return assemble(edition_materials(desk, name, say=say))


def edition_materials(desk: Desk, name: str, *, say: Callable[[str], None] = lambda text: None) -> Materials:
    """Return all that one edition is assembled from, its annexes written."""
    say("reading")
    manuscript = desk.manuscript(name)
    own = {source.path: source for source in manuscript.chapters if source.role == "annex"}
    annexes: list[ChapterSource] = []
    pictures: dict[str, bytes] = {}
    for index, annex in enumerate(manuscript.edition.annexes):
        match annex:
            case RedlineAnnex():
                source, made = _redline_annex(desk, manuscript, annex, index, say)
                annexes.append(source)
                pictures |= made
            case FollowAnnex():
                annexes.append(_follow_annex(desk, manuscript, annex, say))
            case RegisterAnnex():
                annexes.append(_register_annex(manuscript, annex, index))
            case ChapterAnnex():
                annexes.append(own[annex.chapter])
    say("assembling")
    chapters = [source for source in manuscript.chapters if source.role != "annex"]
    return materials(desk, manuscript, (*chapters, *annexes), pictures=pictures)


def materials(
    desk: Desk,
    manuscript: Manuscript,
    sources: Sequence[ChapterSource],
    *,
    pictures: Mapping[str, bytes] | None = None,
) -> Materials:
    """Return all that an edition is assembled from: `sources`, its chapters and annexes; `pictures` made for these."""
    edition, snapshot = manuscript.edition, manuscript.snapshot
    return Materials(
        imprint=imprint(desk.series, edition, snapshot),
        sources=tuple(sources),
        parts=edition.parts,
        references=tuple(edition_references(manuscript, jobs=desk.jobs)),
        citation_style=citation_style(manuscript),
        read_image=image_reader(desk, manuscript, pictures=pictures),
        labels=manuscript.labels,
        theme=manuscript.theme,
        numbered=edition.numbering.enabled,
        depth=edition.numbering.depth,
        limits=desk.limits,
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


def _redline_annex(
    desk: Desk, new: Manuscript, annex: RedlineAnnex, index: int, say: Callable[[str], None]
) -> tuple[ChapterSource, dict[str, bytes]]:
    """Return the annex, and the images that are made for it by their keys."""
    say(f"comparing with {annex.redline}")
    old = desk.manuscript(annex.redline)
    old_side, new_side = desk.side(old), desk.side(new)
    redline = desk.redline(old, new)
    labels, language = new.labels, new.edition.language
    key = f"@annex/redline-{old_side.name}.svg"
    targets = passage_targets(redline, old_side.name) if annex.detail != "summary" else {}
    picture = change_picture(
        redline, old=old_side.name, new=new_side.name, labels=labels, language=language, targets=targets,
        numbers=(old_side.numbers(), new_side.numbers()),
    )  # fmt: skip
    blocks = write_annex(
        redline,
        old=old_side,
        new=new_side,
        note=read_note(new, desk.current) if _first_redline(new.edition) == index else [],
        labels=labels,
        language=language,
        detail=annex.detail,
        context=annex.context,
        picture="" if redline.is_empty else key,
        provenance=read_provenance(desk, redline, old, new) if annex.provenance else None,
    )
    # Struck citations are the old edition's, and must not bring works into this one's bibliography.
    blocks = quote_citations(blocks, quoted_citations(old, beside=new, jobs=desk.jobs), edition=old_side.name)
    # As are struck references; this edition's own are resolved with those of its chapters.
    blocks = desk.references.quote(blocks, {old_side.name: old})
    title = words(annex.title) if annex.title else annex_title(old_side, labels, language)
    # Images of the annex are named from the repository's root, see redline/annex/annex.py.
    source = ChapterSource(
        path="annex", document=Document(blocks=blocks), role="annex", id=f"redline-{annex.redline}",
        title=tuple(title), generated=True,
    )  # fmt: skip
    return source, {key: picture.encode("utf-8")}


def _follow_annex(desk: Desk, new: Manuscript, annex: FollowAnnex, say: Callable[[str], None]) -> ChapterSource:
    """Return the chapters and sections followed through several editions."""
    manuscripts = [desk.manuscript(name) for name in annex.follow if name != new.edition.name] + [new]
    manuscripts.sort(key=lambda manuscript: (manuscript.edition.date, manuscript.edition.name))
    steps = []
    for before, after in pairwise(manuscripts):
        say(f"following {before.edition.name} to {after.edition.name}")
        steps.append(desk.redline(before, after))
    blocks = write_follow(
        steps, [desk.side(manuscript) for manuscript in manuscripts], labels=new.labels, language=new.edition.language
    )
    return ChapterSource(
        path="annex", document=Document(blocks=blocks), role="annex", id="follow", generated=True,
        title=tuple(words(annex.title or new.labels["follow_title"])),
    )  # fmt: skip


def _first_redline(edition: Edition) -> int:
    """The annex that the editor's note opens: it speaks of one step, the first that is listed."""
    return next(index for index, annex in enumerate(edition.annexes) if isinstance(annex, RedlineAnnex))


def side(manuscript: Manuscript) -> Side:
    """Return an edition as the redline annex names it."""
    edition = manuscript.edition
    listed = {source.path for source in manuscript.chapters}
    return Side(
        name=edition.name, date=edition.date, chapters=manuscript.chapters,
        address=f"{edition.base_url}/{edition.name}" if edition.base_url else "",
        numbered=edition.numbering.enabled, depth=edition.numbering.depth,
        annexes=tuple(
            annex.chapter if isinstance(annex, ChapterAnnex) and annex.chapter in listed else ""
            for annex in edition.annexes
        ),
    )  # fmt: skip


def _register_annex(manuscript: Manuscript, annex: RegisterAnnex, index: int) -> ChapterSource:
    path = register_path(annex.register_name)
    where = f"{manuscript.edition.file}: annexes[{index}].register"
    entries = read_register(manuscript.snapshot.read(path, where=where), path)
    return register_annex(entries, name=annex.register_name, title=annex.title, labels=manuscript.labels)


def image_reader(
    desk: Desk, manuscript: Manuscript, *, pictures: Mapping[str, bytes] | None = None
) -> Callable[[str], bytes | None]:
    """Return what reads the images of a manuscript, "@2018/…" of another edition, and the `pictures` made for it."""

    def read(key: str) -> bytes | None:
        if pictures and key in pictures:
            return pictures[key]
        source = manuscript.snapshot
        if key.startswith("@"):
            name, _, key = key[1:].partition("/")
            if name not in manuscript.edition.compared:
                return None  # an edition depends on no other but those it is compared with, see press/inputs.py
            source = desk.snapshot(name)
        try:
            return source.read(key, where=key) if source.has(key) else None
        except (RevisionError, MarkupError):
            return None

    return read
