"""The twin's control routes: faults, clock, truth and people for a demonstration. From this machine only.

The list of injected defects is deliberately not among them: a check that could read it would prove nothing.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.faults import FaultRefused, FaultScript, read_fault
from sandbox_mocks.sample import CONDITIONS, describe, fits

_LARGEST_SAMPLE = 1000
_TRIES_PER_PERSON = 5000

Handler = Callable[[Request], Awaitable[Response]]


def reply(content: Any, status: int = 200) -> Response:
    """Answers an order with JSON."""
    return Response(orjson.dumps(content), status, media_type="application/json")


def refuse(text: str, status: int = 422) -> Response:
    """Answers an order that can't be carried out with the reason."""
    return reply({"error": text}, status)


def _is_local(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def read_order(request: Request) -> dict[str, Any] | None:
    """Reads an order's JSON object, or None when it is none."""
    try:
        content = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def guard(handler: Handler) -> Handler:
    """Closes a control route to other machines."""

    async def guarded(request: Request) -> Response:
        if not _is_local(request):
            return refuse("control routes answer this machine only", 403)
        return await handler(request)

    return guarded


class Control:
    """The control routes of one twin."""

    def __init__(self, country: Country, clock: Clock, script: FaultScript) -> None:
        self._country, self._clock, self._script = country, clock, script

    def routes(self) -> list[Route]:
        """Returns the routes, each closed to other machines."""
        table: list[tuple[str, str, Handler]] = [
            ("/_sandbox/health", "GET", self._health),
            ("/_sandbox/faults", "GET", self._list_faults),
            ("/_sandbox/faults", "PUT", self._put_faults),
            ("/_sandbox/faults", "DELETE", self._delete_faults),
            ("/_sandbox/clock", "PUT", self._put_clock),
            ("/_sandbox/truth/{index:int}", "GET", self._truth),
            ("/_sandbox/truth", "POST", self._truth_of),
            ("/_sandbox/sample", "POST", self._sample),
        ]
        return [Route(path, guard(handler), methods=[method]) for path, method, handler in table]

    async def _health(self, _request: Request) -> Response:
        country = self._country
        return reply({"status": "ok", "seed": country.seed, "people": country.people, "now": self._clock.now_ms()})

    async def _list_faults(self, _request: Request) -> Response:
        return reply({"faults": [fault.as_json() for fault in self._script.faults]})

    async def _put_faults(self, request: Request) -> Response:
        content = await read_order(request)
        if content is None or not isinstance(content.get("faults"), list):
            return refuse('send {"faults": [...]}')
        try:
            self._script.replace([read_fault(fault if isinstance(fault, dict) else {}) for fault in content["faults"]])
        except FaultRefused as refused:
            return refuse(str(refused))
        return await self._list_faults(request)

    async def _delete_faults(self, request: Request) -> Response:
        self._script.replace([])
        return await self._list_faults(request)

    async def _put_clock(self, request: Request) -> Response:
        content = await read_order(request)
        if content is None or "now" not in content:
            return refuse('send {"now": "2026-11-22T08:00:00+07:00"} or {"now": null}')
        try:
            self._clock.set(None if content["now"] is None else datetime.fromisoformat(content["now"]))
        except (TypeError, ValueError) as refused:
            return refuse(str(refused))
        return await self._health(request)

    async def _truth(self, request: Request) -> Response:
        index, now = int(request.path_params["index"]), self._clock.now_ms()
        if index >= self._country.total or (version := self._country.version(index, now)) is None:
            return refuse("nobody with this index is in the register", 404)
        return reply(describe(self._country, index, version))

    async def _truth_of(self, request: Request) -> Response:
        content = await read_order(request)
        number = content.get("personal_id") if content else None
        if not isinstance(number, str):
            return refuse('send {"personal_id": "..."}')
        now = self._clock.now_ms()
        for holder in self._country.find(number, now)[:1] if len(number) == 12 else []:
            found = describe(self._country, holder.person, holder.version)
            return reply({**found, "personal_id": number, "truth": self._country.truth_of(number, now)})
        return refuse("nobody has this number", 404)

    async def _sample(self, request: Request) -> Response:
        content = await read_order(request) or {}
        count, seed, where = content.get("count", 1), content.get("seed", 1), content.get("where") or {}
        if not isinstance(count, int) or not 1 <= count <= _LARGEST_SAMPLE or not isinstance(seed, int):
            return refuse(f"count must be a number from 1 to {_LARGEST_SAMPLE}, seed a number")
        if not isinstance(where, dict) or set(where) - set(CONDITIONS):
            return refuse(f"where knows: {', '.join(CONDITIONS)}; each true, false or null")
        now = self._clock.now_ms()
        # Not cryptography: a demonstration must find the same people again.
        chance = random.Random(f"{self._country.seed}:{seed}")  # noqa: S311
        found: dict[int, Any] = {}
        for _ in range(count * _TRIES_PER_PERSON):
            index = chance.randrange(self._country.total)
            if index in found or not fits(self._country, index, now, where):
                continue
            found[index] = describe(self._country, index, self._country.version(index, now) or now)
            if len(found) == count:
                return reply({"people": list(found.values())})
        return refuse(
            f"only {len(found)} such people were found; ask for fewer or start the twin with more people", 404
        )
