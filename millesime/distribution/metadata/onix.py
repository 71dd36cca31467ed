"""An edition's products for libraries and booksellers: ONIX for Books 3.0, in reference names.

https://www.editeur.org/93/Release-3.0-Downloads/. Each format is a product: it
has an ISBN of its own, or else a number of ours. All are free of charge. The
message is dated like the edition, and refers to earlier editions alone.

Codes are those of EDItEUR's lists, named beside them.
"""

from __future__ import annotations

from lxml import etree

from millesime.assembly.report import Author
from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import add, element, write_xml
from millesime.distribution.publication import Publication, PublishedEdition, PublishedFile

NAME = "onix.xml"
TYPE = "application/onix+xml"
NAMESPACE = "http://ns.editeur.org/onix/3.0/reference"

_FORMS = {"pdf": "E107", "epub": "E101", "docx": "E104", "html": "E105"}  # list 175
_PROPRIETARY, _DOI, _ISBN_13 = "01", "06", "15"  # lists 5 and 16
_ISSN = "02"  # list 13
_PAGES, _FILE_SIZE, _PAGES_UNIT, _BYTES = "11", "22", "03", "17"  # lists 23 (content page count, file size) and 24
_NUMBERS_OF = "Millésime"

# BCP 47 → ISO 639-2/B, ONIX's list 74. Languages of the European Union, and of those around French-speaking ministries.
_LANGUAGES = {
    "ar": "ara", "bg": "bul", "br": "bre", "ca": "cat", "co": "cos", "cs": "cze", "cy": "wel", "da": "dan", "de": "ger",
    "el": "gre", "en": "eng", "es": "spa", "et": "est", "eu": "baq", "fi": "fin", "fr": "fre", "fy": "fry", "ga": "gle",
    "gl": "glg", "hr": "hrv", "ht": "hat", "hu": "hun", "hy": "arm", "is": "ice", "it": "ita", "ja": "jpn", "ko": "kor",
    "lb": "ltz", "lt": "lit", "lv": "lav", "mg": "mlg", "mt": "mlt", "nb": "nob", "nl": "dut", "nn": "nno", "no": "nor",
    "oc": "oci", "pl": "pol", "pt": "por", "rm": "roh", "ro": "rum", "ru": "rus", "sk": "slo", "sl": "slv", "sq": "alb",
    "sr": "srp", "sv": "swe", "ty": "tah", "tr": "tur", "uk": "ukr", "vi": "vie", "wo": "wol", "zh": "chi",
}  # fmt: skip


def onix_message(publication: Publication, edition: PublishedEdition) -> bytes:
    """Return the message of an edition, a product for each of its formats."""
    root = element(f"{{{NAMESPACE}}}ONIXMessage", attributes={"release": "3.0"}, nsmap={None: NAMESPACE})
    header = add(root, "Header")
    add(add(header, "Sender"), "SenderName", facts.publisher_name(edition))
    add(header, "SentDateTime", _date(edition))
    for file in edition.files:
        _add_product(root, publication, edition, file)
    if not edition.files:
        add(root, "NoProduct")
    return write_xml(root)


def language_code(tag: str) -> str:
    """Return the code of a BCP 47 language in ONIX; "und" where our table has none."""
    first = tag.split("-")[0]
    return _LANGUAGES.get(first, first if len(first) == 3 else "und")


def _add_product(
    root: etree._Element, publication: Publication, edition: PublishedEdition, file: PublishedFile
) -> None:
    product = add(root, "Product")
    add(product, "RecordReference", f"{edition.identifier}/{file.format}")
    add(product, "NotificationType", "03")  # list 1: confirmed on publication
    add(product, "RecordSourceType", "01")  # list 3: publisher
    add(product, "RecordSourceName", facts.publisher_name(edition))
    _add_number(add(product, "ProductIdentifier"), edition, file)
    _add_description(add(product, "DescriptiveDetail"), publication, edition, file)
    if edition.description:
        text = add(add(product, "CollateralDetail"), "TextContent")
        add(text, "TextType", "03")  # list 153: description
        add(text, "ContentAudience", "00")  # list 154: unrestricted
        add(text, "Text", edition.description, language=language_code(edition.language))
    _add_publishing(add(product, "PublishingDetail"), edition)
    _add_related(product, publication, edition, file)
    _add_supply(add(product, "ProductSupply"), publication, edition, file)


def _add_number(parent: etree._Element, edition: PublishedEdition, file: PublishedFile) -> None:
    add(parent, "ProductIDType", _ISBN_13 if file.isbn else _PROPRIETARY)
    if not file.isbn:
        add(parent, "IDTypeName", _NUMBERS_OF)
    add(parent, "IDValue", file.isbn or f"{edition.identifier}/{file.format}")


def _add_description(
    detail: etree._Element, publication: Publication, edition: PublishedEdition, file: PublishedFile
) -> None:
    language = language_code(edition.language)
    add(detail, "ProductComposition", "00")  # list 2: single-item retail product
    add(detail, "ProductForm", "ED")  # list 150: digital download
    add(detail, "ProductFormDetail", _FORMS[file.format])
    add(detail, "PrimaryContentType", "10")  # list 81: text
    add(detail, "EpubTechnicalProtection", "00")  # list 144: none
    _add_licence(detail, edition)
    if publication.issn:
        _add_series(add(detail, "Collection"), publication, edition)
    title = add(detail, "TitleDetail")
    add(title, "TitleType", "01")  # list 15: distinctive title
    words = add(title, "TitleElement")
    add(words, "TitleElementLevel", "01")  # list 149: product
    add(words, "TitleText", edition.title, language=language)
    if edition.subtitle:
        add(words, "Subtitle", edition.subtitle, language=language)
    for number, author in enumerate(facts.signatories(edition), 1):
        _add_contributor(add(detail, "Contributor"), author, number)
    statement = edition.subtitle or f"{facts.label('edition', edition.language)} {edition.name}"
    add(detail, "EditionStatement", statement, language=language)
    spoken = add(detail, "Language")
    add(spoken, "LanguageRole", "01")  # list 22: language of text
    add(spoken, "LanguageCode", language)
    if file.pages:
        _add_extent(detail, _PAGES, file.pages, _PAGES_UNIT)
    _add_extent(detail, _FILE_SIZE, file.size, _BYTES)
    if edition.keywords:
        subject = add(detail, "Subject")
        add(subject, "SubjectSchemeIdentifier", "20")  # list 27: keywords
        add(subject, "SubjectHeadingText", "; ".join(edition.keywords), language=language)


def _add_licence(detail: etree._Element, edition: PublishedEdition) -> None:
    rights = facts.rights(edition)
    if rights is None:
        return
    licence = add(detail, "EpubLicense")
    add(licence, "EpubLicenseName", rights.name, language=language_code(edition.language))
    if rights.address:
        expression = add(licence, "EpubLicenseExpression")
        add(expression, "EpubLicenseExpressionType", "01")  # list 218: human readable
        add(expression, "EpubLicenseExpressionLink", rights.address)


def _add_series(collection: etree._Element, publication: Publication, edition: PublishedEdition) -> None:
    add(collection, "CollectionType", "10")  # list 148: publisher collection
    number = add(collection, "CollectionIdentifier")
    add(number, "CollectionIDType", _ISSN)
    add(number, "IDValue", publication.issn.replace("-", ""))
    title = add(collection, "TitleDetail")
    add(title, "TitleType", "01")
    words = add(title, "TitleElement")
    add(words, "TitleElementLevel", "02")  # list 149: collection
    add(words, "TitleText", edition.title, language=language_code(edition.language))


def _add_contributor(contributor: etree._Element, author: Author, number: int) -> None:
    add(contributor, "SequenceNumber", str(number))
    add(contributor, "ContributorRole", "A01")  # list 17: by (author); whatever else a manifest says is in words
    person = facts.as_person(author)
    if person is None:
        add(contributor, "CorporateName", author.name)
        return
    add(contributor, "PersonName", author.name)
    add(contributor, "PersonNameInverted", f"{person.family}, {person.given}")
    if person.given:
        add(contributor, "NamesBeforeKey", person.given)
    add(contributor, "KeyNames", person.family)


def _add_extent(detail: etree._Element, kind: str, value: int, unit: str) -> None:
    extent = add(detail, "Extent")
    add(extent, "ExtentType", kind)
    add(extent, "ExtentValue", str(value))
    add(extent, "ExtentUnit", unit)


def _add_publishing(detail: etree._Element, edition: PublishedEdition) -> None:
    publisher = add(detail, "Publisher")
    add(publisher, "PublishingRole", "01")  # list 45: publisher
    add(publisher, "PublisherName", facts.publisher_name(edition))
    add(detail, "PublishingStatus", "04")  # list 64: active
    date = add(detail, "PublishingDate")
    add(date, "PublishingDateRole", "01")  # list 163: publication date
    add(date, "Date", _date(edition), dateformat="00")  # list 55: YYYYMMDD
    rights = add(detail, "SalesRights")
    add(rights, "SalesRightsType", "02")  # list 46: non-exclusive
    add(add(rights, "Territory"), "RegionsIncluded", "WORLD")


def _add_related(
    product: etree._Element, publication: Publication, edition: PublishedEdition, file: PublishedFile
) -> None:
    """Add the work that the product shows, the other formats, and the same format of the edition before."""
    earlier = publication.editions[: publication.editions.index(edition)]
    others = [(edition, other, "06") for other in edition.files if other != file]  # list 51: alternative format
    others += [
        (before, other, "03")  # list 51: replaces
        for before in earlier[-1:]
        for other in before.files
        if other.format == file.format
    ]
    if not others and not edition.doi:
        return
    material = add(product, "RelatedMaterial")
    if edition.doi:
        work = add(material, "RelatedWork")
        add(work, "WorkRelationCode", "01")  # list 164: manifestation of
        number = add(work, "WorkIdentifier")
        add(number, "WorkIDType", _DOI)
        add(number, "IDValue", edition.doi)
    for owner, other, relation in others:
        related = add(material, "RelatedProduct")
        add(related, "ProductRelationCode", relation)
        _add_number(add(related, "ProductIdentifier"), owner, other)


def _add_supply(
    supply: etree._Element, publication: Publication, edition: PublishedEdition, file: PublishedFile
) -> None:
    detail = add(supply, "SupplyDetail")
    supplier = add(detail, "Supplier")
    add(supplier, "SupplierRole", "09")  # list 93: publisher to end-customers
    add(supplier, "SupplierName", facts.publisher_name(edition))
    if publication.base_url:
        site = add(supplier, "Website")
        add(site, "WebsiteRole", "29")  # list 73: supplier's website for the product's full content
        add(site, "WebsiteLink", publication.address(file.path))
    add(detail, "ProductAvailability", "20")  # list 65: available
    add(detail, "UnpricedItemType", "01")  # list 57: free of charge


def _date(edition: PublishedEdition) -> str:
    return edition.date.strftime("%Y%m%d")
