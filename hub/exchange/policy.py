"""Who may ask for what: consumers, their keys, officers and grants, as one immutable snapshot. Deny by default.

What a call may release is the least of three sets: what the procedure needs, what the consumer is granted for it, and
what the call asks for. Asking beyond the procedure is refused; what the grant lacks is answered as `withheld`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.exchange.refusals import InvalidParam, Refused


@dataclass(frozen=True, slots=True)
class Grant:
    """The right of a consumer to attributes for one procedure, with its legal basis."""

    procedure: str
    attributes: frozenset[str]
    legal_basis: str
    valid_from: datetime
    valid_to: datetime | None

    def valid(self, now: datetime) -> bool:
        """Tells whether the grant is in force."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@dataclass(frozen=True, slots=True)
class ConsumerKey:
    """One public key of a consumer; `kid` is its RFC 7638 thumbprint."""

    kid: str
    jwk: Mapping[str, Any]
    active: bool
    expires_at: datetime | None

    def usable(self, now: datetime) -> bool:
        """Tells whether tokens may be issued and used under this key."""
        return self.active and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Consumer:
    """A calling system with all that it may do; `officers` are the active ones."""

    consumer_id: str
    active: bool
    keys: Mapping[str, ConsumerKey]
    officers: frozenset[str]
    grants: Mapping[str, Grant]


@dataclass(frozen=True, slots=True)
class Needs:
    """The attributes that a procedure needs; `editable` are those that the citizen may overwrite in its form."""

    attributes: tuple[str, ...]
    editable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permit:
    """What one call may release: in the order of the procedure, with what the grant lacks beside it."""

    procedure: str
    legal_basis: str
    released: tuple[str, ...]
    withheld: tuple[str, ...]
    editable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """All consumers at one moment, and what each procedure (by its code) needs."""

    consumers: Mapping[str, Consumer]
    needs: Mapping[str, Needs]
    owners: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, consumers: Iterable[Consumer], needs: Mapping[str, Needs]) -> Policy:
        """Makes a snapshot; a key registered with two consumers proves neither and is left out."""
        by_id = {consumer.consumer_id: consumer for consumer in consumers}
        owners: dict[str, str] = {}
        shared: set[str] = set()
        for consumer in by_id.values():
            for kid in consumer.keys:
                if owners.setdefault(kid, consumer.consumer_id) != consumer.consumer_id:
                    shared.add(kid)
        return cls(by_id, needs, {kid: owner for kid, owner in owners.items() if kid not in shared})

    def owner_of(self, kid: str) -> Consumer | None:
        """Finds the consumer that a key belongs to."""
        owner = self.owners.get(kid)
        return None if owner is None else self.consumers[owner]

    def granted(self, consumer: Consumer, procedure: str, now: datetime) -> Grant:
        """Returns the grant of a consumer for a procedure.

        Raises:
            Refused: the procedure is not known to the hub, or nothing is granted for it now.
        """
        if procedure not in self.needs:
            raise Refused("procedure.unknown")
        grant = consumer.grants.get(procedure)
        if grant is None or not grant.valid(now):
            raise Refused("grant.missing")
        return grant

    def permit(self, consumer: Consumer, procedure: str, asked: list[str] | None, now: datetime) -> Permit:
        """Decides what a call may release.

        Raises:
            Refused: as `granted`, or the call asks for attributes that the procedure does not need.
        """
        grant = self.granted(consumer, procedure, now)
        needs = self.needs[procedure]
        needed = needs.attributes
        if asked is not None:
            beyond = [index for index, name in enumerate(asked) if name not in needed]
            if beyond:
                wrong = tuple(InvalidParam(f"attributes[{index}]", "beyond_procedure") for index in beyond)
                raise Refused("attributes.beyond_procedure", wrong)
            needed = tuple(name for name in needed if name in asked)
        return Permit(
            procedure,
            grant.legal_basis,
            tuple(name for name in needed if name in grant.attributes),
            tuple(name for name in needed if name not in grant.attributes),
            needs.editable,
        )


def require_officer(consumer: Consumer, officer: str) -> None:
    """Refuses an officer whom the consumer has not registered or has disabled.

    Raises:
        Refused: nobody stands behind the call.
    """
    if officer not in consumer.officers:
        raise Refused("officer.unknown", (InvalidParam("officer", "not_registered"),))
