"""The page and address of each block of an edition on the site, and the block's fate in later editions."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from millesime.assembly.sources import slug
from millesime.distribution.publication import PASSAGES
from millesime.distribution.site.later_notes import Trace
from millesime.distribution.site.lineage import SAME, BlockRef, Line

_IDENT_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPlaces:
    """One edition, and the addresses of its blocks."""

    name: str
    date: datetime.date
    anchors: Mapping[str, Sequence[str]]  # of each chapter's blocks, by the path of its source; see `block_anchors`
    chapter_ids: Mapping[str, str]  # by path
    pages: Mapping[str, str]  # path of a chapter's page from the site's root, by the chapter's id

    def anchor(self, block: BlockRef) -> str:
        anchors = self.anchors.get(block.path, ())
        return anchors[block.index] if block.index < len(anchors) else ""

    def address(self, block: BlockRef) -> str:
        """Return where a block stands, from the site's root: its chapter's page at least."""
        chapter, anchor = self.chapter_ids[block.path], self.anchor(block)
        return f"{self.pages[chapter]}#{anchor}" if anchor and anchor != chapter else self.pages[chapter]


def passage_ident(edition: str, anchor: str, *, editions: Sequence[str] = ()) -> str:
    """Return the id under which a block of an edition is shown among its other versions.

    `editions` are those it may be shown with, in their order: of "1.0" and
    "1-0", which a slug takes for one, the later has another id.
    """
    plain = slug(f"v-{edition}-{anchor}")
    if edition != next((name for name in editions if slug(f"v-{name}") == slug(f"v-{edition}")), edition):
        return f"{slug(f'v-{edition}-{anchor[:_IDENT_MAX]}')}-{_short_hash(f'{edition}/{anchor}')}"
    if len(anchor) <= _IDENT_MAX and plain.endswith(anchor):
        return plain
    # Two anchors may differ in what a slug leaves out or cuts off.
    return f"{slug(f'v-{edition}-{anchor[:_IDENT_MAX]}')}-{_short_hash(anchor)}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def passage_page(ident: str) -> str:
    """Return the page that shows the passages of a chapter, by its id, in all their versions."""
    return f"{PASSAGES}/{ident}{'-chapter' if ident == 'index' else ''}.html"


def home_of(line: Line, editions: Sequence[EditionPlaces]) -> str:
    """Return the id of the chapter under which a line is shown: where it began, which no later edition changes.

    Ids that differ in case alone, "Eau" in one edition and "eau" in another,
    share the page of the first of them: on many systems theirs would be one file.
    """
    first = line.versions[0]
    ident = editions[first.edition].chapter_ids[first.block.path]
    folded = ident.casefold()
    same = (other for edition in editions for other in edition.chapter_ids.values() if other.casefold() == folded)
    return next(same, ident)


def is_shown(line: Line, editions: Sequence[EditionPlaces]) -> bool:
    """Whether a line has more than one version to show, or ends before the last edition, and can be addressed."""
    ends = line.versions[-1].edition < len(editions) - 1
    if not (line.changed or ends):
        return False
    first = line.versions[0]
    edition = editions[first.edition]
    # A chapter's title stands above the page: it is told by the pages themselves.
    return edition.anchor(first.block) not in ("", edition.chapter_ids[first.block.path])


def traces_of(
    at: int, lines: Sequence[Line], editions: Sequence[EditionPlaces], *, root: str
) -> dict[str, dict[str, Trace]]:
    """Return what became of each block of the edition `at`, by chapter id and anchor; links begin with `root`."""
    edition = editions[at]
    names = [one.name for one in editions]
    found: dict[str, dict[str, Trace]] = {}
    for line in lines:
        version = next((one for one in line.versions if one.edition == at), None)
        anchor = edition.anchor(version.block) if version else ""
        if version is None or not anchor:
            continue
        chapter = edition.chapter_ids[version.block.path]
        last = line.versions[-1]
        passage = f"{passage_page(home_of(line, editions))}#{passage_ident(edition.name, anchor, editions=names)}"
        trace = Trace(
            events=tuple(
                (later.state, editions[later.edition].name)
                for later in line.versions
                if later.edition > at and later.state != SAME
            ),
            withdrawn=editions[last.edition + 1].name if last.edition + 1 < len(editions) else "",
            edition=editions[last.edition].name if last.edition > at else "",
            href=root + editions[last.edition].address(last.block) if last.edition > at else "",
            passage=root + passage if is_shown(line, editions) else "",
        )
        known = found.setdefault(chapter, {})
        if anchor != chapter and anchor not in known and (trace.told or trace.edition or trace.passage):
            known[anchor] = trace
    return found


def chapter_successors(at: int, lines: Sequence[Line], editions: Sequence[EditionPlaces]) -> dict[str, str]:
    """Return the page of the newest edition that most blocks of each chapter of the edition `at` stand on, by id."""
    last = len(editions) - 1
    counts: dict[str, dict[str, int]] = {}
    for line in lines:
        here = next((one for one in line.versions if one.edition == at), None)
        if here is None or line.versions[-1].edition != last:
            continue
        target = line.versions[-1].block
        chapter = editions[at].chapter_ids[here.block.path]
        page = editions[last].pages[editions[last].chapter_ids[target.path]]
        known = counts.setdefault(chapter, {})
        known[page] = known.get(page, 0) + 1
    return {chapter: max(sorted(known), key=known.__getitem__) for chapter, known in counts.items()}
