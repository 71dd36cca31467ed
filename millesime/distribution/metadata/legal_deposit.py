"""The folder of an edition for the French legal deposit: record, checklist, checksums.

Code du patrimoine, articles L131-1 to L133-1 and R131-1 to R133-1-1: who
publishes for the public deposits, digital documents too. The files themselves
are those of the site, put beside these under their own names; nothing here
copies them.

The checklist is in French, for that is who reads it. It ticks what is known
from the edition and leaves the rest to the hand: nothing is claimed done.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from millesime.assembly.dates import long_date
from millesime.distribution.metadata import facts, onix
from millesime.distribution.publication import Publication, PublishedEdition
from millesime.distribution.trust.checksums import CHECKSUMS, write_checksums
from millesime.series.identifiers import printed_isbn

CHECKLIST = "bordereau.md"
_FRENCH = "fr"
_FORMATS = {"pdf": "PDF", "epub": "EPUB", "docx": "Word (DOCX)", "html": "pages HTML, en une archive ZIP"}


def legal_deposit_files(publication: Publication, edition: PublishedEdition) -> dict[str, bytes]:
    """Return the folder's own files by name: checklist, ONIX record, checksums.

    `SHA256SUMS` names the edition's files as they will lie beside it; the
    caller puts them there.
    """
    return {
        CHECKLIST: ("\n".join(_checklist(publication, edition)) + "\n").encode("utf-8"),
        onix.NAME: onix.onix_message(publication, edition),
        CHECKSUMS: write_checksums({posixpath.basename(file.path): file.sha256 for file in edition.files}),
    }


def _checklist(publication: Publication, edition: PublishedEdition) -> Iterator[str]:
    yield f"# Dépôt légal : {_inline(facts.full_title(edition))}"
    yield ""
    yield "Bordereau préparé par Millésime d'après les métadonnées de l'édition, à relire et à compléter avant l'envoi."
    yield "Une case cochée dit que l'information figure ci-dessous ; les autres restent à remplir à la main."
    yield ""
    yield "## Notice"
    yield ""
    yield from (f"- [{'x' if value else ' '}] {name} : {value or '…'}" for name, value in _notice(publication, edition))
    yield ""
    yield "## Fichiers déposés"
    yield ""
    for file in edition.files:
        isbn = f"ISBN {printed_isbn(file.isbn)}" if file.isbn else "sans ISBN"
        pages = f", {file.pages} pages" if file.pages else ""
        name = posixpath.basename(file.path)
        yield f"- [ ] {_FORMATS[file.format]} : `{name}`, {file.size} octets{pages}, {isbn}"
    yield ""
    yield "## Avant l'envoi"
    yield ""
    yield from (f"- [ ] {line}" for line in _to_do(edition))


def _notice(publication: Publication, edition: PublishedEdition) -> Iterator[tuple[str, str]]:
    """Yield what the deposit form asks for: its name, and the value, "" where nobody told."""
    authors = [f"{author.name} ({author.role})" if author.role else author.name for author in edition.authors]
    rights = facts.rights(edition)
    licence = f"{rights.name}, {rights.address}" if rights and rights.address else rights.name if rights else ""
    yield "Titre propre", _inline(edition.title)
    yield "Complément du titre", _inline(edition.subtitle)
    yield "Mention d'édition", f"édition {edition.name}"
    yield "Auteurs", _inline(" ; ".join(authors))
    yield "Éditeur", _inline(edition.publisher)
    yield "Adresse de l'éditeur", ""
    yield "Date de publication", long_date(edition.date, _FRENCH)
    yield "Langue", edition.language
    yield "ISSN de la série", publication.issn
    yield "DOI", edition.doi
    yield "NOR", edition.nor
    yield "Identifiant", edition.identifier
    yield "Adresse de consultation", facts.reading_address(publication, edition)
    yield "Licence", _inline(licence)
    yield "Conditions d'accès", "accès libre et gratuit, sans mesure technique de protection"
    yield "Révision des sources", edition.revision
    yield "Contact pour le dépôt (nom, courriel, téléphone)", ""


def _to_do(edition: PublishedEdition) -> Iterator[str]:
    if not all(file.isbn for file in edition.files):
        yield "Un ISBN par format est demandé à l'agence francophone (AFNIL), ou son absence est voulue."
    yield "Les fichiers s'ouvrent, sont complets et sans mot de passe ni mesure de protection."
    yield "`sha256sum --check SHA256SUMS` ne signale rien dans ce dossier."
    yield "La notice ONIX (`onix.xml`) dit la même chose que ce bordereau."
    yield "Le dépôt est fait auprès de la Bibliothèque nationale de France, dans le délai qu'elle indique."
    yield "L'accusé de réception est classé avec l'édition."
    yield "Si l'édition est aussi imprimée : le dépôt des exemplaires sur papier est fait à part."


def _inline(text: str) -> str:
    """Return a text that Markdown shows as it stands, in one line."""
    line = " ".join(text.split("\n"))
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|!~^$" else character for character in line)
