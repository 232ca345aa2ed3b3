"""Keeps invented people out of production, and real people out of a sandbox."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.errors import BrokenContract, Refused
from connectors.records import IdentityClaim
from schemas.vn import synthetic


class EnvironmentGuard:
    """Refuses numbers that are unlawful to see in this environment; no error holds the number.

    Production refuses 12-digit numbers with the prefix 100, which no province has. It lets 9-digit ones pass: old
    identity cards of a real province started with 100. A sandbox refuses every number that does not start so.

    Raises:
        ValueError: the environment is neither `production` nor `sandbox`.
    """

    def __init__(self, register: str, environment: str) -> None:
        if environment not in ("production", "sandbox"):
            raise ValueError("the environment is either production or sandbox")
        self._register = register
        self._sandbox = environment == "sandbox"

    def allows(self, number: str) -> bool:
        """Tells whether a number may be seen here."""
        return synthetic(number) if self._sandbox else not (len(number) == 12 and synthetic(number))

    def outgoing(self, operation: str, claim: IdentityClaim) -> None:
        """Lets a claim go out.

        Raises:
            Refused: the claim is about a person of the other environment.
        """
        for field, number in (("personal_id", claim.personal_id), ("former_id", claim.former_id)):
            if number and not self.allows(number):
                raise Refused(self._register, operation, "person_outside_environment", fields=(field,))

    def incoming(self, operation: str, field: str, numbers: Iterable[str]) -> None:
        """Lets an answer in.

        Raises:
            BrokenContract: the answer holds a person of the other environment.
        """
        for number in numbers:
            if not self.allows(number):
                code = "foreign_person" if self._sandbox else "synthetic_person"
                raise BrokenContract(self._register, operation, code, fields=(field,))
