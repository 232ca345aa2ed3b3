"""What the register says about an entry as of one approved dossier: the clean answer, without defects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox_mocks.country.enterprises.codes import Codes
from sandbox_mocks.country.enterprises.history import APPROVED, BRANCH, LOCATION, NEW, History, Step, Unit
from sandbox_mocks.country.enterprises.people import People
from sandbox_mocks.country.enterprises.places import BusinessPlaces
from sandbox_mocks.country.enterprises.plan import FIRM, HOUSEHOLD, Plan
from sandbox_mocks.country.enterprises.roles import STATE, Roles
from sandbox_mocks.country.enterprises.words import (
    BRANCH_TYPE,
    DIRECTOR,
    HOUSEHOLD_TYPE,
    LOCATION_TYPE,
    POSITIONS,
    TYPES,
    activities,
    firm_names,
)
from sandbox_mocks.country.records import local_date
from sandbox_mocks.country.timeline import CODES_CHANGED, VIETNAM

Record = dict[str, Any]
_EARLIEST_YEAR, _LOADED_YEAR = 2000, 2021
_FULL_AGE = 19


class EnterpriseRecords:
    """Writes the entries of one country's business register."""

    def __init__(
        self, codes: Codes, plan: Plan, roles: Roles, history: History, people: People, places: BusinessPlaces
    ) -> None:
        self._codes, self._plan, self._roles = codes, plan, roles
        self._history, self._people, self.places = history, people, places

    def code(self, unit: Unit) -> str:
        """Returns ENTERPRISE_GDT_CODE of an entry. A household business keeps the number that its owner had when it
        was founded."""
        if unit.form == HOUSEHOLD:
            founded, owner = self._history.life(HOUSEHOLD, unit.place).tenures[0]
            return self._people.number(owner, founded)
        if unit.form == LOCATION:
            return f"{unit.number:05d}"
        code = self._codes.code(unit.place)
        return f"{code}-{unit.number:03d}" if unit.form == BRANCH else code

    def parent_code(self, unit: Unit) -> str | None:
        """Returns PARENT_GDT_CODE of a branch or business location."""
        return self._codes.code(unit.place) if unit.form in (BRANCH, LOCATION) else None

    def serial(self, unit: Unit) -> int:
        """Returns the internal number of an entry."""
        if unit.form == HOUSEHOLD:
            return self._plan.total(FIRM) * 8 + unit.place
        return unit.place * 8 + (2 if unit.form == LOCATION else 0) + unit.number

    def steps(self, unit: Unit, until: int) -> list[Step]:
        """Returns the approved dossiers of an entry up to a moment, in order."""
        form = unit.form if unit.form == HOUSEHOLD else FIRM
        steps = self._history.life(form, unit.place).steps
        return [step for step in steps if step.unit == unit and step.process == APPROVED and step.time <= until]

    def name(self, unit: Unit, at: int) -> tuple[str, str, str]:
        """Returns NAME, SHORT_NAME and NAME_F at a moment."""
        renamed = any(step.kind == "rename" for step in self.steps(unit, at))
        if unit.form == HOUSEHOLD:
            owner = self._people.identity(self._history.life(HOUSEHOLD, unit.place).tenures[0][1], at).name
            return f"Hộ kinh doanh {owner}{' 2' if renamed else ''}", "", ""
        if unit.form in (BRANCH, LOCATION):
            parent = self.name(Unit(FIRM, unit.place), at)[0]
            title = "Chi nhánh" if unit.form == BRANCH else "Địa điểm kinh doanh"
            return f"{title} số {unit.number} - {parent}", "", ""
        genes = self._roles.genes(FIRM, unit.place)
        return firm_names(self._roles.type(unit.place), genes[8 + renamed], genes[10 + renamed], unit.place + 1)

    def write(self, unit: Unit, version: int) -> Record:
        """Writes an entry as of its dossier approved at `version` (epoch milliseconds)."""
        steps = self.steps(unit, version)
        kinds = {step.kind for step in steps}
        kind = self._type(unit)
        genes = self._roles.genes(HOUSEHOLD if unit.form == HOUSEHOLD else FIRM, unit.place)
        at = 0 if unit.form in (FIRM, HOUSEHOLD) else 1 + unit.number
        representatives = [
            self._people.identity(person, version) for person in self._people.representatives(unit, version)
        ]
        capital = self._capital(unit, genes, "capital" in kinds)
        name, short, foreign = self.name(unit, version)
        cohort = 1 if unit.form in (BRANCH, LOCATION) else self._plan.cohort(unit.form, unit.place)[0]
        changes = sum(step.document != NEW for step in steps) + (genes[5] % 5 if cohort == 0 else 0)
        parent = self.parent_code(unit)
        main = {
            "ENTERPRISE_ID": f"{self.serial(unit):010d}",
            "ENTERPRISE_GDT_CODE": self.code(unit),
            **({"PARENT_GDT_CODE": parent} if parent else {}),
            "IMP_BUSINESS_CODE": f"100{genes[12] << 8 | genes[13]:06d}" if cohort == 0 and genes[14] < 60 else "",
            "ENTERPRISE_TYPE_ID": kind,
            "ENTERPRISE_TYPE_NAME": TYPES[kind],
            "NAME": name,
            "SHORT_NAME": short,
            "NAME_F": foreign,
            "FOUNDING_DATE": f"{self._founded(unit, steps[0].time, cohort, genes):%d/%m/%Y}",
            "LAST_AMEND_DATE": local_time(version),
            "NUMBER_CHANGES": str(changes),
            "ENTERPRISE_STATUS": steps[-1].status,
            "LEGAL_NAMES": ";".join(person.name for person in representatives),
            "CAPITAL_AMOUNT": f"{capital}.000",
        }
        recoded = version >= CODES_CHANGED
        moved = "move" in kinds or any(each.endswith("_again") for each in kinds)
        return {
            "MainInformation": main,
            "HOAdress": self.places.home(genes, 16 + 5 * (at % 4) + (20 if moved else 0), recoded),
            "BusinessActivity": activities(genes, "touch" in kinds),
            "Member": self._members(unit, kind, version, capital),
            "Representatives": [
                {
                    "FULL_NAME": person.name,
                    "ID_NO": person.number,
                    "BIRTH_DATE": person.birth,
                    "POSITION": POSITIONS.get(kind, DIRECTOR),
                }
                for person in representatives
            ],
        }

    def _type(self, unit: Unit) -> str:
        if unit.form == FIRM:
            return self._roles.type(unit.place)
        return {BRANCH: BRANCH_TYPE, LOCATION: LOCATION_TYPE, HOUSEHOLD: HOUSEHOLD_TYPE}[unit.form]

    def _capital(self, unit: Unit, genes: bytes, changed: bool) -> int:
        if unit.form in (BRANCH, LOCATION):
            return 0
        units = 1 + genes[59 if changed else 58]
        return units * (10_000_000 if unit.form == HOUSEHOLD else 100_000_000)

    def _founded(self, unit: Unit, first: int, cohort: int, genes: bytes) -> date:
        """Returns the day of founding: before the register's load for those that it began with."""
        if cohort:
            return local_date(first)
        earliest = max(_EARLIEST_YEAR, self._people.youngest(unit, first) + _FULL_AGE)
        year = earliest + genes[15] % (_LOADED_YEAR - earliest)
        return date(year, 1, 1) + timedelta(days=(genes[60] << 8 | genes[61]) % 365)

    def _members(self, unit: Unit, kind: str, at: int, capital: int) -> list[Record]:
        found = [
            (person.name, person.number)
            for person in (self._people.identity(each, at) for each in self._people.owners(unit, at))
        ]
        parent = self._roles.parent(unit.place) if unit.form == FIRM else None
        if parent is not None:
            found.append((self.name(Unit(FIRM, parent), at)[0], self._codes.code(parent)))
        if kind == STATE:
            found.append(("Ủy ban nhân dân cấp tỉnh", ""))
        shares = [100 // len(found) + (100 % len(found) if order == 0 else 0) for order in range(len(found))]
        return [
            {
                "MEMBER_NAME": name,
                "MEMBER_ID_NO": number,
                "AMOUNT": f"{capital * share // 100}.000",
                "RATIO_PERCENT": str(share),
                "COUNTRY": "VN",
            }
            for (name, number), share in zip(found, shares, strict=True)
        ]


def local_time(moment: int) -> str:
    """Writes a moment as dd/MM/yyyy HH:mm:ss in Viet Nam."""
    return f"{datetime.fromtimestamp(moment / 1000, UTC).astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"
