"""ONIX by EDItEUR's own schemas, code lists included."""

from pathlib import Path

import onixcheck
import pytest
from hypothesis import given, settings
from lxml import etree
from onixcheck.validation import validate

from millesime.distribution.metadata.onix import language_code, onix_message
from tests.distribution.publications import MINISTRY, awkward_publications, publication, without_address

NS = {"o": "http://ns.editeur.org/onix/3.0/reference"}
_LISTS = Path(onixcheck.__file__).parent / "schema" / "xsd3.0" / "ONIX_BookProduct_CodeLists.xsd"
_SCHEMAS = Path(onixcheck.__file__).parent / "schema"


def tree(message: bytes) -> etree._Element:
    return etree.fromstring(message)


def texts(root: etree._Element, path: str) -> list[str]:
    return root.xpath(f"{path}/text()", namespaces=NS)


@pytest.mark.parametrize("given_publication", [publication(), without_address()], ids=["all given", "nothing given"])
def test_each_message_is_valid_by_both_schemas(given_publication, tmp_path: Path):
    for edition in given_publication.editions:
        path = tmp_path / f"{edition.name}.xml"
        path.write_bytes(onix_message(given_publication, edition))
        assert validate(str(path), schemas=("xsd", "rng")) == []


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMAS / "xsd3.0" / "ONIX_BookProduct_3.0_reference.xsd"))


@settings(max_examples=60)
@given(given_publication=awkward_publications())
def test_whatever_titles_hold_messages_are_valid_and_lose_nothing(given_publication, schema):
    edition = given_publication.latest
    root = tree(onix_message(given_publication, edition))
    assert schema.validate(root), schema.error_log
    title = "//o:DescriptiveDetail/o:TitleDetail/o:TitleElement/o:TitleText"
    assert set(texts(root, title)) == {edition.title.replace("\x08", "\ufffd")}


def test_each_format_is_a_product_with_its_own_number():
    root = tree(onix_message(publication(), publication().edition("2019")))
    products = root.findall("o:Product", NS)
    seen = [
        tuple(
            product.findtext(f".//o:{name}", namespaces=NS)
            for name in ("ProductFormDetail", "ProductIDType", "IDValue")
        )
        for product in products
    ]
    assert seen == [
        ("E107", "15", "9782111456808"),
        ("E101", "15", "9782111456815"),
        ("E105", "01", "https://example.org/rapport/2019/html"),
        ("E104", "01", "https://example.org/rapport/2019/docx"),
    ]
    assert texts(products[0], "o:RelatedMaterial/o:RelatedProduct[o:ProductRelationCode='03']//o:IDValue") == [
        "9782111456785"
    ]


def test_organisations_stay_whole_and_persons_are_told_apart():
    root = tree(onix_message(publication(), publication().edition("2019")))[1]
    assert texts(root, "//o:CorporateName")[0] == MINISTRY
    assert texts(root, "//o:KeyNames")[0] == "de Nom" and texts(root, "//o:NamesBeforeKey")[0] == "Prénom"


# What the codes mean by EDItEUR's own words: a right code in the wrong place would still be valid.
MEANT = [
    (1, "03", "Notification confirmed on publication"),
    (2, "00", "Single-component retail product"),
    (3, "01", "Publisher"),
    (5, "01", "Proprietary product ID scheme"),
    (5, "15", "ISBN-13"),
    (13, "02", "ISSN"),
    (15, "01", "Distinctive title"),
    (16, "06", "DOI"),
    (17, "A01", "By (author)"),
    (22, "01", "Language of text"),
    (23, "11", "Content page count"),
    (23, "22", "Filesize"),
    (24, "03", "Pages"),
    (24, "17", "Bytes"),
    (27, "20", "Keywords"),
    (45, "01", "Publisher"),
    (46, "02", "For sale, based on publisher’s non-exclusive"),
    (51, "03", "Replaces"),
    (51, "06", "Alternative format"),
    (55, "00", "YYYYMMDD"),
    (57, "01", "Free of charge"),
    (64, "04", "Active"),
    (65, "20", "Available"),
    (73, "29", "Web page for full content"),
    (81, "10", "Text"),
    (93, "09", "Publisher to end-customers"),
    (144, "00", "None"),
    (148, "10", "Publisher collection"),
    (149, "01", "Product"),
    (149, "02", "Collection level"),
    (150, "ED", "Digital download"),
    (153, "03", "Description"),
    (154, "00", "Unrestricted"),
    (163, "01", "Publication date"),
    (164, "01", "Manifestation of"),
    (175, "E101", "EPUB"),
    (175, "E104", "DOCX"),
    (175, "E105", "HTML"),
    (175, "E107", "PDF"),
    (218, "01", "Human readable"),
]


def test_every_code_means_what_we_took_it_for():
    xs = {"x": "http://www.w3.org/2001/XMLSchema"}
    lists = etree.parse(_LISTS)
    for number, code, meaning in MEANT:
        path = f"//x:simpleType[@name='List{number}']//x:enumeration[@value='{code}']//x:documentation"
        assert lists.xpath(path, namespaces=xs)[0].text.startswith(meaning), (number, code)


@pytest.mark.parametrize(
    ("tag", "code"), [("fr", "fre"), ("en-GB", "eng"), ("de", "ger"), ("br", "bre"), ("gsw", "gsw"), ("xx", "und")]
)
def test_languages_have_bibliographic_codes(tag: str, code: str):
    assert language_code(tag) == code


def test_every_language_code_of_ours_is_in_the_list():
    from millesime.distribution.metadata.onix import _LANGUAGES

    xs = {"x": "http://www.w3.org/2001/XMLSchema"}
    known = set(etree.parse(_LISTS).xpath("//x:simpleType[@name='List74']//x:enumeration/@value", namespaces=xs))
    assert set(_LANGUAGES.values()) <= known
