"""The folder for the legal deposit."""

from lxml import etree

from millesime.distribution.metadata.legal_deposit import legal_deposit_files
from tests.distribution.publications import MINISTRY, publication, published_edition, without_address

EDITION = publication().edition("2019")


def checklist(given_publication=None, edition=None) -> list[str]:
    files = legal_deposit_files(given_publication or publication(), edition or EDITION)
    return files["bordereau.md"].decode().splitlines()


def test_what_the_edition_says_is_ticked_and_the_rest_is_left_to_the_hand():
    lines = checklist()
    assert "- [x] Titre propre : Vers une ville partagée" in lines
    assert f"- [x] Éditeur : {MINISTRY}" in lines
    assert "- [x] Date de publication : 3 juillet 2019" in lines
    assert "- [x] ISSN de la série : 2271-9342" in lines
    assert "- [ ] Adresse de l'éditeur : …" in lines
    bare = checklist(without_address(), without_address().latest)
    assert "- [ ] DOI : …" in bare and "- [ ] Licence : …" in bare


def test_nothing_is_claimed_to_be_done():
    lines = checklist()
    to_do = lines[lines.index("## Fichiers déposés") :]
    assert not [line for line in to_do if line.startswith("- [x]")]


def test_each_file_is_listed_with_its_isbn_and_its_checksum():
    files = legal_deposit_files(publication(), EDITION)
    assert files["SHA256SUMS"].decode().splitlines() == sorted(
        f"{file.sha256}  {file.path.removeprefix('2019/')}" for file in EDITION.files
    )
    assert any("`rapport-2019.pdf`" in line and "ISBN 978-2-11-145680-8" in line for line in checklist())
    assert any("`rapport-2019.zip`" in line and "sans ISBN" in line for line in checklist())
    assert len(etree.fromstring(files["onix.xml"])) == 1 + len(EDITION.files)


def test_a_missing_isbn_is_something_to_do():
    ask = "- [ ] Un ISBN par format"
    assert any(line.startswith(ask) for line in checklist())
    complete = published_edition("2019", files=EDITION.files[:2])
    assert not any(line.startswith(ask) for line in checklist(publication(complete, redlines=()), complete))


def test_a_title_cannot_write_the_list():
    hostile = published_edition("2019", title="x\n- [x] Accusé *reçu* <b>")
    lines = checklist(publication(hostile, redlines=()), hostile)
    assert r"- [x] Titre propre : x - \[x\] Accusé \*reçu\* \<b\>" in lines
