"""Any identifier resolves, and no two people share a valid one."""

from __future__ import annotations

import random

import pytest

from sandbox_mocks.country import Country
from tests.sandbox_mocks.conftest import NOW


def replaced_people(country: Country, count: int) -> list[int]:
    found: list[int] = []
    for entry in country.feed.window(0, NOW):
        if entry.form == "former":
            found.append(entry.person)
            if len(found) == count:
                break
    return found


def test_a_number_finds_its_person(large: Country) -> None:
    """Twelve digits lead back to the person whose they are, with prefix 100 and the right sex and year."""
    for index in random.Random(1).sample(range(large.people - 40_000), 3_000):
        place = large.demography.place(index)
        number = large.records.number(place, NOW)
        assert number.startswith("100")
        assert len(number) == 12
        assert [holder.person for holder in large.find(number, NOW)] == [index]


def test_numbers_are_unique(clean: Country) -> None:
    """No valid, former or second number is given twice."""
    numbers = [clean.numbering.number(clean.demography.place(index)) for index in range(clean.total)]
    former = [clean.records.former_number(clean.demography.place(index)) for index in replaced_people(clean, 1000)]
    assert len(set(numbers + former)) == len(numbers) + len(former)


def test_a_number_states_sex_and_birth_year(country: Country) -> None:
    """In every clean record, before and after corrections, the number agrees with sex and birth date."""
    for entry in country.feed.window(0, NOW, limit=4_000):
        record = country.records.write(entry.person, entry.time, former=entry.form == "former")
        birth = record["NgayThangNamSinh"]
        century, female = divmod(int(record["SoDinhDanh"][3]), 2)
        assert (birth.get("NgayThangNam") or birth["Nam"])[:4] == f"{19 + century}{record['SoDinhDanh'][4:6]}"
        assert record["GioiTinh"] == "12"[female]


def test_a_replaced_number_leads_to_its_successor(country: Country) -> None:
    """The old number finds the same person, cancelled and with the number that replaced it; before, it was valid."""
    people = replaced_people(country, 60)
    assert len(people) == 60
    for index in people:
        old, new = country.former_number(index, NOW), country.records.number(country.demography.place(index), NOW)
        assert old is not None
        record = country.truth_of(old, NOW)
        assert record is not None
        assert (record["SoDinhDanh"], record["TrangThai"], record["SoDinhDanhThayThe"]) == (old, "2", new)
        holder = country.find(old, NOW)[0]
        before = country.truth_of(old, holder.version - 1)
        assert before is not None
        assert (before["TrangThai"], before["SoDinhDanhThayThe"]) == ("1", "")
        assert country.truth_of(new, holder.version - 1) is None


def test_some_old_cards_have_two_holders(large: Country) -> None:
    """A nine-digit number finds everyone who has it, some have two, and nobody born after 2001 has one."""
    shared = 0
    for index in random.Random(2).sample(range(large.total), 20_000):
        card = large.numbering.card(index)
        if card:
            holders = large.numbering.card_holders(card)
            assert index in holders
            assert len(holders) == len(set(holders)) <= 2
            assert all(large.demography.place(holder).year <= 2001 for holder in holders)
            shared += len(holders) == 2
    assert shared > 50


@pytest.mark.parametrize("number", ["", "1", "abc", "100" + "9" * 9, "200" + "1" * 9, "1" * 13, "100" + "x" * 9])
def test_an_impossible_number_finds_nobody(country: Country, number: str) -> None:
    """What is no number of this country finds nobody and breaks nothing."""
    assert country.find(number, NOW) == []


def test_too_many_people_are_refused() -> None:
    """A country whose numbers would not suffice says so instead of repeating them."""
    with pytest.raises(ValueError, match="too many people"):
        Country(1, 200_000_000)
