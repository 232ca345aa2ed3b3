"""Registers and feeds as gauges for Prometheus: what is not known has no value, and `hub_health_known` says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.store.health import Health, RegisterHealth

_STATES = ("closed", "half_open", "open")
_REGISTER, _FEED = ("register",), ("feed",)


class HealthCollector(Collector):  # type: ignore[misc]
    """Shows the health that was read last; `health` is set before each rendering."""

    def __init__(self) -> None:
        self.health: Health | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yields the gauges."""
        health = self.health
        yield _gauge(
            "hub_health_known", "1 when the database told how registers and feeds are.", (), [((), health is not None)]
        )
        if health is None:
            return
        yield from _registers(health)
        yield from _feeds(health)
        age = None if health.alerts_at is None else (health.at - health.alerts_at).total_seconds()
        yield _gauge("hub_alerts_checked_age_seconds", "Seconds since alerts were looked for.", (), [((), age)])
        yield _gauge("hub_alerts_open", "Alerts that have not ended.", (), [((), len(health.open_alerts))])
        yield _gauge("hub_alerts_untold", "Alerts that wait to be told.", ("channel",), _by_name(health.untold))


def _registers(health: Health) -> Iterator[GaugeMetricFamily]:
    each = health.registers
    yield _gauge(
        "hub_register_breaker_state",
        "1 for the state in which the register's breaker is.",
        ("register", "state"),
        [((r.register, state), r.breaker == state) for r in each for state in _STATES],
    )
    rows: dict[str, tuple[str, Callable[[RegisterHealth], float | None]]] = {
        "hub_register_breaker_failures": ("Failures in a row.", lambda r: r.failures),
        "hub_register_next_trial_seconds": ("Seconds until the next trial of an open breaker.", lambda r: r.next_trial),
        "hub_register_calls_under_way": ("Places that are taken.", lambda r: r.under_way),
        "hub_register_places": ("Calls that may be under way at a time.", lambda r: r.concurrent),
        "hub_register_turns_left": (
            "Calls that may go out at once; below zero when some wait.",
            lambda r: r.turns_left,
        ),
        "hub_register_rate": ("Calls a second that are allowed.", lambda r: r.per_second),
    }
    for name, (meaning, value) in rows.items():
        yield _gauge(name, meaning, _REGISTER, [((r.register,), value(r)) for r in each])
    periods = [((r.register, "day"), r.used.day_calls, r.per_day) for r in each]
    periods += [((r.register, "month"), r.used.month_calls, r.per_month) for r in each]
    labels = ("register", "period")
    yield _gauge("hub_register_calls", "Calls of the day and the month.", labels, [(k, used) for k, used, _ in periods])
    yield _gauge("hub_register_quota", "Calls that are allowed in it.", labels, [(k, most) for k, _, most in periods])


def _feeds(health: Health) -> Iterator[GaugeMetricFamily]:
    each = health.feeds
    ages = [((f.feed,), (health.at - f.fresh_at).total_seconds() if f.published else None) for f in each]
    yield _gauge("hub_feed_watermark_age_seconds", "Seconds since up to when the feed is published.", _FEED, ages)
    open_entries = [((f.feed,), f.quarantined) for f in each]
    yield _gauge("hub_feed_quarantine_open", "Records in quarantine that wait for a steward.", _FEED, open_entries)
    parked = [((f.feed,), len(f.parked)) for f in each]
    yield _gauge("hub_feed_parked_batches", "Batches that wait for a human.", _FEED, parked)


def _by_name(rows: tuple[tuple[str, int], ...]) -> list[tuple[tuple[str, ...], float]]:
    return [((name,), count) for name, count in rows]


def _gauge(
    name: str, meaning: str, labels: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], object]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for key, value in rows:
        if isinstance(value, int | float):
            family.add_metric(key, float(value))
    return family
