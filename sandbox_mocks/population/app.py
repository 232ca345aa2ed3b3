"""The population twin as an ASGI application: WSDL, SOAP endpoint with scripted faults, control routes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox_mocks import outages
from sandbox_mocks.clock import Clock
from sandbox_mocks.control import Control
from sandbox_mocks.country import Country
from sandbox_mocks.dropping import Dropping
from sandbox_mocks.faults import Fault, FaultScript
from sandbox_mocks.population import answers
from sandbox_mocks.population.credentials import EXPIRED, WRONG_TIME, Credentials, Denial, check
from sandbox_mocks.population.requests import SoapFault, glance, read_call
from sandbox_mocks.population.service import PopulationService

PATH = "/qldc/population"
WSDL_FILE = Path(__file__).parent / "population.wsdl"
_LARGEST_CALL = 256 * 1024
_XML = "text/xml; charset=utf-8"
_MEGABYTE = b" " * 1_048_576
_BOMB = b"".join(
    (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b0 "ha">',
        *(b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10) for n in range(1, 11)),
        b']><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">',
        b"<soap:Body>&b10;</soap:Body></soap:Envelope>",
    )
)


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
        return Response(self._wsdl, media_type=_XML)

    async def call(self, request: Request) -> Response:
        """Answers one SOAP call, with the faults that are scripted for it."""
        message = bytearray()
        async for chunk in request.stream():
            message += chunk
            if len(message) > _LARGEST_CALL:
                return _soap(answers.fault("TOO_LARGE", "Bản tin vượt quá kích thước cho phép"), 413)
        faults = self._script.take(*glance(bytes(message)))
        if "delay" in faults:
            await asyncio.sleep(faults["delay"].parameters["ms"] / 1000)
        early = _fail_early(faults)
        if early is not None:
            return early
        denial = check(request.headers, self._credentials, self._wall_clock_ms())
        if denial is not None:
            return _deny(denial)
        try:
            answer, status = self._service.answer(read_call(bytes(message)), faults), 200
        except SoapFault as refused:
            answer, status = answers.fault(refused.code, refused.text, refused.side), 500
        if "timeout_after_commit" in faults:
            await asyncio.sleep(faults["timeout_after_commit"].parameters["ms"] / 1000)
        if "truncated" in faults:
            answer = answer[: len(answer) * 3 // 5]
        if "oversize" in faults:
            return StreamingResponse(_pad(answer, int(faults["oversize"].parameters["mb"])), status, media_type=_XML)
        return _soap(answer, status)


def _fail_early(faults: dict[str, Fault]) -> Response | None:
    """Returns the answer of a fault that strikes before the call is looked at."""
    common = outages.fail(faults)
    if common is not None:
        return common
    if "garbage" in faults:
        return Response(b"\x00\xff\xfe<<<&&& \x1f\x8b\x08 not xml", media_type=_XML)
    if "bomb" in faults:
        return Response(_BOMB, media_type=_XML)
    if "ok_with_error" in faults:
        if faults["ok_with_error"].parameters["form"] == "fault":
            return _soap(answers.fault("500", "Lỗi hệ thống, vui lòng liên hệ quản trị", "Server"), 200)
        return _json({"error_code": "500", "message": "Lỗi hệ thống, vui lòng liên hệ quản trị"}, 200)
    if "token" in faults:
        return _deny(EXPIRED)
    return _deny(WRONG_TIME) if "clock" in faults else None


async def _pad(answer: bytes, megabytes: int) -> AsyncIterator[bytes]:
    """Blows an answer up with white space before its end, where XML allows it."""
    end = answer.rfind(b"</soap:Body>")
    yield answer[:end]
    for _ in range(megabytes):
        yield _MEGABYTE
        await asyncio.sleep(0)
    yield answer[end:]


def _soap(message: bytes, status: int) -> Response:
    return Response(message, status, media_type=_XML)


def _json(content: dict[str, str], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json; charset=utf-8")


def _deny(denial: Denial) -> Response:
    return _json({"error_code": denial.code, "message": denial.text}, denial.status)
