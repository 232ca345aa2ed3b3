"""The life of an enterprise: its dossiers in order, which of them were approved, and who represented it when."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from sandbox_mocks.country.demography import Demography
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD, Plan, Planned
from sandbox_mocks.country.enterprises.roles import CANDIDATES, OWNERS, Roles
from sandbox_mocks.country.lives import Lives
from sandbox_mocks.country.timeline import HISTORY_END

ACTIVE, CLOSED, STOPPED, SUSPENDED, VANISHED, DISSOLVING = "00", "01", "03", "05", "06", "07"
NEW, AMEND, STATUS = "NEW", "AMEND", "STATUS"
RECEIVED, SUPPLEMENT, APPROVED, REJECTED = "1", "2", "3", "4"
SUCCESSION = "succession"
BRANCH, LOCATION = "branch", "location"

_DAY = 86_400_000
SUCCESSION_DELAYS: tuple[int | None, ...] = (30 * _DAY, 90 * _DAY, 200 * _DAY, None)
"""How long after a death the register learns of it, one enterprise in four each; None: never."""
_AMENDABLE = (ACTIVE, SUSPENDED)
_LIVING = (ACTIVE, SUSPENDED, VANISHED)
_REMEMBERED = 8192


class Unit(NamedTuple):
    """What has an entry of its own: a firm, its n-th branch or business location (from 1), or a household business."""

    form: str
    place: int
    number: int = 0


class Step(NamedTuple):
    """One dossier: when and how it was decided, and the unit's status after it."""

    time: int
    serial: int
    unit: Unit
    kind: str
    document: str
    process: str
    status: str


class Life(NamedTuple):
    """The dossiers of an enterprise and its branches in order, and its representatives with the times they took
    over."""

    steps: list[Step]
    tenures: list[tuple[int, int]]


class History:
    """The lives of all enterprises of one country."""

    def __init__(self, demography: Demography, lives: Lives, plan: Plan, roles: Roles) -> None:
        self._demography, self._lives, self._plan, self._roles = demography, lives, plan, roles
        self.life: Callable[[str, int], Life] = lru_cache(_REMEMBERED)(self._live)

    def delay(self, form: str, index: int) -> int | None:
        """Returns how long after its representative's death an enterprise tells the register; None: it never does."""
        return SUCCESSION_DELAYS[self._roles.genes(form, index)[1] % len(SUCCESSION_DELAYS)]

    def owner(self, serial: int) -> tuple[str, int]:
        """Returns form and index of the enterprise that a dossier is about; IndexError: there is no such dossier."""
        if serial < self._plan.dossiers:
            return self._plan.owner(serial)
        index = (serial - self._plan.dossiers) // CANDIDATES
        firms = self._plan.total(FIRM)
        if index >= firms + self._plan.total(HOUSEHOLD):
            raise IndexError(f"no dossier {serial}")
        return (FIRM, index) if index < firms else (HOUSEHOLD, index - firms)

    def died(self, person: int) -> int | None:
        """Returns when a person's death is registered."""
        return self._lives.life(person, self._demography.place(person)).dies

    def _live(self, form: str, index: int) -> Life:
        return _Chronicle(self, self._plan, self._roles, form, index).write()

    def succession_serial(self, form: str, index: int, order: int) -> int:
        """Returns the serial number of the dossier that follows the n-th candidate's death."""
        place = index if form == FIRM else self._plan.total(FIRM) + index
        return self._plan.dossiers + place * CANDIDATES + order


class _Chronicle:
    """Writes one life, dossier by dossier."""

    def __init__(self, history: History, plan: Plan, roles: Roles, form: str, index: int) -> None:
        self._history, self._roles, self._form, self._index = history, roles, form, index
        self._planned = plan.dossiers_of(form, index)
        self._delay = history.delay(form, index)
        self._unit = Unit(form, index)
        self._status = {self._unit: ACTIVE}
        self._order = 0
        self._succession: int | None = None
        self._steps: list[Step] = []
        self._tenures: list[tuple[int, int]] = []

    def write(self) -> Life:
        founding = self._planned[0]
        self._appoint(0, founding.time)
        self._note(founding, self._unit, NEW, APPROVED)
        for planned in self._planned[1:]:
            self._succeed(planned.time)
            self._decide(planned)
        self._succeed(HISTORY_END)
        return Life(self._steps, self._tenures)

    def _person(self, order: int) -> int:
        find = self._roles.candidate if self._form == FIRM else self._roles.owner
        return find(self._index, order)

    def _appoint(self, first: int, time: int) -> None:
        """Gives the office to the first candidate from a number on who lives; without one, nothing changes."""
        for order in range(first, CANDIDATES if self._form == FIRM else OWNERS):
            person = self._person(order)
            died = self._history.died(person)
            if died is None or died > time:
                self._order = order
                self._tenures.append((time, person))
                known = died is not None and self._delay is not None
                self._succession = (died or 0) // 1000 * 1000 + (self._delay or 0) if known else None
                return
        self._succession = None
        if not self._tenures:
            self._tenures.append((time, self._person(0)))

    def _succeed(self, until: int) -> None:
        while self._succession is not None and self._succession <= until:
            time, order = self._succession, self._order
            self._succession = None
            if self._status[self._unit] not in _LIVING:
                return
            serial = self._history.succession_serial(self._form, self._index, order)
            planned = Planned(time, serial, SUCCESSION, order)
            if self._form == HOUSEHOLD:
                self._turn(planned, CLOSED)
            else:
                self._appoint(order + 1, time)
                self._note(planned, self._unit, AMEND, APPROVED)

    def _decide(self, planned: Planned) -> None:
        kind, ordinal, status = planned.kind, planned.ordinal, self._status[self._unit]
        if kind.startswith((BRANCH, LOCATION)):
            self._decide_site(planned)
        elif kind == "attempt":
            process = (RECEIVED, SUPPLEMENT, REJECTED)[ordinal % 3]
            self._note(planned, self._unit, AMEND, process)
        elif kind == "suspend":
            self._turn(planned, SUSPENDED, status == ACTIVE)
        elif kind == "resume":
            self._turn(planned, ACTIVE if ordinal % 4 else STOPPED, status == SUSPENDED)
        elif kind == "vanish":
            self._turn(planned, VANISHED, status == ACTIVE)
        elif kind == "dissolve":
            self._turn(planned, DISSOLVING if self._form == FIRM else CLOSED, status in _LIVING)
        elif kind == "close":
            self._turn(planned, CLOSED, status == DISSOLVING)
        elif status in _AMENDABLE:
            if kind == "represent":
                self._appoint(self._order + 1, planned.time)
            self._note(planned, self._unit, AMEND, APPROVED)
        else:
            self._note(planned, self._unit, AMEND, REJECTED)

    def _decide_site(self, planned: Planned) -> None:
        """Decides a dossier about a branch or business location; without one it stays a refused one of the firm."""
        form, _, change = planned.kind.partition("_")
        first = Unit(form, self._index, 1)
        open_, there = self._status[self._unit] in _AMENDABLE, self._status.get(first) == ACTIVE
        if not change or (change == "again" and planned.ordinal % 3 == 0):
            unit = Unit(form, self._index, 2) if change else first
            if open_ and (there or not change):
                self._status[unit] = ACTIVE
                self._note(planned, unit, NEW, APPROVED)
            else:
                self._note(planned, self._unit, NEW, REJECTED)
        elif not there:
            self._note(planned, first if first in self._status else self._unit, AMEND, REJECTED)
        elif change == "end" and planned.ordinal % 4 == 0:
            self._status[first] = CLOSED
            self._note(planned, first, STATUS, APPROVED)
        else:
            self._note(planned, first, AMEND, APPROVED)

    def _turn(self, planned: Planned, status: str, allowed: bool = True) -> None:
        if allowed:
            self._status[self._unit] = status
        self._note(planned, self._unit, STATUS, APPROVED if allowed else REJECTED)

    def _note(self, planned: Planned, unit: Unit, document: str, process: str) -> None:
        self._steps.append(
            Step(planned.time, planned.serial, unit, planned.kind, document, process, self._status[unit])
        )
