"""The civil-status twin as an ASGI application: token and services with scripted faults."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox_mocks.civil_status import errors, service
from sandbox_mocks.civil_status.control import CivilStatusControl
from sandbox_mocks.civil_status.credentials import Credentials, knows_key
from sandbox_mocks.civil_status.dossiers import Dossiers
from sandbox_mocks.civil_status.errors import Refused
from sandbox_mocks.civil_status.service import CivilStatusService, refusal
from sandbox_mocks.clock import Clock
from sandbox_mocks.control import Control
from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status import CivilStatus
from sandbox_mocks.dropping import Dropping
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.json_answers import as_json, fail_early, finish, read_limited, wait
from sandbox_mocks.tokens import TOKEN_SECONDS, Tokens

PATH = "/hotich"
TOKEN = "token"  # noqa: S105  the name of an operation
_LARGEST_CALL = 512 * 1024
_BOOKS = (
    *(service.REGISTER, service.STATUS, service.RESULT, service.LIST, service.RECORD, service.RECORDS),
    *(service.CATALOGUE, service.SEARCH),
)
_DENIED = refusal(Refused(errors.AUTHEN_ERROR))
_ERROR = refusal(Refused(errors.DATA_INCORRECT, "Lỗi hệ thống, vui lòng liên hệ quản trị"))


def create_app(
    country: Country,
    credentials: Credentials | None = None,
    clock: Clock | None = None,
    wall_clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> ASGIApp:
    """Builds the twin.

    Args:
        country: the people behind it.
        credentials: what callers must know; the sandbox's own by default.
        clock: the country's time: what has happened so far.
        wall_clock_ms: real time in epoch milliseconds, by which tokens end; setting the country's clock doesn't move
            it.
    """
    clock, script = clock or Clock(), FaultScript()
    register = routes(CivilStatus(country), credentials or Credentials(), clock, script, wall_clock_ms)
    return Dropping(Starlette(routes=[*register, *Control(country, clock, script).routes()]))


def routes(
    books: CivilStatus, credentials: Credentials, clock: Clock, script: FaultScript, wall_clock_ms: Callable[[], int]
) -> list[Route]:
    """Returns the register's own routes and its routes of control."""
    dossiers = Dossiers(books.country)
    endpoint = _Endpoint(CivilStatusService(books, dossiers, clock), credentials, script, wall_clock_ms)
    linked = f"{PATH}/apiLienThongKSKT/{service.REGISTER_LINKED}"
    return [
        Route(f"{PATH}/token", endpoint.token, methods=["POST"]),
        *(Route(f"{PATH}/apiHoTich/{name}", endpoint.service, methods=["POST"], name=name) for name in _BOOKS),
        Route(linked, endpoint.service, methods=["POST"]),
        *CivilStatusControl(books, dossiers, clock).routes(),
    ]


class _Endpoint:
    def __init__(
        self,
        answering: CivilStatusService,
        credentials: Credentials,
        script: FaultScript,
        wall_clock_ms: Callable[[], int],
    ) -> None:
        self._service, self._credentials, self._tokens = answering, credentials, Tokens()
        self._script, self._wall_clock_ms = script, wall_clock_ms

    async def token(self, request: Request) -> Response:
        """Gives a token for the right key and secret."""
        faults = self._script.take(TOKEN, None)
        await wait(faults, "delay")
        early = fail_early(faults, _ERROR)
        if early is not None:
            return early
        if not knows_key(request.headers, self._credentials):
            return as_json(_DENIED, 401)
        seconds = int(faults["short_token"].parameters["seconds"]) if "short_token" in faults else TOKEN_SECONDS
        token = self._tokens.give(self._wall_clock_ms(), seconds)
        return await finish({"access_token": token, "token_type": "Bearer", "expires_in": seconds}, faults)

    async def service(self, request: Request) -> Response:
        """Answers one call, with the faults that are scripted for it."""
        name = request.url.path.rpartition("/")[2]
        message = await read_limited(request, _LARGEST_CALL)
        faults = self._script.take(name, None)
        await wait(faults, "delay")
        early = fail_early(faults, _ERROR)
        if early is not None:
            return early
        if TOKEN in faults:
            self._tokens.kill(request.headers)
        if not self._tokens.is_alive(request.headers, self._wall_clock_ms()):
            return as_json(_DENIED, 401)
        asked = None if message is None else _read(message)
        if asked is None:
            return as_json(refusal(Refused(errors.DATA_TYPE_INVALID)))
        return await finish(self._service.answer(name, asked, faults), faults)


def _read(message: bytes) -> dict[str, Any] | None:
    try:
        asked = orjson.loads(message)
    except orjson.JSONDecodeError:
        return None
    return asked if isinstance(asked, dict) else None
