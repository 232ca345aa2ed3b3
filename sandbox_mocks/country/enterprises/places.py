"""The business register's own numbering of cities, districts and wards, which is not the statistics office's.

A city has the number 101 + its place among the 63 former provinces in order of their plain names (no accents, no
"Thành phố"); a merger changed no number, so those that went stay in old addresses. A ward of today has 20001 + its
place in order of plain name and statistics code; a ward of before July 2025 has 30001 + the same. Numbers of wards look
like statistics codes of other places, as in the real register. All of it is assumed but that the numbering is its own.
"""

from __future__ import annotations

import csv
import unicodedata
from typing import Any, NamedTuple

from sandbox_mocks.country.places import OLD_COMMUNES_FILE, OLD_PROVINCES_FILE, Commune, Places

_FIRST_CITY, _FIRST_DISTRICT, _FIRST_WARD, _FIRST_OLD_WARD = 101, 501, 20_001, 30_001


class City(NamedTuple):
    """A city or province with its own number, its name, and its statistics codes before and since July 2025."""

    number: str
    name: str
    before: str
    since: str
    """Of the province that it belongs to now."""


class BusinessPlaces:
    """Cities, districts and wards by the register's own numbers."""

    def __init__(self, places: Places) -> None:
        self._places = places
        today = {commune.province: commune.tail.rpartition(", ")[2] for commune in places.current}
        current = {_plain(name): code for code, name in today.items()}
        with OLD_PROVINCES_FILE.open(encoding="utf-8", newline="") as lines:
            names = {row["code"]: row["name"] for row in csv.DictReader(lines)}
        with OLD_COMMUNES_FILE.open(encoding="utf-8", newline="") as lines:
            joined = {row["old_province"]: row["new_province"] for row in csv.DictReader(lines)}
        self.cities = [
            City(str(_FIRST_CITY + at), names[code], code, joined[code])
            for at, code in enumerate(sorted(names, key=lambda code: _plain(names[code])))
        ]
        self._before = {city.before: city for city in self.cities}
        self._since = {city.since: city for city in self.cities if _plain(city.name) in current}
        self._of_city: dict[str, list[Commune]] = {}
        for commune in places.current:
            self._of_city.setdefault(commune.province, []).append(commune)
        self.wards = _number(places.current, _FIRST_WARD)
        self.old_wards = _number(places.old, _FIRST_OLD_WARD)
        districts = sorted({(_plain(_parts(ward)[1]), ward.province, ward.district) for ward in places.old})
        self._districts = {key[1:]: str(_FIRST_DISTRICT + at) for at, key in enumerate(districts)}

    def city(self, commune: Commune) -> City:
        """Returns the city of a commune of either list."""
        return self._before[commune.province] if commune.district else self._since[commune.province]

    def ward(self, commune: Commune) -> str:
        """Returns the number of a commune of either list."""
        return (self.old_wards if commune.district else self.wards)[commune]

    def today(self, city: City) -> City:
        """Returns the city that a city belongs to now: itself, unless it was merged into another."""
        return self._since[city.since]

    def district(self, commune: Commune) -> str:
        """Returns the number of a commune's district, or an empty text."""
        return self._districts[commune.province, commune.district] if commune.district else ""

    def address(self, commune: Commune, street: str) -> dict[str, Any]:
        """Writes an address as HOAdress has it."""
        city, parts = self.city(commune), _parts(commune)
        return {
            "CityID": city.number,
            "CityName": city.name,
            "DistrictID": self.district(commune),
            "DistrictName": parts[1] if commune.district else "",
            "WardID": self.ward(commune),
            "WardName": parts[0],
            "StreetNumber": street,
            "AddressFullText": f"{street}, {commune.tail}, Việt Nam",
        }

    def home(self, genes: bytes, at: int, recoded: bool) -> dict[str, Any]:
        """Writes the address that some genes choose, by the list of today or the one before July 2025."""
        places = self._places
        row = places.rows[genes[at] << 4 | genes[at + 1] >> 4]
        commune = places.old[row]
        if recoded:
            choice = places.successors[row] or self._of_city[self._before[commune.province].since]
            commune = choice[genes[at + 2] % len(choice)]
        street: str = commune.address(genes[at + 3], genes[at + 4] & 127)["ChiTiet"]
        return self.address(commune, street)


def _parts(commune: Commune) -> list[str]:
    return commune.tail.split(", ")


def _number(communes: list[Commune], first: int) -> dict[Commune, str]:
    ordered = sorted(communes, key=lambda ward: (_plain(_parts(ward)[0]), ward.code))
    return {ward: str(first + at) for at, ward in enumerate(ordered)}


def _plain(name: str) -> str:
    """Reduces a name to its base letters, without the rank of a city: lists spell both in several ways."""
    letters = unicodedata.normalize("NFD", name.casefold().removeprefix("thành phố ").replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isascii())
