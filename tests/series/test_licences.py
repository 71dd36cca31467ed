"""Licences by SPDX identifier, and texts that are nearly one."""

import pytest
from license_expression import get_spdx_licensing

from millesime.series.licences import KNOWN, check_licence, find_licence, licence_name


def test_etalab_is_known_by_name_and_address_in_french_and_english():
    licence = find_licence("etalab-2.0")
    assert licence.name("fr") == "Licence Ouverte 2.0 (Etalab)"
    assert licence.name("en-GB") == licence.name("de") == "Open Licence 2.0 (Etalab)"
    assert licence.address.startswith("https://www.etalab.gouv.fr/")
    assert licence.spdx_address == "https://spdx.org/licenses/etalab-2.0.html"


@pytest.mark.parametrize("id", sorted(KNOWN))
def test_every_licence_we_name_is_one_that_spdx_lists(id: str):
    assert check_licence(id) == id
    assert id in get_spdx_licensing().known_symbols
    assert set(KNOWN[id].names) == {"fr", "en"}


def test_a_licence_that_only_spdx_knows_is_called_by_its_identifier():
    licence = find_licence(check_licence("CC-BY-NC-SA-2.0-FR"))
    assert licence.name("fr") == "CC-BY-NC-SA-2.0-FR"
    assert licence.address == "https://spdx.org/licenses/CC-BY-NC-SA-2.0-FR.html"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC_BY_4.0", "CC-BY-4.0"),
        ("CC-BY", "CC-BY-4.0"),
        ("CC-BY-4", "CC-BY-4.0"),
        ("Etalab 2.0", "etalab-2.0"),
        ("etalab", "etalab-2.0"),
        ("etalb-2.0", "etalab-2.0"),
        ("Licence Ouverte 2.0 (Etalab)", "etalab-2.0"),
        ("GPL-3.0", "GPL-3.0-only"),
        ("GPL-3.0+", "GPL-3.0-or-later"),
        ("CC0", "CC0-1.0"),
    ],
)
def test_a_near_miss_is_refused_with_what_it_must_have_meant(written: str, meant: str):
    with pytest.raises(ValueError, match="did you mean") as raised:
        check_licence(written)
    assert f"did you mean {meant!r}?" in str(raised.value)


@pytest.mark.parametrize(
    "words",
    ["Tous droits réservés", "Licence ouverte", "proprietary", "<x>", "—", "MIT OR Apache-2.0", "Réutilisation libre"],
)
def test_a_licence_in_words_stays_what_it_is(words: str):
    assert check_licence(words) == words
    assert find_licence(words) is None
    assert licence_name(words, "fr") == words
