"""The budget of a register, shared by all processes: a token bucket, quotas and a number of places, in PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg

from connectors.courtesy import Courtesy
from connectors.ports import QuotaSpent
from connectors.quota import QuotaUsed
from hub.store.link import Link

_POLL_SECONDS = 0.05
_GRACE_SECONDS = 5.0

_OPEN = "insert into hub.register_budget (register, tokens) values ($1, $2) on conflict do nothing"
# The row's lock makes all processes take turns; time is the database's, so that their clocks do not matter.
_LOCK = """
select least($2, tokens + extract(epoch from clock_timestamp() - updated_at)::double precision * $3) as tokens,
       day, day_calls, month_calls, clock_timestamp() as at
  from hub.register_budget where register = $1 for update
"""
# A statement of its own, after the lock is held: one that began before it would count the places of that moment.
_PLACES = """
with over as (delete from hub.register_place where register = $1 and expires_at < clock_timestamp())
select count(*) from hub.register_place where register = $1 and expires_at >= clock_timestamp()
"""
# The limits are kept beside what is used, as the last caller knew them: for those who only look.
_TAKE = """
with seat as (insert into hub.register_place (register, holder, expires_at)
              values ($1, $10, clock_timestamp() + make_interval(secs => $11)))
update hub.register_budget
   set tokens = $2, updated_at = clock_timestamp(), day = $3, day_calls = $4, month_calls = $5,
       per_second = $6, concurrent = $7, per_day = $8, per_month = $9
 where register = $1
"""
# They are kept when no call is left, too: an operator may just have lowered the quota below what is used.
_REFUSE = """
update hub.register_budget set per_second = $2, concurrent = $3, per_day = $4, per_month = $5
 where register = $1 and (per_second, concurrent, per_day, per_month) is distinct from ($2, $3, $4, $5)
"""
_LEAVE = "delete from hub.register_place where register = $1 and holder = $2"


class StoreBudget:
    """The port `Budget`: places are leases, so that a killed process gives its own back in time."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @asynccontextmanager
    async def acquire(
        self,
        register: str,
        courtesy: Courtesy,
        timeout: float,  # noqa: ASYNC109 - the port's contract
    ) -> AsyncIterator[None]:
        """Waits for a place and a turn; TimeoutError when none comes in time, QuotaSpent when all calls are used."""
        ends = time.monotonic() + timeout
        holder = uuid4()
        while (wait := await self._take(register, holder, courtesy, ends)) is None:
            if time.monotonic() + _POLL_SECONDS > ends:
                raise TimeoutError
            await asyncio.sleep(_POLL_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - no secret depends on it
        try:
            if wait > 0:
                await asyncio.sleep(wait)
            yield
        finally:
            # Shielded: a cancelled call gives its place back too. When that fails, the lease ends by itself.
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.shield(self._leave(register, holder))

    async def _take(self, register: str, holder: UUID, courtesy: Courtesy, ends: float) -> float | None:
        """Takes a place and one call; returns the seconds until its turn, or None while all places are held."""
        rate = courtesy.per_second
        burst = max(1.0, rate)
        limits = (rate, courtesy.concurrent, courtesy.per_day, courtesy.per_month)
        async with self._link.connection() as conn, conn.transaction():
            while (row := await conn.fetchrow(_LOCK, register, burst, rate)) is None:
                await conn.execute(_OPEN, register, burst)
            used = QuotaUsed(row["day"], row["day_calls"], row["month_calls"]).at(row["at"])
            if (rest := used.renewed_in(courtesy, row["at"])) is None:
                if int(await conn.fetchval(_PLACES, register)) >= courtesy.concurrent:
                    return None
                tokens = float(row["tokens"])
                wait = max(0.0, (1.0 - tokens) / rate)
                remaining = ends - time.monotonic()
                if wait > remaining:
                    raise TimeoutError
                used = used.one_more()
                # The bucket may go below zero: those who come later wait longer, in the order in which they came.
                counts = (tokens - 1.0, used.day, used.day_calls, used.month_calls)
                await conn.execute(_TAKE, register, *counts, *limits, holder, remaining + _GRACE_SECONDS)
                return wait
            await conn.execute(_REFUSE, register, *limits)
        raise QuotaSpent(rest)

    async def _leave(self, register: str, holder: UUID) -> None:
        async with self._link.connection() as conn:
            await conn.execute(_LEAVE, register, holder)
