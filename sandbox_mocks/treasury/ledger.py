"""Who booked what on which day: the platform and the bank, from the payments that the platform really took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sandbox_mocks.country.timeline import VIETNAM, epoch_ms
from sandbox_mocks.payment.orders import Order, Orders, Transaction
from sandbox_mocks.treasury.differences import (
    AMOUNT_DIFFERS,
    DUPLICATE_LINE,
    LATE,
    MISSING_AT_BANK,
    MISSING_AT_PLATFORM,
    Difference,
)

PAYMENT, REFUND = "TT", "HT"
AGREED, NOT_AT_BANK, OTHER_AMOUNT, NOT_AT_PLATFORM, TWICE = "00", "01", "02", "03", "04"
"""KetQua of a line in the response (assumed)."""
_DAY_MS = 86_400_000
_BEGINNING = date(2021, 1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One payment or refund as one side has booked it: amount in đồng, times in epoch milliseconds."""

    partner: str
    reference: str
    transaction: str
    entry: str
    kind: str
    amount: int
    bank: str
    account: str
    time: int
    booked: int

    @property
    def key(self) -> tuple[str, str]:
        """What names the same line on both sides."""
        return self.transaction, self.entry


class Ledger:
    """The books of both sides, computed from the orders and the scripted differences."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self.differences: dict[str, Difference] = {}

    def platform(self, day: date, bank: str) -> list[Line]:
        """Returns what the platform has for a bank and a day."""
        lines = self._lines(*_bounds(day))
        return [line for line in lines if line.bank == bank and self._kind(line) != MISSING_AT_PLATFORM]

    def bank(self, day: date, bank: str) -> list[Line]:
        """Returns what a bank or the treasury booked on a day, in order of time."""
        since, until = _bounds(day)
        booked = (each for line in self._lines(_bounds(_BEGINNING)[0], until) for each in self._booked(line))
        found = [line for line in booked if line.bank == bank and since <= line.booked < until]
        return sorted(found, key=lambda line: (line.booked, line.key))

    def response(self, day: date, bank: str) -> list[tuple[Line, str]]:
        """Returns a bank's response to the platform's lines of a day, and its own lines that these lack."""
        sent = {line.key: line for line in self.platform(day, bank)}
        mine: dict[tuple[str, str], list[Line]] = {}
        for line in self.bank(day, bank):
            mine.setdefault(line.key, []).append(line)
        answered: list[tuple[Line, str]] = []
        for key, line in sent.items():
            if key not in mine:
                answered.append((line, NOT_AT_BANK))
                continue
            first, *more = mine.pop(key)
            answered.append((first, AGREED if first.amount == line.amount else OTHER_AMOUNT))
            answered += [(each, TWICE) for each in more]
        return answered + [(line, NOT_AT_PLATFORM) for lines in mine.values() for line in lines]

    def statement(self, first: date, last: date, account: str) -> tuple[int, list[tuple[Line, int]]]:
        """Returns an account's balance before a day, and its lines to another day with the balance after each."""
        balance, found = 0, []
        since, until = _bounds(first)[0], _bounds(last)[1]
        booked = [each for line in self._lines(_bounds(_BEGINNING)[0], until) for each in self._booked(line)]
        opening = 0
        for line in sorted(booked, key=lambda line: (line.booked, line.key)):
            if line.account != account or line.booked >= until:
                continue
            balance += line.amount if line.kind == PAYMENT else -line.amount
            if line.booked < since:
                opening = balance
            else:
                found.append((line, balance))
        return opening, found

    def accounts(self, until: date) -> list[tuple[str, str]]:
        """Returns the banks and accounts that received anything by the end of a day."""
        lines = self._lines(_bounds(_BEGINNING)[0], _bounds(until)[1])
        return sorted({(line.bank, line.account) for line in lines})

    def truth(self, day: date) -> list[tuple[Line, str]]:
        """Returns every payment and refund of a day with the difference that is scripted for it, or an empty text."""
        return [(line, self._kind(line)) for line in self._lines(*_bounds(day))]

    def _kind(self, line: Line) -> str:
        difference = self.differences.get(line.reference)
        return difference.kind if difference is not None and line.kind == PAYMENT else ""

    def _booked(self, line: Line) -> list[Line]:
        """Returns how the bank has a line: not at all, once or twice."""
        kind = self._kind(line)
        if kind == MISSING_AT_BANK:
            return []
        size = self.differences[line.reference].size if kind else 0
        if kind == AMOUNT_DIFFERS:
            return [replace(line, amount=max(line.amount + size, 1))]
        if kind == LATE:
            return [replace(line, booked=line.booked + size * _DAY_MS)]
        return [line, line] if kind == DUPLICATE_LINE else [line]

    def _lines(self, since: int, until: int) -> Iterator[Line]:
        """Lists the payments and refunds of `[since, until)` as they were."""
        for order, transaction in self._orders.taken(0, until):
            if since <= transaction.time:
                yield _line(order, transaction, transaction.code, PAYMENT, transaction.amount, transaction.time)
            for request, (amount, time) in transaction.refunds.items():
                if since <= time < until:
                    yield _line(order, transaction, request, REFUND, amount, time)


def _line(order: Order, transaction: Transaction, entry: str, kind: str, amount: int, time: int) -> Line:
    receipt = order.message["ThongTinBienLai"]
    bank, account = str(receipt["MaNHThuHuong"]), str(receipt["TKThuHuong"])
    return Line(order.partner.code, order.reference, transaction.code, entry, kind, amount, bank, account, time, time)


def _bounds(day: date) -> tuple[int, int]:
    """Returns the beginning and end of a day in Viet Nam, in epoch milliseconds."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
    return epoch_ms(midnight), epoch_ms(midnight + timedelta(days=1))
