"""One of the two editions of an annex: its name, and the places of its chapters and sections.

Sections bear the numbers that the edition prints: they are counted by the
assembly's own steps, without citations and images, which count for nothing
here.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from millesime.assembly.foreign import settle_foreign
from millesime.assembly.outline import Counters, set_anchors, set_numbers, settle_levels, source_ids, without_notes
from millesime.assembly.sources import ROLES, ChapterSource, chapter_ids, chapter_numbers, letters, split_title
from millesime.markup.ast import Block, Inline, Node, attr_of, nodes_of, rewrite, text_of, with_attr, words
from millesime.redline.annex.wording import opening

_AT = "block-index"  # an attribute that headings bear while they are numbered
# Words that assembly prints beside numbers; none of them is printed from here.
_LONG = 90  # characters of a title
_NO_LABELS = dict.fromkeys(("recommendation", "controversy", "figure", "table"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A chapter, or a section of it, as an edition prints it."""

    path: str  # of the chapter's source
    chapter: str  # its id
    index: int  # of the heading's block in the source; -1: the chapter itself
    number: str  # "3.2"; "" where unnumbered
    title: tuple[Inline, ...]
    level: int  # 1: a chapter; 2: a section, …
    anchor: str  # in the edition
    source_id: str = ""  # of the heading, as the source or pandoc names it

    @property
    def text(self) -> str:
        return text_of(list(self.title))

    @property
    def short(self) -> list[Inline]:
        """Return its title for a line or a cell: some books write whole paragraphs as headings."""
        text = self.text
        return list(self.title) if len(text) <= _LONG else words(opening(text, _LONG))

    @property
    def target(self) -> str:
        """Return a link to it from an annex of the same edition."""
        if self.index < 0:
            return f"#{self.chapter}"
        return f"{quote(self.path)}#{quote(self.source_id)}"


@dataclass(frozen=True, kw_only=True)
class Side:
    """An edition, as an annex names it."""

    name: str
    date: datetime.date
    chapters: tuple[ChapterSource, ...]  # generated annexes are not among them
    address: str = ""  # where its pages are published, "https://example.org/rapport/2018"; "" if nowhere
    numbered: bool = True
    depth: int = 3  # levels of headings that bear numbers
    annexes: tuple[str, ...] = ()  # the paths of all annexes, "" for what is generated

    def numbers(self) -> dict[str, str]:
        """Return the number each chapter bears in this edition, by path; "" where unnumbered."""
        ordered = self._ordered
        found = {source.path: number for source, (_, number) in zip(ordered, chapter_numbers(ordered), strict=True)}
        return found | {path: letters(index) for index, path in enumerate(self.annexes, start=1) if path}

    def place(self, path: str, index: int | None = None) -> Place | None:
        """Return the innermost section that a block of a chapter stands in, or the chapter before its first.

        Without `index`: the chapter. None for a path that the edition has not.
        """
        places = self.places.get(path)
        if not places:
            return None
        if index is None:
            return places[0]
        return places[bisect_right([place.index for place in places], index) - 1]

    def link(self, place: Place) -> str:
        """Return the permanent address of a place, "" if the edition has none."""
        if not self.address:
            return ""
        page = f"{self.address}/{quote(place.chapter)}.html"
        return page if place.index < 0 else f"{page}#{quote(place.anchor)}"

    @cached_property
    def places(self) -> Mapping[str, tuple[Place, ...]]:
        """The chapter and its sections in reading order, by the path of each chapter."""
        return {path: places for path, (places, _) in self._counted.items()}

    @cached_property
    def recommendations(self) -> Mapping[str, Place]:
        """Where each recommendation stands, by its id in the source."""
        return {ident: place for _, found in self._counted.values() for ident, place in found.items()}

    @cached_property
    def _ordered(self) -> list[ChapterSource]:
        return sorted(self.chapters, key=lambda source: ROLES.index(source.role))

    @cached_property
    def _counted(self) -> dict[str, tuple[tuple[Place, ...], dict[str, Place]]]:
        numbers = self.numbers()
        idents = chapter_ids(self._ordered)
        opened = []
        for source in self._ordered:
            title, blocks, _ = split_title(source)
            first = {id(block): index for index, block in enumerate(source.document.blocks)}
            tagged = [_tagged(block, first[id(block)]) for block in blocks]
            opened.append((source, title, settle_levels(settle_foreign(tagged))))
        shared = Counter(ident for _, _, blocks in opened for ident in dict.fromkeys(source_ids(blocks)))
        shared.update(idents)
        counters = Counters(anchors=set(idents))
        out: dict[str, tuple[tuple[Place, ...], dict[str, Place]]] = {}
        for (source, title, blocks), ident in zip(opened, idents, strict=True):
            number = numbers[source.path]
            anchored, names = set_anchors(blocks, chapter=ident, shared=shared, counters=counters)
            numbered, _, targets = set_numbers(
                anchored, chapter=ident, number=number, counters=counters, labels=_NO_LABELS,
                numbered=self.numbered, depth=self.depth,
            )  # fmt: skip
            own = {target.anchor: target for target in targets}
            of = {anchor: name for name, anchor in names.items()}
            chapter = Place(
                path=source.path, chapter=ident, index=-1, number=number, title=tuple(without_notes(title)),
                level=1, anchor=ident,
            )  # fmt: skip
            sections = [
                Place(
                    path=source.path, chapter=ident, index=int(at), number=own[anchor].number,
                    title=own[anchor].title, level=node["c"][0], anchor=anchor, source_id=of.get(anchor, ""),
                )
                for node in _headings(numbered)
                if (anchor := node["c"][1][0]) in own and (at := dict(node["c"][1][2]).get(_AT)) is not None
            ]  # fmt: skip
            recommendations = {
                of.get(target.anchor, target.anchor): Place(
                    path=source.path, chapter=ident, index=0, number=target.number, title=(), level=0,
                    anchor=target.anchor, source_id=of.get(target.anchor, target.anchor),
                )
                for target in targets
                if target.kind == "recommendation"
            }  # fmt: skip
            out[source.path] = ((chapter, *sections), recommendations)
        return out


def _tagged(block: Block, index: int) -> Block:
    def tag(node: Node) -> Node:
        ident, classes, pairs = attr_of(node)
        return with_attr(node, [ident, classes, [*pairs, [_AT, str(index)]]])

    return rewrite(block, tag, kinds={"Header"})


def _headings(blocks: list[Block]) -> list[Node]:
    return nodes_of(blocks, {"Header"})
