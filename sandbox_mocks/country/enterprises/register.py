"""The business register of one country: entries by code, ties between people and entries, and the list of dossiers."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

import orjson

from sandbox_mocks.country.country import Country
from sandbox_mocks.country.enterprises.codes import Codes
from sandbox_mocks.country.enterprises.defects import APPLY, CHANCES, CODES, Case
from sandbox_mocks.country.enterprises.dossiers import Dossier, DossierList
from sandbox_mocks.country.enterprises.history import BRANCH, LOCATION, History, Unit
from sandbox_mocks.country.enterprises.people import People, Tie
from sandbox_mocks.country.enterprises.places import BusinessPlaces
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD, Plan
from sandbox_mocks.country.enterprises.records import EnterpriseRecords, Record
from sandbox_mocks.country.enterprises.roles import Roles
from sandbox_mocks.country.permutation import Keyring

_SCALE = 2**64
_SITES = (BRANCH, LOCATION)


class Tied(NamedTuple):
    """What a person is to which entry."""

    unit: Unit
    role: str


class Enterprises:
    """The firms, branches, business locations and household businesses of a country, computed when asked for.

    Args:
        country: the people behind them; its seed, size and defect rate count here too.
    """

    def __init__(self, country: Country) -> None:
        self.country = country
        self._keys = Keyring(country.seed)
        self.plan = Plan(country.people, self._keys)
        self.roles = Roles(country.demography, self.plan, self._keys)
        self.history = History(country.demography, country.lives, self.plan, self.roles)
        self.people = People(country, self.roles, self.history)
        self._codes = Codes(self._keys)
        places = BusinessPlaces(country.places)
        self.records = EnterpriseRecords(self._codes, self.plan, self.roles, self.history, self.people, places)
        self._list = DossierList(self.plan, self.history, self.roles, country.lives)

    def unit(self, key: str, at: int) -> Unit | None:
        """Finds the entry that the register has under a key at a moment; a code that it wrote wrongly finds it under
        the wrong code alone."""
        found = (unit for unit in self._candidates(key) if self.version(unit, at) is not None and self.key(unit) == key)
        return next(found, None)

    def key(self, unit: Unit) -> str:
        """Returns what an entry is asked for by: `MST`, `MST-NNN`, `MST.NNNNN` or a twelve-digit number, as the
        register has it."""
        parent = self.records.parent_code(unit)
        code = self.code(unit)
        return f"{parent}.{code}" if unit.form == LOCATION else code

    def code(self, unit: Unit) -> str:
        """Returns ENTERPRISE_GDT_CODE of an entry as the register has it, wrong or not."""
        defect = self.code_defect(unit)
        return self.records.code(unit) if defect is None else self._wrong_code(unit, defect)

    def version(self, unit: Unit, at: int) -> int | None:
        """Returns when the last approved dossier of an entry was decided, or None before the first one."""
        if unit.place >= self.plan.total(HOUSEHOLD if unit.form == HOUSEHOLD else FIRM):
            return None
        steps = self.records.steps(unit, at)
        return steps[-1].time if steps else None

    def truth(self, unit: Unit, at: int) -> Record | None:
        """Returns the clean detail of an entry at a moment; None before its founding."""
        version = self.version(unit, at)
        return None if version is None else self.records.write(unit, version)

    def detail(self, unit: Unit, version: int) -> Record:
        """Returns the detail as of one version as the register sends it, defects included."""
        return self._compose(unit, version)[0]

    def body(self, unit: Unit, version: int) -> bytes:
        """Returns the detail as of one version as JSON."""
        return orjson.dumps(self.detail(unit, version))

    def defect(self, unit: Unit, version: int) -> str | None:
        """Names the defect of an entry as of one version. For tests: no route may tell."""
        return self._compose(unit, version)[1]

    def code_defect(self, unit: Unit) -> str | None:
        """Names what is wrong with an entry's code."""
        roll = self._keys.roll(b"enterprise code", self.records.serial(unit), 0)
        kinds = {FIRM: ("code_check_digit", "code_unissuable"), BRANCH: ("branch_suffix_000",), LOCATION: ()}
        reached = 0.0
        for defect in kinds.get(unit.form, ("code_nobody",)):
            reached += CODES[defect] * self.country.defect_rate
            if roll < min(reached, 1.0) * _SCALE:
                return defect if self._may_be_wrong(unit, defect) else None
        return None

    def ties(self, unit: Unit, at: int) -> list[Tie]:
        """Returns the people of an entry at a moment as its last approved dossier left them."""
        version = self.version(unit, at)
        return [] if version is None else self.people.ties(unit, version)

    def of_person(self, person: int, at: int) -> list[Tied]:
        """Returns the entries that a person represents or owns at a moment; the inverse of `ties`."""
        units: list[Unit] = []
        for firm in sorted(self.roles.firms_of(person)):
            units.append(Unit(FIRM, firm))
            units += [Unit(form, firm, number) for form in _SITES for number in (1, 2)]
        household = self.roles.household_of(person)
        if household is not None:
            units.append(Unit(HOUSEHOLD, household))
        return [Tied(unit, tie.role) for unit in units for tie in self.ties(unit, at) if tie.person == person]

    def count(self, since: int, until: int) -> int:
        """Returns how many dossiers were decided in `[since, until)`, whole days."""
        return len(self._list.order(since, until))

    def dossiers(
        self, since: int, until: int, offset: int = 0, limit: int | None = None, now: int | None = None
    ) -> list[Dossier]:
        """Returns dossiers decided in `[since, until)` in order of time and number.

        Args:
            since: whole seconds, as `until`.
            limit: the most to return; None for all.
            now: leave out those decided after this moment.
        """
        keys = self._list.order(since, until)
        end = len(keys) if now is None else self.visible(since, until, now)
        found = (self._list.find(serial) for _, serial in keys[offset:end][:limit])
        return [dossier for dossier in found if dossier is not None]

    def visible(self, since: int, until: int, now: int) -> int:
        """Returns how many dossiers of `[since, until)` were decided by a moment."""
        return bisect_right(self._list.order(since, until), now, key=lambda key: key[0])

    def dossier(self, serial: int, at: int) -> Dossier | None:
        """Finds a dossier decided by a moment."""
        found = self._list.find(serial)
        return found if found is not None and found.time <= at else None

    def _candidates(self, key: str) -> list[Unit]:
        head, dot, counter = key.partition(".")
        if dot:
            return self._sites(head, LOCATION, counter) if len(counter) == 5 else []
        head, dash, counter = key.partition("-")
        if dash:
            return self._sites(head, BRANCH, counter) if len(counter) == 3 else []
        if len(key) == 12:
            return self._household(key)
        if len(key) != 10 or not key.isascii() or not key.isdigit():
            return []
        firms = [self._codes.find(key), self._codes.find_by_body(key[:9]), *self._codes.neighbours(key)]
        return [Unit(FIRM, firm) for firm in dict.fromkeys(firms) if firm is not None]

    def _sites(self, parent: str, form: str, counter: str) -> list[Unit]:
        firm = self._codes.find(parent)
        if firm is None or not counter.isascii() or not counter.isdigit() or int(counter) > 2:
            return []
        return [Unit(form, firm, number) for number in (1, 2)]

    def _household(self, number: str) -> list[Unit]:
        numbering, demography = self.country.numbering, self.country.demography
        resolved = numbering.resolve(number)
        if resolved is None:
            return []
        kind, found, ordinal = resolved
        if kind == "second":
            year, sex = divmod(found, 2)
            rank = numbering.room_for_seconds - 1 - ordinal
            if not 0 <= rank < demography.cell_size(year, sex):
                return []
            found = demography.in_cell(year, sex, rank)
        household = self.roles.household_of(found)
        return [] if household is None else [Unit(HOUSEHOLD, household)]

    def _compose(self, unit: Unit, version: int) -> tuple[Record, str | None]:
        record = self.records.write(unit, version)
        wrong = self.code_defect(unit)
        if wrong is not None:
            record["MainInformation"]["ENTERPRISE_GDT_CODE"] = self._wrong_code(unit, wrong)
            return record, wrong
        roll = self._keys.roll(b"enterprise defect", self.records.serial(unit), version)
        reached = 0.0
        for defect, chance in CHANCES.items():
            reached += chance * self.country.defect_rate
            if roll < min(reached, 1.0) * _SCALE:
                applied = APPLY[defect](record, self._case(unit, version, roll))
                return record, defect if applied else None
        return record, None

    def _case(self, unit: Unit, version: int, roll: int) -> Case:
        def subsidiary() -> tuple[str, str] | None:
            for firm in self.roles.subsidiaries(unit.place) if unit.form == FIRM else ():
                owned = Unit(FIRM, firm)
                if self.version(owned, version) is not None and self.code_defect(owned) is None:
                    return self.records.name(owned, version)[0], self.records.code(owned)
            return None

        def nobody() -> str | None:
            return self._nobody(self.people.representatives(unit, version)[0])

        return Case(roll >> 7 & 0xFFFF, nobody, subsidiary)

    def _may_be_wrong(self, unit: Unit, defect: str) -> bool:
        if unit.form == BRANCH:
            # Of two branches with suffix 000 only one could be found.
            return unit.number == 1
        if unit.form == HOUSEHOLD:
            return self._wrong_number(unit) is not None
        steps = self.history.life(FIRM, unit.place).steps
        alone = all(step.unit == unit for step in steps) and not self.roles.subsidiaries(unit.place)
        return alone and (defect != "code_unissuable" or self._codes.unissuable(unit.place) is not None)

    def _wrong_code(self, unit: Unit, defect: str) -> str:
        code = self.records.code(unit)
        if defect == "code_check_digit":
            return f"{code[:9]}{(int(code[9]) + 1) % 10}"
        if defect == "code_unissuable":
            return self._codes.unissuable(unit.place) or code
        return f"{code[:-3]}000" if defect == "branch_suffix_000" else self._wrong_number(unit) or code

    def _wrong_number(self, unit: Unit) -> str | None:
        return self._nobody(self.history.life(HOUSEHOLD, unit.place).tenures[0][1])

    def _nobody(self, person: int) -> str | None:
        """Returns a number that states a person's sex and birth year and is nobody's, or None when they are used up.

        It is one of the highest numbers kept for people registered twice, which are given from the lowest on.
        """
        numbering, place = self.country.numbering, self.country.demography.place(person)
        ordinal = numbering.room_for_seconds - 1 - place.cell_rank
        given = self.country.lives.timeline.totals.get("duplicate_person", 0)
        return None if ordinal < given else numbering.second_number(place.year, place.sex, ordinal)
