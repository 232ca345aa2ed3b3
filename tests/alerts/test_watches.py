"""Each condition: the edge at which it begins to hold, and what it does not take for a fault."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.quota import QuotaUsed
from hub.alerts.watches import Sight, look
from hub.settings import AlertSettings, FeedSettings, RegisterSettings, Settings
from hub.store.health import FeedHealth, Health, OpenAlert, Published, RegisterHealth

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
FEED = "population.citizens"
HOUR = timedelta(hours=1)


def sight(
    *feeds: FeedHealth,
    registers: tuple[RegisterHealth, ...] = (),
    noted: tuple[OpenAlert, ...] = (),
    maintenance: str = "",
    **settings: Any,
) -> Sight:
    """Makes what the watches look at: one configured register, and whatever the test says."""
    made = Settings(
        _env_file=None,
        registers={"population": RegisterSettings(url="https://register", maintenance=maintenance)},
        feeds={"population_citizens": FeedSettings(silent_after=3 * HOUR)},
        alerts=AlertSettings(growth_factor=3, growth_least=20),
        **settings,
    )
    return Sight(made, Health(NOW, registers, feeds, open_alerts=noted))


def found(seen: Sight) -> list[tuple[str, str]]:
    """Returns the conditions that hold, and about what."""
    return [(each.condition.id, each.about) for each in look(seen)]


def feed(age: timedelta = timedelta(0), **changes: Any) -> FeedHealth:
    """Makes a feed that was fresh so long ago."""
    return FeedHealth(FEED, NOW - age, True, **changes)


def test_nothing_is_wrong_with_what_is_well() -> None:
    """A fresh feed and a register that answers raise nothing."""
    assert found(sight(feed(), registers=(RegisterHealth("population"),))) == []


@pytest.mark.parametrize(
    ("age", "silent"), [(3 * HOUR, False), (3 * HOUR + timedelta(seconds=1), True), (timedelta(days=9), True)]
)
def test_a_feed_is_silent_beyond_its_limit(age: timedelta, silent: bool) -> None:
    """The limit itself is still allowed."""
    assert found(sight(feed(age))) == ([("feed.silent", FEED)] if silent else [])


@pytest.mark.parametrize(
    ("maintenance", "silent"),
    [
        ("2026-11-22T01:00Z/2026-11-22T09:00Z", False),  # under way
        ("2026-11-21T20:00Z/2026-11-22T01:00Z", False),  # it ended two hours ago: the feed has its three hours
        ("2026-11-21T20:00Z/2026-11-21T23:59Z", True),
        ("2026-11-23T01:00Z/2026-11-23T09:00Z", True),  # still to come
    ],
)
def test_announced_maintenance_is_no_silence(maintenance: str, silent: bool) -> None:
    """The limit counts from the end of the maintenance."""
    assert bool(found(sight(feed(9 * HOUR), maintenance=maintenance))) is silent


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("batch.empty", "feed.volume"),
        ("batch.shrunken", "feed.volume"),
        ("batch.drift", "feed.parked"),
        ("", "feed.parked"),
    ],
)
def test_a_parked_batch_is_told_by_its_reason(rule: str, condition: str) -> None:
    """A feed that brought too little is told as such; while it waits it is not told as silent too."""
    assert found(sight(feed(9 * HOUR, parked=(("b1", rule), ("b2", rule))))) == [(condition, FEED)]


def batches(*counts: tuple[int, int], apart: timedelta = 2 * HOUR) -> tuple[Published, ...]:
    """Makes published batches, the newest first: fetched and refused."""
    return tuple(Published(fetched, refused, NOW - number * apart) for number, (fetched, refused) in enumerate(counts))


USUAL = [(1000, 10)] * 10


@pytest.mark.parametrize(
    ("newest", "grows"),
    [
        ((1000, 10), False),
        ((1000, 30), False),  # three times the usual share, but for the record that it may always be more
        ((1000, 31), True),
        ((100, 19), False),  # many, but too few to wake somebody
        ((100, 20), True),
        ((20_000, 300), False),  # many, but of many
        ((0, 0), False),
    ],
)
def test_a_quarantine_grows_against_the_last_runs(newest: tuple[int, int], grows: bool) -> None:
    """It is the share of refused records that counts, from a least number on."""
    seen = sight(feed(recent=batches(newest, *USUAL)))

    assert found(seen) == ([("quarantine.growing", FEED)] if grows else [])


def test_batches_of_one_run_count_together() -> None:
    """A run of several batches is judged as one, against the runs before."""
    run = batches(*[(1000, 15)] * 3, apart=timedelta(minutes=5))
    before = tuple(Published(1000, 2, NOW - 5 * HOUR) for _ in range(10))

    (finding,) = look(sight(feed(recent=run + before)))

    assert dict(finding.facts) == {"refused": 45, "fetched": 3000, "times": 7}


def test_a_first_run_has_nothing_to_grow_against() -> None:
    """Without earlier runs there is no usual share; a batch that is mostly refused is parked by its rules."""
    assert found(sight(feed(recent=batches((100, 90))))) == []


@pytest.mark.parametrize(("state", "ill"), [("closed", False), ("open", True), ("half_open", True)])
def test_a_resting_register_is_told(state: str, ill: bool) -> None:
    """Until a trial has succeeded the register is ill."""
    seen = sight(registers=(RegisterHealth("business", state, 5, 20.0),))

    assert found(seen) == ([("register.resting", "business")] if ill else [])


@pytest.mark.parametrize(
    ("calls", "facts"),
    [
        ((99, 990), None),
        ((100, 990), {"calls": 100, "quota": 100, "period": "day"}),
        ((100, 1000), {"calls": 1000, "quota": 1000, "period": "month"}),
    ],
)
def test_a_spent_quota_is_told_once(calls: tuple[int, int], facts: dict[str, Any] | None) -> None:
    """The last call of the day is the edge; of day and month the one that lasts longer is told."""
    used = QuotaUsed(date(2026, 11, 22), *calls)
    register = RegisterHealth("population", used=used, per_day=100, per_month=1000)

    assert [dict(each.facts) for each in look(sight(feed(), registers=(register,)))] == ([facts] if facts else [])


def test_a_late_run_is_late_until_its_feed_moves_on() -> None:
    """A batch that was published after the deadline, or one that waits for a human, ends it."""
    late = OpenAlert("run.late", FEED, NOW - HOUR)
    before, after = Published(10, 0, NOW - 2 * HOUR), Published(10, 0, NOW)

    assert found(sight(feed(recent=(before,)), noted=(late,))) == [("run.late", FEED)]
    assert found(sight(feed(recent=(after, before)), noted=(late,))) == []
    assert found(sight(feed(recent=(before,), parked=(("b", "batch.drift"),)), noted=(late,))) == [
        ("feed.parked", FEED)
    ]


@pytest.mark.parametrize(
    ("day", "condition"),
    [
        (date(2026, 12, 23), None),
        (date(2026, 12, 22), "secret.ending"),
        (date(2026, 11, 30), "secret.ending"),
        (date(2026, 11, 29), "secret.ended"),
        (date(2026, 11, 1), "secret.ended"),
    ],
)
def test_a_secret_that_ends_is_told_before(day: date, condition: str | None) -> None:
    """A month before its end it can wait, a week before it can not."""
    seen = sight(feed())
    seen.settings.registers["population"].secret_expires_on = day

    assert found(seen) == ([(condition, "population.secret")] if condition else [])


def test_what_hurts_citizens_comes_first() -> None:
    """Critical findings stand above warnings."""
    late = OpenAlert("run.late", FEED, NOW)

    seen = look(sight(feed(9 * HOUR), noted=(late,), registers=(RegisterHealth("business", "open"),)))

    assert [each.condition.severity for each in seen] == ["critical", "critical", "warning"]
