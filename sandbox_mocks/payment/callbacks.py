"""CONFIRM: telling the partner of a payment, at the right time or, by script, at a wrong one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox_mocks.clock import Clock
from sandbox_mocks.faults import Fault
from sandbox_mocks.payment.gateways import GATEWAYS
from sandbox_mocks.payment.orders import Order, Transaction
from sandbox_mocks.payment.schemes import Confirmation, Piped, Scheme
from sandbox_mocks.payment.times import moment_text

SCHEMES: dict[str, Scheme] = {"pipe": Piped(), **GATEWAYS}
TRIES = 3
"""How often a callback is sent until the partner accepts it (assumed)."""
_POLL_SECONDS = 0.05
Send = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any] | None]]
"""Posts JSON to a URL and returns the JSON of the answer; None: no answer that can be read."""


@dataclass(slots=True)
class Callback:
    """One callback that is to be sent: when it is due (None: after the next one of its order), and what became of
    it."""

    url: str
    reference: str
    scheme: str
    message: dict[str, Any]
    due: int | None
    sent: int = 0
    accepted: bool = False


class Callbacks:
    """All callbacks of one twin."""

    def __init__(self, clock: Clock, send: Send) -> None:
        self._clock, self._send = clock, send
        self.all: list[Callback] = []
        self._waiting: list[Callback] = []
        self._pump: asyncio.Task[None] | None = None

    async def tell(self, order: Order, transaction: Transaction | None, code: str, faults: Mapping[str, Fault]) -> None:
        """Sends the callback of a payment (or of a failed one), or whatever the script says instead."""
        if "missing_callback" in faults or not order.partner.callback_url:
            return
        message = self._write(order, transaction, code, faults)
        count = int(faults["duplicate_callback"].parameters["count"]) if "duplicate_callback" in faults else 1
        for _ in range(count):
            callback = Callback(
                order.partner.callback_url, order.reference, order.partner.scheme, message, self._clock.now_ms()
            )
            self.all.append(callback)
            if "late_callback" in faults:
                callback.due = self._clock.now_ms() + int(faults["late_callback"].parameters["ms"])
                self._hold(callback)
            elif "out_of_order" in faults:
                callback.due = None
                self._waiting.append(callback)
            else:
                await self._deliver(callback)
                await self._release(order.reference)

    async def deliver(self, everything: bool = False) -> int:
        """Sends the held callbacks that are due, or all; returns how many."""
        now = self._clock.now_ms()
        ready = [each for each in self._waiting if everything or (each.due is not None and each.due <= now)]
        for callback in ready:
            self._waiting.remove(callback)
            await self._deliver(callback)
        return len(ready)

    async def _release(self, reference: str) -> None:
        """Sends what waited for a later callback of the same order."""
        for callback in [each for each in self._waiting if each.due is None and each.reference == reference]:
            self._waiting.remove(callback)
            await self._deliver(callback)

    async def _deliver(self, callback: Callback) -> None:
        for _ in range(TRIES):
            callback.sent += 1
            answer = await self._send(callback.url, callback.message)
            if answer is not None and SCHEMES[callback.scheme].accepts(answer):
                callback.accepted = True
                return

    def _hold(self, callback: Callback) -> None:
        self._waiting.append(callback)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._keep_delivering())

    async def _keep_delivering(self) -> None:
        while any(each.due is not None for each in self._waiting):
            await asyncio.sleep(_POLL_SECONDS)
            await self.deliver()

    def _write(
        self, order: Order, transaction: Transaction | None, code: str, faults: Mapping[str, Fault]
    ) -> dict[str, Any]:
        currency = "VND"
        if "wrong_currency" in faults:
            currency = str(faults["wrong_currency"].parameters["code"])
        told = Confirmation(
            order.reference,
            code,
            order.amount if transaction is None else transaction.amount,
            currency,
            "" if transaction is None else transaction.code,
            moment_text(self._clock.now_ms(), "twelve_hours" in faults),
            str(order.message.get("ThongTinGiaoDich", "")),
        )
        partner = order.partner
        if "wrong_signature" in faults:
            partner = replace(partner, secret=f"{partner.secret}?", callback_key=f"{partner.callback_key}?")
        return SCHEMES[partner.scheme].confirm(partner, told)


async def post(url: str, message: dict[str, Any]) -> dict[str, Any] | None:
    """Posts a callback over HTTP."""
    # Imported here: a twin whose payments nobody takes needs no HTTP client.
    import httpx

    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = (await client.post(url, json=message)).json()
    except (httpx.HTTPError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
