"""The sitemap: every page once, dated by its edition, cut where the protocol says."""

import pytest
from lxml import etree
from usp.tree import sitemap_from_str

from millesime.distribution.metadata.sitemap import MOST, NAMESPACE, sitemap_files
from tests.distribution.publications import BASE, publication

PAGES = [
    "index.html",
    "2018/index.html",
    "2018/modele.html",
    "2019/index.html",
    "redlines/2018/2019/index.html",
    "latest/index.html",
]


def entries(content: bytes) -> dict[str, str]:
    root = etree.fromstring(content)
    return {one.findtext(f"{{{NAMESPACE}}}loc"): one.findtext(f"{{{NAMESPACE}}}lastmod") for one in root}


def test_a_page_is_as_old_as_its_edition_and_latest_repeats_nothing():
    assert entries(sitemap_files(publication(), PAGES)["sitemap.xml"]) == {
        f"{BASE}/": "2020-07-03",
        f"{BASE}/2018/": "2018-07-03",
        f"{BASE}/2018/modele.html": "2018-07-03",
        f"{BASE}/2019/": "2019-07-03",
        f"{BASE}/redlines/2018/2019/": "2019-07-03",
    }


@pytest.mark.parametrize(("pages", "files"), [(MOST, 1), (MOST + 1, 3)])
def test_above_50_000_addresses_an_index_names_the_parts(pages: int, files: int):
    found = sitemap_files(publication(), (f"2018/{number}.html" for number in range(pages)))
    assert len(found) == files
    named = entries(found["sitemap.xml"])
    assert len(named) == (pages if files == 1 else files - 1)
    if files > 1:
        parts = [entries(content) for path, content in found.items() if path != "sitemap.xml"]
        assert sum(map(len, parts)) == pages and max(map(len, parts)) == MOST


def test_the_parser_of_others_finds_all_pages():
    tree = sitemap_from_str(sitemap_files(publication(), PAGES)["sitemap.xml"].decode())
    pages = {page.url: page.last_modified.date().isoformat() for page in tree.all_pages()}
    assert pages == entries(sitemap_files(publication(), PAGES)["sitemap.xml"])
