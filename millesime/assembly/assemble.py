"""Assemble the chapters of an edition into one report.

The order of the steps is the order of their needs: raw fragments are settled
before anything is counted, citations before anchors (the bibliography is a
chapter), anchors before numbers, numbers before references, and typography
last, when every word that will be printed stands in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from millesime.assembly.citations import set_citations
from millesime.assembly.foreign import settle_foreign
from millesime.assembly.image_files import ImageReader, image_keys, settle_images, show_image
from millesime.assembly.inner_notes import settle_notes
from millesime.assembly.outline import (
    Counters,
    Target,
    roman,
    set_anchors,
    set_numbers,
    settle_levels,
    shared_ids,
    source_ids,
    without_notes,
)
from millesime.assembly.references import Directory, resolve_references
from millesime.assembly.report import Chapter, Imprint, Part, Report, Section
from millesime.assembly.shown_attributes import show_attributes
from millesime.assembly.sources import ROLES, ChapterSource, chapter_ids, chapter_numbers, slug, split_title, unique_id
from millesime.assembly.typography import set_text, set_typography
from millesime.at_work import at_work
from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import Block, Document, Inline, nodes_of, plain, span, text_of, words

BIBLIOGRAPHY_ID = "bibliography"


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """All that one edition is assembled from."""

    imprint: Imprint  # texts as the manifests have them
    sources: tuple[ChapterSource, ...]  # front, body, annex, back: in this order
    parts: tuple[str, ...] = ()  # titles
    references: tuple[Mapping[str, Any], ...] = ()  # see markup.pandoc.read_references
    citation_style: bytes | None = None  # CSL
    read_image: ImageReader
    labels: Mapping[str, str]
    theme: Mapping[str, bytes]
    numbered: bool = True
    depth: int = 3  # levels of headings that are numbered, 1 to 6
    limits: Limits = DEFAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A chapter on its own: raw fragments and levels settled, the title taken from its text."""

    title: list[Inline]
    blocks: list[Block]
    aliases: tuple[str, ...] = ()  # ids that mean the chapter itself


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A chapter on its way."""

    source: ChapterSource
    id: str
    title: list[Inline]
    blocks: list[Block]
    aliases: tuple[str, ...] = ()  # ids that mean the chapter itself
    number: str = ""
    label: str = ""
    sections: tuple[Section, ...] = ()


def assemble(
    materials: Materials, *, opened: Sequence[Opened] | None = None, known: Mapping[str, Chapter] = MappingProxyType({})
) -> Report:
    """Return the report of one edition, every chapter numbered, anchored, cited and referenced.

    `opened` are the chapters as `open_chapter` gives them, in the order of
    print; those that are `known`, by id, as they were assembled before, may
    be skeletons. Raises ManifestError when two chapters have one id. All else
    that is wrong in the text becomes a visible mark, which `check_report`
    finds.
    """
    sources = print_order(materials.sources)
    opened = [open_chapter(source) for source in sources] if opened is None else opened
    drafts = [
        _Draft(
            source=source,
            id=ident,
            title=one.title,
            blocks=one.blocks,
            aliases=tuple(alias for alias in one.aliases if alias != ident),
        )
        for source, ident, one in zip(sources, chapter_ids(sources), opened, strict=True)
    ]
    drafts = [
        replace(draft, title=settle_notes(draft.title), blocks=settle_notes(draft.blocks))
        for draft in _cite(drafts, materials)
    ]
    drafts = _number_chapters(drafts, numbered=materials.numbered, labels=materials.labels)
    drafts, local, targets = _outline(
        drafts, numbered=materials.numbered, depth=materials.depth, labels=materials.labels
    )
    directory = _directory(drafts, local, targets)
    images: dict[str, bytes] = {}
    chapters = []
    for draft in drafts:
        if draft.id in known:
            chapters.append(known[draft.id])
            for key in known[draft.id].images:
                show_image(key, read_image=materials.read_image, images=images, limits=materials.limits)
            continue
        with at_work(_name_of(draft.source), "resolve its references and set it"):
            chapters.append(_finished(draft, directory, images, materials))
    return Report(
        imprint=set_imprint(materials.imprint),
        chapters=tuple(chapters),
        parts=_parts(materials, taken={target.anchor for target in targets}),
        anchors={target.anchor: target.chapter for target in targets},
        images=images,
        labels=materials.labels,
        theme=materials.theme,
        limits=materials.limits,
    )


def _finished(draft: _Draft, directory: Directory, images: dict[str, bytes], materials: Materials) -> Chapter:
    """Return a chapter with its references resolved; its pictures are added to `images`."""
    language = materials.imprint.language
    blocks = resolve_references(
        draft.blocks,
        chapter=draft.id,
        path=draft.source.path,
        directory=directory,
        labels=materials.labels,
        lenient=draft.source.generated,
    )
    blocks = settle_images(
        blocks, path=draft.source.path, read_image=materials.read_image, images=images, limits=materials.limits
    )
    return Chapter(
        id=draft.id,
        path="" if draft.source.generated else draft.source.path,
        role=draft.source.role,
        label=draft.label,
        number=draft.number,
        title=tuple(set_typography(without_notes(draft.title), language)),
        blocks=tuple(set_typography(blocks, language)),
        sections=tuple(_set_section(section, language) for section in draft.sections),
        part=draft.source.part,
        images=image_keys(blocks),
    )


def _name_of(source: ChapterSource) -> str:
    """Return what messages call a chapter: the file that it stands in, or its id if we wrote it."""
    return source.id or source.path if source.generated else source.path


def list_targets(
    sources: Sequence[ChapterSource], *, labels: Mapping[str, str], numbered: bool = True, depth: int = 3
) -> Directory:
    """Return where everything in an edition is and what number it bears, without assembling it.

    `sources` are all chapters of it.
    """
    sources = print_order(sources)
    drafts = [
        _Draft(
            source=source, id=ident, title=one.title, blocks=one.blocks,
            aliases=tuple(alias for alias in one.aliases if alias != ident),
        )
        for source, ident, one in zip(sources, chapter_ids(sources), map(open_chapter, sources), strict=True)
    ]  # fmt: skip
    drafts = _number_chapters(drafts, numbered=numbered, labels=labels)
    return _directory(*_outline(drafts, numbered=numbered, depth=depth, labels=labels))


def print_order(sources: Sequence[ChapterSource]) -> list[ChapterSource]:
    """Return chapters in the order of print: front, body, annex, back."""
    return sorted(sources, key=lambda source: ROLES.index(source.role))


def open_chapter(source: ChapterSource) -> Opened:
    """Return a chapter as far as it can be made without the others."""
    with at_work(_name_of(source), "open it"):
        blocks, meta = settle_foreign(source.document.blocks), settle_foreign_meta(source.document.meta)
        title, blocks, heading_id = split_title(replace(source, document=Document(blocks=blocks, meta=meta)))
        blocks = settle_levels(blocks)
    return Opened(title=title, blocks=blocks, aliases=(heading_id,) if heading_id else ())


def settle_foreign_meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The title may hold raw fragments as well."""
    return {key: rewrite_meta(value) if key == "title" else value for key, value in meta.items()}


def rewrite_meta(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("t") == "MetaInlines":
        return {"t": "MetaInlines", "c": settle_foreign(value["c"])}
    return value


def _cite(drafts: list[_Draft], materials: Materials) -> list[_Draft]:
    cited, entries = set_citations(
        [[plain(*draft.title), *draft.blocks] for draft in drafts],
        lenient=[draft.source.generated for draft in drafts],
        references=materials.references,
        style=materials.citation_style,
        language=materials.imprint.language,
        limits=materials.limits,
    )
    drafts = [
        replace(draft, title=title["c"], blocks=blocks) for draft, (title, *blocks) in zip(drafts, cited, strict=True)
    ]
    if not entries:
        return drafts
    source = ChapterSource(
        path=BIBLIOGRAPHY_ID, document=Document(blocks=entries), role="back", numbered=False, generated=True
    )
    ident = unique_id(BIBLIOGRAPHY_ID, {draft.id for draft in drafts})
    return [*drafts, _Draft(source=source, id=ident, title=words(materials.labels["bibliography"]), blocks=entries)]


def _number_chapters(drafts: list[_Draft], *, numbered: bool, labels: Mapping[str, str]) -> list[_Draft]:
    numbers = chapter_numbers([draft.source for draft in drafts], numbered=numbered)
    out = []
    for draft, (kind, number) in zip(drafts, numbers, strict=True):
        label = f"{labels[kind]}\u00a0{number}" if number else ""
        out.append(replace(draft, number=number, label=label))
    return out


def _outline(
    drafts: list[_Draft], *, numbered: bool, depth: int, labels: Mapping[str, str]
) -> tuple[list[_Draft], dict[str, dict[str, str]], list[Target]]:
    """Set anchors and numbers; return the chapters, their ids by source id, and all targets."""
    shared = shared_ids([(draft.id, draft.blocks, draft.aliases) for draft in drafts])
    counters = Counters(anchors={draft.id for draft in drafts})
    local: dict[str, dict[str, str]] = {}
    targets: list[Target] = []
    out = []
    for draft in drafts:
        if draft.source.generated and draft.source.path == BIBLIOGRAPHY_ID:
            shared_here: Mapping[str, int] = {}
        else:
            shared_here = shared
        blocks, names = set_anchors(draft.blocks, chapter=draft.id, shared=shared_here, counters=counters)
        kind = {"body": "chapter", "annex": "annex"}.get(draft.source.role, "chapter")
        targets.append(
            Target(
                anchor=draft.id,
                chapter=draft.id,
                kind=kind,
                number=draft.number,
                title=tuple(without_notes(draft.title)),
            )
        )
        blocks, sections, found = set_numbers(
            blocks,
            chapter=draft.id,
            number="" if draft.source.generated else draft.number,
            counters=counters,
            labels=labels,
            numbered=not draft.source.generated and numbered,
            depth=depth,
        )
        named = {target.anchor for target in found}
        targets += found
        targets += [
            Target(anchor=anchor, chapter=draft.id, kind="passage", number="")
            for anchor in source_ids(blocks)
            if anchor not in named
        ]
        local[draft.id] = {**names, **dict.fromkeys(draft.aliases, draft.id), draft.id: draft.id}
        blocks = show_attributes(_move_title_notes(draft, blocks))
        out.append(replace(draft, blocks=blocks, sections=sections))
    return out, local, targets


def _move_title_notes(draft: _Draft, blocks: list[Block]) -> list[Block]:
    """A note on the chapter's title is printed with its first paragraph: titles go to heads and contents."""
    notes = nodes_of(draft.title, {"Note"})
    if not notes:
        return blocks
    return [{"t": "Para", "c": [span(notes, classes=["title-notes"])]}, *blocks]


def _directory(
    drafts: Sequence[_Draft], local: Mapping[str, Mapping[str, str]], targets: Sequence[Target]
) -> Directory:
    shared: dict[str, list[str]] = {}
    for draft in drafts:
        for ident, anchor in local[draft.id].items():
            shared.setdefault(ident, []).append(anchor)
    # What generated annexes are called, such as the chapters they quote, is nobody's to link to.
    generated = {draft.id for draft in drafts if draft.source.generated}
    titled = [target for target in targets if target.title and target.chapter not in generated]
    titles = Counter(slug(text_of(list(target.title))) for target in titled)
    return Directory(
        targets={target.anchor: target for target in targets},
        local=local,
        paths={draft.source.path.rsplit(".", 1)[0]: draft.id for draft in drafts if not draft.source.generated},
        shared=shared,
        titles={name: target.anchor for target in titled if titles[name := slug(text_of(list(target.title)))] == 1},
    )


def _parts(materials: Materials, *, taken: set[str]) -> tuple[Part, ...]:
    language = materials.imprint.language
    parts = []
    for index, title in enumerate(materials.parts, start=1):
        anchor = unique_id(f"part-{index}", taken)
        parts.append(
            Part(
                anchor=anchor,
                label=f"{materials.labels['part']}\u00a0{roman(index)}",
                number=roman(index),
                title=tuple(set_typography(words(title), language)),
            )
        )
    return tuple(parts)


def _set_section(section: Section, language: str) -> Section:
    return replace(
        section,
        title=tuple(set_typography(list(section.title), language)),
        sections=tuple(_set_section(inner, language) for inner in section.sections),
    )


def set_imprint(imprint: Imprint) -> Imprint:
    """Return what a cover and metadata say, its typography set."""

    def typeset(text: str) -> str:
        return set_text(text, imprint.language)

    return replace(
        imprint,
        title=typeset(imprint.title),
        subtitle=typeset(imprint.subtitle),
        description=typeset(imprint.description),
        authors=tuple(replace(author, role=typeset(author.role)) for author in imprint.authors),
    )
