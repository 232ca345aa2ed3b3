"""Enterprise codes: the strict check digit, an invented block, and the way back from each code."""

from __future__ import annotations

import pytest
from stdnum.vn import mst

from sandbox_mocks.country.enterprises.codes import CAPACITY, Codes, check_digit
from sandbox_mocks.country.permutation import Keyring

CODES = Codes(Keyring(11))


@pytest.mark.parametrize("code", ["0100233488", "0314409058", "0306182043", "0100109106"])
def test_known_codes_have_their_check_digit(code: str) -> None:
    """The check digit is the one of published codes."""
    assert check_digit(code[:9]) == code[9]


def test_a_remainder_of_ten_has_no_check_digit() -> None:
    """About one body in eleven can't be issued."""
    bodies = [f"99{at * 7919 % 10_000_000:07d}" for at in range(2_000)]
    missing = sum(check_digit(body) is None for body in bodies)
    assert 0.07 < missing / len(bodies) < 0.11


def test_codes_are_valid_their_own_and_lead_back() -> None:
    """Twenty thousand codes: invented block, valid to python-stdnum, all different, and found again."""
    places = [*range(10_000), *range(CAPACITY - 10_000, CAPACITY)]
    codes = [CODES.code(place) for place in places]
    assert all(code.startswith("99") and mst.is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)
    assert [CODES.find(code) for code in codes] == places


def test_an_unissuable_code_has_a_remainder_of_ten() -> None:
    """The code made for the defect fails the check, and stands in its enterprise's neighbourhood."""
    made = [(place, CODES.unissuable(place)) for place in range(500)]
    found = [(place, code) for place, code in made if code is not None]
    assert len(found) > 400
    for place, code in found:
        assert check_digit(code[:9]) is None
        assert CODES.find(code) is None
        assert place in CODES.neighbours(code)


@pytest.mark.parametrize("code", ["", "99", "9900000000", "0100233488", "99000000000", "99000 0000", "９９00000000"])
def test_a_code_of_no_place_finds_nothing(code: str) -> None:
    """What is no code of the block finds nobody."""
    assert CODES.find(code) is None
