"""Differences by script: where platform and bank don't agree on a payment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MISSING_AT_BANK, MISSING_AT_PLATFORM = "missing_at_bank", "missing_at_platform"
AMOUNT_DIFFERS, LATE, DUPLICATE_LINE = "amount_differs", "late", "duplicate_line"
PARAMETERS: dict[str, dict[str, int]] = {
    MISSING_AT_BANK: {},
    MISSING_AT_PLATFORM: {},
    AMOUNT_DIFFERS: {"by": -1000},
    LATE: {"days": 1},
    DUPLICATE_LINE: {},
}
"""Every kind of difference with its parameters: by how much the bank's amount differs, how many days late it books."""


class DifferenceRefused(ValueError):
    """A scripted difference that the twin doesn't understand; the message says why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with the payments of one order."""

    kind: str
    reference: str
    size: int = 0


def read_difference(given: Mapping[str, Any]) -> Difference:
    """Reads one difference of a script.

    Raises:
        DifferenceRefused: the kind, the reference or a parameter is not one that the twin knows.
    """
    kind, reference = given.get("kind"), given.get("MaThamChieu")
    if not isinstance(kind, str) or kind not in PARAMETERS:
        raise DifferenceRefused(f"unknown kind of difference; one of: {', '.join(PARAMETERS)}")
    if not isinstance(reference, str) or not reference:
        raise DifferenceRefused("MaThamChieu must name the order")
    defaults = PARAMETERS[kind]
    unknown = sorted(set(given) - {"kind", "MaThamChieu", *defaults})
    if unknown:
        raise DifferenceRefused(f"{kind} has no parameter {', '.join(unknown)}")
    size = 0
    for name, default in defaults.items():
        size = given.get(name, default)
        if not isinstance(size, int) or isinstance(size, bool) or size == 0 or (name == "days" and size < 1):
            raise DifferenceRefused(f"{name} of {kind} must be a whole number{' from 1 on' if name == 'days' else ''}")
    return Difference(kind, reference, size)
