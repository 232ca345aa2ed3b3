"""How a register wants to be treated: rate, calls at a time, calls a day and a month, service hours, maintenance."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"(\w{3})(?:-(\w{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")

Interval = tuple[datetime, datetime]
"""From an instant until another, which no longer belongs to it."""


@dataclass(frozen=True, slots=True)
class _Hours:
    days: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Courtesy:
    """The most that all processes together may ask of a register, and when.

    `per_day` and `per_month` are quotas of calls, each attempt counted, renewed at midnight and on the first of the
    month in Vietnamese time; None: there is none. `windows` is a comma-separated list such as
    `Mon-Fri 18:00-24:00, Sat-Sun 00:00-24:00`, in Vietnamese time; a night that passes midnight is two windows.
    `maintenance` are announced times in which the register must be left alone.

    Raises:
        ValueError: a rate or quota below one, a window that can't be read, or no window at all.
    """

    per_second: float
    concurrent: int
    windows: str = "Mon-Sun 00:00-24:00"
    per_day: int | None = None
    per_month: int | None = None
    maintenance: tuple[Interval, ...] = ()
    _hours: tuple[_Hours, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.concurrent < 1:
            raise ValueError("a courtesy allows more than zero calls a second and at least one at a time")
        if any(quota is not None and quota < 1 for quota in (self.per_day, self.per_month)):
            raise ValueError("a quota allows at least one call; leave it out when there is none")
        object.__setattr__(self, "_hours", tuple(_read(part.strip()) for part in self.windows.split(",")))

    def lowered(
        self,
        *,
        per_second: float | None = None,
        concurrent: int | None = None,
        per_day: int | None = None,
        per_month: int | None = None,
        windows: str | None = None,
        maintenance: tuple[Interval, ...] = (),
    ) -> Courtesy:
        """Returns the courtesy with an operator's limits: where they are wider than the connector's, they change
        nothing.

        Raises:
            ValueError: the windows of both have no minute in common.
        """
        return Courtesy(
            min(self.per_second, per_second or self.per_second),
            min(self.concurrent, concurrent or self.concurrent),
            self.windows if windows is None else _common(self._hours, Courtesy(1, 1, windows)._hours),
            min((quota for quota in (self.per_day, per_day) if quota is not None), default=None),
            min((quota for quota in (self.per_month, per_month) if quota is not None), default=None),
            tuple(sorted({*self.maintenance, *maintenance})),
        )

    def maintained_until(self, now: datetime) -> datetime | None:
        """Returns the end of the maintenance that is under way, or None; maintenances that meet are one."""
        end = None
        for begins, ends in self.maintenance:
            if begins <= (end or now) < ends:
                end = ends
        return end

    def closed_for(self, now: datetime) -> float:
        """Returns the seconds until the register may be called: 0 within the service hours."""
        at = now
        # A maintenance may end outside of the service hours, and the hours begin within the next one.
        for _ in range(len(self.maintenance) + 1):
            at = self._opens_after(self.maintained_until(at) or at)
            if self.maintained_until(at) is None:
                break
        return (at - now).total_seconds()

    def _opens_after(self, moment: datetime) -> datetime:
        local = moment.astimezone(ZONE)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(8):
            day = midnight + timedelta(days=ahead)
            for hours in sorted(self._hours, key=lambda hours: hours.opens):
                if day.weekday() not in hours.days or local >= day + timedelta(minutes=hours.closes):
                    continue
                return max(local, day + timedelta(minutes=hours.opens))
        raise AssertionError("every window names at least one day")


def read_intervals(text: str) -> tuple[Interval, ...]:
    """Reads `FROM/UNTIL, …` (ISO 8601 with a zone), such as `2026-11-28T22:00+07:00/2026-11-29T04:00+07:00`.

    Raises:
        ValueError: one is no such interval.
    """
    return tuple(_interval(part.strip()) for part in text.split(",") if part.strip())


def _interval(text: str) -> Interval:
    advice = f"not an interval: {text!r}; write 2026-11-28T22:00+07:00/2026-11-29T04:00+07:00, the earlier time first"
    begins, _, ends = text.partition("/")
    try:
        interval = datetime.fromisoformat(begins.strip()), datetime.fromisoformat(ends.strip())
    except ValueError:
        raise ValueError(advice) from None
    if any(moment.tzinfo is None for moment in interval) or interval[0] >= interval[1]:
        raise ValueError(advice)
    return interval


def _read(text: str) -> _Hours:
    match = _WINDOW.fullmatch(text)
    if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
        raise ValueError(f"not a service window: {text!r}; write for example Mon-Fri 08:00-17:30")
    first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
    opens, closes = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
    if not 0 <= opens < closes <= 24 * 60:
        raise ValueError(f"a service window closes after it opens, on the same day: {text!r}")
    return _Hours(frozenset((first + step) % 7 for step in range((last - first) % 7 + 1)), opens, closes)


def _common(one: tuple[_Hours, ...], other: tuple[_Hours, ...]) -> str:
    """Writes the windows that two sets of them have in common."""
    common = [
        f"{_DAYS[day]} {opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
        for ours, theirs in product(one, other)
        if (opens := max(ours.opens, theirs.opens)) < (closes := min(ours.closes, theirs.closes))
        for day in sorted(ours.days & theirs.days)
    ]
    if not common:
        raise ValueError("the windows have no minute in common: the register could never be called")
    return ", ".join(common)
