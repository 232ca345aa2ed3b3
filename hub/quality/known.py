"""What the rules over a batch may know of the hub's store: which numbers they ask about, and what they are told.

This room never asks a database: the check step asks once a batch, and passes the answers in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The numbers in a batch that its rules ask about: of people who may be dead, and of enterprises whose owners may
    lead back into the batch."""

    people: frozenset[str] = field(default=frozenset(), repr=False)
    owners: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds on the numbers that a batch mentions.

    `deceased` are those whom the population register calls so. `owned_by` names the enterprises that own one, by code,
    for the mentioned enterprises and for those that own them in turn.
    """

    deceased: frozenset[str] = field(default=frozenset(), repr=False)
    owned_by: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}), repr=False)


NOTHING: Final = Known()
"""What an empty store knows."""
