"""The people of one entry at a moment: who represents it, who owns it, and how the register writes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from sandbox_mocks.country.country import Country
from sandbox_mocks.country.enterprises.history import BRANCH, LOCATION, History, Unit
from sandbox_mocks.country.enterprises.plan import FIRM
from sandbox_mocks.country.enterprises.roles import (
    JOINT_STOCK,
    MEMBER_SEATS,
    MEMBERS,
    PARTNERSHIP,
    STATE,
    Roles,
)

REPRESENTATIVE, MEMBER = "representative", "member"
_REMEMBERED = 256
_MANY_OWNERS = (MEMBERS, JOINT_STOCK, PARTNERSHIP)


class Tie(NamedTuple):
    """What a person is to an entry."""

    person: int
    role: str


class Identity(NamedTuple):
    """A person as the business register writes one; the birth date is dd/MM/yyyy, or yyyy when no more is known."""

    name: str
    number: str
    birth: str


class People:
    """The people behind the entries of one country."""

    def __init__(self, country: Country, roles: Roles, history: History) -> None:
        self._country, self._roles, self._history = country, roles, history
        self.identity: Callable[[int, int], Identity] = lru_cache(_REMEMBERED)(self._identify)
        """Returns name, number and birth date that the population register has of a person at a moment."""

    def representatives(self, unit: Unit, at: int) -> list[int]:
        """Returns who represents an entry at a moment; some companies have a second one."""
        if unit.form in (BRANCH, LOCATION):
            return [self._roles.head(unit.place, unit.form, unit.number)]
        tenures = self._history.life(unit.form, unit.place).tenures
        found = [max((since, person) for since, person in tenures if since <= at)[1]]
        if unit.form == FIRM and self._roles.type(unit.place) in (MEMBERS, JOINT_STOCK):
            second = self._roles.member(unit.place, 0)
            if self._roles.genes(FIRM, unit.place)[6] < 40 and second not in found:
                found.append(second)
        return found

    def owners(self, unit: Unit, at: int) -> list[int]:
        """Returns the people who own an entry at a moment; a founder stays an owner when someone else takes over."""
        if unit.form in (BRANCH, LOCATION):
            return []
        if unit.form != FIRM:
            return self.representatives(unit, at)
        kind = self._roles.type(unit.place)
        if kind in _MANY_OWNERS:
            count = 1 + self._roles.genes(FIRM, unit.place)[7] % (MEMBER_SEATS - 1)
            founder = self._history.life(FIRM, unit.place).tenures[0][1]
            others = [self._roles.member(unit.place, order) for order in range(count + (kind == JOINT_STOCK))]
            return list(dict.fromkeys([founder, *others]))
        if kind == STATE or self._roles.parent(unit.place) is not None:
            return []
        return self.representatives(unit, at)[:1]

    def ties(self, unit: Unit, at: int) -> list[Tie]:
        """Returns all people of an entry at a moment with what they are to it."""
        represented = [Tie(person, REPRESENTATIVE) for person in self.representatives(unit, at)]
        return represented + [Tie(person, MEMBER) for person in self.owners(unit, at)]

    def youngest(self, unit: Unit, at: int) -> int:
        """Returns the birth year of the youngest of an entry's people."""
        return max(self._country.demography.place(tie.person).year for tie in self.ties(unit, at))

    def number(self, person: int, at: int) -> str:
        """Returns the number that a person has at a moment."""
        return self._country.records.number(self._country.demography.place(person), at)

    def _identify(self, person: int, at: int) -> Identity:
        record: dict[str, Any] = self._country.records.write(person, at)
        birth = record["NgayThangNamSinh"]
        day = birth.get("NgayThangNam")
        return Identity(
            " ".join(part for part in record["HoVaTen"].values() if part),
            record["SoDinhDanh"],
            f"{day[6:]}/{day[4:6]}/{day[:4]}" if day else birth["Nam"],
        )
