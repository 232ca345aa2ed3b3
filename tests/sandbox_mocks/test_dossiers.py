"""The list of dossiers can be cut anywhere: windows and pages partition the history of the business register."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Dossier, Enterprises
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD
from sandbox_mocks.country.timeline import HISTORY_END, HISTORY_START, VIETNAM, epoch_ms
from tests.sandbox_mocks.conftest import NOW

_DAY = 86_400_000
_FIRST_DAY = epoch_ms(datetime(2021, 7, 1, tzinfo=VIETNAM))


@pytest.fixture(scope="module")
def whole(enterprises: Enterprises) -> list[Dossier]:
    """All dossiers there ever are."""
    return enterprises.dossiers(_FIRST_DAY - _DAY, HISTORY_END + _DAY)


@pytest.mark.parametrize("days", [1, 5])
def test_windows_tile_the_history(enterprises: Enterprises, whole: list[Dossier], days: int) -> None:
    """The union of all windows of whole days is every dossier exactly once, in order."""
    found: list[Dossier] = []
    for since in range(_FIRST_DAY, HISTORY_END, days * _DAY):
        part = enterprises.dossiers(since, since + days * _DAY)
        assert len(part) == enterprises.count(since, since + days * _DAY)
        assert all(since <= dossier.time < since + days * _DAY for dossier in part)
        found += part
    assert found == whole
    assert len({dossier.serial for dossier in found}) == len(found)


def test_the_list_is_everything_that_lives_contain(enterprises: Enterprises, whole: list[Dossier]) -> None:
    """What the lives of all enterprises hold is what the list holds, deaths' consequences included."""
    lives = [
        (step.time, step.serial, step.unit, step.document, step.process)
        for form in (FIRM, HOUSEHOLD)
        for place in range(enterprises.plan.total(form))
        for step in enterprises.history.life(form, place).steps
    ]
    assert sorted(lives) == sorted(tuple(dossier) for dossier in whole)
    assert all(HISTORY_START <= dossier.time < HISTORY_END for dossier in whole)


def test_order_is_by_time_and_number(whole: list[Dossier]) -> None:
    """The list is in order of the second of decision, then of the number."""
    keys = [(dossier.time, dossier.serial) for dossier in whole]
    assert keys == sorted(keys)
    assert all(time % 1000 == 0 for time, _ in keys)


@pytest.mark.parametrize("size", [1, 7, 200])
def test_pages_partition_a_window(enterprises: Enterprises, size: int) -> None:
    """However a window is paged, every dossier comes exactly once."""
    since, until = _FIRST_DAY + 30 * _DAY, _FIRST_DAY + 35 * _DAY
    pages = [enterprises.dossiers(since, until, at, size) for at in range(0, enterprises.count(since, until), size)]
    assert [dossier for page in pages for dossier in page] == enterprises.dossiers(since, until)


def test_each_number_finds_its_dossier(enterprises: Enterprises, whole: list[Dossier]) -> None:
    """A dossier is found by its number from its decision on, and numbers of none find nothing."""
    for dossier in whole[::9]:
        assert enterprises.dossier(dossier.serial, dossier.time) == dossier
        assert enterprises.dossier(dossier.serial, dossier.time - 1) is None
    known = {dossier.serial for dossier in whole}
    for serial in (max(known) + 1, 9_999_999_999, enterprises.plan.dossiers):
        assert (enterprises.dossier(serial, HISTORY_END) is not None) is (serial in known)


def test_the_list_of_today_grows(enterprises: Enterprises, whole: list[Dossier]) -> None:
    """A window holds what was decided so far, whatever the clock says."""
    day = epoch_ms(datetime(2021, 9, 9, tzinfo=VIETNAM))
    everything = enterprises.dossiers(day, day + _DAY)
    for now in (day, day + 12 * 3_600_000, everything[1].time - 1, everything[1].time, day + _DAY):
        seen = enterprises.dossiers(day, day + _DAY, now=now)
        assert seen == [dossier for dossier in everything if dossier.time <= now]
        assert enterprises.visible(day, day + _DAY, now) == len(seen)


def test_some_dossiers_are_not_approved(whole: list[Dossier]) -> None:
    """A few of a hundred dossiers change nothing: received, to be supplemented, rejected."""
    so_far = [dossier for dossier in whole if dossier.time <= NOW]
    refused = [dossier.process for dossier in so_far if not dossier.approved]
    assert set(refused) == {"1", "2", "4"}
    assert 0.02 < len(refused) / len(so_far) < 0.25
    assert {dossier.document for dossier in so_far} == {"NEW", "AMEND", "STATUS"}


def test_an_entry_changes_only_by_its_approved_dossiers(enterprises: Enterprises, country: Country) -> None:
    """Between two approved dossiers a detail stays the same, byte by byte."""
    since = epoch_ms(datetime(2026, 1, 1, tzinfo=VIETNAM))
    for dossier in enterprises.dossiers(since, since + 40 * _DAY):
        if not dossier.approved:
            continue
        version = enterprises.version(dossier.unit, dossier.time)
        assert version == dossier.time
        later = enterprises.version(dossier.unit, dossier.time + timedelta(hours=3) // timedelta(milliseconds=1)) or 0
        if later == version:
            first, again = enterprises.body(dossier.unit, version), Enterprises(country).body(dossier.unit, later)
            assert first == again
