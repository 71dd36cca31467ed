"""Names that authors choose and that Millésime has a use for itself."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from lxml import etree

from millesime.distribution.publication import RESERVED
from millesime.press.run.artifacts import make_artifact, read_packed
from millesime.series.series import RESERVED_NAMES
from tests.security.artifacts import assemble, write_report

NAMES = [
    "edition", "title", "subtitle", "ncx", "cover-image", "book-css", "creator-1", "series", "cover", "nav",
    "title-page", "part-1", "page-edition", "index", "assets", "con", "nul", "a" * 180,
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[bytes, bytes]]:
    root = tmp_path_factory.mktemp("report")
    write_report(
        root, {f"chapters/{name}.md": f"# {name}\n\nDit {name}.\n" for name in NAMES},
        manifest=f"subtitle: Deux\nchapters: [{', '.join(f'chapters/{name}.md' for name in NAMES)}]\n",
        report="authors: [{name: La Ville}]\n",
    )  # fmt: skip
    report = assemble(root)
    return {kind: read_packed(make_artifact(report, kind))[1] for kind in ("epub", "html")}


def test_ids_of_an_epub_are_there_once(made: dict[str, dict[bytes, bytes]]):
    (content,) = made["epub"].values()
    with zipfile.ZipFile(BytesIO(content)) as archive:
        package = etree.fromstring(archive.read("EPUB/package.opf"))
        names = [name.rpartition("/")[2].partition(".")[0].lower() for name in archive.namelist()]
    ids = package.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(package.xpath("//*[local-name()='itemref']/@idref")) <= set(
        package.xpath("//*[local-name()='item']/@id")
    )
    assert package.get("unique-identifier") in package.xpath("//*[local-name()='identifier']/@id")
    assert not {"con", "nul"} & set(names)


def test_each_chapter_has_a_page_whose_name_every_system_takes(made: dict[str, dict[bytes, bytes]]):
    pages = [name.decode() for name in made["html"] if name.endswith(b".html")]
    assert len(pages) == len(NAMES) + 1
    assert not {"con.html", "nul.html"} & set(pages)


def test_an_edition_is_not_called_as_what_a_site_has_beside_it():
    assert set(RESERVED) == RESERVED_NAMES
