"""Families agree in both directions and are plausible."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.country.permutation import Keyring
from tests.sandbox_mocks.conftest import NOW


def people(country: Country, count: int, seed: int = 1) -> list[int]:
    return random.Random(seed).sample(range(country.total), count)


def test_relations_of_ten_thousand_people_agree_both_ways(large: Country) -> None:
    """Parents have their children, children their parents, and spouses each other."""
    with_parents = married = 0
    for index in people(large, 10_000):
        if (parents := large.parents(index)) is not None:
            with_parents += 1
            assert large.spouse(parents[0]) == parents[1]
            assert index in large.children(parents[0])
            assert index in large.children(parents[1])
        if (spouse := large.spouse(index)) is not None:
            married += 1
            assert large.spouse(spouse) == index
            assert large.children(spouse) == large.children(index)
        for child in large.children(index):
            assert index in (large.parents(child) or ())
    assert with_parents > 4_000
    assert married > 4_000


def test_ages_in_families_are_plausible(large: Country) -> None:
    """A mother is 18 to 45 at a birth, a father not much younger or older, and children come one after another."""
    place = large.demography.place
    for index in people(large, 3_000):
        years = [place(child).year for child in large.children(index)]
        assert all(later - earlier >= 2 for earlier, later in pairwise(years))
        if (parents := large.parents(index)) is not None:
            father, mother = (place(parent) for parent in parents)
            assert (father.sex, mother.sex) == (0, 1)
            assert 19 <= place(index).year - mother.year <= 44
            assert 19 <= place(index).year - father.year <= 50


@pytest.mark.parametrize("size", [1, 7, 60, 500, 2_000])
def test_siblings_never_marry_in_small_countries(size: int) -> None:
    """Husband and wife have different parents, however few people there are."""
    country = Country(seed=size, people=size)
    for index in range(country.total):
        spouse = country.spouse(index)
        assert spouse is None or country.parents(index) is None or country.parents(index) != country.parents(spouse)


def test_records_of_a_couple_name_each_other(clean: Country) -> None:
    """In a husband's record stands the wife's valid number, and the other way round."""
    couples = 0
    for index in people(clean, 1_500):
        spouse = clean.spouse(index, NOW)
        record = clean.truth(index, NOW)
        if record is None or spouse is None:
            continue
        partner = clean.truth(spouse, NOW)
        assert partner is not None
        married = bool(record["VoChong"] and record["VoChong"]["SoDinhDanh"])
        assert married
        assert record["VoChong"]["SoDinhDanh"] == partner["SoDinhDanh"]
        assert partner["VoChong"]["SoDinhDanh"] == record["SoDinhDanh"]
        couples += 1
    assert couples > 300


@pytest.mark.parametrize("size", [1, 2, 3, 10, 997, 4_096, 70_001])
def test_a_permutation_has_its_inverse(size: int) -> None:
    """Every number has one place, and every place one number."""
    permutation = Keyring(1).permutation(size, "test")
    places = [permutation.forward(number) for number in range(size)]
    assert sorted(places) == list(range(size))
    assert [permutation.backward(place) for place in places] == list(range(size))


def test_a_seed_is_a_country() -> None:
    """The same seed gives the same people, another seed others."""
    first, same, other = Country(3, 500), Country(3, 500), Country(4, 500)
    records = [[country.truth(index, NOW) for index in range(300)] for country in (first, same, other)]
    assert records[0] == records[1]
    assert records[0] != records[2]
