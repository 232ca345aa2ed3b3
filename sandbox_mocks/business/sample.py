"""Finding enterprises that suit a demonstration, and describing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_mocks.country.enterprises import Enterprises, Unit
from sandbox_mocks.country.enterprises.history import ACTIVE
from sandbox_mocks.country.enterprises.people import REPRESENTATIVE
from sandbox_mocks.country.records import ACTIVE as ALIVE
from sandbox_mocks.country.records import local_date

_FULL_AGE = 18
Record = dict[str, Any]
Condition = Callable[[Enterprises, Unit, int, Any], bool]


def _main(field: str) -> Condition:
    def meets(enterprises: Enterprises, unit: Unit, now: int, wanted: Any) -> bool:
        truth = enterprises.truth(unit, now)
        return truth is not None and truth["MainInformation"][field] == wanted

    return meets


def _representative_alive(enterprises: Enterprises, unit: Unit, now: int, wanted: Any) -> bool:
    """Whether the first representative is an adult whose number the population register has as active."""
    person = _representative(enterprises, unit, now)
    record = enterprises.country.truth(person, now)
    adult = local_date(now).year - enterprises.country.demography.place(person).year > _FULL_AGE
    return (record is not None and record["TrangThai"] == ALIVE and adult) is wanted


def _number_current(enterprises: Enterprises, unit: Unit, now: int, wanted: Any) -> bool:
    """Whether the first representative still has the number that the business register wrote."""
    person = _representative(enterprises, unit, now)
    number = enterprises.country.records.number(enterprises.country.demography.place(person), now)
    truth = enterprises.truth(unit, now)
    return (truth is not None and truth["Representatives"][0]["ID_NO"] == number) is wanted


def _representative_defect_free(enterprises: Enterprises, unit: Unit, now: int, wanted: Any) -> bool:
    """Whether no version of the first representative's own record has a defect."""
    country, person = enterprises.country, _representative(enterprises, unit, now)
    return all(country.defect(entry) is None for entry in country.feed.entries_of(person, now + 1)) is wanted


def _changed_since(enterprises: Enterprises, unit: Unit, now: int, moment: Any) -> bool:
    version = enterprises.version(unit, now)
    return version is not None and version >= moment


def _represents_two(enterprises: Enterprises, unit: Unit, now: int, wanted: Any) -> bool:
    return (len(_represented(enterprises, unit, now)) > 1) is wanted


def _defect_free(enterprises: Enterprises, unit: Unit, now: int, wanted: Any) -> bool:
    steps = enterprises.records.steps(unit, now)
    return all(enterprises.defect(unit, step.time) is None for step in steps) is wanted


CONDITIONS: dict[str, Condition] = {
    "form": lambda _enterprises, unit, _now, wanted: unit.form == wanted,
    "changed_since": _changed_since,
    "type": _main("ENTERPRISE_TYPE_ID"),
    "status": _main("ENTERPRISE_STATUS"),
    "active": lambda enterprises, unit, now, wanted: (
        _main("ENTERPRISE_STATUS")(enterprises, unit, now, ACTIVE) is wanted
    ),
    "representative_alive": _representative_alive,
    "number_current": _number_current,
    "represents_two": _represents_two,
    "representative_defect_free": _representative_defect_free,
    "defect_free": _defect_free,
}
"""What a sample may ask for: `form` (firm or household), `type` and `status` by the register's codes, `changed_since`
in epoch milliseconds, the others true or false. `represents_two`: the first representative represents another firm too;
`defect_free`: no version of the entry so far has a defect, `representative_defect_free`: nor any of the representative
in the population register. The dearest stands last."""


def fits(enterprises: Enterprises, unit: Unit, now: int, where: Mapping[str, Any]) -> bool:
    """Tells whether an entry is in the register and meets all conditions; None asks for nothing."""
    if enterprises.version(unit, now) is None:
        return False
    return all(
        condition(enterprises, unit, now, where[name])
        for name, condition in CONDITIONS.items()
        if where.get(name) is not None
    )


def describe(enterprises: Enterprises, unit: Unit, now: int) -> Record:
    """Describes one entry: key as the register has it, right code, version, clean detail, its people, and the keys of
    all that its first representative represents."""
    country = enterprises.country
    return {
        "key": enterprises.key(unit),
        "form": unit.form,
        "code": enterprises.records.code(unit),
        "version": enterprises.version(unit, now),
        "truth": enterprises.truth(unit, now),
        "people": [
            {
                "index": tie.person,
                "role": tie.role,
                "personal_id": country.records.number(country.demography.place(tie.person), now),
            }
            for tie in enterprises.ties(unit, now)
        ],
        "represented": [enterprises.key(each) for each in _represented(enterprises, unit, now)],
    }


def _representative(enterprises: Enterprises, unit: Unit, now: int) -> int:
    return next(tie.person for tie in enterprises.ties(unit, now) if tie.role == REPRESENTATIVE)


def _represented(enterprises: Enterprises, unit: Unit, now: int) -> list[Unit]:
    ties = enterprises.of_person(_representative(enterprises, unit, now), now)
    return [each.unit for each in ties if each.role == REPRESENTATIVE]
