"""What the citizen in front of the payment page does: pay, fail to pay, cancel, or let the order expire."""

from __future__ import annotations

from sandbox_mocks.clock import Clock
from sandbox_mocks.faults import FaultScript
from sandbox_mocks.payment import errors
from sandbox_mocks.payment.callbacks import Callbacks
from sandbox_mocks.payment.errors import Refused
from sandbox_mocks.payment.orders import PENDING, Order, Orders
from sandbox_mocks.payment.signing import CONFIRM

PAY, FAIL, CANCEL, EXPIRE = "pay", "fail", "cancel", "expire"
ACTIONS = (PAY, FAIL, CANCEL, EXPIRE)


class Citizen:
    """Acts on the orders of one twin. Faults of the operation `CONFIRM` strike here."""

    def __init__(self, orders: Orders, callbacks: Callbacks, clock: Clock, script: FaultScript) -> None:
        self._orders, self._callbacks, self._clock, self._script = orders, callbacks, clock, script

    async def act(self, order: Order, action: str) -> None:
        """Does one thing, and has the partner told of it.

        Raises:
            Refused: the order is no longer open.
        """
        now = self._clock.now_ms()
        if order.state(now) != PENDING:
            raise Refused(errors.ORDER_CLOSED)
        if action == EXPIRE:
            order.expired = True
            return
        faults = self._script.take(CONFIRM, None)
        if action == PAY:
            amount = order.amount
            if "amount_mismatch" in faults:
                less = int(faults["amount_mismatch"].parameters["by"])
                amount = amount - less if amount > less else amount + less
            for again in range(2 if "paid_twice" in faults else 1):
                transaction = self._orders.pay(order, amount, now, again=again > 0)
                await self._callbacks.tell(order, transaction, errors.DONE, faults)
        else:
            order.cancelled = action == CANCEL
            code = errors.CANCELLED if action == CANCEL else errors.FAILED
            await self._callbacks.tell(order, None, code, faults)
