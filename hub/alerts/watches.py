"""Looks whether conditions hold: one small function for each, in the list `WATCHES`.

To watch for something else, declare its condition in `conditions.py`, write a function from `Sight` to findings and add
it to the list. It must be quick and must not call a register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.alerts import conditions
from hub.alerts.conditions import Finding
from hub.settings import Settings
from hub.store.expiry import Severity, expiries
from hub.store.health import Health, Published

_VOLUME_RULES = ("batch.empty", "batch.shrunken")
_RUN = timedelta(hours=1)
"""Batches that were published within this time of the newest one are taken for one run."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a watch looks at."""

    settings: Settings
    health: Health

    @property
    def at(self) -> datetime:
        """The moment of it all, by the database's clock."""
        return self.health.at


Watch = Callable[[Sight], Iterator[Finding]]


def silent_feeds(sight: Sight) -> Iterator[Finding]:
    """Feeds that were not published for longer than their limit; announced maintenance does not count.

    One that waits for a human is silent for that reason, which is another finding.
    """
    for feed in sight.health.feeds:
        if feed.parked:
            continue
        since = feed.fresh_at
        register = sight.settings.registers.get(feed.register)
        for begins, ends in register.maintenances if register else ():
            if begins <= sight.at and ends > since:
                since = min(ends, sight.at)
        limit = sight.settings.feed(feed.feed).silent_after
        if sight.at - since > limit:
            facts = {"hours": _hours(sight.at - since), "limit": _hours(limit)}
            yield Finding(conditions.FEED_SILENT, feed.feed, facts)


def parked_batches(sight: Sight) -> Iterator[Finding]:
    """Feeds that stand still because a batch waits for a human."""
    for feed in sight.health.feeds:
        for batch, rule in feed.parked[:1]:
            condition = conditions.FEED_VOLUME if rule in _VOLUME_RULES else conditions.FEED_PARKED
            yield Finding(condition, feed.feed, {"batch": batch, "rule": rule or "?"})


def growing_quarantines(sight: Sight) -> Iterator[Finding]:
    """Feeds whose newest records are refused far more often than those of the batches before."""
    wanted = sight.settings.alerts
    for feed in sight.health.feeds:
        new = [each for each in feed.recent if each.at > feed.recent[0].at - _RUN]
        before = feed.recent[len(new) :]
        refused, fetched = _sums(new)
        usual_refused, usual_fetched = _sums(before)
        if refused < wanted.growth_least or not usual_fetched:
            continue
        # One refused record more than there were: a quarantine that was empty has a usual share too.
        times = refused / fetched / ((usual_refused + 1) / usual_fetched)
        if times >= wanted.growth_factor:
            facts = {"refused": refused, "fetched": fetched, "times": round(times)}
            yield Finding(conditions.QUARANTINE_GROWING, feed.feed, facts)


def resting_registers(sight: Sight) -> Iterator[Finding]:
    """Registers whose breaker is open, or half open: a trial has not succeeded yet."""
    for register in sight.health.registers:
        if register.breaker != "closed":
            yield Finding(conditions.REGISTER_RESTING, register.register, {"failures": register.failures})


def spent_quotas(sight: Sight) -> Iterator[Finding]:
    """Registers whose calls of the day or the month are used up."""
    for each in sight.health.registers:
        for period, calls, quota in (
            ("month", each.used.month_calls, each.per_month),
            ("day", each.used.day_calls, each.per_day),
        ):
            if quota is not None and calls >= quota:
                yield Finding(
                    conditions.REGISTER_QUOTA, each.register, {"calls": calls, "quota": quota, "period": period}
                )
                break


def late_runs(sight: Sight) -> Iterator[Finding]:
    """Runs whose deadline a callback noted as passed, until their feed publishes again or waits for a human."""
    feeds = {feed.feed: feed for feed in sight.health.feeds}
    for alert in sight.health.open_alerts:
        feed = feeds.get(alert.about)
        published = feed is not None and bool(feed.recent) and feed.recent[0].at > alert.began_at
        if alert.condition == conditions.RUN_LATE.id and feed is not None and not published and not feed.parked:
            yield Finding(conditions.RUN_LATE, alert.about)


def ending_secrets(sight: Sight) -> Iterator[Finding]:
    """Certificates and secrets of registers that end soon, the next one of each; `hub secrets check` lists all."""
    seen: set[str] = set()
    for each in expiries(sight.settings, sight.at):
        about = f"{each.register}.{each.what}"
        if each.severity is Severity.FINE or about in seen:
            continue
        seen.add(about)
        condition = conditions.SECRET_ENDING if each.severity is Severity.SOON else conditions.SECRET_ENDED
        yield Finding(condition, about, {"day": f"{each.day or '?'}"})


WATCHES: tuple[Watch, ...] = (
    resting_registers,
    spent_quotas,
    parked_batches,
    silent_feeds,
    ending_secrets,
    growing_quarantines,
    late_runs,
)
"""Everything that is looked at, in the order in which people should read it."""


def look(sight: Sight) -> list[Finding]:
    """Returns all that is wrong: one finding for each condition and thing, the critical ones first."""
    found = {(each.condition.id, each.about): each for watch in WATCHES for each in watch(sight)}
    return sorted(found.values(), key=lambda each: each.condition.severity != "critical")


def _hours(length: timedelta) -> str:
    return f"{length / timedelta(hours=1):.1f}".removesuffix(".0")


def _sums(batches: tuple[Published, ...] | list[Published]) -> tuple[int, int]:
    return sum(each.quarantined for each in batches), sum(each.fetched for each in batches)
