"""Who stands behind an enterprise: the way from an enterprise to its people and owners, and from a person back.

A firm sits on a seat. Each seat has some candidates for the office of representative, who follow one another; the last
seats share those of the first ones, so some people represent two firms. A firm may be owned by the one on seat `n // 3`
of its own seat `n`: chains of owners always end.
"""

from __future__ import annotations

from sandbox_mocks.country.demography import Demography
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD, Plan
from sandbox_mocks.country.permutation import Keyring

PRIVATE, ONE_MEMBER, MEMBERS, JOINT_STOCK, PARTNERSHIP, STATE = "1", "2", "3", "4", "5", "9"
FIRST_YEAR, LAST_YEAR = 1955, 1998
"""Birth years of the people in business."""
CANDIDATES = 4
OWNERS = 2
MEMBER_SEATS = 4
_BRANCH_SEAT, _LOCATION_SEAT, _SEATS = 3, 5, 8
_SHARED = 12
_TYPES = ((26, PRIVATE), (115, ONE_MEMBER), (180, MEMBERS), (248, JOINT_STOCK), (252, PARTNERSHIP), (256, STATE))
"""Kinds of enterprise by a byte: about 10 % private, 35 % and 25 % LLC, 27 % joint-stock, 2 % partnership and state."""


class Roles:
    """The people in business in one country."""

    def __init__(self, demography: Demography, plan: Plan, keys: Keyring) -> None:
        self._plan, self._keys = plan, keys
        self._first = demography.cohort_start(FIRST_YEAR)
        self._size = demography.cohort_start(LAST_YEAR + 1) - self._first
        firms = plan.total(FIRM)
        self._seats = keys.permutation(firms, "seats")
        self._own = firms - firms // _SHARED
        self._candidates = keys.permutation(self._size, "candidates")
        self._members = keys.permutation(self._size, "members")

    def genes(self, form: str, index: int) -> bytes:
        """Returns the bytes from which every choice of one enterprise is taken."""
        return self._keys.genes((1 << 40 if form == FIRM else 1 << 41) + index)

    def type(self, firm: int) -> str:
        """Returns ENTERPRISE_TYPE_ID of a firm; whoever shares a representative is no private enterprise or
        partnership."""
        byte = self.genes(FIRM, firm)[0]
        found = next(kind for until, kind in _TYPES if byte < until)
        shares = self._seats.forward(firm) >= self._own
        return ONE_MEMBER if shares and found in (PRIVATE, PARTNERSHIP) else found

    def candidate(self, firm: int, order: int) -> int:
        """Returns the n-th candidate for a firm's representative."""
        seat = self._seats.forward(firm)
        seat = seat if seat < self._own else seat - self._own
        return self._first + self._candidates.backward(seat * CANDIDATES + order)

    def owner(self, household: int, order: int) -> int:
        """Returns the n-th candidate for the owner of a household business."""
        return self._first + self._candidates.backward(self._own * CANDIDATES + household * OWNERS + order)

    def member(self, firm: int, order: int) -> int:
        """Returns the n-th of a firm's other people."""
        return self._first + self._members.backward(firm * _SEATS + order)

    def head(self, firm: int, form: str, number: int) -> int:
        """Returns who heads the n-th branch or business location of a firm, counted from 1."""
        return self.member(firm, (_BRANCH_SEAT if form == "branch" else _LOCATION_SEAT) + number)

    def firms_of(self, person: int) -> set[int]:
        """Returns the firms that a person may have to do with, at some time and in some role."""
        if not 0 <= person - self._first < self._size:
            return set()
        found = {self._members.forward(person - self._first) // _SEATS}
        seat = self._candidates.forward(person - self._first) // CANDIDATES
        if seat < self._own:
            found |= {self._seats.backward(each) for each in (seat, seat + self._own) if each < self._seats.size}
        return {firm for firm in found if firm < self._plan.total(FIRM)}

    def household_of(self, person: int) -> int | None:
        """Returns the household business that a person may own."""
        if not 0 <= person - self._first < self._size:
            return None
        place = self._candidates.forward(person - self._first) - self._own * CANDIDATES
        household = place // OWNERS
        return household if 0 <= household < self._plan.total(HOUSEHOLD) else None

    def parent(self, firm: int) -> int | None:
        """Returns the firm that is a member of this one."""
        seat = self._seats.forward(firm)
        if seat % 8 not in (3, 5) or self.type(firm) not in (ONE_MEMBER, MEMBERS, JOINT_STOCK):
            return None
        parent = self._seats.backward(seat // 3)
        if self.type(parent) == PRIVATE:
            return None
        return parent if self._plan.founded(FIRM, parent) < self._plan.founded(FIRM, firm) else None

    def subsidiaries(self, firm: int) -> list[int]:
        """Returns the firms that this one is a member of."""
        seat = self._seats.forward(firm)
        below = (self._seats.backward(each) for each in range(seat * 3, seat * 3 + 3) if 0 < each < self._seats.size)
        return [each for each in below if self.parent(each) == firm]
