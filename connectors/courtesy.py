"""How a register wants to be treated: rate, calls at a time, service hours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"(\w{3})(?:-(\w{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class _Hours:
    days: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Courtesy:
    """The most that all processes together may ask of a register, and when.

    `windows` is a comma-separated list such as `Mon-Fri 18:00-24:00, Sat-Sun 00:00-24:00`, in Vietnamese time; a night
    that passes midnight is two windows.

    Raises:
        ValueError: a rate below zero or a window that can't be read.
    """

    per_second: float
    concurrent: int
    windows: str = "Mon-Sun 00:00-24:00"
    _hours: tuple[_Hours, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.concurrent < 1:
            raise ValueError("a courtesy allows more than zero calls a second and at least one at a time")
        object.__setattr__(self, "_hours", tuple(_read(part.strip()) for part in self.windows.split(",")))

    def closed_for(self, now: datetime) -> float:
        """Returns the seconds until the register may be called: 0 within the service hours."""
        local = now.astimezone(ZONE)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(8):
            day = midnight + timedelta(days=ahead)
            for hours in sorted(self._hours, key=lambda hours: hours.opens):
                if day.weekday() not in hours.days or local >= day + timedelta(minutes=hours.closes):
                    continue
                return max(0.0, (day + timedelta(minutes=hours.opens) - local).total_seconds())
        raise AssertionError("every window names at least one day")


def _read(text: str) -> _Hours:
    match = _WINDOW.fullmatch(text)
    if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
        raise ValueError(f"not a service window: {text!r}; write for example Mon-Fri 08:00-17:30")
    first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
    opens, closes = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
    if not 0 <= opens < closes <= 24 * 60:
        raise ValueError(f"a service window closes after it opens, on the same day: {text!r}")
    return _Hours(frozenset((first + step) % 7 for step in range((last - first) % 7 + 1)), opens, closes)
