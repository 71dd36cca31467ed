"""The anchor in print of each block of a chapter's source, so that a redline can link to pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from millesime.assembly.assemble import print_order, settle_foreign_meta
from millesime.assembly.foreign import settle_foreign
from millesime.assembly.outline import Counters, set_anchors, settle_levels, shared_ids
from millesime.assembly.sources import ChapterSource, chapter_ids, split_title
from millesime.markup.ast import Block, Document, attr_of, para


def block_anchors(sources: Sequence[ChapterSource]) -> Mapping[str, tuple[str, ...]]:
    """Return the anchor of each top-level block of each chapter in print, by the chapter's path; "" for none.

    `sources` are all chapters of an edition, generated annexes too, as
    `assemble` takes them. Its own steps give the anchors, but for citations
    and numbers, which give none. The heading that is the chapter's title has
    the chapter's own anchor, its id.
    """
    sources = print_order(sources)
    idents = chapter_ids(sources)
    opened = [_open(source) for source in sources]
    shared = shared_ids([
        (ident, one.blocks, [one.alias] if one.alias not in ("", ident) else [])
        for ident, one in zip(idents, opened, strict=True)
    ])  # fmt: skip
    counters = Counters(anchors=set(idents))
    found: dict[str, tuple[str, ...]] = {}
    for source, ident, one in zip(sources, idents, opened, strict=True):
        blocks, _ = set_anchors(one.blocks, chapter=ident, shared=shared, counters=counters)
        anchors = [""] * len(source.document.blocks)
        for owner, block in zip(one.owners, blocks, strict=True):
            anchors[owner] = anchors[owner] or _anchor(block)
        if one.title_at is not None:
            anchors[one.title_at] = ident
        if not source.generated:
            found[source.path] = tuple(anchors)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A chapter as `open_chapter` gives it, and which block of the source each of its blocks is."""

    blocks: list[Block]
    owners: list[int]
    title_at: int | None  # the source's block that is the title
    alias: str  # the title's id


def _open(source: ChapterSource) -> _Opened:
    settled = [(owner, block) for owner, one in enumerate(source.document.blocks) for block in settle_foreign([one])]
    document = Document(blocks=[block for _, block in settled], meta=settle_foreign_meta(source.document.meta))
    _, rest, alias = split_title(replace(source, document=document))
    left = {id(block) for block in rest}
    title_at = next((owner for owner, block in settled if id(block) not in left), None)
    return _Opened(
        blocks=settle_levels(rest),
        owners=[owner for owner, block in settled if id(block) in left],
        title_at=title_at,
        alias=alias,
    )


def _anchor(block: Block) -> str:
    """Return a block's own anchor, or the first one inside a frame that has none; of a paragraph without text, none."""
    if block["t"] == "Div" and block["c"][1] == [para()]:
        return ""
    attributes = attr_of(block)
    if attributes and attributes[0]:
        return attributes[0]
    if block["t"] == "Plain":
        return next((attr_of(inline)[0] for inline in block["c"] if inline["t"] == "Span"), "")
    return next(filter(None, map(_anchor, block["c"][1])), "") if block["t"] == "Div" else ""
