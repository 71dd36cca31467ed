"""Assemble a report, taking over from the cache the chapters that did not change.

What one chapter can see of the others is their skeleton, most often only its
landmarks (`assembly/skeleton.py`). So a chapter is kept under its own text and
these of all, and where some must be assembled again, skeletons stand for the
others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from millesime.assembly.assemble import Materials, Opened, assemble, open_chapter, print_order
from millesime.assembly.checks import check_chapter, known_anchors
from millesime.assembly.image_files import image_key, image_keys, image_type
from millesime.assembly.outline import source_ids
from millesime.assembly.report import Chapter, Report
from millesime.assembly.skeleton import counts_named, is_counted, landmarks, skeleton
from millesime.assembly.sources import ChapterSource, chapter_ids
from millesime.at_work import at_work
from millesime.markup.ast import Block, attr_of, walk
from millesime.packing import pack, reader_of, unpack
from millesime.press.cache.keys import digest
from millesime.press.cache.store import Recall, Store
from millesime.press.cache.versions import code_version, tool_version
from millesime.problems import Problem
from millesime.render.fragments import keep_fragments


class KeptBlocks(Sequence[Block]):
    """The blocks of a chapter as they were kept: most builds do not look at them."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[Block]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    @overload
    def __getitem__(self, index: int) -> Block: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Block]: ...

    def __getitem__(self, index):
        return self._loaded()[index]

    def _loaded(self) -> list[Block]:
        return unpack(self._content, list[dict[str, Any]])


def pack_blocks(blocks: Sequence[Block]) -> bytes:
    """Return the blocks of a chapter as they are kept, for a `KeptBlocks`."""
    return blocks._content if isinstance(blocks, KeptBlocks) else pack(list(blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is kept of a chapter."""

    chapter: Chapter  # without its blocks
    blocks: bytes
    problems: tuple[Problem, ...]
    fragment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A report, its chapters written for renderers, and what there is to mend in them."""

    report: Report
    problems: tuple[Problem, ...]


def assemble_kept(
    materials: Materials, store: Store, *, jobs: int = 1, begun: Callable[[Report], None] | None = None
) -> Assembled:
    """Return the report of one edition as `assemble` does, with the problems that `check_report` finds.

    `begun` is handed the report before its chapters are written. Raises ManifestError when two chapters have one id.
    """
    sources = print_order(materials.sources)
    name = materials.imprint.name
    idents = chapter_ids(sources)
    opened = [_open(source, ident, store, edition=name) for source, ident in zip(sources, idents, strict=True)]
    images = [_images(source, one) for source, one in zip(sources, opened, strict=True)]
    contents = {key: materials.read_image(key) for keys in images for key in keys}
    materials = replace(materials, read_image=contents.get)
    surroundings = {
        generated: _surroundings(materials, sources, opened, contents, of_generated=generated)
        for generated in {source.generated for source in sources}
    }
    recalls = {
        ident: store.recall("chapter", f"{ident} of {name}", {
            "its text": _text_digest(source),
            "its place": [source.path, ident],  # two chapters may say the same
            "the structure of the report": surroundings[source.generated],
            "its images": [(key, _digest(contents[key])) for key in keys],
            **_tools(),
        }, read=_read_kept)
        for source, ident, keys in zip(sources, idents, images, strict=True)
    }  # fmt: skip
    kept: dict[str, _Kept] = {ident: one.value for ident, one in recalls.items() if one.value}
    report = assemble(
        materials,
        opened=[
            one if ident in kept else one.whole or open_chapter(source)
            for one, ident, source in zip(opened, recalls, sources, strict=True)
        ],
        known={ident: one.chapter for ident, one in kept.items()},
    )
    if begun:
        begun(report)
    report = replace(report, fragments={ident: one.fragment for ident, one in kept.items()})
    report = replace(report, fragments=keep_fragments(report, jobs=jobs))
    anchors = known_anchors(report)
    problems: list[Problem] = []
    for chapter in report.chapters:
        if chapter.id in kept:
            problems += kept[chapter.id].problems
            continue
        with at_work(chapter.path or chapter.id, "check it"):
            found = tuple(check_chapter(chapter, anchors))
        problems += found
        if chapter.id in recalls:
            _keep(chapter, found, report.fragments[chapter.id], recalls[chapter.id], store)
    return Assembled(report=report, problems=tuple(problems))


def _tools() -> dict[str, object]:
    return {
        "pandoc": tool_version("pandoc"),
        "Python and its libraries": [tool_version(name) for name in ("python", "lxml", "nh3")],
        "Millésime's own code": code_version("press.edition.incremental_assembly"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bare(Opened):
    """A chapter's skeleton, its bytes, and the chapter itself where it had to be opened for them."""

    content: bytes
    landmarks: str  # their digest
    taken: Sequence[str]  # anchors by count that it may take,
    linked: Sequence[str]  # and link to
    whole: Opened | None = None


def _open(source: ChapterSource, ident: str, store: Store, *, edition: str) -> _Bare:
    recall = store.recall("skeleton", f"{source.path} of {edition}", {
        "its text": _text_digest(source),
        "the manifest": [source.path, ident, _digest(pack(list(source.title))), source.generated],
        **_tools(),
    }, read=_check_skeleton)  # fmt: skip
    content, whole = recall.content, None
    if content is None:
        whole = open_chapter(source)
        blocks = skeleton(whole.blocks)
        seen = _digest(pack([whole.title, landmarks(blocks), list(whole.aliases)]))
        content = pack([whole.title, blocks, whole.aliases, seen, *counts_named(ident, blocks)])
        store.keep(recall, content)
    title, blocks, aliases, seen, taken, linked = _read_skeleton(content)
    return _Bare(
        title=title, blocks=blocks, aliases=aliases,
        content=content, landmarks=seen, taken=taken, linked=linked, whole=whole,
    )  # fmt: skip


def _surroundings(
    materials: Materials,
    sources: Sequence[ChapterSource],
    opened: Sequence[_Bare],
    images: Mapping[str, bytes | None],
    *,
    of_generated: bool,
) -> str:
    """Return the digest of all that a chapter, generated or not, depends on besides its own text and images."""
    idents = chapter_ids(sources)
    written = [one.content for source, one in zip(sources, opened, strict=True) if not source.generated]
    named = [name for one in opened for name in one.taken]
    named += [
        name for source, one in zip(sources, opened, strict=True)
        if of_generated or not source.generated for name in one.linked
    ]  # fmt: skip

    def seen_of(source: ChapterSource, ident: str, one: _Bare) -> bytes:
        if source.generated:
            return one.content if _is_named(ident, written) else _names(ident, one)
        return one.content if is_counted(ident, named) else one.landmarks.encode()

    seen = [seen_of(source, ident, one) for source, ident, one in zip(sources, idents, opened, strict=True)]
    places = [
        (source.path, source.role, source.part, source.id, source.numbered, source.generated) for source in sources
    ]
    return digest(
        seen, places, list(materials.parts), materials.labels, materials.imprint.language, materials.numbered,
        materials.depth, pack(list(materials.references)), materials.citation_style,
        # A raw tag in one chapter may show what another one brought.
        [(key, content and image_type(content)) for key, content in sorted(images.items())],
    )  # fmt: skip


def _is_named(ident: str, chapters: Sequence[bytes]) -> bool:
    """Whether any chapter may link into the chapter `ident`, or take an anchor of its kind: "redline-2018-p12"."""
    return any(f"{ident}-".encode() in content for content in chapters)


def _names(ident: str, one: Opened) -> bytes:
    """Return what others can see of a generated annex that none of them names: bare headings, citations, other ids.

    Each edit changes some block of it, and must not be seen everywhere. It has no numbers of its own.
    """
    ids = [found for found in source_ids(one.blocks) if not found.startswith(f"{ident}-")]
    nodes = [
        node
        for node in walk(one.blocks)
        if node["t"] == "Cite" or (node["t"] == "Header" and not (attr_of(node) or [""])[0])
    ]
    return pack([one.title, list(one.aliases), ids, nodes])


def _images(source: ChapterSource, one: Opened) -> list[str]:
    targets = image_keys(one.blocks)
    return [key for target in targets if (key := image_key(target, source.path)) is not None]


def _text_digest(source: ChapterSource) -> str:
    return source.digest or _digest(pack([source.document.blocks, source.document.meta]))


def _digest(content: bytes | None) -> str:
    return hashlib.sha256(content).hexdigest() if content is not None else ""


def _keep(chapter: Chapter, problems: tuple[Problem, ...], fragment: bytes, recall: Recall, store: Store) -> None:
    bare = replace(chapter, blocks=())
    kept = _Kept(chapter=bare, blocks=pack_blocks(chapter.blocks), problems=problems, fragment=fragment)
    store.keep(recall, pack(kept))


def _read_kept(content: bytes) -> _Kept:
    kept = _read_fields(content)
    return replace(kept, chapter=replace(kept.chapter, blocks=KeptBlocks(kept.blocks)))


def _check_skeleton(content: bytes) -> bytes:
    _read_skeleton(content)
    return content


_read_fields = reader_of(_Kept)
# Title, blocks, aliases, digest of landmarks, anchors that it may take and link to; see `_Bare`.
_read_skeleton = reader_of(
    tuple[list[dict[str, Any]], list[dict[str, Any]], tuple[str, ...], str, tuple[str, ...], tuple[str, ...]]
)
