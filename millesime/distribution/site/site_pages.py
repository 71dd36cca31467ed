"""The pages of a site that belong to no edition (home, overviews), and the frame around each edition's pages.

Every link is relative, so that the site works from a folder and below any
address; only a page that asks the reader something (search) needs a server.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.numbers import shown_number
from millesime.assembly.printed_identifiers import doi_address
from millesime.assembly.report import Chapter, Imprint
from millesime.assembly.theme import read_theme_file
from millesime.distribution.publication import (
    ASSETS,
    LATEST,
    METADATA,
    PASSAGES,
    SEARCH,
    STATEMENTS,
    Publication,
    PublishedEdition,
    PublishedFile,
    PublishedRedline,
)
from millesime.distribution.site.later_notes import Trace, add_traces
from millesime.distribution.site.passage_pages import SITE
from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE
from millesime.markup.ast import has_class, text_of
from millesime.redline.annex.excerpts import CHANGE_KIND
from millesime.render.conform import Element
from millesime.render.html.pages import Frame, site_assets
from millesime.render.templates import fill, open_theme
from millesime.series.identifiers import printed_isbn

_PLAIN = ("site/passages.js", "site/search.js", "site/icon.svg")
_STYLE = "site/site.css"
_SIZES = ("B", "kB", "MB", "GB")


def site_files(theme: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return styles, fonts, scripts and the icon, by their paths from the site's root."""
    files = {f"{ASSETS}/{name}": content for name, content in site_assets(theme).items()}
    files[f"{ASSETS}/style.css"] += b"\n" + read_theme_file(_STYLE, theme)
    return files | {f"{ASSETS}/{posixpath.basename(name)}": read_theme_file(name, theme) for name in _PLAIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all pages need to know."""

    publication: Publication
    theme: Mapping[str, bytes]
    labels: Mapping[str, str]  # in the report's language
    searchable: bool
    signed: frozenset[str] = frozenset()  # editions whose checksums bear a signature
    stated: frozenset[str] = frozenset()  # editions that have an accessibility statement
    head: Callable[[str], str] = lambda path: ""  # what else belongs into the head of a page, by its path: HTML
    metadata: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """By edition, or "" for the report: (what it is called, path) of files for programs that readers are offered."""

    def values(self, path: str, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return what the frame of the page at `path` prints."""
        root = "../" * path.count("/")
        language = self.publication.language
        return {
            "root": root,
            "home": f"{root}index.html",
            "assets": f"{root}{ASSETS}",
            "head": Markup(self.head(path)),
            "site_labels": labels,
            "site_title": self.publication.title,
            "searchable": self.searchable,
            "all_editions": [
                {
                    "name": edition.name,
                    "date": edition.date,
                    "subtitle": edition.subtitle,
                    "href": f"{root}{edition.name}/index.html",
                    "is_latest": edition == self.publication.latest,
                }
                for edition in reversed(self.publication.editions)
            ],
            "page_path": path,
            "page_address": self.publication.address(path) if self.publication.base_url else "",
            "report_language": language,
        }


def relate(href: str, *, page: str, base_url: str) -> str:
    """Return a link as it stands on a page of the site: relative, where it leads to another page of it."""
    for base in (SITE, base_url):
        if base and href.startswith(f"{base}/"):
            return "../" * page.count("/") + (href[len(base) + 1 :] or "index.html")
    return href


def relate_links(root: Element, *, page: str, base_url: str) -> None:
    """Make the links of a tree relative that lead to pages of the site."""
    for element in root.iter("a"):
        href = element.get("href")
        if href:
            element.set("href", _with_index(relate(href, page=page, base_url=base_url)))


def _with_index(href: str) -> str:
    """A folder has its page by name, or a site could not be read from a disk."""
    path, mark, rest = href.partition("#")
    relative = not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path)
    return f"{path}index.html{mark}{rest}" if relative and path.endswith("/") else href


# ---- pages of an edition ------------------------------------------------------


def edition_frame(
    site: Site,
    edition: PublishedEdition,
    *,
    labels: Mapping[str, str],
    traces: Mapping[str, Mapping[str, Trace]],
    successors: Mapping[str, str],
    passages: Mapping[str, str],
) -> Frame:
    """Return what stands around the text of an edition's pages on the site.

    `traces`: by chapter, then by block; `successors`: the page of the newest
    edition that has most of a chapter, by its id, from the site's root;
    `passages`: the page that shows its changed passages in all versions.
    """
    folder = edition.name
    ids = {posixpath.basename(chapter.path): chapter.id for chapter in edition.chapters}
    newest = site.publication.latest

    def of_page(name: str) -> dict[str, Any]:
        path = f"{folder}/{name}"
        ident = ids.get(name, "")
        told = sum(trace.told for trace in traces.get(ident, {}).values())
        values = site.values(path, labels)
        successor = successors.get(ident, f"{newest.name}/index.html")
        return values | {
            "newest": None if edition == newest else {
                "date": newest.date, "subtitle": newest.subtitle, "href": values["root"] + successor,
                "is_same_chapter": ident in successors,
            },
            "later_changes": told,
            "is_followed": bool(traces.get(ident)),
            "passages_href": values["root"] + passages[ident] if ident in passages else "",
            "is_searched": bool(ident) and _is_written(edition, ident),
        }  # fmt: skip

    def furnish(ident: str, root: Element) -> None:
        page = next((chapter.path for chapter in edition.chapters if chapter.id == ident), f"{folder}/x.html")
        relate_links(root, page=page, base_url=site.publication.base_url)
        add_traces(root, traces.get(ident, {}), labels)

    return Frame(
        index="site/edition.html",
        chapter="site/chapter.html",
        assets=f"../{ASSETS}",
        of_page=of_page,
        furnish=furnish,
        values=_edition_values(site, edition, labels),
    )


def _is_written(edition: PublishedEdition, ident: str) -> bool:
    return any(chapter.id == ident and chapter.is_written for chapter in edition.chapters)


def _edition_values(site: Site, edition: PublishedEdition, labels: Mapping[str, str]) -> dict[str, Any]:
    publication = site.publication
    return {
        "published": edition,
        "files": [file_line(file, labels, publication.language, root="../") for file in edition.files],
        "checksums": CHECKSUMS,
        "signature": SIGNATURE if edition.name in site.signed else "",
        "statement": f"../{STATEMENTS}/{edition.name}.html" if edition.name in site.stated else "",
        "metadata_files": [(name, f"../{path}") for name, path in site.metadata.get(edition.name, ())],
        "redlines": [
            redline_line(redline, publication, labels, root="../")
            for redline in publication.redlines
            if edition.name in (redline.old, redline.new)
        ],
        "citation": citation(edition, labels, publication),
    }


def citation(edition: PublishedEdition, labels: Mapping[str, str], publication: Publication) -> str:
    """Return how to cite an edition in a text, its address at the end."""
    date = long_date(edition.date, edition.language)
    names = ", ".join(author.name for author in edition.authors)
    parts = [names, edition.title, edition.subtitle, f"{labels['edition_of'].lower()} {date}", edition.publisher]
    address = doi_address(edition.doi) if edition.doi else (
        publication.address(edition.path) if publication.base_url else ""
    )  # fmt: skip
    return ", ".join(part for part in parts if part) + "." + (f" {address}" if address else "")


def file_line(file: PublishedFile, labels: Mapping[str, str], language: str, *, root: str) -> dict[str, Any]:
    """Return what a page says of a file."""
    return {
        "format": labels[f"format_{file.format}"],
        "href": root + file.path,
        "name": posixpath.basename(file.path),
        "size": shown_size(file.size, labels, language),
        "pages": shown_number(file.pages, language) if file.pages else "",
        "sha256": file.sha256,
        "isbn": printed_isbn(file.isbn) if file.isbn else "",
        "type": file.media_type,
    }


def redline_line(
    redline: PublishedRedline, publication: Publication, labels: Mapping[str, str], *, root: str
) -> dict[str, Any]:
    """Return what a page says of the comparison of two editions."""
    old, new = publication.edition(redline.old), publication.edition(redline.new)
    return {
        "old": old, "new": new, "href": f"{root}{redline.path}index.html", "summary": redline.summary,
        "title": labels["compared"].replace("{old}", old.name).replace("{new}", new.name),
    }  # fmt: skip


def shown_size(size: int, labels: Mapping[str, str], language: str) -> str:
    """Return a size in bytes as readers of a language write it, "1,4 Mo" (powers of 1000)."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_SIZES) - 1:
        amount, unit = amount / 1000, unit + 1
    shown = shown_number(amount, language, digits=0 if unit == 0 or amount >= 100 else 1)
    names = labels["size_units"].split()
    return f"{shown}\N{NO-BREAK SPACE}{names[unit]}"


# ---- pages of the report --------------------------------------------------------


def report_pages(site: Site, imprint: Imprint) -> dict[str, bytes]:
    """Return the home page, the search page, and the pages that lead to the newest edition.

    `imprint` is the newest edition's; what it says of the report is what the
    pages say.
    """
    publication, labels = site.publication, site.labels
    environment = open_theme(site.theme, language=publication.language)
    common = {"imprint": imprint, "labels": labels, "edition": ""}

    def page(template: str, path: str, values: Mapping[str, Any]) -> bytes:
        return fill(environment, template, {**common, **site.values(path, labels), **values}).encode()

    files = {"index.html": page("site/home.html", "index.html", _home_values(site))}
    if site.searchable:
        files[f"{SEARCH}/index.html"] = page("site/search.html", f"{SEARCH}/index.html", {
            "found_in": list(reversed(publication.editions)),
        })  # fmt: skip
    files |= {
        path: page("site/latest.html", path, {"target": "../" * path.count("/") + target})
        for path, target in latest_targets(publication).items()
    }
    return files


def _home_values(site: Site) -> dict[str, Any]:
    publication, labels = site.publication, site.labels
    return {
        "publication": publication,
        "latest": _edition_card(publication.latest, publication, labels),
        "cards": [_edition_card(edition, publication, labels) for edition in reversed(publication.editions)],
        "redlines": [redline_line(redline, publication, labels, root="") for redline in publication.redlines],
        "metadata_files": [(name, path) for name, path in site.metadata.get("", ())],
        "citation": citation(publication.latest, labels, publication),
    }


def _edition_card(edition: PublishedEdition, publication: Publication, labels: Mapping[str, str]) -> dict[str, Any]:
    at = publication.editions.index(edition)
    before = publication.editions[at - 1].name if at else ""
    return {
        "edition": edition,
        "href": f"{edition.name}/index.html",
        "files": [file_line(file, labels, publication.language, root="") for file in edition.files],
        "change": next(
            (redline_line(redline, publication, labels, root="") for redline in publication.redlines
             if (redline.old, redline.new) == (before, edition.name)), None,
        ),
    }  # fmt: skip


def latest_targets(publication: Publication) -> dict[str, str]:
    """Return the pages below `latest/` and where each leads, from the site's root: every chapter that ever was."""
    newest = publication.latest
    found = {f"{LATEST}/index.html": f"{newest.name}/index.html"}
    for edition in publication.editions:  # the newest last: what it has is there
        for chapter in edition.chapters:
            found[f"{LATEST}/{posixpath.basename(chapter.path)}"] = chapter.path
    return found


# ---- passages -------------------------------------------------------------------


def passages_frame(site: Site, chapters: Sequence[tuple[str, str]]) -> Frame:
    """Return what stands around the passages that are shown in all their versions; `chapters` are (id, page)."""
    ids = {page: ident for ident, page in chapters}

    def of_page(name: str) -> dict[str, Any]:
        return {**site.values(f"{PASSAGES}/{name}", site.labels), "is_index": name not in ids}

    def furnish(ident: str, root: Element) -> None:
        relate_links(root, page=f"{PASSAGES}/x.html", base_url=site.publication.base_url)
        for anchor in [one for one in root.iter("a") if one.get("class") == "anchor"]:
            _remove(anchor)  # what stands here is cited by its edition's address
        for number, line in enumerate(_of_class(root, "versions"), start=1):
            line.set("role", "group")
            line.set("tabindex", "0")
            line.set("aria-label", site.labels["passage_numbered"].replace("{number}", str(number)))

    return Frame(
        index="site/passages-index.html", chapter="site/passages.html", assets=f"../{ASSETS}",
        of_page=of_page, furnish=furnish,
    )  # fmt: skip


def redline_frame(site: Site, redline: PublishedRedline, labels: Mapping[str, str]) -> Frame:
    """Return what stands around the pages of a comparison."""
    depth = redline.path.count("/")

    def of_page(name: str) -> dict[str, Any]:
        values = site.values(f"{redline.path}{name}", labels)
        line = redline_line(redline, site.publication, labels, root=values["root"])
        return values | {"redline": line, "change_line": _change_line}

    def furnish(ident: str, root: Element) -> None:
        relate_links(root, page=f"{redline.path}x.html", base_url=site.publication.base_url)

    return Frame(
        index="site/redline-index.html", chapter="site/redline.html", assets=f"{'../' * depth}{ASSETS}",
        of_page=of_page, furnish=furnish,
    )  # fmt: skip


def _change_line(chapter: Chapter) -> str:
    """Return what happened to a chapter, as its page says first; "" where it says nothing of the kind."""
    said = (text_of(block["c"][1]) for block in chapter.blocks if block["t"] == "Div" and has_class(block, CHANGE_KIND))
    return next(said, "")


def statement_frame(site: Site, edition: PublishedEdition, labels: Mapping[str, str]) -> Frame:
    """Return what stands around an edition's accessibility statement."""
    return Frame(
        chapter="site/statement.html", assets=f"../{ASSETS}",
        values={**site.values(f"{STATEMENTS}/{edition.name}.html", labels), "published": edition},
    )  # fmt: skip


def _remove(element: Element) -> None:
    """Take an element out of its tree, and leave the text behind it."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _of_class(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter("div") if name in (element.get("class") or "").split()]


def metadata_path(edition: PublishedEdition, name: str) -> str:
    """Return where a file for programs lies, of one edition."""
    return f"{edition.name}/{METADATA}/{name}"
