"""Control routes of the business twin: truth and samples of enterprises. Faults and clock are the sandbox's."""

from __future__ import annotations

import random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox_mocks.business.sample import CONDITIONS, describe, fits
from sandbox_mocks.clock import Clock
from sandbox_mocks.control import guard, read_order, refuse, reply
from sandbox_mocks.country.enterprises import Enterprises, Unit
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD

_LARGEST_SAMPLE = 200
_TRIES_PER_ENTERPRISE = 4000


class BusinessControl:
    """The control routes of one country's business register."""

    def __init__(self, enterprises: Enterprises, clock: Clock) -> None:
        self._enterprises, self._clock = enterprises, clock

    def routes(self) -> list[Route]:
        """Returns the routes, each closed to other machines."""
        return [
            Route("/_sandbox/business/truth", guard(self._truth), methods=["POST"]),
            Route("/_sandbox/business/sample", guard(self._sample), methods=["POST"]),
        ]

    async def _truth(self, request: Request) -> Response:
        content = await read_order(request)
        key = content.get("key") if content else None
        if not isinstance(key, str):
            return refuse('send {"key": "..."}: MST, MST-NNN, MST.NNNNN or a twelve-digit number')
        now = self._clock.now_ms()
        unit = self._enterprises.unit(key, now)
        if unit is None:
            return refuse("no enterprise has this code", 404)
        return reply(describe(self._enterprises, unit, now))

    async def _sample(self, request: Request) -> Response:
        content = await read_order(request) or {}
        count, seed, where = content.get("count", 1), content.get("seed", 1), content.get("where") or {}
        if not isinstance(count, int) or not 1 <= count <= _LARGEST_SAMPLE or not isinstance(seed, int):
            return refuse(f"count must be a number from 1 to {_LARGEST_SAMPLE}, seed a number")
        if not isinstance(where, dict) or set(where) - set(CONDITIONS):
            return refuse(f"where knows: {', '.join(CONDITIONS)}")
        found = self._find(count, seed, where)
        if len(found) < count:
            return refuse(
                f"only {len(found)} such enterprises were found; ask for fewer or start the twin with more people", 404
            )
        return reply({"enterprises": [describe(self._enterprises, unit, self._clock.now_ms()) for unit in found]})

    def _find(self, count: int, seed: int, where: dict[str, Any]) -> list[Unit]:
        enterprises, now = self._enterprises, self._clock.now_ms()
        firms = 0 if where.get("form") == HOUSEHOLD else enterprises.plan.total(FIRM)
        households = 0 if where.get("form") == FIRM else enterprises.plan.total(HOUSEHOLD)
        # Not cryptography: a demonstration must find the same enterprises again.
        chance = random.Random(f"{enterprises.country.seed}:{seed}")  # noqa: S311
        found: dict[Unit, None] = {}
        for _ in range(count * _TRIES_PER_ENTERPRISE if firms + households else 0):
            place = chance.randrange(firms + households)
            unit = Unit(FIRM, place) if place < firms else Unit(HOUSEHOLD, place - firms)
            if unit not in found and fits(enterprises, unit, now, where):
                found[unit] = None
                if len(found) == count:
                    break
        return list(found)
