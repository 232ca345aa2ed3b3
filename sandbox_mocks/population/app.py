"""The population twin as an ASGI application: WSDL, SOAP endpoint with scripted faults, control routes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox_mocks.clock import Clock
from sandbox_mocks.control import Control
from sandbox_mocks.country import Country
from sandbox_mocks.dropping import Dropping
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.json_answers import as_json
from sandbox_mocks.population.credentials import EXPIRED, WRONG_TIME, Credentials, Denial, check
from sandbox_mocks.population.requests import SoapFault, glance, read_call
from sandbox_mocks.population.service import PopulationService
from sandbox_mocks.soap_answers import XML, fail_early, fault, finish, respond

PATH = "/qldc/population"
WSDL_FILE = Path(__file__).parent / "population.wsdl"
_LARGEST_CALL = 256 * 1024


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
        wall_clock_ms: real time in epoch milliseconds, which timestamps of calls are held against; setting the
            country's clock doesn't move it.
    """
    clock = clock or Clock()
    script = FaultScript()
    register = routes(country, credentials or Credentials(), clock, script, wall_clock_ms)
    return Dropping(Starlette(routes=[*register, *Control(country, clock, script).routes()]))


def routes(
    country: Country, credentials: Credentials, clock: Clock, script: FaultScript, wall_clock_ms: Callable[[], int]
) -> list[Route]:
    """Returns the register's own routes, without those of control."""
    endpoint = _Endpoint(country, credentials, clock, script, wall_clock_ms)
    return [Route(PATH, endpoint.wsdl, methods=["GET"]), Route(PATH, endpoint.call, methods=["POST"])]


class _Endpoint:
    def __init__(
        self,
        country: Country,
        credentials: Credentials,
        clock: Clock,
        script: FaultScript,
        wall_clock_ms: Callable[[], int],
    ) -> None:
        self._service = PopulationService(country, credentials, clock)
        self._credentials, self._script, self._wall_clock_ms = credentials, script, wall_clock_ms
        self._wsdl = WSDL_FILE.read_bytes()

    async def wsdl(self, request: Request) -> Response:
        """Serves the WSDL, byte by byte the published one."""
        if "wsdl" not in (name.lower() for name in request.query_params):
            return Response("Gọi POST với bản tin SOAP, hoặc GET ?wsdl", 405, media_type="text/plain; charset=utf-8")
        return Response(self._wsdl, media_type=XML)

    async def call(self, request: Request) -> Response:
        """Answers one SOAP call, with the faults that are scripted for it."""
        message = bytearray()
        async for chunk in request.stream():
            message += chunk
            if len(message) > _LARGEST_CALL:
                return respond(fault("TOO_LARGE", "Bản tin vượt quá kích thước cho phép"), 413)
        faults = self._script.take(*glance(bytes(message)))
        early = await fail_early(faults)
        if early is not None:
            return early
        if "token" in faults:
            return _deny(EXPIRED)
        if "clock" in faults:
            return _deny(WRONG_TIME)
        denial = check(request.headers, self._credentials, self._wall_clock_ms())
        if denial is not None:
            return _deny(denial)
        try:
            answer, status = self._service.answer(read_call(bytes(message)), faults), 200
        except SoapFault as refused:
            answer, status = fault(refused.code, refused.text, refused.side), 500
        return await finish(answer, faults, status)


def _deny(denial: Denial) -> Response:
    return as_json({"error_code": denial.code, "message": denial.text}, denial.status)
