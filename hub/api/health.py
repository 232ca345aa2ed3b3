"""`GET /health/live` and `GET /health/ready`: whether this process runs, and whether it can answer, with reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from hub.api.services import Services
from hub.exchange.outages import DATABASE_AWAY
from hub.exchange.refusals import Unready
from hub.store import migrate

_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing without which no call is answered; `reason` says what to do when it fails."""

    name: str
    ok: bool
    reason: str


async def live(request: Request) -> Response:
    """Answers while the process runs; what it depends on is the matter of `/health/ready`."""
    return Response(orjson.dumps({"status": "live"}), media_type="application/json")


async def ready(request: Request) -> Response:
    """Answers 200 when calls can be answered, else 503 with the reasons."""
    services: Services = request.app.state.services
    checks: tuple[Callable[[Services], Awaitable[Verdict]], ...] = (_database, _migrations, _partition, _keys, _policy)
    verdicts = [await _bounded(check, services) for check in checks]
    well = all(verdict.ok for verdict in verdicts)
    document = {
        "status": "ready" if well else "not_ready",
        "checks": {verdict.name: {"ok": verdict.ok, "reason": verdict.reason} for verdict in verdicts},
    }
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(document), 200 if well else 503, headers, "application/json")


async def _bounded(check: Callable[[Services], Awaitable[Verdict]], services: Services) -> Verdict:
    try:
        async with asyncio.timeout(_SECONDS):
            return await check(services)
    except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
        return Verdict(check.__name__.strip("_"), False, f"the database does not answer ({type(error).__name__})")


async def _database(services: Services) -> Verdict:
    await services.reading.fetchval("select 1")
    return Verdict("database", True, "answers")


async def _migrations(services: Services) -> Verdict:
    at, newest = await services.reading.fetchval("select version_num from hub.alembic_version"), _newest()
    fits = at == newest
    return Verdict("migrations", fits, "newest" if fits else f"at {at}, this release needs {newest}: run `hub up`")


async def _partition(services: Services) -> Verdict:
    there = await services.reading.fetchval(
        "select to_regclass('hub.exchange_log_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null"
    )
    reason = "of this month is there" if there else "of this month is missing: run the retention DAG"
    return Verdict("partition", bool(there), reason)


async def _keys(services: Services) -> Verdict:
    ring = services.ring.current
    used = await services.reading.fetchval("select max(master_version) from hub.subject_key")
    held = used is None or used <= ring.master_version
    reason = "hold every version in use" if held else f"lack master key {used}: copy it to this machine"
    return Verdict("keys", held, reason)


async def _policy(services: Services) -> Verdict:
    try:
        services.policy.current()
    except Unready:
        return Verdict("policy", False, "consumers and grants could not be read from the database")
    return Verdict("policy", True, "confirmed")


@cache
def _newest() -> str:
    return migrate.newest()
