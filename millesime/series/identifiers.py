"""The numbers by which libraries, registries and the law know a publication: ISBN, ISSN, DOI, NOR.

Each is checked where it is written, for a wrong one is printed for ever; and
kept in one form, so that all formats and catalogues say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from millesime.series.mistakes import Mistake, Place, mistake, shown, shown_place
from millesime.series.values import check_text
from millesime.series.yaml_text import Tree

# ISO 26324; prefixes as registries give them out. Whatever follows the slash is the registrant's.
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/[^\s<>\"{}|\\^`]+")
_DOI_BEFORE = re.compile(r"(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
# Numéro d'ordre normalisé: ministry (3), department (1), year (2), number (5), kind of text (1).
_NOR = re.compile(r"[A-Z]{4}\d{7}[A-Z]")


def check_isbn(value: Any) -> str:
    """Return an ISBN as 13 digits; one of ten becomes one of thirteen."""
    text = check_text(value)
    digits = re.sub(r"[\s\u2010-\u2015-]", "", text).upper()
    digits = re.sub(r"^ISBN(-1[03])?:?", "", digits)
    if not re.fullmatch(r"97[89]\d{10}|\d{9}[\dX]", digits):
        hint = "write its 13 digits, such as 978-2-11-145678-5, or leave the key out"
        raise mistake(f"{shown(text)} is no ISBN", hint)
    from stdnum import exceptions, isbn  # here: they load the network's modules, which few manifests are worth

    try:
        return isbn.to_isbn13(isbn.validate(digits))
    except exceptions.InvalidChecksum as error:
        right = _right_check_digit(digits)
        raise mistake(f"{shown(text)} has a wrong check digit", _check_digit_hint(right)) from error
    except exceptions.ValidationError as error:
        raise mistake(f"{shown(text)} is no ISBN", "copy it again from the agency's letter") from error


def _right_check_digit(digits: str) -> str:
    from stdnum import ean

    first = digits[:-1] if len(digits) == 13 else f"978{digits[:-1]}"
    return printed_isbn(first + ean.calc_check_digit(first))


def check_issn(value: Any) -> str:
    """Return an ISSN with its hyphen, "1234-5679"."""
    text = check_text(value)
    digits = re.sub(r"[\s\u2010-\u2015-]", "", text).upper().removeprefix("ISSN").removeprefix(":")
    if not re.fullmatch(r"\d{7}[\dX]", digits):
        raise mistake(f"{shown(text)} is no ISSN", "write its eight digits, such as 2271-9342, or leave the key out")
    from stdnum import issn

    right = digits[:-1] + issn.calc_check_digit(digits[:-1])
    if digits != right:
        raise mistake(f"{shown(text)} has a wrong check digit", _check_digit_hint(issn.format(right)))
    return issn.format(digits)


def _check_digit_hint(right: str) -> str:
    return f"it would be {shown(right)} if all other digits are right: compare with the agency's letter"


def check_doi(value: Any) -> str:
    """Return a DOI without the resolver's address, "10.1234/abc"."""
    text = check_text(value)
    bare = _DOI_BEFORE.sub("", text, count=1)
    if not _DOI.fullmatch(bare):
        raise mistake(f"{shown(text)} is no DOI", "write it from its prefix on, such as 10.1234/rapport-2019")
    return bare


def check_nor(value: Any) -> str:
    """Return a number of the French official journal, "TERL1800000X"."""
    text = check_text(value)
    number = re.sub(r"^NOR\s*:?|\s", "", text.upper())
    if not _NOR.fullmatch(number):
        raise mistake(f"{shown(text)} is no NOR", "write four letters, seven digits and a letter, such as TERL1800000X")
    return number


def printed_isbn(isbn: str) -> str:
    """Return an ISBN with its hyphens where the agency's ranges put them."""
    from stdnum.isbn import format

    return format(isbn)


Isbn = Annotated[str, BeforeValidator(check_isbn)]
Issn = Annotated[str, BeforeValidator(check_issn)]
Doi = Annotated[str, BeforeValidator(check_doi)]
Nor = Annotated[str, BeforeValidator(check_nor)]


def find_repeated_identifiers(trees: Mapping[str, Tree]) -> Iterator[Mistake]:
    """Find the numbers that stand in two places of a series; `trees` by the manifest's file.

    On the trees and not on the editions, so that another mistake does not
    hide it. What is no number is reported elsewhere.
    """
    seen: dict[tuple[str, str], tuple[str, Place]] = {}
    for file, tree in trees.items():
        for kind, number, place in _identifiers(tree):
            first_file, first_place = seen.setdefault((kind, number), (file, place))
            if (first_file, first_place) == (file, place):
                continue
            first = shown_place(first_place) if first_file == file else f"{first_file}: {shown_place(first_place)}"
            yield Mistake(file=file, place=place, text=f"{shown(number)} is already {first}", hint=_ONCE[kind])


_ONCE = {
    "isbn": "an ISBN names one format of one edition: ask for another, or leave it out here",
    "doi": "a DOI names one edition: register another, or leave it out here",
    "nor": "a NOR names one text: leave it out here",
}
_CHECKS = {"isbn": check_isbn, "doi": check_doi, "nor": check_nor}


def _identifiers(tree: Tree) -> Iterator[tuple[str, str, Place]]:
    """Yield the right numbers of one manifest: kind, number, place."""
    if not isinstance(tree, dict):
        return
    for kind, check in _CHECKS.items():
        held = tree.get(kind)
        places = [((kind, key), value) for key, value in held.items()] if isinstance(held, dict) else [((kind,), held)]
        for place, value in places:
            if isinstance(value, str) and (number := _checked(check, value)):
                yield kind, number.lower() if kind == "doi" else number, place


def _checked(check: Any, value: str) -> str:
    try:
        return check(value)
    except ValueError:  # what pydantic reports elsewhere
        return ""
