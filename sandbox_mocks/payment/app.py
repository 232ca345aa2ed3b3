"""The payment twin as an ASGI application: the platform's address for partners and its page for citizens."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox_mocks.clock import Clock
from sandbox_mocks.control import Control
from sandbox_mocks.country import Country
from sandbox_mocks.dropping import Dropping
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.json_answers import as_json, fail_early, finish, read_limited, wait
from sandbox_mocks.payment.callbacks import Callbacks, Send, post
from sandbox_mocks.payment.citizen import CANCEL, PAY, Citizen
from sandbox_mocks.payment.control import PaymentControl
from sandbox_mocks.payment.errors import MALFORMED, SYSTEM, TEXTS, Refused
from sandbox_mocks.payment.gateways import GATEWAYS
from sandbox_mocks.payment.orders import Orders
from sandbox_mocks.payment.page import write_page
from sandbox_mocks.payment.partners import Credentials
from sandbox_mocks.payment.service import PaymentService

PATH = "/thanhtoan"
_LARGEST_CALL = 64 * 1024
_ERROR = {"error_code": SYSTEM, "message": orjson.dumps({"MaLoi": SYSTEM, "MoTaLoi": TEXTS[SYSTEM]}).decode()}


class PaymentPlatform:
    """One payment twin: its orders, partners and routes.

    Args:
        base: the address of the server that citizens' browsers reach, without a slash at the end.
        send: how callbacks are sent; over HTTP by default.
    """

    def __init__(
        self, credentials: Credentials, clock: Clock, script: FaultScript, base: str = "", send: Send = post
    ) -> None:
        partner = credentials.partner()
        self.orders, self.partners = Orders(), {partner.code: partner}
        self._clock, self._script = clock, script
        self._callbacks = Callbacks(clock, send)
        self._citizen = Citizen(self.orders, self._callbacks, clock, script)
        self._service = PaymentService(
            self.orders, self.partners, self._citizen, clock, lambda token: f"{base}{PATH}/trang/{token}"
        )

    def routes(self) -> list[Route]:
        """Returns the platform's own routes and its routes of control."""
        control = PaymentControl(self.orders, self.partners, self._callbacks, self._citizen, self._clock)
        return [
            Route(f"{PATH}/giaodich", self._call, methods=["POST"]),
            *(Route(f"{PATH}/{name}", self._call_elsewhere, methods=["POST"]) for name in GATEWAYS),
            Route(f"{PATH}/trang/{{token}}", self._page, methods=["GET"]),
            Route(f"{PATH}/trang/{{token}}", self._act, methods=["POST"]),
            *control.routes(),
        ]

    async def _call(self, request: Request) -> Response:
        body = await read_limited(request, _LARGEST_CALL)
        message = _read(body) if body is not None else None
        faults = self._script.take(str((message or {}).get("LoaiBanTin", "")), None)
        await wait(faults, "delay")
        early = fail_early(faults, _ERROR)
        if early is not None:
            return early
        if message is None:
            refused = {"MaLoi": MALFORMED, "MoTaLoi": TEXTS[MALFORMED]}
            return as_json({"error_code": MALFORMED, "message": orjson.dumps(refused).decode()})
        answer = await self._service.answer(message, faults)
        if isinstance(answer, bytes):
            await wait(faults, "timeout_after_commit")
            return Response(answer, media_type="application/pdf")
        return await finish(answer, faults)

    async def _call_elsewhere(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        body = await read_limited(request, _LARGEST_CALL)
        message = _read(body) if body is not None else None
        faults = self._script.take(name, None)
        await wait(faults, "delay")
        early = fail_early(faults, GATEWAYS[name].answer(SYSTEM, ""))
        if early is not None:
            return early
        return await finish(await self._service.open_elsewhere(name, message or {}, faults), faults)

    async def _page(self, request: Request) -> Response:
        order = self.orders.by_token(request.path_params["token"])
        if order is None:
            return HTMLResponse("Không tìm thấy giao dịch", 404)
        return HTMLResponse(write_page(order, self._clock.now_ms()))

    async def _act(self, request: Request) -> Response:
        order = self.orders.by_token(request.path_params["token"])
        body = await read_limited(request, _LARGEST_CALL)
        action = parse_qs((body or b"").decode("latin-1")).get("action", [""])[0]
        if order is None or action not in (PAY, CANCEL):
            return HTMLResponse("Không tìm thấy giao dịch", 404)
        try:
            await self._citizen.act(order, action)
        except Refused as refused:
            return HTMLResponse(refused.text, 409)
        if not order.partner.return_url:
            return HTMLResponse(write_page(order, self._clock.now_ms()))
        query = urlencode({"MaThamChieu": order.reference})
        return RedirectResponse(f"{order.partner.return_url}?{query}", 303)


def create_app(
    country: Country, credentials: Credentials | None = None, clock: Clock | None = None, send: Send = post
) -> ASGIApp:
    """Builds the twin alone.

    Args:
        country: whose control routes stand beside it.
        clock: the country's time.
        send: how callbacks are sent.
    """
    clock, script = clock or Clock(), FaultScript()
    platform = PaymentPlatform(credentials or Credentials(), clock, script, send=send)
    return Dropping(Starlette(routes=[*platform.routes(), *Control(country, clock, script).routes()]))


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None
