"""Writes the way from the business register's own numbers to statistics codes, as code lists:
`python -m sandbox_mocks.country.enterprises.crosswalk mappings/codes/business`.

A number that stood for a former province or ward goes on standing in old addresses. From July 2025 on it means what
took over, or nothing when that is not one ward.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from sandbox_mocks.country.enterprises.places import BusinessPlaces
from sandbox_mocks.country.places import Places

COLUMNS = ("code", "meaning", "valid_from", "valid_to", "successors", "parent", "label_vi", "label_en")
_LAST_DAY, _FIRST_DAY = "2025-06-30", "2025-07-01"
Row = tuple[str, str, str, str, str, str, str, str]


def cities(own: BusinessPlaces) -> list[Row]:
    """Returns the rows of all cities; two for those whose statistics code is another one since July 2025."""
    rows: list[Row] = []
    for city in own.cities:
        if city.before == city.since and own.today(city) == city:
            rows.append((city.number, city.before, "", "", "", "", city.name, ""))
        else:
            successor = own.today(city).number
            rows.append((city.number, city.before, "", _LAST_DAY, successor, "", city.name, ""))
            rows.append((city.number, city.since, _FIRST_DAY, "", "", "", city.name, ""))
    return rows


def wards(own: BusinessPlaces, places: Places) -> list[Row]:
    """Returns the rows of all wards, today's first."""
    rows: list[Row] = [
        (number, ward.code, _FIRST_DAY, "", "", own.city(ward).number, ward.tail.partition(",")[0], "")
        for ward, number in own.wards.items()
    ]
    successors = dict(zip(places.old, places.successors, strict=True))
    for ward, number in own.old_wards.items():
        later, name = successors[ward], ward.tail.partition(",")[0]
        city = own.city(ward)
        joined = "|".join(own.ward(each) for each in later)
        rows.append((number, ward.code, "", _LAST_DAY, joined, f"{city.number}.{own.district(ward)}", name, ""))
        meaning = later[0].code if len(later) == 1 else ""
        rows.append((number, meaning, _FIRST_DAY, "", "", own.today(city).number, name, ""))
    return rows


def main(folder: Path) -> None:
    """Writes `city.csv` and `ward.csv` into a folder."""
    places = Places()
    own = BusinessPlaces(places)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "city.csv", cities(own))
    _write(folder / "ward.csv", wards(own, places))


def _write(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
