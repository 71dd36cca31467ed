"""Publications for tests: one that gives everything, and any that hypothesis thinks of."""

from __future__ import annotations

import dataclasses
import datetime

from hypothesis import strategies as st

from millesime.assembly.report import Author
from millesime.distribution.publication import (
    Publication,
    PublishedChapter,
    PublishedEdition,
    PublishedFile,
    PublishedRedline,
)

BASE = "https://example.org/rapport"
ISBN = {
    ("2018", "pdf"): "9782111456785",
    ("2018", "epub"): "9782111456792",
    ("2019", "pdf"): "9782111456808",
    ("2019", "epub"): "9782111456815",
}
MINISTRY = "Ministère de la Ville, du Logement et des Territoires"
PERSON = Author(name="Prénom de Nom", role="Rédaction", family="de Nom")
FORMATS = ("pdf", "epub", "html", "docx")
_ENDINGS = {"html": "zip"}


def published_file(edition: str, format: str, **changes) -> PublishedFile:
    values = {
        "format": format,
        "path": f"{edition}/rapport-{edition}.{_ENDINGS.get(format, format)}",
        "size": 123_456,
        "sha256": "0123456789abcdef" * 4,
        "pages": 210 if format == "pdf" else None,
        "isbn": ISBN.get((edition, format), ""),
    }
    return PublishedFile(**values | changes)


def published_chapter(edition: str, ident: str, **changes) -> PublishedChapter:
    values = {
        "path": f"{edition}/{ident}.html",
        "id": ident,
        "role": "body",
        "label": "Chapitre 1",
        "title": "Gouverner la donnée",
    }
    return PublishedChapter(**values | changes)


def published_edition(name: str = "2018", **changes) -> PublishedEdition:
    values = {
        "name": name,
        "title": "Vers une ville partagée",
        "subtitle": "Première édition complémentaire",
        "date": datetime.date(int(name), 7, 3),
        "language": "fr",
        "publisher": MINISTRY,
        "authors": (Author(name=MINISTRY, role="Commanditaire"), PERSON),
        "licence": "etalab-2.0",
        "description": "L'état de la ville partagée, chaque année.",
        "keywords": ("ville", "données & services"),
        "identifier": f"{BASE}/{name}",
        "doi": f"10.1234/rapport-{name}",
        "nor": f"TERL{name[2:]}00000X",
        "revision": "3f9c2ab77d1e3f9c2ab77d1e3f9c2ab77d1e3f9c",
        "words": 60_000,
        "files": tuple(published_file(name, format) for format in FORMATS),
        "chapters": (
            published_chapter(name, "avant-propos", role="front", label="", title="Avant-propos"),
            published_chapter(name, "modele", label="Chapitre 1", title="Le modèle", part="Partie I"),
            published_chapter(name, "services", label="Chapitre 2", title="Les services", part="Partie I"),
            published_chapter(name, "conclusion", role="back", label="", title="Conclusion"),
        ),
    }
    return PublishedEdition(**values | changes)


def publication(*editions: PublishedEdition, **changes) -> Publication:
    """Return a publication of three editions, the last in English, unless others are given."""
    given = editions or (
        published_edition("2018"),
        published_edition("2019"),
        published_edition(
            "2020", title="Towards a shared city", subtitle="", language="en-GB", doi="", nor="", licence="CC-BY-4.0"
        ),
    )
    latest = given[-1]
    values = {
        "title": latest.title,
        "language": latest.language,
        "publisher": latest.publisher,
        "authors": latest.authors,
        "licence": latest.licence,
        "description": latest.description,
        "keywords": latest.keywords,
        "base_url": BASE,
        "issn": "2271-9342",
        "editions": given,
        "redlines": tuple(
            PublishedRedline(
                old=old.name, new=new.name, path=f"redlines/{old.name}/{new.name}/", summary="Mots ajoutés : 12."
            )
            for at, new in enumerate(given)
            for old in given[:at]
        ),
    }
    return Publication(**values | changes)


def without_address(**changes) -> Publication:
    """Return a publication that has no base URL and no numbers: identifiers are URNs."""
    editions = tuple(
        dataclasses.replace(
            published_edition(name),
            identifier=f"urn:uuid:3f1c9a52-0b1e-4c55-9d0a-6f6f5f0f{name}",
            doi="",
            nor="",
            licence="",
            files=tuple(published_file(name, format, isbn="") for format in FORMATS),
        )
        for name in ("2018", "2019")
    )
    return publication(*editions, base_url="", issn="", **changes)


# What breaks formats: markup, quotes, line ends, commas, TeX, characters that XML forbids, other scripts.
_AWKWARD = st.sampled_from([
    "<", ">", "&", '"', "'", "]]>", "<!--", "</script>", "&amp;", "\\", "{", "}", "$", "%", "#", "_", "~", "^", "`",
    "--", "---", ",", ";", "|", ":", " - ", "@", "\u00a0", "\u202f", "’", "«", "é", "e\u0301", "ß", "漢字", "عربي",
    "😀", "\u2028", "\x08", "\x85", "ER  - ", "and", "yes", "null", "2019", "=", "*", "/",
])  # fmt: skip
awkward_words = st.lists(st.one_of(_AWKWARD, st.text("abcXYZé0", max_size=5)), min_size=1, max_size=6).map(
    lambda parts: "a" + "".join(parts) + "z"
)


@st.composite
def awkward_publications(draw) -> Publication:
    """Return publications whose every text is awkward."""
    one_line = awkward_words.map(lambda text: text.replace("\u2028", " ").replace("\x85", " "))
    words = one_line
    authors = tuple(
        draw(
            st.lists(st.one_of(words.map(lambda name: Author(name=name)), st.builds(_person, words, words)), max_size=3)
        )
    )
    edition = published_edition(
        "2019",
        title=draw(words),
        subtitle=draw(st.one_of(st.just(""), words)),
        publisher=draw(st.one_of(st.just(""), words)),
        description=draw(st.one_of(st.just(""), words)),
        keywords=tuple(draw(st.lists(words, max_size=2))),
        licence=draw(st.one_of(st.just("etalab-2.0"), st.just(""), words)),
        authors=authors,
        chapters=(published_chapter("2019", "un", title=draw(words), label=draw(words), part=draw(words)),),
    )
    return publication(published_edition("2018"), edition, issn=draw(st.sampled_from(["", "2271-9342"])))


def _person(given: str, family: str) -> Author:
    return Author(name=f"{given} {family}", family=family)
