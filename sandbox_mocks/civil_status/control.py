"""Control routes of the civil-status twin: truth and samples of records, and an officer who decides a dossier."""

from __future__ import annotations

import random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox_mocks.civil_status.dossiers import STATUSES, Dossiers, describe
from sandbox_mocks.clock import Clock
from sandbox_mocks.control import guard, read_order, refuse, reply
from sandbox_mocks.country.civil_status import CivilStatus, Key
from sandbox_mocks.country.civil_status.registrations import MODULES
from sandbox_mocks.country.timeline import HISTORY_START

_LARGEST_SAMPLE = 200
_TRIES_PER_RECORD = 500
_SHORTEST, _LONGEST = 60_000, 86_400_000
_SMALL = 20_000
"""How long a time is searched at once: a day in a country of so many people, less in a larger one."""


class CivilStatusControl:
    """The control routes of one country's books."""

    def __init__(self, books: CivilStatus, dossiers: Dossiers, clock: Clock) -> None:
        self._books, self._dossiers, self._clock = books, dossiers, clock

    def routes(self) -> list[Route]:
        """Returns the routes, each closed to other machines."""
        return [
            Route("/_sandbox/civil-status/truth", guard(self._truth), methods=["POST"]),
            Route("/_sandbox/civil-status/sample", guard(self._sample), methods=["POST"]),
            Route("/_sandbox/civil-status/decide", guard(self._decide), methods=["POST"]),
        ]

    async def _truth(self, request: Request) -> Response:
        content = await read_order(request) or {}
        now = self._clock.now_ms()
        code, number = content.get("record"), content.get("personal_id")
        if isinstance(code, str):
            key = self._books.find(code)
            keys = [key] if key is not None and self._books.version(key, now) is not None else []
        elif isinstance(number, str):
            keys = [key for found in self._books.country.find(number, now)[:1] for key in self._of(found.person, now)]
        else:
            return refuse('send {"record": "KS..."} or {"personal_id": "..."}')
        return reply({"records": [self._describe(key, now) for key in keys]}) if keys else refuse("nothing found", 404)

    async def _sample(self, request: Request) -> Response:
        content = await read_order(request) or {}
        count, seed, module = content.get("count", 1), content.get("seed", 1), content.get("module", "KS")
        defect_free = content.get("defect_free", False)
        if not isinstance(count, int) or not 1 <= count <= _LARGEST_SAMPLE or not isinstance(seed, int):
            return refuse(f"count must be a number from 1 to {_LARGEST_SAMPLE}, seed a number")
        if module not in MODULES or not isinstance(defect_free, bool):
            return refuse(f"module must be one of {', '.join(MODULES)}; defect_free true or false")
        now, found = self._clock.now_ms(), dict[Key, None]()
        # Not cryptography: a demonstration must find the same records again.
        chance = random.Random(f"{self._books.country.seed}:{seed}")  # noqa: S311
        span = max(_SHORTEST, min(_LONGEST, _LONGEST * _SMALL // self._books.country.people))
        for _ in range(count * _TRIES_PER_RECORD):
            since = chance.randrange(HISTORY_START, max(now, HISTORY_START + 1))
            listed = self._books.registrations.window(module, since, min(since + span, now + 1))
            for _, key in listed[:1]:
                version = self._books.version(key, now)
                if version is not None and not (defect_free and self._books.defect(key, version)):
                    found[key] = None
            if len(found) == count:
                return reply({"records": [self._describe(key, now) for key in found]})
        return refuse(f"only {len(found)} such records were found; ask for fewer or start with more people", 404)

    async def _decide(self, request: Request) -> Response:
        content = await read_order(request) or {}
        dossier, status = self._dossiers.find(str(content.get("maHoSo", ""))), content.get("trangThai")
        if status not in STATUSES:
            return refuse(f'send {{"maHoSo": "...", "trangThai": "..."}} with one of {", ".join(STATUSES)}')
        if dossier is None:
            return refuse("no dossier has this code", 404)
        self._dossiers.act(dossier, str(status), self._clock.now_ms())
        return reply(describe(dossier, self._clock.now_ms()))

    def _of(self, index: int, now: int) -> list[Key]:
        return self._books.of_person(index, now)

    def _describe(self, key: Key, now: int) -> dict[str, Any]:
        """Describes one record: its code, versions and clean content as of the latest one."""
        versions = [time for time in self._books.registrations.versions(key) if time <= now]
        content = self._books.truth(key, versions[-1])
        return {"record": self._books.identify(key), "module": key.module, "versions": versions, "truth": content}
