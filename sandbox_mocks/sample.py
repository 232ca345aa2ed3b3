"""Finding people who suit a demonstration, and describing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_mocks.country import Country
from sandbox_mocks.country.records import ACTIVE, DECEASED, local_date

_ADULT = 18
Record = dict[str, Any]
Condition = Callable[[Country, int, int, Record], bool]


def _defect_free(country: Country, index: int, now: int, _record: Record) -> bool:
    return all(country.defect(entry) is None for entry in country.feed.entries_of(index, now + 1))


def _adult(country: Country, index: int, now: int, _record: Record) -> bool:
    return local_date(now).year - country.demography.place(index).year > _ADULT


def _number_replaced(country: Country, index: int, now: int, _record: Record) -> bool:
    return country.former_number(index, now) is not None


CONDITIONS: dict[str, Condition] = {
    "alive": lambda _country, _index, _now, record: record["TrangThai"] == ACTIVE,
    "deceased": lambda _country, _index, _now, record: record["TrangThai"] == DECEASED,
    "adult": _adult,
    "year_only": lambda _country, _index, _now, record: "Nam" in record["NgayThangNamSinh"],
    "married": lambda _country, _index, _now, record: bool(record["VoChong"] and record["VoChong"]["SoDinhDanh"]),
    "has_card": lambda _country, _index, _now, record: bool(record["SoCMND"]),
    "number_replaced": _number_replaced,
    "defect_free": _defect_free,
}
"""What a sample may ask for; `defect_free`: no entry of the person so far has a defect. The dearest stands last."""


def fits(country: Country, index: int, now: int, where: Mapping[str, bool | None]) -> bool:
    """Tells whether a person is in the register and meets all conditions; None asks for nothing."""
    record = country.truth(index, now)
    if record is None:
        return False
    return all(
        condition(country, index, now, record) is where[name]
        for name, condition in CONDITIONS.items()
        if where.get(name) is not None
    )


def describe(country: Country, index: int, version: int) -> Record:
    """Describes one person: index, valid number, number before it (or null), version, clean record, and what
    of it the register never wrote.
    """
    record = country.records.write(index, version)
    return {
        "index": index,
        "personal_id": record["SoDinhDanh"],
        "former_personal_id": country.former_number(index, version),
        "version": version,
        "truth": record,
        "left_out": country.left_out(index, version),
    }
