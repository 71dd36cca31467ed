"""ISBN, ISSN, DOI and NOR: what is taken, and in which form it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millesime.series.identifiers import check_doi, check_isbn, check_issn, check_nor, printed_isbn


def isbn_of(first: str) -> str:
    """Return an ISBN with the check digit that ISO 2108 defines, computed here once more."""
    total = sum(int(digit) * (1, 3)[index % 2] for index, digit in enumerate(first))
    return first + str(-total % 10)


@given(st.sampled_from(["978", "979"]), st.integers(0, 10**9 - 1), st.integers(0, 9))
def test_of_ten_check_digits_one_is_right_and_a_wrong_one_is_told(prefix: str, number: int, digit: int):
    right = isbn_of(f"{prefix}{number:09}")
    seen = right[:-1] + str(digit)
    if seen == right:
        assert check_isbn(seen) == right
    else:
        with pytest.raises(ValueError, match="wrong check digit") as raised:
            check_isbn(seen)
        assert printed_isbn(right) in str(raised.value)


@pytest.mark.parametrize(
    "written",
    [
        "978-2-11-145678-5",
        "9782111456785",
        "978 2 11 145678 5",
        "ISBN 978-2-11-145678-5",
        "2-11-145678-0",
        "978‑2‑11‑145678‑5",
    ],
)
def test_an_isbn_is_kept_as_13_digits_however_it_is_written(written: str):
    assert check_isbn(written) == "9782111456785"
    assert printed_isbn(check_isbn(written)) == "978-2-11-145678-5"


def test_the_check_digit_of_ten_may_be_an_x():
    assert check_isbn("0-8044-2957-X") == "9780804429573"


@pytest.mark.parametrize("written", ["2271-9342", "22719342", "ISSN 2271-9342", "ISSN: 2271–9342"])
def test_an_issn_is_kept_with_its_hyphen(written: str):
    assert check_issn(written) == "2271-9342"


@pytest.mark.parametrize(
    "written",
    [
        "10.1234/rapport-2019",
        "https://doi.org/10.1234/rapport-2019",
        "http://dx.doi.org/10.1234/rapport-2019",
        "doi:10.1234/rapport-2019",
    ],
)
def test_a_doi_is_kept_without_its_resolver(written: str):
    assert check_doi(written) == "10.1234/rapport-2019"


@pytest.mark.parametrize(
    "written", ["10.1234", "11.1234/a", "10.12/a", "10.1234/a b", "10.1234/<a>", "doi.org/10.1234/a"]
)
def test_what_only_looks_like_a_doi_is_refused(written: str):
    with pytest.raises(ValueError, match="is no DOI"):
        check_doi(written)


@pytest.mark.parametrize("written", ["TERL1800000X", "terl1800000x", "NOR: TERL1800000X", "NOR TERL 1800000 X"])
def test_a_nor_is_kept_in_capitals_without_spaces(written: str):
    assert check_nor(written) == "TERL1800000X"
