"""Bounds what callers that did not prove who they are can write into the exchange log.

A refusal of such a caller has its own entry, up to so many a second. Those beyond are answered `calls.too_many` at once
and counted: within a second one entry, `calls.too_many:` and their number, stands for all of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from hub.exchange.entries import LogEntry
from hub.exchange.log import ExchangeLog
from hub.exchange.refusals import Refused, Unready

log = structlog.get_logger()

TOO_MANY = "calls.too_many"


class Strangers:
    """Admits refusals to the log, `rate` a second and `burst` at once."""

    def __init__(
        self,
        exchange_log: ExchangeLog,
        *,
        rate: float = 50.0,
        burst: float = 200.0,
        every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = exchange_log
        self._rate, self._burst, self._every, self._clock = rate, burst, every, clock
        self._left, self._at = burst, clock()
        self._turned_away = 0
        self._telling: asyncio.Task[None] | None = None

    def admit(self) -> bool:
        """Tells whether a refusal may have its own entry; the others are counted."""
        now = self._clock()
        self._left, self._at = min(self._burst, self._left + (now - self._at) * self._rate), now
        if self._left >= 1:
            self._left -= 1
            return True
        self._turned_away += 1
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_soon())
        return False

    async def drain(self) -> None:
        """Writes at once what was counted."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
            self._telling = None
        await self._tell()

    async def _tell_soon(self) -> None:
        await asyncio.sleep(self._every)
        self._telling = None
        await self._tell()

    async def _tell(self) -> None:
        number, self._turned_away = self._turned_away, 0
        if not number:
            return
        log.warning("exchange.strangers_turned_away", calls=number)
        try:
            await self._log.append(LogEntry("unknown", code=f"{TOO_MANY}:{number}"))
        except Unready:
            log.error("exchange.strangers_unlogged", calls=number)


def too_many() -> Refused:
    """Makes the refusal of a call that is one too many."""
    return Refused("calls.too_many", retry_after=1)
