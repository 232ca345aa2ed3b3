"""Control routes of the payment twin: partners, the citizen who pays, held callbacks, and the truth."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox_mocks.clock import Clock
from sandbox_mocks.control import guard, read_order, refuse, reply
from sandbox_mocks.payment.callbacks import SCHEMES, Callbacks
from sandbox_mocks.payment.citizen import ACTIONS, Citizen
from sandbox_mocks.payment.errors import Refused
from sandbox_mocks.payment.orders import Order, Orders
from sandbox_mocks.payment.partners import PIPE, Partner


class PaymentControl:
    """The control routes of one payment twin."""

    def __init__(
        self, orders: Orders, partners: dict[str, Partner], callbacks: Callbacks, citizen: Citizen, clock: Clock
    ) -> None:
        self._orders, self._partners, self._callbacks = orders, partners, callbacks
        self._citizen, self._clock = citizen, clock

    def routes(self) -> list[Route]:
        """Returns the routes, each closed to other machines."""
        return [
            Route("/_sandbox/payment/partner", guard(self._partner), methods=["PUT"]),
            Route("/_sandbox/payment/citizen", guard(self._act), methods=["POST"]),
            Route("/_sandbox/payment/deliver", guard(self._deliver), methods=["POST"]),
            Route("/_sandbox/payment/truth", guard(self._truth), methods=["POST"]),
        ]

    async def _partner(self, request: Request) -> Response:
        content = await read_order(request) or {}
        names = ("code", "secret", "callback_url", "return_url", "scheme", "callback_key")
        code = content.get("code")
        if not isinstance(code, str) or not code or not all(isinstance(content.get(name, ""), str) for name in names):
            return refuse('send {"code": "...", "secret": "...", "callback_url": "...", "return_url": "..."}')
        known = self._partners.get(code)
        if known is None and not content.get("secret"):
            return refuse("a new partner needs a secret")
        if content.get("scheme", PIPE) not in SCHEMES:
            return refuse(f"scheme must be one of {', '.join(SCHEMES)}")
        partner = self._partners.setdefault(code, Partner(code, str(content.get("secret", ""))))
        for name in names[1:]:
            setattr(partner, name, content.get(name, getattr(partner, name)))
        return reply({"code": partner.code, "callback_url": partner.callback_url, "return_url": partner.return_url})

    async def _act(self, request: Request) -> Response:
        content = await read_order(request) or {}
        action, order = content.get("action"), self._orders.by_reference(str(content.get("MaThamChieu", "")))
        if action not in ACTIONS:
            return refuse(f'send {{"MaThamChieu": "...", "action": "..."}} with one of {", ".join(ACTIONS)}')
        if order is None:
            return refuse("no order has this reference", 404)
        try:
            await self._citizen.act(order, str(action))
        except Refused as refused:
            return refuse(refused.text, 409)
        return reply(self._describe(order))

    async def _deliver(self, request: Request) -> Response:
        content = await read_order(request) or {}
        return reply({"sent": await self._callbacks.deliver(content.get("all") is True)})

    async def _truth(self, request: Request) -> Response:
        content = await read_order(request) or {}
        order = self._orders.by_reference(str(content.get("MaThamChieu", "")))
        return refuse("no order has this reference", 404) if order is None else reply(self._describe(order))

    def _describe(self, order: Order) -> dict[str, Any]:
        """Describes an order: its state, what was really paid, and each callback with how often it was sent."""
        return {
            "MaThamChieu": order.reference,
            "state": order.state(self._clock.now_ms()),
            "amount": order.amount,
            "transactions": [asdict(each) for each in order.transactions],
            "callbacks": [
                {"message": each.message, "sent": each.sent, "accepted": each.accepted}
                for each in self._callbacks.all
                if each.reference == order.reference
            ],
        }
