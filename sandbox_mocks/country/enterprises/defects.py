"""The defects of the business register's data, and where this country hides them.

`CODES` and `CHANCES` are the whole table: how likely a defect is on an entry where it would be one. A wrong code is a
matter of the entry and stays with it for life, in lists as in details; of the other defects at most one is on an entry
as of one approved dossier, and none where the code is wrong. Rates are assumed: no public source gives any. `injected`
lists them for tests; no route of the twin does.

More come by themselves; as measured in a country of 200,000 people in November 2026: representatives who died and whom
nobody replaced (`history.SUCCESSION_DELAYS`), 0.6 % in active firms and household businesses and 2.5 % in branches and
locations; household businesses under a number of their owner that was replaced since, 0.5 %; representatives under such
a number, 0.3 %; and active branches and locations of closed firms, 3.6 %.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sandbox_mocks.country.enterprises.register import Enterprises

Record = dict[str, Any]

CODES: dict[str, float] = {
    "code_check_digit": 0.004,
    "code_unissuable": 0.004,
    "branch_suffix_000": 0.010,
    "code_nobody": 0.004,
}
"""Chance of each wrong code at `defect_rate` 1: of firms without branches, locations and subsidiaries the first two,
of branches the third, of household businesses the fourth."""

CHANCES: dict[str, float] = {
    "name_null_literal": 0.0015,
    "name_trailing_spaces": 0.0030,
    "name_nfd": 0.0030,
    "name_upper": 0.0060,
    "person_upper": 0.0040,
    "person_nobody": 0.0020,
    "address_missing": 0.0050,
    "ward_unknown": 0.0020,
    "list_as_object": 0.0200,
    "capital_comma": 0.0030,
    "date_format": 0.0030,
    "status_unknown": 0.0010,
    "circular_ownership": 0.0100,
}
"""Chance of each other defect on an entry as of one approved dossier, at `defect_rate` 1."""
UNKNOWN_WARD, UNKNOWN_STATUS = "99999", "99"


@dataclass(frozen=True, slots=True)
class Case:
    """What a defect may look at: a number to choose by, and the register's own knowledge."""

    choice: int
    nobody: Callable[[], str | None]
    """Finds a number that looks like the first representative's and is nobody's."""
    subsidiary: Callable[[], tuple[str, str] | None]
    """Finds name and code of a firm that this one is a member of."""


Defect = Callable[[Record, Case], bool]


def php_upper(text: str) -> str:
    """Upper-cases as PHP's `strtoupper` does, which leaves accented small letters as they are."""
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def _name(change: Callable[[str], str]) -> Defect:
    def apply(record: Record, _case: Case) -> bool:
        main = record["MainInformation"]
        before, main["NAME"] = main["NAME"], change(main["NAME"])
        return bool(before != main["NAME"])

    return apply


def _main(field: str, change: Callable[[str], str]) -> Defect:
    def apply(record: Record, _case: Case) -> bool:
        main = record["MainInformation"]
        main[field] = change(main[field])
        return True

    return apply


def _person_upper(record: Record, _case: Case) -> bool:
    for person in record["Representatives"]:
        person["FULL_NAME"] = php_upper(person["FULL_NAME"])
    record["MainInformation"]["LEGAL_NAMES"] = php_upper(record["MainInformation"]["LEGAL_NAMES"])
    return True


def _person_nobody(record: Record, case: Case) -> bool:
    number = case.nobody()
    if number is None:
        return False
    record["Representatives"][0]["ID_NO"] = number
    return True


def _address_missing(record: Record, case: Case) -> bool:
    address = record["HOAdress"]
    for part in (("WardID", "WardName"), ("StreetNumber",), ("CityID", "CityName"))[case.choice % 3]:
        address[part] = ""
    return True


def _ward_unknown(record: Record, _case: Case) -> bool:
    record["HOAdress"]["WardID"] = UNKNOWN_WARD
    return True


def _list_as_object(record: Record, _case: Case) -> bool:
    single = [name for name in ("BusinessActivity", "Member", "Representatives") if len(record[name]) == 1]
    for name in single:
        record[name] = record[name][0]
    return bool(single)


def _circular_ownership(record: Record, case: Case) -> bool:
    subsidiary = case.subsidiary()
    if subsidiary is None:
        return False
    name, code = subsidiary
    member = {"MEMBER_NAME": name, "MEMBER_ID_NO": code, "AMOUNT": "0.000", "RATIO_PERCENT": "0", "COUNTRY": "VN"}
    record["Member"].append(member)
    return True


def _iso_date(day: str) -> str:
    return "-".join(reversed(day.split("/")))


APPLY: dict[str, Defect] = {
    "name_null_literal": _name(lambda _name: "NULL"),
    "name_trailing_spaces": _name(lambda name: f"{name}  "),
    "name_nfd": _name(lambda name: unicodedata.normalize("NFD", name)),
    "name_upper": _name(php_upper),
    "person_upper": _person_upper,
    "person_nobody": _person_nobody,
    "address_missing": _address_missing,
    "ward_unknown": _ward_unknown,
    "list_as_object": _list_as_object,
    "capital_comma": _main("CAPITAL_AMOUNT", lambda amount: amount.replace(".", ",")),
    "date_format": _main("FOUNDING_DATE", _iso_date),
    "status_unknown": _main("ENTERPRISE_STATUS", lambda _status: UNKNOWN_STATUS),
    "circular_ownership": _circular_ownership,
}


class Injected(NamedTuple):
    """One defect: key of the entry as the register has it, version, and the defect's name."""

    key: str
    version: int
    defect: str


def injected(enterprises: Enterprises, since: int, until: int) -> Iterator[Injected]:
    """Lists the defects on the entries as of the approved dossiers of `[since, until)` (epoch milliseconds) in order,
    for tests."""
    for dossier in enterprises.dossiers(since, until):
        if dossier.approved:
            defect = enterprises.defect(dossier.unit, dossier.time)
            if defect is not None:
                yield Injected(enterprises.key(dossier.unit), dossier.time, defect)
