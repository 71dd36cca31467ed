"""Licences that a manifest may name, and what readers and metadata are told of each.

A manifest names a licence by its SPDX identifier (https://spdx.org/licenses/).
Those a public body is likely to choose have their name in full here, in French
and English, and the page that states them; of all others SPDX's own page is
given. A text that is no identifier stays what it is: a licence in words.

Which identifiers there are is asked of `license-expression`, which brings
SPDX's list: a table of our own would call a right identifier a mistake.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from millesime.series.mistakes import mistake, shown
from millesime.series.values import check_text

SPDX = "https://spdx.org/licenses/"
_NOT_LISTED = "LicenseRef-"  # how the library names what SPDX does not
_NEAR = 0.8  # of difflib's ratio, from which on a word counts as a misspelt identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A licence that SPDX knows."""

    id: str  # "CC-BY-4.0"
    names: Mapping[str, str]  # "fr", "en" → its name in full; without any, it is called by its id
    address: str  # the page that states it

    def name(self, language: str) -> str:
        """Return its name for a reader of a BCP 47 language, English if it has none in that one."""
        return self.names.get(language.split("-")[0]) or self.names.get("en") or self.id

    @property
    def spdx_address(self) -> str:
        """What machines know it by."""
        return f"{SPDX}{self.id}.html"


def _one(id: str, french: str, english: str, address: str) -> Licence:
    return Licence(id=id, names={"fr": french, "en": english}, address=address)


def _creative_commons() -> list[Licence]:
    """The six licences in the version in use; of older ones, SPDX's page must do."""
    conditions = {
        "nc": (" – Pas d’utilisation commerciale", "-NonCommercial"),
        "nd": (" – Pas de modification", "-NoDerivatives"),
        "sa": (" – Partage dans les mêmes conditions", "-ShareAlike"),
    }
    licences = []
    for code in ("by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd"):
        named = [conditions[part] for part in code.split("-")[1:]]
        french, english = ("".join(words) for words in zip(*named, strict=True)) if named else ("", "")
        licences.append(
            _one(
                f"CC-{code.upper()}-4.0",
                f"Creative Commons Attribution{french} 4.0 International",
                f"Creative Commons Attribution{english} 4.0 International",
                f"https://creativecommons.org/licenses/{code}/4.0/",
            )
        )
    return licences


_ETALAB = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
_DATA_COMMONS = "https://opendatacommons.org/licenses"
_ZERO = "https://creativecommons.org/publicdomain"

KNOWN: Mapping[str, Licence] = {
    licence.id: licence
    for licence in (
        _one("etalab-2.0", "Licence Ouverte 2.0 (Etalab)", "Open Licence 2.0 (Etalab)", _ETALAB),
        *_creative_commons(),
        _one(
            "CC0-1.0",
            "Creative Commons Zéro 1.0 universel",
            "Creative Commons Zero 1.0 Universal",
            f"{_ZERO}/zero/1.0/",
        ),
        _one("CC-PDM-1.0", "Marque du domaine public 1.0", "Public Domain Mark 1.0", f"{_ZERO}/mark/1.0/"),
        _one("ODbL-1.0", "Open Database License 1.0", "Open Database License 1.0", f"{_DATA_COMMONS}/odbl/1-0/"),
        _one(
            "ODC-By-1.0",
            "Open Data Commons Attribution 1.0",
            "Open Data Commons Attribution License 1.0",
            f"{_DATA_COMMONS}/by/1-0/",
        ),
        _one("LAL-1.3", "Licence Art Libre 1.3", "Free Art License 1.3", "https://artlibre.org/"),
        _one(
            "OGL-UK-3.0",
            "Open Government Licence 3.0 (Royaume-Uni)",
            "Open Government Licence 3.0 (United Kingdom)",
            "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        ),
        _one(
            "DL-DE-BY-2.0",
            "Datenlizenz Deutschland – Namensnennung 2.0",
            "Data licence Germany – Attribution 2.0",
            "https://www.govdata.de/dl-de/by-2-0",
        ),
        _one(
            "GFDL-1.3-or-later",
            "Licence de documentation libre GNU 1.3 ou ultérieure",
            "GNU Free Documentation License 1.3 or later",
            "https://www.gnu.org/licenses/fdl-1.3.html",
        ),
        _one(
            "EUPL-1.2",
            "Licence publique de l’Union européenne 1.2",
            "European Union Public Licence 1.2",
            "https://interoperable-europe.ec.europa.eu/collection/eupl/eupl-text-eupl-12",
        ),
        _one("MIT", "Licence MIT", "MIT License", "https://opensource.org/license/mit"),
        _one("Apache-2.0", "Licence Apache 2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    )
}


def find_licence(text: str) -> Licence | None:
    """Return the licence that a manifest's text names, or None for a licence in words."""
    if text in KNOWN:
        return KNOWN[text]
    if text and _identifiers().get(text) == text:
        return Licence(id=text, names={}, address=f"{SPDX}{text}.html")
    return None


def licence_name(text: str, language: str) -> str:
    """Return how a licence is called in an edition: its name in full, or the manifest's own words."""
    licence = find_licence(text)
    return licence.name(language) if licence else text


def check_licence(value: Any) -> str:
    """Return a licence: an SPDX identifier in its usual letters, or words that are not nearly one."""
    text = check_text(value)
    if find_licence(text) is None and (near := _near(text)):
        raise mistake(
            f"{shown(text)} is nearly a licence that SPDX knows",
            f"did you mean {shown(near)}? If it is another licence, write its name in full",
        )
    return text


LicenceText = Annotated[str, BeforeValidator(check_licence)]


def _near(text: str) -> str:
    """Return the identifier that a text must have meant, or "".

    It differs by case, spaces and points alone, or is the licence's name in
    full, or a name that SPDX gave up, or an identifier without its version, or
    one word of nearly the same letters.
    """
    identifiers = _identifiers()
    names = [(name, id) for name, id in identifiers.items()]
    names += [(name, licence.id) for licence in KNOWN.values() for name in licence.names.values()]
    by_letters = {_letters(name): id for name, id in names}
    if id := by_letters.get(_letters(text)):
        return id
    lowered = text.lower()
    listed = {id.lower(): id for id in identifiers.values()}
    versions = [id for low, id in listed.items() if re.fullmatch(re.escape(lowered) + r"-\d+(\.\d+)*", low)]
    if versions:
        return max(versions, key=_version)
    if not re.fullmatch(r"(?=[a-z.+]*+[-0-9])[a-z0-9.+-]+", lowered):
        return ""
    nearest = difflib.get_close_matches(lowered, listed, n=1, cutoff=_NEAR)
    return listed[nearest[0]] if nearest else ""


def _letters(text: str) -> str:
    return re.sub(r"[^\w+]|_", "", text.lower())


def _version(id: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", id.rpartition("-")[2])]


@cache
def _identifiers() -> Mapping[str, str]:
    """Return all that SPDX lists: each identifier → itself, and the names it had before → the one it has now."""
    from license_expression import get_spdx_licensing

    licences = {
        id: symbol
        for id, symbol in sorted(get_spdx_licensing().known_symbols.items())
        if not id.startswith(_NOT_LISTED) and not symbol.is_exception
    }
    former = {
        name: id for id, symbol in licences.items() for name in symbol.aliases if not name.startswith(_NOT_LISTED)
    }
    return {**former, **{id: id for id in licences}}
