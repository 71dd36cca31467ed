"""The draft statement: it claims what ran, and no more."""

import pytest

from millesime.distribution.metadata.accessibility_statement import CheckResult, accessibility_statement
from millesime.markup.ast import text_of
from tests.distribution.publications import publication

FRENCH, ENGLISH = publication().edition("2019"), publication().edition("2020")
VERAPDF = CheckResult(tool="veraPDF", version="1.28", format="pdf", count=1, rules="PDF/UA-1")
EPUBCHECK = CheckResult(tool="EPUBCheck", version="5.3", format="epub", count=1, failures=2)


def text(edition, checks, **options) -> str:
    return "\n".join(text_of(block) for block in accessibility_statement(publication(), edition, checks, **options))


@pytest.mark.parametrize("checks", [{}, {"pdf": VERAPDF}, {"pdf": VERAPDF, "epub": EPUBCHECK}], ids=len)
@pytest.mark.parametrize("edition", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_no_check_ever_makes_it_conform(edition, checks):
    said = text(edition, checks).lower()
    held = {"fr": "réputée non conforme", "en-GB": "held not compliant"}[edition.language]
    assert held in said
    for claim in (
        "totalement conforme",
        "partiellement conforme",
        "fully compliant",
        "partially compliant",
        "est conforme",
    ):
        assert claim not in said


def test_nothing_ran_nothing_is_claimed():
    said = text(FRENCH, {})
    assert "Aucune vérification n’a été faite" in said.replace("'", "’")
    assert "aucune règle enfreinte" not in said and "veraPDF" not in said


def test_a_check_that_looked_at_nothing_did_not_run():
    idle = CheckResult(tool="axe", version="4.10", format="html", count=0)
    assert text(FRENCH, {"axe": idle}) == text(FRENCH, {})


def test_what_ran_is_named_with_version_count_and_result():
    said = text(FRENCH, {"pdf": VERAPDF, "epub": EPUBCHECK}).replace("\u00a0", " ").replace("\u202f", " ")
    assert "PDF, par veraPDF 1.28 (PDF/UA-1) ; fichiers ou pages examinés : 1 ; aucune règle enfreinte." in said
    assert "EPUB, par EPUBCheck 5.3 ; fichiers ou pages examinés : 1 ; règles enfreintes : 2." in said
    assert "3 juillet 2019" in said


def test_formats_that_nothing_looked_at_are_named_among_what_is_not_accessible():
    said = text(ENGLISH, {"pdf": VERAPDF})
    for format in ("EPUB", "HTML", "Word"):
        assert f"{format}: no check looked at this format." in said
    assert "PDF: no check" not in said


def test_contact_and_told_exceptions_are_printed_and_what_is_missing_is_visible():
    assert "[À compléter" in text(FRENCH, {}).replace("\u00a0", " ")
    said = text(FRENCH, {}, contact="accessibilite@example.org", exceptions=["La carte de la page 12."])
    assert "accessibilite@example.org" in said and "La carte de la page 12." in said
    assert "[À compléter" not in said


def test_it_has_every_part_that_a_statement_must_have():
    blocks = accessibility_statement(publication(), FRENCH, {"pdf": VERAPDF})
    headings = [block["c"][1][0] for block in blocks if block["t"] == "Header"]
    parts = ("conformity", "established", "not-accessible", "contact", "remedies")
    assert headings == [f"statement-{part}" for part in parts]
