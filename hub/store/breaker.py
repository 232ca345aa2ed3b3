"""The circuit breaker of a register, shared by all processes: closed → open → half open, in one row of PostgreSQL.

See `docs/decisions/breaker-in-postgresql.md` for why it is not purgatory's.
"""

from __future__ import annotations

import asyncio

from hub.store.link import Link

_STATE = """
select state, extract(epoch from until - clock_timestamp())::double precision as rest
  from hub.register_breaker where register = $1
"""
# Of all who ask after the rest exactly one gets the trial; its lease ends by itself if its process is killed.
_TRIAL = """
update hub.register_breaker
   set state = 'half_open', until = clock_timestamp() + make_interval(secs => $2), updated_at = clock_timestamp()
 where register = $1 and state <> 'closed' and until <= clock_timestamp()
returning register
"""
_HEALTHY = """
update hub.register_breaker set state = 'closed', failures = 0, until = null, updated_at = clock_timestamp()
 where register = $1 and (state <> 'closed' or failures > 0)
"""
_FAILED = """
insert into hub.register_breaker as b (register, state, failures, until)
values ($1, case when $2 <= 1 then 'open' else 'closed' end, 1,
        case when $2 <= 1 then clock_timestamp() + make_interval(secs => $3) end)
on conflict (register) do update
   set failures = b.failures + 1,
       state = case when b.failures + 1 >= $2 then 'open' else b.state end,
       until = case when b.failures + 1 >= $2 then clock_timestamp() + make_interval(secs => $3) else b.until end,
       updated_at = clock_timestamp()
"""
_NO_EVIDENCE = """
update hub.register_breaker set state = 'open', until = clock_timestamp(), updated_at = clock_timestamp()
 where register = $1 and state = 'half_open'
"""


class StoreBreaker:
    """The port `Breaker`: opens after `failures` in a row, rests `rest` seconds, then lets one trial through.

    A trial that does not report within `lease` seconds is taken for dead.
    """

    def __init__(self, link: Link, *, failures: int = 5, rest: float = 30.0, lease: float = 120.0) -> None:
        self._link = link
        self._failures = failures
        self._rest = rest
        self._lease = lease
        self._trials: dict[str, asyncio.Task[object] | None] = {}

    async def before(self, register: str) -> float | None:
        """Returns None when a call may go out, otherwise the seconds until the next trial."""
        async with self._link.connection() as conn:
            row = await conn.fetchrow(_STATE, register)
            if row is None or row["state"] == "closed":
                return None
            if row["rest"] > 0:
                return float(row["rest"])
            if await conn.fetchval(_TRIAL, register, self._lease) is None:
                return self._rest
        self._trials[register] = asyncio.current_task()
        return None

    async def after(self, register: str, healthy: bool | None) -> None:
        """Counts a failure, forgets them all after a success, and ends a trial."""
        ours = register in self._trials and self._trials[register] is asyncio.current_task()
        if ours:
            del self._trials[register]
        async with self._link.connection() as conn:
            if healthy:
                await conn.execute(_HEALTHY, register)
            elif healthy is False:
                await conn.execute(_FAILED, register, self._failures, self._rest)
            elif ours:
                await conn.execute(_NO_EVIDENCE, register)
