"""The civil-status register of one country: records by their code, by day and by person."""

from __future__ import annotations

from typing import Any

from sandbox_mocks.country.civil_status.codes import Units
from sandbox_mocks.country.civil_status.defects import APPLY, CHANCES, TWICE, Case
from sandbox_mocks.country.civil_status.parties import Parties
from sandbox_mocks.country.civil_status.records import CivilRecords, identify
from sandbox_mocks.country.civil_status.registrations import (
    BIRTH,
    CERTIFICATE,
    CORRECTION,
    DEATH,
    MARRIAGE,
    MODULES,
    Key,
    Registrations,
)
from sandbox_mocks.country.civil_status.shapes import as_text, write_habitually
from sandbox_mocks.country.country import Country
from sandbox_mocks.country.demography import FEMALE
from sandbox_mocks.country.permutation import Keyring

Record = dict[str, Any]
_SCALE = 2**64
_CODE_LENGTH = len("KS0000000000")


class CivilStatus:
    """The books of a country, computed when asked for.

    Args:
        country: the people in them; its seed, size and defect rate count here too.
    """

    identify = staticmethod(identify)

    def __init__(self, country: Country) -> None:
        self.country = country
        self.registrations = Registrations(country)
        self.units = Units(country.places)
        self.records = CivilRecords(country, self.registrations, self.units)
        self._parties = Parties(country, self.units, self.registrations)
        self._keys = Keyring(country.seed)

    def find(self, code: str) -> Key | None:
        """Finds a record by maHoSo; whether it was ever written, its versions tell."""
        module, digits = code[:2], code[2:]
        if module not in MODULES or len(code) != _CODE_LENGTH or not digits.isascii() or not digits.isdigit():
            return None
        key = Key(module, int(digits[1:]), int(digits[0]))
        return key if key.copy in (0, 1) and self._can_be(key) else None

    def version(self, key: Key, at: int) -> int | None:
        """Returns the time of a record's latest version at a moment, or None before the first one."""
        return max((time for time in self.registrations.versions(key) if time <= at), default=None)

    def of_person(self, index: int, at: int) -> list[Key]:
        """Returns the records of a moment that are about a person: as child, dead, spouse, asker or corrected."""
        demography = self.country.demography
        keys = [Key(BIRTH, index), Key(BIRTH, index, 1), Key(DEATH, index), Key(CORRECTION, index)]
        spouse = demography.spouse(index)
        if spouse is not None:
            keys.append(Key(MARRIAGE, index if demography.place(index).sex == FEMALE else spouse))
        certificate = self.registrations.certificate_of(index)
        if certificate is not None:
            keys.append(Key(CERTIFICATE, certificate))
        return [key for key in keys if self._can_be(key) and self.version(key, at) is not None]

    def truth(self, key: Key, version: int) -> Record:
        """Returns the clean content of a record as of a version, in the shape of 2025."""
        return self.records.write(key, version)

    def record(self, key: Key, version: int) -> Record:
        """Returns a record as the register has it, defects and habits included, in the shape of 2025."""
        return self._compose(key, version)[0]

    def text(self, key: Key, version: int) -> str:
        """Returns a record as the string that the register sends: JSON or, of versions before July 2025, XML."""
        return as_text(self.record(key, version), version)

    def defect(self, key: Key, version: int) -> str | None:
        """Names the defect on a version of a record. For tests: no route may tell."""
        return TWICE if key.copy else self._compose(key, version)[1]

    def _can_be(self, key: Key) -> bool:
        demography = self.country.demography
        if key.module == CERTIFICATE:
            return key.number < self.registrations.certificates
        if key.number >= demography.total:
            return False
        if key.module == MARRIAGE:
            return demography.spouse(key.number) is not None and demography.place(key.number).sex == FEMALE
        return True

    def _compose(self, key: Key, version: int) -> tuple[Record, str | None]:
        record = self.records.write(key, version)
        if not key.copy:
            roll = self._keys.roll(key.module.encode() + b" defect", key.number, version)
            reached = 0.0
            for defect, chance in CHANCES.items():
                reached += chance * self.country.defect_rate
                if roll < min(reached, 1.0) * _SCALE:
                    if APPLY[defect](record, Case(roll >> 7 & 0xFFFF, lambda: self._taken(key, version))):
                        return record, defect
                    record = self.records.write(key, version)
                    break
        write_habitually(record, self._keys.genes(key.number))
        return record, None

    def _taken(self, key: Key, version: int) -> Record | None:
        """Writes the wife of another couple, whose own marriage is in the books already, as this record's."""
        demography = self.country.demography
        place = demography.place(key.number)
        for step in range(1, 20):
            rank = place.rank - step
            if rank < 0:
                return None
            other = demography.starts[place.group] + rank
            known = self.registrations.versions(Key(MARRIAGE, other))
            if known and known[0] < version and self.registrations.married_before(other, key.number):
                return self._parties.write("vo", self._parties.person(other, version), version, papers=True)
        return None
