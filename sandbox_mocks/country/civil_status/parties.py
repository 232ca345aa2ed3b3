"""The people in a record of civil status, as population knows them at the moment of writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox_mocks.country.civil_status import codes
from sandbox_mocks.country.civil_status.dates import in_parts
from sandbox_mocks.country.civil_status.registrations import Registrations
from sandbox_mocks.country.country import Country
from sandbox_mocks.country.demography import MALE, Place
from sandbox_mocks.country.names import Name
from sandbox_mocks.country.permutation import Keyring
from sandbox_mocks.country.timeline import ROUND_STARTS

Record = dict[str, Any]
_NUMBERS, _CARDS = 60, 85
"""In the paper books of 100 adults 60 stand with their number, 25 with the card they had, and 15 with neither."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the country; of one whom population never had, only the name is known and index is -1."""

    index: int
    place: Place
    name: dict[str, str]
    birth: Record
    number: str
    card: str
    ethnicity: str
    home: Record
    born_at: Record
    origin: Record

    @property
    def gender(self) -> str:
        """The sex by civil status' codes."""
        return codes.MALE if self.place.sex == MALE else codes.FEMALE


class Parties:
    """Writes people into records."""

    def __init__(self, country: Country, units: codes.Units, registrations: Registrations) -> None:
        self._country, self._units, self._registrations = country, units, registrations
        self._keys = Keyring(country.seed)

    def person(self, index: int, at: int, uncorrected: bool | None = None) -> Person:
        """Returns a person as of a moment.

        Args:
            uncorrected: give the name and birth date from before their correction; None: as they stood at that moment.
        """
        if uncorrected is None:
            corrected = self._registrations.corrected(index)
            uncorrected = corrected is not None and at < corrected
        place = self._country.demography.place(index)
        record = self._country.records.write(index, at)
        name, birth = self._country.records.identity(index, place, uncorrected)
        return Person(
            index, place, _parts(name), birth, self._country.records.number(place, at), record["SoCMND"],
            codes.ETHNICITY_IDS[record["DanToc"]], record["ThuongTru"], record["NoiDangKyKhaiSinh"], record["QueQuan"],
        )  # fmt: skip

    def parents(self, index: int, at: int) -> dict[str, Person | None]:
        """Returns `cha` and `me` of a child; None: nobody knows the father."""
        known = self._country.parents(index)
        if known is not None:
            return {"cha": self.person(known[0], at, False), "me": self.person(known[1], at, False)}
        record = self._country.records.write(index, at)
        place = self._country.demography.place(index)
        return {
            prefix: _named(record[relation]["HoVaTen"], place, sex) if record[relation] else None
            for prefix, relation, sex in (("cha", "Cha", 0), ("me", "Me", 1))
        }

    def write(self, prefix: str, person: Person | None, at: int, papers: bool = False) -> Record:
        """Writes a person's fields.

        Args:
            at: when the record was first written; before 2022 that was digitisation, with what the paper had.
            papers: write the kind and number of papers, of which old books lack some.
        """
        if person is None:
            names = ("HoTen", "NgaySinh", "DanToc", "QuocTich", "LoaiCuTru", "NoiCuTru")
            blank: Record = {f"{prefix}{name}": "" for name in names}
            return {**blank, **_papers(prefix, codes.NO_PAPER, "")} if papers else blank
        gender = {} if papers else {f"{prefix}GioiTinh": person.gender}
        known = person.index >= 0
        found: Record = {
            f"{prefix}HoTen": person.name,
            **gender,
            f"{prefix}NgaySinh": in_parts(person.birth) if known else "",
            f"{prefix}DanToc": person.ethnicity,
            f"{prefix}QuocTich": "VN",
            f"{prefix}LoaiCuTru": codes.PERMANENT if known else "0",
            f"{prefix}NoiCuTru": self.address(person.home, at, person.index) if known else "",
        }
        return {**found, **_papers(prefix, *self._paper(person, at))}

    def applicant(self, person: Person | None, kin: str, at: int) -> Record:
        """Writes who asked for the registration."""
        kind, number = self._paper(person, at) if person is not None else (codes.NO_PAPER, "")
        return {
            "nycHoTen": person.name if person is not None else "",
            "nycQuanHe": kin if person is not None else "",
            **_papers("nyc", kind, number),
            "nycNgayCap": "",
            "nycNoiCap": "",
        }

    def address(self, address: Record, at: int, choice: int) -> Record:
        """Writes population's address by the list of communes of a moment."""
        commune = self._units.commune(address, at, choice)
        return {
            "dcChiTiet": address["ChiTiet"].split(",")[0],
            "quocGia": "VN",
            "maTinh": commune.province,
            "maXa": commune.code,
        }

    def _paper(self, person: Person, at: int) -> tuple[str, str]:
        if person.index < 0:
            return codes.NO_PAPER, ""
        share = self._keys.roll(b"civil paper of", person.index, 0) % 100
        if at >= ROUND_STARTS[1] or share < _NUMBERS:
            return codes.CITIZEN_CARD, person.number
        return (codes.OLD_CARD, person.card) if share < _CARDS and person.card else (codes.NO_PAPER, "")


def _papers(prefix: str, kind: str, number: str) -> Record:
    return {f"{prefix}LoaiGiayToTuyThan": kind, f"{prefix}SoGiayToTuyThan": number}


def _parts(name: Name) -> dict[str, str]:
    return {"Ho": name.family, "ChuDem": name.middle, "Ten": name.given}


def _named(full: str, place: Place, sex: int) -> Person:
    family, _, rest = full.partition(" ")
    middle, _, given = rest.rpartition(" ")
    name = {"Ho": family if rest else "", "ChuDem": middle, "Ten": given or full}
    return Person(-1, place._replace(sex=sex), name, {}, "", "", "", {}, {}, {})
