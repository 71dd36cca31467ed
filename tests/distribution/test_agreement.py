"""One edition, built from its manifests: whatever is written of it says the same, files and catalogues alike."""

from __future__ import annotations

import pytest

from millesime.distribution.metadata import citation, datacite, facts, feeds, onix, opds, timemap, webpub
from millesime.distribution.metadata.catalogue import catalogue_files
from millesime.distribution.publication import Publication, PublishedEdition, PublishedFile
from millesime.history.repository import open_repository
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.render.docx.document import render_docx
from millesime.render.epub.package import render_epub
from millesime.render.html.pages import render_html
from millesime.render.pdf import print_report
from millesime.series.series import load_series
from tests.distribution.said import BASE, READERS, TRUE, Said, Shelf
from tests.press.report import MANIFEST, make_report

REPORT = f"""\
title: La ville partagée
language: fr
publisher: Ministère de la Ville, du Logement et des Territoires
authors: [{{name: "Ministère de la Ville, du Logement et des Territoires"}}, {{name: Prénom de Nom, family: de Nom}}]
licence: CC-BY-SA-4.0
issn: 2271-9342
base_url: {BASE}
"""
NUMBERS = "isbn: {pdf: 978-2-11-145678-5, epub: 2-11-145679-9}\ndoi: https://doi.org/10.1234/rapport-2019\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("agreement")
    made = make_report(folder)
    revision = made.git("rev-parse", "HEAD")
    made.write({
        "editions/report.yaml": REPORT,
        "editions/2019.yaml": MANIFEST.format(date="2019-07-03", revision=revision) + NUMBERS,
    })  # fmt: skip
    series = load_series(made.root)
    with open_repository(made.root) as repository:
        report = assemble_edition(Workspace(series, repository), "2019")
    (folder / "report.pdf").write_bytes(print_report(report).content)
    render_epub(report, folder / "report.epub")
    render_docx(report, folder / "report.docx")
    render_html(report, folder / "html")
    imprint = report.imprint
    edition = PublishedEdition(
        name=imprint.name, title=imprint.title, subtitle=imprint.subtitle, date=imprint.date,
        language=imprint.language, publisher=imprint.publisher, authors=imprint.authors, licence=imprint.licence,
        identifier=imprint.identifier, doi=imprint.doi, nor=imprint.nor, revision=imprint.revision,
        files=tuple(
            PublishedFile(
                format=format, path=f"2019/report.{format}", size=(folder / f"report.{format}").stat().st_size,
                sha256="0" * 64, isbn=imprint.isbn.get(format, ""),
            )
            for format in ("pdf", "epub")
        ),
    )  # fmt: skip
    publication = Publication(
        title=imprint.title, language=imprint.language, publisher=imprint.publisher, authors=imprint.authors,
        licence=imprint.licence, base_url=imprint.base_url, issn=imprint.issn, editions=(edition,),
    )  # fmt: skip
    files = catalogue_files(publication, pages=["index.html", "2019/index.html"])
    return Shelf(publication=publication, edition=edition, folder=folder, files=files)


@pytest.mark.parametrize("output", READERS)
def test_every_output_says_the_same_of_the_edition(output: str, shelf: Shelf):
    said = READERS[output](shelf)
    for name in Said.__slots__:
        seen = getattr(said, name)
        assert not seen or seen == getattr(TRUE, name), f"{output}: {name}"


def test_what_an_output_leaves_unsaid_is_what_its_format_has_no_place_for(shelf: Shelf):
    unsaid = {
        (output, name)
        for output, reader in READERS.items()
        for name in Said.__slots__
        if not getattr(reader(shelf), name)
    }
    dates_alone = {(output, name) for output in ("timemap", "sitemap") for name in Said.__slots__ if name != "date"}
    assert unsaid == dates_alone | {
        ("bibtex", "licence"), ("ris", "licence"), ("csl", "licence"), ("docx", "date"), ("docx", "identifiers"),
    }  # fmt: skip


def test_every_file_of_the_catalogue_is_among_the_outputs_compared(shelf: Shelf):
    names = (*citation.TYPES, datacite.NAME, onix.NAME, webpub.NAME)
    compared = {
        feeds.EDITIONS_PATH, opds.PATH_1, opds.PATH_2, timemap.JSON_PATH, "sitemap.xml", citation.CFF_NAME,
        *(facts.metadata_path(shelf.edition, name) for name in names),
    }  # fmt: skip
    # The TimeMap's other form is compared in test_timemap.py; a report of one edition has no changes to tell.
    assert set(shelf.files) - compared == {timemap.LINK_PATH, feeds.CHANGES_PATH}
