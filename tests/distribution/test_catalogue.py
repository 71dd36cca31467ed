"""All files of the catalogue together."""

import pytest
from lxml import etree

from millesime.distribution.metadata import citation
from millesime.distribution.metadata.catalogue import catalogue_files, left_out, offered_files
from millesime.distribution.publication import RESERVED
from tests.distribution.publications import publication, published_edition, without_address

PAGES = ["index.html", "2018/index.html"]


def test_every_file_has_its_place_and_none_is_in_anothers():
    files = catalogue_files(publication(), pages=PAGES)
    tops = {path.partition("/")[0] for path in files if "/" in path}
    assert tops == {"feeds", "catalogue", "2018", "2019", "2020"}
    assert {top for top in tops if top not in {"2018", "2019", "2020"}} <= set(RESERVED)
    for edition in ("2018", "2019", "2020"):
        assert {path for path in files if path.startswith(f"{edition}/")} == {
            f"{edition}/metadata/{name}" for name in (*citation.TYPES, "datacite.xml", "onix.xml", "webpub.json")
        }


def test_the_root_cites_the_newest_edition():
    files = catalogue_files(publication(), pages=PAGES)
    assert files["CITATION.cff"] == files["2020/metadata/CITATION.cff"] != files["2019/metadata/CITATION.cff"]


def test_without_a_base_url_what_needs_one_is_left_out_and_named():
    bare = without_address()
    missing = set(catalogue_files(publication(), pages=PAGES)) - set(catalogue_files(bare, pages=PAGES))
    missing -= {path for path in missing if path.startswith("2020/")}  # an edition that it does not have
    assert missing == set(left_out(bare)) and not left_out(publication())
    assert {"feeds/editions.xml", "sitemap.xml", "timemap.link"} <= missing


def test_nothing_made_without_a_base_url_holds_an_address_of_the_site():
    for path, content in catalogue_files(without_address(), pages=PAGES).items():
        assert b"example.org" not in content, path


def test_the_same_publication_gives_the_same_bytes():
    assert catalogue_files(publication(), pages=PAGES) == catalogue_files(publication(), pages=PAGES)


def test_files_of_an_edition_stay_when_later_editions_come():
    first, second, third = publication().editions
    before = catalogue_files(publication(first, second, title="Vers une ville partagée"), pages=PAGES)
    after = catalogue_files(publication(first, second, third), pages=PAGES)
    kept = [path for path in before if path.startswith(("2018/", "2019/"))]
    assert len(kept) == 14 and [path for path in kept if before[path] != after[path]] == []


def test_xml_is_well_formed_and_every_offered_file_is_there():
    for given_publication in (publication(), without_address()):
        files = catalogue_files(given_publication, pages=PAGES)
        for path, content in files.items():
            if path.endswith(".xml"):
                etree.fromstring(content)
        for offered in offered_files(given_publication).values():
            assert {path for _, path in offered} <= set(files)


@pytest.mark.parametrize("changes", [{"files": ()}, {"chapters": ()}, {"authors": (), "publisher": ""}])
def test_an_edition_that_lacks_something_has_its_files_all_the_same(changes):
    lacking = publication(published_edition("2018", **changes), redlines=())
    assert len(catalogue_files(lacking, pages=[])) == 7 + 1 + 7
