"""The hub's lists of the register's own numbers tell the same as the twin uses."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from sandbox_mocks.country import Country
from sandbox_mocks.country.enterprises import Enterprises
from sandbox_mocks.country.enterprises.crosswalk import main
from sandbox_mocks.country.records import local_date
from tests.sandbox_mocks.conftest import NOW
from tests.sandbox_mocks.test_enterprises import all_units

LISTS = Path(__file__).parents[2] / "mappings" / "codes" / "business"
Rows = dict[str, list[dict[str, str]]]


def read(name: str) -> Rows:
    found: Rows = {}
    with (LISTS / name).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["code"], []).append(row)
    return found


def meaning(rows: Rows, code: str, day: date) -> str:
    """Returns what a number means on a day."""
    in_force = [
        row for row in rows[code] if (row["valid_from"] or "0000") <= day.isoformat() <= (row["valid_to"] or "9999")
    ]
    assert len(in_force) == 1
    return in_force[0]["meaning"]


def test_the_lists_are_those_that_the_twin_writes(tmp_path: Path) -> None:
    """Written anew, the lists of the repository are the same, byte by byte."""
    main(tmp_path)
    for name in ("city.csv", "ward.csv"):
        assert (LISTS / name).read_bytes() == (tmp_path / name).read_bytes()


def test_every_address_can_be_translated(clean: Country) -> None:
    """City and ward of every detail have a meaning on its day, which is the statistics code of that place."""
    cities, wards = read("city.csv"), read("ward.csv")
    enterprises = Enterprises(clean)
    by_code = {commune.code: commune.tail for commune in clean.places.current}
    before = {commune.code: commune.tail for commune in clean.places.old}
    for unit in all_units(enterprises, NOW):
        version = enterprises.version(unit, NOW) or 0
        address = enterprises.detail(unit, version)["HOAdress"]
        day = local_date(version)
        old = bool(address["DistrictID"])
        ward = meaning(wards, address["WardID"], date(2025, 6, 30) if old else day)
        assert (before if old else by_code)[ward].startswith(f"{address['WardName']}, ")
        assert len(meaning(cities, address["CityID"], day)) == 2
        assert meaning(wards, address["WardID"], date(2026, 11, 22)) in {*by_code, ""}


def test_numbers_are_not_statistics_codes() -> None:
    """Numbers of wards look like statistics codes of other places: taken for those, nearly all would be wrong."""
    wards = read("ward.csv")
    assert sum(row["code"] == row["meaning"] for rows in wards.values() for row in rows) < 5
    assert all(len(code) == 5 for code in wards)
