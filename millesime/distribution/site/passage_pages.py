"""Pages that show a changed passage in all its versions, edition by edition.

A chapter that has such passages becomes a generated chapter of its own, so
that text, pictures and formulas look as they do everywhere:

    Div.versions [
        Div.version #v-2018-gouvernance-p12 [ Div.version-head [ … ], the block as it was ]
        Div.version #v-2019-gouvernance-p12 [ Div.version-head [ … ], the block, what changed marked ]
    ]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from millesime.assembly.citations import quote_citations
from millesime.assembly.dates import long_date
from millesime.assembly.image_files import image_key
from millesime.assembly.references import quote_references
from millesime.assembly.sources import ChapterSource
from millesime.at_work import at_work
from millesime.distribution.site.block_pages import EditionPlaces, home_of, is_shown, passage_ident
from millesime.distribution.site.lineage import MOVED, MOVED_REWORDED, NEW, REWORDED, SAME, Line, Version
from millesime.markup.ast import Block, Document, Inline, Node, div, header, link, para, rewrite, span, string, words
from millesime.redline.annex.quoted import quote_blocks
from millesime.redline.annex.side import Side
from millesime.redline.exact_document import blocks_ast
from millesime.redline.model import EDITED, MOVED_TO, REPLACED, BlockChange
from millesime.redline.reading.readers_view import for_readers

# A host that never answers (RFC 2606): assembly lets through what begins like an address, the site makes it its own.
SITE = "https://site.invalid"


def site_link(path: str) -> str:
    """Return a link to a path below the site's root, for blocks that will stand on some page of it."""
    return f"{SITE}/{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionText:
    """One edition, as its passages are quoted."""

    places: EditionPlaces
    side: Side
    blocks: Mapping[str, Sequence[Block]]  # of each chapter, by path, normalised
    citations: Mapping[str, list[Inline]]  # as the edition prints them; see `quote_citations`
    name_reference: Callable[[str, str], list[Inline] | None]  # what it prints for one; see `quote_references`


def passage_chapters(
    lines: Sequence[Line], editions: Sequence[EditionText], *, labels: Mapping[str, str], language: str
) -> list[ChapterSource]:
    """Return a chapter for each that has passages to show, in the order of the editions."""
    places = [edition.places for edition in editions]
    shown: dict[str, list[Line]] = {}
    for line in lines:
        if is_shown(line, places):
            shown.setdefault(home_of(line, places), []).append(line)
    writer = _Writer(editions, labels, language)
    return [
        ChapterSource(
            path="passages", document=Document(blocks=writer.chapter(found)), role="body", id=ident,
            title=tuple(writer.title(found[0])), numbered=False, generated=True,
        )
        for ident, found in shown.items()
    ]  # fmt: skip


class _Writer:
    """Writes lines as blocks, quoted from their editions."""

    def __init__(self, editions: Sequence[EditionText], labels: Mapping[str, str], language: str) -> None:
        self.editions, self.labels, self.language = editions, labels, language

    def title(self, line: Line) -> list[Inline]:
        """The chapter's title in the newest edition that the line is in."""
        last = line.versions[-1]
        place = self.editions[last.edition].side.place(last.block.path)
        return list(place.title) if place else words(last.block.path)

    def chapter(self, lines: Sequence[Line]) -> list[Block]:
        out: list[Block] = []
        above = ""
        for line in lines:
            first = line.versions[0]
            place = self.editions[first.edition].side.place(first.block.path, first.block.index)
            name = place.text if place and place.index >= 0 else ""
            if name and name != above:
                out.append(header(2, *words(name)))
            above = name
            out.append(self.line(line))
        return out

    def line(self, line: Line) -> Block:
        with at_work(line.versions[0].block.path, "show a passage of it in all its versions"):
            return self._line(line)

    def _line(self, line: Line) -> Block:
        cards: list[Block] = []
        versions = list(line.versions)
        while versions:
            version = versions.pop(0)
            same = []  # the editions in which it stayed as it was
            while versions and versions[0].state == SAME:
                same.append(versions.pop(0))
            cards.append(self.card(version, same))
        last = line.versions[-1].edition
        if last + 1 < len(self.editions):
            gone = self.editions[last + 1]
            text = words(self.labels["trace_withdrawn"].replace("{edition}", gone.places.name))
            cards.append(div([div([para(*text)], classes=["version-head"])], classes=["version", "withdrawn"]))
        return div(cards, classes=["versions"])

    def card(self, version: Version, same: Sequence[Version]) -> Block:
        head: list[Inline] = [self.named(version)]
        if version.state != NEW:
            head += [string(" "), span(words(self.labels[f"version_{version.state}"]), classes=["version-state"])]
        lines = [para(*head)]
        if same:
            lines.append(para(*words(self.labels["version_same"]), *self.listed(same)))
        return div(
            [div(lines, classes=["version-head"]), *self.text(version)],
            ident=self.ident(version),
            classes=["version"],
        )

    def named(self, version: Version) -> Inline:
        """ "Édition du 3 juillet 2018", linked to its place there."""
        edition = self.editions[version.edition]
        date = long_date(edition.places.date, self.language)
        name = words(f"{self.labels['edition_of']} {date}")
        address = edition.places.address(version.block)
        return link(name, site_link(address)) if address else span(name)

    def listed(self, versions: Sequence[Version]) -> list[Inline]:
        out: list[Inline] = []
        for number, version in enumerate(versions):
            edition = self.editions[version.edition]
            name = words(self.labels["annex_edition"].replace("{name}", edition.places.name))
            address = edition.places.address(version.block)
            linked = [link(name, site_link(address))] if address else name
            out += [string(", " if number else " "), span(linked, ident=self.ident(version))]
        return out

    def ident(self, version: Version) -> str:
        edition = self.editions[version.edition]
        anchor = edition.places.anchor(version.block)
        names = [one.places.name for one in self.editions]
        return passage_ident(edition.places.name, anchor, editions=names) if anchor else ""

    def text(self, version: Version) -> list[Block]:
        edition = self.editions[version.edition]
        change, path = version.change, version.block.path
        names = {"": edition.name_reference}
        if version.state in (REWORDED, MOVED_REWORDED) and change is not None:
            old = self.editions[version.edition - 1]
            marked = for_readers(blocks_ast([_in_place(change)]), labels=self.labels)
            blocks = quote_blocks(marked, path=path, edition=old.places.name, old_path=path)
            blocks = quote_citations(blocks, old.citations, edition=old.places.name)
            names[old.places.name] = old.name_reference
        else:
            blocks = quote_blocks([edition.blocks[path][version.block.index]], path=path)
        blocks = quote_references(quote_citations(blocks, edition.citations), names)
        where = []
        if version.state in (MOVED, MOVED_REWORDED) and (place := edition.side.place(path, version.block.index)):
            number = [string(place.number), string(" ")] if place.number else []
            where = [div([para(*words(self.labels["version_place"]), string(" "), *number, *place.short)],
                         classes=["version-place"])]  # fmt: skip
        return where + [_of_edition(block, edition.places.name) for block in blocks]


def _in_place(change: BlockChange) -> BlockChange:
    """Return a change that shows what became of the words, wherever the block went."""
    if change.kind != MOVED_TO:
        return change
    merged = change.merged != (change.new,)
    return replace(change, kind=EDITED if merged else REPLACED, move="")


def _of_edition(value: Any, edition: str) -> Any:
    """Return a quoted block whose pictures are of an edition, those that name one already left alone."""

    def change(node: Node) -> Node:
        attributes, alternative, (target, title) = node["c"]
        if target.startswith("@") or image_key(target, "") is None:
            return node
        return {"t": "Image", "c": [attributes, alternative, [f"@{edition}/{target}", title]]}

    return rewrite(value, change, kinds={"Image"})
