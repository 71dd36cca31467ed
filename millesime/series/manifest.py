"""The two kinds of manifest as models: what keys there are, and what each may hold."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)

from millesime.limits import DEFAULTS
from millesime.problems import did_you_mean
from millesime.series import identifiers, values
from millesime.series.licences import LicenceText
from millesime.series.mistakes import TAG, keys_of, mistake, shown

DEFAULT_READER = "markdown"
DEFAULT_FORMATS = ("pdf", "epub", "html")
DEFAULT_DEPTH = 3

# A right line for every key that may be missing, empty or of another shape.
EXAMPLES = {
    "": "key: value, one on each line",
    "annexes": 'annexes: [{redline: "2018"}, {register: hearings}]',
    "artifacts": "the seal anew, by 'millesime seal'",
    "authors": "authors: [{name: Ministère de la Ville, role: commanditaire, sector: political}]",
    "back_matter": "back_matter: [chapters/90-annexes.md]",
    "beside": "the seal anew, by 'millesime seal'",
    "bibliography": "bibliography: [chapters/references.bib]",
    "chapter": "{chapter: chapters/90-lettre-de-mission.md}",
    "chapters": "chapters: [chapters/10-introduction.md]",
    "commit": "the seal anew, by 'millesime seal'",
    "date": "date: 2019-07-03",
    "follow": '{follow: ["2018", "2019"]}',
    "fonts": "the seal anew, by 'millesime seal'",
    "formats": "formats: [pdf, epub, html]",
    "front_matter": "front_matter: [chapters/00-avant-propos.md]",
    "isbn": "isbn: {pdf: 978-2-11-145678-5, epub: 978-2-11-145679-2}",
    "keywords": "keywords: [ville intelligente, services publics]",
    "language": "language: fr",
    "limits": "limits: {reading: 300}",
    "name": "name: and a name",
    "numbering": "numbering: true, or numbering: {depth: 3}",
    "part": "part: and a title",
    "path": "path: chapters/10-introduction.md",
    "redline": '{redline: "2018"}',
    "register": "{register: hearings}",
    "report": "the seal anew, by 'millesime seal'",
    "seal": "the seal anew, by 'millesime seal'",
    "title": "title: and the report's title",
    "tools": "the seal anew, by 'millesime seal'",
    "trees": "the seal anew, by 'millesime seal'",
}


class Entry(BaseModel):
    """Keys with values; a key with nothing after it counts as left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = keys_of(cls)
        return {key: held for key, held in value.items() if held is not None or key not in known}


class Author(Entry):
    """Who signs the report; a person if the family name is told, else an organisation."""

    name: values.Text
    role: values.Text = ""
    sector: values.Sector = ""
    family: values.Text = ""  # the family name as it stands in `name`, at its beginning or its end

    @model_validator(mode="after")
    def _family_name_is_in_the_name(self) -> Author:
        if self.family and not re.search(rf"^{re.escape(self.family)}\s|\s{re.escape(self.family)}$", self.name):
            seen = f"the family name {shown(self.family)} neither begins nor ends {shown(self.name)}"
            raise mistake(seen, "write it as it stands in name, or leave it out for an organisation")
        return self


class Numbering(Entry):
    """Whether chapters are numbered, and headings down to which level (1: chapters alone)."""

    enabled: values.Flag = True
    depth: values.Depth = DEFAULT_DEPTH


class ChapterSource(Entry):
    """One chapter to print."""

    path: values.FilePath
    id: values.Id = ""
    title: values.Text = ""
    numbered: values.Flag | None = None  # None: as its place and the report have it


def _chapter(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, dict):
        if "part" in value:
            raise mistake("a part where only chapters belong", "write it directly under chapters:")
        return value
    raise mistake(f"{shown(value)} where a chapter belongs", "write a path, or {path: …, title: …}")


Chapter = Annotated[ChapterSource, BeforeValidator(_chapter)]


def _some_chapters(value: Any) -> Any:
    if value == []:
        raise mistake("an empty list", f"write {EXAMPLES['chapters']}")
    return value


class Part(Entry):
    """Chapters under one title."""

    part: values.Text
    chapters: Annotated[tuple[Chapter, ...], BeforeValidator(_some_chapters)]


def _chapter_or_part(value: Any) -> Any:
    return value if isinstance(value, dict) and "part" in value else _chapter(value)


ChapterOrPart = Annotated[
    Annotated[Part, Tag(TAG + "part")] | Annotated[ChapterSource, Tag(TAG + "chapter")],
    Discriminator(lambda value: TAG + ("part" if "part" in value else "chapter")),
    BeforeValidator(_chapter_or_part),
]


def _other_edition(name: str, info: ValidationInfo) -> str:
    """Return the name of another edition; the context holds `edition` and all `names`."""
    if name == (info.context or {}).get("edition"):
        others = [other for other in info.context["names"] if other != name]
        raise mistake(f"{shown(name)} is this edition itself", _one_of(others))
    return _edition(name, info)


def _edition(name: str, info: ValidationInfo) -> str:
    """Return the name of an edition, this one or another."""
    context = info.context or {}
    if name in context.get("names", [name]):
        return name
    others = [other for other in context["names"] if other != context["edition"]]
    raise mistake(f"no edition named {shown(name)}", did_you_mean(name, others) or _one_of(others))


def _one_of(names: list[str]) -> str:
    return "write one of " + ", ".join(names) if names else "leave it out: there is no other edition yet"


def _several(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Return the editions to follow: two others at least; for one, a redline says more."""
    if twice := [name for name in names if names.count(name) > 1]:
        raise mistake(f"{shown(twice[0])} twice", "keep one of them")
    others = [name for name in names if name != (info.context or {}).get("edition")]
    if len(others) < 2:
        hint = (
            f"name two others at least, or write redline: {shown(others[0])}" if others else "name two others at least"
        )
        raise mistake("too few editions to follow", hint)
    return names


def _context(value: Any) -> int:
    """Return how many unchanged blocks surround a passage, 0 to 9."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or text not in set("0123456789"):
        raise mistake(f"{shown(value)} where a number of blocks belongs", "write one from 0 to 9, such as context: 2")
    return int(text)


class RedlineAnnex(Entry):
    """What changed since another edition."""

    redline: Annotated[values.Name, AfterValidator(_other_edition)]
    detail: values.Detail = "passages"
    context: Annotated[int, BeforeValidator(_context)] = 1  # unchanged blocks on either side of a passage
    provenance: values.Flag = False  # name the commits behind each passage
    title: values.Text = ""


class FollowAnnex(Entry):
    """Chapters and sections through several editions, this one included."""

    follow: Annotated[tuple[Annotated[values.Name, AfterValidator(_edition)], ...], AfterValidator(_several)]
    title: values.Text = ""


class RegisterAnnex(Entry):
    """A register, printed."""

    register_name: values.Name = Field(alias="register")  # ABCMeta has a method of that name
    title: values.Text = ""


class ChapterAnnex(Entry):
    """A chapter among the annexes."""

    chapter: values.FilePath
    id: values.Id = ""
    title: values.Text = ""


_ANNEX_TAGS = {kind: TAG + kind for kind in ("redline", "follow", "register")} | {"chapter": TAG + "chapter annex"}


def _annex(value: Any) -> Any:
    hint = 'write {redline: "2018"}, {register: hearings} or {chapter: chapters/90-lettre.md}'
    if not isinstance(value, dict):
        raise mistake(f"{shown(value)} where an annex belongs", hint)
    kinds = [kind for kind in _ANNEX_TAGS if kind in value]
    if len(kinds) > 1:
        raise mistake(f"{' and '.join(kinds)} in one annex", "write an entry for each")
    if not kinds:
        keys = ", ".join(map(shown, value)) or "no key"
        near = next(filter(None, (did_you_mean(str(key), list(_ANNEX_TAGS)) for key in value)), hint)
        raise mistake(f"an annex with {keys}, of no known kind", near)
    return value


Annex = Annotated[
    Annotated[RedlineAnnex, Tag(TAG + "redline")]
    | Annotated[FollowAnnex, Tag(TAG + "follow")]
    | Annotated[RegisterAnnex, Tag(TAG + "register")]
    | Annotated[ChapterAnnex, Tag(TAG + "chapter annex")],
    Discriminator(lambda value: next(tag for kind, tag in _ANNEX_TAGS.items() if kind in value)),
    BeforeValidator(_annex),
]

# The models that stand in unions, by tag.
BRANCHES: dict[str, type[BaseModel]] = {
    TAG + "part": Part,
    TAG + "chapter": ChapterSource,
    TAG + "redline": RedlineAnnex,
    TAG + "follow": FollowAnnex,
    TAG + "register": RegisterAnnex,
    TAG + "chapter annex": ChapterAnnex,
}


def _formats(value: Any) -> Any:
    if value == []:
        raise mistake("an empty list", f"write {EXAMPLES['formats']}, or leave the key out")
    if isinstance(value, list) and (twice := [name for name in value if value.count(name) > 1]):
        raise mistake(f"{shown(twice[0])} twice", "keep one of them")
    return value


Formats = Annotated[tuple[values.Format, ...], BeforeValidator(_formats)]


class Isbn(Entry):
    """The ISBN of each format of an edition, 13 digits."""

    pdf: identifiers.Isbn = ""
    epub: identifiers.Isbn = ""
    html: identifiers.Isbn = ""
    docx: identifiers.Isbn = ""


def _numbering(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    return {"enabled": values.check_bool(value)}


class LimitsEntry(Entry):
    """What one chapter or picture may take of the machine; see `millesime.limits`."""

    reading: Annotated[int, values.limit_named("reading")] = DEFAULTS.reading
    layout: Annotated[int, values.limit_named("layout")] = DEFAULTS.layout
    work: Annotated[int, values.limit_named("work")] = DEFAULTS.work
    memory: Annotated[int, values.limit_named("memory")] = DEFAULTS.memory
    pixels: Annotated[int, values.limit_named("pixels")] = DEFAULTS.pixels
    nesting: Annotated[int, values.limit_named("nesting")] = DEFAULTS.nesting


class ReportManifest(Entry):
    """`editions/report.yaml`: what all editions share."""

    title: values.Text
    language: values.Language
    subtitle: values.Text = ""
    publisher: values.Text = ""
    authors: tuple[Author, ...] = ()
    licence: LicenceText = ""
    issn: identifiers.Issn = ""
    base_url: values.Url = ""
    description: values.Text = ""
    keywords: tuple[values.Text, ...] = ()
    reader: values.Reader = DEFAULT_READER
    csl: values.FilePath = ""
    numbering: Annotated[Numbering, BeforeValidator(_numbering)] = Numbering()
    formats: Formats = DEFAULT_FORMATS
    limits: LimitsEntry = LimitsEntry()


class Seal(Entry):
    """The record that freezes an edition, written by `millesime seal`.

    Without artifacts it freezes content alone: `beside`, `report` and what
    follows are empty then.
    """

    commit: values.ObjectId
    trees: dict[values.FilePath, values.ObjectId]  # "chapters" → id of its tree, "README.md" → id of its blob
    toolchain: values.ObjectId = ""  # the commit of Millésime's own repository, where it was run from one
    beside: dict[values.FilePath, values.Sha256] = {}  # "editions/2019.yaml" → of what the edition takes from it
    report: ReportManifest | None = None  # `report.yaml` as it was: what it says later is of later editions
    tools: dict[str, values.Text] = {}  # "pandoc" → "3.9"
    fonts: dict[str, values.Sha256] = {}  # the system's that its pages embed: "DejaVuSansMono.ttf" → of the file
    artifacts: dict[values.FilePath, values.Sha256] = {}  # "rapport-2019.pdf" → of the file

    @model_validator(mode="after")
    def _freezes_content(self) -> Seal:
        if not self.trees:
            raise mistake("a seal without trees", "leave the seal out and run 'millesime seal' again")
        return self


class EditionManifest(Entry):
    """`editions/<name>.yaml`: one edition."""

    date: values.Date
    title: values.Text = ""
    subtitle: values.Text = ""
    language: values.Language = ""
    isbn: Isbn = Isbn()
    doi: identifiers.Doi = ""
    nor: identifiers.Nor = ""
    revision: values.RevisionName = ""
    front_matter: tuple[Chapter, ...] = ()
    chapters: Annotated[tuple[ChapterOrPart, ...], BeforeValidator(_some_chapters)]
    back_matter: tuple[Chapter, ...] = ()
    annexes: tuple[Annex, ...] = ()
    bibliography: tuple[values.FilePath, ...] = ()
    csl: values.FilePath = ""
    formats: Formats = ()
    seal: Seal | None = None
