"""What a PDF's XMP metadata say beyond title, authors and dates: language, publisher, licence and identifiers.

WeasyPrint writes the rest. What is added here it has read from the document's
head, as `<meta name="dcterms.…">`, so that it comes through whichever way the
book is laid out; a theme that has no such lines adds nothing.

XMP, ISO 16684-1: its namespaces dc, xmp and xmpRights; prism for the numbers
that XMP has no property for.
"""

from __future__ import annotations

from urllib.parse import unquote

from lxml import etree

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_PRISM = "http://prismstandard.org/namespaces/basic/2.0/"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMESPACES = {"rdf": _RDF, "dc": _DC, "xmp": _XMP, "xmpRights": _RIGHTS, "prism": _PRISM}
_IDENTIFIER = "dcterms.identifier"


def complete_metadata(metadata) -> None:
    """Make a WeasyPrint document's metadata say all that its head does."""
    if _IDENTIFIER not in metadata.custom:
        return
    write = metadata.generate_rdf_metadata

    def write_all(*arguments, **options) -> bytes:
        root = etree.fromstring(write(*arguments, **options))
        root.append(_description(metadata.custom, metadata.lang or ""))
        return etree.tostring(root, encoding="utf-8")

    metadata.generate_rdf_metadata = write_all


def _description(said: dict[str, str], language: str) -> etree._Element:
    description = etree.Element(_name(_RDF, "Description"), {_name(_RDF, "about"): ""}, nsmap=_NAMESPACES)
    numbers = {
        kind: said[f"{_IDENTIFIER}.{kind}"] for kind in ("isbn", "doi", "nor") if f"{_IDENTIFIER}.{kind}" in said
    }
    _add(description, _DC, "identifier", said[_IDENTIFIER])
    _add_all(description, _XMP, "Identifier", "Bag", [said[_IDENTIFIER], *numbers.values()])
    if language:
        _add_all(description, _DC, "language", "Bag", [language])
    if publisher := said.get("dcterms.publisher"):
        _add_all(description, _DC, "publisher", "Bag", [publisher])
    if rights := said.get("dcterms.rights"):
        _add_all(description, _DC, "rights", "Alt", [rights])
    if statement := said.get("dcterms.license"):
        _add(description, _RIGHTS, "WebStatement", statement)
    if isbn := numbers.get("isbn"):
        _add(description, _PRISM, "isbn", isbn.removeprefix("urn:isbn:"))
    if doi := numbers.get("doi"):
        _add(description, _PRISM, "doi", unquote(doi.removeprefix("https://doi.org/")))
    if issn := said.get("dcterms.ispartof"):
        _add(description, _PRISM, "issn", issn.removeprefix("urn:issn:"))
    return description


def _add(parent: etree._Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, _name(namespace, name)).text = text


def _add_all(parent: etree._Element, namespace: str, name: str, kind: str, texts: list[str]) -> None:
    """Add a property with several values: a Bag, or an Alt of texts in languages."""
    values = etree.SubElement(etree.SubElement(parent, _name(namespace, name)), _name(_RDF, kind))
    for text in texts:
        value = etree.SubElement(values, _name(_RDF, "li"))
        value.text = text
        if kind == "Alt":
            value.set(_XML_LANG, "x-default")


def _name(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"
