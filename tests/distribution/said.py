"""What each output says of one edition, read out of it again: for the test that compares them all."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf
import yaml
from lxml import etree, html

from millesime.distribution.metadata import citation, datacite, facts, feeds, onix, opds, schema_org, timemap, webpub
from millesime.distribution.metadata.legal_deposit import legal_deposit_files
from millesime.distribution.publication import Publication, PublishedEdition
from millesime.distribution.site import page_head
from millesime.series.licences import find_licence

BASE = "https://example.org/rapport"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one output says of the edition; what its format has no place for is left out by its reader."""

    title: str = ""
    date: str = ""  # "2019-07-03"
    language: str = ""
    licence: str = ""  # SPDX identifier
    authors: tuple[str, ...] = ()
    identifiers: frozenset[str] = field(default_factory=frozenset)  # as URIs


PERSON = "Prénom de Nom"
MINISTRY = "Ministère de la Ville, du Logement et des Territoires"
DOI = "https://doi.org/10.1234/rapport-2019"
PDF_ISBN, EPUB_ISBN = "urn:isbn:9782111456785", "urn:isbn:9782111456792"
OWN = f"{BASE}/2019"
TRUE = Said(
    title="La ville partagée", date="2019-07-03", language="fr", licence="CC-BY-SA-4.0", authors=(MINISTRY, PERSON),
    identifiers=frozenset({OWN, DOI, PDF_ISBN, EPUB_ISBN}),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All that was made of the edition."""

    publication: Publication
    edition: PublishedEdition
    folder: Path  # with report.pdf, report.epub, report.docx and html/
    files: dict[str, bytes]  # of the catalogue, by path

    def metadata(self, name: str) -> bytes:
        return self.files[facts.metadata_path(self.edition, name)]


# ---- readers -----------------------------------------------------------------

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "opf": "http://www.idpf.org/2007/opf",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "d": datacite.NAMESPACE,
    "o": onix.NAMESPACE,
}
BY_ADDRESS = {find_licence(id).address: id for id in ("CC-BY-SA-4.0", "CC-BY-4.0", "etalab-2.0")}
BY_NAME = {find_licence(id).name("fr"): id for id in BY_ADDRESS.values()}


def all_of(root, path: str) -> list[str]:
    return [str(one).strip() for one in root.xpath(path, namespaces=NS)]


def one_of(root, path: str) -> str:
    (found,) = set(all_of(root, path))
    return found


def from_pdf(shelf: Shelf) -> Said:
    with pikepdf.open(shelf.folder / "report.pdf") as document:
        root = etree.fromstring(document.Root.Metadata.read_bytes())
        assert str(document.Root.Lang) == one_of(root, "//dc:language//rdf:li/text()")
        assert str(document.docinfo["/Title"]) == one_of(root, "//dc:title//rdf:li/text()")
        assert str(document.docinfo["/CreationDate"])[2:10] == "20190703"
    assert (
        BY_NAME[one_of(root, "//dc:rights//rdf:li/text()")]
        == BY_ADDRESS[one_of(root, "//xmpRights:WebStatement/text()")]
    )
    assert EPUB_ISBN not in etree.tostring(root).decode(), "another format's ISBN"
    return Said(
        title=one_of(root, "//dc:title//rdf:li/text()"),
        date=one_of(root, "//xmp:CreateDate/text()")[:10],
        language=one_of(root, "//dc:language//rdf:li/text()"),
        licence=BY_ADDRESS[one_of(root, "//xmpRights:WebStatement/text()")],
        authors=tuple(all_of(root, "//dc:creator//rdf:li/text()")),
        identifiers=frozenset([*all_of(root, "//xmp:Identifier//rdf:li/text()"), EPUB_ISBN]),
    )


def from_epub(shelf: Shelf) -> Said:
    with zipfile.ZipFile(shelf.folder / "report.epub") as archive:
        root = etree.fromstring(archive.read("EPUB/package.opf"))
    found = all_of(root, "//dc:identifier/text()")
    assert found[0] == OWN and PDF_ISBN not in found
    assert BY_NAME[one_of(root, "//dc:rights/text()")] == "CC-BY-SA-4.0"
    return Said(
        title=one_of(root, "//dc:title/text()"),
        date=one_of(root, "//dc:date/text()"),
        language=one_of(root, "//dc:language/text()"),
        licence=BY_ADDRESS[one_of(root, "//opf:meta[@property='dcterms:license']/text()")],
        authors=tuple(all_of(root, "//dc:creator/text()")),
        identifiers=frozenset([*found, PDF_ISBN]),
    )


def from_html(shelf: Shelf) -> Said:
    root = html.fromstring((shelf.folder / "html" / "index.html").read_bytes())
    return Said(
        title=one_of(root, "//h1/text()"),
        date=one_of(root, "//meta[@name='dcterms.date']/@content"),
        language=one_of(root, "/html/@lang"),
        licence=BY_ADDRESS[one_of(root, "//link[@rel='license']/@href")],
        authors=tuple(all_of(root, "//meta[@name='author']/@content")),
        identifiers=frozenset([
            one_of(root, "//meta[@name='dcterms.identifier']/@content"),
            "https://doi.org/" + one_of(root, "//meta[@name='citation_doi']/@content"), PDF_ISBN, EPUB_ISBN,
        ]),
    )  # fmt: skip


def from_docx(shelf: Shelf) -> Said:
    with zipfile.ZipFile(shelf.folder / "report.docx") as archive:
        text = "".join(etree.fromstring(archive.read("word/document.xml")).itertext())
        links = archive.read("word/_rels/document.xml.rels").decode()
        core = etree.fromstring(archive.read("docProps/core.xml"))
    assert find_licence("CC-BY-SA-4.0").name("fr") in text and DOI in links
    return Said(
        title=one_of(core, "//dc:title/text()"),
        language=one_of(core, "//dc:language/text()"),
        licence=next(id for address, id in BY_ADDRESS.items() if address in links),
        authors=tuple(one_of(core, "//dc:creator/text()").split("; ")),
    )


def from_head(shelf: Shelf) -> Said:
    printed = page_head.print_head(page_head.edition_head(shelf.publication, shelf.edition))
    root = html.document_fromstring(f"<!DOCTYPE html><head>{printed}</head>")

    def meta(name: str) -> list[str]:
        return all_of(root, f"//meta[@name='{name}']/@content")

    assert meta("citation_publication_date") == [meta("DCTERMS.issued")[0].replace("-", "/")]
    assert meta("citation_author") == meta("DC.creator") and meta("citation_title") == meta("DC.title")
    assert meta("citation_language") == meta("DC.language")
    assert all_of(root, "//link[@rel='license']/@href") == meta("DCTERMS.license")
    assert {f"urn:isbn:{isbn.replace('-', '')}" for isbn in meta("citation_isbn")} == {PDF_ISBN, EPUB_ISBN}
    return Said(
        title=meta("DC.title")[0],
        date=meta("DCTERMS.issued")[0],
        language=meta("DC.language")[0],
        licence=BY_ADDRESS[meta("DCTERMS.license")[0]],
        authors=tuple(meta("DC.creator")),
        identifiers=frozenset(meta("DC.identifier")),
    )


def from_json_ld(shelf: Shelf) -> Said:
    thing = json.loads(schema_org.script_text(schema_org.edition_thing(shelf.publication, shelf.edition)))
    own, doi = thing["identifier"]
    assert thing["@id"] == own and {one["datePublished"] for one in thing["workExample"]} == {thing["datePublished"]}
    return Said(
        title=thing["name"],
        date=thing["datePublished"],
        language=thing["inLanguage"],
        licence=BY_ADDRESS[thing["license"]],
        authors=tuple(one["name"] for one in thing["author"]),
        identifiers=frozenset(
            [own, f"https://doi.org/{doi['value']}", *(f"urn:isbn:{one['isbn']}" for one in thing["workExample"])]
        ),
    )


def from_atom(shelf: Shelf) -> Said:
    root = etree.fromstring(shelf.files[feeds.EDITIONS_PATH]).find("a:entry", NS)
    assert one_of(root, "a:published/text()") == one_of(root, "a:updated/text()")
    return Said(
        title=one_of(root, "a:title/text()"),
        date=one_of(root, "a:updated/text()")[:10],
        language=root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        licence=BY_ADDRESS[one_of(root, "a:link[@rel='license']/@href")],
        authors=tuple(all_of(root, "a:author/a:name/text()")),
        identifiers=frozenset(
            [one_of(root, "a:id/text()"), one_of(root, "a:link[@rel='related']/@href"), PDF_ISBN, EPUB_ISBN]
        ),
    )


def from_opds_1(shelf: Shelf) -> Said:
    root = etree.fromstring(shelf.files[opds.PATH_1]).find("a:entry", NS)
    assert one_of(root, "a:updated/text()")[:10] == one_of(root, "dcterms:issued/text()")
    return Said(
        title=one_of(root, "a:title/text()"),
        date=one_of(root, "dcterms:issued/text()"),
        language=one_of(root, "dcterms:language/text()"),
        licence=BY_NAME[one_of(root, "a:rights/text()")],
        authors=tuple(all_of(root, "a:author/a:name/text()")),
        identifiers=frozenset(all_of(root, "dcterms:identifier/text()")),
    )


def _readium(metadata: dict, links: list[dict]) -> Said:
    (licence,) = [link["href"] for link in links if link["rel"] == "license"]
    return Said(
        title=metadata["title"],
        date=metadata["published"],
        language=metadata["language"],
        licence=BY_ADDRESS[licence],
        authors=tuple(one["name"] for one in metadata["author"]),
        identifiers=frozenset([metadata["identifier"], *metadata["altIdentifier"]]),
    )


def from_opds_2(shelf: Shelf) -> Said:
    (publication,) = json.loads(shelf.files[opds.PATH_2])["publications"]
    return _readium(publication["metadata"], publication["links"])


def from_webpub(shelf: Shelf) -> Said:
    manifest = json.loads(shelf.metadata(webpub.NAME))
    return _readium(manifest["metadata"], manifest["links"])


def from_bibtex(shelf: Shelf) -> Said:
    text = shelf.metadata("citation.bib").decode()
    fields = dict(re.findall(r"^  (\w+) = (.*?),?$", text, re.MULTILINE))
    bare = {name: re.sub(r"[{}]", "", value) for name, value in fields.items()}
    assert (bare["year"], bare["month"]) == ("2019", "jul")
    ministry, person = bare["author"].split(" and ")
    family, given = person.split(", ")
    return Said(
        title=bare["title"],
        date=bare["date"],
        language={"french": "fr"}[bare["langid"]],
        authors=(ministry, f"{given} {family}"),
        identifiers=frozenset(
            [bare["url"].rstrip("/"), f"https://doi.org/{bare['doi']}", _isbn(bare["isbn"]), EPUB_ISBN]
        ),
    )


def from_ris(shelf: Shelf) -> Said:
    lines = [line.split("  - ", 1) for line in shelf.metadata("citation.ris").decode().split("\r\n") if line]
    field = dict(lines)
    ministry, person = [value for tag, value in lines if tag == "AU"]
    family, given = person.split(", ")
    assert ministry == MINISTRY.replace(", ", " – ") + ","  # what the format cannot say otherwise
    return Said(
        title=field["TI"],
        date=field["DA"].rstrip("/").replace("/", "-"),
        language=field["LA"],
        authors=(MINISTRY, f"{given} {family}"),
        identifiers=frozenset(
            [field["UR"].rstrip("/"), f"https://doi.org/{field['DO']}", _isbn(field["SN"]), EPUB_ISBN]
        ),
    )


def from_csl(shelf: Shelf) -> Said:
    (item,) = json.loads(shelf.metadata("citation.json"))
    year, month, day = item["issued"]["date-parts"][0]
    return Said(
        title=item["title"],
        date=f"{year}-{month:02}-{day:02}",
        language=item["language"],
        authors=tuple(one.get("literal") or f"{one['given']} {one['family']}" for one in item["author"]),
        identifiers=frozenset(
            [item["URL"].rstrip("/"), f"https://doi.org/{item['DOI']}", _isbn(item["ISBN"]), EPUB_ISBN]
        ),
    )


def from_cff(shelf: Shelf) -> Said:
    tree = yaml.safe_load(shelf.metadata(citation.CFF_NAME))
    report = tree["preferred-citation"]
    for key in ("title", "authors", "doi", "license", "url"):
        assert tree[key] == report[key]
    assert tree["date-released"] == report["date-published"] and tree == yaml.safe_load(shelf.files[citation.CFF_NAME])
    found = {one["value"] for one in tree["identifiers"] if one["type"] != "doi"}
    return Said(
        title=tree["title"],
        date=tree["date-released"],
        language=report["languages"][0],
        licence=tree["license"],
        authors=tuple(one.get("name") or f"{one['given-names']} {one['family-names']}" for one in tree["authors"]),
        identifiers=frozenset([f"https://doi.org/{tree['doi']}", *found]),
    )


def from_datacite(shelf: Shelf) -> Said:
    root = etree.fromstring(shelf.metadata(datacite.NAME))
    assert one_of(root, "d:publicationYear/text()") == "2019"
    assert BY_ADDRESS[one_of(root, "//d:rights/@rightsURI")] == one_of(root, "//d:rights/@rightsIdentifier")
    ministry, person = all_of(root, "//d:creatorName/text()")
    family, given = person.split(", ")
    return Said(
        title=one_of(root, "//d:title/text()"),
        date=one_of(root, "//d:date[@dateType='Issued']/text()"),
        language=one_of(root, "d:language/text()"),
        licence=one_of(root, "//d:rights/@rightsIdentifier"),
        authors=(ministry, f"{given} {family}"),
        identifiers=frozenset([
            "https://doi.org/" + one_of(root, "d:identifier/text()"),
            one_of(root, "//d:alternateIdentifier[@alternateIdentifierType='URL']/text()"),
            *map(_isbn, all_of(root, "//d:alternateIdentifier[@alternateIdentifierType='ISBN']/text()")),
        ]),
    )  # fmt: skip


def from_onix(shelf: Shelf) -> Said:
    return _onix(shelf.metadata(onix.NAME))


def from_legal_deposit(shelf: Shelf) -> Said:
    files = legal_deposit_files(shelf.publication, shelf.edition)
    text = files["bordereau.md"].decode()
    assert "3 juillet 2019" in text and "ISBN 978-2-11-145678-5" in text and "DOI : 10.1234/rapport-2019" in text
    return _onix(files[onix.NAME])


def _onix(content: bytes) -> Said:
    root = etree.fromstring(content)
    date = one_of(root, "//o:PublishingDate/o:Date/text()")
    assert one_of(root, "//o:SentDateTime/text()") == date
    assert BY_NAME[one_of(root, "//o:EpubLicenseName/text()")] == "CC-BY-SA-4.0"
    first = root.find("o:Product", NS)
    return Said(
        title=one_of(root, "//o:DescriptiveDetail/o:TitleDetail//o:TitleText/text()"),
        date=f"{date[:4]}-{date[4:6]}-{date[6:]}",
        language={"fre": "fr"}[one_of(root, "//o:LanguageCode/text()")],
        licence=BY_ADDRESS[one_of(root, "//o:EpubLicenseExpressionLink/text()")],
        authors=tuple(all_of(first, ".//o:CorporateName/text() | .//o:PersonName/text()")),
        identifiers=frozenset([
            OWN if all(ref.startswith(OWN) for ref in all_of(root, "//o:RecordReference/text()")) else "",
            "https://doi.org/" + one_of(root, "//o:WorkIdentifier/o:IDValue/text()"),
            *(f"urn:isbn:{isbn}" for isbn in all_of(root, "o:Product/o:ProductIdentifier/o:IDValue/text()")),
        ]),
    )  # fmt: skip


def from_timemap(shelf: Shelf) -> Said:
    (memento,) = json.loads(shelf.files[timemap.JSON_PATH])["mementos"]["list"]
    return Said(date=memento["datetime"][:10])


def from_sitemap(shelf: Shelf) -> Said:
    root = etree.fromstring(shelf.files["sitemap.xml"])
    return Said(date=one_of(root, "//*[local-name()='lastmod']/text()"))


def _isbn(printed: str) -> str:
    return f"urn:isbn:{printed.replace('-', '')}"


READERS: dict[str, Callable[[Shelf], Said]] = {
    "pdf": from_pdf,
    "epub": from_epub,
    "html": from_html,
    "docx": from_docx,
    "head": from_head,
    "json_ld": from_json_ld,
    "atom": from_atom,
    "opds_1": from_opds_1,
    "opds_2": from_opds_2,
    "webpub": from_webpub,
    "bibtex": from_bibtex,
    "ris": from_ris,
    "csl": from_csl,
    "cff": from_cff,
    "datacite": from_datacite,
    "onix": from_onix,
    "legal_deposit": from_legal_deposit,
    "timemap": from_timemap,
    "sitemap": from_sitemap,
}
