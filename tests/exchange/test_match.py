"""Comparing claims with records."""

from __future__ import annotations

import unicodedata

import pytest

from hub.exchange.match import Claim, birth_date_agrees, name_level


@pytest.mark.parametrize(
    ("claimed", "stored", "level"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An", "exact"),
        ("  NGUYỄN  VĂN AN ", "Nguyễn Văn An", "exact"),
        (unicodedata.normalize("NFD", "Nguyễn Văn An"), "Nguyễn Văn An", "exact"),
        ("Trần Thị Hoà", "Trần Thị Hòa", "tones"),
        ("Nguyên Văn An", "Nguyễn Văn An", "tones"),
        ("NGUYEN VAN AN", "Nguyễn Văn An", "letters"),
        ("Ðang Đức", "Đặng Đức", "letters"),
        ("HMong Y Lang", "H'Mông Y-Lang", "letters"),
        ("Nguyễn Văn Bình", "Nguyễn Văn An", None),
        ("...", "...", None),
        ("", "", None),
    ],
)
def test_names_agree_at_the_strictest_level(claimed: str, stored: str, level: str | None) -> None:
    """Two names agree at the strictest level at which they are equal, and not at all without letters."""
    assert name_level(claimed, stored) == level


@pytest.mark.parametrize(
    ("claimed", "stored", "agrees"),
    [
        ("1950", "1950-03-21", True),
        ("1950-03", "1950-03-21", True),
        ("1950-03-21", "1950-03-21", True),
        ("1950-03-22", "1950-03-21", False),
        ("1950-03-21", "1950", False),
        ("195", "1950", False),
        ("1950-0", "1950-03", False),
    ],
)
def test_birth_dates_agree_at_the_claimed_precision(claimed: str, stored: str, agrees: bool) -> None:
    """A stored date is cut to the claimed precision; the register never confirms more than it knows."""
    assert birth_date_agrees(claimed, stored) is agrees


def test_a_claim_without_a_name_never_agrees() -> None:
    """A number and a birth date alone prove nothing."""
    record = {"name.full": "Nguyễn Văn An", "birth_date": "1950"}
    assert Claim(personal_id="100050000017", birth_date="1950").agreement(record) is None


def test_a_claim_lists_what_it_lacks() -> None:
    """The missing parts are named by their path in the request."""
    assert Claim(personal_id="100050000017").missing() == ["subject.name", "subject.birth_date"]
