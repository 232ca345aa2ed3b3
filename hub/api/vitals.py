"""How registers and feeds are, read once in a few seconds for all who ask this process."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from hub.exchange.outages import DATABASE_AWAY
from hub.store.health import STATEMENT, Health, parse

_SECONDS = 2.0
_KEPT_SECONDS, _KEPT_SECONDS_IF_UNKNOWN = 5.0, 1.0


class Vitals:
    """Reads the health of everything in one statement, over the pool for reading."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Lock()
        self._health: Health | None = None
        self._until = 0.0

    async def read(self) -> Health | None:
        """Returns what is known, at most five seconds old; None when the database does not tell: never an old value."""
        async with self._turn:
            if time.monotonic() >= self._until:
                self._health = await self._ask()
                known = self._health is not None
                self._until = time.monotonic() + (_KEPT_SECONDS if known else _KEPT_SECONDS_IF_UNKNOWN)
            return self._health

    async def _ask(self) -> Health | None:
        try:
            async with asyncio.timeout(_SECONDS), self._pool.acquire(timeout=_SECONDS) as connection:
                return parse(await connection.fetchval(STATEMENT))
        except (*DATABASE_AWAY, asyncpg.PostgresError):
            return None
