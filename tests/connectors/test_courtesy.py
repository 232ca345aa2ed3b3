"""What an operator may change about a register's courtesy, announced maintenance, and when quotas renew."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.courtesy import ZONE, Courtesy, read_intervals
from connectors.errors import Refused, Unavailable
from connectors.memory import MemoryBudget, memory_ports
from connectors.population import Population
from connectors.ports import QuotaSpent
from connectors.quota import QuotaUsed
from hub.settings import RegisterSettings
from tests.connectors.conftest import CLAIM, CONTEXT, Connect

OWN = Courtesy(20, 8, "Mon-Fri 06:00-22:00", per_day=1000)


def at(text: str) -> datetime:
    """Reads a time of November 2026 in Viet Nam: `23 10:00` is a Monday's."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("wished", "name", "value"),
    [
        ({"per_second": 5}, "per_second", 5),
        ({"per_second": 50}, "per_second", 20),
        ({"concurrent": 2}, "concurrent", 2),
        ({"concurrent": 99}, "concurrent", 8),
        ({"per_day": 10}, "per_day", 10),
        ({"per_day": 5000}, "per_day", 1000),
        ({"per_month": 70}, "per_month", 70),
        ({"windows": "Thu-Sun 20:00-24:00"}, "windows", "Thu 20:00-22:00, Fri 20:00-22:00"),
        ({}, "windows", "Mon-Fri 06:00-22:00"),
    ],
)
def test_an_operator_lowers_and_never_raises(wished: dict[str, Any], name: str, value: object) -> None:
    """A limit below the connector's own holds, one above it changes nothing."""
    assert getattr(OWN.lowered(**wished), name) == value


def test_a_connector_keeps_to_its_settings(connect: Connect) -> None:
    """The settings of a register reach its calls; the class itself stays as it was written."""
    population = connect()
    config = population.config.model_copy(update={"per_second": 2.0, "concurrent": 1, "per_day": 9})

    limited = Population(config, memory_ports({}), environment="sandbox")

    assert (limited.courtesy.per_second, limited.courtesy.concurrent, limited.courtesy.per_day) == (2.0, 1, 9)
    assert Population.courtesy.per_second == 20


def test_hours_that_leave_no_minute_are_refused(connect: Connect) -> None:
    """Windows that never meet those of the connector are told where the connector is made."""

    class Weekdays(Population):
        courtesy = OWN

    config = connect().config.model_copy(update={"windows": "Sat-Sun 08:00-12:00"})

    with pytest.raises(Refused, match="hours_impossible"):
        Weekdays(config, memory_ports({}), environment="sandbox")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("23 10:00", "23 10:00"),
        ("23 20:59", "23 20:59"),
        ("23 21:00", "24 06:00"),  # the maintenance ends at midnight, when the register is closed
        ("24 05:00", "24 06:00"),
        ("25 08:00", "25 11:00"),  # two maintenances that meet are one
        ("25 11:00", "25 11:00"),
        ("27 21:30", "30 08:00"),  # after the weekend the next maintenance has begun
    ],
)
def test_maintenance_and_hours_together(now: str, opens: str) -> None:
    """A register is called again when it is neither closed nor maintained, however the two lie to each other."""
    announced = [("23 21:00", "24 00:00"), ("25 08:00", "25 10:00"), ("25 10:00", "25 11:00"), ("27 21:30", "30 08:00")]
    courtesy = OWN.lowered(maintenance=tuple((at(begins), at(ends)) for begins, ends in announced))

    assert at(now) + timedelta(seconds=courtesy.closed_for(at(now))) == at(opens)


async def test_a_register_under_maintenance_is_not_called(connect: Connect) -> None:
    """The setting is enough: no request goes out, and the caller learns when the maintenance ends."""
    now = datetime.now(ZONE)
    announced = f"{now - timedelta(hours=2):%FT%T%z}/{now + timedelta(hours=1):%FT%T%z}"
    config = RegisterSettings.model_validate(connect().config.model_dump() | {"maintenance": announced})

    with pytest.raises(Unavailable) as caught:
        await Population(config, memory_ports({}), environment="sandbox").citizen(CLAIM, CONTEXT)

    assert caught.value.code == "maintenance"
    assert 3_500 < (caught.value.retry_after or 0) <= 3_600


@pytest.mark.parametrize(
    "text",
    [
        "tonight",
        "2026-11-28T22:00/2026-11-29T04:00",
        "2026-11-29T04:00+07:00/2026-11-28T22:00+07:00",
        "/",
        "2026-11-28",
    ],
)
def test_an_unreadable_maintenance_is_refused(text: str) -> None:
    """A time without a zone, or one that ends before it begins, is told at start."""
    with pytest.raises(ValueError, match="not an interval"):
        read_intervals(text)
    with pytest.raises(ValidationError, match="maintenance"):
        RegisterSettings(url="https://register", maintenance=text)


def test_an_unreadable_window_is_refused() -> None:
    """A setting that can't be read is told at start."""
    with pytest.raises(ValidationError, match="windows"):
        RegisterSettings(url="https://register", windows="always")


# --- quota ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day_calls", "month_calls", "renewed"),
    [(9, 99, None), (10, 99, "24 00:00"), (9, 100, "30 24:00"), (10, 100, "30 24:00")],
)
def test_when_a_quota_renews(day_calls: int, month_calls: int, renewed: str | None) -> None:
    """A day's calls come again at midnight in Viet Nam, a month's on the first, and the later one counts."""
    now = at("23 23:30")
    rest = QuotaUsed(date(2026, 11, 23), day_calls, month_calls).renewed_in(OWN.lowered(per_day=10, per_month=100), now)

    ends = None if renewed is None else at("24 00:00") if renewed == "24 00:00" else datetime(2026, 12, 1, tzinfo=ZONE)
    assert (None if rest is None else now + timedelta(seconds=rest)) == ends


def test_counts_begin_anew_with_the_day_and_the_month() -> None:
    """Midnight in Viet Nam is what counts; a clock that was set back gives no call a second time."""
    used = QuotaUsed(date(2026, 11, 30), 5, 50)

    assert used.at(at("30 23:59")) == used
    assert used.at(at("29 12:00")) == used
    assert used.at(datetime(2026, 12, 1, tzinfo=ZONE)) == QuotaUsed(date(2026, 12, 1), 0, 0)
    assert QuotaUsed(date(2026, 11, 29), 5, 50).at(at("30 00:00")) == QuotaUsed(date(2026, 11, 30), 0, 50)


async def test_a_spent_quota_in_memory_is_renewed_at_midnight() -> None:
    """The budget of one process keeps the same account."""
    moment = at("23 23:59")
    budget = MemoryBudget(clock=lambda: moment)
    courtesy = Courtesy(1000, 1, per_day=1)
    async with budget.acquire("population", courtesy, 1):
        pass

    with pytest.raises(QuotaSpent) as caught:
        async with budget.acquire("population", courtesy, 1):
            raise AssertionError("the quota was used up")
    moment = at("24 00:00")
    async with budget.acquire("population", courtesy, 1):
        pass

    assert caught.value.renewed_in == 60


def test_a_quota_of_nothing_is_refused() -> None:
    """Whoever wants no calls switches the register off; a quota of none would look like one that is spent."""
    with pytest.raises(ValueError, match="at least one"):
        Courtesy(1, 1, per_day=0)
