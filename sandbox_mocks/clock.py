"""The twin's clock: real time, or a moment that a test or a demonstration has set."""

from __future__ import annotations

import time
from datetime import datetime


class Clock:
    """Tells what time it is in the country. Set, it stands still."""

    def __init__(self, now: datetime | None = None) -> None:
        self._fixed: int | None = None
        self.set(now)

    def now_ms(self) -> int:
        """Returns the country's time in epoch milliseconds."""
        return time.time_ns() // 1_000_000 if self._fixed is None else self._fixed

    def set(self, now: datetime | None) -> None:
        """Stops the clock at an aware time, or lets it run with real time again.

        Raises:
            ValueError: the time has no offset from UTC.
        """
        if now is not None and now.utcoffset() is None:
            raise ValueError("the clock needs a time with its offset from UTC, as 2026-11-22T08:00:00+07:00")
        self._fixed = None if now is None else round(now.timestamp() * 1000)
