"""Orders and what was paid on them. They live in memory, as long as the twin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox_mocks.payment.errors import (
    AMOUNT,
    ORDER_CLOSED,
    REFERENCE_USED,
    REFUND_TOO_HIGH,
    UNKNOWN_ORDER,
    Refused,
)
from sandbox_mocks.payment.partners import Partner
from sandbox_mocks.payment.times import day_text

PENDING, PAID, CANCELLED, EXPIRED, REFUNDED = "0", "1", "2", "3", "4"
"""TrangThaiGD (assumed)."""
LIFETIME_MS = 15 * 60_000
"""How long an order may be paid (assumed)."""


@dataclass(slots=True)
class Transaction:
    """One payment that went through: amount in đồng, and its refunds by the partner's own request codes."""

    code: str
    time: int
    amount: int
    currency: str = "VND"
    refunds: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Amount and time of each."""

    @property
    def refunded(self) -> int:
        """How much was given back."""
        return sum(amount for amount, _ in self.refunds.values())


@dataclass(slots=True)
class Order:
    """One order of a partner."""

    partner: Partner
    reference: str
    amount: int
    message: dict[str, Any]
    created: int
    token: str
    cancelled: bool = False
    expired: bool = False
    transactions: list[Transaction] = field(default_factory=list)

    def state(self, now: int) -> str:
        """Returns TrangThaiGD at a moment."""
        if self.transactions:
            whole = sum(each.amount for each in self.transactions)
            return REFUNDED if sum(each.refunded for each in self.transactions) >= whole else PAID
        if self.cancelled:
            return CANCELLED
        return EXPIRED if self.expired or now - self.created >= LIFETIME_MS else PENDING


class Orders:
    """All orders of one twin."""

    def __init__(self) -> None:
        self._by_reference: dict[tuple[str, str], Order] = {}
        self._by_token: dict[str, Order] = {}
        self._taken = 0

    def open(self, partner: Partner, message: dict[str, Any], amount: int, now: int, token: str) -> Order:
        """Opens an order.

        Raises:
            Refused: the partner has used the reference before, whatever became of it.
        """
        key = partner.code, str(message["MaThamChieu"])
        if key in self._by_reference:
            raise Refused(REFERENCE_USED)
        order = Order(partner, key[1], amount, message, now, token)
        self._by_reference[key] = self._by_token[token] = order
        return order

    def find(self, partner: Partner, reference: str) -> Order:
        """Finds a partner's order.

        Raises:
            Refused: there is none.
        """
        order = self._by_reference.get((partner.code, reference))
        if order is None:
            raise Refused(UNKNOWN_ORDER)
        return order

    def by_token(self, token: str) -> Order | None:
        """Finds an order by the token in its payment page's address."""
        return self._by_token.get(token)

    def by_reference(self, reference: str) -> Order | None:
        """Finds any partner's order."""
        return next((order for (_, each), order in self._by_reference.items() if each == reference), None)

    def pay(self, order: Order, amount: int, now: int, again: bool = False) -> Transaction:
        """Takes a payment.

        Args:
            again: take it although the order is paid, as two browser windows can.

        Raises:
            Refused: the order is no longer open.
        """
        if not again and order.state(now) != PENDING:
            raise Refused(ORDER_CLOSED)
        self._taken += 1
        transaction = Transaction(f"{day_text(now)}{self._taken:08d}", now, amount)
        order.transactions.append(transaction)
        return transaction

    def refund(self, order: Order, code: str, request: str, amount: int, now: int) -> Transaction:
        """Gives money back, once for each request code.

        Raises:
            Refused: no such transaction, another amount under the same request code, or more than is left.
        """
        transaction = next((each for each in order.transactions if each.code == code), None)
        if transaction is None:
            raise Refused(UNKNOWN_ORDER)
        known = transaction.refunds.get(request)
        if known is None:
            if not 0 < amount <= transaction.amount - transaction.refunded:
                raise Refused(REFUND_TOO_HIGH)
            transaction.refunds[request] = amount, now
        elif known[0] != amount:
            raise Refused(AMOUNT)
        return transaction

    def taken(self, since: int, until: int) -> Iterator[tuple[Order, Transaction]]:
        """Lists the payments of `[since, until)` in order of time."""
        found = [
            (transaction.time, transaction.code, order, transaction)
            for order in self._by_reference.values()
            for transaction in order.transactions
            if since <= transaction.time < until
        ]
        for _, _, order, transaction in sorted(found, key=lambda each: each[:2]):
            yield order, transaction
