"""The history can be cut anywhere: windows and pages partition it."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_mocks.country import Country, Entry
from sandbox_mocks.country.timeline import HISTORY_END, HISTORY_START
from tests.sandbox_mocks.conftest import NOW

SMALL = Country(seed=8, people=400, defect_rate=20)
WHOLE = SMALL.feed.window(0, HISTORY_END)
moments = st.integers(HISTORY_START - 10, HISTORY_END + 10) | st.sampled_from([entry.time for entry in WHOLE])


@given(st.lists(moments, max_size=6), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_windows_and_pages_partition_the_history(cuts: list[int], size: int) -> None:
    """However time is cut and paged, every entry comes exactly once, in the same order."""
    bounds = [0, *sorted(cuts), HISTORY_END + 20]
    found: list[Entry] = []
    for since, until in itertools.pairwise(bounds):
        count = SMALL.feed.count(since, until)
        for offset in range(0, count, size):
            page = SMALL.feed.window(since, until, offset, size)
            assert len(page) == min(size, count - offset)
            assert all(since <= entry.time < until for entry in page)
            found += page
    assert found == WHOLE


def test_order_is_by_time_and_number() -> None:
    """The feed's order is the one that the register promises."""
    assert [(entry.time, entry.number) for entry in WHOLE] == sorted((entry.time, entry.number) for entry in WHOLE)


def test_history_is_about_a_third_longer_than_the_country(country: Country) -> None:
    """Everybody has a first entry, and later entries add about a third."""
    entries = country.feed.window(0, NOW)
    people = {entry.person for entry in entries}
    assert abs(len(people) - country.people) < country.people * 0.01
    assert 1.2 < len(entries) / country.people < 1.4
    kinds = Counter(entry.kind for entry in entries)
    assert set(kinds) == {
        *("load_couple", "load_single", "birth", "death", "wedding", "touch", "move", "correct", "withdraw", "repeat"),
        *("replace_single", "replace_married", "duplicate_number", "duplicate_person"),
    }


def test_a_persons_entries_are_those_of_the_feed(country: Country) -> None:
    """What is computed from a person is what is found in the feed."""
    by_person: dict[int, list[Entry]] = {}
    for entry in country.feed.window(0, NOW):
        by_person.setdefault(entry.person, []).append(entry)
    for person in range(0, country.people, 50):
        assert country.feed.entries_of(person, NOW) == by_person.get(person, [])


def test_latest_entry_is_the_truth(clean: Country) -> None:
    """The record of a person at a moment is the content of the latest entry until then."""
    latest = {entry.person: entry for entry in clean.feed.window(0, NOW) if entry.form != "former"}
    for person, entry in latest.items():
        assert clean.truth(person, NOW - 1) == clean.records.write(person, entry.time)


def test_number_list_has_each_number_once_with_its_latest_entry(country: Country) -> None:
    """The list of numbers is the feed with all but each number's last entry left out, in the feed's order."""
    latest: dict[str, Entry] = {}
    for entry in country.feed.window(0, NOW):
        if entry.form not in ("again", "variant"):
            latest[entry.number] = entry
    expected = sorted((entry.time, entry.number) for entry in latest.values())
    listed: list[tuple[int, str]] = []
    for number in itertools.count():
        total, page = country.feed.keys(NOW, number, 700)
        listed += [(entry.time, entry.number) for entry, _ in page]
        if not page:
            break
    assert total == len(listed)
    assert listed == expected


def test_number_list_answers_any_page_first(country: Country) -> None:
    """A page out of the blue is the same as one reached in order."""
    fresh = Country(seed=5, people=30_000)
    in_order = [country.feed.keys(NOW, page, 1000)[1] for page in range(6)]
    assert fresh.feed.keys(NOW, 5, 1000)[1] == in_order[5]
    assert fresh.feed.keys(NOW, 2, 1000)[1] == in_order[2]
    assert fresh.feed.keys(NOW, 10**9, 1000)[1] == []


def test_status_in_the_number_list_is_the_records(country: Country) -> None:
    """A listed number has the status that its record states."""
    seen = Counter[str]()
    for page in (0, 10, 20):
        for entry, status in country.feed.keys(NOW, page, 1400)[1]:
            record = country.records.write(entry.person, entry.time, former=entry.form == "former")
            assert record["TrangThai"] == status
            seen[status] += 1
    assert set(seen) == {"1", "2", "3"}
