"""The business twin as an ASGI application: token, services with scripted faults, control routes.

A household business is asked for by its owner's number in the URL, because the real service is; the twin writes no log
of calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox_mocks.business.control import BusinessControl
from sandbox_mocks.business.credentials import WRONG_KEYS, Credentials, Denial, Gate
from sandbox_mocks.business.questions import page_of
from sandbox_mocks.business.service import CLOSED_DAYS, DETAIL, DOSSIER, TODAY, BusinessService
from sandbox_mocks.clock import Clock
from sandbox_mocks.control import Control
from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises
from sandbox_mocks.dropping import Dropping
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.json_answers import as_json, fail_early, finish, read_limited, wait
from sandbox_mocks.tokens import TOKEN_SECONDS

PATH = "/dkkd"
TOKEN = "token"  # noqa: S105  the name of an operation
_FORM = "application/x-www-form-urlencoded"
_LARGEST_CALL = 16 * 1024
_ERROR_TEXT = "Lỗi hệ thống, vui lòng liên hệ quản trị"
_ERROR = {"Status": "0", "error_code": "500", "Message": _ERROR_TEXT}


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
    clock, script, enterprises = clock or Clock(), FaultScript(), Enterprises(country)
    return Dropping(
        Starlette(
            routes=[
                *routes(enterprises, credentials or Credentials(), clock, script, wall_clock_ms),
                *Control(country, clock, script).routes(),
                *BusinessControl(enterprises, clock).routes(),
            ]
        )
    )


def routes(
    enterprises: Enterprises,
    credentials: Credentials,
    clock: Clock,
    script: FaultScript,
    wall_clock_ms: Callable[[], int],
) -> list[Route]:
    """Returns the register's own routes, without those of control."""
    endpoint = _Endpoint(enterprises, credentials, clock, script, wall_clock_ms)
    services = [DETAIL, CLOSED_DAYS, TODAY, DOSSIER]
    return [
        Route(f"{PATH}/token", endpoint.token, methods=["POST"]),
        *(Route(f"{PATH}/apiCSDLDKDN/{name}", endpoint.service, methods=["GET"], name=name) for name in services),
    ]


class _Endpoint:
    def __init__(
        self,
        enterprises: Enterprises,
        credentials: Credentials,
        clock: Clock,
        script: FaultScript,
        wall_clock_ms: Callable[[], int],
    ) -> None:
        self._service, self._gate = BusinessService(enterprises, clock), Gate(credentials)
        self._script, self._wall_clock_ms = script, wall_clock_ms

    async def token(self, request: Request) -> Response:
        """Gives a token for the right keys."""
        message = await read_limited(request, _LARGEST_CALL)
        if message is None:
            return as_json({"error_code": "413", "message": "Yêu cầu vượt quá kích thước cho phép"}, 413)
        faults = self._script.take(TOKEN, None)
        await wait(faults, "delay")
        early = fail_early(faults, _ERROR)
        if early is not None:
            return early
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return as_json({"error_code": "415", "message": f"Content-Type phải là {_FORM}"}, 415)
        if parse_qs(message.decode("latin-1")).get("grant_type") != ["client_credentials"]:
            return as_json({"error_code": "102", "message": "grant_type phải là client_credentials"}, 400)
        seconds = int(faults["short_token"].parameters["seconds"]) if "short_token" in faults else TOKEN_SECONDS
        token = self._gate.give_token(request.headers, self._wall_clock_ms(), seconds)
        if token is None:
            return _deny(WRONG_KEYS)
        return await finish({"access_token": token, "token_type": "Bearer", "expires_in": seconds}, faults)

    async def service(self, request: Request) -> Response:
        """Answers one call, with the faults that are scripted for it."""
        name = request.url.path.rpartition("/")[2]
        asked: Mapping[str, str] = request.query_params
        faults = self._script.take(name, page_of(asked))
        await wait(faults, "delay")
        early = fail_early(faults, _ERROR)
        if early is not None:
            return early
        if TOKEN in faults:
            self._gate.kill_token(request.headers)
        denial = self._gate.check(request.headers, self._wall_clock_ms())
        if denial is not None:
            return _deny(denial)
        return await finish(self._service.answer(name, asked, faults), faults)


def _deny(denial: Denial) -> Response:
    return as_json({"error_code": denial.code, "message": denial.text}, denial.status)
