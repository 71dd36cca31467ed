"""From manuscripts to the report of one edition, its annexes included."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.registers import read_register, register_annex, register_path
from millesime.assembly.report import Author, Imprint, Report, Sibling
from millesime.assembly.sources import ChapterSource
from millesime.assembly.theme import has_theme_file, read_theme_file
from millesime.history.renames import find_renames
from millesime.history.repository import Repository
from millesime.history.snapshot import Snapshot
from millesime.history.worktree import WorkingTree
from millesime.markup.ast import Document, words
from millesime.markup.pandoc import Source, read_references
from millesime.press.manuscript import Manuscript, chapter_texts, read_manuscript, read_note
from millesime.problems import MarkupError, RevisionError
from millesime.redline.annex import Side, annex_title, write_annex
from millesime.redline.compare import compare
from millesime.redline.model import Redline
from millesime.series.series import ChapterAnnex, Edition, RedlineAnnex, RegisterAnnex, Series


class Desk:
    """Reads each manuscript of a series once, and remembers it; to be used by one thread."""

    def __init__(self, series: Series, repository: Repository | None, *, jobs: int = 1) -> None:
        self.series, self.repository, self.jobs = series, repository, jobs
        self.current = WorkingTree(series.root, repository)
        self._manuscripts: dict[str, Manuscript] = {}

    def manuscript(self, name: str) -> Manuscript:
        """Return the manuscript of an edition. Raises ManifestError for a name that is none."""
        if name not in self._manuscripts:
            edition = self.series.edition(name)
            self._manuscripts[name] = read_manuscript(self.repository, edition, root=self.series.root, jobs=self.jobs)
        return self._manuscripts[name]

    def redline(self, old: Manuscript, new: Manuscript) -> Redline:
        """Return what changed between two manuscripts, git's knowledge of renames included."""
        renames: Mapping[str, str] = {}
        if self.repository and old.snapshot.commit and new.snapshot.commit:
            renames = find_renames(self.repository, old.snapshot.commit.id, new.snapshot.commit.id)
        return compare(chapter_texts(old), chapter_texts(new), renames=renames)


def assemble_edition(desk: Desk, name: str, *, say: Callable[[str], None] = lambda text: None) -> Report:
    """Return the report of one edition of the desk's series, annexes and all."""
    say("reading")
    manuscript = desk.manuscript(name)
    own = {source.path: source for source in manuscript.chapters if source.role == "annex"}
    annexes: list[ChapterSource] = []
    for index, annex in enumerate(manuscript.edition.annexes):
        match annex:
            case RedlineAnnex():
                annexes.append(_redline_annex(desk, manuscript, annex, index, say))
            case RegisterAnnex():
                annexes.append(_register_annex(manuscript, annex, index))
            case ChapterAnnex():
                annexes.append(own[annex.chapter])
    say("assembling")
    chapters = [source for source in manuscript.chapters if source.role != "annex"]
    return assemble(materials(desk, manuscript, (*chapters, *annexes)))


def materials(desk: Desk, manuscript: Manuscript, sources: Sequence[ChapterSource]) -> Materials:
    """Return all that an edition is assembled from; `sources` are its chapters, annexes included."""
    edition, snapshot = manuscript.edition, manuscript.snapshot
    where = edition.content_paths
    contents = snapshot.read_many(edition.bibliography, where=where)
    bibliography = [Source(path=path, content=content) for path, content in contents.items()]
    return Materials(
        imprint=imprint(desk.series, edition, snapshot),
        sources=tuple(sources),
        parts=edition.parts,
        references=tuple(read_references(bibliography, jobs=desk.jobs)),
        citation_style=_citation_style(manuscript),
        read_image=image_reader(desk, manuscript),
        labels=manuscript.labels,
        theme=manuscript.theme,
        numbered=edition.numbering.enabled,
        depth=edition.numbering.depth,
    )


def imprint(series: Series, edition: Edition, snapshot: Snapshot) -> Imprint:
    """Return what an edition's cover and metadata say."""
    address = f"{edition.base_url}/{edition.name}" if edition.base_url else ""
    siblings = (other for other in series.editions if other.name != edition.name)
    return Imprint(
        name=edition.name,
        title=edition.title,
        subtitle=edition.subtitle,
        date=edition.date,
        language=edition.language,
        publisher=edition.publisher,
        authors=tuple(Author(name=author.name, role=author.role, sector=author.sector) for author in edition.authors),
        licence=edition.licence,
        description=edition.description,
        keywords=edition.keywords,
        base_url=edition.base_url,
        identifier=address or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{edition.title}/{edition.name}')}",
        revision=_revision(edition, snapshot),
        siblings=tuple(
            Sibling(name=other.name, date=other.date, subtitle=other.manifest.subtitle) for other in siblings
        ),
    )


def _revision(edition: Edition, snapshot: Snapshot) -> str:
    """The commit to print: the sealed one, although history may have given it another id since."""
    if edition.seal is not None:
        return edition.seal.commit
    return snapshot.commit.id if snapshot.commit else ""


def _redline_annex(
    desk: Desk, new: Manuscript, annex: RedlineAnnex, index: int, say: Callable[[str], None]
) -> ChapterSource:
    say(f"comparing with {annex.redline}")
    old = desk.manuscript(annex.redline)
    blocks = write_annex(
        desk.redline(old, new),
        old=side(old),
        new=side(new),
        note=read_note(new, desk.current) if _first_redline(new.edition) == index else [],
        labels=new.labels,
        language=new.edition.language,
        detail=annex.detail,
    )
    title = words(annex.title) if annex.title else annex_title(side(old), new.labels, new.edition.language)
    # Images of the annex are named from the repository's root, see redline/annex.py.
    return ChapterSource(
        path="annex", document=Document(blocks=blocks), role="annex", id=f"redline-{annex.redline}",
        title=tuple(title), generated=True,
    )  # fmt: skip


def _first_redline(edition: Edition) -> int:
    """The annex that the editor's note opens: it speaks of one step, the first that is listed."""
    return next(index for index, annex in enumerate(edition.annexes) if isinstance(annex, RedlineAnnex))


def side(manuscript: Manuscript) -> Side:
    """Return an edition as the redline annex names it."""
    return Side(name=manuscript.edition.name, date=manuscript.edition.date, chapters=manuscript.chapters)


def _register_annex(manuscript: Manuscript, annex: RegisterAnnex, index: int) -> ChapterSource:
    path = register_path(annex.register_name)
    where = f"{manuscript.edition.file}: annexes[{index}].register"
    entries = read_register(manuscript.snapshot.read(path, where=where), path)
    return register_annex(entries, name=annex.register_name, title=annex.title, labels=manuscript.labels)


def _citation_style(manuscript: Manuscript) -> bytes | None:
    """The manifest's CSL style, else the theme's for the language, else pandoc's own."""
    edition = manuscript.edition
    if edition.csl:
        return manuscript.snapshot.read(edition.csl, where=edition.content_paths[edition.csl])
    for language in (edition.language, edition.language.split("-")[0]):
        name = f"csl/{language}.csl"
        if has_theme_file(name, manuscript.theme):
            return read_theme_file(name, manuscript.theme)
    return None


def image_reader(
    desk: Desk, manuscript: Manuscript, others: Mapping[str, Manuscript] | None = None
) -> Callable[[str], bytes | None]:
    """Return what reads the images of a manuscript, and "@2018/…" of another edition or one of `others`."""

    def read(key: str) -> bytes | None:
        source = manuscript.snapshot
        if key.startswith("@"):
            name, _, key = key[1:].partition("/")
            source = ((others or {}).get(name) or desk.manuscript(name)).snapshot
        try:
            return source.read(key, where=key) if source.has(key) else None
        except (RevisionError, MarkupError):
            return None

    return read
