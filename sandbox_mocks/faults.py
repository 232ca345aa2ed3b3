"""Faults by script: what a real system does on its bad days, done on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ELSEWHERE = "http://elsewhere.invalid/"
"""Another host, without TLS and by a name that nobody can have."""

PARAMETERS: dict[str, dict[str, Any]] = {
    "delay": {"ms": 1000},
    "drop": {},
    "status": {"code": 503},
    "throttle": {"retry_after": 1},
    "garbage": {},
    "truncated": {},
    "ok_with_error": {"form": "plain"},
    "token": {},
    "clock": {},
    "timeout_after_commit": {"ms": 60_000},
    "repeated_page": {},
    "missing_page": {},
    "empty": {},
    "shrunken": {"keep": 0.1},
    "oversize": {"mb": 64},
    "bomb": {},
    "drift": {"field": "TruongMoi"},
    "html": {},
    "redirect": {"to": ELSEWHERE},
    "gzip_bomb": {"mb": 256},
    "next_host": {"to": ELSEWHERE},
    "moved": {"rows": 1},
    "receded": {"rows": 1},
    "short_token": {"seconds": 1},
    "refused": {"code": "101"},
    "behind": {"days": 1},
    "early_callback": {},
    "late_callback": {"ms": 3_600_000},
    "missing_callback": {},
    "duplicate_callback": {"count": 2},
    "out_of_order": {},
    "paid_twice": {},
    "amount_mismatch": {"by": 1000},
    "wrong_signature": {},
    "wrong_currency": {"code": "USD"},
    "twelve_hours": {},
    "receipt_not_ready": {},
    "cut_file": {},
    "lost_column": {},
}
"""Every kind of fault with its parameters and their defaults.

Some belong to one register: `clock` to population, which alone signs the time; to business a link to another host in a
list (`next_host`), rows that came before those already read or that went away (`moved`, `receded`), and details as they
were days ago while the lists are of today (`behind`); to civil status a refusal by one of its own codes (`refused`). A
token that lives for seconds only is `short_token`; `token` kills that of the call where there is one. `bomb` is XML
that grows by its entities or deeply nested JSON.

Those from `early_callback` on belong to the payment platform. They strike its callbacks, as the operation CONFIRM: sent
later by the country's clock, never, more than once, after the next callback of the same order, of an order paid twice
or with a lesser amount, wrongly signed, in another currency, or timed by a clock of twelve hours. `early_callback`
strikes INIT, which then is paid before it is answered; `receipt_not_ready` strikes GET_BILL. The last two spoil files
of treasury and banks, asked for or delivered (as the operation DELIVERY): base64 cut short, a column lost in the last
line.
"""


class FaultRefused(ValueError):
    """A scripted fault that the twin doesn't understand; the message says why."""


@dataclass(slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        operation: the operation that it hits; `*`: all.
        page: the page that it hits; None: all. `repeated_page` sends page n again as page n + 1; `missing_page` leaves
            page n out, so that the pages after it move up by one.
        times: how often it happens; None: until it is taken away.
        after: how many calls it lets through first.
    """

    kind: str
    operation: str = "*"
    page: int | None = None
    times: int | None = None
    after: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)
    met: int = 0
    fired: int = 0

    def hits(self, operation: str, page: int | None) -> bool:
        """Tells whether a call is one that the fault is meant for."""
        if self.operation not in ("*", operation):
            return False
        if self.page is None:
            return True
        if page is None:
            return False
        if self.kind == "repeated_page":
            return page == self.page + 1
        return page >= self.page if self.kind == "missing_page" else page == self.page

    def as_json(self) -> dict[str, Any]:
        """Describes the fault and how often it was met and happened."""
        return {
            "kind": self.kind, "operation": self.operation, "page": self.page, "times": self.times, "after": self.after,
            **self.parameters, "met": self.met, "fired": self.fired,
        }  # fmt: skip


def read_fault(given: Mapping[str, Any]) -> Fault:
    """Reads one fault of a script.

    Raises:
        FaultRefused: the kind, a parameter or a value is not one that the twin knows.
    """
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in PARAMETERS:
        raise FaultRefused(f"unknown kind of fault; one of: {', '.join(PARAMETERS)}")
    defaults = PARAMETERS[kind]
    unknown = sorted(set(given) - {"kind", "operation", "page", "times", "after"} - set(defaults))
    if unknown:
        raise FaultRefused(f"{kind} has no parameter {', '.join(unknown)}; it has: {', '.join(defaults) or 'none'}")
    for name in ("page", "times", "after"):
        value = given.get(name)
        least = 1 if name == "page" else 0
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise FaultRefused(f"{name} must be null or a whole number from {least} on")
    parameters = {name: given.get(name, default) for name, default in defaults.items()}
    for name, default in defaults.items():
        number = isinstance(default, int | float)
        value = parameters[name]
        if number and (not isinstance(value, int | float) or isinstance(value, bool) or value < 0):
            raise FaultRefused(f"{name} of {kind} must be a number from 0 on")
        if not number and not isinstance(value, str):
            raise FaultRefused(f"{name} of {kind} must be a text")
    if kind in ("repeated_page", "missing_page") and given.get("page") is None:
        raise FaultRefused(f"{kind} needs a page")
    operation = given.get("operation", "*")
    if not isinstance(operation, str):
        raise FaultRefused("operation must be a text")
    return Fault(kind, operation, given.get("page"), given.get("times"), given.get("after") or 0, parameters)


class FaultScript:
    """The faults that are scripted now."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def replace(self, faults: list[Fault]) -> None:
        """Puts other faults in place of all earlier ones."""
        self.faults = faults

    def take(self, operation: str, page: int | None) -> dict[str, Fault]:
        """Returns the faults that happen to this call, by kind, and counts them as happened."""
        happening: dict[str, Fault] = {}
        for fault in self.faults:
            if not fault.hits(operation, page):
                continue
            fault.met += 1
            if fault.met <= fault.after or (fault.times is not None and fault.fired >= fault.times):
                continue
            if fault.kind not in happening:
                fault.fired += 1
                happening[fault.kind] = fault
        return happening
