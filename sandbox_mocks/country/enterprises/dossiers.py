"""The register's list of dossiers: those decided in a window of time, in the list's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sandbox_mocks.country.enterprises.history import APPROVED, SUCCESSION, SUCCESSION_DELAYS, History, Step, Unit
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD, Plan
from sandbox_mocks.country.enterprises.roles import Roles
from sandbox_mocks.country.lives import Lives

_REMEMBERED_WINDOWS = 8


class Dossier(NamedTuple):
    """One dossier of the list: what it was about, when (epoch milliseconds) and how it was decided."""

    time: int
    serial: int
    unit: Unit
    document: str
    process: str

    @property
    def approved(self) -> bool:
        """Whether it changed the entry."""
        return self.process == APPROVED


class DossierList:
    """All dossiers of one country, by window and by serial number."""

    def __init__(self, plan: Plan, history: History, roles: Roles, lives: Lives) -> None:
        self._plan, self._history, self._roles, self._lives = plan, history, roles, lives
        self.order: Callable[[int, int], list[tuple[int, int]]] = lru_cache(_REMEMBERED_WINDOWS)(self._sort)
        """Returns time and serial number of the dossiers of `[since, until)`, whole seconds, in the list's order."""

    def find(self, serial: int) -> Dossier | None:
        """Finds a dossier by its serial number."""
        try:
            form, index = self._history.owner(serial)
        except IndexError:
            return None
        found = (step for step in self._history.life(form, index).steps if step.serial == serial)
        return next((_dossier(step) for step in found), None)

    def _sort(self, since: int, until: int) -> list[tuple[int, int]]:
        return sorted({*self._plan.window(since, until), *self._successions(since, until)})

    def _successions(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """Lists the dossiers that follow deaths, by the deaths of earlier windows."""
        for delay in SUCCESSION_DELAYS:
            if delay is None:
                continue
            for _, stream, number in self._lives.timeline.events(since - delay, until - delay, "death"):
                person = self._lives.people(stream, number)[0]
                enterprises = [(FIRM, firm) for firm in self._roles.firms_of(person)]
                household = self._roles.household_of(person)
                if household is not None:
                    enterprises.append((HOUSEHOLD, household))
                for form, index in enterprises:
                    if self._history.delay(form, index) != delay:
                        continue
                    for step in self._history.life(form, index).steps:
                        if step.kind == SUCCESSION and since <= step.time < until:
                            yield step.time, step.serial


def _dossier(step: Step) -> Dossier:
    return Dossier(step.time, step.serial, step.unit, step.document, step.process)
