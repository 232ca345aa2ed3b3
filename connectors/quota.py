"""How many calls of a register's quota are used: counted by the day and the month in Vietnamese time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connectors.courtesy import ZONE, Courtesy


@dataclass(frozen=True, slots=True)
class QuotaUsed:
    """The calls of one day, and of its month up to then."""

    day: date
    day_calls: int = 0
    month_calls: int = 0

    def at(self, now: datetime) -> QuotaUsed:
        """Returns what is used at a later time: a new day, and a new month, begin with none."""
        today = now.astimezone(ZONE).date()
        if today <= self.day:  # a clock that was set back does not give a day's calls once more
            return self
        same_month = (today.year, today.month) == (self.day.year, self.day.month)
        return QuotaUsed(today, 0, self.month_calls if same_month else 0)

    def one_more(self) -> QuotaUsed:
        """Returns the same with another call."""
        return QuotaUsed(self.day, self.day_calls + 1, self.month_calls + 1)

    def renewed_in(self, courtesy: Courtesy, now: datetime) -> float | None:
        """Returns the seconds until the register may be called again; None while calls are left."""
        local = now.astimezone(ZONE)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if courtesy.per_month is not None and self.month_calls >= courtesy.per_month:
            return ((midnight.replace(day=1) + timedelta(days=32)).replace(day=1) - local).total_seconds()
        if courtesy.per_day is not None and self.day_calls >= courtesy.per_day:
            return (midnight + timedelta(days=1) - local).total_seconds()
        return None
