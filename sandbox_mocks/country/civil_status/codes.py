"""Civil status' own codes: gender, ethnicity, papers, kinds of registration, and its registering units.

Assumed, because no public source shows them: the numbers of ethnicities but for 63001, those of registering units, and
the codes of marital status.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sandbox_mocks.country.places import Commune, Places
from sandbox_mocks.country.timeline import CODES_CHANGED

ETHNICITIES_FILE = Path(__file__).parent / "data" / "ethnicities.csv"
MALE, FEMALE, OTHER = "1", "2", "3"
NO_PAPER, OLD_CARD, PASSPORT, CITIZEN_CARD = "0", "1", "2", "4"
PAPERS = {
    NO_PAPER: "Trống", OLD_CARD: "Chứng minh nhân dân", PASSPORT: "Hộ chiếu", "3": "Thẻ thường trú",
    CITIZEN_CARD: "Căn cước", "5": "Chứng minh quân nhân", "6": "Chứng minh sĩ quan", "7": "Chứng minh công an",
    "8": "Khác",
}  # fmt: skip
PERMANENT = "1"
IN_TIME, AGAIN, OVERDUE = "1", "2", "4"
"""Values of loaiDangKy."""
NEVER_MARRIED, MARRIED, DIVORCED, WIDOWED = "1", "2", "3", "4"
COUNTRIES = {"VN": "Việt Nam", "CN": "Trung Quốc", "KR": "Hàn Quốc", "JP": "Nhật Bản", "US": "Hoa Kỳ", "LA": "Lào"}
_OLD_UNIT, _UNIT = "1", "2"


def _read_ethnicities() -> list[tuple[str, str, str]]:
    with ETHNICITIES_FILE.open(encoding="utf-8", newline="") as lines:
        return [(row["id"], row["name"], row["statistics_code"]) for row in csv.DictReader(lines)]


ETHNICITIES = _read_ethnicities()
"""Own id, name and statistics code of each."""
ETHNICITY_IDS = {code: own for own, _, code in ETHNICITIES}


class Units:
    """The communes' registering units: those until June 2025 and those since have numbers of two kinds."""

    def __init__(self, places: Places) -> None:
        self._by_code = {(place.province, place.code): place for place in places.current}
        self._old = {(place.province, place.district, place.code): at for at, place in enumerate(places.old)}
        self._places = places
        self._of_province: dict[str, list[Commune]] = {}
        for place in places.current:
            self._of_province.setdefault(place.province, []).append(place)
        self._names = {f"{_OLD_UNIT}{place.code}": place for place in places.old}
        self._names |= {f"{_UNIT}{place.code}": place for place in places.current}
        self.provinces = {place.province: place.tail.rpartition(", ")[2] for place in places.current}
        """Codes and names of today's provinces."""

    def commune(self, address: dict[str, str], at: int, choice: int) -> Commune:
        """Returns the commune of population's address as it is at a moment: since July 2025 its successor, or some
        commune of today's province where nobody knows which it is.
        """
        key = address["MaTinhThanh"], address["MaQuanHuyen"], address["MaPhuongXa"]
        row = self._old.get(key)
        if row is None:
            return self._by_code[key[0], key[2]]
        if at < CODES_CHANGED:
            return self._places.old[row]
        later = self._places.successors[row] or self._of_province[self._places.new_provinces[row]]
        return later[choice % len(later)]

    def number(self, commune: Commune) -> str:
        """Returns the number of a commune's unit."""
        return f"{_OLD_UNIT if commune.district else _UNIT}{commune.code}"

    def name(self, commune: Commune) -> str:
        """Returns the name of a commune's unit."""
        return f"UBND {commune.tail}"

    def known(self, number: str, at: int) -> bool:
        """Whether a unit with this number registers at a moment."""
        place = self._names.get(number)
        return place is not None and bool(place.district) is (at < CODES_CHANGED)
