"""Build the `Publication` value for some editions: what metadata and the site say of them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import combinations

import pikepdf

from millesime.assembly.assemble import set_imprint
from millesime.assembly.report import Imprint
from millesime.assembly.theme import load_labels
from millesime.assembly.typography import set_text
from millesime.distribution.publication import (
    REDLINES,
    Publication,
    PublishedEdition,
    PublishedFile,
    PublishedRedline,
)
from millesime.distribution.trust.checksums import sha256
from millesime.press.compare.edition_lineage import Change, Followed, Outline, Say, count_change
from millesime.press.edition.edition_report import imprint
from millesime.press.edition.manuscript import own_theme
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Download
from millesime.redline.annex.wording import counted
from millesime.series.series import Edition


def describe_publication(
    workspace: Workspace,
    editions: Sequence[Edition],
    downloads: Mapping[str, Sequence[Download]],
    groups: Sequence[Followed],
    *,
    say: Say,
) -> Publication:
    """Return editions as they are published, by date, with what changed between every two of one language.

    `downloads` are their files, by edition; `groups` the same editions, followed.
    """
    newest = printed_imprint(workspace, editions[-1])
    outlines = {outline.places.name: outline for group in groups for outline in group.outlines}
    pairs = [pair for group in groups for pair in combinations([places.name for places in group.places], 2)]
    return Publication(
        title=newest.title, subtitle=workspace.series.report.subtitle, language=workspace.series.report.language,
        publisher=newest.publisher, authors=newest.authors, licence=newest.licence, description=newest.description,
        keywords=newest.keywords, base_url=workspace.series.report.base_url, issn=newest.issn,
        editions=tuple(_edition(workspace, one, downloads[one.name], outlines[one.name]) for one in editions),
        redlines=tuple(_redline(workspace, old, new, say=say) for old, new in pairs),
    )  # fmt: skip


def printed_imprint(workspace: Workspace, edition: Edition) -> Imprint:
    """Return what an edition's cover says, its typography set."""
    return set_imprint(imprint(workspace.series, edition, workspace.snapshot(edition.name)))


def site_labels(workspace: Workspace, language: str) -> dict[str, str]:
    """Return the words that pages print in a language, by the theme as it is now, their typography set."""
    labels = load_labels(language, own_theme(workspace.current))
    return {key: set_text(str(text), language) for key, text in labels.items()}


def _edition(
    workspace: Workspace, edition: Edition, downloads: Sequence[Download], outline: Outline
) -> PublishedEdition:
    printed = printed_imprint(workspace, edition)
    return PublishedEdition(
        name=edition.name, title=printed.title, subtitle=printed.subtitle, date=edition.date,
        language=edition.language, publisher=printed.publisher, authors=printed.authors, licence=printed.licence,
        description=printed.description, keywords=printed.keywords, identifier=printed.identifier, doi=printed.doi,
        nor=printed.nor, revision=printed.revision, sealed=edition.seal is not None, words=outline.words,
        chapters=outline.chapters, files=tuple(_file(workspace, edition, one) for one in downloads),
    )  # fmt: skip


def _file(workspace: Workspace, edition: Edition, one: Download) -> PublishedFile:
    return PublishedFile(
        format=one.format, path=f"{edition.name}/{one.name}", size=len(one.content), sha256=sha256(one.content),
        pages=_pages(workspace, one.content) if one.format == "pdf" else None, isbn=edition.isbn.get(one.format, ""),
    )  # fmt: skip


def _pages(workspace: Workspace, content: bytes) -> int:
    recall = workspace.store.recall("count", "the pages of a PDF", {"its bytes": sha256(content)})
    if recall.content is not None:
        return int(recall.content)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        count = len(pdf.pages)
    workspace.store.keep(recall, str(count).encode())
    return count


def _redline(workspace: Workspace, old: str, new: str, *, say: Say) -> PublishedRedline:
    newer = workspace.series.edition(new)
    change = count_change(workspace, workspace.series.edition(old), newer, say=say)
    return PublishedRedline(
        old=old, new=new, path=f"{REDLINES}/{old}/{new}/", summary=_summary(workspace, change, newer.language),
        words_inserted=change.figures.words_inserted, words_deleted=change.figures.words_deleted,
        words_moved=change.figures.words_moved,
    )  # fmt: skip


def _summary(workspace: Workspace, change: Change, language: str) -> str:
    text = site_labels(workspace, language)["change_summary"]
    values = {
        "inserted": change.figures.words_inserted, "deleted": change.figures.words_deleted,
        "moved": change.figures.words_moved, "chapters_inserted": change.chapters["inserted"],
        "chapters_deleted": change.chapters["deleted"], "chapters_edited": change.chapters["edited"],
    }  # fmt: skip
    for name, value in values.items():
        text = text.replace("{" + name + "}", counted(value, language))
    return text
