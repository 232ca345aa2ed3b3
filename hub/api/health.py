"""`GET /health/live` and `GET /health/ready`: whether this process runs, and whether it can answer, with reasons."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from hub.api.services import Services
from hub.exchange.outages import DATABASE_AWAY
from hub.exchange.refusals import Unready
from hub.store import migrate

_SECONDS = 2.0
_KEPT_SECONDS, _KEPT_SECONDS_IF_BAD = 5.0, 1.0
# The newest subject, and what was retired: both by index. A rotation re-wraps every key before it retires the old one.
_MASTER_IN_USE = """
select greatest((select master_version from hub.subject_key order by subject_id desc limit 1),
                (select max(version) + 1 from hub.retired_key where purpose = 'master'))
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing without which no call is answered; `reason` says what to do when it fails."""

    name: str
    ok: bool
    reason: str


async def live(request: Request) -> Response:
    """Answers while the process runs; what it depends on is the matter of `/health/ready`."""
    return Response(orjson.dumps({"status": "live"}), media_type="application/json")


class Readiness:
    """Finds out at most every few seconds whether calls can be answered, for all who ask meanwhile."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turn = asyncio.Lock()
        self._verdicts: list[Verdict] = []
        self._until = 0.0

    async def verdicts(self) -> list[Verdict]:
        """Returns the verdicts; those that are bad are kept for a second only."""
        async with self._turn:
            if time.monotonic() >= self._until:
                self._verdicts = await _judge(self._services)
                well = all(verdict.ok for verdict in self._verdicts)
                self._until = time.monotonic() + (_KEPT_SECONDS if well else _KEPT_SECONDS_IF_BAD)
            return self._verdicts


async def ready(request: Request) -> Response:
    """Answers 200 when calls can be answered, else 503 with the reasons; an answer holds for up to five seconds."""
    readiness: Readiness = request.app.state.readiness
    verdicts = await readiness.verdicts()
    well = all(verdict.ok for verdict in verdicts)
    document = {
        "status": "ready" if well else "not_ready",
        "checks": {verdict.name: {"ok": verdict.ok, "reason": verdict.reason} for verdict in verdicts},
    }
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(document), 200 if well else 503, headers, "application/json")


async def _judge(services: Services) -> list[Verdict]:
    checks: tuple[Callable[[Services, Any], Awaitable[Verdict]], ...] = (_database, _migrations, _partition, _keys)
    verdicts: list[Verdict] = []
    try:
        async with asyncio.timeout(_SECONDS), services.reading.acquire(timeout=_SECONDS) as connection:
            for check in checks:
                verdicts.append(await check(services, connection))
    except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
        reason = f"the database does not answer ({type(error).__name__})"
        verdicts += [Verdict(check.__name__.strip("_"), False, reason) for check in checks[len(verdicts) :]]
    return [*verdicts, _policy(services)]


async def _database(services: Services, connection: Any) -> Verdict:
    await connection.fetchval("select 1")
    return Verdict("database", True, "answers")


async def _migrations(services: Services, connection: Any) -> Verdict:
    at, newest = await connection.fetchval("select version_num from hub.alembic_version"), _newest()
    fits = at == newest
    return Verdict("migrations", fits, "newest" if fits else f"at {at}, this release needs {newest}: run `hub up`")


async def _partition(services: Services, connection: Any) -> Verdict:
    there = await connection.fetchval(
        "select to_regclass('hub.exchange_log_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null"
    )
    reason = "of this month is there" if there else "of this month is missing: run the retention DAG"
    return Verdict("partition", bool(there), reason)


async def _keys(services: Services, connection: Any) -> Verdict:
    ring = services.ring.current
    used = await connection.fetchval(_MASTER_IN_USE)
    held = used is None or used <= ring.master_version
    reason = "hold every version in use" if held else f"lack master key {used}: copy it to this machine"
    return Verdict("keys", held, reason)


def _policy(services: Services) -> Verdict:
    try:
        services.policy.current()
    except Unready:
        return Verdict("policy", False, "consumers and grants could not be read from the database")
    return Verdict("policy", True, "confirmed")


@cache
def _newest() -> str:
    return migrate.newest()
