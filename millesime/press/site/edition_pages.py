"""Pages of the site with text of editions, each cached by the inputs of its edition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.sources import ChapterSource
from millesime.at_work import at_work
from millesime.distribution.metadata.accessibility_statement import CheckResult, accessibility_statement
from millesime.distribution.publication import PASSAGES, STATEMENTS, PublishedEdition, PublishedRedline
from millesime.distribution.site.block_pages import chapter_successors, home_of, is_shown, passage_page, traces_of
from millesime.distribution.site.passage_pages import EditionText, passage_chapters
from millesime.distribution.site.site_pages import Site, edition_frame, passages_frame, redline_frame, statement_frame
from millesime.markup.ast import Document, words
from millesime.markup.normalise import normalise
from millesime.packing import pack, reader_of
from millesime.press.archive.publication_facts import site_labels
from millesime.press.cache.keys import digest
from millesime.press.cache.versions import code_version
from millesime.press.compare.comparison import redline_report
from millesime.press.compare.edition_lineage import Followed, Say, kept_report
from millesime.press.edition.bibliography import quoted_citations
from millesime.press.edition.edition_report import imprint
from millesime.press.edition.manuscript import chapter_texts
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifact_inputs import edition_inputs
from millesime.problems import MarkupError, RevisionError
from millesime.render.fragments import set_labels
from millesime.render.html.pages import html_pages, page_names
from millesime.render.links import plain_id
from millesime.series.series import Edition

_PREFIX = "v-"  # of the ids by which a passage may be cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Files of the site, and what may be cited in them."""

    files: Mapping[str, bytes]  # by path from the site's root
    addresses: Mapping[str, frozenset[str]]  # ids that stay, by path


def edition_pages(workspace: Workspace, site: Site, edition: Edition, followed: Followed, *, say: Say) -> Pages:
    """Return an edition's pages as the site shows them, with what later editions made of each block."""
    at = followed.index(edition.name)
    traces = traces_of(at, followed.lines, followed.places, root="../")
    newest = followed.places[-1].name == site.publication.latest.name
    successors = chapter_successors(at, followed.lines, followed.places) if newest else {}
    homes = {home_of(line, followed.places) for line in followed.lines if is_shown(line, followed.places)}
    passages = {ident: passage_page(ident) for ident in homes}
    parts = {
        **edition_inputs(workspace, edition.name),
        "what is around it": [repr(part) for part in (site.publication, sorted(passages), sorted(successors.items()))],
        "later editions": repr(sorted((chapter, sorted(found.items())) for chapter, found in traces.items())),
    }

    def make() -> Pages:
        say(edition.name, "writing pages")
        report = kept_report(workspace, edition.name, say=say)
        frame = edition_frame(
            site, site.publication.edition(edition.name), labels=set_labels(report), traces=traces,
            successors=successors, passages=passages,
        )  # fmt: skip
        files = html_pages(replace(report, theme=site.theme), frame=frame, jobs=workspace.jobs)
        names = page_names(report)
        written = {chapter.id for chapter in report.chapters if chapter.path}
        addresses = {f"{edition.name}/{name}": {plain_id(ident)} for ident, name in names.items()}
        for anchor, chapter in report.anchors.items():
            # What stands in a generated chapter is counted anew whenever it is made.
            if chapter in written:
                addresses[f"{edition.name}/{names[chapter]}"].add(plain_id(anchor))
        return Pages(
            files={f"{edition.name}/{name}": content for name, content in files.items()},
            addresses={path: frozenset(idents) for path, idents in addresses.items()},
        )

    return _kept(workspace, site, "pages", edition.name, parts, make)


def passage_pages(
    workspace: Workspace, site: Site, editions: Sequence[Edition], followed: Followed, *, redline_lines, say: Say
) -> Pages:
    """Return the pages that show changed passages in all their versions.

    `redline_lines()` returns the lines with their changes, for which editions
    are compared.
    """
    parts: dict[str, object] = {edition.name: edition_inputs(workspace, edition.name) for edition in editions}
    parts["what is around it"] = repr(site.publication)

    def make() -> Pages:
        last = editions[-1]
        say(last.name, "writing passages")
        manuscripts = [workspace.manuscript(edition.name) for edition in editions]
        texts = [
            EditionText(
                places=outline.places,
                side=workspace.side(manuscript),
                blocks={text.path: normalise(text.blocks) for text in chapter_texts(manuscript)},
                citations=quoted_citations(manuscript, beside=manuscripts[-1], jobs=workspace.jobs),
                name_reference=workspace.references.namer(manuscript),
            )
            for outline, manuscript in zip(followed.outlines, manuscripts, strict=True)
        ]
        language = last.language
        labels = manuscripts[-1].labels
        sources = passage_chapters(redline_lines(), texts, labels=labels, language=language)
        report = assemble(
            Materials(
                imprint=replace(
                    imprint(workspace.series, last, workspace.snapshot(last.name)), subtitle="", earlier=()
                ),
                sources=tuple(sources),
                read_image=_image_reader(workspace, editions),
                labels=labels,
                theme=site.theme,
                limits=workspace.limits,
            )
        )
        names = page_names(report)
        files = html_pages(
            report, frame=passages_frame(site, [(ident, name) for ident, name in names.items()]), jobs=workspace.jobs
        )
        addresses = {f"{PASSAGES}/{name}": set() for name in names.values()}
        for anchor, chapter in report.anchors.items():
            if anchor.startswith(_PREFIX):
                addresses[f"{PASSAGES}/{names[chapter]}"].add(plain_id(anchor))
        return Pages(
            files={f"{PASSAGES}/{name}": content for name, content in files.items()},
            addresses={path: frozenset(idents) for path, idents in addresses.items()},
        )

    return _kept(workspace, site, "passages", editions[-1].language, parts, make)


def compared_pages(workspace: Workspace, site: Site, redline: PublishedRedline, *, say: Say) -> Pages:
    """Return the pages that compare two editions."""
    old, new = workspace.series.edition(redline.old), workspace.series.edition(redline.new)
    parts = {
        "the older edition": edition_inputs(workspace, old.name),
        "the newer edition": edition_inputs(workspace, new.name),
        "what is around it": repr(site.publication),
    }

    def make() -> Pages:
        say(new.name, f"writing what changed since {old.name}")
        before, after = workspace.manuscript(old.name), workspace.manuscript(new.name)
        report = redline_report(workspace.redline(before, after), before, after, series=workspace.series, full=False)
        report = replace(report, theme=site.theme)
        files = html_pages(report, frame=redline_frame(site, redline, set_labels(report)), jobs=workspace.jobs)
        return Pages(files={f"{redline.path}{name}": content for name, content in files.items()}, addresses={})

    return _kept(workspace, site, "compared", f"{old.name} with {new.name}", parts, make)


def statement_path(edition: str) -> str:
    """Return where the accessibility statement of an edition is, from the site's root."""
    return f"{STATEMENTS}/{edition}.html"


def statement_page(workspace: Workspace, site: Site, edition: PublishedEdition, checks: Sequence[CheckResult]) -> bytes:
    """Return the page with the draft of an edition's accessibility statement, from the checks that ran on it."""
    labels = site_labels(workspace, edition.language)
    blocks = accessibility_statement(site.publication, edition, {str(at): check for at, check in enumerate(checks)})
    source = ChapterSource(
        path="statement", document=Document(blocks=blocks), role="body", id=edition.name, numbered=False,
        generated=True, title=tuple(words(labels["statement_title"])),
    )  # fmt: skip
    own = workspace.series.edition(edition.name)
    report = assemble(
        Materials(
            imprint=imprint(workspace.series, own, workspace.snapshot(edition.name)), sources=(source,),
            read_image=lambda key: None, labels=labels, theme=site.theme,
        )
    )  # fmt: skip
    files = html_pages(report, frame=statement_frame(site, edition, labels), jobs=workspace.jobs)
    return files[page_names(report)[edition.name]]


def _kept(
    workspace: Workspace, site: Site, step: str, label: str, parts: Mapping[str, object], make: Callable[[], Pages]
) -> Pages:
    parts = {
        **parts,
        "the site's theme": digest(sorted(site.theme.items())),
        "what can be searched": site.searchable,
        "what is signed and stated": [sorted(site.signed), sorted(site.stated)],
        "Millésime's own code": code_version(
            "press.site.edition_pages", "distribution.metadata.catalogue", "distribution.site.page_head"
        ),
    }
    recall = workspace.store.recall(step, label, parts, read=reader_of(Pages))
    if recall.content is not None:
        return recall.value
    with at_work(f"the site, {step} of {label}", "write these pages"):
        pages = make()
    workspace.store.keep(recall, pack(Pages(files=dict(pages.files), addresses=pages.addresses)))
    return pages


def _image_reader(workspace: Workspace, editions: Sequence[Edition]) -> Callable[[str], bytes | None]:
    """Return what reads "@2018/chapters/a.svg", a picture of one of the editions."""
    names = {edition.name for edition in editions}

    def read(key: str) -> bytes | None:
        name, _, path = key.removeprefix("@").partition("/")
        if not key.startswith("@") or name not in names:
            return None
        snapshot = workspace.snapshot(name)
        try:
            return snapshot.read(path, where=path) if snapshot.has(path) else None
        except (RevisionError, MarkupError):
            return None

    return read
