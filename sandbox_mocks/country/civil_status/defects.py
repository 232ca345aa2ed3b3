"""The defects of the civil-status data, and where this country hides them.

`CHANCES` is the whole table: how likely a defect is on a version of a record where it would be one; at most one is on a
version, and such a version has none of the habits. `birth_twice` adds records (`registrations.DUPLICATE_BIRTHS`).
Rates are assumed: no public source gives any. `injected` lists them for tests; no route of the twin does.

More come by themselves, as they do in the real country: births, deaths and marriages without a record, numbers of
parents that were replaced since, and deaths and corrections that the two registers learn of on different days.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox_mocks.country.civil_status import codes
from sandbox_mocks.country.civil_status.dates import in_words

if TYPE_CHECKING:
    from sandbox_mocks.country.civil_status.register import CivilStatus

Record = dict[str, Any]
TWICE = "birth_twice"
CHANCES: dict[str, float] = {
    "name_spaces": 0.004,
    "name_nfd": 0.002,
    "date_spaces": 0.003,
    "number_13": 0.004,
    "paper_kind": 0.004,
    "date_parts": 0.004,
    "words_differ": 0.006,
    "ethnicity_literal": 0.002,
    "ethnicity_statistics": 0.002,
    "ethnicity_group": 0.050,
    "gender_population": 0.002,
    "commune_unknown": 0.002,
    "parent_younger": 0.004,
    "death_before_birth": 0.010,
    "spouse_minor": 0.006,
    "spouse_taken": 0.006,
}
"""Chance of each defect on a version where it can be, at `defect_rate` 1."""
_GROUPS = {"07": "Nùng (Nùng An)", "09": "Dao (Dao Đỏ)", "03": "Thái (Tày Khao)", "15": "Sán Chay (Cao Lan)"}
_OWN_GROUPS = {codes.ETHNICITY_IDS[code]: text for code, text in _GROUPS.items()}
_STATISTICS = {own: code for own, _, code in codes.ETHNICITIES}
_SUBJECTS = ("nks", "nkt", "vo", "nxn", "ndc")


@dataclass(frozen=True, slots=True)
class Case:
    """What a defect may look at: a number to choose by, and a married woman of another couple."""

    choice: int
    taken: Callable[[], Record | None]


Defect = Callable[[Record, Case], bool]


def _subject(record: Record, field: str) -> str:
    """Returns the name of a field of the person whom a record is first about."""
    return next((f"{prefix}{field}" for prefix in _SUBJECTS if f"{prefix}{field}" in record), "")


def _name(change: Callable[[str], str]) -> Defect:
    def apply(record: Record, _case: Case) -> bool:
        field = _subject(record, "HoTen")
        changed = {part: change(text) for part, text in record[field].items()}
        if changed == record[field]:
            return False
        record[field] = changed
        return True

    return apply


def _date_spaces(record: Record, _case: Case) -> bool:
    record["ngayDangKy"] += "  "
    return True


def _papers(record: Record) -> Iterator[tuple[str, str]]:
    for field, number in record.items():
        if field.endswith("SoGiayToTuyThan") and number and not field.startswith("nyc"):
            yield field, number


def _number_13(record: Record, case: Case) -> bool:
    for field, number in _papers(record):
        if len(number) == 12:
            record[field] = f"{number}{case.choice % 10}"
            return True
    return False


def _paper_kind(record: Record, _case: Case) -> bool:
    for field, number in _papers(record):
        kind = codes.OLD_CARD if len(number) == 12 else codes.CITIZEN_CARD
        record[field.replace("SoGiayTo", "LoaiGiayTo")] = kind
        return True
    return False


def _date_parts(record: Record, case: Case) -> bool:
    field = _subject(record, "NgaySinh")
    birth = record[field]
    if not isinstance(birth, dict) or len(birth) < 3:
        return False
    kept = ("namSinh", "thangSinh")[: 1 + case.choice % 2]
    record[field] = {part: birth[part] for part in kept}
    return True


def _words_differ(record: Record, case: Case) -> bool:
    birth = record.get("nksNgaySinh")
    if not birth:
        return False
    later = {**birth, "namSinh": str(int(birth["namSinh"]) + 1 + case.choice % 3)}
    record["nksNgaySinhBangChu"] = in_words(later)
    return True


def _ethnicity(change: Callable[[str, Case], str | None]) -> Defect:
    def apply(record: Record, case: Case) -> bool:
        field = _subject(record, "DanToc")
        changed = change(record[field], case) if record.get(field) else None
        if changed is None:
            return False
        record[field] = changed
        return True

    return apply


def _gender_population(record: Record, _case: Case) -> bool:
    """Writes population's code for "unknown", which civil status doesn't have."""
    field = _subject(record, "GioiTinh")
    if not field:
        return False
    record[field] = "0"
    return True


def _commune_unknown(record: Record, _case: Case) -> bool:
    field = next((name for name in ("nksNoiSinh", "nktNoiChet") if name in record), "")
    if not field:
        return False
    record[field] = {**record[field], "maXa": "99999"}
    return True


def _parent_younger(record: Record, case: Case) -> bool:
    born, father = record.get("nksNgaySinh"), record.get("chaNgaySinh")
    if not born or not father:
        return False
    record["chaNgaySinh"] = {**father, "namSinh": str(int(born["namSinh"]) + 1 + case.choice % 4)}
    return True


def _death_before_birth(record: Record, case: Case) -> bool:
    if not record.get("nktNgayChet"):
        return False
    year = int(record["nktNgaySinh"]["namSinh"]) - 1 - case.choice % 20
    record["nktNgayChet"] = f"15/06/{year}"
    return True


def _spouse_minor(record: Record, case: Case) -> bool:
    bride = record.get("voNgaySinh")
    if not bride:
        return False
    year = int(record["ngayDangKy"][-4:]) - 13 - case.choice % 4
    record["voNgaySinh"] = {**bride, "namSinh": str(year)}
    return True


def _spouse_taken(record: Record, case: Case) -> bool:
    other = case.taken() if "voHoTen" in record else None
    if other is None:
        return False
    record.update(other)
    return True


APPLY: dict[str, Defect] = {
    "name_spaces": _name(lambda text: f"{text}  " if text else text),
    "name_nfd": _name(lambda text: unicodedata.normalize("NFD", text)),
    "date_spaces": _date_spaces,
    "number_13": _number_13,
    "paper_kind": _paper_kind,
    "date_parts": _date_parts,
    "words_differ": _words_differ,
    "ethnicity_literal": _ethnicity(lambda _own, case: ("Khác", "Null")[case.choice % 2]),
    "ethnicity_statistics": _ethnicity(lambda own, _case: _STATISTICS.get(own)),
    "ethnicity_group": _ethnicity(lambda own, _case: _OWN_GROUPS.get(own)),
    "gender_population": _gender_population,
    "commune_unknown": _commune_unknown,
    "parent_younger": _parent_younger,
    "death_before_birth": _death_before_birth,
    "spouse_minor": _spouse_minor,
    "spouse_taken": _spouse_taken,
}


class Injected(NamedTuple):
    """One defect: maHoSo of the record, version in epoch milliseconds, and the defect's name."""

    record: str
    version: int
    defect: str


def injected(register: CivilStatus, module: str, since: int, until: int) -> Iterator[Injected]:
    """Lists the defects on the versions of one module written in `[since, until)`, in order, for tests.

    Of the two records of a birth registered twice, the second one is listed.
    """
    for time, key in register.registrations.window(module, since, until):
        defect = register.defect(key, time)
        if defect is not None:
            yield Injected(register.identify(key), time, defect)
