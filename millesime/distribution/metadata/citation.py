"""An edition as a citation in BibTeX, RIS, CSL-JSON and CITATION.cff.

An author is an organisation, whose name is kept whole, unless the manifest
tells a family name (`facts.as_person`). The key of an edition is made of its
own title and name, so that it stays when later editions come.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import yaml

from millesime.assembly.printed_identifiers import doi_address
from millesime.assembly.report import Author
from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import without_empty, write_json
from millesime.distribution.publication import Publication, PublishedEdition
from millesime.series.identifiers import printed_isbn
from millesime.series.licences import KNOWN

CFF_NAME = "CITATION.cff"
TYPES = {
    "citation.bib": "application/x-bibtex",
    "citation.ris": "application/x-research-info-systems",
    "citation.json": "application/vnd.citationstyles.csl+json",
    CFF_NAME: "application/yaml",
}
_KEY_LENGTH = 40  # letters of the title in a key


def citation_key(edition: PublishedEdition) -> str:
    """Return the edition's key: "vers-un-modele-francais-de-la-ville-2019"."""
    plain = unicodedata.normalize("NFKD", edition.title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    key = ""
    for word in words:
        if key and len(key) + len(word) >= _KEY_LENGTH:
            break
        key += f"{word[:_KEY_LENGTH]}-"
    return f"{key or 'report-'}{edition.name}"


def one_isbn(edition: PublishedEdition) -> str:
    """Return the ISBN of the format that is cited, where there is room for one: the first that has one."""
    return next((printed_isbn(file.isbn) for file in edition.files if file.isbn), "")


# ---- BibTeX --------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# What TeX would take for markup, ligatures of its fonts included.
_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    '"': r"\textquotedbl{}", "`": r"\`{}", "'": r"\textquotesingle{}",
}  # fmt: skip


# How babel calls the languages that `langid` may name; it sets hyphenation and quotes of the entry.
_TEX_LANGUAGES = {
    "fr": "{french}", "en": "{english}", "en-GB": "{british}", "en-US": "{american}", "de": "{ngerman}",
    "es": "{spanish}", "it": "{italian}", "pt": "{portuguese}", "nl": "{dutch}", "pl": "{polish}", "ca": "{catalan}",
}  # fmt: skip


def bibtex(publication: Publication, edition: PublishedEdition) -> bytes:
    """Return the edition as `@techreport`; braces keep capitals, and organisations in one piece."""
    month = _MONTHS[edition.date.month - 1]
    address = facts.reading_address(publication, edition)
    fields = without_empty({
        "author": "{" + " and ".join(_tex_name(author) for author in facts.signatories(edition)) + "}",
        "title": "{{" + tex(facts.full_title(edition)) + "}}",
        "institution": "{{" + tex(facts.publisher_name(edition)) + "}}",
        "year": str(edition.date.year),
        "month": month,
        "date": "{" + edition.date.isoformat() + "}",
        "version": "{" + tex(edition.name) + "}",
        "langid": _TEX_LANGUAGES.get(edition.language) or _TEX_LANGUAGES.get(edition.language.split("-")[0], ""),
        "doi": "{" + _verbatim(edition.doi) + "}" if edition.doi else "",
        "isbn": "{" + one_isbn(edition) + "}" if one_isbn(edition) else "",
        "issn": "{" + publication.issn + "}" if publication.issn else "",
        "url": "{" + _verbatim(address) + "}" if address else "",
    })  # fmt: skip
    lines = [f"  {name} = {value}" for name, value in fields.items()]
    return ("@techreport{" + citation_key(edition) + ",\n" + ",\n".join(lines) + "\n}\n").encode("utf-8")


def tex(text: str) -> str:
    """Return a text that TeX prints as it stands."""
    escaped = "".join(_TEX.get(character, character) for character in text)
    while "--" in escaped:
        escaped = escaped.replace("--", "-{}-")
    return escaped


def _tex_name(author: Author) -> str:
    person = facts.as_person(author)
    if person is None:
        return "{" + tex(author.name) + "}"
    return f"{{{tex(person.family)}}}, {{{tex(person.given)}}}"


def _verbatim(address: str) -> str:
    """Return an address or DOI for a field that is not read as TeX; a brace in it would end the field."""
    return address.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


# ---- RIS -------------------------------------------------------------------------


def ris(publication: Publication, edition: PublishedEdition) -> bytes:
    """Return the edition as a record of type RPRT."""
    date = edition.date
    lines = [("TY", "RPRT"), ("ID", citation_key(edition)), ("TI", facts.full_title(edition))]
    lines += [("AU", _ris_name(author)) for author in facts.signatories(edition)]
    lines += [
        ("PY", str(date.year)),
        ("DA", date.strftime("%Y/%m/%d/")),
        ("PB", facts.publisher_name(edition)),
        ("ET", edition.name),
        ("LA", edition.language),
        ("AB", edition.description),
        *(("KW", keyword) for keyword in edition.keywords),
        ("DO", edition.doi),
        ("SN", one_isbn(edition) or publication.issn),
        ("UR", facts.reading_address(publication, edition)),
        ("ER", ""),
    ]
    text = "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in lines if value or tag == "ER")
    return text.encode("utf-8")


def _ris_name(author: Author) -> str:
    """Return a name for RIS, in which a comma divides family name and given name.

    A comma after an organisation's name says that all before it is one name.
    The format has no way to write one that is part of it: a dash stands for
    that, rather than that the name be divided.
    """
    person = facts.as_person(author)
    return f"{person.family}, {person.given}" if person else re.sub(r"(?<!\s)\s*+,\s*+", " – ", author.name) + ","


def _line(text: str) -> str:
    return re.sub(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", text)


# ---- CSL-JSON ----------------------------------------------------------------------


def csl_json(publication: Publication, edition: PublishedEdition) -> bytes:
    """Return the edition as a list of one CSL item."""
    return write_json([csl_item(publication, edition)])


def csl_item(publication: Publication, edition: PublishedEdition) -> dict[str, Any]:
    """Return the edition as citeproc reads it."""
    date = edition.date
    return without_empty({
        "id": citation_key(edition),
        "type": "report",
        "title": facts.full_title(edition),
        "author": [_csl_name(author) for author in facts.signatories(edition)],
        "publisher": facts.publisher_name(edition),
        "issued": {"date-parts": [[date.year, date.month, date.day]]},
        "version": edition.name,
        "language": edition.language,
        "abstract": edition.description,
        "keyword": ", ".join(edition.keywords),
        "DOI": edition.doi,
        "ISBN": one_isbn(edition),
        "ISSN": publication.issn,
        "URL": facts.reading_address(publication, edition),
    })  # fmt: skip


def _csl_name(author: Author) -> dict[str, str]:
    person = facts.as_person(author)
    return {"family": person.family, "given": person.given} if person else {"literal": author.name}


# ---- CITATION.cff --------------------------------------------------------------------


# What the format's schema, closed in 2021, allows: these letters in a DOI, and no licence that SPDX listed later.
_CFF_DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")
_CFF_LACKS = {"CC-PDM-1.0", "DL-DE-BY-2.0"}


def citation_cff(publication: Publication, edition: PublishedEdition, *, message: str) -> bytes:
    """Return the edition in the Citation File Format 1.2.0.

    The format knows software and data sets alone; what to cite is its
    `preferred-citation`, of type report. `message` tells readers so.
    """
    authors = [_cff_name(author) for author in facts.signatories(edition)]
    rights = facts.rights(edition)
    named = rights is not None and rights.spdx in KNOWN and rights.spdx not in _CFF_LACKS
    shared = {
        "title": facts.full_title(edition),
        "authors": authors,
        "version": edition.name,
        "doi": edition.doi if _CFF_DOI.fullmatch(edition.doi) else "",
        "url": facts.reading_address(publication, edition),
        "license": rights.spdx if rights and named else "",
        "license-url": rights.address if rights and not named else "",
        "abstract": edition.description,
        "keywords": list(dict.fromkeys(edition.keywords)),
    }
    date = edition.date
    language = edition.language.split("-")[0]
    report = without_empty({
        "type": "report",
        **shared,
        "date-published": date.isoformat(),
        "year": date.year,
        "month": date.month,
        "institution": {"name": facts.publisher_name(edition)},
        "publisher": {"name": edition.publisher} if edition.publisher else None,
        "isbn": one_isbn(edition),
        "issn": publication.issn,
        "languages": [language],
    })  # fmt: skip
    tree = without_empty({
        "cff-version": "1.2.0",
        "message": message,
        "type": "dataset",
        **shared,
        "date-released": date.isoformat(),
        "identifiers": _cff_identifiers(edition),
        "preferred-citation": report,
    })  # fmt: skip
    return yaml.dump(
        tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=10_000
    ).encode("utf-8")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """The same list twice is written twice: readers of this format know no aliases."""
        return True


def _cff_name(author: Author) -> dict[str, str]:
    person = facts.as_person(author)
    return {"family-names": person.family, "given-names": person.given} if person else {"name": author.name}


def _cff_identifiers(edition: PublishedEdition) -> list[dict[str, str]]:
    found = []
    if edition.doi:
        known = _CFF_DOI.fullmatch(edition.doi)
        found.append(
            {"type": "doi", "value": edition.doi} if known else {"type": "url", "value": doi_address(edition.doi)}
        )
    kind = "url" if facts.is_address(edition.identifier) else "other"
    found.append({"type": kind, "value": edition.identifier})
    for file in edition.files:
        if file.isbn:
            found.append({"type": "other", "value": f"urn:isbn:{file.isbn}", "description": file.format.upper()})
    return found
