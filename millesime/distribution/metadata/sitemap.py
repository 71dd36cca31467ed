"""The map of the site for search engines, https://www.sitemaps.org/protocol.html.

Without a base URL there is none: a sitemap holds absolute addresses.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import add, element, write_xml
from millesime.distribution.publication import LATEST, REDLINES, Publication

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PATH = "sitemap.xml"
MOST = 50_000  # addresses in one file, as the protocol has it


def sitemap_files(publication: Publication, pages: Iterable[str], *, most: int = MOST) -> dict[str, bytes]:
    """Return the sitemap by its path; for more than `most` pages, an index and a file for each so many.

    `pages` are paths from the site's root. What stands below `latest/` is left
    out: it repeats other pages. A page is as old as the edition it is of.
    """
    dates = {
        facts.page_address(publication, path): _date(publication, path)
        for path in sorted(pages)
        if path.partition("/")[0] != LATEST
    }
    addresses = list(dates)
    if len(addresses) <= most:
        return {PATH: _addresses(addresses, dates)}
    parts = [addresses[start : start + most] for start in range(0, len(addresses), most)]
    files = {f"sitemap-{number}.xml": _addresses(part, dates) for number, part in enumerate(parts, 1)}
    root = element(f"{{{NAMESPACE}}}sitemapindex", nsmap={None: NAMESPACE})
    for path, part in zip(files, parts, strict=True):
        entry = add(root, "sitemap")
        add(entry, "loc", publication.address(path))
        add(entry, "lastmod", max(dates[address] for address in part).isoformat())
    return {PATH: write_xml(root), **files}


def _addresses(addresses: Sequence[str], dates: dict[str, datetime.date]) -> bytes:
    root = element(f"{{{NAMESPACE}}}urlset", nsmap={None: NAMESPACE})
    for address in addresses:
        entry = add(root, "url")
        add(entry, "loc", address)
        add(entry, "lastmod", dates[address].isoformat())
    return write_xml(root)


def _date(publication: Publication, path: str) -> datetime.date:
    """Return the date of the edition that a page is of; pages of the whole report are as new as the newest."""
    dates = {edition.name: edition.date for edition in publication.editions}
    first, *rest = path.split("/")
    if first == REDLINES and len(rest) > 1:
        first = rest[1]  # redlines/<old>/<new>/
    return dates.get(first, publication.latest.date)
