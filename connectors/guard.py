"""Keeps invented people out of production, and real people out of a sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from connectors.errors import BrokenContract, Refused
from connectors.records import IdentityClaim
from schemas.vn import synthetic

KeyScheme = Literal["personal_id", "enterprise_code", "own"]
"""What the keys of a feed are: personal numbers, codes of enterprises (among which those of household businesses are
personal numbers), or the register's own, which name nobody."""


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

    def allows_key(self, key: str, scheme: KeyScheme) -> bool:
        """Tells whether a key may be seen here; only personal numbers tell environments apart."""
        personal = scheme == "personal_id" or (scheme == "enterprise_code" and len(key) == 12)
        return not personal or self.allows(key)

    def outgoing(self, operation: str, claim: IdentityClaim) -> None:
        """Lets a claim go out.

        Raises:
            Refused: the claim is about a person of the other environment.
        """
        for field, number in (("personal_id", claim.personal_id), ("former_id", claim.former_id)):
            if number and not self.allows(number):
                raise Refused(self._register, operation, "person_outside_environment", fields=(field,))

    def incoming(self, operation: str, field: str, numbers: Iterable[str], scheme: KeyScheme = "personal_id") -> None:
        """Lets an answer in.

        Raises:
            BrokenContract: the answer holds a person of the other environment.
        """
        for number in numbers:
            if not self.allows_key(number, scheme):
                code = "foreign_person" if self._sandbox else "synthetic_person"
                raise BrokenContract(self._register, operation, code, fields=(field,))
